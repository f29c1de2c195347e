"""Every door of the screens and the API, and who stands before it.

A door is an address and a method. The addresses come from the resolver and the API's own
schema, so that a new one is tried without anybody thinking of it.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.cast import CITY, TOWN, Cast, holder
from tests.conftest import forget_the_place
from weimin.catalogue import routes
from weimin.network.actor import Actor
from weimin.web.api.router import api
from weimin.web.sessions import SessionStore

TABLE = Path(__file__).parents[2] / "docs" / "access.md"
OPEN, BLIND, SIGN_IN, REFUSED, UNKNOWN = "✓", "○", "登录", "✗", "—"


def roles(cast: Cast) -> dict[str, Actor]:
    """The columns of the table, in its order."""
    return {
        "无人": Actor(),
        "申请人": cast.resident,
        "邻居": cast.neighbour,
        "村信息员": cast.info,
        "镇窗口": cast.clerk,
        "镇经办": cast.reviewer,
        "镇主任": cast.town_head,
        "县审核": cast.county,
        "县负责人": cast.county_head,
        "外部门": cast.health,
        "外县窗口": cast.other_clerk,
        "督查": cast.supervisor,
        "镇领导": holder(f"{TOWN}.government", "leader"),
        "县政府": cast.government,
        "系统": cast.sysadmin,
        "安全": holder(f"{CITY}.admin", "secadmin"),
        "审计": holder(f"{CITY}.admin", "auditor"),
    }


def logged_in(actor: Actor) -> Client:
    """A browser in which that actor has logged in; what fails in a view becomes a 500."""
    client = Client(raise_request_exception=False)
    if actor.account_id is not None:
        session = SessionStore()
        session["account"] = actor.account_id
        if actor.post_id is not None:
            session["post"] = actor.post_id
        session.create()
        client.cookies["sessionid"] = session.session_key
    return client


@dataclass(frozen=True)
class Door:
    """An address with a method, as the table writes it."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def url(self, given: dict[str, Any]) -> str:
        """The address with this case's values. Raises KeyError for an unknown parameter."""
        path = self.path
        for name, value in given.items():
            path = path.replace(f"{{{name}}}", str(value))
        if "{" in path:
            raise KeyError(f"no value is known for a parameter of {path}")
        return path


def addresses() -> Iterator[str]:
    """Every address of ``weimin.web.urls`` but the API's."""
    for pattern in get_resolver().url_patterns:
        if isinstance(pattern, URLPattern):
            yield "/" + _plain(str(pattern.pattern))
        else:
            assert isinstance(pattern, URLResolver)
            assert pattern.namespace == "api", f"{pattern} is not looked into"


def _plain(route: str) -> str:
    for kind in ("str", "int"):
        route = route.replace(f"<{kind}:", "{")
    return route.replace(">", "}")


def operations() -> Iterator[Door]:
    """Every operation of the API, its own description included."""
    yield Door("GET", "/api/v1/openapi.json")
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method in methods:
            yield Door(method.upper(), path)


def symbol(response: HttpResponse, number: str) -> str:
    """What the table says of a response. ✓ shows the case, ○ opens and shows nothing of it."""
    status = response.status_code
    if status == 302:
        leads = response.headers["Location"]
        return SIGN_IN if leads.startswith(("/login?next=", "/sign-in?next=")) else OPEN
    if status == 401 and response.headers.get("Content-Type", "").startswith("application/json"):
        return SIGN_IN
    if status == 403:
        return REFUSED
    if status == 404:
        return UNKNOWN
    if status in (200, 201, 401, 409, 422):
        return OPEN if number in read(response) else BLIND
    return str(status)


def read(response: Any) -> str:
    """All text of a response; a sheet is unpacked, a PDF counts as showing everything."""
    body = b"".join(response) if response.streaming else response.content
    kind = response.headers.get("Content-Type", "")
    if kind.startswith("application/pdf") or kind.startswith("image/"):
        return _EVERYTHING
    if "spreadsheet" in kind or kind == "application/zip":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"".join(book.read(name) for name in book.namelist())
    return str(body.decode()).replace(" ", "")


class _All(str):
    def __contains__(self, part: object) -> bool:
        return True


_EVERYTHING = _All()


def knock(client: Client, door: Door, url: str, body: dict[str, Any]) -> HttpResponse:
    """Try a door; whatever it changed, here or in the browser, is undone."""
    cookies = client.cookies.output(header="", sep=";")
    before = routes.epoch_now()
    with transaction.atomic():
        if url.startswith("/api/"):
            response = client.generic(door.method, url, _json(body), "application/json")
        elif door.method == "POST":
            response = client.post(url, body)
            if response.headers.get("Location", "").startswith(f"{url}?s="):  # what was looked for
                response = client.get(response.headers["Location"])
        else:
            response = client.get(url, body)
        # What was published is undone, and its epoch given to whoever publishes next.
        moved = connection.needs_rollback or routes.epoch_now() != before
        transaction.set_rollback(True)
    if moved:
        forget_the_place()
    client.cookies.clear()
    client.cookies.load(cookies)
    return response  # type: ignore[return-value]


def _json(body: dict[str, Any]) -> str:
    return json.dumps(body) if body else ""


def table(title: str) -> dict[str, dict[str, str]]:
    """A table of docs/access.md by the heading above it: row → column → symbol."""
    text = TABLE.read_text(encoding="utf-8")
    section = text.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    heads, _, *rows = [[cell.strip().strip("`") for cell in line.strip("|").split("|")]
                       for line in lines]
    found = {row[0]: dict(zip(heads[1:], row[1:], strict=True)) for row in rows}
    assert len(found) == len(rows), f"{title}: a row stands there twice"
    return found


def draw(rows: dict[str, dict[str, str]], head: str) -> str:
    """The same the other way round, for whoever adds a row."""
    columns = list(next(iter(rows.values())))
    lines = [f"| {head} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| `{name}` | {' | '.join(row[c] for c in columns)} |"
              for name, row in rows.items()]
    return "\n".join(lines)
