"""A published item, read once from its version and kept: what the engine asks of an item."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from weimin.catalogue.models import ItemVersion
from weimin.flow.conditions import Facts, fields_of, holds
from weimin.flow.graph import Flow, parse_flow
from weimin.flow.profiles import PROFILES, LegalProfile
from weimin.flow.terms import Term

# What conditions may ask of whoever applies: person, household or organisation. It is no question
# of a form: the parties say it.
APPLICANT = "applicant.kind"


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One question of the form."""

    key: str
    label: str
    type: str = "text"
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    prefill: str = ""  # person.name, person.birth … (一次采集多方利用)
    hint: str = ""
    min: float | None = None
    max: float | None = None
    multiple: bool = False  # of a choice: several may be picked
    columns: tuple["Field", ...] = ()  # of a table


@dataclass(frozen=True, kw_only=True, slots=True)
class MaterialSpec:
    """One material that may be asked for."""

    key: str
    name: str
    need: str = "required"  # required | optional | gap (may follow within gap_days)
    source: str = "self"
    original: str = "kept"  # kept | seen (and returned) | copy
    copies: int = 0
    replaced_by: str = ""  # a certificate type that makes it unnecessary
    commitment: bool = False  # 告知承诺 may stand in its place
    gap_days: int = 0
    when: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """A question whose answer changes which materials are needed."""

    key: str
    question: str
    options: tuple[Mapping[str, Any], ...]

    def chosen(self, answer: object) -> Mapping[str, Any]:
        """The option of that value; nothing for an answer that is not offered."""
        for option in self.options:
            if str(option["value"]) == str(answer):
                return option
        return {}


@dataclass(frozen=True, kw_only=True)
class ItemSpec:
    """An item version, compiled."""

    id: int  # of the version
    item_id: int
    code: str
    name: str
    number: int  # of the version, within the item
    type: str
    line: str
    level: str
    place: str
    flow: Flow
    profile: LegalProfile
    statutory: Term | None
    promised: Term | None
    instant: bool
    form: tuple[Field, ...]
    materials: tuple[MaterialSpec, ...]
    scenarios: tuple[Scenario, ...]
    result: Mapping[str, Any] = field(default_factory=dict)
    refusal: Term | None = None  # by when a denial is told in writing, where the item's law says so
    confidential: bool = False
    uncounted_kinds: frozenset[str] = frozenset()  # step kinds whose days don't count, by law
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """The resident's own word for it (老人证), never one of yesterday's."""
        yesterday = self.data.get("old_words", ())
        words = (word for word in self.data.get("words", ()) if word not in yesterday)
        return next(words, self.name)

    @property
    def subjects(self) -> frozenset[str]:
        """Who may apply: person, household, organisation."""
        return frozenset(self.data.get("subjects") or ("person",))

    def applicant(self, *, organisation: bool) -> dict[str, str]:
        """What its conditions ask of whoever applies: a fact; nothing where none asks."""
        whens = [*(m.when for m in self.materials), *(step.when for step in self.flow.ordered)]
        if not any(APPLICANT in fields_of(when) for when in whens):
            return {}
        home = "household" if "household" in self.subjects else "person"
        return {APPLICANT: "organisation" if organisation else home}

    @property
    def retention(self) -> str:
        """How long its cases are kept: permanent, 30y, or (what the pack does not say) 10y."""
        return str(self.data.get("retention", "10y"))

    def delivery(self, outcome: str) -> Term | None:
        """By when a result is handed over, from the decision: a denial may have its own term.

        The special law goes before the general one (民发〔2021〕57号 art. 21, 民发〔2021〕43号 art. 18:
        within three working days).
        """
        own = self.refusal if outcome == "denied" else None
        return own or self.profile.delivery

    def materials_for(self, facts: Facts) -> Iterator[MaterialSpec]:
        """The materials that these facts and scenario answers ask for."""
        adds: set[str] = set()
        drops: set[str] = set()
        only_added: set[str] = set()
        for scenario in self.scenarios:
            for option in scenario.options:
                only_added.update(option.get("adds", ()))
            chosen = scenario.chosen(facts.get(scenario.key))
            adds.update(chosen.get("adds", ()))
            drops.update(chosen.get("drops", ()))
        for material in self.materials:
            if material.key in drops or (material.key in only_added and material.key not in adds):
                continue
            if holds(material.when, facts):
                yield material

    def facts_of(self, answers: Facts) -> dict[str, Any]:
        """The answers with what the chosen scenarios set."""
        facts = dict(answers)
        for scenario in self.scenarios:
            facts.update(scenario.chosen(answers.get(scenario.key)).get("sets", {}))
        return facts


def compile_item(
    data: Mapping[str, Any], *, id: int = 0, item_id: int = 0, number: int = 0
) -> ItemSpec:
    """An item from its linted data. Raises ValueError or KeyError for unlinted data."""
    limit = data.get("limit", {})
    return ItemSpec(
        id=id,
        item_id=item_id,
        number=number,
        code=data["code"],
        name=data["name"],
        type=data["type"],
        line=data["line"],
        level=data["level"],
        place=data["place"],
        flow=parse_flow(data["flow"], data["line"]),
        profile=PROFILES[data["type"]],
        statutory=_term(limit.get("statutory")),
        promised=_term(limit.get("promised")),
        refusal=_term(limit.get("refusal")),
        instant=data.get("handling") == "instant",
        form=tuple(_field(each) for each in data.get("form", ())),
        materials=tuple(_material(each) for each in data.get("materials", ())),
        scenarios=tuple(
            Scenario(key=s["key"], question=s["question"], options=tuple(s["options"]))
            for s in data.get("scenarios", ())
        ),
        result=data.get("result", {}),
        confidential=bool(data.get("confidential")),
        uncounted_kinds=frozenset(limit.get("uncounted", ())),
        data=data,
    )


def _term(text: str | None) -> Term | None:
    return Term.parse(text) if text else None


def _field(data: Mapping[str, Any]) -> Field:
    return Field(
        key=data["key"],
        label=data["label"],
        type=data.get("type", "text"),
        required=bool(data.get("required")),
        options=tuple(
            (str(o["value"]), str(o["label"])) if isinstance(o, Mapping) else (str(o), str(o))
            for o in data.get("options", ())
        ),
        prefill=data.get("from", ""),
        hint=data.get("hint", ""),
        min=data.get("min"),
        max=data.get("max"),
        multiple=bool(data.get("multiple")),
        columns=tuple(_field(each) for each in data.get("columns", ())),
    )


_MATERIAL_KEYS = (
    "key", "name", "need", "source", "original", "copies", "replaced_by", "commitment",
    "gap_days", "when",
)


def _material(data: Mapping[str, Any]) -> MaterialSpec:
    return MaterialSpec(
        **{k: data[k] for k in _MATERIAL_KEYS if data.get(k) is not None}
    )


@lru_cache(maxsize=4096)
def item_version(version_id: int) -> ItemSpec:
    """The compiled version of that id. Versions never change, so it is read once a process.

    Raises ItemVersion.DoesNotExist for an unknown id.
    """
    row = ItemVersion.objects.select_related("item").get(pk=version_id)
    return compile_item(row.data, id=row.pk, item_id=row.item_id, number=row.number)
