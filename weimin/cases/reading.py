"""Reading cases: the lists, the search and one case whole. The only road is ``visible_to``.

Every function takes an actor, and every query goes through the rows that say which office may
see which case (or through the parties, for a resident). Nothing here writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from weimin.cases.file import CaseFile
from weimin.cases.written import ERASED, RESTRICTED
from weimin.catalogue.spec import ItemSpec, item_version
from weimin.flow.actions import OUTCOME_TITLES, STATE_TITLES, State
from weimin.kernel import codes, vault
from weimin.kernel.clock import local
from weimin.kernel.text import code_text
from weimin.network.actor import Actor
from weimin.trail.chain import title_of

PAGE = 50
EXACT_UP_TO = 1000

_WAITS: dict[State, str] = {
    "received": "受理", "noticed": "申请人补正", "accepted": "办理", "decided": "送达",
    "closed": "",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A line of a list."""

    number: str
    item: ItemSpec
    applicant: str
    state: State
    outcome: str
    due_at: datetime | None
    warn_on: date | None
    office_id: int
    step: str = ""  # title of the step that waits; empty: the case itself waits
    step_id: int | None = None
    step_version: int = 0
    received_at: datetime | None = None
    late: bool = False

    @property
    def waits_for(self) -> str:
        """What it waits for, in words."""
        return self.step or _WAITS[self.state]


_APPLICANT = f"CASE WHEN c.restricted THEN '{RESTRICTED}' ELSE c.applicant END"
_COLUMNS = (
    f"c.number, c.item_version_id, {_APPLICANT}, c.state, c.outcome, w.due_at, w.warn_on, w.office_id,"
    " w.key, w.step_id, w.version, c.received_at, c.late"
)

# What waits for my offices: open steps, and cases to be accepted. Each half walks its own
# partial index in the order of the due date and stops after a page.
_WORK = """
(SELECT s.due_at, s.warn_on, s.office_id, s.key, s.id AS step_id, s.version, s.case_id
   FROM cases_step s WHERE s.state = 'open' AND s.office_id = ANY(%(offices)s) {late_s}
  ORDER BY s.due_at, s.id LIMIT %(most)s)
UNION ALL
(SELECT t.due_at, t.warn_on, t.office_id, '' AS key, NULL AS step_id, 0 AS version, t.id AS case_id
   FROM cases_case t WHERE t.state = 'received' AND t.office_id = ANY(%(offices)s) {late_t}
  ORDER BY t.due_at LIMIT %(most)s)
"""


def work(
    actor: Actor, *, now: datetime, late_only: bool = False, page: int = 1, size: int = PAGE
) -> list[Row]:
    """What waits for the actor's offices, the earliest due first; one page."""
    late = {"late_s": "AND s.due_at < %(now)s", "late_t": "AND t.due_at < %(now)s"}
    union = _WORK.format(**(late if late_only else {"late_s": "", "late_t": ""}))
    return _rows(
        f"SELECT {_COLUMNS} FROM ({union}) w JOIN cases_case c ON c.id = w.case_id"
        " ORDER BY w.due_at NULLS LAST, c.id LIMIT %(page)s OFFSET %(skip)s",
        {"offices": list(actor.offices), "now": now, "most": size * page,
         "page": size, "skip": size * (page - 1)},
    )


def work_count(actor: Actor, *, now: datetime) -> tuple[int, int]:
    """How much waits for the actor's offices, and how much of it is late; exact up to 1,000."""
    union = _WORK.format(late_s="", late_t="")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), count(*) FILTER (WHERE due_at < %(now)s) FROM ({union}) w",
            {"offices": list(actor.offices), "now": now, "most": EXACT_UP_TO + 1},
        )
        found: tuple[int, int] = cursor.fetchone()
    return found


_SEEN = (
    "SELECT {columns} FROM cases_case c"
    " CROSS JOIN LATERAL (SELECT c.due_at, c.warn_on, c.office_id, '' AS key, NULL::bigint AS step_id,"
    " 0 AS version) w WHERE {seen} {also} ORDER BY {order} LIMIT %(page)s OFFSET %(skip)s"
)


def visible_to(actor: Actor) -> tuple[str, dict[str, Any]]:
    """The condition under which this actor may see ``cases_case c``, and its parameters."""
    if actor.is_staff:
        return (
            "EXISTS (SELECT FROM cases_access a WHERE a.case_id = c.id"
            " AND a.office_id = ANY(%(offices)s))",
            {"offices": list(actor.offices)},
        )
    return (
        "EXISTS (SELECT FROM cases_party p WHERE p.case_id = c.id AND p.person_id = %(person)s"
        " AND p.role IN ('applicant', 'agent', 'guardian'))",
        {"person": actor.person_id},
    )


def seen(
    actor: Actor, *, also: str = "", order: str = "c.id DESC", page: int = 1, size: int = PAGE,
    **params: Any,
) -> list[Row]:
    """The cases an actor may see, the newest first; ``also`` narrows them."""
    condition, mine = visible_to(actor)
    sql = _SEEN.format(columns=_COLUMNS, seen=condition, also=f"AND ({also})" if also else "",
                       order=order)
    return _rows(sql, {**mine, **params, "page": size, "skip": size * (page - 1)})


def search(actor: Actor, text: str, *, page: int = 1, size: int = PAGE) -> list[Row]:
    """By number, identity number, organisation code, phone or name: whatever it looks like."""
    found = text.strip()
    try:
        code = code_text(found)
    except ValueError:
        code = found
    if codes.is_case_number(code):
        return seen(actor, also="c.number = %(number)s", number=code)
    party = (
        "c.id IN (SELECT p.case_id FROM cases_party p JOIN registry_person r ON r.id = p.person_id"
        " WHERE {})"
    )
    company = (
        "c.id IN (SELECT p.case_id FROM cases_party p JOIN registry_organisation g"
        " ON g.id = p.organisation_id WHERE {})"
    )
    party, company = (f"NOT c.restricted AND {named}" for named in (party, company))
    if codes.is_mobile(code):
        return seen(actor, also=party.format("r.phone_hash = %(hash)s"), page=page, size=size,
                    hash=vault.lookup(code))
    if len(code) == 18 and code.isascii() and code.isalnum():
        either = (party.format("r.identity_hash = %(hash)s"), company.format("g.uscc = %(code)s"))
        return seen(actor, also=" OR ".join(either), page=page, size=size, code=code,
                    hash=vault.lookup(code))
    if code.isdigit():
        return seen(actor, also="c.number LIKE %(prefix)s", prefix=f"{code}%", page=page, size=size)
    either = (party.format("r.name LIKE %(name)s"), company.format("g.name LIKE %(name)s"))
    return seen(actor, also=" OR ".join(either), name=f"{found}%", page=page, size=size)


def _rows(sql: str, params: dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [_row(values) for values in cursor.fetchall()]


def _row(values: Sequence[Any]) -> Row:
    (number, version_id, applicant, state, outcome, due_at, warn_on, office_id, key, step_id, version,
     received_at, late) = values
    item = item_version(version_id)
    spec = item.flow.steps[key] if key else None
    return Row(
        number=number, item=item, applicant=applicant, state=state, outcome=outcome,
        due_at=due_at and local(due_at), warn_on=warn_on, office_id=office_id, step=spec.title if spec else "",
        step_id=step_id, step_version=version,
        received_at=local(received_at), late=late,
    )


# -- one case ------------------------------------------------------------------------------------


def waits_for(file: CaseFile) -> str:
    """What a case waits for, in words: its open steps, or what its state asks."""
    titles = dict.fromkeys(
        file.item.flow.steps[step.key].title for step in file.steps if step.state == "open")
    if titles:
        return "、".join(titles)
    state: State = file.row["state"]
    return "办结归档" if state == "decided" else _WAITS[state]  # all was handed over


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """One event as the timeline shows it."""

    seq: int
    verb: str
    title: str
    who: str
    office: str
    at: datetime
    recorded_at: datetime
    data: dict[str, Any]
    mark: str  # the first of its hash, as people compare it


_HAPPENINGS = """
SELECT json_agg(json_build_array(e.seq, e.verb, a.name, p.title, o.name, e.occurred_at,
       e.recorded_at, convert_from(e.body, 'UTF8')::json->'d', left(encode(e.hash, 'hex'), 8))
       ORDER BY e.seq DESC)
  FROM trail_event e
  LEFT JOIN network_account a ON a.id = e.account_id
  LEFT JOIN network_post p ON p.id = e.post_id
  LEFT JOIN network_office o ON o.id = p.office_id
 WHERE e.subject_type = 'case' AND e.subject_id = %(case)s
"""


def happenings(case_id: int) -> list[Happening]:
    """The trail of a case, the newest first. Whoever calls this has loaded the case as an actor."""
    return _happenings(*_ask(_HAPPENINGS, case_id))


def _happenings(rows: Any) -> list[Happening]:
    return [
        Happening(
            seq=seq, verb=verb, title=title_of(verb),
            who=(f"{post} {name}" if post else name or "系统"), office=office or "",
            at=_moment(at), recorded_at=_moment(recorded), data=data or {}, mark=mark,
        )
        for seq, verb, name, post, office, at, recorded, data, mark in rows or ()
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Someone:
    """A party of a case, masked."""

    role: str
    name: str  # whole: whoever handles the case calls people by their name
    identity: str
    phone: str
    person_id: int | None
    paper: str
    relation: str  # to the applicant; for an organisation its legal representative


_PARTIES = """
SELECT json_agg(json_build_array(p.role, coalesce(r.name, g.name), coalesce(r.identity_mask, g.uscc),
       coalesce(r.phone_mask, ''), p.person_id, p.paper,
       coalesce(g.legal_representative, p.relation)) ORDER BY p.role, p.seq)
  FROM cases_party p
  LEFT JOIN registry_person r ON r.id = p.person_id
  LEFT JOIN registry_organisation g ON g.id = p.organisation_id
 WHERE p.case_id = %(case)s
"""


def parties(case_id: int) -> list[Someone]:
    """For whom and by whom, what identifies masked."""
    return _parties(*_ask(_PARTIES, case_id))


def _parties(rows: Any) -> list[Someone]:
    return [
        Someone(role=role, name=name, identity=identity, phone=phone,
                person_id=person, paper=paper, relation=relation)
        for role, name, identity, phone, person, paper, relation in rows or ()
    ]


_MATERIALS = """
SELECT json_object_agg(m.key, json_build_object('state', m.state, 'note', m.note,
       'file', m.file_id, 'due_on', m.due_on, 'certificate', t.number))
  FROM cases_material m LEFT JOIN registry_certificate t ON t.id = m.certificate_id
 WHERE m.case_id = %(case)s
"""


def material_rows(case_id: int) -> dict[str, dict[str, Any]]:
    """The materials of a case by key: state, note, file, certificate."""
    return _materials(*_ask(_MATERIALS, case_id))


def _materials(rows: Any) -> dict[str, dict[str, Any]]:
    return {
        key: {**row, "due_on": row["due_on"] and date.fromisoformat(row["due_on"])}
        for key, row in (rows or {}).items()
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """What a case's page shows beside its file."""

    parties: list[Someone]
    happenings: list[Happening]  # the newest first
    materials: dict[str, dict[str, Any]]


def whole(case_id: int) -> Whole:
    """Parties, trail and materials in one exchange. Whoever calls this has loaded the case."""
    people, trail, papers = _ask(f"SELECT ({_PARTIES}), ({_HAPPENINGS}), ({_MATERIALS})", case_id)
    return Whole(parties=_parties(people), happenings=_happenings(trail),
                 materials=_materials(papers))


def _ask(sql: str, case_id: int) -> tuple[Any, ...]:
    """The one row of a statement about a case, whose columns are JSON."""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"case": case_id})
        found: tuple[Any, ...] = cursor.fetchone()
    return found


def _moment(text: str) -> datetime:
    return local(datetime.fromisoformat(text))


@dataclass(frozen=True, kw_only=True, slots=True)
class Following:
    """What anybody with number and phone digits may know: the state, and nothing else."""

    number: str
    item: str
    key: State  # what the state is called here
    state: str
    office: str
    due_at: datetime | None


def follow(number: str, last_four: str) -> Following | None:
    """The state of a case for whoever knows its number and the applicant's last four digits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.number, c.item_version_id, c.state, c.outcome, o.name, c.due_at"
            " FROM cases_case c JOIN network_office o ON o.id = c.office_id"
            " WHERE c.number = %s AND c.follow_hash = %s AND NOT c.restricted",
            [number, vault.lookup(f"{number}:{last_four}")],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    number, version_id, state, outcome, office, due_at = row
    words = STATE_TITLES[state]
    if state == "closed":
        words = f"已办结（{OUTCOME_TITLES[outcome]}）"
    return Following(number=number, item=item_version(version_id).name, key=state, state=words,
                     office=office, due_at=due_at and local(due_at))


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosedYear:
    """How many cases an office closed in a year."""

    year: int
    count: int


_CLOSED = "FROM cases_case WHERE office_id = %s AND state = 'closed' AND applicant <> %s"
_YEAR = "extract(year FROM closed_at AT TIME ZONE 'Asia/Shanghai')::int"


def closed_years(office_id: int) -> list[ClosedYear]:
    """What an office has to file, the newest year first; what was erased is no dossier any more."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_YEAR}, count(*) {_CLOSED} GROUP BY 1 ORDER BY 1 DESC",
                       [office_id, ERASED])
        return [ClosedYear(year=year, count=count) for year, count in cursor.fetchall()]


def closed_in(office_id: int, year: int) -> list[str]:
    """The numbers of the cases that an office closed in that year, in order."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT number {_CLOSED} AND {_YEAR} = %s ORDER BY number",
                       [office_id, ERASED, year])
        return [number for (number,) in cursor.fetchall()]


# -- the leader's page ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeLoad:
    """What one office has open, and how much of it is late."""

    office_id: int
    name: str
    open: int
    late: int
    oldest: datetime | None


def loads(actor: Actor, *, now: datetime) -> list[OfficeLoad]:
    """Open work by office in the cases the actor may see, the most late first."""
    condition, params = visible_to(actor)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.name, count(*), count(*) FILTER (WHERE w.due_at < %(now)s),"
            " min(w.due_at) FROM (SELECT s.office_id, s.due_at, s.case_id FROM cases_step s"
            " WHERE s.state = 'open' UNION ALL SELECT t.office_id, t.due_at, t.id"
            " FROM cases_case t WHERE t.state = 'received') w"
            " JOIN cases_case c ON c.id = w.case_id JOIN network_office o ON o.id = w.office_id"
            f" WHERE {condition} GROUP BY o.id, o.name ORDER BY 4 DESC, 3 DESC LIMIT 50",
            {**params, "now": now},
        )
        rows = cursor.fetchall()
    return [
        OfficeLoad(office_id=i, name=n, open=a, late=b, oldest=o and local(o))
        for i, n, a, b, o in rows
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Today:
    """The leader's figures, each of which opens to its cases."""

    received: int
    closed: int
    open: int
    late: int
    due_today: int
    low_ratings: int


def today(actor: Actor, *, now: datetime) -> Today:
    """What happened today and what is late, over the cases the actor may see."""
    condition, params = visible_to(actor)
    start = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE c.received_at >= %(start)s),"
            " count(*) FILTER (WHERE c.closed_at >= %(start)s),"
            " count(*) FILTER (WHERE c.state <> 'closed'),"
            " count(*) FILTER (WHERE c.state <> 'closed' AND c.due_at < %(now)s),"
            " count(*) FILTER (WHERE c.state <> 'closed' AND c.due_at >= %(now)s"
            " AND c.due_at < %(end)s),"
            " (SELECT count(*) FROM voice_rating v WHERE v.level <= 2"
            " AND v.rated_at >= %(month)s AND v.office_id IN (SELECT office_id FROM cases_access"
            " WHERE office_id = ANY(%(offices)s)))"
            f" FROM cases_case c WHERE {condition}",
            {"offices": list(actor.offices), **params, "start": start, "now": now,
             "end": start + timedelta(days=1), "month": start - timedelta(days=30)},
        )
        received, closed, opened, late, due, low = cursor.fetchone()
    return Today(received=received, closed=closed, open=opened, late=late, due_today=due,
                 low_ratings=low)


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
            f"SELECT c.number, c.item_version_id, {_APPLICANT}, d.colour, d.state,"
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
