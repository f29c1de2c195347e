"""What a dialog answered, as the parameters of its verb."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from weimin.kernel.errors import Invalid
from weimin.kernel.text import whole_number


def params_of(verb: str, post: QueryDict) -> dict[str, Any]:
    """The parameters of a verb from its dialog's answers. Raises Invalid for no number."""
    reader = _PARAMS.get(verb)
    found = reader(post) if reader else {}
    if verb in ("complete", "done_outside", "return_to", "reassign"):
        found["step"] = _number(post, "step")
    return found


def _term(post: QueryDict) -> str:
    """How much is typed as a number; of what, the dialog knows."""
    count = re.sub(r"\s|个?工作日|天|日", "", unicodedata.normalize("NFKC", post.get("term", "")))
    return f"{count}{post.get('unit', '')}" if count.isascii() and count.isdigit() else post.get("term", "")


def _number(post: QueryDict, name: str) -> int:
    found = whole_number(post.get(name, ""))
    if found is None:
        raise Invalid(fields={name: _("请从列表中选择")})
    return found


def _answers(post: QueryDict) -> dict[str, Any]:
    return {key.removeprefix("answer-"): value for key, value in post.items()
            if key.startswith("answer-") and value}


def _missing(post: QueryDict) -> dict[str, Any]:
    said, mistaken = (str(post.get(name, "")).strip() for name in ("said", "mistaken"))
    unfilled = post.getlist("unfilled")
    if unfilled and not mistaken:
        raise Invalid(fields={"mistaken": _("请写明哪里不对，申请人照着改")})
    wrong = _prefixed(post, "wrong-")
    absent = {key: wrong.pop(key, _("未提供")) for key in post.getlist("missing")}
    return {"missing": absent, "wrong": wrong,
            "form": {**dict.fromkeys(unfilled, mistaken), **({"other": said} if said else {})}}


def _prefixed(post: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {key.removeprefix(prefix): value for key, value in post.items()
            if key.startswith(prefix) and value}


_PARAMS: dict[str, Callable[[QueryDict], dict[str, Any]]] = {
    "accept": lambda post: {"gaps": _prefixed(post, "gap-")},
    "notify_missing": _missing,
    "notify_again": lambda post: {**_missing(post), "reason": post.get("reason", "")},
    "supplement": lambda post: {"have": dict.fromkeys(post.getlist("have"))},
    "refuse": lambda post: {"reason": post.get("reason", "")},
    "upgrade": lambda post: {"reason": post.get("reason", "")},
    "end": lambda post: {"reason": post.get("reason", "")},
    "reopen": lambda post: {"reason": post.get("reason", "")},
    "withdraw": lambda post: {"reason": post.get("reason", "")},
    "complete": lambda post: {"outcome": post.get("outcome", ""), "answers": _answers(post)},
    "done_outside": lambda post: {"outcome": post.get("outcome", ""), "answers": _answers(post),
                                  "reason": post.get("why", "")},
    "return_to": lambda post: {"target": post.get("target", ""), "reason": post.get("reason", ""),
                               "straight_back": post.get("straight_back") == "1"},
    "revoke": lambda post: {"ground": post.get("ground", ""), "reason": post.get("reason", "")},
    "deliver_revocation": lambda post: {"answers": {}},  # the ways of delivery are read by themselves
    "suspend": lambda post: {"reason": post.get("reason", ""),
                             "expected": post.get("expected", ""), "note": post.get("note", "")},
    "extend": lambda post: {"term": _term(post), "reason": post.get("reason", "")},
    "hand_over": lambda post: {"post": _number(post, "post"), "reason": post.get("reason", "")},
    "transfer": lambda post: {"office": _number(post, "office"),
                              "reason": post.get("reason", "")},
    "reassign": lambda post: {"account": _number(post, "account") if post.get("account") else None,
                              "reason": post.get("reason", "")},
    "erase": lambda post: {"basis": post.get("basis", ""), "document": post.get("document", ""),
                           "reason": post.get("reason", ""), "sure": post.get("sure") == "1",
                           "exempt": post.get("exempt", "")},
    "restrict": lambda post: {key: post.get(key, "") for key in ("basis", "reason", "document")},
    "lift": lambda post: {key: post.get(key, "") for key in ("reason", "document")},
    "on_the_spot": lambda post: {"opinion": post.get("opinion", "").strip()},
    "correct": lambda post: {"facts": _prefixed(post, "fact-"), "reason": post.get("reason", "")},
    "rename": lambda post: {"person": _number(post, "person"),
                            **{key: post.get(key, "") for key in ("name", "ground", "reason")}},
    "call": lambda post: {"reached": post.get("reached") == "1", "note": post.get("note", "")},
    "nudge": lambda post: {"words": post.get("words", "")},
    "contest_card": lambda post: {"card": _number(post, "card"), "reason": post.get("reason", "")},
    "rule_on_card": lambda post: {"card": _number(post, "card"), "reason": post.get("reason", ""),
                                  "withdraw": post.get("withdraw") == "1"},
}


