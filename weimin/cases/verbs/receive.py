"""收件: a resident's matter comes in. The number exists from this minute on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from weimin.cases import clocks, materials
from weimin.cases.duty import first_duty
from weimin.cases.facts import checked
from weimin.cases.file import CaseFile, reply_key
from weimin.cases.places import ancestors
from weimin.cases.verb import VERBS, Answer, body_digest, keep_reply, replayed, translated
from weimin.catalogue.routes import Routes, routes_at
from weimin.catalogue.spec import ItemSpec
from weimin.kernel import vault
from weimin.kernel.clock import local
from weimin.kernel.codes import case_number, group_case_number
from weimin.kernel.errors import AlreadyOpen, Invalid, NotAllowed, NotFound, WrongState
from weimin.kernel.text import mask_code, mask_name
from weimin.network.actor import Actor
from weimin.network.models import Area
from weimin.trail import chain

CHANNELS = {
    "window": "综合窗口", "village": "村（社区）代办", "web": "网上", "phone": "电话",
    "kiosk": "自助终端", "hotline": "热线", "grid": "网格员", "mail": "邮寄",
}

chain.register(receive="收件")


@dataclass(frozen=True, kw_only=True)
class Party:
    """Somebody for whom or by whom the case is asked. ``name`` is only for the masked label."""

    role: str = "applicant"  # applicant agent guardian member
    person_id: int | None = None
    organisation_id: int | None = None
    name: str = ""
    phone: str = ""  # to follow the case without an account: only its keyed hash is kept
    paper: str = ""  # what shows the right to act for the applicant
    relation: str = ""  # to the applicant, in words: 配偶, 母亲, 法定代表人


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What is asked: an item, for whom, for which place, with which answers and materials."""

    item: str  # item code
    area: str  # the declared place that decides who is competent
    parties: tuple[Party, ...]
    answers: Mapping[str, Any] = field(default_factory=dict)
    have: Mapping[str, int | None] = field(default_factory=dict)  # material → file, None: paper
    declared: tuple[str, ...] = ()  # materials replaced by a signed declaration (告知承诺)
    channel: str = "window"
    another_is_meant: bool = False  # asked about a second open case: yes, it is another matter


# An open case of the same item that asks for the same person, household or organisation: a
# household is known by any of its members. What was refused is over, also while the paper is
# on its way: whoever was refused may ask again at once, with what was wrong put right.
_TWIN = """cases_party p JOIN cases_case c ON c.id = p.case_id
          JOIN catalogue_item_version v ON v.id = c.item_version_id
          JOIN catalogue_item i ON i.id = v.item_id
         WHERE i.code = %(item)s AND c.state <> 'closed' AND c.outcome <> 'refused'
           AND p.role IN ('applicant', 'member')"""
_PRELUDE = f"""
SELECT e.number, clock_timestamp(), nextval('cases_case_id_seq'), nextval('cases_serial'),
       a.path, r.asked, r.case_id, r.seq, r.version, r.state,
       coalesce((SELECT c.number FROM {_TWIN} AND p.person_id = ANY(%(people)s) LIMIT 1),
                (SELECT c.number FROM {_TWIN} AND p.organisation_id = %(organisation)s LIMIT 1)),
       (SELECT json_object_agg(t.type, t.id) FROM
               (SELECT type, max(id) AS id FROM registry_certificate
                 WHERE (holder_person_id = %(person)s OR holder_organisation_id = %(organisation)s)
                   AND revoked_at IS NULL AND (valid_to IS NULL OR valid_to >= %(today)s)
                 GROUP BY type) t)
  FROM network_epoch e
  LEFT JOIN network_area a ON a.code = %(area)s AND a.valid_from <= %(today)s
       AND (a.valid_to IS NULL OR a.valid_to > %(today)s)
  LEFT JOIN cases_reply r ON r.key = %(reply)s
"""


def receive(
    intake: Intake | Callable[[], Intake], *, actor: Actor, now: datetime, key: str = "",
    occurred_at: datetime | None = None, late_entry: str = "",
) -> Answer:
    """Receive an application: number, dated receipt, first contact, notice clock.

    Receiving is not accepting: the competent office accepts, and its clock starts there. The
    same request with the same key answers the same case. An intake that registers people is
    given as a function: it is called inside the transaction, and whoever was named for nothing
    is not kept.

    Raises Invalid for wrong answers or an unknown place, AlreadyOpen when the same person has an
    open case of the same item, NotAllowed when the actor may not receive.
    """

    @transaction.atomic
    def once() -> Answer:
        made = intake() if callable(intake) else intake
        asked = body_digest("receive", "", {
            "intake": {**vars(made), "parties": [vars(party) for party in made.parties]}})
        return _receive(made, actor, now, key, asked, occurred_at, late_entry)

    try:
        return once()
    except IntegrityError as error:
        if key and _constraint(error) == "cases_reply_pkey":
            return once()  # the same request, at the same moment, was faster: answer as it did
        raise translated(error) from error


def _receive(
    intake: Intake, actor: Actor, now: datetime, key: str, asked: bytes,
    occurred_at: datetime | None, late_entry: str,
) -> Answer:
    applicant = _applicant(intake)
    people = sorted(p.person_id for p in intake.parties
                    if p.person_id and p.role in ("applicant", "member"))
    with connection.cursor() as cursor:
        if not intake.another_is_meant:
            # Two windows at the same moment: the second must see what the first received.
            # In the order of the ids, so that two halves of a household can't lock each other out.
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(k, 0)) FROM unnest(%s::text[]) k",
                [[f"receive:{who}:{intake.item}" for who in people]
                 or [f"receive:organisation-{applicant.organisation_id}:{intake.item}"]],
            )
        cursor.execute(
            _PRELUDE,
            {"item": intake.item, "people": people, "area": intake.area,
             "person": applicant.person_id, "organisation": applicant.organisation_id,
             "today": local(now).date(),
             "reply": reply_key(actor, "receive", key)},
        )
        epoch, recorded_at, case_id, serial, path, *reply, twin, held = cursor.fetchone()
    if stored := replayed(reply, asked):
        return stored
    if path is None:
        raise Invalid(fields={"area": _no_such_place(intake.area, local(now).date())})
    if intake.channel not in CHANNELS:
        raise Invalid(fields={"channel": f"请选择：{'、'.join(CHANNELS.values())}"})
    routes = routes_at(epoch)
    item = routes.item(intake.item)
    file = _open_file(intake, item, routes, actor, now, path)
    if twin and not intake.another_is_meant:
        _ask_about(twin, actor, now)
    file.row.update(id=case_id, number=case_number(local(now).year, serial))
    file.recorded_at = recorded_at
    if occurred_at is not None:
        file.row["received_at"] = occurred_at
        file.enter_late(occurred_at, late_entry)
    _put_materials(file, intake, held or {})
    return _write(file, intake, applicant, key, asked, twin)


def _no_such_place(code: str, on: date) -> str:
    area = Area.objects.filter(code=code).first()
    heir = area and area.standing(on)
    if area and heir and heir.code != code:
        return f"{area.name}已并入{heir.full_name}，请改选它"
    return "没有这个地方，或它已经撤并"


def _ask_about(twin: str, actor: Actor, now: datetime) -> None:
    """Raise AlreadyOpen: a person decides whether it is another matter.

    The number of the other case is told to those only who may see it. A resident who asks for
    somebody else learns nothing of that person's cases: the office is told, in the event.
    """
    try:
        CaseFile.load(twin, actor=actor, now=now, lock=False)
    except NotFound:
        if actor.is_resident:
            return
        twin = ""
    raise AlreadyOpen(
        f"同一申请人（户、单位）已有一件同样的事项在办{f'（{group_case_number(twin)}）' if twin else ''}",
        "如确为另一件事，请勾选“另办一件”后再提交", number=twin or None,
    )


def _applicant(intake: Intake) -> Party:
    """The one applicant. Raises Invalid for parties that don't fit together."""
    found = [party for party in intake.parties if party.role == "applicant"]
    if len(found) != 1:
        raise Invalid(fields={"applicant": "请填写一位申请人"})
    applicant = found[0]
    if len(_helpers(intake)) > 1:
        raise Invalid(fields={"who": "只能有一位代办人或监护人"})
    for party in intake.parties:
        if fault := _party_fault(party, applicant):
            raise Invalid(fields=dict([fault]))
    return applicant


def _party_fault(party: Party, applicant: Party) -> tuple[str, str] | None:
    """What is wrong with one of the parties: the field and what to say of it."""
    if party.role in ("agent", "guardian") and not party.paper.strip():
        return "paper", "代办、监护须写明凭据，如委托书、监护证明"
    if party is not applicant and party.person_id == applicant.person_id:
        return "who", "代办人、监护人、家庭成员不能是申请人本人"
    if applicant.organisation_id and party.role in ("guardian", "member"):
        return "who", "单位申请由法定代表人或经办人来办"
    if party.role == "member" and not party.relation.strip():
        return "members", "请写明每位家庭成员与申请人的关系"
    return None


def _open_file(
    intake: Intake, item: ItemSpec, routes: Routes, actor: Actor, now: datetime, path: str
) -> CaseFile:
    """A case file that is not yet in the database, with its offices found."""
    places = path.strip("/").split("/")
    competent = routes.competent(item, places, local(now).date())
    receiver, post, account = _receiver(actor, routes, competent)
    facts = checked(item, intake.answers) | item.applicant(
        organisation=_applicant(intake).organisation_id is not None)
    file = CaseFile(
        actor, now,
        {
            "id": 0, "number": "", "item_version_id": item.id, "state": "received",
            "outcome": "", "area_id": intake.area, "channel": intake.channel, "applicant": "",
            "facts": facts, "office_id": competent, "receiver_id": receiver,
            "lead_post_id": post, "first_contact_id": post, "hand_over_to_id": None,
            "received_at": now, "accepted_at": None, "decided_at": None, "closed_at": None,
            "due_at": None, "warn_on": None, "late": False, "confidential": item.confidential,
            "version": 0, "follow_hash": None, "restricted": False,
        },
    )
    file.epoch, file.area_path = routes.epoch, places
    file.lead_account = account
    return file


def _receiver(actor: Actor, routes: Routes, competent: int) -> tuple[int, int, int | None]:
    """Who received it: the officer's own office, or, without one, the duty post in charge.

    Raises WrongState when an application from the portal finds nobody on duty.
    """
    if not (actor.is_staff or actor.is_resident or actor.is_system):
        raise NotAllowed("请先登录再申请")
    if actor.is_staff and actor.office_id and actor.post_id:
        if not actor.has("info_officer", "clerk", "reviewer", "head"):
            raise NotAllowed("您的岗位不收件", "请到综合窗口或村（社区）办理")
        return actor.office_id, actor.post_id, actor.account_id
    duty = routes.duty_posts.get(competent)
    if duty is None:
        raise WrongState("受理单位现在没有值班岗位", "请到就近的服务中心办理，或稍后再试")
    return competent, *duty


def _write(
    file: CaseFile, intake: Intake, applicant: Party, key: str, asked: bytes, twin: str | None
) -> Answer:
    row, item, on = file.row, file.item, local(file.row["received_at"]).date()
    # What an organisation is called is public; what a person is called is not.
    row["applicant"] = applicant.name if applicant.organisation_id else mask_name(applicant.name)
    clocks.start(file, "notice", item.profile.notice)
    clocks.show(file)
    phone = applicant.phone or next((p.phone for p in _helpers(intake) if p.phone), "")
    row["follow_hash"] = vault.lookup(f"{row['number']}:{phone[-4:]}") if phone else None
    file.batch.insert("cases_case", [{**row, "version": 1}])
    file.batch.insert(
        "cases_party",
        [{"case_id": row["id"], "role": p.role, "seq": n, "person_id": p.person_id,
          "organisation_id": p.organisation_id, "paper": p.paper, "relation": p.relation}
         for n, p in _numbered(intake.parties)],
    )
    _learn_phones(file, applicant, intake)
    for office, why in _who_sees(file, on):
        file.grant(office, why)
    first_duty(file, row["lead_post_id"], file.lead_account)
    file.record(
        "receive",
        {"number": row["number"], "item": [item.code, item.number],
         **({"twin": twin} if twin else {})},
        private={"parties": [
            [p.role, n, p.person_id, p.organisation_id, p.paper, p.relation]
            for n, p in _numbered(intake.parties)
        ]},
    )
    answer = Answer(number=row["number"], state="received", version=1, receipt=file.seal())
    if key:
        keep_reply(file, "receive", key, asked, answer)
    file.insert_only()
    return answer


def _helpers(intake: Intake) -> list[Party]:
    """Whoever acts for the applicant."""
    return [party for party in intake.parties if party.role in ("agent", "guardian")]


def _learn_phones(file: CaseFile, applicant: Party, intake: Intake) -> None:
    """Keep the phone of a person of whom none was known. A known one is not overwritten here:

    the phone is the resident's log-in, and changing it needs more than a form at a counter. A
    phone that two of them gave is the helper's: a child's or an old mother's papers name his.
    """
    learnt: set[str] = set()
    for party in (*_helpers(intake), applicant):
        if not (party.person_id and party.phone) or party.phone in learnt:
            continue
        learnt.add(party.phone)
        file.batch.add(
            "UPDATE registry_person SET phone_cipher = %s, phone_hash = %s, phone_mask = %s"
            " WHERE id = %s AND phone_hash IS NULL AND account_id IS NULL",
            [vault.encrypt(party.phone), vault.lookup(party.phone),
             mask_code(party.phone), party.person_id],
        )


def _numbered(parties: tuple[Party, ...]) -> list[tuple[int, Party]]:
    counts: dict[str, int] = {}
    numbered = []
    for party in parties:
        counts[party.role] = counts.get(party.role, 0) + 1
        numbered.append((counts[party.role], party))
    return numbered


def _put_materials(file: CaseFile, intake: Intake, held: Mapping[str, int]) -> None:
    """``held``: type → certificate that was issued here and may stand in for a material (K6)."""
    specs = {spec.key: spec for spec in materials.wanted(file)}
    helpers = [(p.role, p.relation) for p in _helpers(intake)]
    specs |= {spec.key: spec for spec in materials.papers_of(
        helpers, for_person=_applicant(intake).person_id is not None, known=specs)}
    unknown = (set(intake.have) | set(intake.declared)) - set(specs)
    if unknown:
        raise Invalid(fields=dict.fromkeys(sorted(unknown), "这个事项不需要这份材料"))
    materials.check_brought(intake.have, file.actor)
    rows = []
    for key, spec in specs.items():
        state, certificate = "missing", None
        if key in intake.have:
            state = "have"
        elif spec.replaced_by in held:
            state, certificate = "replaced", held[spec.replaced_by]
        elif key in intake.declared:
            if not spec.commitment:
                raise Invalid(fields={key: "这份材料不适用告知承诺"})
            state = "declared"
        file.materials[key] = state
        row = {"state": state, "file_id": intake.have.get(key), "certificate_id": certificate,
               "note": "", "due_on": None}
        file.materials_written[key] = row
        rows.append({"case_id": file.row["id"], "key": key, **row})
    file.batch.insert("cases_material", rows)


def _who_sees(file: CaseFile, on: Any) -> list[tuple[int, str]]:
    """The offices that may see the case, and why. Confidential items are seen by fewer."""
    row, routes = file.row, file.routes
    seen = [(row["receiver_id"], "receiver"), (row["office_id"], "competent")]
    if not file.item.confidential:
        path = ancestors(row["area_id"])
        seen += [(o, "line_above") for o in routes.lines_above(file.item.line, path, on)
                 if o != row["office_id"]]
        seen += [(office, "supervision") for office in routes.supervisors(path, on)]
    return seen


def _constraint(error: IntegrityError) -> str | None:
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)


VERBS["receive"] = receive  # type: ignore[assignment]
