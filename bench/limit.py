"""The limit: pgbench with the plain INSERTs of one receive, interleaved with ours."""

import resource
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.life import Lives
from bench.place import Cpu, Place, as_superuser
from bench.report import Report

# The rows of one case, and the column that says whose they are.
_TABLES = {
    "cases_case": "id", "cases_party": "case_id", "cases_material": "case_id",
    "cases_access": "case_id", "cases_clock": "case_id", "cases_duty": "case_id",
    "trail_event": "subject_id", "trail_private": "subject_id",
}


def measure(place: Place, report: Report, *, rounds: int = 4, each: int = 250) -> Cpu:
    """Ours and pgbench in turns; ``receive_limit_cpu_ms``."""
    sample = Lives(place, 1, "sample")
    sample.receive()
    script = Path(tempfile.mkstemp(suffix=".sql")[1])
    script.write_text(_script(place, sample.numbers[0], "sample-0"))
    ours, limit = Cpu(0, 0), Cpu(0, 0)
    for n in range(rounds):
        limit = limit + pgbench(place, script, each * 4)
        ours = ours + Lives(place, each, f"limit-{n}").receive()
    script.unlink()
    ours, limit = _mean(ours, rounds), _mean(limit, rounds)
    report.put(
        "receive_limit_cpu_ms", limit.whole,
        f"pgbench -n -M prepared -c 1, {rounds} rounds of {each * 4} interleaved with {each} of"
        " ours in-process; the same rows as plain INSERTs, one per table, in one transaction",
        {"pgbench": round(limit.web, 3), "database": round(limit.database, 3),
         "ours_in_process": round(ours.whole, 3), "ours_web": round(ours.web, 3),
         "ours_database": round(ours.database, 3),
         "in_process_vs_limit": round(limit.whole / ours.whole, 3)},
    )
    return limit


def _mean(cpu: Cpu, count: int) -> Cpu:
    return Cpu(cpu.web / count, cpu.database / count)


def pgbench(place: Place, script: Path, count: int) -> Cpu:
    """CPU per transaction: pgbench's own on one side, the database's on the other."""
    before, database = _children(), place.database_cpu()
    done = subprocess.run(
        [str(_binary(place)), "-n", "-M", "prepared", "-c", "1", "-t", str(count),
         "-f", str(script), place.url()],
        capture_output=True, text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    time.sleep(0.5)  # until its backend is gone and counted with the postmaster's children
    scale = 1000 / count
    return Cpu((_children() - before) * scale, (place.database_cpu() - database) * scale)


def _binary(place: Place) -> Path:
    ours = place.server.binaries / "pgbench"
    return ours if ours.exists() else Path("pgbench")


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _script(place: Place, number: str, key: str) -> str:
    """The rows that a receive really wrote, as INSERTs with a new id each time."""
    case_id = as_superuser(place.server, f"SELECT id FROM cases_case WHERE number = '{number}'")
    lines = [
        "BEGIN;",
        "SELECT nextval('cases_case_id_seq') AS id, nextval('cases_serial') AS serial \\gset",
        "SELECT number FROM network_epoch;",
    ]
    for table, owner in _TABLES.items():
        lines.append(_insert(place, table, f"{owner} = {case_id[0][0]}", owner))
    lines.append(_insert(place, "cases_reply", f"case_id = {case_id[0][0]}", "case_id",
                         key="md5('L' || :id)::uuid"))
    return "\n".join([*lines, "COMMIT;\n"])


def _insert(place: Place, table: str, where: str, owner: str, **new: str) -> str:
    """The rows of a table as one INSERT; ``new``: what a column takes each time instead."""
    columns = [
        str(name) for (name,) in as_superuser(
            place.server,
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
            f" AND table_name = '{table}' ORDER BY ordinal_position")
    ]
    picked = ", ".join(f"quote_nullable({column}::text)" for column in columns)
    rows = as_superuser(place.server, f"SELECT {picked} FROM {table} WHERE {where}")
    values = ", ".join(
        "(" + ", ".join(new.get(c) or _value(c, v, owner) for c, v in zip(columns, row, strict=True)) + ")"
        for row in rows
    )
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values};"


def _value(column: str, quoted: Any, owner: str) -> str:
    if column == "number":
        return "('L' || :serial)"
    if column == "recorded_at":
        return "clock_timestamp()"
    if column == owner:
        return ":id"
    text = str(quoted)
    if ":" in text:  # pgbench would take it for a variable
        text = f"E{text.removeprefix('E')}".replace(":", "\\x3a")
    return text
