"""Who takes over what of a case when its office, or a post, is no more.

Offices end: a village is merged into another, an office is dissolved and its lines go to a
neighbour. Posts end: the place has no registrar any more. And a post may be left, on a last day
that was set before it answered for anything. What such an office or post had of a running case
passes to the office that does its work now, and to the post that is on duty there.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from weimin.catalogue.routes import COUNTER_LINE
from weimin.catalogue.spec import ItemSpec
from weimin.flow.graph import EACH_LINE, StepSpec
from weimin.kernel.clock import local

if TYPE_CHECKING:
    from weimin.cases.file import CaseFile


@dataclass(kw_only=True, slots=True)
class Heirs:
    """What passes on, and to whom. ``None`` as an heir: there is none."""

    offices: dict[str, int | None] = field(default_factory=dict)  # column of the case → office
    steps: dict[int, int | None] = field(default_factory=dict)  # open step → office
    posts: dict[str, int | None] = field(default_factory=dict)  # column → office whose duty it is
    offer_lapses: bool = False  # the post that was offered the case is no more
    vacant: bool = False  # an heir has nobody on duty, or there is none: everything waits

    def __bool__(self) -> bool:
        return bool(self.offices or self.steps or self.posts or self.offer_lapses)


def heirs(file: "CaseFile") -> Heirs:
    """What of this case is held by offices and posts that are no more."""
    found, routes, on = Heirs(), file.routes, local(file.now).date()
    if not routes.gone_posts and not routes.ended:
        return found
    row, own = file.row, (file.item.line, COUNTER_LINE)
    for column, line in (("office_id", own), ("receiver_id", own[::-1])):
        heir = routes.heir(row[column], line, on)
        if heir != row[column]:
            found.offices[column] = heir
    for step in file.steps:
        if step.state != "open" or step.office_id is None or step.id is None:
            continue
        lines = step_lines(file.item, file.item.flow.steps[step.key], step.branch)
        heir = routes.heir(step.office_id, lines, on)
        if heir != step.office_id:
            found.steps[step.id] = heir
    for column in ("lead_post_id", "first_contact_id"):
        if row[column] in routes.gone_posts:
            day, office = routes.gone_posts[row[column]]
            if day <= on:
                found.posts[column] = routes.heir(office, own, on)
    if row["hand_over_to_id"] in routes.gone_posts:
        found.offer_lapses = routes.gone_posts[row["hand_over_to_id"]][0] <= on
    taking = {*found.offices.values(), *found.steps.values(), *found.posts.values()}
    found.vacant = any(office not in routes.duty_posts for office in taking)
    return found


def step_lines(item: ItemSpec, spec: StepSpec, branch: str) -> tuple[str, ...]:
    """The lines of a step's work, the closest first."""
    if spec.who.line == "counter":
        return COUNTER_LINE, item.line
    line = branch if spec.who.line == EACH_LINE else spec.who.line
    return line, item.line, COUNTER_LINE
