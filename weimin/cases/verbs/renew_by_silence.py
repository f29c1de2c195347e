"""视为准予延续: the permit expired before anybody decided on its renewal."""

from weimin.cases.circumstances import renewal_expires
from weimin.cases.effects import settle
from weimin.cases.file import CaseFile
from weimin.cases.numbering import numbered
from weimin.cases.verb import verb
from weimin.flow.transitions import granted_by_law


@verb("视为准予延续")
def renew_by_silence(file: CaseFile) -> None:
    """Grant a renewal that was not decided when the permit expired (行政许可法 art. 50(2)).

    The system does it on the day after the last day; the certificate is made as after any
    decision, and the decision clocks say whether the office was late.
    """
    plan = granted_by_law(file.item.flow, file.facts, file.pure_steps)
    for pause in file.pauses:
        if pause.ended is None:
            pause.end(file.today)
    settle(file, "granted")
    opened = file.carry_out(plan)
    file.record("renew_by_silence", {
        "decided": "granted", "by_law": "行政许可法第五十条", "opened": opened,
        "expired": str(renewal_expires(file)), **numbered(file, "decision"),
    })
