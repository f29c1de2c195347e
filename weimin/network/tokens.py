"""令牌: how a program proves which account it is, in one post, until a day (ADR 24).

A token is a random secret that is shown once; what is kept is its SHA-256. It is of a program's
account, which has no password, and acts in one post that the account holds: who leaves the post,
or is switched off, has a token that opens nothing.
"""

import secrets
from datetime import date, datetime, time, timedelta
from hashlib import sha256

from django.db import connection, transaction

from weimin.kernel.clock import SHANGHAI, local
from weimin.kernel.errors import Invalid, NotFound, WrongState
from weimin.kernel.text import tidy
from weimin.network.accounts import not_oneself, staff_account
from weimin.network.actor import Actor
from weimin.network.models import Token
from weimin.network.staff import acting_sql, actor_of, posts_of
from weimin.trail import chain

chain.register(make_token="发放令牌", end_token="作废令牌")

LONGEST = 366  # days: a secret that nobody changes is one that everybody knows
_PREFIX = "weimin_"  # so that whoever finds one in a file knows what it is
_SEEN = timedelta(minutes=5)  # how exactly its last use is known: not a write with every request

# The token's own row, then the actor: its account in its post, today.
_OF_TOKEN = f"""
SELECT t.id, t.used_at, x.* FROM network_token t
  LEFT JOIN LATERAL ({acting_sql(account="t.account_id", post="t.post_id", day="%(day)s::date")}) x ON TRUE
 WHERE t.mark = %(mark)s AND t.ends_at > %(now)s
"""


@transaction.atomic
def make(
    *, account_id: int, post_id: int, name: str, last: date, actor: Actor, now: datetime
) -> tuple[Token, str]:
    """A token that is good until the end of ``last``, and the secret, which nobody is shown again.

    Raises Invalid with the field that is wrong, WrongState for the account of a person.
    """
    account = staff_account(account_id, lock=True)
    not_oneself(account, actor)
    if not account.is_program:
        raise WrongState("这是人的账号，用密码登录", "给程序另建一个账号")
    today, wrong = local(now).date(), {}
    name = tidy(name)
    if not 0 < len(name) <= 100:
        wrong["token-name"] = "请写明用在哪里，100字以内"
    if not today <= last <= today + timedelta(days=LONGEST):
        wrong["token-last"] = "最后一天在今天以后的一年以内"
    if not any(post.id == post_id for post in posts_of(account_id, on=today)):
        wrong["token-post"] = "请选它现在的一个岗位"
    if wrong:
        raise Invalid(fields=wrong)
    secret = _PREFIX + secrets.token_urlsafe(32)
    made = Token.objects.create(
        account=account, post_id=post_id, name=name, mark=_mark(secret), made_at=now,
        ends_at=datetime.combine(last + timedelta(days=1), time(), SHANGHAI),
    )
    chain.note(chain.Subject("account", account.pk), "make_token", by=actor, now=now,
               name=name, last=str(last))
    return made, secret


@transaction.atomic
def end(token_id: int, *, account_id: int, actor: Actor, now: datetime) -> None:
    """It opens nothing from now on. Raises NotFound for one that is over or another account's."""
    account = staff_account(account_id, lock=True)
    not_oneself(account, actor)
    found = Token.objects.filter(pk=token_id, account=account, ends_at__gt=now).first()
    if found is None:
        raise NotFound("没有这个令牌，或者已经作废")
    found.ends_at = now
    found.save(update_fields=["ends_at"])
    chain.note(chain.Subject("account", account.pk), "end_token", by=actor, now=now, name=found.name)


def acting_with(secret: str, *, now: datetime) -> Actor | None:
    """Whom that secret lets act; None for one that never was, is over, or whose post is gone."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_TOKEN, {"mark": _mark(secret), "now": now, "day": local(now).date()})
        row = cursor.fetchone()
    if row is None or row[2] is None:
        return None
    token, used_at, *acting = row
    if used_at is None or used_at < now - _SEEN:
        Token.objects.filter(pk=token).update(used_at=now)
    return actor_of(acting)


def _mark(secret: str) -> bytes:
    """Its 256 random bits can't be guessed, so no slow hash is needed."""
    return sha256(secret.encode()).digest()
