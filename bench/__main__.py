"""``python -m bench``: measure, print the table, write bench/out/latest.json.

FULL=1 adds the list at a million cases and all of the 92,445 cases.
"""

import os
import sys
import time

from bench.place import running
from bench.report import Report

FULL = os.environ.get("FULL") == "1"


PARTS = {"life", "limit", "web", "year", "grown"}


def main(only: set[str]) -> None:
    """Everything, or the parts that are named."""
    if unknown := only - PARTS:
        sys.exit(f"✗ 没有 {'、'.join(sorted(unknown))} 这一部分\n  可以写：{' '.join(sorted(PARTS))}")
    began = time.monotonic()
    report = Report()
    with running() as place:
        from bench import grown, life, limit, web
        from bench.place import Cpu
        from weimin.ops.replay import replay

        print(f"the place stands after {time.monotonic() - began:.0f} s", flush=True)
        floor = Cpu(0, 0)
        if not only or "life" in only:
            life.measure(place, report, count=1000)
        if not only or only & {"limit", "web"}:
            floor = limit.measure(place, report)
        if not only or "web" in only:
            web.measure(place, report, floor)
        if not only or "year" in only:
            count = 92_445 if FULL else 400
            report.put("year_replay_cases_per_s", replay(count, print),
                       f"{count} whole lives of 18 items over 2,785 villages, one process")
        if FULL and (not only or "grown" in only):
            grown.measure(place, report)
        elif not FULL:
            report.put("desk_list_growth", None, "only with FULL=1")
    report.write()
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(set(sys.argv[1:]))
