"""承继: what an abolished office or post had of a case passes to whoever took its place."""

from typing import Any

from weimin.cases.duty import take_lead
from weimin.cases.file import CaseFile
from weimin.cases.heirs import Heirs, heirs
from weimin.cases.verb import verb
from weimin.kernel.errors import WrongState

_WHY = {"office_id": "competent", "receiver_id": "receiver", "lead_post_id": "lead",
        "first_contact_id": "first_contact"}


@verb("承继撤并单位的办件")
def succeed(file: CaseFile) -> None:
    """Move everything that an office or post which is no more had of this case, at once.

    The duty post of the heir becomes accountable where the accountable post ended; open steps
    go along and are held by nobody; the clocks go on. What other offices have stays there.
    """
    file.record("succeed", pass_on(file, heirs(file)))


def pass_on(file: CaseFile, found: Heirs) -> dict[str, Any]:
    """Give the heirs what is theirs; what moved, from where to where, for the trail.

    Raises WrongState when an heir has nobody on duty: nothing moves then.
    """
    if found.vacant:
        raise WrongState("原单位已经撤销，承接单位的值班岗位还没有人", "请安全管理员先安排人员")
    if not found:
        return {}
    routes = file.routes
    said: dict[str, Any] = {"note": _words(file, found)}
    for column, office in found.offices.items():
        said[_WHY[column]] = [file.row[column], office, routes.office_names[office or 0]]
        file.set(**{column: office})
        file.grant(office, _WHY[column])
    for step_id, office in found.steps.items():
        step = file.find_step(step_id)
        said.setdefault("steps", []).append([step.key, step.office_id, office])
        step.set(office_id=office, account_id=None)
        file.grant(office, "step")
    if found.offer_lapses:
        said["offer_lapsed"] = [file.row["hand_over_to_id"]]
        file.set(hand_over_to_id=None)
    for column, office in found.posts.items():
        post, account = routes.duty_posts[office or 0]
        said[_WHY[column]] = [file.row[column], post]
        file.grant(office, _WHY[column])
        if column == "lead_post_id":
            take_lead(file, post, account)
        else:
            file.set(**{column: post})
    return said


def _words(file: CaseFile, found: Heirs) -> str:
    """What happened, for those who read the timeline."""
    routes, passed = file.routes, dict[tuple[int, int | None], None]()
    for column, office in found.offices.items():
        passed[file.row[column], office] = None
    for step_id, office in found.steps.items():
        passed[file.find_step(step_id).office_id or 0, office] = None
    for column, office in found.posts.items():
        passed[routes.gone_posts[file.row[column]][1], office] = None
    names = routes.office_names
    said = [f"{names[old]}已撤销，由{names[heir or 0]}承接" if old != heir else
            f"{names[old]}原来的岗位已撤销或没有人了，由值班岗位接手" for old, heir in passed]
    return "；".join(said) or "原来要移交给的岗位已撤销或没有人了"
