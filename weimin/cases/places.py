"""The declared places of a case: where the household is registered, where somebody lives, the site."""

from typing import TYPE_CHECKING

from weimin.kernel.codes import division_level

if TYPE_CHECKING:
    from weimin.cases.file import CaseFile


def ancestors(code: str) -> list[str]:
    """The codes above an area, by its digits: what a code says when no row is at hand."""
    cuts = {"city": (4,), "county": (4, 6), "town": (4, 6, 9), "village": (4, 6, 9, 12)}
    return [code[:cut] for cut in cuts[division_level(code)]]


def path_of(file: "CaseFile", place: str) -> list[str]:
    """The path of another declared place of the case; its own place where none was declared."""
    declared = file.row["facts"].get(f"place.{place}")
    return ancestors(declared) if declared else file.area_path
