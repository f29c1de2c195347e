"""Publishing a pack: the place's areas, offices, items and delegations become rows.

Publishing is safe to repeat: what is the same stays, an item that changed gets a new version,
an office that is no longer named is ended and never deleted.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from weimin.catalogue.models import Delegation, Item, ItemVersion, PackVersion, Readiness
from weimin.kernel.clock import local
from weimin.kernel.codes import division_level
from weimin.kernel.errors import Invalid
from weimin.kernel.text import pinyin_key
from weimin.network.models import Area, Line, Office, OfficeLine, Post, Window
from weimin.packs import resolve
from weimin.packs.lint import lint
from weimin.packs.read import Pack
from weimin.trail import chain
from weimin.worktime.current import forget
from weimin.worktime.models import Decree, DecreedDay, OfficeHours

chain.register(publish="发布")

Say = Callable[[str], None]


@dataclass(kw_only=True)
class Published:
    """What a publication did."""

    version: int
    items: int = 0
    changed: list[str] = field(default_factory=list)  # codes of items with a new version
    withdrawn: list[str] = field(default_factory=list)


def publish(
    pack: Pack, *, now: datetime, account_id: int | None = None, note: str = "",
    say: Say = lambda text: None,
) -> Published:
    """Publish a pack that has no faults.

    Raises Invalid with all faults when it has any: nothing is published then.
    """
    faults = lint(pack)
    if faults:
        raise Invalid("\n".join(map(str, faults)), f"共 {len(faults)} 处，改正后再发布")
    with transaction.atomic():
        last = PackVersion.objects.filter(pack=pack.name).order_by("-number").first()
        version = PackVersion.objects.create(
            pack=pack.name, number=last.number + 1 if last else 1, digest=pack.digest,
            published_at=now, published_by_id=account_id, note=note,
        )
        say("区划、条线、单位……")
        _areas(pack)
        _calendar(pack)
        _offices(pack, local(now).date())
        say("事项、下放、就绪情况……")
        result = _items(pack, version)
        _delegations(pack)
        chain.append(
            chain.Subject("pack", version.pk),
            chain.Draft(
                verb="publish", occurred_at=now, account_id=account_id,
                data={"pack": pack.name, "number": version.number, "digest": pack.digest,
                      "changed": result.changed, "withdrawn": result.withdrawn},
            ),
        )
    forget()
    return result


def _areas(pack: Pack) -> None:
    names = {area["code"]: area["name"] for area in pack.areas}
    rows = []
    for area in sorted(pack.areas, key=lambda a: len(a["code"])):
        code = area["code"]
        ancestors = [code[:n] for n in (4, 6, 9) if n < len(code)]
        rows.append(
            Area(
                code=code, name=area["name"], level=division_level(code), kind=area["kind"],
                full_name="".join(names[a] for a in ancestors[1:]) + area["name"],
                sort_key=pinyin_key(area["name"]),
                parent_id=ancestors[-1] if ancestors else None,
                path="/" + "/".join([*ancestors, code]) + "/",
                valid_from=area["valid_from"], valid_to=area["valid_to"] or None,
                successor_id=area["successor"] or None, note=area["note"],
            )
        )
    Area.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["code"],
        update_fields=["name", "full_name", "sort_key", "kind", "valid_to", "successor", "note"],
    )


def _calendar(pack: Pack) -> None:
    digest = sha256(json.dumps([dict(day) for day in pack.calendar]).encode()).hexdigest()[:12]
    number = f"{pack.name}:{digest}"
    if not Decree.objects.filter(number=number).exists():
        decree = Decree.objects.create(
            title="放假安排（随包发布）", number=number, published_on=date.today()
        )
        DecreedDay.objects.bulk_create(
            [DecreedDay(date=d["date"], kind=d["kind"], name=d["name"], decree=decree)
             for d in {day["date"]: day for day in pack.calendar}.values()],
            update_conflicts=True, unique_fields=["date"],
            update_fields=["kind", "name", "decree"],
        )
    for hours in pack.head.get("office_hours", ()):
        month, day = map(int, hours["from"].split("-"))
        OfficeHours.objects.update_or_create(
            month=month, day=day, defaults={"opens": hours["opens"], "closes": hours["closes"]}
        )


def _offices(pack: Pack, today: date) -> None:
    Line.objects.bulk_create(
        [Line(key=line["code"], name=line["name"], order=n) for n, line in enumerate(pack.lines)],
        update_conflicts=True, unique_fields=["key"], update_fields=["name", "order"],
    )
    starts = {area["code"]: date.fromisoformat(area["valid_from"]) for area in pack.areas}
    plans = {plan.code: plan for plan in resolve.offices(pack)}
    known = set(Office.objects.values_list("code", flat=True))
    new = [plan for code, plan in plans.items() if code not in known]
    made = Office.objects.bulk_create(
        [Office(code=p.code, name=p.name, area_id=p.area, level=p.level, kind=p.kind,
                supervises=p.supervises, valid_from=starts[p.area]) for p in new]
    )
    ids = {office.code: office.pk for office in made}
    OfficeLine.objects.bulk_create(
        OfficeLine(office_id=ids[p.code], line_id=line, area_id=p.area,
                   during=DateRange(starts[p.area], None))
        for p in new for line in p.lines
    )
    Post.objects.bulk_create(
        Post(office_id=ids[p.code], key=post["key"], title=post["title"], roles=post["roles"],
             on_duty=bool(post.get("duty")))
        for p in new for post in p.posts
    )
    Window.objects.bulk_create(
        Window(office_id=ids[p.code], number=str(n), title=f"{n}号综合窗口")
        for p in new for n in range(1, p.windows + 1)
    )
    gone = known - set(plans)
    Office.objects.filter(code__in=gone, valid_to=None).update(valid_to=today)


def _items(pack: Pack, version: PackVersion) -> Published:
    result = Published(version=version.number, items=len(pack.items))
    current = {item.code: item for item in Item.objects.select_related("current")}
    for written in pack.items:
        data = resolve.item_data(pack, written)
        digest = digest_of(data)
        item = current.get(data["code"]) or Item.objects.create(code=data["code"])
        if item.current is not None and item.current.digest == digest:
            continue
        number = item.versions.count() + 1
        item.current = ItemVersion.objects.create(
            item=item, pack_version=version, number=number, name=data["name"], digest=digest,
            data=data,
        )
        item.save(update_fields=["current"])
        result.changed.append(item.code)
    named = {written["code"] for written in pack.items}
    for item in current.values():
        if item.current is not None and item.code not in named:
            item.current = None
            item.save(update_fields=["current"])
            result.withdrawn.append(item.code)
    return result


def digest_of(data: dict[str, Any]) -> str:
    """What makes two versions of an item the same."""
    return sha256(
        json.dumps(data, ensure_ascii=False, sort_keys=True).encode()
    ).hexdigest()


def _delegations(pack: Pack) -> None:
    ids = dict(Item.objects.filter(current__isnull=False).values_list("code", "id"))
    known = {
        (d.item_id, d.power, d.area_id, d.during.lower): d for d in Delegation.objects.all()
    }
    for row in pack.delegations:
        for item_id in _meant(row["item"], ids):
            during = DateRange(date.fromisoformat(row["from"]),
                               date.fromisoformat(row["to"]) if row["to"] else None)
            found = known.get((item_id, row["power"], row["area"], during.lower))
            if found is None:
                Delegation.objects.create(
                    item_id=item_id, power=row["power"], area_id=row["area"], level=row["level"],
                    kind=row["kind"], during=during, document=row["document"],
                )
            elif found.during.upper != during.upper:
                found.during = during
                found.save(update_fields=["during"])
    Readiness.objects.bulk_create(
        {
            (item_id, row["area"], row["power"]): Readiness(
                item_id=item_id, area_id=row["area"], power=row["power"],
                ready=row["ready"] == "yes", reason=row["reason"],
            )
            for row in pack.readiness for item_id in _meant(row["item"], ids)
        }.values(),
        update_conflicts=True, unique_fields=["item", "area", "power"],
        update_fields=["ready", "reason"],
    )


def _meant(code: str, ids: dict[str, int]) -> Iterable[int]:
    return ids.values() if code == "*" else [ids[code]]
