"""电话告知: somebody whom no message reaches is told in person, and that leaves a trace."""

from weimin.cases.file import CaseFile
from weimin.cases.verb import verb


@verb("电话告知")
def call(file: CaseFile, *, reached: bool = True, note: str = "") -> None:
    """The applicant or his helper was called or visited; ``reached`` is whether he was told.

    Who was not reached stays on the list of today's calls. No date moves.
    """
    file.record("call", {"reached": reached}, private={"note": note.strip()} if note.strip() else None)
