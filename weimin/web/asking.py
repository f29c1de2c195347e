"""What an application asks, and how the answers become an intake.

The one page of the counter and the guided pages of residents are the same form with the same names:
``who`` (self agent guardian handler legal), ``identity name phone`` of the applicant, ``agent_*``
of whoever acts for him, ``uscc org_name org_legal`` of an organisation, ``m-0-name`` … of the
members of a household, ``s-…`` scenarios, ``f-…`` fields, ``t-field-0-column`` tables, ``have``
and ``declared`` materials.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from weimin.cases import materials
from weimin.cases.facts import checked, checked_one
from weimin.cases.verbs.receive import Intake, Party
from weimin.catalogue.spec import Field, ItemSpec, MaterialSpec
from weimin.flow.conditions import fields_of
from weimin.kernel import clock, codes, vault
from weimin.kernel.errors import Invalid
from weimin.kernel.text import code_text, mask_code, name_of, tidy
from weimin.network.models import Area, living
from weimin.registry.models import Organisation, Person
from weimin.registry.people import known_person, organisation_by_code, person_by_identity

MOST_ROWS = 30
HELPERS = ("agent", "guardian", "handler", "legal")
ORGANISATION = ("handler", "legal")
# Under which name a form asks once more for the place that the case was received for.
PLACE_FIELDS = {"household": "person.household_area", "residence": "person.residence_area",
                "site": "place.site"}
_STANDARD = ("name", "id_number", "phone")


def who_options(item: ItemSpec, *, to_resident: bool = False) -> list[tuple[str, str]]:
    """Who may stand at the counter (or sit at the phone) for this item."""
    subjects = item.subjects
    found: list[tuple[str, str]] = []
    if subjects & {"person", "household"}:
        home = "household" in subjects
        mine = _("我自己（户主）") if home else _("我自己")
        found += [
            ("self", mine if to_resident else (_("户主本人") if home else _("本人"))),
            ("agent", _("别人，我代办") if to_resident else _("代办人")),
            ("guardian", _("我监护的孩子或家人") if to_resident else _("监护人")),
        ]
    if "organisation" in subjects:
        found += [
            ("handler", _("单位，我是经办人") if to_resident else _("单位经办人")),
            ("legal", _("单位，我是法定代表人") if to_resident else _("单位法定代表人")),
        ]
    return found


def who_of(post: Mapping[str, Any], item: ItemSpec) -> str:
    """The choice, or the first that the item offers."""
    options = [value for value, _label in who_options(item)]
    return str(post.get("who")) if post.get("who") in options else options[0]


def paper_name(who: str) -> str:
    """What shows the right to act."""
    return {"guardian": _("监护关系证明"), "legal": _("法定代表人身份证明")}.get(
        who, _("授权委托书"))


# -- tables and members --------------------------------------------------------------------------


def asks_members(item: ItemSpec, who: str) -> bool:
    """Whether the application is a household's."""
    return "household" in item.subjects and who not in ORGANISATION


def member_columns(item: ItemSpec) -> list[Field]:
    """What is asked of each member: name, relation, number, and what the item adds."""
    own = _members_field(item)
    standard = [Field(key="name", label=_("姓名")), Field(key="relation", label=_("与户主的关系")),
                Field(key="id", label=_("身份证号"), type="id-number")]
    extra = [c for c in (own.columns if own else ()) if c.key not in ("name", "relation", "id")]
    return [*standard, *extra]


def _members_field(item: ItemSpec) -> Field | None:
    return next((f for f in item.form if f.prefill == "household.members"), None)


def tables_of(item: ItemSpec) -> list[Field]:
    """Tables of the form other than the members."""
    return [f for f in item.form if f.type == "table" and f.prefill != "household.members"]


def rows_of(post: Mapping[str, Any], prefix: str, columns: list[Field]) -> list[dict[str, str]]:
    """The rows of a table that hold anything."""
    rows = ({c.key: str(post.get(f"{prefix}-{n}-{c.key}", "")).strip() for c in columns}
            for n in range(MOST_ROWS))
    return [row for row in rows if any(row.values())]


# -- from the form to the intake -----------------------------------------------------------------


def asked_fields(item: ItemSpec) -> list[Field]:
    """The form's own fields: not what the parties and the place say already, and not tables."""
    said = set_by_scenarios(item)
    return [f for f in item.form if f.key not in _STANDARD and f.type != "table" and f.key not in said
            and f.prefill != PLACE_FIELDS.get(item.place, "-")
            and not f.prefill.startswith("organisation.")]


def answers_in(post: QueryDict, fields: Iterable[Field]) -> dict[str, Any]:
    """What was typed for these fields, tables among them."""
    answers: dict[str, Any] = {}
    for field in fields:
        name, value = f"f-{field.key}", ""  # type: str, Any
        if field.type == "table":
            value = rows_of(post, f"t-{field.key}", list(field.columns))
        elif field.multiple:
            value = [v for v in post.getlist(name) if v]
        else:
            value = str(post.get(name, "")).strip()
        if value:
            answers[field.key] = value
    return answers


def set_by_scenarios(item: ItemSpec) -> set[str]:
    """Fields that a scenario answers, whatever was chosen: they are not asked a second time."""
    found: set[str] = set()
    for scenario in item.scenarios:
        sets = [set(option.get("sets", {})) for option in scenario.options]
        found |= set.intersection(*sets) if sets else set()
    return found


def conditions_of(item: ItemSpec) -> set[str]:
    """The answers on which it depends which materials are asked for."""
    return {key for material in item.materials for key in fields_of(material.when)}


def raw_answers(post: QueryDict, item: ItemSpec) -> dict[str, Any]:
    """Scenario answers, fields and tables as they were typed."""
    answers = answers_in(post, [*asked_fields(item), *tables_of(item)])
    for scenario in item.scenarios:
        if post.get(f"s-{scenario.key}"):
            answers[scenario.key] = post[f"s-{scenario.key}"]
    return answers


def materials_of(post: QueryDict, item: ItemSpec) -> list[MaterialSpec]:
    """The materials that what was said so far asks for, with the papers of whoever acts."""
    facts: dict[str, Any] = {}
    for key, value in raw_answers(post, item).items():
        try:
            facts |= checked(item, {key: value})
        except Invalid:
            continue  # a wrong answer asks for nothing; sending will say that it is wrong
    who = who_of(post, item)
    own = list(item.materials_for(facts | item.applicant(organisation=who in ORGANISATION)))
    helpers = [(_role(who), _relation(who))] if who in HELPERS else []
    return [*materials.papers_of(helpers, for_person=who not in ORGANISATION,
                                 known={m.key for m in own}), *own]


def _role(who: str) -> str:
    return "guardian" if who == "guardian" else "agent"


def _relation(who: str) -> str:
    return {"legal": materials.LEGAL_REPRESENTATIVE, "handler": _("经办人")}.get(who, "")


def intake_of(
    post: QueryDict, item: ItemSpec, *, channel: str, scans: Mapping[str, int | None] | None = None,
    me: Person | None = None,
) -> Intake:
    """What the form says, as the verb takes it. Raises Invalid with a message per field.

    ``me``: the resident who asks, for himself or as somebody's helper; at a counter None.
    """
    wrong: dict[str, str] = {}
    who = who_of(post, item)
    area = _area(post, wrong)
    helper = _helper(post, who, me, wrong)
    first = (_organisation(post, me, wrong) if who in ORGANISATION
             else _applicant(post, who, me, area, wrong))
    members = _members(post, item, who, me, wrong)
    answers = raw_answers(post, item)
    try:
        checked(item, answers)
    except Invalid as error:  # all that is wrong is said at once
        wrong |= error.fields
    if wrong or first is None:
        raise Invalid(fields=wrong)
    parties = [first, *([helper] if helper else []), *members]
    _add_known(answers, item, first, helper, area, post)
    present = {m.key for m in materials_of(post, item)}
    ticked = dict.fromkeys(post.getlist("have")) if me is None else {}  # who received the paper
    return Intake(
        item=item.code, area=area, parties=tuple(parties), answers=answers, channel=channel,
        have={k: v for k, v in {**ticked, **(scans or {})}.items() if k in present},
        declared=tuple(k for k in post.getlist("declared") if k in present),
        another_is_meant=post.get("another") == "1",
    )


def _area(post: Mapping[str, Any], wrong: dict[str, str]) -> str:
    area = str(post.get("area") or "")
    if not Area.objects.filter(living(clock.today()), code=area).exists():
        wrong["area"] = _("请查找并选择村（社区）")
    return area


def phone_of(post: Mapping[str, Any], name: str, wrong: dict[str, str]) -> str:
    """A phone that may be left out, checked."""
    text = str(post.get(name, "")).strip()
    if not text:
        return ""
    try:
        return codes.phone_number(text)
    except ValueError as error:
        wrong[name] = str(error)
        return ""


def _person(post: Mapping[str, Any], prefix: str, area: str | None, stranger: bool,
            wrong: dict[str, str]) -> Person | None:
    try:
        return person_by_identity(post.get(f"{prefix}identity", ""), post.get(f"{prefix}name", ""),
                                  area, by_stranger=stranger)
    except ValueError as error:
        said = str(error)
        key = "name" if said.startswith(("请填写姓名", "姓名")) else "identity"
        wrong[f"{prefix}{key}"] = said
        if not str(post.get(f"{prefix}identity", "")).strip() and not tidy(post.get(f"{prefix}name", "")):
            wrong.setdefault(f"{prefix}name", _("请填写姓名（已登记过的人可以不填）"))
        return None


def _applicant(post: Mapping[str, Any], who: str, me: Person | None, area: str,
               wrong: dict[str, str]) -> Party | None:
    if me is not None and who == "self":
        return Party(person_id=me.pk, name=me.name, phone=vault.decrypt(me.phone_cipher))
    phone = phone_of(post, "phone", wrong)
    person = _person(post, "", None if "area" in wrong else area, me is not None, wrong)
    if person and me is None and not phone:
        phone = vault.decrypt(person.phone_cipher)  # the one that is registered stays
    return Party(person_id=person.pk, name=person.name, phone=phone) if person else None


def _organisation(post: Mapping[str, Any], me: Person | None, wrong: dict[str, str]) -> Party | None:
    try:
        found = organisation_by_code(post.get("uscc", ""), post.get("org_name", ""),
                                     post.get("org_legal", ""), by_stranger=me is not None)
    except ValueError as error:
        said = str(error)
        named = "org_legal" if said.startswith("法定代表人") else "org_name"
        wrong["uscc" if said.startswith("统一") else named] = said
        return None
    return Party(organisation_id=found.pk, name=found.name)


def _helper(post: Mapping[str, Any], who: str, me: Person | None, wrong: dict[str, str]
            ) -> Party | None:
    if who not in HELPERS:
        return None
    person = me if me is not None else _person(post, "agent_", None, False, wrong)
    phone = (vault.decrypt(me.phone_cipher) if me is not None
             else phone_of(post, "agent_phone", wrong))
    if person is None:
        return None
    return Party(role=_role(who), person_id=person.pk, name=person.name, phone=phone,
                 relation=_relation(who), paper=tidy(post.get("paper", "")) or paper_name(who))


def member_fault(row: Mapping[str, str]) -> str:
    """What is wrong with a member as he was typed in; empty when nothing is."""
    name = tidy(row["name"])
    if not name or not row["relation"]:
        return _("请写明每位家庭成员的姓名和与户主的关系")
    try:
        name_of(name)
        name_of(row["relation"], _("与户主的关系"), 20)
        if not row["id"]:
            return ""
        found = known_person(codes.identity_number(row["id"]))
    except ValueError as error:
        return f"{name[:20]}：{error}"
    if found is not None and found.name != name:
        return _("{}：身份证号与姓名对不上，请对照证件再填一次").format(name)
    return ""


def _members(post: Mapping[str, Any], item: ItemSpec, who: str, me: Person | None,
             wrong: dict[str, str]) -> list[Party]:
    if not asks_members(item, who):
        return []
    found = []
    for row in rows_of(post, "m", member_columns(item)):
        if said := member_fault(row):
            wrong["members"] = said
            continue
        name = tidy(row["name"])
        person = person_by_identity(row["id"], name) if row["id"] else Person.objects.create(name=name)
        found.append(Party(role="member", person_id=person.pk, name=person.name,
                           relation=tidy(row["relation"])))
    return found


def shown_answer(field: Field, given: list[str]) -> str:
    """An answer in words for whoever gave it; what identifies is masked."""
    options = {"true": _("是"), "false": _("否"), **dict(field.options)}
    if field.type in ("id-number", "phone", "bank-account"):
        return mask_code(code_text(given[0])) if given else ""
    return "、".join(options.get(v, v) if field.type in ("choice", "bool") else _understood(field, v)
                    for v in given if v)


def _understood(field: Field, typed: str) -> str:
    """A number or a day as it will be kept: 20261210 and １２．５ are to be checked as what they mean."""
    if field.type not in ("number", "money", "date"):
        return typed
    try:
        kept = checked_one(field, typed)
    except ValueError:
        return typed
    if field.type != "date":
        return str(kept)
    year, month, day = (int(part) for part in kept.split("-"))
    return _("{}年{}月{}日").format(year, month, day)  # a birthday needs no day of the week


def _add_known(answers: dict[str, Any], item: ItemSpec, first: Party, helper: Party | None,
               area: str, post: Mapping[str, Any]) -> None:
    """What is known of the parties and the place, under the form's own keys."""
    voice = helper if first.organisation_id and helper else first
    person = Person.objects.get(pk=voice.person_id or 0)
    known: dict[str, Any] = {
        "name": person.name, "id_number": vault.decrypt(person.identity_cipher),
        "phone": voice.phone or vault.decrypt(person.phone_cipher),
    }
    own = _members_field(item)
    if own is not None:
        keys = {column.key for column in own.columns}
        known[own.key] = [{k: v for k, v in row.items() if k in keys}
                          for row in rows_of(post, "m", member_columns(item))]
    by_prefill: dict[str, Any] = {PLACE_FIELDS.get(item.place, "-"): area}
    if first.organisation_id:
        company = Organisation.objects.get(pk=first.organisation_id)
        by_prefill |= {"organisation.name": company.name, "organisation.uscc": company.uscc,
                       "organisation.phone": known["phone"]}
    known |= {f.key: by_prefill[f.prefill] for f in item.form if f.prefill in by_prefill}
    fields = {field.key for field in item.form}
    answers.update({k: v for k, v in known.items() if k in fields and v})
