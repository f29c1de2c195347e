"""Sessions in the database, read together with the actor in one query.

A cache in the process would keep a logged-out session alive in the other worker; one query
that does everything is cheap enough and always true.
"""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection

from weimin.kernel import clock
from weimin.network.actor import Actor
from weimin.network.staff import acting_sql, actor_of
from weimin.web.models import Session

_LOAD = f"""
SELECT s.session_data, s.account_id, acc.name, person.id, x.*
  FROM web_session s
  LEFT JOIN network_account acc ON acc.id = s.account_id AND acc.is_active
  LEFT JOIN registry_person person ON person.account_id = acc.id
  LEFT JOIN LATERAL ({acting_sql(account="acc.id", post="s.post_id", day="%(day)s::date")}) x
         ON acc.is_staff_member
 WHERE s.session_key = %(key)s AND s.expire_date > %(now)s
"""


class SessionStore(DatabaseStore):
    """Django's database sessions with ``actor`` beside the data."""

    actor: Actor = Actor()

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def load(self) -> dict[str, Any]:
        """The session's data; sets ``actor``. An unknown or expired key gives a new session."""
        now = clock.now()
        with connection.cursor() as cursor:
            cursor.execute(_LOAD, {"key": self.session_key, "now": now, "day": now.date()})
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        data, account_id, name, person_id, *acting = row
        if acting[0] is not None:
            self.actor = actor_of(acting)
        elif account_id is not None and name is not None:
            self.actor = Actor(account_id=account_id, name=name, person_id=person_id)
        return dict(self.decode(data))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        made = super().create_model_instance(data)
        assert isinstance(made, Session)
        made.account_id = data.get("account")
        made.post_id = data.get("post")
        return made


def end_all(account_id: int, *, but: str | None = None) -> int:
    """End every log-in of an account, but the one of that key; how many."""
    rows = Session.objects.filter(account_id=account_id)
    return rows.exclude(session_key=but).delete()[0] if but else rows.delete()[0]
