"""Publishing: versions that never change, cases that keep theirs, a diff before."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from tests.cases.scenes import ROAD, application, item_of, town_building
from tests.cast import ALLOWANCE, VILLAGE, Cast, received
from tests.conftest import ROOT
from weimin.cases.models import Case
from weimin.cases.verbs import receive
from weimin.catalogue.models import Delegation, Item, ItemVersion
from weimin.catalogue.routes import routes_now
from weimin.kernel.errors import Invalid
from weimin.packs.diff import diff
from weimin.packs.publish import publish
from weimin.packs.read import read_pack

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The pack with a shorter promise for the allowance."""
    shutil.copytree(ROOT / "packs", tmp_path / "packs")
    path = tmp_path / "packs" / "hengyang" / "items" / "elderly-care.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("limit: {statutory: 30wd, promised: 15wd}",
                                 "limit: {statutory: 30wd, promised: 12wd}", 1), encoding="utf-8")
    return tmp_path / "packs" / "hengyang"


def test_the_diff_names_what_would_change_and_the_running_cases(
    cast: Cast, now: datetime, changed: Path
) -> None:
    received(cast, now)
    said = "\n".join(diff(read_pack(changed)))
    assert ALLOWANCE in said
    assert "15wd → 12wd" in said
    assert "1 件在办件仍按原版办理" in said


def test_the_diff_names_the_question_that_changed_and_not_the_whole_form(db: None, changed: Path) -> None:
    path = changed / "items" / "elderly-care.yaml"
    text = path.read_text(encoding="utf-8")
    line = "    - {key: low_income, label: 是否低收入家庭, type: bool, required: true}\n"
    assert line in text
    path.write_text(text.replace(line, line.replace("是否低收入家庭", "家里是不是低收入")
                                 + "    - {key: alone, label: 是否独居, type: bool, required: false}\n", 1),
                    encoding="utf-8")
    said = "\n".join(diff(read_pack(changed)))
    assert "form.low_income.label：是否低收入家庭 → 家里是不是低收入" in said
    assert "form.alone：（无） → 是否独居" in said and "{" not in said


def test_the_diff_says_what_differs_in_a_fee_and_in_a_long_text(db: None, changed: Path) -> None:
    path = changed / "items" / "building.yaml"
    text = path.read_text(encoding="utf-8")
    said = "因工程建设需要挖掘城市道路的"
    text = text.replace("由住建窗口核定", "由交通窗口核定", 1).replace("须经县级以上城市人民政府批准。", "须经市人民政府批准。", 1)
    assert said in text
    path.write_text(text, encoding="utf-8")
    lines = "\n".join(diff(read_pack(changed)))
    assert "fee.items.1.standard：按省级现行公布标准，由住建窗口核定 → 按省级现行公布标准，由交通窗口核定" in lines
    assert "basis.2.text：……" in lines and "须经县级以上城市人民政府批准。 → ……" in lines


def test_the_same_pack_changes_nothing(db: None) -> None:
    assert list(diff(read_pack(ROOT / "packs" / "hengyang"))) == ["没有变化"]


def test_publishing_makes_a_version_and_running_cases_keep_theirs(
    cast: Cast, now: datetime, changed: Path
) -> None:
    before = Case.objects.get(number=received(cast, now)).item_version
    result = publish(read_pack(changed), now=now)
    assert result.changed == [ALLOWANCE]
    item = Item.objects.get(code=ALLOWANCE)
    assert item.current is not None and item.current.number == before.number + 1
    assert Case.objects.get().item_version == before


def test_publishing_again_adds_nothing(db: None, now: datetime) -> None:
    count = (ItemVersion.objects.count(), Delegation.objects.count())
    assert publish(read_pack(ROOT / "packs" / "hengyang"), now=now).changed == []
    assert (ItemVersion.objects.count(), Delegation.objects.count()) == count


def test_a_faulty_pack_is_not_published(db: None, now: datetime, changed: Path) -> None:
    (changed / "flows.yaml").write_text("x: {steps: {}}", encoding="utf-8")
    with pytest.raises(Invalid, match=r"flows\.yaml"):
        publish(read_pack(changed), now=now)


def test_a_published_version_never_changes(db: None) -> None:
    for sql in ("UPDATE catalogue_item_version SET name = 'x'", "DELETE FROM catalogue_pack_version"):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_moving_a_decision_to_one_town_is_one_row(cast: Cast, now: datetime) -> None:
    """From its date on, in its town, and nowhere else; withdrawn it goes back to the county."""
    item = Item.objects.get(code=ALLOWANCE)
    row = Delegation.objects.create(item=item, power="decide", area_id="430421103", level="town",
                                    kind="devolved", during=DateRange(now.date(), None))
    path = ["4304", "430421", "430421103", "430421103200"]
    other = ["4304", "430421", "430421100", "430421100200"]
    routes = routes_now()
    assert routes.power(item_of(ALLOWANCE), "decide", path, now.date(), "county").level == "town"
    assert routes.power(item_of(ALLOWANCE), "decide", other, now.date(), "county").level == "county"
    row.delete()
    assert routes_now().power(item_of(ALLOWANCE), "decide", path, now.date(), "county").level == "county"


def test_a_village_that_was_given_a_permits_acceptance_only_receives_it(
    cast: Cast, now: datetime
) -> None:
    """A row from before it was a permit gives nothing; of other things the village accepts."""
    for code in (ROAD, ALLOWANCE):
        Delegation.objects.create(
            item=Item.objects.get(code=code), power="accept", area_id=VILLAGE, level="village",
            kind="entrusted", during=DateRange(now.date(), None))
    path = [VILLAGE[:4], VILLAGE[:6], VILLAGE[:9], VILLAGE]
    routes = routes_now()
    assert routes.power(item_of(ALLOWANCE), "accept", path, now.date(), "county").level == "village"
    assert routes.power(item_of(ROAD), "accept", path, now.date(), "county").level == "town"
    number = receive(application(cast.zhao, ROAD), actor=cast.info, now=now).number
    case = Case.objects.get(number=number)
    assert (case.receiver_id, case.office_id) == (cast.info.office_id, town_building().office_id)


def test_a_village_is_never_given_a_decision(db: None, now: datetime) -> None:
    with pytest.raises(IntegrityError, match="a_village_never_decides"), transaction.atomic():
        Delegation.objects.create(item=Item.objects.get(code=ALLOWANCE), power="decide",
                                  area_id="430421103200", level="village", kind="devolved",
                                  during=DateRange(now.date(), None))
