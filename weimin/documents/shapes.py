"""What each form needs to be told, and nothing else.

One TypedDict per form is the contract for the caller (mypy), for the run time
(:func:`fit` names every fault at once) and for the reader. Unknown keys are
faults too: a misspelt optional key would otherwise print a form with a silent
gap. Required text may not be blank.

Dates are ``date`` and ``datetime`` objects; how they look on paper is the form's
business (GB/T 9704-2012, 7.3.5.4: full year, month and day without leading zero).
Legal sentences (remedies, the effect of silence) are data, because they follow
from the item's legal profile and this room knows no law.
"""

# No ``from __future__ import annotations`` here: as strings, NotRequired would be
# invisible in ``__required_keys__`` and every optional key would be demanded.
import types
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import (
    Any,
    Literal,
    NotRequired,
    TypedDict,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

Point = tuple[float, float]


class Contact(TypedDict):
    """Somebody a resident can ask; ``name`` may be absent (a post, not a person)."""

    office: str
    phone: str
    name: NotRequired[str | None]
    place: NotRequired[str | None]
    hours: NotRequired[str | None]


class Party(TypedDict):
    name: str
    id_number: NotRequired[str | None]  # as masked by the caller
    phone: NotRequired[str | None]
    agent: NotRequired[str | None]  # who acts for the party
    agent_basis: NotRequired[str | None]  # 授权委托书, 法定监护 …


class Material(TypedDict):
    name: str
    copies: int
    kind: NotRequired[str | None]  # 原件, 复印件, 电子件
    original_seen: NotRequired[bool]
    original_returned: NotRequired[bool]
    note: NotRequired[str | None]


class Missing(TypedDict):
    name: str
    problem: str
    remedy: str
    basis: NotRequired[str | None]


class NextStep(TypedDict):
    what: str
    by: NotRequired[date | None]  # none: no term runs
    who: str
    tentative: NotRequired[bool]  # beyond the last decreed calendar: 预计
    then: NotRequired[str | None]  # how long it takes afterwards


class Common(TypedDict):
    demo: bool  # never optional: forgetting it must not print something real
    organ: str
    case_no: str
    item: str
    qr: NotRequired[str | None]
    contact: NotRequired[Contact | None]
    supervision: NotRequired[str | None]  # 监督电话


class Official(Common):
    """A numbered document of one organ: GB/T 9704-2012."""

    number: str
    issued_on: date
    addressee: str
    to_organisation: NotRequired[bool]  # 你单位 instead of 您
    attachments: NotRequired[list[str]]
    copies_to: NotRequired[list[str]]  # 抄送
    note: NotRequired[str | None]  # 附注


class Receipt(Common):
    applicant: Party
    received_at: datetime
    follow_code: str
    materials: list[Material]
    next_step: NextStep
    first_contact: Contact
    received_by: NotRequired[str | None]
    follow_url: NotRequired[str | None]  # printed in words beside the QR code
    notices: NotRequired[list[str]]  # what the legal profile says about silence
    trail_code: NotRequired[str | None]  # check of this receipt against the trail


class Notice(Official):
    received_on: date
    missing: list[Missing]
    how: str
    where: NotRequired[str | None]
    deadline: NotRequired[date | None]
    effect: str


class Acceptance(Official):
    accepted_on: date
    promised_by: date
    statutory_by: date
    counts_from: NotRequired[str | None]  # where the law lets the days count from an earlier day
    promised_term: NotRequired[str | None]
    statutory_term: NotRequired[str | None]
    tentative: NotRequired[bool]
    accountable: Contact
    excluded: NotRequired[str | None]
    fee: NotRequired[str | None]


class Refusal(Official):
    received_on: date
    facts: NotRequired[str | None]
    reasons: str
    basis: str
    remedy: str


class Decision(Official):
    granted: bool
    accepted_on: date
    kind: NotRequired[str | None]  # 行政许可, 给付 …: 准予行政许可决定书
    facts: str
    reasons: str
    basis: str
    content: NotRequired[str | None]  # what is granted
    conditions: NotRequired[list[str]]
    remedy: str


class Granted(TypedDict):
    title: str
    number: str


class Revocation(Official):
    """``organ`` is whoever takes it back; ``issuer`` is whoever had granted it."""

    title: str
    kind: Literal["撤销", "注销"]
    issuer: str
    granted_on: date
    certificates: list[Granted]
    reasons: str
    basis: str  # the article
    ground: str  # its words
    by_analogy: bool  # the law is about permits, and this was none
    effect: str
    remedy: str


class Extension(Official):
    accepted_on: date
    old_due: NotRequired[date | None]  # not known while a pause stands
    new_due: NotRequired[date | None]
    term: str  # 延长10个工作日
    reasons: str
    basis: str
    approved_by: str
    remedy: NotRequired[str | None]


class Special(Official):
    accepted_on: date
    procedure: str
    reasons: str
    basis: str
    starts_on: date
    term: str
    until: date
    effect: str


class Transfer(Official):
    """``addressee`` is the organ that takes over."""

    applicant: Party
    received_on: date
    reasons: str
    basis: NotRequired[str | None]
    materials: list[Material]
    clock: str
    informed: str


class Certificate(TypedDict):
    demo: bool
    organ: str
    title: str
    number: str
    holder: str
    id_number: NotRequired[str | None]
    fields: NotRequired[list[tuple[str, str]]]
    statement: NotRequired[str | None]
    valid_from: date
    valid_until: NotRequired[date | None]  # none: 长期
    issued_on: date
    verify_code: NotRequired[str | None]
    verify_url: NotRequired[str | None]
    qr: NotRequired[str | None]


class Delivered(TypedDict):
    title: str
    number: NotRequired[str | None]
    copies: int


class Delivery(Common):
    recipient: str
    documents: list[Delivered]
    # Without a way it is a blank, to be filled in and signed by hand.
    method: NotRequired[
        Literal["直接送达", "邮寄送达", "留置送达", "公告送达", "电子送达", "委托送达"] | None]
    place: NotRequired[str | None]
    tracking: NotRequired[str | None]
    servers: NotRequired[list[str]]
    received_at: NotRequired[datetime | None]
    received_on: NotRequired[date | None]  # where only the day is known
    signed_by: NotRequired[str | None]
    strokes: NotRequired[list[list[Point]]]  # signature on the screen
    signature: NotRequired[str | None]  # the same, as the SVG that was kept of it
    proxy: NotRequired[str | None]  # who took it instead, relation and reason
    refusal: NotRequired[str | None]  # why it was left
    witnesses: NotRequired[list[str]]
    witness_signature: NotRequired[str | None]  # as the SVG that was kept of it
    remark: NotRequired[str | None]


class Consent(Common):
    """送达地址和电子送达确认书, blank: what is not known is filled in by hand."""

    recipient: str
    id_number: NotRequired[str | None]  # as masked by the caller


class Slip(TypedDict):
    demo: bool
    organ: str
    number: str
    service: str
    waiting: int
    taken_at: datetime
    windows: NotRequired[str | None]
    minutes: NotRequired[int | None]
    notes: NotRequired[list[str]]
    qr: NotRequired[str | None]


class DossierPaper(TypedDict):
    title: str
    number: NotRequired[str | None]  # 文号
    maker: str  # 责任者
    on: NotRequired[date | None]
    file: str  # where it lies in the package


class Dossier(TypedDict):
    """案卷封面 and 卷内目录 of one closed case."""

    demo: bool
    organ: str
    case_no: str
    item: str
    applicant: str
    year: int
    retention: str  # 永久, 30年, 10年 and its letter
    began: date
    ended: date
    outcome: str
    accountable: str
    papers: list[DossierPaper]
    notes: NotRequired[list[str]]


FORMS: Mapping[str, type] = {
    "receipt": Receipt,
    "notice": Notice,
    "acceptance": Acceptance,
    "refusal": Refusal,
    "decision": Decision,
    "revocation": Revocation,
    "certificate": Certificate,
    "extension": Extension,
    "special": Special,
    "delivery": Delivery,
    "consent": Consent,
    "slip": Slip,
    "transfer": Transfer,
    "dossier": Dossier,
}

_WEEKDAYS = "一二三四五六日"


class _Fitting:
    """One pass over the data: collects faults, returns what Typst reads."""

    def __init__(self, text: Callable[[str], str]) -> None:
        self.faults: list[str] = []
        self._text = text

    def fit(self, value: Any, hint: Any, path: str) -> Any:
        if is_typeddict(hint):
            return self._mapping(value, hint, path)
        origin = get_origin(hint)
        if origin in (Union, types.UnionType):
            return self._optional(value, hint, path)
        if origin is Literal:
            return self._literal(value, hint, path)
        if origin in (list, tuple):
            return self._sequence(value, hint, path)
        return self._scalar(value, hint, path)

    def _fault(self, path: str, what: str) -> None:
        self.faults.append(f"{path}: {what}")

    def _mapping(self, value: Any, shape: Any, path: str) -> Any:
        if not isinstance(value, Mapping):
            return self._fault(path, "must be a mapping")
        hints = get_type_hints(shape)
        for key in sorted(set(value) - set(hints)):
            self._fault(f"{path}.{key}", "unknown")
        for key in sorted(shape.__required_keys__ - set(value)):
            self._fault(f"{path}.{key}", "missing")
        given = {key: value[key] for key in hints if key in value}
        for key in shape.__optional_keys__ & set(given):
            if given[key] is None or given[key] == "":
                del given[key]
        fitted = {k: self.fit(v, hints[k], f"{path}.{k}") for k, v in given.items()}
        return {**dict.fromkeys(hints), **fitted}

    def _optional(self, value: Any, hint: Any, path: str) -> Any:
        if value is None or value == "":
            return None
        inner = next(arg for arg in get_args(hint) if arg is not types.NoneType)
        return self.fit(value, inner, path)

    def _literal(self, value: Any, hint: Any, path: str) -> Any:
        if value not in get_args(hint):
            self._fault(path, f"must be one of {'、'.join(get_args(hint))}")
        return value

    def _sequence(self, value: Any, hint: Any, path: str) -> Any:
        if not isinstance(value, (list, tuple)):
            return self._fault(path, "must be a list")
        kinds = get_args(hint)
        if get_origin(hint) is list:
            kinds = kinds * len(value)
        if len(kinds) != len(value):
            return self._fault(path, f"must have {len(kinds)} parts")
        pairs = enumerate(zip(value, kinds, strict=True))
        return [self.fit(v, kind, f"{path}[{n}]") for n, (v, kind) in pairs]

    def _scalar(self, value: Any, hint: Any, path: str) -> Any:
        if not _is(value, hint):
            return self._fault(path, f"must be {hint.__name__}, not {type(value).__name__}")
        if isinstance(value, str):
            return self._words(value, path)
        return _day(value) if isinstance(value, date) else value

    def _words(self, value: str, path: str) -> str:
        if not value.strip():
            self._fault(path, "is blank")
        return self._text(value.strip())


def _is(value: Any, hint: type) -> bool:
    """``isinstance`` without Python's surprises: True is no int, a datetime no date."""
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is hint or (hint is str and isinstance(value, str))


def _day(value: date) -> dict[str, str | None]:
    clock = value.strftime("%H:%M") if isinstance(value, datetime) else None
    text = f"{value.year}年{value.month}月{value.day}日"
    return {"text": text, "weekday": f"周{_WEEKDAYS[value.weekday()]}", "time": clock}


def fit(
    data: Mapping[str, Any], shape: type, text: Callable[[str], str]
) -> tuple[dict[str, Any], list[str]]:
    """The data as Typst reads it, absent keys as none, and all that is wrong with it."""
    fitting = _Fitting(text)
    fitted = fitting.fit(data, shape, "data")
    return fitted, fitting.faults
