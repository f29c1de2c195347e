"""What every verb does around its own change: lock, may he, may it be, write, answer.

A verb is a function of a :class:`CaseFile` that changes it and records what happened. The
decorator makes it callable as ``accept(number, actor=…, now=…)`` and carries the ground rules:
re-read under lock, ask the table of actions, write rows and event in one statement, answer a
repeated request with the stored answer.
"""

import functools
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

from django.db import IntegrityError, connection, transaction

from weimin.cases import clocks
from weimin.cases.file import CaseFile, reply_key
from weimin.kernel.errors import KeyReused, Stale
from weimin.network.actor import Actor
from weimin.trail import chain
from weimin.trail.receipts import receipt


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a verb answers; the same again when the same request comes again."""

    number: str
    state: str
    version: int
    receipt: str  # of the last event: short enough for a QR code

    def as_dict(self) -> dict[str, Any]:
        """For the API and for keeping."""
        return {
            "number": self.number, "state": self.state, "version": self.version,
            "receipt": self.receipt,
        }


class Verb(Protocol):
    """A verb as everybody calls it."""

    __name__: str
    __doc__: str | None

    def __call__(
        self, number: str, /, *, actor: Actor, now: datetime, key: str = "",
        expect: int | None = None, occurred_at: datetime | None = None, late_entry: str = "",
        **params: Any,
    ) -> Answer: ...


VERBS: dict[str, Verb] = {}


def verb(title: str) -> Callable[[Callable[..., None]], Verb]:
    """Make a function of a case file a verb; ``title`` is what the timeline calls it."""

    def decorate(change: Callable[..., None]) -> Verb:
        name = change.__name__
        chain.register(**{name: title})
        on_step = "step" in inspect.signature(change).parameters

        @functools.wraps(change)
        def call(number: str, /, *, actor: Actor, now: datetime, key: str = "",
                 expect: int | None = None, occurred_at: datetime | None = None,
                 late_entry: str = "", **params: Any) -> Answer:
            asked = body_digest(name, number, params)
            try:
                with transaction.atomic():
                    file = CaseFile.load(
                        number, actor=actor, now=now, lock=True, verb=name, key=key,
                        sealed=True,
                    )
                    if stored := replayed(file.reply, asked):
                        return stored
                    if occurred_at is not None:
                        file.enter_late(occurred_at, late_entry)
                    file.require(name, params.get("step") if on_step else None)
                    if on_step:
                        _check_step(file, params["step"], expect)
                    else:
                        file.check_version(expect)
                    change(file, **params)
                    clocks.show(file)
                    answer = save(file, name, key, asked)
            except IntegrityError as error:
                raise translated(error) from error
            return answer

        VERBS[name] = call
        return call

    return decorate


def save(file: CaseFile, name: str, key: str, asked: bytes) -> Answer:
    """Write the file and keep the answer under its key."""
    answer = Answer(
        number=file.row["number"], state=file.row["state"], version=file.next_version,
        receipt=file.seal(),
    )
    if key:
        keep_reply(file, name, key, asked, answer)
    file.save()
    return answer


def body_digest(name: str, number: str, params: Mapping[str, Any]) -> bytes:
    """What makes two requests the same: the verb, the case and all that was said."""
    said = json.dumps([name, number, params], sort_keys=True, default=str, ensure_ascii=False)
    return sha256(said.encode()).digest()[:8]


def replayed(reply: Sequence[Any], asked: bytes) -> Answer | None:
    """The answer that this key already got, if it did.

    ``reply`` is the row of cases_reply: digest of what was asked then, case, event, version and
    state, or nothing but None. Raises KeyReused when the key came with another body.
    """
    before, case_id, seq, version, state = reply
    if before is None:
        return None
    if bytes(before) != asked:
        raise KeyReused("同一个请求编号带来了不同的内容", "请刷新页面后重新提交")
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED, [case_id, seq])
        number, hash_ = cursor.fetchone()
    return Answer(number=number, state=state, version=version,
                  receipt=receipt(number, seq, bytes(hash_)))


_ANSWERED = """
SELECT c.number, e.hash FROM cases_case c
  JOIN trail_event e ON e.subject_type = 'case' AND e.subject_id = c.id
 WHERE c.id = %s AND e.seq = %s
"""


def keep_reply(file: CaseFile, name: str, key: str, asked: bytes, answer: Answer) -> None:
    """Keep what was answered, in the same statement that does it."""
    file.batch.insert(
        "cases_reply",
        [{"key": reply_key(file.actor, name, key), "case_id": file.row["id"],
          "seq": file.links[-1].seq, "version": answer.version, "asked": asked,
          "state": answer.state}],
    )


def _check_step(file: CaseFile, step_id: int, expect: int | None) -> None:
    step = file.find_step(step_id)
    if expect is not None and expect != step.version:
        raise Stale("这个环节刚才有了变化", "请刷新页面，看看最新情况后再办理")


_CONSTRAINTS = {
    "one_open_pause": ("办件已经在暂停中", "请先恢复办理"),
    "one_lead_at_a_time": ("主办岗位同时被两人变更", "请刷新页面后重试"),
    "a_lead_post_keeps_a_holder": ("这个岗位还有未办结的办件", "请先移交办件，再变动人员"),
}


def translated(error: IntegrityError) -> Exception:
    """A broken constraint in words; one that we did not foresee stays as it is."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    if name in _CONSTRAINTS:
        return Stale(*_CONSTRAINTS[name])
    return error
