"""案卷: a closed case as one package that can be kept, read and verified without this system.

A folder with a cover and catalogue (卷内目录), every paper that was made and every scan that
was handed in, the record in words, the chain with its proof, checksums, and a program of one
file that checks all of it offline. 政务服务电子文件归档和电子档案管理办法 (国办发〔2023〕26号)
asks that what is filed be whole and usable; the words of the cover are those of DA/T 22-2015.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from django.conf import settings
from django.http import HttpRequest

from weimin import __version__
from weimin.cases import materials, reading
from weimin.cases.circumstances import taken_back
from weimin.cases.erasing import RETENTIONS, kept_until
from weimin.cases.file import CaseFile
from weimin.cases.written import ERASED
from weimin.documents.models import File, Paper
from weimin.documents.render import typesetter
from weimin.documents.store import path_of
from weimin.flow.actions import OUTCOME_TITLES
from weimin.kernel.clock import local, say_date, say_moment
from weimin.kernel.codes import group_case_number
from weimin.kernel.errors import WrongState
from weimin.network.models import Post
from weimin.trail import offline_check
from weimin.trail.export import proof_of
from weimin.web.desk import delivery
from weimin.web.desk.case import facts_of, person_of
from weimin.web.desk.trail import event_of
from weimin.web.papers import made, results
from weimin.web.printed import unsealed

# In the order in which they come to be: it decides between papers of the same day.
TITLES = {"receipt": "收件回执", "notice": "一次性告知书", "acceptance": "受理通知书",
          "extension": "延期通知书", "refusal": "不予受理决定书", "decision": "决定书",
          "certificate": "证照", "delivery": "送达回证", "revocation": "撤销、注销决定书",
          "revocation-delivery": "撤销、注销决定书的送达回证"}

# What was signed on paper, and comes as a scan.
_SIGNED = {"consent": "电子送达确认书", "signed": "签名、盖章的送达回证"}

README = """案卷 {number}

dossier.pdf        封面和卷内目录
papers/            文书，按形成时间；签章文书与送达时逐字节相同
scans/             申请人提交的材料的扫描件
application.txt    申请表填写的内容（证件号、电话、账号遮盖；原值在系统里加密保存）
trail.txt          办理经过，供人阅读
proof/trail.json   办理记录链：每条记录的原文、哈希、个人内容和承诺，签名的根
SHA256SUMS         每个文件的校验和
check.py           核验程序，只需要 Python 3，不联网：
                       python3 check.py . [系统外保存的 root-000001.json]

核验说明：
一、SHA256SUMS 说明包里的文件有没有变动；它本身可以被重做，所以还要看二和三。
二、记录链：每条记录的哈希 = SHA-256（上一条的哈希 ‖ 旁列 ‖ 正文），第一条的上一条是 32 个零字节。
三、签名的根把链的末端固定下来。请与系统外（档案馆、其他部门、纸上）保存的根核对：数字一致，
    说明从取根那天起这条链没有被改写。居民手中的存证码也能核对其中任何一条。
个人内容依法删除的，记录里写明删除的依据和时间，链照样能核验。
由 为民 {version} 制作于 {made}。
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One file of the package."""

    name: str
    content: bytes
    title: str = ""  # in the catalogue; empty: it is not listed there
    number: str = ""
    maker: str = ""
    on: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Made:
    """A paper before it has its place in the package; ``kept`` is the signed file."""

    on: date
    form: str
    maker: str
    number: str = ""
    title: str = ""
    kept: File | None = None
    seq: int | None = None  # the event that made it


def write(out: ZipFile, file: CaseFile, request: HttpRequest) -> None:
    """Put the package of a closed case into a zip, in a folder of its number.

    Raises WrongState for a case that is not closed, or whose content was erased.
    """
    if file.state != "closed":
        raise WrongState("办件还没有办结", "办结后再归档")
    if file.applicant == ERASED:
        raise WrongState("这个办件的个人信息已依法删除，不能再归档")
    listed = [*_papers(file, request), *_scans(file)]
    entries = [
        Entry(name="dossier.pdf", content=_cover(file, listed)), *listed,
        Entry(name="application.txt", content=_text(_application(file))),
        Entry(name="trail.txt", content=_text(_story(file))),
        Entry(name="proof/trail.json", content=_proof(file)),
        Entry(name="check.py", content=Path(offline_check.__file__).read_bytes()),
        Entry(name="README.txt", content=README.format(
            number=file.number, version=__version__, made=say_moment(file.now)).encode()),
    ]
    sums = "".join(f"{hashlib.sha256(e.content).hexdigest()}  {e.name}\n" for e in entries)
    for entry in [*entries, Entry(name="SHA256SUMS", content=sums.encode())]:
        packed = ZIP_STORED if entry.name.endswith(".pdf") else ZIP_DEFLATED
        out.writestr(f"{file.number}/{entry.name}", entry.content, compress_type=packed)


def _papers(file: CaseFile, request: HttpRequest) -> Iterator[Entry]:
    """What was made for the case, in the order of its dates.

    A result that nobody had asked for is sealed now: it is dated as it was decided, and the seal
    says when it was put.
    """
    for form in results(file):
        made(request, file, form)
    receiver = file.routes.office_names[file.receiver_id]
    there = [_Made(on=local(file.received_at).date(), form="receipt", maker=receiver)]
    for form, told in reversed(unsealed(reading.happenings(file.id))):
        there.append(_Made(on=local(told.at).date(), form=form, number=told.data["document"],
                           maker=file.routes.office_names[told.data["organ"]], seq=told.seq))
    sealed = Paper.objects.filter(case_id=file.id, form__startswith="sealed ", file__isnull=False)
    for row in sealed.select_related("file").order_by("made_at", "id"):
        said, form = row.data, row.form.removeprefix("sealed ").split(":", 1)[0]
        there.append(_Made(on=date.fromisoformat(said["on"]), form=form, number=row.number,
                           maker=said["organ"], title=said["title"], kept=row.file))
    if (done := delivery.last(file)) is not None and done.answers and done.done_at:
        there.append(_Made(on=local(done.done_at).date(), form="delivery", maker=receiver))
    back = taken_back(file)
    if back is not None and (handed := (back.answers or {}).get("handed")):
        there.append(_Made(on=local(datetime.fromisoformat(handed["at"])).date(), maker=receiver,
                           form="revocation-delivery"))
    order = list(TITLES)
    for place, paper in enumerate(sorted(there, key=lambda paper: (paper.on, order.index(paper.form))), start=1):
        pdf = path_of(paper.kept.digest).read_bytes() if paper.kept else \
            made(request, file, paper.form, paper.seq)
        yield Entry(name=f"papers/{place:02}-{paper.form}.pdf", content=pdf, number=paper.number,
                    title=paper.title or TITLES[paper.form], maker=paper.maker, on=paper.on)


def _scans(file: CaseFile) -> Iterator[Entry]:
    rows = reading.material_rows(file.id)
    names = {spec.key: spec.name for spec in materials.wanted(file)}
    kept = File.objects.in_bulk([row["file"] for row in rows.values() if row["file"]])
    for place, (key, row) in enumerate(sorted(rows.items()), start=1):
        if (scan := kept.get(row["file"])) is None:
            continue
        end = scan.media_type.rsplit("/", 1)[-1].replace("jpeg", "jpg")
        yield Entry(name=f"scans/{place:02}-{key}.{end}", title=names.get(key, key),
                    content=path_of(scan.digest).read_bytes(), maker="申请人",
                    on=local(scan.stored_at).date())
    signed = Paper.objects.filter(case_id=file.id, form__in=_SIGNED, file__isnull=False)
    for place, paper in enumerate(signed.select_related("file").order_by("id"), start=len(rows) + 1):
        assert paper.file is not None
        yield Entry(name=f"scans/{place:02}-{paper.form}.pdf", title=_SIGNED[paper.form], maker="申请人",
                    content=path_of(paper.file.digest).read_bytes(), on=local(paper.made_at).date())


def _cover(file: CaseFile, listed: Iterable[Entry]) -> bytes:
    closed = local(file.row["closed_at"]).date()
    words, letter, _ = RETENTIONS[file.item.retention]
    until = kept_until(file.item, file.row["closed_at"])
    lead = Post.objects.select_related("office").get(pk=file.row["lead_post_id"])
    data: dict[str, Any] = {
        "demo": settings.DEMO, "organ": file.routes.office_names[file.office_id],
        "case_no": group_case_number(file.number), "item": file.item.name,
        "applicant": file.applicant or "某单位", "year": closed.year,
        "retention": f"{words}（{letter}）" + (f"，保管到{say_date(until)}" if until else ""),
        "began": local(file.received_at).date(), "ended": closed,
        "outcome": OUTCOME_TITLES[file.outcome], "accountable": f"{lead.office.name} {lead.title}",
        "papers": [
            {"title": e.title, "number": e.number or None, "maker": e.maker, "on": e.on,
             "file": e.name} for e in listed
        ],
        "notes": ["只在纸上核验、没有扫描的材料不在卷内；收到过哪些，见收件回执。",
                  "办理记录和核验方法见 README.txt。"],
    }
    return typesetter().typeset("dossier", data).pdf


def _application(file: CaseFile) -> Iterator[str]:
    yield f"{file.item.name}（{file.item.code} 第 {file.item.number} 版）"
    for someone in reading.parties(file.id):
        said = person_of(someone)
        yield "，".join(filter(None, (f"{said['role']} {said['name']}", said["identity"],
                                     said["phone"], said["paper"])))
    for fact in facts_of(file):
        yield f"{fact['label']}：{fact['value']}"


def _story(file: CaseFile) -> Iterator[str]:
    for event in reversed(reading.happenings(file.id)):
        said = event_of(event, file.item)
        yield f"{event.seq}. {said['at']} {said['what']} {said['who']}（{event.mark}）"
        if said["said"]:
            yield f"    {said['said']}"


def _proof(file: CaseFile) -> bytes:
    said = proof_of(file.subject, keys=settings.KEYS)
    return json.dumps({"number": file.number, **said}, ensure_ascii=False, indent=1).encode()


def _text(lines: Iterable[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()
