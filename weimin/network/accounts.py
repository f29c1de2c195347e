"""Accounts of the staff: made, switched off and on, given a new password. Each leaves an event.

A password that somebody else chose is good for one log-in (``Account.must_change``).
"""

import re
import secrets
import unicodedata
from datetime import datetime

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.password_validation import (
    MinimumLengthValidator,
    UserAttributeSimilarityValidator,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.db import transaction

from weimin.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from weimin.kernel.text import name_of
from weimin.network.actor import Actor
from weimin.network.models import Account
from weimin.trail import chain

chain.register(create_account="新建账号", reset_password="重设密码", change_password="修改密码",
               switch_account="启用或停用账号", unlock_account="解除登录锁定")

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without what looks like something else
_USERNAME = re.compile(r"[\w.@-]{2,40}")
# Twelve random letters are 59 bits: nobody guesses them, so the slow hash that protects what
# people choose is not needed, and a list of five hundred accounts takes seconds, not minutes.
# Django hashes again with the full count at the first log-in.
_ITERATIONS = 10_000


def initial_password() -> str:
    """A password that can be read out and typed once: ``k7mp-q3xt-9wnd``."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


def username_of(text: str) -> str:
    """An account's name as it was meant: half width, without spaces. Raises ValueError in words."""
    name = unicodedata.normalize("NFKC", text).replace(" ", "").strip()
    if not _USERNAME.fullmatch(name) or name.startswith("resident-"):
        raise ValueError("账号用2到40个字母、数字或汉字，可含 . - _ @")
    return name


def create(
    *, username: str, name: str, actor: Actor, now: datetime, password: str | None = None,
    program: bool = False,
) -> tuple[Account, str]:
    """A new account without a post, and its password; without one given it must be changed.

    A program has none: it comes with a token.

    Raises Invalid for a bad or taken name, an empty person's name, or a weak password.
    """
    wrong: dict[str, str] = {}
    try:
        username = username_of(username)
    except ValueError as error:
        wrong["username"] = str(error)
    try:
        name = name_of(name)
        if not name:
            raise ValueError("请填写姓名")
    except ValueError as error:
        wrong["name"] = str(error)
    if "username" not in wrong and Account.objects.filter(username__iexact=username).exists():
        wrong["username"] = f"账号 {username} 已经有人用，换一个"
    if wrong:
        raise Invalid(fields=wrong)
    account = Account(username=username, name=name, is_staff_member=True, is_program=program)
    if program:
        account.set_unusable_password()
    with transaction.atomic():
        said = "" if program else _give(account, password)
        account.save()
        chain.note(chain.Subject("account", account.pk), "create_account", by=actor, now=now,
                   username=username)
    return account, said


def _give(account: Account, password: str | None) -> str:
    """Set that password, or a first one; what it is."""
    if password is not None:
        check_password(password, account)
        account.set_password(password)
        return password
    made = initial_password()
    hasher = PBKDF2PasswordHasher()
    account.password = hasher.encode(made, hasher.salt(), iterations=_ITERATIONS)
    account.must_change = True
    return made


class LongEnough(MinimumLengthValidator):
    """Django's own, whose words its Chinese catalogue does not have."""

    def get_error_message(self) -> str:
        """What is said of a password that is too short."""
        return f"密码太短了，至少要{self.min_length}位"


class LikeNobody(UserAttributeSimilarityValidator):
    """Django's own, which names the column in English."""

    def get_error_message(self) -> str:
        """What is said of a password that is the account's name over again."""
        return "密码和账号或姓名太像了"


def check_password(password: str, account: Account) -> None:
    """Raises Invalid, in words, for a password that is too easy."""
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise Invalid("；".join(error.messages), "换一个密码") from None


def staff_account(account_id: int, *, lock: bool = False) -> Account:
    """A member of staff. Raises NotFound for anybody else."""
    rows = Account.objects.select_for_update() if lock else Account.objects.all()
    found = rows.filter(pk=account_id, is_staff_member=True).first()
    if found is None:
        raise NotFound("没有这个账号")
    return found


def not_oneself(account: Account, actor: Actor) -> None:
    """Nobody grants himself anything. Raises NotAllowed for the actor's own account."""
    if account.pk == actor.account_id:
        raise NotAllowed("不能变动自己的账号和岗位", "请另一位安全管理员办理")


@transaction.atomic
def reset_password(account_id: int, *, actor: Actor, now: datetime) -> str:
    """A first password again; the old one is gone. Whoever is logged in must be thrown out too."""
    account = staff_account(account_id, lock=True)
    not_oneself(account, actor)
    if account.is_program:
        raise WrongState("这是程序的账号，没有密码", "给它发一个令牌")
    made = _give(account, None)
    account.save(update_fields=["password", "must_change"])
    chain.note(chain.Subject("account", account.pk), "reset_password", by=actor, now=now)
    return made


@transaction.atomic
def change_password(account_id: int, password: str, *, now: datetime) -> Account:
    """A password of one's own. Raises Invalid for the one that was, or one too easy."""
    account = staff_account(account_id, lock=True)
    if account.check_password(password):
        raise Invalid("新密码和原来的一样", "换一个密码")
    check_password(password, account)
    account.set_password(password)
    account.must_change = False
    account.save(update_fields=["password", "must_change"])
    chain.note(chain.Subject("account", account.pk), "change_password",
               by=Actor(account_id=account.pk), now=now)
    return account


@transaction.atomic
def note_unlock(account_id: int, *, actor: Actor, now: datetime) -> None:
    """Say that a lock-out after failed log-ins was lifted; the lock itself is the screens'."""
    account = staff_account(account_id)
    not_oneself(account, actor)
    chain.note(chain.Subject("account", account.pk), "unlock_account", by=actor, now=now)
