"""地方包: what was published, and publishing: check, look at what it changes, confirm."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from weimin.catalogue.models import Item, ItemVersion, PackArchive, PackVersion
from weimin.kernel import clock
from weimin.kernel.clock import say_moment
from weimin.kernel.errors import Invalid, NotFound
from weimin.packs import decided, shelf
from weimin.packs.diff import NOTHING
from weimin.trail.models import Event
from weimin.web.admin.common import admin_page, errors_of
from weimin.web.page import in_role, pages

_MOST_FAULTS = 200
_MOST_CHANGES = 500


@require_GET
def packs(request: HttpRequest) -> HttpResponse:
    """The versions that were published, and the packs that could be."""
    in_role(request, "sysadmin")
    return _list(request)


def _list(request: HttpRequest, errors: list[dict[str, str]] | None = None) -> HttpResponse:
    rows = PackVersion.objects.select_related("published_by").order_by("-id")
    at, pager = pages(request, rows.count(), 20)
    latest = rows.first()
    return admin_page(
        request, "packs.jinja", door="admin-packs", pager=pager, latest=latest,
        kept=bool(latest and PackArchive.objects.filter(pk=latest.pk).exists()),
        installed=shelf.installed(), errors=errors or [],
        items=Item.objects.filter(current__isnull=False).count(),
        rows=[{"id": v.pk, "href": reverse("admin-pack", args=[v.pk]), "pack": v.pack,
               "number": _("第 {} 版").format(v.number), "at": say_moment(v.published_at),
               "by": v.published_by.name if v.published_by else _("命令行"),
               "digest": v.digest[:12], "note": v.note} for v in rows[at]],
        status=422 if errors else 200,
    )


@require_GET
def version(request: HttpRequest, version: int) -> HttpResponse:
    """One publication: who, when, from what, and which items it changed in what."""
    in_role(request, "sysadmin")
    found = PackVersion.objects.select_related("published_by").filter(pk=version).first()
    if found is None:
        raise NotFound(_("没有这一版"))
    event = Event.objects.filter(subject_type="pack", subject_id=found.pk).first()
    said = json.loads(bytes(event.body)).get("d", {}) if event else {}
    made = list(ItemVersion.objects.filter(pack_version=found).select_related("item")
                .order_by("item__code"))
    before = {
        (v.item_id, v.number): v.data for v in ItemVersion.objects.filter(
            item__in=[m.item_id for m in made]) if v.pack_version_id != found.pk
    }
    return admin_page(
        request, "pack.jinja", door="admin-packs", version=found, at=say_moment(found.published_at),
        by=found.published_by.name if found.published_by else _("命令行"),
        rows=[{"code": m.item.code, "name": m.name, "number": m.number,
               "what": _what_changed(before.get((m.item_id, m.number - 1)), m.data)}
              for m in made],
        kept=PackArchive.objects.filter(pk=found.pk).exists(),
        withdrawn=said.get("withdrawn", []), said=request.GET.get("said"),
    )


_FIELDS = {
    "name": "名称", "flow": "流程", "materials": "材料", "limit": "期限", "condition": "条件",
    "form": "表单", "fee": "收费", "phone": "电话", "words": "叫法", "faq": "常见问题",
    "scenarios": "情形", "channels": "渠道", "visits": "到场", "result": "结果", "basis": "依据",
    "provenance": "来源", "level": "层级", "line": "条线", "handling": "办件类型",
}


def _what_changed(before: dict[str, Any] | None, after: dict[str, Any]) -> str:
    if before is None:
        return _("新事项")
    keys = [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]
    return "、".join(_(_FIELDS.get(key, key)) for key in keys)


@require_GET
def download(request: HttpRequest, version: int) -> HttpResponse:
    """The files of a version, as they were published."""
    in_role(request, "sysadmin")
    return _zip(*decided.published(version))


@require_GET
def current(request: HttpRequest) -> HttpResponse:
    """The pack of the place as it is: the last version, with what was decided on the screens."""
    in_role(request, "sysadmin")
    return _zip(*decided.current(clock.today()))


def _zip(name: str, content: bytes) -> HttpResponse:
    return HttpResponse(content, content_type="application/zip", headers={
        "Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"})


@require_http_methods(["GET", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Judge a pack: its faults, or else what publishing it would change."""
    in_role(request, "sysadmin")
    if request.method == "POST":
        sent = request.FILES.get("zip")
        try:
            if sent is None:
                raise Invalid(fields={"zip": _("请选择一个 .zip 文件")})
            source = shelf.bring(sent.read())
        except Invalid as error:
            return _list(request, [{**e, "href": "#zip"} for e in errors_of(error)])
        return redirect(f"{reverse('admin-pack-check')}?source={source}")
    return _checked(request, request.GET.get("source", ""))


def _checked(
    request: HttpRequest, source: str, errors: list[dict[str, str]] | None = None
) -> HttpResponse:
    found = shelf.check(source)
    latest = PackVersion.objects.order_by("-id").first()
    name = found.pack.name if found.pack else ""
    same = found.changes[:1] == [NOTHING]  # what follows then says where the screens have decided
    return admin_page(
        request, "pack_check.jinja", door="admin-packs", source=source, found=found, name=name,
        title=str(found.pack.head.get("title", name)) if found.pack else _("看不懂的包"),
        errors=errors or [], latest=latest,
        other=bool(latest and found.pack and latest.pack != name),
        published=bool(latest and found.pack and latest.pack == name and same
                       and latest.digest == found.pack.digest),
        same=same,
        faults=[{"at": f"{f.file}:{f.line}", "what": f.what, "remedy": f.remedy}
                for f in found.faults[:_MOST_FAULTS]],
        changes=[line for line in found.changes if line != NOTHING][:_MOST_CHANGES],
        more=max(0, len(found.changes) - _MOST_CHANGES),
        typed=request.POST.dict(), status=422 if errors else 200,
    )


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Publish a pack as it was checked, with a note and a tick that says it was meant."""
    actor = in_role(request, "sysadmin")
    source = request.POST.get("source", "")
    wrong = {}
    if not request.POST.get("note", "").strip():
        wrong["note"] = _("写一句为什么发布，以后查得到")
    if request.POST.get("sure") != "1":
        wrong["sure"] = _("请确认看过上面的改动")
    try:
        if wrong:
            raise Invalid(fields=wrong)
        done = shelf.publish_from(source, digest=request.POST.get("digest", ""),
                                  note=request.POST["note"], actor=actor, now=clock.now())
    except Invalid as error:
        return _checked(request, source, errors_of(error))
    made = PackVersion.objects.filter(number=done.version).order_by("-id").first()
    assert made is not None
    return redirect(reverse("admin-pack", args=[made.pk]) + "?said=published")
