"""The shape of every file of a pack: one typed description each, and nothing beside it.

What stands here is what may be written; :mod:`weimin.packs.schema` names whatever differs. That
two things of a right shape fit together is the linter's business.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

import weimin.cases.kinds  # noqa: F401  (registers the general step kinds)
from weimin.cases.facts import FIELD_TYPES
from weimin.cases.verbs.receive import CHANNELS
from weimin.catalogue.models import POWER_TITLES
from weimin.flow.graph import LEVELS, PLACES
from weimin.flow.kinds import kinds
from weimin.flow.profiles import PAUSE_TITLES, PROFILES
from weimin.network.actor import STAFF_ROLES
from weimin.packs import checks
from weimin.packs.checks import check, one_of

Text = Annotated[str, Meta(min_length=1)]
Count = Annotated[int, Meta(ge=0)]
Code = Annotated[str, check(checks.code)]
AreaCode = Annotated[str, check(checks.area_code)]
Day = Annotated[str, check(checks.day)]
Word = Annotated[str, check(checks.word)]
# Any: what YAML makes of 20 or 17:00 is no text, and the check says better what to write.
TermText = Annotated[Any, check(checks.term)]
WhoText = Annotated[Any, check(checks.who)]
Hour = Annotated[Any, check(checks.hour)]
Condition = Annotated[Any, check(checks.condition)]
ShortText = Annotated[str, check(checks.short_name)]  # of an area, a line or an office (代字)
Level = Annotated[str, one_of(LEVELS)]
Power = Annotated[str, one_of(POWER_TITLES)]
StepKey = Annotated[str, one_of(kinds())]

AreaKind = Literal["ordinary", "zone", "park", "virtual", "prison"]


class Shape(Struct, kw_only=True, forbid_unknown_fields=True):
    """A mapping, or a row of a table."""


# -- pack.yaml -----------------------------------------------------------------------------------


class Hours(Shape):
    """Office hours from a day of the year on."""

    from_: Annotated[Any, check(checks.month_day)] = msgspec.field(name="from")
    opens: Hour
    closes: Hour


class Decreed(Shape):
    """Where the days off come from."""

    title: Text
    number: Text
    published_on: Day
    source: str = ""


class ShortName(Shape):
    """What an area is called in the numbers of papers: 衡 of 衡阳市."""

    area: AreaCode
    short: ShortText


class Head(Shape):
    """The pack itself."""

    name: Code
    title: Text
    version: int = 1
    extends: Code = ""
    root: AreaCode = ""
    provenance: dict[str, Text] = {}
    notice: str = ""
    office_hours: list[Hours] = []
    short_names: list[ShortName] = []
    decrees: list[Decreed] = []


# -- who and where -------------------------------------------------------------------------------


class Line(Shape):
    """A department."""

    code: Code
    name: Text
    short: ShortText = ""
    provenance: str = ""


class Post(Shape):
    """A post of an office."""

    key: Code
    title: Text
    roles: list[Annotated[str, one_of(STAFF_ROLES)]]
    duty: bool = False


class Office(Shape):
    """A template that makes one office in every area it fits."""

    level: Level
    name: Annotated[str, check(checks.office_name)]
    posts: list[Post]
    key: Code = ""
    each_line: bool = False
    kinds: list[AreaKind] = []
    areas: list[AreaCode] = []
    kind: Literal["office", "government", "centre", "station"] = "office"
    lines: list[Code] = []
    supervises: bool = False
    windows: Count = 0
    reconsideration: Text = ""  # of a government: where it is applied for online, or none
    document_word: Annotated[str, check(checks.document_word)] = ""  # 代字: {area}{line}
    provenance: str = ""


class LineDays(Shape):
    """A line that a single office works for, and since when and until when."""

    line: Code
    from_: Day = msgspec.field(name="from", default="")
    until: Day = ""


class OnePost(Shape):
    """A post of a single office: a new one, or what differs from the template's."""

    key: Code
    title: Text = ""
    roles: list[Annotated[str, one_of(STAFF_ROLES)]] = []
    duty: bool = False
    closed: bool = False


class OneOffice(Shape):
    """A single office: what differs from its template, or one that no template makes."""

    office: Annotated[str, check(checks.office_code)]
    name: Text = ""
    kind: Literal["office", "government", "centre", "station"] = "office"
    supervises: bool = False
    phone: str = ""
    address: str = ""
    reconsideration: Text = ""
    document_word: ShortText = ""
    from_: Day = msgspec.field(name="from", default="")
    until: Day = ""
    successor: Annotated[str, check(checks.office_code)] = ""
    lines: list[LineDays | str] = []
    windows: Count = 0
    posts: list[OnePost] = []


class Area(Shape):
    """A row of areas.csv."""

    code: AreaCode
    name: Text
    kind: AreaKind
    valid_from: Day
    valid_to: Day = ""
    successor: AreaCode = ""
    note: str = ""


class Delegation(Shape):
    """A row of delegations.csv."""

    item: Text
    power: Power
    area: AreaCode
    level: Level
    kind: Literal["devolved", "entrusted"]
    from_: Day = msgspec.field(name="from")
    to: Day = ""
    document: str = ""
    provenance: str = ""


class Readiness(Shape):
    """A row of readiness.csv."""

    item: Text
    power: Power
    area: AreaCode
    ready: Literal["yes", "no"]
    reason: str = ""


class CalendarDay(Shape):
    """A row of calendar.csv."""

    date: Day
    kind: Literal["holiday", "makeup_workday"]
    name: str = ""


# -- flows ---------------------------------------------------------------------------------------


class Step(Shape):
    """A step of a flow."""

    kind: StepKey
    who: WhoText
    title: Text = ""
    needs: list[Text] = []
    when: Condition = None
    each: Text = ""
    quorum: Annotated[int, Meta(ge=1)] = 1
    limit: TermText = ""
    on_reject: Annotated[Any, check(checks.rejection)] = "end"
    office_of: Annotated[str, one_of(PLACES)] = ""
    other_than: list[Text] = []
    alone: Annotated[Any, check(checks.reason)] = ""
    note: str = ""


class Flow(Shape):
    """A flow that items may share."""

    steps: dict[str, Step]
    title: str = ""
    note: str = ""
    source: str = ""


# -- items ---------------------------------------------------------------------------------------


class Certificate(Shape):
    """A type of certificate."""

    name: Text
    here: bool
    issuer: str = ""
    holder: Literal["", "person"] = ""  # person: no organisation can have it


class OldWord(Shape):
    """What residents say."""

    say: Text
    means: Text
    old: bool = False


class MaterialUse(Shape):
    """A material of an item: its own, or a shared one with what differs."""

    ref: Text = ""
    key: Code = ""
    name: Text = ""
    need: Literal["required", "optional", "gap"] = "required"
    source: Literal["self", "government"] = "self"
    original: Literal["kept", "seen", "copy"] = "kept"
    copies: Count = 0
    replaced_by: str | None = None
    commitment: bool = False
    gap_days: Annotated[int, Meta(ge=1)] = 1
    when: Condition = None


class Material(Shape):
    """A shared material."""

    name: Text
    need: Literal["required", "optional", "gap"] = "required"
    source: Literal["self", "government"] = "self"
    original: Literal["kept", "seen", "copy"] = "kept"
    copies: Count = 0
    replaced_by: str | None = None
    commitment: bool = False
    gap_days: Annotated[int, Meta(ge=1)] = 1


class Choice(Shape):
    """An answer that may be chosen."""

    value: Text
    label: Text


class Column(Shape):
    """A column of a table."""

    key: Code
    label: Text
    type: Annotated[str, one_of([t for t in FIELD_TYPES if t != "table"])] = "text"
    required: bool = False
    options: list[Choice | str] = []
    hint: str = ""
    min: float = 0
    max: float = 0


class Question(Shape):
    """A question of the form."""

    key: Code
    label: Text
    type: Annotated[str, one_of(FIELD_TYPES)] = "text"
    required: bool = False
    options: list[Choice | str] = []
    from_: Annotated[str, check(checks.prefill)] = msgspec.field(name="from", default="")
    hint: str = ""
    min: float = 0
    max: float = 0
    multiple: bool = False
    columns: list[Column] = []


class Option(Shape):
    """An answer to a scenario's question, and what follows from it."""

    value: Text
    label: Text
    adds: list[Text] = []
    drops: list[Text] = []
    sets: dict[str, Any] = {}


class Scenario(Shape):
    """A question whose answer changes which materials are needed."""

    key: Code
    question: Text
    options: list[Option]


class Limit(Shape):
    """The terms of an item."""

    statutory: TermText = ""
    promised: TermText = ""
    extension: TermText = ""
    refusal: TermText = ""
    uncounted: list[StepKey] = []
    uncounted_pauses: list[Annotated[str, one_of(PAUSE_TITLES)]] = []


class FeeItem(Shape):
    """What is charged for."""

    name: Text
    standard: str = ""


class Fee(Shape):
    """Whether it costs something."""

    charged: bool
    basis: Text = ""
    items: list[FeeItem] = []
    online: bool = False


class Phone(Shape):
    """Whom to ask, and whom to complain to."""

    consult: str = ""
    complain: str = ""


class Result(Shape):
    """What the applicant gets."""

    kind: Literal["certificate", "document", "approval", "none"]
    name: Text = ""
    type: Text = ""
    valid: Annotated[Any, check(checks.valid_for)] = "none"
    sample: bool = False


class Remedy(Shape):
    """What can be done against the decision."""

    reconsideration: Text
    litigation: bool


class Law(Shape):
    """A basis in law."""

    title: Text
    number: str = ""
    clause: str = ""
    text: str = ""


class Faq(Shape):
    """A question and its answer."""

    q: Text
    a: Text


class Topics(Shape):
    """Under which heads residents and organisations find it."""

    person: list[Word] = []
    organisation: list[Word] = []


class Provenance(Shape):
    """Which facts of the item come from where."""

    name: Text = ""
    limit: Text = ""
    rest: Text = ""
    note: Text = ""


class Renewal(Shape):
    """行政许可法 art. 50."""

    expires: Code
    days_before: Annotated[int, Meta(ge=1)] = 30


class Item(Shape):
    """What may be asked."""

    code: Code
    name: Text
    field: Literal["employment", "social-insurance", "social-assistance", "medical-insurance",
                   "building", "farm-subsidy", "farmland", "elderly-care"]
    type: Annotated[str, one_of(PROFILES)]
    line: Code
    level: Level
    place: Annotated[str, one_of(PLACES)]
    subjects: list[Literal["person", "household", "organisation"]]
    flow: Text
    limit: Limit
    handling: Literal["instant", "promised"]
    channels: list[Annotated[str, one_of(CHANNELS)]]
    visits: Count
    fee: Fee
    phone: Phone
    result: Result
    condition: Text
    provenance: Provenance
    remedy: Remedy
    consequence: Text
    form: list[Question]
    materials: list[MaterialUse]
    words: list[Word] = []
    frequent: bool = False
    topics: Topics = msgspec.field(default_factory=Topics)
    audience: list[Word] = []
    online_depth: Literal["I", "II", "III", "IV"] = "I"
    visit_reason: str = ""
    basis: list[Law] = []
    faq: list[Faq] = []
    scenarios: list[Scenario] = []
    confidentiality: Text = ""
    joint: bool = False
    retention: Literal["permanent", "30y", "10y"] = "10y"
    renewal: Renewal | None = None


# -- which file has which shape ------------------------------------------------------------------

YAML: dict[str, Any] = {
    "pack.yaml": Head,
    "lines.yaml": list[Line],
    "offices.yaml": list[Office],
    "exceptions.yaml": list[OneOffice],
    "flows.yaml": dict[str, Flow],
    "materials.yaml": dict[str, Material],
    "certificates.yaml": dict[str, Certificate],
    "words.yaml": list[OldWord],
}
ITEMS = list[Item]  # of every file in items/
CSV: dict[str, type[Shape]] = {
    "areas.csv": Area,
    "delegations.csv": Delegation,
    "readiness.csv": Readiness,
    "calendar.csv": CalendarDay,
}
