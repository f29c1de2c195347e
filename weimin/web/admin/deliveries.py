"""通知: what was to leave and did not, with a button."""

from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from weimin.cases.models import Case
from weimin.kernel import clock
from weimin.kernel.clock import say_moment
from weimin.kernel.codes import group_case_number
from weimin.kernel.errors import NotFound
from weimin.network.actor import Actor
from weimin.outbox import delivery
from weimin.outbox.models import Message
from weimin.trail import chain
from weimin.web.admin.common import admin_page
from weimin.web.page import in_role, pages

chain.register(send_again="再次发送", give_up_sending="不再发送")

STATES = {"failed": ("失败", "soon", "circle-alert"), "waiting": ("等待", "go", "clock"),
          "sent": ("已发", "calm", "check"), "dropped": ("不再发送", "line", "circle-slash")}
PORTS = {"sms": "短信", "resident": "告知居民", "courier": "快递", "mail": "邮件", "webhook": "接口"}


@require_GET
def deliveries(request: HttpRequest) -> HttpResponse:
    """Messages by state, failed ones first."""
    in_role(request, "sysadmin")
    counts = dict(Message.objects.values_list("status").annotate(Count("pk")).order_by())
    wanted = request.GET.get("s", "failed" if counts.get("failed") else "sent")
    wanted = wanted if wanted in STATES else "failed"
    at, pager = pages(request, counts.get(wanted, 0))
    messages = list(Message.objects.filter(status=wanted).order_by("-id")[at])
    numbers = dict(Case.objects.filter(
        pk__in=[m.subject_id for m in messages if m.subject_type == "case"]).values_list("pk", "number"))
    rows = [
        {"id": m.pk,
         "about": group_case_number(numbers[m.subject_id])
         if m.subject_type == "case" and m.subject_id in numbers else m.key, "port": _(PORTS.get(m.port, m.port)), "to": delivery.addressee(m.payload),
         "at": say_moment(m.created_at), "tried": say_moment(m.tried_at) if m.tried_at else "",
         "tries": m.tries, "error": m.error}
        for m in messages
    ]
    chips = [{"text": _(title), "href": f"?s={key}", "current": key == wanted,
              "count": counts.get(key, 0), "tone": "late" if key == "failed" else None}
             for key, (title, _tone, _icon) in STATES.items()]
    return admin_page(request, "deliveries.jinja", door="admin-deliveries", rows=rows, pager=pager,
                      chips=chips, wanted=wanted, failed=counts.get("failed", 0),
                      said=request.GET.get("said"), count=request.GET.get("count"))


@require_POST
def again(request: HttpRequest, message: int) -> HttpResponse:
    """Put one message back in line."""
    actor = in_role(request, "sysadmin")
    with transaction.atomic():
        if not delivery.send_again(message):
            raise NotFound(_("没有这条失败的通知"), _("可能已经再次发送，请刷新"))
        _tell(message, "send_again", actor)
    return _back("again")


@require_POST
def give_up(request: HttpRequest, message: int) -> HttpResponse:
    """Leave one message unsent."""
    actor = in_role(request, "sysadmin")
    with transaction.atomic():
        if not delivery.give_up(message):
            raise NotFound(_("没有这条失败的通知"), _("可能已经再次发送，请刷新"))
        _tell(message, "give_up_sending", actor)
    return _back("given-up")


@require_POST
def all_again(request: HttpRequest) -> HttpResponse:
    """Put every failed message back in line."""
    actor = in_role(request, "sysadmin")
    with transaction.atomic():
        ids = delivery.send_all_again()
        for id_ in ids:
            _tell(id_, "send_again", actor)
    return _back("all", len(ids))


def _tell(message: int, verb: str, actor: Actor) -> None:
    chain.note(chain.Subject("message", message), verb, by=actor, now=clock.now())


def _back(said: str, count: int = 1) -> HttpResponse:
    return redirect(f"{reverse('admin-deliveries')}?said={said}&count={count}")
