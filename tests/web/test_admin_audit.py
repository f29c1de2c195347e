"""审计: the auditor reads what the other two administrators did, and changes nothing."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.cases.test_erase import ORDER
from tests.cast import ALLOWANCE, CITY, DAY, TOWN, Cast, accepted, holder
from tests.web.doors import logged_in
from weimin.cases import staffing
from weimin.cases.verbs import erase, restrict, withdraw
from weimin.catalogue.delegate import delegate
from weimin.catalogue.delegate import withdraw as withdraw_power
from weimin.catalogue.models import Item
from weimin.kernel import clock
from weimin.kernel.codes import group_case_number
from weimin.network import accounts, offices
from weimin.network.models import Account, Holding, Office
from weimin.trail.models import Event, Reveal


@pytest.fixture
def auditor(cast: Cast) -> Client:
    """审计管理员 at the screen."""
    return logged_in(holder(f"{CITY}.admin", "auditor"))


@pytest.fixture
def newcomer(cast: Cast) -> Account:
    """小吴, whom 安全管理员 has just let deputise for 窗口小李."""
    officer, now = holder(f"{CITY}.admin", "secadmin"), clock.now()
    made, _password = accounts.create(username="xiaowu", name="小吴", actor=officer, now=now)
    Holding.objects.filter(account=made).delete()
    staffing.appoint(account_id=made.pk, post_id=cast.clerk.post_id or 0, first=now.date(),
                     last=now.date(), deputy=True, actor=officer, now=now)
    return made


def test_what_was_done_to_an_account_is_read_in_words(
    auditor: Client, cast: Cast, newcomer: Account
) -> None:
    page = auditor.get("/admin/audit").content.decode()
    for words in ("代理岗位", "新建账号", "账号 小吴", f"{cast.clerk.office_name} · 综合窗口"):
        assert words in page, words


def test_records_are_found_by_who_and_when(
    auditor: Client, newcomer: Account, now: datetime
) -> None:
    officer = holder(f"{CITY}.admin", "secadmin").name
    today = str(clock.today())
    assert "新建账号" in auditor.get("/admin/audit", {"q": officer, "first": today}).content.decode()
    for other in ({"q": "没有这个人"}, {"last": str(DAY)}, {"s": "login"}):
        assert "新建账号" not in auditor.get("/admin/audit", other).content.decode()
    assert auditor.get("/admin/audit", {"first": "昨天"}).status_code == 422


def test_who_restricted_and_erased_what_is_read_and_nothing_of_it(
    auditor: Client, cast: Cast, now: datetime
) -> None:
    number = accepted(cast, now)
    withdraw(number, actor=cast.resident, now=now)
    restrict(number, actor=cast.supervisor, now=now, basis="consent", reason="本人撤回同意")
    erase(number, actor=cast.supervisor, now=now, **ORDER)
    page = auditor.get("/admin/audit?s=content").content.decode()
    for words in ("限制处理个人信息", "依法删除个人信息", f"办件 {group_case_number(number)}", "第四十七条第二款", "本人撤回同意",
                  ORDER["exempt"], cast.supervisor.name):
        assert words in page, words
    assert "赵大爷" not in page


def test_who_looked_at_a_number_stands_there_with_the_purpose(auditor: Client, cast: Cast) -> None:
    Reveal.objects.create(account_id=cast.clerk.account_id, post_id=cast.clerk.post_id,
                          subject_type="case", subject_id=1, what="身份证号", purpose="电话核实")
    page = auditor.get("/admin/audit?s=reveals").content.decode()
    assert "电话核实" in page and cast.clerk.name in page


def test_what_became_of_a_power_and_an_office_is_told_in_words(
    auditor: Client, cast: Cast, now: datetime
) -> None:
    office = Office.objects.get(code=f"{TOWN}.social")
    offices.edit(office.pk, name="杉桥镇民生办公室", phone="", address="", actor=cast.clerk, now=now)
    item = Item.objects.get(code=ALLOWANCE)
    row = delegate(item_id=item.pk, power="decide", area=TOWN, level="town", kind="devolved",
                   first=now.date() + timedelta(days=9), document="", actor=cast.clerk, now=now)
    withdraw_power(row.pk, actor=cast.clerk, now=now)  # it had not begun, and is gone
    page = auditor.get("/admin/audit").content.decode()
    assert "名称：杉桥镇社会事务办公室 → 杉桥镇民生办公室" in page
    assert page.count(f"{ALLOWANCE}，决定，衡阳县杉桥镇，由乡镇（街道）行使") == 2


def test_the_list_takes_the_same_queries_however_long(
    auditor: Client, newcomer: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert Event.objects.exclude(subject_type="case").exists()
    with django_assert_num_queries(5):
        auditor.get("/admin/audit")
