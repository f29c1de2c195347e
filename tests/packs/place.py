"""A copy of the demo's pack that a test changes and publishes again, as a county does."""

import csv
import hashlib
import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection

from tests.conftest import ROOT
from weimin.cases.models import Case, Duty, Step
from weimin.kernel import clock
from weimin.network.models import Holding
from weimin.packs.diff import diff
from weimin.packs.lint import lint
from weimin.packs.publish import Published, publish
from weimin.packs.read import read_pack
from weimin.trail.verify import verify


class Place:
    """The pack's files in a folder of the test's own."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(ROOT / "packs", folder / "packs")
        self.folder = folder / "packs" / "hengyang"

    def edit(self, file: str, before: str, after: str) -> None:
        """Replace the only place where that is written."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{before!r} stands {text.count(before)} times in {file}"
        path.write_text(text.replace(before, after), encoding="utf-8")

    def append(self, file: str, line: str) -> None:
        """One more line at the end."""
        path = self.folder / file
        path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + f"\n{line}\n", encoding="utf-8")

    def area(self, code: str, **values: str) -> None:
        """Write values into an area's row, or a new row."""
        path = self.folder / "areas.csv"
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            names, rows = list(reader.fieldnames or ()), list(reader)
        found = [row for row in rows if row["code"] == code]
        if not found:
            found = [dict.fromkeys(names, "") | {"code": code, "kind": "ordinary"}]
            rows += found
        found[0].update(values)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)

    def merge_town(self, town: str, into: str, on: str) -> None:
        """A town becomes part of another; each of its villages gets a new code there."""
        for number, village in enumerate(self.villages(town)):
            code = f"{into}{900 + number}"
            self.area(code, name=village["name"], valid_from=on)
            self.area(village["code"], valid_to=on, successor=code)
        self.area(town, valid_to=on, successor=into)

    def villages(self, town: str) -> list[dict[str, Any]]:
        """The rows of a town's villages."""
        return [dict(a) for a in read_pack(self.folder).areas
                if a["code"].startswith(town) and len(a["code"]) == 12]

    def faults(self) -> str:
        """What the linter says."""
        return "\n".join(map(str, lint(read_pack(self.folder))))

    def diff(self, now: datetime) -> str:
        """What the diff says on that day."""
        with clock.rehearsed(now):
            return "\n".join(diff(read_pack(self.folder)))

    def publish(self, now: datetime) -> Published:
        """Publish on that day."""
        with clock.rehearsed(now):
            return publish(read_pack(self.folder), now=now)


def everything() -> dict[str, str]:
    """A digest of every table."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            if not model.__module__.startswith("weimin."):
                continue
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
            found[table] = hashlib.sha256(json.dumps(cursor.fetchall()).encode()).hexdigest()
    return found


def must_hold(now: datetime) -> None:
    """One accountable post with a holder for every running case, nobody's work, whole chains."""
    today = clock.local(now).date()
    for case in Case.objects.exclude(state="closed"):
        assert Duty.objects.filter(case=case).latest("since").post_id == case.lead_post_id, case.number
        assert Holding.objects.filter(post=case.lead_post_id, deputy=False,
                                      during__contains=today).exists(), case.number
    assert not Step.objects.filter(state="open", office__valid_to__lte=today).exists()
    assert not Case.objects.exclude(state="closed").filter(office__valid_to__lte=today).exists()
    assert not Case.objects.exclude(state="closed").filter(receiver__valid_to__lte=today).exists()
    report = verify(keys=settings.KEYS)
    assert report.holds, report.broken
