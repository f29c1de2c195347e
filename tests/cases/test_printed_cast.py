"""Whoever tries the demo has the printed accounts and no others: they are enough."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.cases.scenes import HOUSING, application, case_of, item_of, someone_of, story
from tests.cases.test_flows import said
from tests.cast import HANDED, Cast, look, signed
from weimin.cases.models import Step
from weimin.cases.verbs import accept, close, complete, extend, receive
from weimin.kernel.errors import NotFound
from weimin.network.actor import Actor
from weimin.network.models import Account
from weimin.network.staff import acting
from weimin.ops.cast import CAST
from weimin.ops.demo import seat_cast

ROOT = Path(__file__).parents[2]
HOMESTEAD, ALLOWANCE_OF_NEED = "HY-LND-01", "HY-AID-01"  # 宅基地, 低保


@pytest.fixture
def printed(cast: Cast, now: datetime, db: None) -> dict[str, Actor]:
    """The accounts that `make demo` prints, each in its post."""
    seat_cast("!")
    ids = dict(Account.objects.values_list("username", "pk"))
    return {member.username: acting(ids[member.username], on=now.date()) for member in CAST}


def offered(number: str, printed: dict[str, Actor], now: datetime) -> Iterator[tuple[str, str, int | None]]:
    """What the server offers to whom of them: username, verb, step."""
    for username, actor in printed.items():
        try:
            file = look(number, actor, now)
        except NotFound:
            continue
        for action in file.actions():
            yield username, action.verb, action.step.id if action.step else None


def whom(number: str, printed: dict[str, Actor], now: datetime, verb: str, step: int | None = None) -> Actor:
    """The last of them to whom it is offered: a head rather than whoever works for him."""
    found = [u for u, v, s in offered(number, printed, now) if (v, s) == (verb, step)]
    assert found, f"nobody who is printed may {verb} {step}"
    return printed[found[-1]]


@pytest.mark.parametrize(("item", "beside"), [
    (HOUSING, {"income", "property", "business"}), (HOMESTEAD, {"agri", "land", "build"}),
])
def test_they_take_a_case_with_three_parallel_reviews_from_receiving_to_its_end(
    item: str, beside: set[str], printed: dict[str, Actor], cast: Cast, now: datetime
) -> None:
    plain = {"beside_road": False, "land": "built"} if item == HOMESTEAD else {}
    number = receive(application(cast.zhao, item, **plain),
                     actor=printed["li"], now=now).number
    accept(number, actor=whom(number, printed, now, "accept"), now=now)
    together: set[str] = set()
    while steps := list(Step.objects.filter(case__number=number, state="open").order_by("id")):
        together |= {step.key for step in steps} if beside <= {step.key for step in steps} else set()
        step, now = steps[0], now + timedelta(minutes=5)
        kind = item_of(item).flow.steps[step.key].kind
        if kind == "public-notice":
            now = step.due_at - timedelta(hours=1)
        who = whom(number, printed, now, "complete", step.pk)
        answers = signed(HANDED, who, now) if step.key == "deliver" else said(kind, "approve", step, now)
        complete(number, actor=who, now=now, step=step.pk, outcome="approve", answers=answers)
    close(number, actor=whom(number, printed, now, "close"), now=now)
    assert together >= beside and (case_of(number).state, case_of(number).outcome) == ("closed", "granted")
    assert story(number)[0] == "receive" and story(number)[-1] == "close"


@pytest.mark.parametrize(("item", "head"), [
    (ALLOWANCE_OF_NEED, "tang"),  # a power that the county gave to this town
    (HOMESTEAD, "qin"), ("HY-BLD-03", "fu"),
])
def test_a_head_of_an_office_is_offered_to_extend_what_is_nearly_due(
    item: str, head: str, printed: dict[str, Actor], cast: Cast, now: datetime
) -> None:
    number = receive(application(cast.zhao, item), actor=printed["li"], now=now).number
    accept(number, actor=someone_of(case_of(number).office_id), now=now)
    near = case_of(number).due_at - timedelta(days=1)
    assert {u for u, verb, _ in offered(number, printed, near) if verb == "extend"} == {head}
    extend(number, actor=printed[head], now=near, term="5wd", reason="需要补充核查")
    assert "extend" not in {verb for _, verb, _ in offered(number, printed, near)}


def test_the_readme_names_every_account_in_both_languages() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        text = (ROOT / name).read_text()
        assert [m.username for m in CAST if f"`{m.username}`" not in text] == [], name
    chinese = (ROOT / "README.zh-CN.md").read_text()
    assert [m.name for m in CAST if m.role not in chinese and m.name not in chinese
            and "管理员" not in m.name] == []
