"""单位与岗位: who is where; name, phone and address are edited here."""

from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from weimin.cases.models import Case, Step
from weimin.catalogue.delegate import KINDS
from weimin.catalogue.models import POWER_TITLES, Delegation
from weimin.catalogue.routes import routes_now
from weimin.kernel import clock
from weimin.kernel.clock import say_date
from weimin.kernel.errors import Invalid, NotFound
from weimin.kernel.text import initials, pinyin_key
from weimin.network import offices as domain
from weimin.network.models import LEVEL_TITLES, Area, Holding, Office, OfficeLine, Post
from weimin.web.admin.common import admin_page, errors_of, span_of
from weimin.web.page import in_role, pages

READERS = ("sysadmin", "secadmin")


def ids_like(text: str) -> list[int]:
    """Offices whose name holds these words, or whose pinyin or initials begin with them somewhere."""
    names, plain = routes_now().office_names, text.lower().replace(" ", "")
    if not plain.isascii():
        return [id_ for id_, name in names.items() if text in name]
    return [id_ for id_, name in names.items()
            if plain in initials(name) or plain in pinyin_key(name).replace(" ", "")]


def found(text: str) -> QuerySet[Office]:
    """Offices by name, pinyin, initials, or the beginning of the code."""
    rows = Office.objects.all()
    if not text:
        return rows
    if text[0].isdigit():
        return rows.filter(code__startswith=text)
    return rows.filter(pk__in=ids_like(text))


@require_GET
def offices(request: HttpRequest) -> HttpResponse:
    """Offices by area, or by what was asked for."""
    actor = in_role(request, *READERS)
    text, state = request.GET.get("q", "").strip(), request.GET.get("s", "")
    today = clock.today()
    area = Area.objects.filter(code=request.GET.get("area", "")).first()
    if area is None and not text and not state:
        area = Area.objects.filter(parent=None).order_by("code").first()
    vacant = Post.objects.filter(office=OuterRef("pk"), valid_to=None).exclude(
        Exists(Holding.objects.filter(post=OuterRef("pk"), deputy=False, during__contains=today)))
    rows = found(text)
    rows = rows.filter(valid_to__lte=today) if state == "ended" else rows.exclude(
        valid_to__lte=today) if state != "all" else rows
    if state == "vacant":
        rows = rows.filter(Exists(vacant))
    elif state == "phone":
        rows = rows.filter(phone="")
    if area is not None:
        rows = rows.filter(area__path__startswith=area.path) if text or state else rows.filter(area=area)
    at, pager = pages(request, rows.count())
    here = list(
        rows.select_related("area").prefetch_related(_at_work(today), _posts(today)).order_by("code")[at])
    running = _running([o.pk for o in here])
    keep = f"&area={area.code}" if area and (text or state) else ""
    return admin_page(
        request, "offices.jinja", door="admin-offices", text=text, state=state, area=area,
        may_make=area is not None and area.valid_to is None and actor.has("sysadmin"),
        trail=_trail(area), children=_children(area), pager=pager,
        chips=[{"text": title, "href": f"?s={key}{keep}" if key else "?", "current": state == key}
               for key, title in (("", _("按地方")), ("vacant", _("有空缺岗位")),
                                  ("phone", _("缺电话")), ("ended", _("已撤销")))],
        rows=[_row(office, running) for office in here],
    )


def _at_work(today: Any) -> "Prefetch[Any]":
    return Prefetch("officeline_set", OfficeLine.objects.filter(during__contains=today)
                    .select_related("line").order_by("line__order"), to_attr="now")


def _posts(today: Any) -> "Prefetch[Any]":
    now = Holding.objects.filter(during__contains=today).select_related("account").order_by("deputy")
    return Prefetch("posts", Post.objects.order_by("pk").prefetch_related(
        Prefetch("holdings", now, to_attr="now")))


def _row(office: Office, running: dict[int, int]) -> dict[str, Any]:
    posts = [p for p in office.posts.all() if p.valid_to is None]
    empty = [p for p in posts if not any(not h.deputy for h in p.now)]  # type: ignore[attr-defined]
    return {
        "id": office.pk, "href": reverse("admin-office", args=[office.pk]), "name": office.name,
        "area": office.area.full_name,
        "lines": "、".join(row.line.name for row in office.now),  # type: ignore[attr-defined]
        "posts": _("{} 个").format(len(posts)) + (_("，空 {}").format(len(empty)) if empty else ""),
        "running": running.get(office.pk, 0), "phone": office.phone,
    }


def _running(ids: list[int]) -> dict[int, int]:
    rows = Case.objects.filter(office_id__in=ids).exclude(state="closed")
    return dict(rows.values_list("office_id").annotate(Count("pk")).order_by())


def _trail(area: Area | None) -> list[tuple[str, str]]:
    """The areas above and the area itself, for going up again."""
    if area is None:
        return []
    names = dict(Area.objects.filter(code__in=area.ancestors).values_list("code", "name"))
    return [(code, names[code]) for code in area.ancestors if code in names]


def _children(area: Area | None) -> list[Area]:
    return list(area.children.filter(valid_to=None).order_by("sort_key")) if area else []


@require_http_methods(["GET", "POST"])
def office(request: HttpRequest, office: int) -> HttpResponse:
    """One office: what it is, who is there, what runs there, which powers were moved to or from it."""
    actor = in_role(request, *(READERS if request.method == "GET" else ("sysadmin",)))
    row = (Office.objects.select_related("area", "successor")
           .prefetch_related("lines", "windows", _posts(clock.today())).filter(pk=office).first())
    if row is None:
        raise NotFound(_("没有这个单位"))
    errors: list[dict[str, str]] = []
    typed = {"name": row.name, "phone": row.phone, "address": row.address,
             "windows": str(len(row.windows.all()))}
    if request.method == "POST":
        typed = request.POST.dict()
        try:
            domain.edit(office, name=typed.get("name"), phone=typed.get("phone", ""),
                        address=typed.get("address", ""), windows=typed.get("windows"),
                        actor=actor, now=clock.now())
            return redirect(reverse("admin-office", args=[office]) + "?said=saved")
        except Invalid as error:
            errors = errors_of(error)
    return admin_page(
        request, "office.jinja", door="admin-offices", office=row, errors=errors, typed=typed,
        wrong={each["href"].removeprefix("#"): each["text"] for each in errors},
        may_edit=actor.has("sysadmin") and not _over(row), over=_over(row),
        restores=row.valid_to is not None and not _over(row) and (
            not row.pack or "valid_to" in row.kept),
        moved=request.GET.get("moved", ""), may_appoint=actor.has("secadmin"),
        trail=_trail(row.area), lines=_lines(row),
        level=_(LEVEL_TITLES[row.level]), said=request.GET.get("said"),
        since=say_date(row.valid_from), ended=say_date(row.valid_to) if row.valid_to else "",
        running=_running([row.pk]).get(row.pk, 0),
        steps=Step.objects.filter(office=row, state="open").count(),
        posts=[_post(post) for post in row.posts.all() if post.valid_to is None],
        closed=[post for post in row.posts.all() if post.valid_to is not None],
        windows=sorted(row.windows.all(), key=lambda w: (len(w.number), w.number)),
        before=list(Office.objects.filter(successor=row).values_list("name", flat=True)),
        delegations=_delegations(row), status=422 if errors else 200,
    )


def _over(office: Office) -> bool:
    return office.valid_to is not None and office.valid_to <= clock.today()


def _lines(office: Office) -> str:
    """What it works for now, and what it will or will no more."""
    today, said = clock.today(), []
    rows = OfficeLine.objects.filter(office=office).select_related("line").order_by("line__order", "pk")
    for row in rows:
        if row.during.lower > today:
            said.append(_("{}（{} 起）").format(row.line.name, say_date(row.during.lower)))
        elif row.during.upper is None:
            said.append(row.line.name)
        elif row.during.upper > today and row.during.upper != office.valid_to:
            said.append(_("{}（到 {} 前）").format(row.line.name, say_date(row.during.upper)))
        elif row.during.upper > today or row.during.upper == office.valid_to:
            said.append(row.line.name)
    return "、".join(said)


def _post(post: Post) -> dict[str, Any]:
    now: list[Holding] = post.now  # type: ignore[attr-defined]
    return {
        "post": post,
        "holders": [{"account": h.account, "span": span_of(h.during)} for h in now if not h.deputy],
        "deputies": [{"account": h.account, "span": span_of(h.during)} for h in now if h.deputy],
    }


def _delegations(office: Office) -> list[dict[str, Any]]:
    """Powers over items of its lines: moved to its level here, or away from its level below it."""
    lines = {line.key for line in office.lines.all()}
    rows = Delegation.objects.filter(
        Q(area__in=office.area.ancestors) | Q(area__path__startswith=office.area.path),
        Q(during__upper_inf=True) | Q(during__endswith__gt=clock.today()),
        item__current__data__line__in=sorted(lines),
    ).order_by("-id")
    found = []
    for item, own, area, place, power, level, kind, during in rows.values_list(
        "item__current__name", "item__current__data__level", "area_id", "area__full_name", "power",
        "level", "kind", "during",
    ):
        to_it = level == office.level and area in office.area.ancestors
        if to_it or (own == office.level and level != office.level):
            found.append({"item": item, "power": _(POWER_TITLES[power]),
                          "way": _("交给本单位") if to_it else _("由本单位交出"),
                          "level": _(LEVEL_TITLES[level]), "area": place,
                          "kind": _(KINDS[kind]), "span": span_of(during)})
    return found
