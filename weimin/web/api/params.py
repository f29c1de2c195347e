"""The parameters of a verb as JSON brings them: checked against the verb's own signature."""

import inspect
from collections.abc import Mapping
from typing import Any, get_type_hints

import msgspec

from weimin.cases.verb import VERBS
from weimin.kernel.errors import Invalid


def checked_params(verb: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters, each of the type that the verb declares.

    Raises Invalid for a parameter that the verb does not have, lacks, or has of another type.
    What surrounds every verb (who, when, late entries) is not a parameter and can't be given.
    """
    change = inspect.unwrap(VERBS[verb])
    hints = get_type_hints(change)
    known = {
        name: parameter for name, parameter in inspect.signature(change).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    wrong = {name: "没有这个参数" for name in given if name not in known}
    kept: dict[str, Any] = {}
    for name, parameter in known.items():
        if name not in given:
            if parameter.default is inspect.Parameter.empty:
                wrong[name] = "缺少这个参数"
            continue
        try:
            kept[name] = msgspec.convert(given[name], hints[name])
        except msgspec.ValidationError as error:
            wrong[name] = f"类型不对：{error}"
    if wrong:
        raise Invalid(fields=wrong)
    return kept
