"""催办: whoever has a stake may ask for speed; it moves no date."""

from weimin.cases.file import CaseFile
from weimin.cases.verb import verb


@verb("催办")
def nudge(file: CaseFile, *, words: str = "") -> None:
    """Remind whoever holds the case now. Counted, shown, and nothing else changes.

    Once a day from each who may: somebody who presses again hears what the first time did, and
    the count says on how many days a case was asked about, not how often a button was pressed.
    """
    file.record("nudge", {"to": file.row["lead_post_id"]}, private={"words": words} if words else None)
