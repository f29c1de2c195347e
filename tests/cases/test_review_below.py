"""行政许可法 art. 43: a lower organ reviews a permit within twenty working days of its own."""

from datetime import datetime

import pytest

from tests.cases.scenes import ROAD, item_of, publish_variant, under_way
from tests.cast import Cast
from weimin.cases.models import Step
from weimin.kernel.clock import local

pytestmark = pytest.mark.usefixtures("db")


def test_the_lower_organ_has_its_own_twenty_days_from_acceptance(
    cast: Cast, now: datetime
) -> None:
    steps = {k: dict(v) for k, v in item_of(ROAD).data["flow"]["steps"].items()}
    steps["check"] = {"kind": "review", "who": "item@town", "title": "乡镇初审"}
    publish_variant(ROAD, flow={"name": "from below", "steps": steps})
    number = under_way(cast, now, ROAD)
    due = Step.objects.get(case__number=number, key="check").due_at
    # Accepted on Wednesday 10 June; Friday 19 June is 端午: the twentieth day is Thursday 9 July,
    # while the promise of twelve days would end on Monday 29 June.
    assert due is not None and str(local(due).date()) == "2026-07-09"
