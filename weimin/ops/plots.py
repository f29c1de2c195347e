"""The plots of the demo: which cases are told, and what happens in each."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

TOWN = "430421103"  # 杉桥镇: the cast's own town
VILLAGES = tuple(f"{TOWN}{n}" for n in ("200", "001", "002", "204"))


@dataclass(frozen=True, kw_only=True)
class Plot:
    """One case: what is asked, for whom, when, and what goes differently from the plain way."""

    name: str  # also the idempotency key
    item: str
    village: str = VILLAGES[0]
    ago: int = 20  # working days before now on which it is received
    receiver: str = ""  # an office; the village's own station if empty
    channel: str = "village"
    who: str = ""  # a resident who comes back with another matter
    twists: frozenset[str] = frozenset()
    stop: str = ""  # received noticed accepted half decided, or the key of an open step
    pace: tuple[int, int] = (0, 2)  # working days between one event and the next
    pause: str = "expert_review"
    answers: Mapping[str, Any] = field(default_factory=dict)

_LEADS_TO: Mapping[str, Mapping[str, Any]] = {  # answers that lead past a condition
    "county": {"area_mu": 62}, "poverty": {"subsidy": "both"},
    "SUB-02": {"licensed": False, "subsidy_amount": 2000},
}


def _plot(name: str, item: str, twists: str = "", **more: Any) -> Plot:
    return Plot(name=name, item=f"HY-{item}", twists=frozenset(twists.split()), **more)


def told() -> Iterator[Plot]:
    """The plots that show one thing each: every state, every verb."""
    yield from _waiting()
    yield from _running()
    yield from _ended()
    yield from _elsewhere()


def _waiting() -> Iterator[Plot]:
    for n, (item, ago) in enumerate((("ELD-02", 1), ("AID-01", 2), ("MED-04", 1), ("AID-05", 3),
                                     ("EMP-02", 4), ("ELD-03", 2), ("SUB-02", 1))):
        yield _plot(f"received-{n}", item, ago=ago, stop="received", village=VILLAGES[n % 4])
    yield _plot("received-late", "ELD-05", "nudge", ago=8, stop="received")
    yield _plot("received-web", "ELD-02", ago=1, stop="received", channel="web")
    for n, item in enumerate(("ELD-02", "AID-04", "BLD-01", "MED-03")):
        yield _plot(f"noticed-{n}", item, "notice", ago=5, stop="noticed", pace=(1, 1))
    for n, item in enumerate(("ELD-02", "AID-05")):
        yield _plot(f"supplemented-{n}", item, "notice", ago=4, stop="supplemented", pace=(1, 1))


def _running() -> Iterator[Plot]:
    fast = (0, 1)
    for n, (item, ago, stop) in enumerate((
        ("ELD-02", 3, "check"), ("ELD-02", 8, "decide"), ("ELD-02", 20, "decide"),
        ("AID-04", 2, "visit"), ("AID-01", 5, "home"), ("AID-01", 9, "opinion"),
        ("ELD-04", 3, "village"), ("ELD-04", 6, "check"), ("AID-05", 4, "disability"),
        ("AID-05", 5, "poverty"), ("MED-06", 4, "decide"), ("SUB-01", 5, "plot"),
        ("SUB-01", 24, "county"), ("BLD-02", 4, "survey"), ("LND-01", 11, "land"),
        ("AID-07", 5, "home"), ("ELD-05", 16, "check"),
    )):
        yield _plot(f"open-{n}", item, ago=ago, stop=stop, pace=fast, village=VILLAGES[n % 4],
                    answers=_LEADS_TO.get(stop, {}))
    for n, (item, ago) in enumerate((("BLD-01", 5), ("LND-01", 12), ("ELD-03", 4), ("LND-03", 3),
                                     ("MED-03", 5))):
        yield _plot(f"half-{n}", item, ago=ago, stop="half", pace=fast)
    for n, (item, ago) in enumerate((("BLD-01", 6), ("AID-01", 8), ("ELD-04", 5), ("EMP-02", 4),
                                     ("SUB-02", 5))):
        yield _plot(f"notice-{n}", item, ago=ago, stop="notice", pace=fast,
                    answers=_LEADS_TO.get(item, {}))
    yield _plot("suspended", "BLD-03", "suspend", ago=9, pause="testing", receiver="430421.service",
                channel="window", pace=fast)
    yield _plot("suspended-waits", "AID-01", "suspend", ago=9, pause="supplement", pace=fast)
    yield _plot("suspended-then-on", "LND-05", "suspend resume", ago=22, pause="expert_review",
                receiver="430421.service", channel="window")
    yield _plot("extended", "BLD-04", "extend", ago=13, stop="decide", channel="window",
                receiver="430421.service", pace=(1, 2))
    yield _plot("extended-homestead", "LND-01", "extend", ago=22, stop="decide")
    yield _plot("returned", "ELD-02", "return", ago=10, pace=fast)
    yield _plot("straight-back", "AID-05", "straight-back", ago=12, pace=fast)
    yield _plot("objection", "EMP-02", "repeat", ago=16, stop="notice", pace=fast)
    yield _plot("hand-over", "AID-01", "hand-over", ago=4, stop="start", pace=fast)
    yield _plot("hand-over-taken", "AID-05", "hand-over take-over", ago=6, stop="disability", pace=fast)
    yield _plot("hand-over-county", "MED-04", "hand-over", ago=5, stop="check", pace=fast)
    yield _plot("held-by-colleague", "ELD-02", "reassign", ago=4, stop="check", pace=fast)
    yield _plot("nudged-by-resident", "ELD-02", "nudge", ago=13, stop="decide", pace=fast)
    yield _plot("nudged-by-supervisor", "AID-05", "supervise", ago=19, stop="check")
    yield _plot("transferred", "AID-04", "transfer", ago=3, stop="received")


def _ended() -> Iterator[Plot]:
    for n, item in enumerate(("ELD-02", "MED-06", "AID-05", "ELD-01")):
        yield _plot(f"decided-{n}", item, ago=18 if n < 3 else 2, stop="deliver")
    yield _plot("denied", "ELD-02", "deny", ago=24)
    yield _plot("denied-aid", "AID-01", "deny", ago=42, pace=(0, 1))
    yield _plot("denied-waits", "MED-04", "deny", ago=14, stop="deliver")
    yield _plot("refused", "ELD-05", "refuse", ago=11)
    yield _plot("refused-waits", "AID-04", "refuse", ago=5, stop="deliver")
    yield _plot("withdrawn", "AID-04", "withdraw", ago=9)
    yield _plot("withdrawn-early", "EMP-02", "withdraw-early", ago=7)
    yield _plot("ended", "AID-03", "end", ago=21)
    yield _plot("revoked", "ELD-01", "revoke", ago=14, pace=(0, 0))
    yield _plot("restricted", "ELD-02", "restrict", ago=32, pace=(0, 1))
    yield _plot("reopened", "ELD-02", "reopen", ago=30, pace=(0, 1))
    yield _plot("late", "ELD-02", "late", ago=38)
    yield _plot("call-notice", "ELD-02", "notice no-phone", ago=4, stop="noticed", pace=(1, 1))
    yield _plot("call-result", "MED-06", "land-line", ago=14, stop="deliver", pace=(0, 1))
    yield _plot("call-denied", "ELD-02", "deny no-phone", ago=16, stop="deliver", pace=(0, 1))
    yield _plot("late-medical", "MED-04", "late", ago=40)
    yield _plot("late-open", "AID-05", ago=30, stop="decide")
    yield _plot("outside", "ELD-02", "outside", ago=22)
    yield _plot("corrected", "MED-06", "correct", ago=15)
    yield _plot("gap", "SUB-02", "gap", ago=12, stop="fill", pace=(0, 1),
                answers={"licensed": False, "subsidy_amount": 2400})
    yield _plot("gap-death", "SOC-05", "gap", ago=24)
    yield _plot("gap-vaccine", "SUB-03", "gap", ago=8, pace=(0, 1))
    yield _plot("commit", "EMP-03", "commit", ago=10)
    yield _plot("commit-income", "AID-02", "commit", ago=16)
    yield _plot("agent", "ELD-01", "agent", ago=6)
    yield _plot("agent-disabled", "AID-06", "agent", ago=20, answers={"home_assessment": True})
    yield _plot("guardian", "AID-07", "guardian", ago=28)
    yield _plot("card-first", "ELD-01", ago=33, who="贺大爷", pace=(0, 0))
    yield _plot("card-then-bus", "ELD-06", "held", ago=26, who="贺大爷")
    yield _plot("jobless-first", "EMP-01", ago=37, who="唐嫂子", pace=(0, 0))
    yield _plot("jobless-then-hard", "EMP-02", "held", ago=33, who="唐嫂子", pace=(0, 1))
    yield _plot("hard-then-subsidy", "EMP-03", "held", ago=8, who="唐嫂子")
    yield _plot("shop-first", "EMP-05", ago=30, who="蒋老板", pace=(0, 0),
                receiver="430421.service", channel="window")
    yield _plot("shop-then-food", "EMP-06", "held", ago=25, who="蒋老板", channel="window",
                receiver="430421.service")
    yield _plot("company", "BLD-03", "organisation", ago=18, channel="window",
                receiver="430421.service")


def _elsewhere() -> Iterator[Plot]:
    """Received in one place on behalf of another."""
    for n, item in enumerate(("ELD-02", "AID-05", "MED-06", "ELD-01")):
        yield _plot(f"from-afar-{n}", item, ago=3 + 6 * n, receiver="430422103.service",
                    channel="window", stop="" if n else "received")
    for n, item in enumerate(("ELD-02", "MED-06", "AID-01")):
        yield _plot(f"for-afar-{n}", item, ago=4 + 5 * n, receiver=f"{TOWN}.service",
                    channel="window", village="430422103246")


_MIX = ("ELD-02 " * 6 + "ELD-01 " * 5 + "AID-05 " * 3 + "AID-04 " * 3 + "MED-01 " * 4
        + "MED-02 " * 3 + "MED-04 " * 4 + "MED-06 " * 3 + "SOC-01 " * 3 + "SOC-03 " * 3
        + "SOC-04 " * 5 + "EMP-01 " * 3 + "EMP-05 " * 2 + "SUB-01 " * 4 + "SUB-02 " * 2
        + "MED-03 MED-05 MED-05 ELD-04 ELD-06 EMP-02 EMP-04 SUB-04 LND-01 LND-02 LND-03 "
        "BLD-01 BLD-02 AID-01 AID-01 AID-03 AID-06 SOC-02 SOC-05 ELD-03 ELD-05").split()


def ordinary(count: int, towns: Mapping[str, tuple[str, ...]]) -> Iterator[Plot]:
    """Cases as they come in on any day; most in the cast's town."""
    rng = random.Random(430421)
    others = [town for town in towns if town != TOWN]
    for n in range(count):
        town = TOWN if rng.random() < 0.65 else rng.choice(others)
        village = rng.choice(towns[town])
        channel = rng.choices(("village", "window", "web"), (55, 30, 15))[0]
        twists = [word for word, share in
                  (("notice", 0.15), ("deny", 0.06), ("late", 0.06), ("nudge", 0.03))
                  if rng.random() < share]
        yield _plot(
            f"day-{n}", rng.choice(_MIX), " ".join(twists), village=village,
            ago=int(rng.triangular(1, 45, 6)), channel=channel,
            receiver=f"{town}.service" if channel == "window" else "",
        )
