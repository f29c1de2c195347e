"""Invented people for the demo and the tests: valid check digits, impossible divisions."""

import random
from datetime import date

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from weimin.kernel.codes import with_identity_check
from weimin.kernel.text import tidy
from weimin.network.models import Account, Holding, Post
from weimin.registry.models import Person

_FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀英霞平刚桂兰玉梅凤春建国志文华红兵海波林峰鑫雪琴云飞𠮷㛃"
_NOWHERE = "990000"  # a division that does not exist


def name_of(rng: random.Random) -> str:
    """A name nobody in particular has."""
    return rng.choice(_FAMILY) + "".join(rng.choices(_GIVEN, k=rng.choice((1, 2, 2))))


def identity_of(rng: random.Random, born: date) -> str:
    """An identity number with a valid check digit in a division that does not exist."""
    return with_identity_check(f"{_NOWHERE}{born:%Y%m%d}{rng.randrange(1000):03d}")


def person_of(
    rng: random.Random, *, name: str = "", born: date | None = None, phone: str = "",
    household: str | None = None,
) -> Person:
    """An invented person, saved."""
    born = born or date(rng.randrange(1935, 2005), rng.randrange(1, 13), rng.randrange(1, 28))
    person = Person(
        name=tidy(name or name_of(rng)), birth=born, household_id=household,
        residence_id=household, sex=rng.choice("男女"), ethnic="汉族",
    )
    person.set_identity(identity_of(rng, born))
    person.set_phone(phone or f"190{rng.randrange(10**8):08d}")
    person.save()
    return person


@transaction.atomic
def fill_posts(rng: random.Random, *, since: date) -> int:
    """Give every post without a holder an invented one who can't log in; how many were given."""
    vacant = list(Post.objects.exclude(holdings__deputy=False).filter(
        valid_to=None, office__valid_to=None).order_by("id"))
    unusable = make_password(None)
    accounts = Account.objects.bulk_create(
        Account(username=f"post-{post.pk}", name=name_of(rng), is_staff_member=True,
                password=unusable)
        for post in vacant
    )
    Holding.objects.bulk_create(
        Holding(post=post, account=account, during=DateRange(since, None))
        for post, account in zip(vacant, accounts, strict=True)
    )
    return len(vacant)


def give_post(username: str, name: str, post: Post, hashed: str, *, since: date) -> Account:
    """Put a named member of the cast into a post, in the place of whoever held it.

    The password comes hashed: a cast that shares one is hashed once.
    """
    account, _ = Account.objects.get_or_create(
        username=username,
        defaults={"name": name, "is_staff_member": True, "password": hashed},
    )
    if not account.holdings.filter(post=post).exists():
        Holding.objects.filter(post=post, deputy=False).delete()
        Holding.objects.create(post=post, account=account, during=DateRange(since, None))
    return account
