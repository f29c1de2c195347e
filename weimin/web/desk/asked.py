"""The item's own form in the dialogs of a case: each answer asked as at intake, with what is kept."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from weimin.cases.facts import shown, unanswered
from weimin.cases.file import CaseFile
from weimin.catalogue.routes import area_name, villages_of
from weimin.catalogue.spec import Field

# They stand with the applicant, and a table of rows has no place in a dialog.
STANDARD = ("name", "id_number", "phone")
_SECRET = ("id-number", "phone", "bank-account")


def fields_of(file: CaseFile) -> list[Field]:
    """What can be asked of a case again."""
    return [f for f in file.item.form if f.key not in STANDARD and f.type != "table"]


def open_fields(file: CaseFile) -> list[Field]:
    """What was left open though the item requires it."""
    absent = unanswered(file.item, file.row["facts"])
    return [field for field in fields_of(file) if field in absent]


def asked(file: CaseFile, field: Field) -> dict[str, Any]:
    """One field as a dialog asks it; what identifies is never filled in, only shown masked."""
    kept = file.row["facts"].get(field.key)
    found = {"name": f"fact-{field.key}", "label": field.label, "hint": field.hint or None,
             "optional": not field.required, "value": kept if kept is not None else ""}
    if field.type == "bool":
        return found | {"kind": "radios", "inline": True, "value": {True: "true", False: "false"}.get(kept),
                        "options": [("true", _("是")), ("false", _("否"))]}
    if field.type == "choice" and field.multiple:
        return found | {"name": f"facts-{field.key}", "kind": "checkboxes", "options": field.options,
                        "value": kept or []}
    if field.type == "choice":
        return found | {"kind": "radios" if len(field.options) < 7 else "select",
                        "options": field.options}
    if field.type == "area":
        return found | {"kind": "select", "options": _places(file, kept)}
    if field.type in _SECRET and kept:
        return found | {"value": "", "optional": True,
                        "hint": _("现在是 {}；不改就空着").format(shown(kept))}
    return found


def _places(file: CaseFile, kept: str | None) -> list[tuple[str, str]]:
    """The villages of the case's own town, and the one that was chosen wherever it lies."""
    found = list(villages_of(file.area_path[-2])) if len(file.area_path) > 1 else []
    if kept and kept not in dict(found):
        found.insert(0, (kept, area_name(kept)))
    return found


def said(post: QueryDict) -> dict[str, Any]:
    """The answers that came back; what was left empty is not among them."""
    one = {key.removeprefix("fact-"): value for key, value in post.items()
           if key.startswith("fact-") and value}
    many = {key.removeprefix("facts-"): [v for v in post.getlist(key) if v] for key in post
            if key.startswith("facts-")}
    return one | many
