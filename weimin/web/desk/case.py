"""The case page, and doing what it offers."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from weimin.cases import materials, reading
from weimin.cases.circumstances import doers
from weimin.cases.clocks import CLOCK_TITLES
from weimin.cases.facts import shown, unanswered
from weimin.cases.file import CaseFile
from weimin.cases.on_the_spot import on_the_spot
from weimin.cases.verb import VERBS
from weimin.cases.written import ERASED
from weimin.catalogue.routes import area_name
from weimin.catalogue.spec import Field
from weimin.flow.profiles import PAUSE_TITLES
from weimin.kernel import clock, vault
from weimin.kernel.clock import local, say_date
from weimin.kernel.errors import NotFound, WeiminError
from weimin.kernel.text import whole_number
from weimin.network.actor import Actor
from weimin.registry.models import Person
from weimin.trail.models import Reveal
from weimin.web import asking
from weimin.web.desk import delivery, trail
from weimin.web.desk.forms import Form, card_words, forms_of, role_of
from weimin.web.desk.params import params_of
from weimin.web.desk.sentence import headline
from weimin.web.jinja import url
from weimin.web.page import landing, page, part_of, staff
from weimin.web.papers import earlier, printable
from weimin.web.printed import made_by
from weimin.web.steps_graph import layout
from weimin.web.uploads import scans_of
from weimin.web.words import light_of, state_of


@require_GET
def case(request: HttpRequest, number: str) -> HttpResponse:
    """One case: a sentence, the steps, the trail, and what I may do next."""
    actor, now = staff(request), clock.now()
    file = CaseFile.load(number, actor=actor, now=now, lock=False, sealed=True)
    return _show(request, file, done=request.GET.get("done"))


@require_POST
def act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Do what a dialog asked for; a refusal comes back to the same page with what was typed."""
    actor, now = staff(request), clock.now()
    do: Any = on_the_spot if verb == "on_the_spot" else VERBS.get(verb)
    if do is None or verb == "receive":
        raise NotFound(_("没有这个操作"))
    try:
        do(
            number, actor=actor, now=now, key=request.POST.get("key", ""),
            expect=_expected(request), **_params(request, actor, number, verb),
        )
    except WeiminError as error:
        if error.status == 404:
            raise
        file = CaseFile.load(number, actor=actor, now=now, lock=False, sealed=True)
        return _show(request, file, error=error, verb=verb, status=error.status)
    back = safe_from(request.POST.get("from", ""))
    if back == reverse("calls") and verb == "call":
        return redirect(f"{back}?done={number}")
    came = f"&from={quote(back, safe='')}" if back else ""
    return redirect(f"{reverse('case', args=[number])}?done={verb}{came}")


def _params(request: HttpRequest, actor: Actor, number: str, verb: str) -> dict[str, Any]:
    params = params_of(verb, request.POST)
    if verb == "supplement":
        file = CaseFile.load(number, actor=actor, now=clock.now(), lock=False)
        facts = asking.answers_in(request.POST, file.item.form)
        params["have"] |= scans_of(request, actor)
        params |= {"facts": facts} if facts else {}
    if "answer-way" in request.POST:
        handed = delivery.answers_of(request, actor)
        params["handed" if verb == "on_the_spot" else "answers"] = handed
    return params


def _expected(request: HttpRequest) -> int | None:
    return whole_number(request.POST.get("expect", ""))


def _show(
    request: HttpRequest, file: CaseFile, *, done: str | None = None,
    error: WeiminError | None = None, verb: str = "", status: int = 200,
) -> HttpResponse:
    """The whole page, or only the case for the desk that stands beside its list."""
    template = "desk/_case.jinja" if part_of(request) == "case" else "desk/case.jinja"
    return page(request, template, status=status,
                **context_of(request, file, done=done, error=error, verb=verb))


def context_of(
    request: HttpRequest, file: CaseFile, *, done: str | None = None,
    error: WeiminError | None = None, verb: str = "",
) -> dict[str, Any]:
    """What the case's template draws."""
    whole = _shown_of(file)
    people = whole.parties
    applicant = next((p for p in people if p.role == "applicant"), None)
    colour, word = light_of(file.due_at and local(file.due_at), file.warn_on, file.now)
    forms, refused = forms_of(file, people), None
    if error is not None:
        failed = _failed(forms, request.POST, verb)
        if failed is not None:
            failed.come_back(request.POST, error)
        else:
            refused = _refused(request.POST, error)
    if file.due_at and any(step.state == "open" for step in file.steps):
        word = _("全件{}").format(word)
    events = [trail.event_of(h, file.item) for h in whole.happenings]
    papers = _papers(file, whole.happenings)
    parties = [person_of(p) for p in people]
    return {
        "file": file, "forms": forms, "color": colour, "word": word,
        "headline": headline(file, applicant.name if applicant else _anonymous(file)),
        "primary": next((f for f in forms if f.action.primary), None),
        "state": state_of(file.state, file.outcome, bool(file.open_pause)),
        "graph": graph_of(file, whole.answering.holders), "lead": _lead(file, whole.answering.lead),
        "offered": " ".join(whole.answering.offered or ()),
        "held": _held(file, whole.answering.holders),
        "events": events, "opinions": trail.opinions(file, whole.happenings),
        "materials": _materials(file, whole.materials), "people": parties,
        "facts": facts_of(file, parties), "clocks": _clocks(file),
        "competent": file.routes.office_names.get(file.office_id, ""),
        "receiver": file.routes.office_names.get(file.receiver_id, ""),
        "erased": file.applicant == ERASED, "restricted": file.restricted, "pause": _pause(file),
        "returned": trail.returned(file, whole.happenings),
        "nudged": trail.nudged(whole.happenings) if file.state != "closed" else "",
        "cards": [card_words(file, card) for card in file.cards],
        "key": uuid.uuid4().hex, "refused": refused, "back": back_of(request),
        "done": trail.done(done, events, papers, whole.happenings) if done else None,
        "papers": papers, "deliveries": delivery.shown(file), "ask": asking,
        "scans": any(f.files for f in forms),
        "signs": any(x.get("kind") == "signature" for f in forms for x in f.fields),
    }


def _failed(forms: list[Form], post: QueryDict, verb: str) -> Form | None:
    """The dialog whose answers were refused, if it is still offered."""
    return next((f for f in forms if f.action.verb == verb and (
        f.action.step is None or post.get("step") == str(f.action.step.id))), None)


_WORDS = ("reason", "note", "opinion", "words", "said", "why", "answer-opinion", "answer-reason",
          "answer-found", "answer-objection")


def _refused(post: QueryDict, error: WeiminError) -> dict[str, str]:
    """Why it was not done, where what was asked is not offered any more; what was written is kept."""
    # The page that says so is drawn anew: nobody has to load it again.
    stale = error.status == 409 and error.remedy.startswith("请刷新")
    return {"message": error.message, "remedy": _("下面已经是最新情况。") if stale else error.remedy,
            "written": "；".join(words for name in _WORDS if (words := str(post.get(name, "")).strip()))}


_BACK = {"/today": "返回今日", "/desk/cards": "返回红黄牌", "/desk/search": "返回查找",
         "/desk/calls": "返回电话单"}


def safe_from(text: str) -> str:
    """Where somebody came from, if that is a list of ours; nothing that leads elsewhere."""
    path = text.split("?")[0]
    ours = path in ("/desk", *_BACK) or path.startswith("/today/")
    return text if ours and not set(text) & set("\\\r\n") else ""


def back_of(request: HttpRequest) -> dict[str, str]:
    """Back to the list somebody came from, or to where his day starts."""
    given = safe_from(request.GET.get("from", "") or request.POST.get("from", ""))
    href = given or url(landing(staff(request)))
    return {"href": href, "text": _(_BACK.get(href.split("?")[0], "返回列表")), "from": given}


def _lead(file: CaseFile, lead: tuple[str, str]) -> str:
    """Who answers for it; the office is said where it is not the competent one."""
    office, who = lead
    return who if office == file.routes.office_names.get(file.office_id) else f"{office} {who}"


def _held(file: CaseFile, holders: dict[int, str]) -> list[str]:
    """Of the open steps of the actor's office, those that a colleague has in hand."""
    return [_("“{}”由{}经办。他不在的，请单位负责人改派或释放。").format(
                file.item.flow.steps[row.key].title, holders[row.id])
            for row in file.steps if row.id in holders and row.office_id in file.actor.offices
            and row.account_id != file.actor.account_id]


def _shown_of(file: CaseFile) -> reading.Whole:
    """Parties, trail and materials; of what was erased or is restricted, nothing that names anybody."""
    whole = reading.whole(file.id, on=file.today)
    if not (file.restricted or file.applicant == ERASED):
        return whole
    return replace(
        whole, parties=[], materials={key: {"state": row["state"]} for key, row in whole.materials.items()},
        happenings=[h if h.office or h.who == "系统" else replace(h, who=_("居民"))
                    for h in whole.happenings])


def _anonymous(file: CaseFile) -> str:
    if file.restricted:
        return _("（限制处理）")
    return _("（已删除姓名）") if file.applicant == ERASED else _("某单位")


def graph_of(file: CaseFile, holders: dict[int, str] | None = None) -> dict[str, Any]:
    """The steps in columns, each in its state, for the screen; ``holders`` have them in hand."""
    rows: dict[str, list[Any]] = {}
    for row in file.steps:
        if row.state != "void":
            rows.setdefault(row.key, []).append(row)
    drawn = []
    for spec in file.item.flow.ordered:
        mine = rows.get(spec.key, [])
        state, note = _step_state(mine, file)
        if any(row.state == "open" for row in mine) and file.actor.account_id in doers(
            file, spec.key
        ):
            note = _("前一环节是您办的，这一步须由另一人办")
        office = file.routes.office_names.get(mine[0].office_id or 0, "") if mine else ""
        names = dict.fromkeys((holders or {})[row.id] for row in mine if row.id in (holders or {}))
        office = " ".join((office, *names))
        drawn.append({"key": spec.key, "name": spec.title, "office": office, "state": state,
                      "note": note, "needs": spec.needs})
    return layout(drawn)


def _step_state(rows: list[Any], file: CaseFile) -> tuple[str, str | None]:
    if not rows:
        return "waiting", None
    opened = [row for row in rows if row.state == "open"]
    if opened:
        colour, word = light_of(opened[0].due_at, opened[0].warn_on, file.now)
        late = "late" if colour == "red" else "open"
        return ("returned" if opened[0].round > 1 and late == "open" else late), word
    last = max(rows, key=lambda row: row.done_at or file.now)
    if last.state == "done":
        day = say_date(local(last.done_at).date())
        return "done", day + (_(" · 不同意") if last.outcome == "reject" else "")
    return "skipped", _("已取消") if last.state == "cancelled" else None


def _materials(file: CaseFile, rows: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for spec in materials.wanted(file):
        row = rows.get(spec.key, {"state": "missing"})
        state = {"declared": "replaced"}.get(str(row["state"]), str(row["state"]))
        if state == "missing" and spec.need == "optional":
            state = "optional"
        note = row.get("note") or ""
        if row["state"] == "declared":
            note = _("告知承诺代替")
        if row.get("certificate"):
            note = _("由 {} 代替").format(row["certificate"])
        if isinstance(row.get("due_on"), date):
            note = _("{} 前补齐").format(say_date(row["due_on"]))
        href = reverse("file", args=[row["file"]]) if row.get("file") else ""
        picture = href if str(row.get("type") or "").startswith("image/") else ""
        links = [{"text": _("看扫描件"), "href": href}] if href else []
        found.append({"name": spec.name, "state": state, "note": note, "links": links,
                      "picture": picture})
    return found


def person_of(someone: reading.Someone) -> dict[str, Any]:
    """One party: his role in words; what he is to the applicant where the role does not say it."""
    role = role_of(someone)
    relation = "" if role == someone.relation else someone.relation
    return {"role": role, "name": someone.name, "identity": someone.identity,
            "phone": someone.phone, "paper": someone.paper, "person_id": someone.person_id,
            "relation": relation, "said": []}


_OF_PARTIES = ("person.name", "person.id_number", "person.phone", "organisation.")
_OF_MEMBERS = ("name", "id", "relation")  # columns that a party says already


def facts_of(file: CaseFile, people: Sequence[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    """The answers of the form in words; who the parties are stands with them already.

    What the form says of a member of the household beyond that is added to his entry in ``people``.
    """
    labels = {f.key: f for f in file.item.form
              if f.key not in ("name", "id_number", "phone") and not f.prefill.startswith(_OF_PARTIES)}
    found = []
    for key, value in file.row["facts"].items():
        field = labels.get(key)
        if field is None or value in (None, ""):
            continue
        options = dict(field.options)
        if isinstance(value, bool):
            value = _("是") if value else _("否")
        elif field.type == "table":
            if field.prefill == "household.members":
                value = [row for row in value if not _with_party(field, row, people)]
            value = "；".join(_row_of(field, row) for row in value)
            if not value:
                continue
        elif isinstance(value, list):
            value = "、".join(str(options.get(str(v), v)) for v in value)
        elif field.type == "area":
            value = area_name(str(value))
        elif field.type == "date":
            value = _day(str(value))
        else:
            value = options.get(str(value), shown(value))
        found.append({"label": field.label, "value": value})
    if file.state in ("received", "noticed"):
        found += [{"label": field.label, "value": _("还没填")}
                  for field in unanswered(file.item, file.row["facts"])]
    return found


def _day(text: str) -> str:
    """A day that somebody answered, without its weekday: births and beginnings long ago."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.year}年{day.month}月{day.day}日"


def _with_party(field: Field, row: dict[str, Any], people: Sequence[dict[str, Any]]) -> bool:
    """Whether this member is one of the parties; what else the row says of him now stands there.

    One that is not (a correction named somebody new) stays among the answers, where it is seen.
    """
    who = (row.get("name") or "", shown(row.get("id") or ""))
    party = next((p for p in people if (p["name"], p["identity"]) == who), None)
    if party is not None:
        party["said"] = [{"label": column.label, "value": _cell(column, row[column.key])}
                         for column in field.columns
                         if column.key not in _OF_MEMBERS and row.get(column.key) not in (None, "")]
    return party is not None


def _row_of(field: Field, row: dict[str, Any]) -> str:
    """A row of a table in words, what identifies masked."""
    cells = ((column, row.get(column.key)) for column in field.columns)
    return "，".join(_cell(column, cell) for column, cell in cells if cell not in (None, ""))


def _cell(column: Field, cell: Any) -> str:
    return str(dict(column.options).get(str(cell), shown(cell)))


def _clocks(file: CaseFile) -> list[dict[str, Any]]:
    found = []
    for kind, title in CLOCK_TITLES.items():
        clock_row = file.clocks.get(kind)
        if clock_row is None:
            continue
        value = say_date(clock_row.due_on) if clock_row.due_on else _("暂停中")
        if clock_row.due_on and file.calendar.is_foreseen(clock_row.due_on):
            value = _("预计 ") + value
        if clock_row.met_at:
            value += _("（{} 完成{}）").format(
                say_date(local(clock_row.met_at).date()), _("，超期") if clock_row.late else "")
        found.append({"label": title, "value": value})
    return found


def _pause(file: CaseFile) -> str:
    pause = file.open_pause
    if pause is None:
        return ""
    title = PAUSE_TITLES.get(pause.reason, pause.reason)  # type: ignore[call-overload]
    counted = _("照常计时") if pause.counts else _("依法不计时")
    return _("{} 起暂停：{}（{}），{}").format(say_date(pause.began), title, pause.expected, counted)


def _papers(file: CaseFile, happenings: list[reading.Happening]) -> list[dict[str, str]]:
    """The papers that this case can print now, each with its number and day."""
    if file.applicant == ERASED or file.restricted:
        return []
    titles = dict(printable(file))
    found = [{"form": form, "title": title, "href": reverse("paper", args=[file.number, form]),
              "hint": _numbered(made_by(happenings, form), form)} for form, title in titles.items()]
    for form, happening in earlier(happenings):
        if form in titles:
            href = f"{reverse('paper', args=[file.number, form])}?seq={happening.seq}"
            place = next(i for i, each in enumerate(found) if each["form"] == form)
            found.insert(place, {"form": f"{form} {happening.seq}", "title": _("先前的") + titles[form], "href": href,
                                 "hint": _numbered(happening)})
    if file.state == "closed" and file.relations() & {"lead", "competent"}:
        found.append({"form": "dossier", "title": _("归档包"), "hint": "",
                      "href": reverse("dossier", args=[file.number])})
    return found


def _numbered(told: reading.Happening | None, form: str = "") -> str:
    """The number of a paper and its day, as they stand on it."""
    key = "certificate" if form == "certificate" else "document"
    if told is None or key not in told.data:
        return ""
    return f"{told.data[key]}\n{say_date(local(told.at).date())}"


@require_POST
def reveal(request: HttpRequest, number: str, person: int) -> HttpResponse:
    """Show a phone or identity number for a stated purpose; it is noted who saw it, and why."""
    actor, now = staff(request), clock.now()
    file = CaseFile.load(number, actor=actor, now=now, lock=False)
    if not any(p.person_id == person for p in reading.parties(file.id)):
        raise NotFound(_("这个办件没有这个人"))
    purpose = request.POST.get("purpose", "").strip()
    found = Person.objects.get(pk=person)
    what = request.POST.get("what", "phone")
    cipher = found.identity_cipher if what == "identity" else found.phone_cipher
    if purpose:
        Reveal.objects.create(account_id=actor.account_id, post_id=actor.post_id,
                              subject_type="person", subject_id=person, what=what, purpose=purpose)
    back = safe_from(request.POST.get("from", ""))
    return page(request, "desk/reveal.jinja", number=number, purpose=purpose, what=what, back=back,
                person=found, value=vault.decrypt(cipher) if purpose else "")
