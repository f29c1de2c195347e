"""Forms as PDF: Typst, our own templates, fonts from a wheel.

The layout is that of GB/T 9704-2012 (党政机关公文格式) where a form is an official
document; ``forms/base.typ`` holds all of it once. The standard's typefaces (小标宋,
仿宋_GB2312, 楷体, 黑体) are not free: we set Noto Serif SC and Noto Sans SC (SIL OFL
1.1) in their place and thicken the titles, and take the real ones if the place owns
them and names their folder in ``WEIMIN_FONTS``.

Data reach Typst as JSON strings and are never evaluated as markup, so nothing a
resident types can run. The same data give the same bytes: no clock is read here.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

import pylopdf_fonts_zh_cn
import segno
import typst

from weimin.documents.glyphs import Coverage
from weimin.documents.shapes import FORMS, Point, fit

_TEMPLATES = Path(__file__).parent / "forms"

#: For each part that GB/T 9704-2012 (5.2.2) plays: the standard's face under the
#: names it is sold by, then ours.
_ROLES: Mapping[str, tuple[str, ...]] = {
    "title": ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "方正小标宋简体"),
    "body": ("FangSong_GB2312", "仿宋_GB2312", "FangSong", "STFangsong"),
    "kai": ("KaiTi_GB2312", "楷体_GB2312", "KaiTi", "STKaiti"),
    "song": ("SimSun", "STSong"),
    "hei": ("SimHei", "STHeiti"),
}
_OURS = {"hei": ("Noto Sans SC", "Noto Serif SC")}
_OURS_ELSE = ("Noto Serif SC", "Noto Sans SC")


class BadFormData(ValueError):
    """The data do not fit the form; ``faults`` lists everything that is wrong."""

    def __init__(self, form: str, faults: Sequence[str]) -> None:
        super().__init__(f"{form}: " + "; ".join(faults))
        self.faults = tuple(faults)


class MissingGlyphs(ValueError):
    """Characters that no font here draws, where a 〓 in their place will not do."""

    def __init__(self, chars: frozenset[str]) -> None:
        listed = "、".join(f"{_code_point(c)}" for c in sorted(chars))
        super().__init__(f"no font draws {listed}: add one to WEIMIN_FONTS")
        self.chars = chars


@dataclass(frozen=True, kw_only=True)
class SealPlace:
    """Where a seal goes: page from 0, centre and diameter in PDF points from below left."""

    page: int
    x: float
    y: float
    diameter: float = 42 / 25.4 * 72  # 4.2 cm, 国发〔1999〕25号
    office: str = ""


@dataclass(frozen=True, kw_only=True)
class Printed:
    pdf: bytes
    seals: tuple[SealPlace, ...]  # the places the form keeps for a seal
    missing: frozenset[str]  # printed as 〓 with their code point


class Typesetter:
    """Fonts, their coverage and one warm compiler per form.

    A compiler remembers its last inputs, so compiling and asking it are one locked
    step. Make it after forking: Typst's threads do not survive a fork.
    """

    def __init__(self, extra_fonts: Sequence[Path] = ()) -> None:
        folders = [pylopdf_fonts_zh_cn.serif_path().parent, *extra_fonts]
        self._fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=folders
        )
        self.coverage = Coverage(_font_files(folders))
        self._faces = json.dumps(_faces(self._fonts.families()))
        self._compilers: dict[str, typst.Compiler] = {}
        self._lock = Lock()

    def typeset(self, form: str, data: Mapping[str, Any], *, mark: bool = True) -> Printed:
        """The form as PDF with its seal places; ``mark=False`` refuses missing glyphs."""
        inputs, missing = self._inputs(form, data)
        if missing and not mark:
            raise MissingGlyphs(missing)
        with self._lock:
            compiler = self._compiler(form)
            pdf = compiler.compile(format="pdf", sys_inputs=inputs)
            found = json.loads(compiler.query("<seal>", field="value"))
        assert isinstance(pdf, bytes)
        return Printed(pdf=pdf, seals=tuple(map(_place, found)), missing=missing)

    def preview(self, form: str, data: Mapping[str, Any], *, ppi: int = 96) -> list[bytes]:
        """Each page as PNG."""
        inputs, _ = self._inputs(form, data)
        with self._lock:
            pages = self._compiler(form).compile(format="png", ppi=ppi, sys_inputs=inputs)
        return pages if isinstance(pages, list) else [pages or b""]

    def draw(self, template: str, data: Mapping[str, Any]) -> bytes:
        """A template of ours that is not a form (the seal's picture), as PDF."""
        inputs = {"data": json.dumps(data), "fonts": self._faces}
        with self._lock:
            pdf = self._compiler(template).compile(format="pdf", sys_inputs=inputs)
        assert isinstance(pdf, bytes)
        return pdf

    def _compiler(self, form: str) -> typst.Compiler:
        if form not in self._compilers:
            self._compilers[form] = typst.Compiler(
                input=_TEMPLATES / f"{form}.typ",
                root=_TEMPLATES,
                font_paths=self._fonts,
                ignore_system_fonts=True,
            )
        return self._compilers[form]

    def _inputs(self, form: str, data: Mapping[str, Any]) -> tuple[dict[str, str], frozenset[str]]:
        if form not in FORMS:
            raise BadFormData(form, [f"no such form; there are {', '.join(FORMS)}"])
        missing: set[str] = set()
        fitted, faults = fit(data, FORMS[form], partial(self._mark, seen=missing))
        if faults:
            raise BadFormData(form, faults)
        written = ink(data.get("strokes") or []) or data.get("signature")
        pictures = {"qr_svg": _qr(data.get("qr")), "ink_svg": written,
                    "witness_svg": data.get("witness_signature")}
        printed = {**fitted, **pictures, "lacking": [_code_point(c) for c in sorted(missing)]}
        return {"data": json.dumps(printed), "fonts": self._faces}, frozenset(missing)

    def _mark(self, text: str, *, seen: set[str]) -> str:
        """Put 〓〔U+20BB7〕 for what cannot be printed; base.typ draws a box around it."""
        missing = self.coverage.missing(text)
        seen |= missing
        for char in missing:
            text = text.replace(char, f"〓〔{_code_point(char)}〕")
        return text


def _code_point(char: str) -> str:
    return f"U+{ord(char):04X}"


def _font_files(folders: Sequence[Path]) -> list[Path]:
    suffixes = {".otf", ".ttf", ".ttc", ".otc"}
    files = (file for folder in folders for file in sorted(folder.rglob("*")))
    return [file for file in files if file.suffix.lower() in suffixes]


def _faces(families: Sequence[str]) -> dict[str, Any]:
    """The families per role, best first, and whether the title must be thickened."""
    here = {family.lower() for family in families}
    faces: dict[str, Any] = {
        role: [name for name in wanted if name.lower() in here] + list(_OURS.get(role, _OURS_ELSE))
        for role, wanted in _ROLES.items()
    }
    return {**faces, "thicken": faces["title"][0] == _OURS_ELSE[0]}


def _place(found: Mapping[str, Any]) -> SealPlace:
    """Typst counts pages from 1 and points from the top; all forms with seals are A4."""
    height = float(found["height"])
    return SealPlace(
        page=int(found["page"]) - 1,
        x=float(found["x"]),
        y=height - float(found["y"]),
        office=str(found["office"]),
    )


def _qr(text: str | None) -> str | None:
    """The code as SVG; error correction Q survives the demo mark and a fold."""
    if not text:
        return None
    out = io.BytesIO()
    segno.make(text, error="q", micro=False).save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue().decode()


def ink(strokes: Sequence[Sequence[Point]]) -> str | None:
    """A signature on the screen as SVG, drawn by us from points: no markup comes in."""
    drawn = [stroke for stroke in strokes if len(stroke) > 1]
    if not drawn:
        return None
    xs, ys = zip(*(point for stroke in drawn for point in stroke), strict=True)
    box = f"{min(xs) - 4} {min(ys) - 4} {max(xs) - min(xs) + 8} {max(ys) - min(ys) + 8}"
    lines = "".join(
        f'<polyline points="{" ".join(f"{x},{y}" for x, y in stroke)}"/>' for stroke in drawn
    )
    style = 'fill="none" stroke="#111" stroke-width="3" stroke-linecap="round"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}"><g {style}>{lines}</g></svg>'


@lru_cache(maxsize=1)
def typesetter() -> Typesetter:
    """This process's typesetter, with the place's own fonts if ``WEIMIN_FONTS`` names them."""
    own = os.environ.get("WEIMIN_FONTS")
    return Typesetter([Path(own)] if own else [])


def render(form: str, data: Mapping[str, Any]) -> bytes:
    """The form as PDF; see :mod:`weimin.documents.shapes` for what each needs."""
    return typesetter().typeset(form, data).pdf


def missing_glyphs(text: str) -> set[str]:
    """Ask before printing a name: what would appear as 〓."""
    return typesetter().coverage.missing(text)
