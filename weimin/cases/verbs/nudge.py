"""催办: whoever has a stake may ask for speed; it moves no date."""

from weimin.cases.file import CaseFile
from weimin.cases.verb import verb


@verb("催办")
def nudge(file: CaseFile, *, words: str = "") -> None:
    """Remind whoever holds the case now. Counted, shown, and nothing else changes."""
    file.record("nudge", {"to": file.row["lead_post_id"]}, private={"words": words} if words else None)
