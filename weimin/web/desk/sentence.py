"""A case in a sentence: what, whose, for whom it waits, and until when."""

from datetime import datetime

from django.utils.translation import gettext as _

from weimin.cases.circumstances import issuing
from weimin.cases.file import CaseFile
from weimin.cases.verbs.revoke import GROUNDS
from weimin.flow.actions import OUTCOME_TITLES
from weimin.flow.kinds import kind_of
from weimin.flow.profiles import PAUSE_TITLES
from weimin.kernel.clock import local, say_date
from weimin.web.words import plain_name


def headline(file: CaseFile, who: str) -> str:
    """赵大爷的高龄津贴，正等县民政局办“县级决定”，2026年11月30日 周一 前要办完。"""
    thing = _("{}的{}").format(who, plain_name(file.item.name))
    if file.state == "closed":
        return _("{}，{}。").format(thing, _ended(file))
    return _("{}，{}{}。").format(thing, waits(file), _until(file))


def _ended(file: CaseFile) -> str:
    ended = OUTCOME_TITLES.get(file.outcome, "")
    grounds = [str(row.answers["revoked"]) for row in issuing(file)
               if row.answers and "revoked" in row.answers]
    if grounds:
        return _("{}，证照已{}").format(ended, GROUNDS[grounds[-1]].kind)
    return ended


def waits(file: CaseFile) -> str:
    """For whom and for what it waits now: every open step, with its office."""
    competent = file.routes.office_names.get(file.office_id, "")
    if file.open_pause is not None:
        return _("暂停办理（{}）").format(PAUSE_TITLES.get(file.open_pause.reason, ""))  # type: ignore[call-overload]
    if file.state == "received":
        return _("正等{}受理").format(competent)
    if file.state == "noticed":
        return _("正等申请人补正")
    by_office: dict[str, list[str]] = {}
    for row in file.steps:
        if row.state == "open":
            spec = file.item.flow.steps[row.key]
            whose = _("申请人") if spec.who.line == "applicant" else (
                file.routes.office_names.get(row.office_id or 0) or _("外部系统"))
            title = _("“{}”").format(spec.title)
            if title not in by_office.setdefault(whose, []):
                by_office[whose].append(title)
    if not by_office:
        delivered = any(row.state == "done" and kind_of(file.item.flow.steps[row.key].kind).delivers
                        for row in file.steps)
        return (_("已送达，正等{}归档") if delivered else _("各环节已办完，正等{}归档")).format(competent)
    return _("正等") + "、".join(
        _("{}办{}").format(office, "".join(titles)) for office, titles in by_office.items())


def _until(file: CaseFile) -> str:
    due: datetime | None = file.due_at
    if due is None:
        return ""
    on = local(due).date()
    day = (_("预计 ") if file.calendar.is_foreseen(on) else "") + say_date(on)
    what = {"received": _("答复是否受理"), "decided": _("送达")}.get(file.state, _("办完"))
    return (_("，{} 前要{}") if file.now <= due else _("，{} 就该{}")).format(day, what)
