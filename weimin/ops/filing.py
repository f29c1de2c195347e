"""归档 from the command line: the closed cases of one office and year in one zip."""

from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import click
from django.conf import settings
from django.http import HttpRequest

from weimin.cases import reading
from weimin.cases.file import CaseFile
from weimin.kernel import clock
from weimin.kernel.errors import WeiminError
from weimin.network.actor import SYSTEM
from weimin.network.models import Office
from weimin.ops.errors import OpsError
from weimin.trail.models import Reveal
from weimin.web import dossier


def file_year(target: Path, office: str, year: int, say: Callable[[str], object]) -> None:
    """Write every dossier of that office and year; one case in memory at a time.

    What can't be filed is named and goes into the zip's index. Raises OpsError for an unknown
    office, or a file that is there already.
    """
    found = Office.objects.filter(code=office).first()
    if found is None:
        raise OpsError(f"没有单位 {office}", "请核对单位编码，见“管理 · 单位”")
    if target.exists():
        raise OpsError(f"{target} 已经存在", "换一个文件名，或先移走它")
    numbers = reading.closed_in(found.pk, year)
    part, skipped = target.with_name(target.name + ".part"), []
    with ZipFile(part, "w") as out:
        with click.progressbar(numbers, label="归档") as bar:
            for number in bar:
                if said := _one(out, number):
                    skipped.append(f"{number}\t{said}")
        out.writestr("index.txt", "\n".join([f"{len(numbers) - len(skipped)} 卷", *skipped]) + "\n")
    part.replace(target)
    say(f"{found.name} {year} 年：{len(numbers) - len(skipped)} 卷，{target}")
    for line in skipped:
        say(click.style(f"✗ {line}", fg="red"))


def _one(out: ZipFile, number: str) -> str:
    """File one case; why not, when it can't be."""
    try:
        file = CaseFile.load(number, actor=SYSTEM, now=clock.now(), lock=False)
        dossier.write(out, file, _nobody())
    except WeiminError as error:
        return error.message
    Reveal.objects.create(subject_type="case", subject_id=file.id, what="dossier",
                          purpose="归档（命令行）")
    return ""


def _nobody() -> HttpRequest:
    """What the papers ask for the address that they print."""
    request = HttpRequest()
    host = next((h for h in settings.ALLOWED_HOSTS if h != "*"), "localhost")
    request.META = {"SERVER_NAME": host, "SERVER_PORT": "80"}
    return request
