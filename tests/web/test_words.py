"""Yesterday's words find an item and never stand on today's screens."""

import pytest
from django.test import Client

from tests.conftest import ROOT
from weimin.catalogue.finding import find
from weimin.packs.read import read_pack

YESTERDAY = [word["say"] for word in read_pack(ROOT / "packs" / "hengyang").words if word.get("old")]


@pytest.mark.parametrize(("said", "meant"), [
    ("老人证", "老年人优待证办理"), ("老年证", "老年人优待证办理"), ("lnryd", "老年人优待证办理"),
    ("特门", "门诊慢特病病种待遇认定"), ("开铺子", "个体工商户设立登记"),
    ("农合", "城乡居民基本医疗保险参保登记"), ("生育证", "生育登记"), ("低保", "最低生活保障审核确认"),
])
def test_an_item_is_found_by_the_words_a_resident_uses(db: None, said: str, meant: str) -> None:
    assert find(said)[0].item.name == meant


@pytest.mark.parametrize("address", ["/", "/?all=1", "/?q=农合", "/?q=生育证", "/items/HY-MED-01", "/items/HY-MED-05"])
def test_no_screen_shows_a_word_of_yesterday(db: None, address: str) -> None:
    page = Client().get(address).content.decode()
    asked = address.partition("q=")[2]
    shown = page.replace(f'value="{asked}"', "") if asked else page
    assert [word for word in YESTERDAY if word in shown] == []
