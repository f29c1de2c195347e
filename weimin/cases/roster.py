"""A list of staff from Excel: read, judged row by row, and the good rows carried out.

Safe to repeat: who is there already and in his post already is left alone.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q

from weimin.cases.staffing import LONGEST_DEPUTY, appoint
from weimin.kernel.clock import local
from weimin.kernel.errors import WeiminError
from weimin.kernel.sheet import Rows, day_of
from weimin.kernel.text import name_of, tidy
from weimin.network import accounts
from weimin.network.actor import Actor
from weimin.network.models import Account, Holding, Office, Post

# The columns, and the words by which people head them.
COLUMNS = {
    "name": ("姓名", "人员姓名"),
    "username": ("账号", "登录名", "用户名", "登录账号", "工号"),
    "office": ("单位编码", "单位", "单位名称", "所在单位"),
    "post": ("岗位", "岗位名称", "职务"),
    "first": ("起始日期", "任岗日期", "开始日期", "起"),
    "last": ("终止日期", "结束日期", "止"),
    "deputy": ("代理", "是否代理"),
    "replace": ("接替现任", "接替"),
}
NEEDED = ("name", "username", "office", "post")
_YES = ("是", "y", "yes", "1", "true", "√", "对")
_NO = ("", "否", "n", "no", "0", "false", "×", "不")
_HEAD_ROWS = 10  # a title and notes may stand above the heads


@dataclass(kw_only=True, slots=True)
class Entry:
    """One row: who is to be in which post, and what is wrong with it."""

    line: int
    name: str = ""
    username: str = ""
    office: str = ""
    post: str = ""
    first: str = ""
    last: str = ""
    deputy: str = ""
    replace: str = ""
    faults: list[str] = field(default_factory=list)
    account_id: int | None = None  # known already
    post_id: int | None = None
    post_title: str = ""
    there: bool = False  # known, and in that post already
    begins: date | None = None
    ends: date | None = None

    @property
    def is_deputy(self) -> bool:
        """Whether he is to stand in only."""
        return self.deputy.strip().lower() in _YES

    @property
    def replaces(self) -> bool:
        """Whether whoever holds the post shall leave it."""
        return self.replace.strip().lower() in _YES

    def said(self) -> list[str]:
        """What was written, to be carried through the preview."""
        return [str(self.line), *(getattr(self, key) for key in COLUMNS)]


def entries_of(rows: Rows) -> list[Entry]:
    """The rows under the heads. Raises ValueError, in words, when the heads are not found."""
    for number, row in enumerate(rows[:_HEAD_ROWS]):
        heads = [cell.replace(" ", "").replace("*", "").strip("（）()") for cell in row]
        at = {key: heads.index(word) for key, words in COLUMNS.items()
              for word in reversed(words) if word in heads}
        if not {"name", "username"} <= at.keys():
            continue
        if missing := [COLUMNS[key][0] for key in NEEDED if key not in at]:
            raise ValueError(f"缺少列：{'、'.join(missing)}")
        found = [
            _entry(line, {key: row[i] if i < len(row) else "" for key, i in at.items()})
            for line, row in enumerate(rows[number + 1 :], start=number + 2)
        ]
        return [each for each in found if each.name or each.username]
    raise ValueError("没有找到表头：第一行应有“姓名”“账号”“单位编码”“岗位”。可先下载模板")


def entries_back(said: object) -> list[Entry]:
    """The entries that a preview carried through. Raises ValueError for anything else."""
    found = []
    for values in said if isinstance(said, list) else [None]:
        if not isinstance(values, list) or len(values) != len(COLUMNS) + 1 or not all(
                isinstance(value, str) for value in values):
            raise ValueError("表格内容不完整，请重新上传")
        line, *cells = values
        found.append(_entry(int(line), dict(zip(COLUMNS, cells, strict=True))))
    return found


def _entry(line: int, cells: Mapping[str, str]) -> Entry:
    made = Entry(line=line)
    for key, cell in cells.items():
        setattr(made, key, cell)
    return made


def judge(entries: list[Entry], *, now: datetime) -> None:
    """Say of each entry what is wrong with it, in six queries for all of them."""
    today = local(now).date()
    for entry in entries:
        _judge_alone(entry, today)
    _find_accounts(entries)
    _find_posts(entries)
    _judge_holdings(entries)


def _judge_alone(entry: Entry, today: date) -> None:
    entry.name = tidy(entry.name)
    try:
        if not name_of(entry.name):
            entry.faults.append("没有姓名")
    except ValueError as error:
        entry.faults.append(str(error))
    if entry.username.endswith("?"):
        entry.faults.append("账号太长，被表格改成了小数：把该列设为文本后重填")
    else:
        try:
            entry.username = accounts.username_of(entry.username)
        except ValueError as error:
            entry.faults.append(str(error))
    for text, key, otherwise in ((entry.first, "begins", today), (entry.last, "ends", None)):
        try:
            setattr(entry, key, day_of(text) if text.strip() else otherwise)
        except ValueError as error:
            entry.faults.append(str(error))
    for text, key in ((entry.deputy, "deputy"), (entry.replace, "replace")):
        if text.strip().lower() not in (*_YES, *_NO):
            entry.faults.append(f"“{COLUMNS[key][0]}”写“是”或“否”，看不懂“{text}”")
    if entry.begins and entry.ends and entry.ends < entry.begins:
        entry.faults.append("终止日期早于起始日期")
    if entry.is_deputy and entry.ends is None and not entry.last.strip():
        entry.faults.append("代理要写明终止日期")
    if (entry.is_deputy and entry.begins and entry.ends
            and (entry.ends - entry.begins).days > LONGEST_DEPUTY):
        entry.faults.append("代理最长一年；更久请安排任岗")


def _find_accounts(entries: list[Entry]) -> None:
    known = {
        a.username.lower(): a for a in Account.objects.filter(
            username__in={e.username for e in entries} | {e.username.lower() for e in entries})
    }
    names: dict[str, str] = {}
    for entry in entries:
        key = entry.username.lower()
        account = known.get(key)
        if account is not None:
            entry.account_id = account.pk
            if not account.is_staff_member:
                entry.faults.append("这个账号不是工作人员的")
            elif account.name != entry.name:
                entry.faults.append(f"账号 {entry.username} 已属于{account.name}")
            elif not account.is_active:
                entry.faults.append("这个账号已停用，先启用")
        elif names.setdefault(key, entry.name) != entry.name:
            entry.faults.append(f"账号 {entry.username} 在表中写给了两个人")


def _find_posts(entries: list[Entry]) -> None:
    wanted = {tidy(e.office) for e in entries}
    offices: dict[str, list[Office]] = defaultdict(list)
    rows = Office.objects.filter(Q(code__in=wanted) | Q(name__in=wanted), valid_to=None)
    for office in rows.order_by("code"):
        offices[office.code].append(office)
        offices[office.name].append(office)
    posts: dict[int, list[Post]] = defaultdict(list)
    for post in Post.objects.filter(office__in=rows, valid_to=None).order_by("pk"):
        posts[post.office_id].append(post)
    for entry in entries:
        found = offices[tidy(entry.office)]
        if not found:
            entry.faults.append(f"没有单位“{entry.office}”" if entry.office else "没有单位")
        elif len(found) > 1:
            codes = "、".join(o.code for o in found[:3])
            entry.faults.append(f"有 {len(found)} 个单位叫这个名字，请改写编码，如 {codes}")
        else:
            _pick_post(entry, posts[found[0].pk])


def _pick_post(entry: Entry, posts: list[Post]) -> None:
    wanted = tidy(entry.post).replace(" ", "")
    found = next((p for p in posts if wanted in (p.title.replace(" ", ""), p.key)), None)
    if found is None:
        there = "、".join(p.title for p in posts) or "没有岗位"
        entry.faults.append(f"这个单位没有岗位“{entry.post}”，有：{there}")
        return
    entry.post_id, entry.post_title = found.pk, found.title


def _judge_holdings(entries: list[Entry]) -> None:
    held: dict[int, list[Holding]] = defaultdict(list)
    posts = {e.post_id for e in entries if e.post_id}
    for holding in Holding.objects.filter(post_id__in=posts).select_related("account"):
        held[holding.post_id].append(holding)
    taken: dict[tuple[int, bool], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.faults or entry.post_id is None or entry.begins is None:
            continue
        for holding in held[entry.post_id]:
            if not _overlap(holding.during, entry):
                continue
            if holding.account_id == entry.account_id and holding.deputy == entry.is_deputy:
                entry.there = True
            elif not (holding.deputy or entry.is_deputy or entry.replaces):
                entry.faults.append(f"这个岗位现由{holding.account.name}担任：接替请在“接替现任”列写“是”")
        if not entry.is_deputy:
            _one_seat(entry, taken[entry.post_id, False])


def _one_seat(entry: Entry, before: list[Entry]) -> None:
    for other in before:
        if (other.ends is None or entry.begins is None or entry.begins <= other.ends) and (
                entry.ends is None or other.begins is None or other.begins <= entry.ends):
            entry.faults.append(f"和第 {other.line} 行是同一个岗位")
            return
    before.append(entry)


def _overlap(during: DateRange, entry: Entry) -> bool:
    return (during.upper is None or entry.begins is None or entry.begins < during.upper) and (
        entry.ends is None or during.lower <= entry.ends)


@dataclass(kw_only=True, slots=True)
class Done:
    """What an import did."""

    made: list[tuple[str, str, str]] = field(default_factory=list)  # name, user name, password
    appointed: int = 0
    there: int = 0
    refused: list[tuple[Entry, str]] = field(default_factory=list)


def carry_out(entries: list[Entry], *, actor: Actor, now: datetime) -> Done:
    """Make the accounts and appointments of the rows without faults, each row by itself."""
    done = Done()
    new: dict[str, int] = {}  # accounts of this sheet
    for entry in entries:
        if entry.faults:
            done.refused.append((entry, "；".join(entry.faults)))
            continue
        if entry.there:
            done.there += 1
            continue
        key = entry.username.lower()
        try:
            with transaction.atomic():
                made = None
                account_id = entry.account_id or new.get(key)
                if account_id is None:
                    account, password = accounts.create(
                        username=entry.username, name=entry.name, actor=actor, now=now)
                    account_id, made = account.pk, (entry.name, account.username, password)
                appoint(account_id=account_id, post_id=entry.post_id or 0,
                        first=entry.begins or local(now).date(), last=entry.ends,
                        deputy=entry.is_deputy, replace=entry.replaces, actor=actor, now=now)
        except WeiminError as error:
            done.refused.append((entry, error.message))
            continue
        done.appointed += 1
        if made:
            new[key] = account_id
            done.made.append(made)
    return done
