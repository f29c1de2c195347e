"""Accounts from the command line."""

from django.db import transaction

from weimin.cases.staffing import appoint
from weimin.kernel import clock
from weimin.kernel.errors import NotFound
from weimin.network import accounts
from weimin.network.actor import SYSTEM
from weimin.network.models import Account, Post


@transaction.atomic
def create(username: str, name: str, office: str, post: str, password: str) -> Account:
    """An account that holds a post from today on; whoever held it holds it no more.

    Raises NotFound for an unknown post, Invalid for a taken name or a weak password.
    """
    found = Post.objects.select_related("office").filter(office__code=office, key=post).first()
    if found is None or found.valid_to or found.office.valid_to:
        raise NotFound(f"没有岗位 {office} / {post}，或它已撤销", "单位编码见管理界面的“单位与岗位”")
    now = clock.now()
    account, _ = accounts.create(username=username, name=name, password=password,
                                 actor=SYSTEM, now=now)
    appoint(account_id=account.pk, post_id=found.pk, first=clock.today(), replace=True,
            actor=SYSTEM, now=now)
    return account
