"""Who is accountable: exactly one post with a holder, at every moment, and its history.

A duty has no end of its own: it lasts until the next one begins. So nobody can write a gap or an
overlap, and a hand-over is one new row.
"""

from weimin.cases.file import CaseFile
from weimin.network.models import Post


def take_lead(file: CaseFile, post_id: int | None, account_id: int | None) -> None:
    """Make a post the accountable one from now on. Nothing happens if it already is."""
    if post_id is None:
        raise ValueError("only a post can be accountable")
    if post_id == file.row["lead_post_id"]:
        return
    file.set(lead_post_id=post_id, hand_over_to_id=None)
    file.lead_holder = account_id
    # A microsecond after the one before at least, also when the clock was set back.
    file.batch.add(
        "INSERT INTO cases_duty (case_id, post_id, account_id, since)"
        " SELECT %s, %s, %s, greatest(max(since) + interval '1 microsecond', %s)"
        " FROM cases_duty WHERE case_id = %s",
        [file.row["id"], post_id, account_id, file.recorded_at, file.row["id"]],
    )


def acting_post(file: CaseFile, office: int | None = None) -> int | None:
    """The post in which the actor acts for an office, by default the competent one.

    Of a deputy who belongs elsewhere it is the post he stands in for: when his days are over, it
    goes on answering, and he, whom the case does not concern, sees it no more. What he does is
    that office's doing in the trail too, and whoever rates it rates that office.
    """
    actor, office = file.actor, office or file.row["office_id"]
    if actor.office_id == office or office not in actor.powers:
        return actor.post_id
    stood_in_for = Post.objects.filter(pk__in=actor.posts, office_id=office).order_by("pk").first()
    return stood_in_for.pk if stood_in_for else actor.post_id


def first_duty(file: CaseFile, post_id: int, account_id: int | None) -> None:
    """The first accountable post of a case that is being received."""
    file.lead_holder = account_id
    file.batch.insert(
        "cases_duty",
        [{"case_id": file.row["id"], "post_id": post_id, "account_id": account_id,
          "since": file.recorded_at}],
    )
