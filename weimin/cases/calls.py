"""今天打电话: whom no message reaches, why he must hear something, and the words to say."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from weimin.cases.facts import unanswered
from weimin.cases.reading import visible_to
from weimin.catalogue.spec import ItemSpec, item_version
from weimin.flow.actions import OUTCOME_TITLES
from weimin.kernel.clock import local
from weimin.kernel.codes import group_case_number
from weimin.network.actor import Actor

PAGE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Called:
    """Somebody who may be called: the applicant or whoever acts for him."""

    role: str
    name: str
    phone: str  # masked; empty: none is known, somebody must go there
    person_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A call that is to be made."""

    number: str
    item: ItemSpec
    people: tuple[Called, ...]
    place: str
    reason: str
    words: str
    since: datetime
    tried: datetime | None  # when somebody last tried and did not reach him


# Told since the last thing that he must hear of: the notice, or the decision.
_SINCE = """coalesce(c.decided_at, (SELECT max(n.occurred_at) FROM trail_event n
 WHERE n.subject_type = 'case' AND n.subject_id = c.id AND n.verb IN ('notify_missing', 'notify_again')))"""
_CALLS = """
SELECT c.number, c.item_version_id, c.state, c.outcome, c.facts, a.full_name, {since} AS since,
       (SELECT max(e.occurred_at) FROM trail_event e WHERE e.subject_type = 'case'
         AND e.subject_id = c.id AND e.verb = 'call' AND e.occurred_at >= {since}),
       (SELECT json_agg(m.key) FROM cases_material m WHERE m.case_id = c.id AND m.state = 'missing'),
       (SELECT json_agg(json_build_array(p.role, r.name, r.phone_mask, r.id) ORDER BY p.role DESC, p.seq)
          FROM cases_party p JOIN registry_person r ON r.id = p.person_id
         WHERE p.case_id = c.id AND p.role <> 'member')
  FROM cases_case c JOIN network_area a ON a.code = c.area_id
 WHERE {seen} AND (c.office_id = ANY(%(offices)s) OR c.receiver_id = ANY(%(offices)s))
   AND (c.state = 'noticed' OR c.state = 'decided'
        AND EXISTS (SELECT FROM cases_step s WHERE s.case_id = c.id AND s.state = 'open'))
   AND NOT EXISTS (SELECT FROM cases_party p JOIN registry_person r ON r.id = p.person_id
        WHERE p.case_id = c.id AND r.phone_mask LIKE '1%%')
   AND NOT EXISTS (SELECT FROM trail_event e WHERE e.subject_type = 'case' AND e.subject_id = c.id
        AND e.verb = 'call' AND e.occurred_at >= {since}
        AND convert_from(e.body, 'UTF8')::json->'d'->>'reached' = 'true')
 ORDER BY since, c.id LIMIT %(page)s OFFSET %(skip)s
"""


def calls(actor: Actor, *, page: int = 1, size: int = PAGE) -> list[Call]:
    """What the actor's offices have to say to people whom no message reaches, the oldest first."""
    seen, params = visible_to(actor)
    with connection.cursor() as cursor:
        cursor.execute(_CALLS.format(seen=seen, since=_SINCE),
                       {**params, "offices": list(actor.offices), "page": size,
                        "skip": size * (page - 1)})
        return [_call(values) for values in cursor.fetchall()]


def _call(values: Any) -> Call:
    number, version_id, state, outcome, facts, place, since, tried, absent, people = values
    item = item_version(version_id)
    reason, words = (
        _noticed(item, number, absent or (), json.loads(facts)) if state == "noticed"
        else _decided(item, number, outcome))
    return Call(
        number=number, item=item, place=place, reason=reason, words=words, since=local(since),
        tried=tried and local(tried),
        people=tuple(Called(role=role, name=name, phone=phone or "", person_id=person)
                     for role, name, phone, person in people or ()),
    )


def _noticed(item: ItemSpec, number: str, absent: Any, facts: Any) -> tuple[str, str]:
    names = {m.key: m.name for m in item.materials}
    said = [*(names.get(key, key) for key in absent), *(f.label for f in unanswered(item, facts))]
    return "要补材料", (
        f"您申请的{item.called}（编号 {group_case_number(number)}）还要补：{'、'.join(said) or '见告知单'}。"
        "补齐就受理，到任何一个服务站都能补，不用再跑原窗口。")


def _decided(item: ItemSpec, number: str, outcome: str) -> tuple[str, str]:
    why = "，理由和怎样申请复议写在决定书里" if outcome == "denied" else ""
    return "结果已出", (
        f"您申请的{item.called}（编号 {group_case_number(number)}）有结果了：{OUTCOME_TITLES[outcome]}{why}。"
        "您可以到就近的服务站领取，也可以说个地址寄给您，或者我们送上门。")
