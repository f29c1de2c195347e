"""Operations of the API. Programs come with a token, browsers with the session of the screens.

Writing takes an ``Idempotency-Key``: the same key with the same body answers the same again.
"""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Field, Header, NinjaAPI, Query, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser
from ninja.renderers import JSONRenderer
from ninja.security import APIKeyCookie, HttpBearer

from weimin import __version__
from weimin.cases import reading
from weimin.cases.file import CaseFile
from weimin.cases.materials import wanted
from weimin.cases.verb import VERBS
from weimin.cases.verbs import receive
from weimin.cases.verbs.receive import Intake, Party
from weimin.kernel import clock, codes
from weimin.kernel.clock import local
from weimin.kernel.errors import Invalid, NotAllowed, NotFound, WeiminError
from weimin.kernel.text import mask_name, unkeepable
from weimin.network import tokens
from weimin.network.actor import Actor
from weimin.registry.people import organisation_by_code, person_by_identity
from weimin.voice.rate import rateable
from weimin.web.api import items, papers
from weimin.web.api.asked import schema_of, verbs_told
from weimin.web.api.papers import scans
from weimin.web.api.params import checked_params
from weimin.web.api.shapes import FAULTS, Number
from weimin.web.desk import delivery
from weimin.web.desk.forms import forms_of
from weimin.web.middleware import as_json
from weimin.web.page import actor_of
from weimin.web.papers import printable


class Session(APIKeyCookie):
    """The session of the screens, with their protection against forged requests."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Actor | None:
        """Who has no session is told that, and not that a CSRF token is missing."""
        return super().__call__(request) if self.param_name in request.COOKIES else None

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """Whoever is logged in; None is answered with 401."""
        actor = actor_of(request)
        return actor if actor.account_id is not None else None


class Keepable(Parser):
    """JSON without what can't be kept, wherever it stands in it."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body; ninja turns the error into a 400."""
        said = super().parse_body(request)
        if unkeepable(said):
            raise ValueError("NUL or half of a surrogate pair")
        return said


class Token(HttpBearer):
    """A program's token. It asks for no CSRF token: no page makes a browser send this header."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """The program in its post; a wrong token is 401, whatever session comes beside it."""
        actor = tokens.acting_with(token, now=clock.now())
        if actor is None:
            raise _NoSuchToken
        request.actor = actor  # type: ignore[attr-defined]
        return actor


class _NoSuchToken(AuthenticationError):
    """A token that opens nothing (any more)."""


class Readable(JSONRenderer):
    """JSON that a person can read too: Chinese as it is written."""

    json_dumps_params = {"ensure_ascii": False}


api = NinjaAPI(
    renderer=Readable(), parser=Keepable(), title="Weimin 为民", version=__version__, urls_namespace="api", docs_url=None,
    auth=[Token(), Session()],
    description=(
        "事项、办件与办理操作。\n\n"
        "登录：程序用令牌，每次都带请求头 Authorization: Bearer …；令牌由安全管理员在“人员”里发放。"
        "网页里的脚本用网页的会话 sessionid，写操作另带请求头 X-CSRFToken。\n\n"
        "重复提交：写操作带 Idempotency-Key（最长100字）；同一个键同样的内容，得到同样的回答；内容不同是 409。\n\n"
        "分页：每页50条，page 从1起；还有下一页时，回答带 Link 头（rel=\"next\"）。\n\n"
        "时间：都是带 +08:00 的时刻，如 2026-11-21T14:05:00+08:00；日期写 2026-11-21。\n\n"
        "出错：code 供程序判断，message 和 remedy 给人看，fields 逐项说明。"
    ),
)


@api.exception_handler(WeiminError)
def _said(request: HttpRequest, error: WeiminError) -> HttpResponse:
    said = as_json(error)
    if said.get("fields") and not error.remedy:
        said["remedy"] = "按 fields 逐项改正后再提交"
    return api.create_response(request, said, status=error.status)


@api.exception_handler(AuthenticationError)
def _sign_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    said = {"code": "sign_in", "message": "请先登录", "remedy": "程序带上令牌，网页登录以后再试"}
    if isinstance(error, _NoSuchToken):
        said = {"code": "sign_in", "message": "令牌不对、已过期或已作废，或者它的岗位已经没有了",
                "remedy": "请安全管理员在“人员”里看这个账号，需要时另发一个"}
    return api.create_response(request, said, status=401)


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    said = {"code": "invalid", "message": "请求内容读不懂", "remedy": "请用 JSON，不含空字符（NUL）和半个代理对"}
    if error.status_code == 403:  # ninja has one error for both
        said = {"code": "csrf", "message": "缺少 CSRF 令牌，或令牌不对",
                "remedy": "把 csrftoken 的值放在请求头 X-CSRFToken 里；登录以后它会换"}
    return api.create_response(request, said, status=error.status_code)


_WRONG = {"missing": "必填", "string_pattern_mismatch": "写法不对", "string_too_long": "太长",
          "too_long": "太多", "int_parsing": "应是整数", "string_type": "应是文字",
          "list_type": "应是列表", "dict_type": "应是一组“键: 值”", "greater_than_equal": "太小",
          "less_than_equal": "太大", "string_unicode": "不是正常的文字", "bool_parsing": "应是 true 或 false",
          "bool_type": "应是 true 或 false", "int_type": "应是整数", "int_from_float": "应是整数",
          "model_attributes_type": "应是一组“键: 值”", "model_type": "应是一组“键: 值”"}


@api.exception_handler(ValidationError)
def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    # The place begins with where it came from and what the code calls it: body, body.
    fields = {".".join(map(str, e["loc"][-max(1, len(e["loc"]) - 2):])):
              _WRONG.get(str(e.get("type")), str(e["msg"])) for e in error.errors}
    said = {"code": "invalid", "message": "请求的格式不对", "remedy": "按接口文档改正",
            "fields": fields}
    return api.create_response(request, said, status=422)


LAST_PAGE, LAST_PAGE_OF_WORK = 1000, 20
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=100)]


class PartyIn(Schema):
    """A party by the identity number or the organisation's code; a resident leaves both out.

    The registry's own ids are not taken: whoever could guess one would learn who it is.
    """

    role: str = "applicant"
    identity: str = Field("", max_length=40)
    name: str = Field("", max_length=40)
    phone: str = Field("", max_length=20)
    paper: str = Field("", max_length=200)
    relation: str = Field("", max_length=20)  # of a member to the head: 配偶
    uscc: str = Field("", max_length=40)
    legal_representative: str = Field("", max_length=40)


class CaseIn(Schema):
    """An application."""

    item: str = Field(max_length=40)
    area: str = Field(max_length=15)
    parties: list[PartyIn] = Field(max_length=20)
    answers: dict[str, Any] = {}
    have: list[str] = []
    scans: dict[str, str] = Field({}, description="材料 → 上传的 id；几页的按顺序写，用空格分开，id:90 表示转 90 度")
    declared: list[str] = []
    channel: str = "window"
    another_is_meant: bool = False


class AnswerOut(Schema):
    """What a verb answers."""

    number: str
    state: str
    version: int
    receipt: str


@api.post("cases", response={200: AnswerOut, **FAULTS}, summary="收件")
def receive_case(request: HttpRequest, body: CaseIn, key: Key = "") -> Any:
    """Receive an application. A resident applies for himself only."""
    actor = actor_of(request)

    def asked() -> Intake:
        return Intake(
            item=body.item, area=body.area, answers=body.answers,
            parties=tuple(_party(actor, party) for party in body.parties),
            have={**dict.fromkeys(body.have), **scans(dict(body.scans), actor)}, declared=tuple(body.declared),
            channel="web" if actor.is_resident else body.channel,
            another_is_meant=body.another_is_meant,
        )

    return receive(asked, actor=actor, now=clock.now(), key=key).as_dict()


def _party(actor: Actor, given: PartyIn) -> Party:
    """A party as the verb takes it. A resident is his own applicant and names nobody else."""
    if actor.is_resident:
        if given.role != "applicant" or given.identity or given.uscc:
            raise NotAllowed("居民用接口只能为自己申请", "代他人、单位办理请用办事大厅，或到窗口")
        return Party(person_id=actor.person_id, name=actor.name, phone=given.phone)
    try:
        if given.uscc:
            company = organisation_by_code(given.uscc, given.name, given.legal_representative)
            return Party(role=given.role, organisation_id=company.pk, name=company.name)
        person = person_by_identity(given.identity, given.name)
    except ValueError as error:
        raise Invalid(fields={"parties.identity": str(error)}) from None
    return Party(role=given.role, person_id=person.pk, name=person.name, phone=given.phone,
                 paper=given.paper, relation=given.relation)


class RowOut(Schema):
    """A line of a list."""

    number: str
    item: str
    applicant: str
    state: str
    outcome: str
    waits_for: str
    due_at: datetime | None  # in +08:00, as every moment here
    late: bool = Field(description="已超期：在办的过了期限，或办结时已超期；与屏幕上一致")


def _row(row: reading.Row) -> RowOut:
    return RowOut(
        number=row.number, item=row.item.name, applicant=row.applicant, state=row.state,
        outcome=row.outcome, waits_for=row.waits_for, due_at=row.due_at,
        late=row.is_late(clock.now()),
    )


def _is_late(due_at: datetime | None) -> bool:
    """Whether what waits is over its term at this moment; what was judged late stays late."""
    return due_at is not None and clock.now() > due_at


def _listed(request: HttpRequest, response: HttpResponse, rows: list[reading.Row], page: int,
            last: int) -> list[RowOut]:
    """A page of a list; where it is full, with the way to the next one in its header."""
    if len(rows) == reading.PAGE and page < last:
        query = request.GET.copy()
        query["page"] = str(page + 1)
        response["Link"] = f'<{request.path}?{query.urlencode()}>; rel="next"'
    return [_row(row) for row in rows]


@api.get("cases", response={200: list[RowOut], **FAULTS}, summary="查找办件")
def cases(
    request: HttpRequest, response: HttpResponse, q: Annotated[str, Query(max_length=100)] = "",
    page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1,
) -> Any:
    """The cases the actor may see, the newest first; what a search finds, running ones first."""
    actor = actor_of(request)
    if codes.identifies(q.strip()):
        raise Invalid(fields={"q": "身份证号、电话不写进网址，请用 POST search 查找"})
    rows = reading.search(actor, q, page=page) if q.strip() else reading.seen(actor, page=page)
    return _listed(request, response, rows, page, LAST_PAGE)


class Asked(Schema):
    """What is looked for."""

    q: str = Field(max_length=100)


@api.post("search", response={200: list[RowOut], **FAULTS}, summary="查找办件（身份证号、电话不写进网址）")
def search(request: HttpRequest, body: Asked) -> Any:
    """The first page of what is found. For what must not stand in an address or a proxy's log."""
    return [_row(row) for row in reading.search(actor_of(request), body.q)]


@api.get("work", response={200: list[RowOut], **FAULTS}, summary="等我办的")
def work(
    request: HttpRequest, response: HttpResponse,
    page: Annotated[int, Query(ge=1, le=LAST_PAGE_OF_WORK)] = 1,
) -> Any:
    """What waits for the actor's offices, the earliest due first."""
    actor = actor_of(request)
    if not actor.is_staff:
        raise NotAllowed("这里是工作人员的接口")
    rows = reading.work(actor, now=clock.now(), page=page).rows
    return _listed(request, response, rows, page, LAST_PAGE_OF_WORK)


class ActionOut(Schema):
    """Something the actor may do now."""

    verb: str
    title: str
    step: int | None = None
    step_version: int | None = None
    params: dict[str, Any] = Field(description="JSON Schema：这一步的 params 可以写什么")


class StepOut(Schema):
    """A step of a case."""

    id: int
    key: str
    title: str
    state: str
    outcome: str | None
    office: str
    due_at: datetime | None


class MaterialState(Schema):
    """A material that this case needs, or has."""

    key: str
    name: str
    need: str
    state: str = Field(description="have 已收、missing 缺、replaced 由证照代替、promised 容缺后补、declared 告知承诺")


class PaperOut(Schema):
    """A paper that there is of a case now, by which name and title."""

    form: str
    title: str


class ContactOut(Schema):
    """A contact that the applicant may still rate."""

    contact: int
    title: str
    office: str


class CaseOut(RowOut):
    """A case with its materials, its steps and what the actor may do."""

    version: int
    office: str
    materials: list[MaterialState]
    papers: list[PaperOut]
    contacts: list[ContactOut] = Field(description="申请人还可以评价的服务")
    steps: list[StepOut]
    actions: list[ActionOut]


@api.get("cases/{number}", response={200: CaseOut, **FAULTS}, summary="一个办件")
def case(request: HttpRequest, number: Number) -> Any:
    """One case as the actor sees it; 404 when he may not know of it."""
    file = CaseFile.load(number, actor=actor_of(request), now=clock.now(), lock=False, sealed=True)
    names = file.routes.office_names
    # Two of a family may both be 赵**: with their numbers, masked too, they can be told apart.
    people = [replace(p, name=f"{mask_name(p.name)} {p.identity}") for p in reading.parties(file.id)]
    return CaseOut(
        number=file.number, item=file.item.name, applicant=file.applicant, state=file.state,
        outcome=file.outcome, waits_for=reading.waits_for(file), due_at=file.due_at and local(file.due_at),
        late=file.late or _is_late(file.due_at),
        version=file.version, office=names.get(file.office_id, ""),
        materials=[
            MaterialState(key=m.key, name=m.name, need=m.need, state=file.materials.get(m.key, "missing"))
            for m in wanted(file)
        ],
        papers=[PaperOut(form=form, title=title) for form, title in printable(file)],
        contacts=[ContactOut(contact=c.seq, title=c.title, office=c.office)
                  for c in (rateable(file.id) if file.is_party else ())],
        steps=[
            StepOut(id=s.id or 0, key=s.key, title=file.item.flow.steps[s.key].title,
                    state=s.state, outcome=s.outcome, office=names.get(s.office_id or 0, ""),
                    due_at=s.due_at and local(s.due_at))
            for s in file.steps
        ],
        actions=[
            ActionOut(verb=a.verb, title=a.title, step=a.step.id if a.step else None,
                      step_version=a.step.version if a.step else None, params=schema_of(form, file.item.flow))
            for form in forms_of(file, people) if (a := form.action).verb in VERBS
        ],
    )


class VerbIn(Schema):
    """The parameters of a verb. ``expect`` is the version that the caller saw.

    In the ``have`` of a supplement a material is null (paper, which an office holds) or the id of an
    upload. In the ``answers`` of a delivery ``signature`` is strokes of points as they were drawn
    (``[[[x, y], …], …]``, up to 2000, eight points at least), ``signed`` and ``consent`` are ids of uploads.
    """

    params: dict[str, Any] = {}
    expect: int | None = None


@api.post("cases/{number}/{verb}", response={200: AnswerOut, **FAULTS}, summary="办理", description=(
    "办件的 actions 说现在能办哪些，各自的 params 怎么写。全部操作：\n\n" + verbs_told()))
def do(request: HttpRequest, number: Number, verb: str, body: VerbIn, key: Key = "") -> Any:
    """Carry out a verb."""
    actor = actor_of(request)
    if verb not in VERBS or verb == "receive":
        raise NotFound(f"没有“{verb}”这个操作", "现在能办的，写在这个办件的 actions 里")
    given = dict(body.params)
    if verb == "supplement" and isinstance(given.get("have"), dict):
        given["have"] = scans(given["have"], actor)
    try:
        params = checked_params(verb, given)
    except Invalid:
        # Whoever may not do it at all is told that, and not what it would have asked for.
        CaseFile.load(number, actor=actor, now=clock.now(), lock=False, sealed=True).require(verb)
        raise
    if "way" in (params.get("answers") or {}):
        params["answers"] = delivery.kept(params["answers"], actor)
    return VERBS[verb](
        number, actor=actor, now=clock.now(), key=key, expect=body.expect, **params
    ).as_dict()


api.add_router("", items.router)
api.add_router("", papers.router)
