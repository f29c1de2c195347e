"""The leader's figures: cases, counted once each, under the office that answers for them; and cards.

Every figure opens to the list that it counts: both are made from the same condition.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from weimin.cases.reading import APPLICANT, PAGE, Row, seen, visible_to
from weimin.catalogue.spec import item_version
from weimin.kernel.clock import local
from weimin.network.actor import Actor

FIGURES: Mapping[str, str] = {
    "late": "c.state <> 'closed' AND c.due_at < %(now)s",
    "due": "c.state <> 'closed' AND c.due_at >= %(now)s AND c.due_at < %(end)s",
    "open": "c.state <> 'closed'",
    "received": "c.received_at >= %(start)s",
    "closed": "c.closed_at >= %(start)s",
}
_OF_OFFICE = (
    "c.state <> 'closed' AND c.lead_post_id IN (SELECT id FROM network_post WHERE office_id = %(office)s)"
)
_LATE_FIRST = "c.state = 'closed', c.due_at NULLS LAST, c.id DESC"


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeLoad:
    """How many cases one office answers for, and how many of them are late."""

    office_id: int
    name: str
    open: int
    late: int
    next_due: datetime | None  # of what is not late yet


@dataclass(frozen=True, kw_only=True, slots=True)
class Today:
    """The figures of the day, and the low ratings of a month."""

    figures: Mapping[str, int]
    low_ratings: int


def _times(now: datetime) -> dict[str, Any]:
    start = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return {"now": now, "start": start, "end": start + timedelta(days=1),
            "month": start - timedelta(days=30)}


def today(actor: Actor, *, now: datetime) -> Today:
    """What happened today and what is late, over the cases the actor may see."""
    condition, params = visible_to(actor)
    counted = ", ".join(f"count(*) FILTER (WHERE {each})" for each in FIGURES.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {counted}, (SELECT count(*) FROM voice_rating v WHERE v.level <= 2"
            " AND v.rated_at >= %(month)s AND v.office_id IN (SELECT office_id FROM cases_access"
            f" WHERE office_id = ANY(%(offices)s))) FROM cases_case c WHERE {condition}",
            {"offices": list(actor.offices), **params, **_times(now)},
        )
        *figures, low = cursor.fetchone()
    return Today(figures=dict(zip(FIGURES, figures, strict=True)), low_ratings=low)


def loads(actor: Actor, *, now: datetime) -> list[OfficeLoad]:
    """Open cases by the office of the accountable post, the most late first: they add up to all."""
    condition, params = visible_to(actor)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.name, count(*), count(*) FILTER (WHERE c.due_at < %(now)s),"
            " min(c.due_at) FILTER (WHERE c.due_at >= %(now)s)"
            " FROM cases_case c JOIN network_post p ON p.id = c.lead_post_id"
            " JOIN network_office o ON o.id = p.office_id"
            f" WHERE {condition} AND c.state <> 'closed'"
            " GROUP BY o.id, o.name ORDER BY 4 DESC, 3 DESC, o.id",
            {**params, "now": now},
        )
        rows = cursor.fetchall()
    return [OfficeLoad(office_id=i, name=n, open=a, late=b, next_due=d and local(d))
            for i, n, a, b, d in rows]


def behind(actor: Actor, kind: str, *, now: datetime, page: int = 1, size: int = PAGE) -> list[Row]:
    """The cases behind a figure, late first."""
    return seen(actor, also=FIGURES[kind], order=_LATE_FIRST, page=page, size=size, ahead=0,
                on=local(now).date(), **_times(now))


def of_office(actor: Actor, office: int, *, now: datetime, page: int = 1) -> list[Row]:
    """The open cases that an office answers for, late first."""
    return seen(actor, also=_OF_OFFICE, order=_LATE_FIRST, page=page, on=local(now).date(),
                office=office)


def count(actor: Actor, kind: str = "", *, now: datetime, office: int = 0) -> int:
    """How many cases such a list holds."""
    condition, params = visible_to(actor)
    also = FIGURES[kind] if kind else _OF_OFFICE
    values: dict[str, Any] = {**params, **_times(now), "office": office}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM cases_case c WHERE {condition} AND {also}", values)
        found: int = cursor.fetchone()[0]
    return found


# -- marks --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """What counts against an office, of the last 30 days."""

    office: str
    again: int  # second notices for the same case, against the office that accepts it
    outside: int  # steps that were done outside the system, against the office of the step


_MARKS = """
SELECT o.name, count(*) FILTER (WHERE e.verb = 'notify_again'),
       count(*) FILTER (WHERE e.verb = 'done_outside')
  FROM trail_event e
 CROSS JOIN LATERAL (SELECT convert_from(e.body, 'UTF8')::json->'d' AS said) d
  JOIN cases_case c ON c.id = e.subject_id
  LEFT JOIN cases_step s ON e.verb = 'done_outside' AND s.case_id = c.id AND s.key = said->>'step'
       AND s.branch = coalesce(said->>'branch', '') AND s.round = coalesce((said->>'round')::int, 1)
  JOIN network_office o ON o.id = coalesce(s.office_id, c.office_id)
 WHERE e.subject_type = 'case' AND e.verb IN ('notify_again', 'done_outside')
   AND e.occurred_at >= %(month)s AND {seen}
 GROUP BY o.id, o.name ORDER BY count(*) DESC, o.id
"""


def marks(actor: Actor, *, now: datetime) -> list[Marks]:
    """What counts against the offices, the most first, over the cases the actor may see."""
    condition, params = visible_to(actor)
    with connection.cursor() as cursor:
        cursor.execute(_MARKS.format(seen=condition), {**params, "month": _times(now)["month"]})
        return [Marks(office=name, again=again, outside=outside)
                for name, again, outside in cursor.fetchall()]


# -- cards ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class CardLine:
    """A card as the list of cards shows it."""

    number: str
    item: str
    applicant: str
    colour: str
    state: str
    office: str
    about: str  # the title of the step, or "" for the case's own limit
    issued_at: datetime


def cards(
    actor: Actor, *, state: str = "", all_offices: bool = False, page: int = 1
) -> tuple[list[CardLine], dict[str, int]]:
    """A page of the newest cards, and how many there are in each state.

    Those of the actor's own offices, or with ``all_offices`` of every case that he may see.
    """
    condition, params = visible_to(actor)
    if not all_offices:
        condition += " AND d.office_id = ANY(%(offices)s)"
    source = f"FROM cases_card d JOIN cases_case c ON c.id = d.case_id WHERE {condition}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT d.state, count(*) {source} GROUP BY d.state", params)
        counts: dict[str, int] = dict(cursor.fetchall())
        cursor.execute(
            f"SELECT c.number, c.item_version_id, {APPLICANT}, d.colour, d.state,"
            " (SELECT o.name FROM network_office o WHERE o.id = d.office_id), d.about, d.issued_at"
            f" {source} AND (%(state)s = '' OR d.state = %(state)s)"
            " ORDER BY d.issued_at DESC, d.id DESC LIMIT %(size)s OFFSET %(skip)s",
            {**params, "state": state, "size": PAGE, "skip": PAGE * (page - 1)},
        )
        rows = cursor.fetchall()
    return [_card_line(values) for values in rows], counts


def _card_line(values: Sequence[Any]) -> CardLine:
    number, version_id, applicant, colour, state, office, about, at = values
    item = item_version(version_id)
    step = item.flow.steps.get(about.split()[0])
    return CardLine(number=number, item=item.name, applicant=applicant, colour=colour, state=state,
                    office=office, about=step.title if step else "", issued_at=local(at))
