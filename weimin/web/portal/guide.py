"""What can be finished where: the guide's answer for one item and one place."""

from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from weimin.catalogue.models import POWER_TITLES
from weimin.catalogue.routes import routes_now
from weimin.catalogue.spec import APPLICANT, ItemSpec, MaterialSpec
from weimin.flow.conditions import comparisons, holds
from weimin.flow.kinds import kind_of
from weimin.kernel import clock
from weimin.kernel.errors import NotFound
from weimin.network.models import LEVEL_TITLES, Area


@dataclass(frozen=True, slots=True)
class Answer:
    """For one power: at which level, by which office, and whether it is ready here."""

    title: str
    level: str
    office: str
    ready: bool
    reason: str
    delegated: bool = False  # the decision, by a superior level, which elsewhere decides itself


def guide_of(item: ItemSpec, area_code: str) -> list[Answer]:
    """Where each part is done for a place. Raises NotFound for an unknown place."""
    routes, today = routes_now(), clock.today()
    asked = Area.objects.filter(code=area_code).first()
    if asked is None:
        raise NotFound(_("没有这个地方"), _("请在下面输入村（社区）的名字，再找一次"))
    area = asked.standing(today) or asked  # an old address finds what the village is now
    path = area.ancestors
    ready = _readiness(item.item_id, path)
    answers = []
    for power, title in POWER_TITLES.items():
        own = (_level_of_decision(item) if power == "decide" else None) or item.level
        given = routes.power(item, power, path, today, own)
        line = "service" if given.level == "village" else item.line
        office = routes.office(line, given.level, path, today)
        is_ready, reason = ready.get(power, (True, ""))
        if office is None:  # whatever was said of it: there is nobody to do it
            is_ready, reason = False, _("这里没有这一级的办理单位，请打咨询电话问")
        answers.append(
            Answer(title, LEVEL_TITLES[given.level],
                   routes.office_names.get(office or 0, ""), is_ready, reason,
                   delegated=power == "decide" and given.kind != "own")
        )
    return answers


def fee_of(item: ItemSpec) -> str:
    """What is charged, how it is reckoned, and by which rule."""
    fee = item.data["fee"]
    if not fee["charged"]:
        return _("不收费")
    items = "；".join("，".join(filter(None, (each["name"], each.get("standard")))) for each in fee["items"])
    online = _("，可以网上缴") if fee.get("online") else ""
    return _("收费：{}{}（依据：{}）").format(items, online, fee["basis"])


def asked_if(item: ItemSpec, material: MaterialSpec) -> str:
    """In which case a material is asked for, in words; empty for one that everybody brings."""
    if material.when:
        said = [_comparison(item, *each) for each in comparisons(material.when)]
        plain = not {"any", "all", "not"} & set(material.when)
        return "、".join(said) if plain and all(said) else _("符合条件的")
    for scenario in item.scenarios:
        for option in scenario.options:
            if material.key in option.get("adds", ()):
                return _("“{}”答“{}”的").format(scenario.question, option["label"])
    return ""


def _comparison(item: ItemSpec, name: str, test: str, value: object) -> str:
    """One comparison as a resident understands it, or nothing."""
    if name == APPLICANT:
        kinds = sorted(kind for kind in item.subjects if holds({name: {test: value}}, {name: kind}))
        return "、".join(_(_APPLICANTS[kind]) for kind in kinds)
    field = next((field for field in item.form if field.key == name), None)
    if field is None or test not in ("eq", "in"):
        return ""
    if isinstance(value, bool):
        return _("“{}”答“{}”的").format(field.label, _("是") if value else _("否"))
    options = dict(field.options)
    chosen = [options.get(str(each), "") for each in (value if isinstance(value, list) else [value])]
    return _("{}是“{}”的").format(field.label, "、".join(chosen)) if all(chosen) else ""


_APPLICANTS = {"person": "个人申请的", "household": "个人申请的", "organisation": "单位申请的"}


def _level_of_decision(item: ItemSpec) -> str | None:
    """The level at which the flow decides, where its own line does."""
    return next((spec.who.level for spec in item.flow.ordered
                 if kind_of(spec.kind).decides and spec.who.line == item.line), None)


def _readiness(item_id: int, path: list[str]) -> dict[str, tuple[bool, str]]:
    """The most specific statement for each power."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (power) power, ready, reason FROM catalogue_readiness"
            " WHERE item_id = %s AND area_id = ANY(%s) ORDER BY power, length(area_id) DESC",
            [item_id, path],
        )
        return {power: (ready, reason) for power, ready, reason in cursor.fetchall()}
