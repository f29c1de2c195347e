"""What an action asks for, as JSON Schema: programs build their forms from it and check before they send."""

import inspect
from collections.abc import Sequence
from functools import cache
from typing import Any, get_type_hints

import msgspec

from weimin.cases.verb import VERBS
from weimin.flow.graph import Flow
from weimin.flow.kinds import Ask, StepKind, kind_of
from weimin.web.desk.forms import Form

Schema = dict[str, Any]
_TYPES: dict[str, Schema] = {
    "text": {"type": "string"}, "date": {"type": "string", "format": "date"},
    "number": {"type": "integer"}, "bool": {"type": "boolean"}, "choice": {"type": "string"},
}
_SCAN: Schema = {"type": "string", "description": "上传的 id"}
_HANDED_IN: dict[str, Schema] = {  # kept as files, given as what becomes one
    "signature": {"type": "array", "description": "笔画的坐标 [[[x, y], …], …]：0 到 2000，至少 8 个点"},
    "signed": _SCAN, "consent": _SCAN,
}


def schema_of(form: Form, flow: Flow) -> Schema:
    """What ``params`` of this action may hold: its choices as the dialog offers them, and of a step
    what its kind wants to know.
    """
    action, schema = form.action, _of_verb(form.action.verb)
    schema = {**schema, "properties": {**schema["properties"], **_choices(form, schema["properties"])}}
    if action.step is None or "step" not in schema["properties"]:
        return schema
    said = {**schema["properties"], "step": {"const": action.step.id}}
    if "outcome" in said:
        spec = flow.steps[action.step.key]
        kind = kind_of(spec.kind)
        said["outcome"] = {"enum": list(kind.outcomes), "description": _words(kind.outcomes.items())}
        said["answers"] = _of_asks(spec.asks, kind)
    return {**schema, "properties": said}


def _choices(form: Form, properties: Schema) -> Schema:
    """What may be chosen, with its words; an amount of time as a program writes it."""
    found: Schema = {}
    for field in form.fields:
        name, kind = field["name"], properties.get(field["name"], {}).get("type")
        if field.get("options") and kind in ("string", "integer"):
            options = [(int(key) if kind == "integer" else key, words) for key, words in field["options"]]
            found[name] = {"type": kind, "enum": [key for key, _ in options], "description": _words(options)}
        elif name == "term":
            found[name] = {"type": "string", "description": f"如 10wd（工作日）、7d、1m；{field.get('hint', '')}"}
    return found


@cache
def _of_verb(verb: str) -> Schema:
    """From the verb's own signature, as :func:`checked_params` checks it."""
    change = inspect.unwrap(VERBS[verb])
    hints, properties, required = get_type_hints(change), {}, []
    for name, parameter in inspect.signature(change).parameters.items():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            properties[name] = msgspec.json.schema(hints[name])
            if parameter.default is inspect.Parameter.empty:
                required.append(name)
    return {"type": "object", "properties": properties, "required": required,
            "additionalProperties": False}


def _of_asks(asks: Sequence[Ask], kind: StepKind) -> Schema:
    """The answers that a step takes; what only some outcomes ask for says which."""
    always = [ask.key for ask in asks if ask.required and set(ask.when) >= set(kind.outcomes)]
    return {"type": "object", "properties": {ask.key: _of_ask(ask, kind) for ask in asks},
            "required": always}


def _of_ask(ask: Ask, kind: StepKind) -> Schema:
    schema = {**_TYPES[ask.type], "title": ask.label}
    when = [outcome for outcome in kind.outcomes if outcome in ask.when]
    if ask.options:
        schema |= {"enum": [key for key, _ in ask.options], "description": _words(ask.options)}
    elif ask.key in _HANDED_IN:
        schema |= _HANDED_IN[ask.key]
    elif len(when) < len(kind.outcomes):
        schema["description"] = f"outcome 是 {'、'.join(when)} 时填写"
    return schema


def _words(pairs: Any) -> str:
    return "；".join(f"{key} {title}" for key, title in pairs)


def verbs_told() -> str:
    """Every verb with its parameters, for the description of the API; ``?`` may be left out."""
    lines = []
    for verb, change in sorted(VERBS.items()):
        if verb == "receive":
            continue
        schema = _of_verb(verb)
        params = ", ".join(name if name in schema["required"] else f"{name}?"
                           for name in schema["properties"])
        told = (inspect.getdoc(inspect.unwrap(change)) or "").split("\n\n")[0].replace("\n", " ")
        lines.append(f"- `{verb}({params})`: {told}")
    return "\n".join(lines)
