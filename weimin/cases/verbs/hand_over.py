"""移交主办: accountability moves only when the other side takes it."""

from weimin.cases.duty import take_lead
from weimin.cases.file import CaseFile
from weimin.cases.verb import verb
from weimin.kernel.errors import Invalid
from weimin.network.models import Holding, Post


@verb("移交主办")
def hand_over(file: CaseFile, *, post: int, reason: str) -> None:
    """Offer the case to another post. Until it is taken, the giver stays accountable."""
    if not reason.strip():
        raise Invalid(fields={"reason": "请写明移交的原因"})
    target = Post.objects.select_related("office").filter(pk=post).first()
    ended, _ = file.routes.ended_posts.get(post, (None, 0))
    if target is None or (ended and ended <= file.today) or not _held(post, file):
        raise Invalid(fields={"post": "这个岗位现在没有人，不能移交给它"})
    if post == file.row["lead_post_id"]:
        raise Invalid(fields={"post": "这个岗位已经是主办"})
    file.set(hand_over_to_id=post)
    file.grant(target.office_id, "hand_over")
    file.record("hand_over", {"to": [post, target.title, target.office.name],
                              "reason": reason.strip()})


@verb("接收移交")
def take_over(file: CaseFile) -> None:
    """Take what was offered: from now on this post is accountable, and the first contact is free."""
    post = file.row["hand_over_to_id"]
    take_lead(file, post, file.actor.account_id)
    file.set(first_contact_id=None)
    file.record("take_over", {"post": post})


def _held(post: int, file: CaseFile) -> bool:
    return Holding.objects.filter(
        post_id=post, deputy=False, during__contains=file.today
    ).exists()
