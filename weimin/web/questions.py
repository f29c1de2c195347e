"""Which pages the guided form has: they follow from the item and from what was said so far."""

from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from weimin.catalogue.spec import Field, ItemSpec
from weimin.registry.models import Person
from weimin.web import asking


@dataclass(frozen=True, slots=True)
class Question:
    """One page."""

    key: str
    kind: str  # who own applicant organisation helper members place scenario field table papers
    title: str
    hint: str = ""
    field: Field | None = None


def questions(me: Person | None, item: ItemSpec, said: QueryDict) -> list[Question]:
    """The pages that this application needs, in their order; ``me``: the resident who answers."""
    who, to_resident = asking.who_of(said, item), me is not None
    found: list[Question] = []
    if len(asking.who_options(item)) > 1:
        found.append(Question("who", "who", _("您为谁办？") if to_resident else _("来的人是？")))
    if me is not None and not me.identity_hash:
        found.append(Question("own", "own", _("您的身份证号"), _("第一次办事填一次，以后不用再填")))
    if who in asking.ORGANISATION:
        found.append(Question("organisation", "organisation", _("是哪个单位？")))
    elif who != "self" or not to_resident:
        title = _("您监护的人是谁？") if to_resident and who == "guardian" else (
            _("您替谁办？") if to_resident else _("申请人是谁？"))
        found.append(Question("applicant", "applicant", title))
    if who in asking.HELPERS and not to_resident:
        found.append(Question("helper", "helper", _("来办的人是谁？")))
    if asking.asks_members(item, who):
        found.append(Question("members", "members", _("家里还有谁一起申请？"),
                              _("写同住、一起申请的家人，户主不用写；一个人住的直接点“下一步”")))
    found.append(Question("area", "place", {
        "household": _("户口在哪个村（社区）？"), "residence": _("住在哪个村（社区）？"),
        "site": _("在哪个村（社区）办这件事？"), "counter": _("在哪里办？")}[item.place]))
    found += [Question(f"s-{s.key}", "scenario", s.question, _("答了这个问题，可能少交材料"))
              for s in item.scenarios]
    found += [Question(f"f-{f.key}", "place" if f.type == "area" else "field", f.label, f.hint, f)
              for f in asking.asked_fields(item)]
    found += [Question(f"t-{f.key}", "table", f.label, f.hint, f) for f in asking.tables_of(item)]
    found.append(Question("papers", "papers", _("材料"), _(
        "有的先拍照传上来；没有的不要紧，受理单位会一次告诉您还缺什么，也可以带到任何一个窗口交")
        if to_resident else
        _("收到的打勾；没勾的会写进一次性告知单")))
    return found
