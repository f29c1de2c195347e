"""The figures: a table for people, a file for machines."""

import json
from collections.abc import Mapping
from pathlib import Path
from time import process_time
from typing import Any

OUT = Path(__file__).parent / "out" / "latest.json"

AIMS: dict[str, tuple[str, str]] = {  # key → aim, unit
    "receive_http_cpu_ms": ("≤ 4", "ms CPU"),
    "receive_http_vs_limit": ("≥ 0.15", "ratio"),
    "receive_limit_cpu_ms": ("reported", "ms CPU"),
    "case_life_cpu_ms": ("≤ 15", "ms CPU"),
    "desk_list_cpu_ms": ("≤ 4", "ms CPU"),
    "desk_list_queries": ("≤ 5", "queries"),
    "case_page_cpu_ms": ("≤ 6", "ms CPU"),
    "case_page_queries": ("≤ 8", "queries"),
    "desk_list_growth": ("≤ 1.3", "ratio"),
    "bytes_per_case": ("≤ 12000", "bytes"),
    "year_replay_cases_per_s": ("reported", "cases/s"),
}


def spin_ms() -> float:
    """CPU of a fixed loop: how fast the machine is just now, beside its other work."""
    began = process_time()
    for number in range(1_000_000):
        number * number
    return (process_time() - began) * 1000


class Report:
    """Collects figures and writes them down."""

    def __init__(self) -> None:
        self.figures: dict[str, dict[str, Any]] = {}

    def put(self, key: str, value: float | None, conditions: str,
            sides: Mapping[str, Any] | None = None) -> None:
        """One figure with what it was made of."""
        aim, unit = AIMS[key]
        self.figures[key] = {
            "value": None if value is None else round(value, 3), "aim": aim, "unit": unit,
            "sides": dict(sides or {}),
            "conditions": f"{conditions}; a million squares took {spin_ms():.0f} ms here",
        }
        self._say(key)

    def write(self) -> None:
        """The file, in the order of the table; what was not measured says so."""
        for key in AIMS:
            if key not in self.figures:
                self.put(key, None, "not measured")
        OUT.parent.mkdir(exist_ok=True)
        ordered = {key: self.figures[key] for key in AIMS}
        OUT.write_text(json.dumps(ordered, ensure_ascii=False, indent=2) + "\n")
        print(f"\n{'figure':<26}{'value':>10}  {'aim':<10}{'met':<5}sides")
        for key, figure in ordered.items():
            sides = "  ".join(f"{k} {v}" for k, v in figure["sides"].items() if _short(v))
            print(f"{key:<26}{_shown(figure['value']):>10}  {figure['aim']:<10}"
                  f"{met(figure):<5}{sides}")
        print(f"\n{OUT}")

    def _say(self, key: str) -> None:
        figure = self.figures[key]
        print(f"  {key} = {_shown(figure['value'])} {figure['unit']}  ({figure['conditions']})",
              flush=True)


def met(figure: Mapping[str, Any]) -> str:
    """Whether the aim is met: yes, no, or nothing to say."""
    sign, _, bound = figure["aim"].partition(" ")
    if figure["value"] is None or not bound:
        return "–"
    ok = figure["value"] <= float(bound) if sign == "≤" else figure["value"] >= float(bound)
    return "yes" if ok else "NO"


def _short(value: Any) -> bool:
    return isinstance(value, int | float | str)


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:,.3f}".rstrip("0").rstrip(".")
