"""What more than one operation of the API speaks of: faults and case numbers."""

from typing import Annotated

from ninja import Path, Schema


class Problem(Schema):
    """An error: what happened and what to do."""

    code: str
    message: str
    remedy: str = ""
    fields: dict[str, str] | None = None


FAULTS = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem}
Number = Annotated[str, Path(pattern=r"^\d{11}$")]
