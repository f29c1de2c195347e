"""Write the tables of docs/verbs.md and docs/limits.md from the code: ``python tools/tables.py``.

The tables stand between ``<!-- table: name -->`` and ``<!-- end -->``; all else is written by
hand. With ``--check`` nothing is written and a table that is out of date is an error.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from weimin.flow.actions import OUTCOME_TITLES, RELATION_TITLES, RULES, STATE_TITLES
from weimin.flow.profiles import PAUSE_TITLES, PROFILES, LegalProfile
from weimin.flow.terms import Term

DOCS = Path(__file__).resolve().parent.parent / "docs"
_TABLE = re.compile(r"(<!-- table: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_PAUSED = {"either": "", "only": "only while paused", "never": "not while paused"}
_APPROVERS = {"office_head": "head of the office that decides", "government_head": "head of government"}


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *(list(row) for row in rows)]
    return "".join("| " + " | ".join(cell or "—" for cell in line) + " |\n" for line in lines)


def actions() -> str:
    """Every line of the table of actions."""
    return table(
        ("verb", "button", "states", "who", "condition"),
        (
            (
                f"`{rule.verb}`", rule.title + (" (per step)" if rule.on_step else ""),
                ", ".join(state for state in STATE_TITLES if state in rule.states),
                ", ".join(each for each in RELATION_TITLES if each in rule.who),
                "; ".join(filter(None, (rule.condition, _PAUSED[rule.while_paused]))),
            )
            for rule in RULES
        ),
    )


def states() -> str:
    """The states of a case."""
    return table(("state", "on the screen"), ((f"`{k}`", v) for k, v in STATE_TITLES.items()))


def outcomes() -> str:
    """How a case may have ended."""
    return table(("outcome", "on the screen"), ((f"`{k}`", v) for k, v in OUTCOME_TITLES.items()))


def _term(term: Term | None) -> str:
    return f"{term}" if term else "none"


def _longer(profile: LegalProfile) -> str:
    if profile.extension is None:
        return "none"
    return f"{profile.extension}, {_APPROVERS[profile.extension_by]}"


def profiles() -> str:
    """The legal profiles."""
    return table(
        ("`type`", "name", "notice", "silence accepts", "supplement accepts", "decision", "extension", "joint handling",
         "delivery", "source"),
        (
            (
                f"`{p.key}`", p.title, _term(p.notice), "yes" if p.silence_accepts else "no",
                _term(p.supplement_accepts),
                _term(p.decision), _longer(p),
                f"{p.joint_decision} + {p.joint_extension}, {_APPROVERS[p.joint_extension_by]}"
                if p.joint_decision else "—",
                _term(p.delivery), p.source,
            )
            for p in PROFILES.values()
        ),
    )


def pauses() -> str:
    """Which reasons stop the clock of which profile."""
    stops = {
        reason: [key for key, profile in PROFILES.items() if reason in profile.uncounted]
        for reason in PAUSE_TITLES
    }
    return table(
        ("reason", "name", "days do not count for"),
        ((f"`{r}`", PAUSE_TITLES[r], ", ".join(f"`{k}`" for k in keys)) for r, keys in stops.items()),
    )


TABLES = {each.__name__: each for each in (actions, states, outcomes, profiles, pauses)}


def main(check: bool) -> int:
    """Fill in every table; how many were out of date."""
    changed = 0
    for path in (DOCS / "verbs.md", DOCS / "limits.md"):
        before = path.read_text(encoding="utf-8")
        after = _TABLE.sub(lambda m: m[1] + TABLES[m[2]]() + m[3], before)
        if after == before:
            continue
        changed += 1
        print(f"{path.name}: {'out of date' if check else 'written'}")
        if not check:
            path.write_text(after, encoding="utf-8")
    return changed


if __name__ == "__main__":
    wrong = main("--check" in sys.argv)
    sys.exit(1 if wrong and "--check" in sys.argv else 0)
