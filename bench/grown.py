"""The desk's list at 10,000 and at 1,000,000 cases: synthetic rows, copied from a real one."""

import time

from bench.life import Lives
from bench.place import Place, as_superuser
from bench.report import Report
from bench.web import DESK, REVIEWER, Browser, Missing, account_of, granian

SMALL, LARGE = 10_000, 1_000_000
_REQUESTS = 400


def measure(place: Place, report: Report) -> None:
    """``desk_list_growth``: p95 of the reviewer's list, large over small."""
    p95: dict[int, float] = {}
    try:
        for count in (SMALL, LARGE):
            grow(place, count)
            p95[count] = _p95(place)
    except Missing as missing:
        report.put("desk_list_growth", None, str(missing))
        return
    report.put("desk_list_growth", p95[LARGE] / p95[SMALL],
               f"p95 of {_REQUESTS} GET {DESK} of a county reviewer; rows copied by SQL, one in"
               " twenty open",
               {f"p95_ms_{count}": round(ms, 2) for count, ms in p95.items()})


def _p95(place: Place) -> float:
    username = account_of(*REVIEWER)
    with granian(place) as port:
        browser = Browser(port)
        browser.log_in(username)
        took = []
        for n in range(_REQUESTS + 20):
            began = time.perf_counter()
            browser.must("GET", DESK)
            if n >= 20:
                took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[int(_REQUESTS * 0.95)]


def grow(place: Place, upto: int) -> None:
    """Copy cases until there are that many; one in twenty still open at some county's office."""
    if not as_superuser(place.server, "SELECT 1 FROM cases_case LIMIT 1"):
        Lives(place, 1, "pattern").run()  # the real one that is copied
    (have,), = as_superuser(place.server, "SELECT count(*) FROM cases_case")
    add = upto - int(str(have))
    if add <= 0:
        return
    columns = _columns(place, "cases_case", "id", "number", "state", "outcome", "closed_at",
                       "office_id")
    as_superuser(
        place.server,
        f"""CREATE TEMP TABLE made AS
            SELECT nextval('cases_case_id_seq') AS id, n,
                   (SELECT array_agg(id ORDER BY id) FROM network_office
                     WHERE code LIKE '4304__.civil-affairs') AS offices
              FROM generate_series(1, {add}) n;
            INSERT INTO cases_case (id, number, state, outcome, closed_at, office_id, {columns})
            SELECT m.id, 'G' || m.id, CASE WHEN n % 20 = 0 THEN 'accepted' ELSE 'closed' END,
                   CASE WHEN n % 20 = 0 THEN '' ELSE 'granted' END,
                   CASE WHEN n % 20 = 0 THEN NULL ELSE now() END,
                   m.offices[1 + n % cardinality(m.offices)], {columns}
              FROM made m, (SELECT * FROM cases_case ORDER BY id LIMIT 1) c;
            INSERT INTO cases_access (office_id, case_id, why)
            SELECT offices[1 + n % cardinality(offices)], id, 'step' FROM made;
            INSERT INTO cases_step (case_id, key, branch, round, state, office_id, opened_at,
                                    due_at, done_at, late, version)
            SELECT id, 'check', '', 1, CASE WHEN n % 20 = 0 THEN 'open' ELSE 'done' END,
                   offices[1 + n % cardinality(offices)], now() - interval '5 days',
                   now() + (n % 400) * interval '1 hour' - interval '100 hours',
                   CASE WHEN n % 20 = 0 THEN NULL ELSE now() END, false, 0
              FROM made;
            DROP TABLE made""",
    )
    as_superuser(place.server, "VACUUM ANALYZE")


def _columns(place: Place, table: str, *but: str) -> str:
    rows = as_superuser(
        place.server,
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
        f" AND table_name = '{table}' ORDER BY ordinal_position")
    return ", ".join(str(name) for (name,) in rows if name not in but)
