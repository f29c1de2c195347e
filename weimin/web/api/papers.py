"""What goes in and out as a file, and what a resident thinks of it: scans, papers, ratings."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, File, Path, Router, Schema, Status
from ninja.files import UploadedFile

from weimin.documents import uploads
from weimin.documents.store import LARGEST, store_scan
from weimin.documents.uploads import Owner
from weimin.kernel import clock
from weimin.kernel.errors import Invalid
from weimin.network.actor import Actor
from weimin.voice.rate import rate
from weimin.web import papers
from weimin.web.api.shapes import FAULTS, Number
from weimin.web.page import actor_of

router = Router()


class UploadOut(Schema):
    """A page or a PDF that waits for a day for the request that names it."""

    id: str
    name: str
    size: int
    media_type: str


@router.post("uploads", response={200: UploadOut, **FAULTS}, summary="上传扫描件")
def upload(request: HttpRequest, file: File[UploadedFile]) -> Any:
    """One picture (JPEG, PNG, HEIC …) or PDF of at most 20 MB; the same bytes again are the same id."""
    if not file.size or file.size > LARGEST:
        raise Invalid(f"文件应在 {LARGEST // 2**20} MB 以内，且不能是空的", "请降低扫描分辨率后再传")
    owner = Owner(account_id=actor_of(request).account_id or 0)
    kept = uploads.keep_whole(owner, content=file.read(), name=file.name or "", now=clock.now())
    return UploadOut(id=kept.pk, name=kept.name, size=kept.size, media_type=kept.media_type)


def scans(said: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Materials with their uploads (``id`` or ``id id:90``) as files; what is no upload stays.

    Raises Invalid for an upload that is not this account's, has expired or is not whole.
    """
    now = clock.now()
    return {
        key: store_scan(uploads.take(actor.account_id or 0, value, now), now=now,
                        account_id=actor.account_id).pk if isinstance(value, str) else value
        for key, value in said.items()
    }


@router.get(
    "cases/{number}/papers/{form}", response=FAULTS, summary="文书（PDF）",
    openapi_extra={"responses": {200: {"description": "PDF", "content": {"application/pdf": {}}}}},
)
def paper(request: HttpRequest, number: Number, form: Annotated[str, Path(max_length=40)]) -> HttpResponse:
    """A paper of a case: which ones there are stands in its ``papers``; results are sealed."""
    return papers.paper(request, number, form)


class RatingIn(Schema):
    """What a resident thinks of one contact; which may be rated stands in the case's ``contacts``."""

    number: str = Field(pattern=r"^\d{11}$")
    contact: int = Field(ge=1, le=2**31 - 1)
    level: int = Field(ge=1, le=5, description="5 非常满意 … 1 非常不满意")
    words: str = Field("", max_length=500)


@router.post("ratings", response={204: None, **FAULTS}, summary="评价一次服务")
def rate_contact(request: HttpRequest, body: RatingIn) -> Any:
    """For the applicant; once for each contact."""
    rate(body.number, actor=actor_of(request), now=clock.now(), contact=body.contact,
         level=body.level, words=body.words.strip(), channel="web")
    return Status(204, None)
