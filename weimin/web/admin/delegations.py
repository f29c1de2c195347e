"""赋权: powers moved to another level, one row each; withdrawing leaves running cases alone."""

from datetime import date

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from weimin.catalogue import delegate
from weimin.catalogue.models import POWER_TITLES, Delegation, Item
from weimin.kernel import clock
from weimin.kernel.errors import Invalid
from weimin.kernel.text import initials, pinyin_key, whole_number
from weimin.network.models import LEVEL_TITLES, Area
from weimin.web.admin.common import admin_page, date_in, errors_of, span_of
from weimin.web.page import in_role, pages

_MOST_AREAS = 20


@require_http_methods(["GET", "POST"])
def delegations(request: HttpRequest) -> HttpResponse:
    """The rows in force, and a form for another one."""
    actor = in_role(request, "sysadmin")
    typed = request.POST.dict() or {"area": request.GET.get("area", "")}
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            delegate.delegate(
                item_id=whole_number(typed.get("item", "")),
                power=typed.get("power", ""), area=typed.get("area", ""),
                level=typed.get("level", ""), kind=typed.get("kind", ""),
                first=_first(typed), document=typed.get("document", ""), actor=actor,
                now=clock.now(),
            )
            return redirect(reverse("admin-delegations") + "?said=given")
        except Invalid as error:
            errors = errors_of(error)
    return _draw(request, typed, errors)


def _first(typed: dict[str, str]) -> date | None:
    try:
        return date_in(typed, "from")
    except Invalid:
        return None


def _draw(
    request: HttpRequest, typed: dict[str, str], errors: list[dict[str, str]]
) -> HttpResponse:
    text, today = request.GET.get("q", "").strip(), clock.today()
    past = request.GET.get("s") == "past"
    rows = Delegation.objects.select_related("item__current", "area").order_by("-id")
    rows = rows.filter(
        Q(during__endswith__lte=today) if past else
        Q(during__upper_inf=True) | Q(during__endswith__gt=today))
    if text:
        rows = rows.filter(Q(item__current__name__contains=text) | Q(item__code__iexact=text)
                           | Q(area__full_name__contains=text) | Q(document__contains=text))
    at, pager = pages(request, rows.count())
    return admin_page(
        request, "delegations.jinja", door="admin-delegations", pager=pager, text=text, past=past,
        errors=errors, typed=typed, said=request.GET.get("said"), row=request.GET.get("row"),
        chips=[{"text": _("有效"), "href": "?", "current": not past},
               {"text": _("已结束"), "href": "?s=past", "current": past}],
        rows=[{"id": d.pk, "item": d.item.current.name if d.item.current else d.item.code,
               "power": _(POWER_TITLES[d.power]), "area": d.area.full_name,
               "level": _(LEVEL_TITLES[d.level]), "kind": _(delegate.KINDS[d.kind]),
               "span": span_of(d.during), "doc": d.document,
               "undo": d.during.upper == today, "open": d.during.upper is None}
              for d in rows[at]],
        items=list(Item.objects.filter(current__isnull=False).order_by("current__name")
                   .values_list("pk", "current__name")),
        powers=list(POWER_TITLES.items()), levels=list(LEVEL_TITLES.items()),
        kinds=list(delegate.KINDS.items()), areas=_areas(request, typed),
        asked=request.GET.get("place", "").strip(), status=422 if errors else 200,
    )


def _areas(request: HttpRequest, typed: dict[str, str]) -> list[tuple[str, str]]:
    """Places to choose from: found by name, pinyin or code, or the one that was chosen."""
    asked = request.GET.get("place", "").strip()
    if not asked:
        return list(Area.objects.filter(code=typed.get("area", "")).values_list("code", "full_name"))
    rows = Area.objects.filter(valid_to=None).order_by("code").values_list("code", "full_name")
    if asked.isascii() and not asked.isdigit():  # by pinyin or its first letters
        plain = asked.lower().replace(" ", "")
        return [(code, name) for code, name in rows if plain in initials(name)
                or plain in pinyin_key(name).replace(" ", "")][:_MOST_AREAS]
    return list(rows.filter(Q(full_name__contains=asked) | Q(code=asked))[:_MOST_AREAS])


@require_POST
def withdraw(request: HttpRequest, row: int) -> HttpResponse:
    """Take a power back from today on; until midnight that can be undone."""
    actor = in_role(request, "sysadmin")
    if request.POST.get("undo"):
        delegate.restore(row, actor=actor, now=clock.now())
        return redirect(reverse("admin-delegations") + "?said=restored")
    stays = delegate.withdraw(row, actor=actor, now=clock.now())
    return redirect(f"{reverse('admin-delegations')}?said={'withdrawn' if stays else 'gone'}&row={row}")
