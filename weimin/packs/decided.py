"""What was decided in the administration, written as a pack's exceptions.

The place as it is and the pack as it was published are compared office by office; where they
differ stands what is. Published elsewhere it makes the same place, here it changes nothing.
"""

import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml
from django.db.models import Prefetch, Q

from weimin.catalogue.models import PackArchive, PackVersion
from weimin.kernel.errors import NotFound
from weimin.network.models import Office, OfficeLine, Post
from weimin.packs import unfold
from weimin.packs.export import packed
from weimin.packs.read import Pack, read_pack

FILE = "exceptions.yaml"
_HEAD = "# 个别单位：模板之外的，以及和模板不一样的（含在管理界面上改的）。\n"


def published(version: int) -> tuple[str, bytes]:
    """A version as it was published: a name for the file, and its content.

    Raises NotFound for no version, and for one whose files were not kept.
    """
    found = PackArchive.objects.select_related("version").filter(pk=version).first()
    if found is None:
        raise NotFound("没有这一版的原件", "早期发布的版本没有留下原件；再发布一次同样的包就会留下")
    return f"{found.version.pack}-{found.version.number}.zip", bytes(found.content)


def current(today: date) -> tuple[str, bytes]:
    """The last version with everything that was decided in the administration since."""
    last = PackVersion.objects.order_by("-id").first()
    name, content = published(last.pk if last else 0)
    with tempfile.TemporaryDirectory(prefix="weimin-pack-") as folder:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            archive.extractall(folder)  # our own: it was read and linted before it was published
        pack = read_pack(Path(folder) / (last.pack if last else ""))
        if said := exceptions(pack, today):
            text = _HEAD + yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=100)
            content, _ = packed(pack.folder, {FILE: text.encode()})
            return name.replace(".zip", f"-{today:%Y%m%d}.zip"), content
    return name, content


def exceptions(pack: Pack, today: date) -> list[dict[str, Any]]:
    """An entry for every office that is not as the templates have it, those of the pack included."""
    plans = {plan.code: plan for plan in unfold.offices(pack)}
    written = {str(each["office"]): _plain(each) for each in pack.exceptions}
    for office in _offices(today):
        plan = plans.get(office.code)
        if plan is None and (office.pack or _over(office, today)):
            continue  # ended with its pack, or before anybody else could have it
        before = written.get(office.code, {"office": office.code})
        found = dict(_differences(office, plan, today))
        if found:
            found["posts"] = _merged(before.get("posts", []), found.get("posts", []))
            written[office.code] = {**before, **{k: v for k, v in found.items() if v or k != "posts"}}
    return [written[code] for code in sorted(written)]


def _offices(today: date) -> Iterator[Office]:
    at_work = Q(during__upper_inf=True) | Q(during__endswith__gt=today)
    yield from Office.objects.select_related("successor").prefetch_related(
        "windows", Prefetch("posts", Post.objects.order_by("pk")),
        Prefetch("officeline_set", OfficeLine.objects.filter(at_work).order_by("pk")),
    ).order_by("code")


def _over(office: Office, today: date) -> bool:
    return office.valid_to is not None and office.valid_to <= today


def _differences(
    office: Office, plan: unfold.OfficePlan | None, today: date
) -> Iterator[tuple[str, Any]]:
    """What is to be written of an office, beginning with its name."""
    for name in ("name", "kind", "supervises", "phone", "address", "reconsideration",
                 "document_word"):
        value = getattr(office, name)
        if value != (getattr(plan, name) if plan else "") and (value or plan):
            yield name, value
    if plan is None:
        yield "from", str(office.valid_from)
    if office.valid_to is not None and (plan is None or str(office.valid_to) != plan.last):
        yield "until", str(office.valid_to)
        if office.successor:
            yield "successor", office.successor.code
    if _over(office, today):
        return
    lines = list(_lines(office, today))
    if lines != (list(_planned(plan, today)) if plan else []):
        yield "lines", lines
    windows = len(office.windows.all())
    if windows and (plan is None or not office.pack) and windows != (plan.windows if plan else 0):
        yield "windows", windows
    if posts := list(_posts(office, plan)):
        yield "posts", posts


def _lines(office: Office, today: date) -> Iterator[Any]:
    """What it works for today and later, as it is written: with days where they are its own."""
    for row in sorted(office.officeline_set.all(), key=lambda row: row.line_id):
        first = str(row.during.lower) if row.during.lower > max(today, office.valid_from) else ""
        last = "" if row.during.upper in (None, office.valid_to) else str(row.during.upper)
        yield _line(row.line_id, first, last)


def _planned(plan: unfold.OfficePlan, today: date) -> Iterator[Any]:
    for line in sorted(plan.lines):
        first, last = plan.span(line)
        if not last or last > str(today):
            yield _line(line, first if first > max(str(today), plan.first) else "",
                        "" if last == plan.last else last)


def _line(key: str, first: str, last: str) -> Any:
    days = {name: value for name, value in (("from", first), ("until", last)) if value}
    return {"line": key, **days} if days else key


def _posts(office: Office, plan: unfold.OfficePlan | None) -> Iterator[dict[str, Any]]:
    planned = {post["key"]: post for post in plan.posts} if plan else {}
    for post in office.posts.all():
        before = planned.get(post.key)
        if post.valid_to is not None:
            if before is not None:
                yield {"key": post.key, "closed": True}
            continue
        now: dict[str, Any] = {"title": post.title, "roles": list(post.roles), "duty": post.on_duty}
        if before is not None:
            was = {"title": before["title"], "roles": list(before["roles"]),
                   "duty": bool(before.get("duty"))}
            now = {name: value for name, value in now.items() if value != was[name]}
        elif not post.on_duty:
            del now["duty"]
        if now:
            yield {"key": post.key, **now}


def _merged(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = {post["key"]: post for post in before}
    for post in now:
        found[post["key"]] = {**found.get(post["key"], {}), **post}
    return list(found.values())


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
