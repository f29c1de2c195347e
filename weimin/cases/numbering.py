"""文号 of a case's papers: given by the verb that makes the paper, and said in its event.

So the number on the paper, in the trail and on the screen are one, whoever prints it and when.
"""

from typing import TYPE_CHECKING, Any

from weimin.documents.numbers import give_number

if TYPE_CHECKING:
    from weimin.cases.file import CaseFile


def numbered(file: "CaseFile", form: str, office_id: int | None = None) -> dict[str, Any]:
    """What an event says of the paper that its verb makes: its number, and whose it is.

    The office is the competent one where none is named.
    """
    organ = office_id or file.row["office_id"]
    return {"document": give_number(organ, form, file.today), "organ": organ}
