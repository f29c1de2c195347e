"""Lay a flow's steps out in columns, so that a template can draw them without thinking.

Pure: takes what the flow says (`key`, `needs`) and what the case says (`state`), returns cells
for the CSS grid of `ui.steps`. A column holds the steps that can run side by side; an edge that
jumps over a column gets a lane of its own there, so no line ever crosses a box.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MAX_COLUMNS, MAX_LANES = 8, 6  # what weimin.css has places for; beyond it the list is shown


def layout(steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`steps` in an order where every step comes after what it needs."""
    by_key = {step["key"]: step for step in steps}
    column: dict[str, int] = {}
    for step in steps:
        column[step["key"]] = 1 + max((column[n] for n in step.get("needs", ())), default=-1)

    # Split edges that jump over columns: (from, to) pairs between neighbours, with lanes between.
    width = 1 + max(column.values(), default=-1)
    lanes: list[list[Any]] = [[] for _ in range(width)]
    edges: list[list[tuple[Any, Any, bool]]] = [[] for _ in range(width)]
    for step in steps:
        lanes[column[step["key"]]].append(step["key"])
    for step in steps:
        for need in step.get("needs", ()):
            done, last = _travelled(by_key[need], step), need
            for at in range(column[need] + 1, column[step["key"]]):
                lane = ("lane", need, at, done)
                if lane not in lanes[at]:
                    lanes[at].append(lane)
                edge: Any = (last, lane, done)
                if edge not in edges[at]:
                    edges[at].append(edge)
                last = lane
            edges[column[step["key"]]].append((last, step["key"], done))

    tallest = max((len(lane) for lane in lanes), default=1)
    rows = 2 * tallest  # half rows, so that one step can stand in the middle of two
    start: dict[Any, int] = {
        node: tallest - len(lane) + 2 * index + 1 for lane in lanes for index, node in enumerate(lane)
    }

    cells: list[dict[str, Any]] = []
    for at, drawn in enumerate(lanes):
        if at:
            cells.append({"col": 2 * at, "links": [_line(start[a], start[b], done) for a, b, done in _last_drawn(edges[at])]})
        passing = [node for node in drawn if node not in by_key]
        if passing:
            cells.append({"col": 2 * at + 1, "links": [_line(start[n], start[n], n[3]) for n in passing]})
        real = [node for node in drawn if node in by_key]
        for key in real:
            cells.append({"col": 2 * at + 1, "row": start[key], "step": by_key[key], "parallel": len(real) > 1})
    return {"rows": rows, "cells": cells, "wide": width > 4, "fits": width <= MAX_COLUMNS and tallest <= MAX_LANES}


def _travelled(source: Mapping[str, Any], target: Mapping[str, Any]) -> bool:
    """A line is solid only where the case has really gone."""
    return source["state"] == "done" and target["state"] in {"done", "open", "late", "returned"}


def _last_drawn(edges: list[tuple[Any, Any, bool]]) -> list[tuple[Any, Any, bool]]:
    return sorted(edges, key=lambda edge: edge[2])  # finished ways lie on top of those to come


def _line(start: int, end: int, done: bool) -> dict[str, Any]:
    """Right-angled way between the middles of two steps; a step spans two half rows of 10."""
    y1, y2 = 10 * start, 10 * end
    return {"d": f"M0 {y1}H20" if y1 == y2 else f"M0 {y1}H10V{y2}H20", "done": done}
