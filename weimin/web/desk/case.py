"""The case page, and doing what it offers."""

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from weimin.cases import materials, reading
from weimin.cases.cards import COLOUR_TITLES
from weimin.cases.cards import STATE_TITLES as CARD_STATES
from weimin.cases.circumstances import doers, taken_back
from weimin.cases.clocks import CLOCK_TITLES
from weimin.cases.delivery import WAYS
from weimin.cases.facts import shown
from weimin.cases.file import CaseFile
from weimin.cases.verb import VERBS
from weimin.cases.written import ERASED
from weimin.catalogue.routes import area_name
from weimin.flow.graph import Flow
from weimin.flow.profiles import PAUSE_TITLES
from weimin.kernel import clock, vault
from weimin.kernel.clock import local, say_date, say_moment
from weimin.kernel.errors import NotFound, WeiminError
from weimin.network.actor import Actor
from weimin.registry.models import Person
from weimin.trail.models import Reveal
from weimin.web.desk import delivery
from weimin.web.desk.forms import card_words, forms_of, params_of
from weimin.web.page import page, part_of, staff
from weimin.web.papers import printable
from weimin.web.steps_graph import layout
from weimin.web.uploads import scans_of
from weimin.web.words import headline, light_of, state_of


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
    if verb not in VERBS or verb == "receive":
        raise NotFound(_("没有这个操作"))
    try:
        VERBS[verb](
            number, actor=actor, now=now, key=request.POST.get("key", ""),
            expect=_expected(request), **_params(request, actor, verb),
        )
    except WeiminError as error:
        if error.status == 404:
            raise
        file = CaseFile.load(number, actor=actor, now=now, lock=False, sealed=True)
        return _show(request, file, error=error, verb=verb, status=error.status)
    return redirect(f"{reverse('case', args=[number])}?done={verb}")


def _params(request: HttpRequest, actor: Actor, verb: str) -> dict[str, Any]:
    params = params_of(verb, request.POST)
    if verb == "supplement":
        params["have"] |= scans_of(request, actor)
    if "answer-way" in request.POST:
        params["answers"] = delivery.answers_of(request, actor)
    return params


def _expected(request: HttpRequest) -> int | None:
    text = request.POST.get("expect", "")
    return int(text) if text.isdigit() else None


def _show(
    request: HttpRequest, file: CaseFile, *, done: str | None = None,
    error: WeiminError | None = None, verb: str = "", status: int = 200,
) -> HttpResponse:
    """The whole page, or only the case for the desk that stands beside its list."""
    template = "desk/_case.jinja" if part_of(request) == "case" else "desk/case.jinja"
    return page(request, template, status=status, failed_verb=verb,
                **context_of(request, file, done=done, error=error))


def context_of(
    request: HttpRequest, file: CaseFile, *, done: str | None = None,
    error: WeiminError | None = None,
) -> dict[str, Any]:
    """What the case's template draws."""
    whole, answers = _shown_of(file), answered(file)
    people = whole.parties
    applicant = next((p for p in people if p.role == "applicant"), None)
    row = _as_row(file)
    waiting = [s for s in file.steps if s.state == "open"]
    names = file.routes.office_names
    offices = list(dict.fromkeys(names[s.office_id] for s in waiting if s.office_id))
    if not waiting and file.state != "noticed":
        offices = [names[file.office_id]]
    colour, word = light_of(row.due_at, row.warn_on, file.now)
    forms = forms_of(file)
    typed = {k: v[-1] for k, v in request.POST.lists()} if error else {}
    line = headline(row, applicant.name if applicant else _anonymous(file), reading.waits_for(file),
                    offices, file.now, revoked=bool(taken_back(file)))
    if waiting and row.due_at:
        word = _("全件{}").format(word)
    return {
        "file": file, "forms": forms, "headline": line, "color": colour, "word": word,
        "primary": next((f for f in forms if f.action.primary), None),
        "state": state_of(file.state, file.outcome, bool(file.open_pause)),
        "graph": graph_of(file),
        "events": [event_of(h, file.item.flow, answers) for h in whole.happenings],
        "materials": _materials(file, whole.materials), "people": [person_of(p) for p in people],
        "facts": facts_of(file), "clocks": _clocks(file),
        "competent": file.routes.office_names.get(file.office_id, ""),
        "receiver": file.routes.office_names.get(file.receiver_id, ""),
        "erased": file.applicant == ERASED, "restricted": file.restricted, "pause": _pause(file), "cards": [card_words(file, card) for card in file.cards],
        "key": uuid.uuid4().hex, "done": done, "error": error,
        "typed": typed, "papers": _papers(file), "delivered": delivery.shown(file),
        "scans": any(f.scans for f in forms),
        "signs": any(x.get("kind") == "signature" for f in forms for x in f.fields),
    }


def _shown_of(file: CaseFile) -> reading.Whole:
    """Parties, trail and materials; of what was erased or is restricted, nothing that names anybody."""
    whole = reading.whole(file.id)
    if not (file.restricted or file.applicant == ERASED):
        return whole
    return reading.Whole(
        parties=[], materials={key: {"state": row["state"]} for key, row in whole.materials.items()},
        happenings=[h if h.office or h.who == "系统" else replace(h, who=_("居民"))
                    for h in whole.happenings])


def _anonymous(file: CaseFile) -> str:
    if file.restricted:
        return _("（限制处理）")
    return _("（已删除姓名）") if file.applicant == ERASED else _("某单位")


def _as_row(file: CaseFile) -> reading.Row:
    return reading.Row(
        number=file.number, item=file.item, applicant=file.applicant, state=file.state,
        outcome=file.outcome, due_at=file.due_at and local(file.due_at),
        warn_on=file.warn_on, office_id=file.office_id,
    )


def graph_of(file: CaseFile) -> dict[str, Any]:
    """The steps in columns, each in its state, for the screen."""
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


def answered(file: CaseFile) -> dict[tuple[str, str, int], Any]:
    """What was answered at the steps, by key, branch and round."""
    return {(s.key, s.branch, s.round): s.answers for s in file.steps if s.answers}


_IN_WORDS = ("opinion", "reason", "found", "objection")  # what an officer wrote himself


def event_of(
    happening: reading.Happening, flow: Flow, answered: Mapping[tuple[str, str, int], Any]
) -> dict[str, Any]:
    """A line of the trail; with what was written at the step, so that the next one can read it."""
    data = happening.data
    said = []
    if data.get("step"):
        outcome = _OUTCOMES.get(str(data.get("outcome")), "")
        said.append(f"{_titles(flow, [data['step']])}：{outcome}")
        written = answered.get((data["step"], data.get("branch", ""), data.get("round", 1)), {})
        said += [str(written[key]) for key in _IN_WORDS if written.get(key)]
    if data.get("way") in WAYS:
        said.append(WAYS[data["way"]].title)
    if data.get("twin"):
        said.append(_("同一申请人另有一件在办：{}，请核实是否重复").format(data["twin"]))
    if data.get("on_behalf"):
        said.append(_("工作人员代申请人登记"))
    if data.get("missing"):
        said.append("缺：" + "、".join(data["missing"]))
    for key, words in (("reason", "{}"), ("outside", "线下办理：{}"), ("note", "{}"),
                       ("certificate", "证照 {}"), ("document", "文书 {}"), ("term", "延长 {}"),
                       ("basis", "依据{}"), ("exempt", "不受保管期限限制：{}"), ("review", "告知网上申请行政复议：{}"), ("kept", "{}"), ("expected", "需要 {}"), ("by_law", "依据{}，系统计为受理")):
        if data.get(key):
            said.append(words.format(data[key]))
    for colour, count in Counter(card[0] for card in data.get("cards", ())).items():
        said.append(COLOUR_TITLES[colour] + (_("（{} 张）").format(count) if count > 1 else ""))
    if data.get("card"):
        said.append(COLOUR_TITLES[data["card"][0]])
    if data.get("ruling"):
        said.append(CARD_STATES[data["ruling"]])
    if data.get("opened"):
        said.append("接下来：" + _titles(flow, data["opened"]))
    late_entry = happening.recorded_at.date() != happening.at.date()
    return {
        "at": say_moment(happening.at), "what": happening.title,
        "who": f"{happening.office} {happening.who}".strip(), "said": "；".join(said) or None,
        "proof": happening.mark, "tone": "late" if data.get("late") else "calm",
        "icon": None, "recorded": say_moment(happening.recorded_at) if late_entry else None,
    }


def _titles(flow: Flow, keys: list[str]) -> str:
    """The steps by their titles; a key of another version of the item stays a key."""
    return "、".join(flow.steps[key].title if key in flow.steps else key for key in keys)


_OUTCOMES = {"approve": "同意", "reject": "不同意", "repeat": "重新办理"}


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
        links = [{"text": _("看"), "href": reverse("file", args=[row["file"]])}] if row.get("file") else []
        found.append({"name": spec.name, "state": state, "note": note, "links": links})
    return found


_ROLES = {"applicant": "申请人", "agent": "代办人", "guardian": "监护人", "member": "家庭成员"}


def person_of(someone: reading.Someone) -> dict[str, Any]:
    """One party: his role in words; what he is to the applicant where the role does not say it."""
    role, relation = _ROLES[someone.role], someone.relation
    if someone.role == "agent" and relation:
        role, relation = relation, ""
    return {"role": role, "name": someone.name, "identity": someone.identity,
            "phone": someone.phone, "paper": someone.paper, "person_id": someone.person_id,
            "relation": relation}


def facts_of(file: CaseFile) -> list[dict[str, Any]]:
    # Name, number and phone stand with the applicant already.
    labels = {f.key: f for f in file.item.form if f.key not in ("name", "id_number", "phone")}
    found = []
    for key, value in file.row["facts"].items():
        field = labels.get(key)
        if field is None or value in (None, ""):
            continue
        options = dict(field.options)
        if isinstance(value, bool):
            value = _("是") if value else _("否")
        elif isinstance(value, list):
            value = "、".join(str(options.get(str(v), v)) for v in value)
        elif field.type == "area":
            value = area_name(str(value))
        else:
            value = options.get(str(value), shown(value))
        found.append({"label": field.label, "value": value})
    return found


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


def _papers(file: CaseFile) -> list[dict[str, str]]:
    """The papers that this case can print now."""
    if file.applicant == ERASED or file.restricted:
        return []
    return [{"form": form, "title": title, "href": reverse("paper", args=[file.number, form])}
            for form, title in printable(file)] + (
        [{"form": "dossier", "title": _("归档包"),
          "href": reverse("dossier", args=[file.number])}]
        if file.state == "closed" and file.relations() & {"lead", "competent"} else [])


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
    return page(request, "desk/reveal.jinja", number=number, purpose=purpose, what=what,
                person=found, value=vault.decrypt(cipher) if purpose else "")
