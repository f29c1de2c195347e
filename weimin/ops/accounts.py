"""Accounts from the command line."""

from datetime import date

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from weimin.kernel.errors import Invalid, NotFound
from weimin.network.models import Account, Holding, Post


@transaction.atomic
def create(username: str, name: str, office: str, post: str, password: str) -> Account:
    """An account that holds a post from today on; whoever held it holds it no more.

    Raises NotFound for an unknown post, Invalid for a taken name or a weak password.
    """
    found = Post.objects.select_related("office").filter(office__code=office, key=post).first()
    if found is None or found.valid_to or found.office.valid_to:
        raise NotFound(f"没有岗位 {office} / {post}，或它已撤销", "单位编码见管理界面的“单位”")
    if Account.objects.filter(username=username).exists():
        raise Invalid(f"账号 {username} 已经有人用", "换一个账号名")
    try:
        validate_password(password)
    except ValidationError as error:
        raise Invalid("；".join(error.messages), "换一个密码") from None
    account = Account(username=username, name=name, is_staff_member=True)
    account.set_password(password)
    account.save()
    today = date.today()
    for holding in Holding.objects.filter(post=found, deputy=False, during__contains=today):
        if holding.during.lower == today:
            holding.delete()
        else:
            holding.during = DateRange(holding.during.lower, today)
            holding.save(update_fields=["during"])
    Holding.objects.create(post=found, account=account, during=DateRange(today, None))
    return account
