"""From an account to the actor, in one query: his post, his office, and whom he deputises for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from weimin.kernel.errors import NotFound
from weimin.network.actor import Actor

# What makes an actor, as a sub-select that a query of sessions can join: the expressions for
# account, post and day are filled in by the caller, never values.
_ACTING = """
SELECT a.id, a.name, p.id AS post_id, p.title, p.roles, o.id AS office_id, o.name AS office_name,
       o.level, ar.path, ar.full_name,
       ARRAY(SELECT line_id FROM network_office_line l
              WHERE l.office_id = o.id AND l.during @> {day}) AS lines,
       ARRAY(SELECT concat_ws(':', p2.id, p2.office_id, array_to_string(p2.roles, ','))
               FROM network_holding h2
               JOIN network_post p2 ON p2.id = h2.post_id
              WHERE h2.account_id = a.id AND h2.deputy AND h2.during @> {day}
              UNION ALL
             SELECT concat_ws(':', p.id, old.id, array_to_string(p.roles, ','))
               FROM (WITH RECURSIVE before AS (
                     SELECT id, valid_to FROM network_office WHERE successor_id = o.id
                     UNION SELECT n.id, n.valid_to FROM network_office n
                     JOIN before ON n.successor_id = before.id)
                     SELECT id FROM before WHERE valid_to <= {day}) old) AS deputised
  FROM network_account a
  JOIN network_holding h ON h.account_id = a.id AND NOT h.deputy AND h.during @> {day}
  JOIN network_post p ON p.id = h.post_id
  JOIN network_office o ON o.id = p.office_id
  JOIN network_area ar ON ar.code = o.area_id
 WHERE a.id = {account} AND a.is_active AND ({post} IS NULL OR p.id = {post})
 ORDER BY p.id
 LIMIT 1
"""


def acting_sql(*, account: str, post: str, day: str) -> str:
    """The sub-select of an actor over SQL expressions; :func:`actor_of` reads its row."""
    return _ACTING.format(account=account, post=post, day=day)


def actor_of(row: Sequence[Any]) -> Actor:
    """The actor in a row of :func:`acting_sql`."""
    powers = {row[5]: frozenset(row[4])}
    posts = {row[2]}
    for post, office, roles in (text.split(":") for text in row[11]):
        posts.add(int(post))
        powers[int(office)] = powers.get(int(office), frozenset()) | frozenset(roles.split(","))
    return Actor(
        account_id=row[0],
        name=row[1],
        post_id=row[2],
        post_title=row[3],
        roles=frozenset(row[4]),
        office_id=row[5],
        office_name=row[6],
        level=row[7],
        area_path=row[8],
        area_name=row[9],
        lines=frozenset(row[10]),
        powers=powers,
        posts=frozenset(posts),
    )


def acting(account_id: int, *, on: date, post_id: int | None = None) -> Actor:
    """The account in that post, or in its first one.

    Raises NotFound when it holds no post on that day.
    """
    sql = acting_sql(account="%(account)s", post="%(post)s::bigint", day="%(day)s::date")
    with connection.cursor() as cursor:
        cursor.execute(sql, {"account": account_id, "post": post_id, "day": on})
        row = cursor.fetchone()
    if row is None:
        raise NotFound("这个账号目前没有岗位", "请系统管理员在“人员”中安排岗位")
    return actor_of(row)


@dataclass(frozen=True, slots=True)
class HeldPost:
    """A post an account may act in today."""

    id: int
    title: str
    office: str


def posts_of(account_id: int, *, on: date) -> list[HeldPost]:
    """All posts the account may act in, for the switch in the header."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id, p.title, o.name FROM network_holding h"
            " JOIN network_post p ON p.id = h.post_id JOIN network_office o ON o.id = p.office_id"
            " WHERE h.account_id = %s AND NOT h.deputy AND h.during @> %s::date ORDER BY p.id",
            [account_id, on],
        )
        return [HeldPost(*row) for row in cursor.fetchall()]
