"""Reading cases: the lists, the search and one case whole. The only road is ``visible_to``.

Every function takes an actor, and every query goes through the rows that say which office may
see which case (or through the parties, for a resident). Nothing here writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from weimin.cases.file import CaseFile
from weimin.cases.written import ERASED, RESTRICTED
from weimin.catalogue.spec import ItemSpec, item_version
from weimin.flow.actions import OUTCOME_TITLES, STATE_TITLES, State
from weimin.kernel import codes, vault
from weimin.kernel.clock import SHANGHAI, local
from weimin.kernel.text import code_text
from weimin.network.actor import Actor
from weimin.trail.chain import title_of

PAGE = 50
EXACT_UP_TO = 1000

_WAITS: dict[State, str] = {
    "received": "受理", "noticed": "申请人补正", "accepted": "办理", "decided": "办结归档",
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
    step: str = ""  # titles of the steps that wait; empty: the case itself waits
    step_key: str = ""
    step_id: int | None = None
    step_version: int = 0
    received_at: datetime | None = None
    late: bool = False
    lead: str = ""  # the accountable post, where the list shows it
    holder: str = ""  # the colleague who has the step in hand, in the list of work
    pause: str = ""  # why the case is suspended, there

    @property
    def waits_for(self) -> str:
        """What it waits for, in words."""
        return self.step or _WAITS[self.state]

    def is_late(self, now: datetime) -> bool:
        """Whether it is late now or was when it ended, as the screen says it."""
        if self.state == "closed":
            return self.late
        return self.late or (self.due_at is not None and self.due_at < now)


# Whose case it is, for lists; of a restricted one that it is.
APPLICANT = f"CASE WHEN c.restricted THEN '{RESTRICTED}' ELSE c.applicant END"
# Moments come as seconds: Django reads a timestamptz in Python, a page has a hundred of them.
_COLUMNS = (
    f"c.number, c.item_version_id, {APPLICANT}, c.state, c.outcome,"
    " extract(epoch FROM w.due_at)::float8, w.warn_on, w.office_id,"
    " w.key, w.step_id, w.version, extract(epoch FROM c.received_at)::float8, c.late, "
)

# What waits for my offices: open steps, and cases to be accepted. Each half walks its own
# partial index in the order of the due date and stops.
_WORK = """
(SELECT s.due_at, s.warn_on, s.office_id, s.key, s.id AS step_id, s.version, s.case_id, s.account_id
   FROM cases_step s WHERE s.state = 'open' AND s.office_id = ANY(%(offices)s)
  ORDER BY s.due_at, s.id LIMIT %(most)s)
UNION ALL
(SELECT t.due_at, t.warn_on, t.office_id, '' AS key, NULL AS step_id, 0 AS version, t.id AS case_id,
        NULL AS account_id
   FROM cases_case t WHERE t.state = 'received' AND t.office_id = ANY(%(offices)s)
  ORDER BY t.due_at LIMIT %(most)s)
"""
# A page of it and how much there is, from one walk. The counts stand there also for an empty page.
_WORK_PAGE = f"""
WITH work AS MATERIALIZED ({_WORK})
SELECT n.total, n.late, p.*
  FROM (SELECT count(*) AS total, count(*) FILTER (WHERE due_at < %(now)s) AS late FROM work) n
  LEFT JOIN LATERAL (
       SELECT {_COLUMNS} '' AS lead,
              (SELECT a.name FROM network_account a WHERE a.id = w.account_id AND a.id <> %(me)s) AS holder,
              (SELECT p.reason FROM cases_pause p WHERE p.case_id = c.id AND p.ended IS NULL) AS pause
         FROM (SELECT * FROM work WHERE NOT %(late_only)s OR due_at < %(now)s
                ORDER BY due_at NULLS LAST, case_id LIMIT %(page)s OFFSET %(skip)s) w
         JOIN cases_case c ON c.id = w.case_id ORDER BY w.due_at NULLS LAST, c.id) p ON true
"""


@dataclass(frozen=True, slots=True)
class Work:
    """A page of what waits, how much waits in all and how much of it is late: exact up to 1,000."""

    rows: list[Row]
    total: int
    late: int


def work(
    actor: Actor, *, now: datetime, late_only: bool = False, page: int = 1, size: int = PAGE
) -> Work:
    """What waits for the actor's offices, the earliest due first; one page, and the counts."""
    with connection.cursor() as cursor:
        cursor.execute(_WORK_PAGE, {
            "offices": list(actor.offices), "me": actor.account_id, "now": now, "late_only": late_only, "page": size,
            "skip": size * (page - 1), "most": max(size * page, EXACT_UP_TO + 1)})
        (total, late, *first), *more = cursor.fetchall()
    rows = [first, *(row for _total, _late, *row in more)] if first[0] is not None else []
    return Work([_row(row) for row in rows], total, late)


def open_steps(actor: Actor, steps: Sequence[int]) -> list[Row]:
    """Of these steps, those that are open at the actor's offices, the earliest due first."""
    return _rows(
        f"SELECT {_COLUMNS} '' AS lead FROM (SELECT s.due_at, s.warn_on, s.office_id, s.key,"
        " s.id AS step_id, s.version, s.case_id FROM cases_step s WHERE s.id = ANY(%(steps)s)"
        " AND s.state = 'open' AND s.office_id = ANY(%(offices)s)) w"
        " JOIN cases_case c ON c.id = w.case_id ORDER BY w.due_at NULLS LAST, c.id",
        {"offices": list(actor.offices), "steps": list(steps)},
    )


# The page first, then for its rows only the open steps (the office of the one that ends first)
# and the post that answers for the case.
_SEEN = (
    "SELECT {columns} w.lead FROM (SELECT c.* FROM cases_case c WHERE {seen} {also}"
    " ORDER BY {order} LIMIT %(page)s OFFSET %(skip)s) c"
    " CROSS JOIN LATERAL (SELECT c.due_at, c.warn_on, NULL::bigint AS step_id, 0 AS version,"
    " coalesce((array_agg(s.office_id ORDER BY s.due_at, s.id))[1], c.office_id) AS office_id,"
    " coalesce(string_agg(s.key, ',' ORDER BY s.id), '') AS key,"
    " (SELECT o.name || ' ' || coalesce((SELECT a.name FROM network_holding h JOIN network_account a"
    " ON a.id = h.account_id WHERE h.post_id = p.id AND NOT h.deputy AND h.during @> %(on)s::date),"
    " p.title) FROM network_post p JOIN network_office o ON o.id = p.office_id"
    " WHERE p.id = c.lead_post_id) AS lead"
    " FROM cases_step s WHERE s.case_id = c.id AND s.state = 'open') w ORDER BY {order}"
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
    on: date | None = None, ahead: int = 0, **params: Any,
) -> list[Row]:
    """The cases an actor may see, the newest first; ``also`` narrows them.

    With a day, ``on``, the accountable post of each is told by the name of its holder then.
    ``ahead`` asks for so many of the next page too: whether there is one.
    """
    condition, mine = visible_to(actor)
    sql = _SEEN.format(columns=_COLUMNS, seen=condition, also=f"AND ({also})" if also else "",
                       order=order)
    return _rows(sql, {**mine, **params, "on": on, "page": size + ahead, "skip": size * (page - 1)})


# What a search may be narrowed to.
STATES = {"open": "c.state <> 'closed'", "closed": "c.state = 'closed'"}
SHORTEST_END = 4  # digits of the end of a number that are worth looking for


def search(
    actor: Actor, text: str, *, state: str = "", page: int = 1, size: int = PAGE
) -> list[Row]:
    """By number (its end is enough), identity number, organisation code, phone or name.

    What runs comes first, then what was closed, each the newest first.
    """
    condition, params = _looked_for(text)
    if state in STATES:
        condition = f"({condition}) AND {STATES[state]}"
    return seen(actor, also=condition, order="(c.state = 'closed'), c.id DESC", page=page, size=size,
                **params)


def _looked_for(text: str) -> tuple[str, dict[str, Any]]:
    found = text.strip()
    try:
        code = code_text(found)
    except ValueError:
        code = found
    if codes.is_case_number(code):
        return "c.number = %(number)s", {"number": code}
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
        return party.format("r.phone_hash = %(hash)s"), {"hash": vault.lookup(code)}
    if len(code) == 18 and code.isascii() and code.isalnum():
        either = (party.format("r.identity_hash = %(hash)s"), company.format("g.uscc = %(code)s"))
        return " OR ".join(either), {"code": code, "hash": vault.lookup(code)}
    if code.isdigit():
        ends = " OR reverse(c.number) LIKE %(end)s" if len(code) >= SHORTEST_END else ""
        return f"c.number LIKE %(prefix)s{ends}", {"prefix": f"{code}%", "end": f"{code[::-1]}%"}
    either = (party.format("r.name LIKE %(name)s"), company.format("g.name LIKE %(name)s"))
    return " OR ".join(either), {"name": f"{_plainly(found)}%"}


def _plainly(text: str) -> str:
    """The words for LIKE, without what LIKE itself would read into them."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _rows(sql: str, params: dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [_row(values) for values in cursor.fetchall()]


def _row(values: Sequence[Any]) -> Row:
    (number, version_id, applicant, state, outcome, due_at, warn_on, office_id, key, step_id, version,
     received_at, late, lead, *now) = values
    item = item_version(version_id)
    return Row(
        number=number, item=item, applicant=applicant, state=state, outcome=outcome,
        due_at=None if due_at is None else _from_seconds(due_at), warn_on=warn_on, office_id=office_id,
        step=_steps(item, key) if key else "", step_id=step_id, step_version=version,
        received_at=_from_seconds(received_at), late=late, lead=lead or "", step_key=key,
        **({"holder": now[0] or "", "pause": now[1] or ""} if now else {}),
    )


@lru_cache(maxsize=4096)
def _from_seconds(seconds: float) -> datetime:
    """On the wall clock of Shanghai; many terms end at the same minute."""
    return datetime.fromtimestamp(seconds, SHANGHAI)


def _steps(item: ItemSpec, keys: str) -> str:
    """The titles of steps; one with several branches stands there once."""
    return "、".join(item.flow.steps[key].title for key in dict.fromkeys(keys.split(",")))


# -- one case ------------------------------------------------------------------------------------


def waits_for(file: CaseFile) -> str:
    """What a case waits for, in words: its open steps, or what its state asks."""
    titles = dict.fromkeys(
        file.item.flow.steps[step.key].title for step in file.steps if step.state == "open")
    state: State = file.row["state"]
    return "、".join(titles) or _WAITS[state]


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
       coalesce(g.legal_representative, p.relation)) ORDER BY p.role <> 'applicant', p.role, p.seq)
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
       'file', m.file_id, 'type', f.media_type, 'due_on', m.due_on, 'certificate', t.number))
  FROM cases_material m LEFT JOIN registry_certificate t ON t.id = m.certificate_id
  LEFT JOIN documents_file f ON f.id = m.file_id
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
class Answering:
    """Who answers for a case now, to whom that was offered, and who has its open steps in hand."""

    lead: tuple[str, str]  # office; post and whoever holds it
    offered: tuple[str, str] | None
    holders: dict[int, str]  # step → name


_OF_POST = """
(SELECT json_build_array(o.name, concat_ws(' ', p.title, (SELECT a.name FROM network_holding h
        JOIN network_account a ON a.id = h.account_id
        WHERE h.post_id = p.id AND NOT h.deputy AND h.during @> %(on)s::date)))
   FROM network_post p JOIN network_office o ON o.id = p.office_id WHERE p.id = c.{})
"""
_ANSWERING = f"""
SELECT json_build_array({_OF_POST.format("lead_post_id")}, {_OF_POST.format("hand_over_to_id")},
       (SELECT json_object_agg(s.id, a.name) FROM cases_step s
          JOIN network_account a ON a.id = s.account_id WHERE s.case_id = c.id AND s.state = 'open'))
  FROM cases_case c WHERE c.id = %(case)s
"""


def _answering(lead: list[str], offered: list[str] | None, holders: dict[str, str] | None) -> Answering:
    return Answering(lead=(lead[0], lead[1]), offered=(offered[0], offered[1]) if offered else None,
                     holders={int(step): name for step, name in (holders or {}).items()})


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """What a case's page shows beside its file."""

    parties: list[Someone]
    happenings: list[Happening]  # the newest first
    materials: dict[str, dict[str, Any]]
    answering: Answering


def whole(case_id: int, *, on: date) -> Whole:
    """Parties, trail, materials and who answers, in one exchange. Whoever calls this has loaded the case."""
    people, trail, papers, who = _ask(
        f"SELECT ({_PARTIES}), ({_HAPPENINGS}), ({_MATERIALS}), ({_ANSWERING})", case_id, on)
    return Whole(parties=_parties(people), happenings=_happenings(trail),
                 materials=_materials(papers), answering=_answering(*who))


def _ask(sql: str, case_id: int, on: date | None = None) -> tuple[Any, ...]:
    """The one row of a statement about a case, whose columns are JSON."""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"case": case_id, "on": on})
        found: tuple[Any, ...] = cursor.fetchone()
    return found


def _moment(text: str) -> datetime:
    return local(datetime.fromisoformat(text))


def follow(number: str, last_four: str) -> str | None:
    """The state of a case, and nothing else, for whoever knows its number and four digits of a phone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, outcome FROM cases_case"
            " WHERE number = %s AND follow_hash = %s AND NOT restricted",
            [number, vault.lookup(f"{number}:{last_four}")],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    state, outcome = row
    return f"已办结（{OUTCOME_TITLES[outcome]}）" if state == "closed" else STATE_TITLES[state]


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
