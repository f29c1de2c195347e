"""A server of the operator's own, set up word by word from docs/operations.md."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from tests.conftest import ROOT
from tests.installation import Installation
from weimin.ops.errors import OpsError
from weimin.ops.given import check
from weimin.ops.postgres import APP, OWNER, SUPERUSER, Server

Given = Callable[[str], str]  # a role's address


def by_the_book(server: Server, leave_out: str = "") -> None:
    """What the administrator of that server types, without what he may forget."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    block = text.split("Once, as superuser:")[1].split("```sql\n")[1].split("```")[0]
    outside, inside = block.replace("'…'", "'secret'").split("\\c weimin\n")
    for database, part in (("postgres", outside), ("weimin", inside)):
        with psycopg.connect(server.url(SUPERUSER, database), autocommit=True) as connection:
            for statement in filter(str.strip, part.split(";")):
                if not leave_out or leave_out not in statement:
                    connection.execute(statement.encode())


@pytest.fixture
def given(server: Server) -> Given:
    """Addresses on a server that runs; nothing of ours is there yet."""
    server.start()
    host = quote(str(server.socket_dir), safe="")
    return lambda role: f"postgresql://{role}:secret@/weimin?host={host}&port={server.port}"


def test_it_works_as_the_book_says(
    server: Server, given: Given, tmp_path: Path
) -> None:
    by_the_book(server)
    more = {"DATABASE_URL": given(APP), "WEIMIN_OWNER_URL": given(OWNER),
            "WEIMIN_PG_BIN": str(server.binaries)}
    place = Installation(tmp_path / "home", **more)
    place.home.mkdir()
    told = place.weimin("doctor", "--port", str(place.port))
    assert told.returncode == 0 and "还是空的" in told.stdout, told.stdout + told.stderr
    place.start()
    told = place.weimin("doctor", "--port", str(place.port))
    assert "结构与程序一致" in told.stdout, told.stdout
    assert not (place.home / "postgres").exists(), "it started a server of its own"
    assert {path.name for path in (place.home / "keys").iterdir()} == {"django", "vault", "lookup", "trail"}
    lint = ("pack", "publish", str(ROOT / "packs" / "hengyang"))
    assert place.weimin(*lint).returncode == 0
    assert place.weimin("verify").returncode == 0
    made = place.weimin("backup", str(tmp_path / "given.tar"))
    assert made.returncode == 0, made.stderr
    place.stop()

    with psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE weimin")
        connection.execute("CREATE DATABASE weimin OWNER weimin_owner TEMPLATE template0"
                           " ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'")
    back = place.weimin("restore", str(tmp_path / "given.tar"), DATABASE_URL=server.url(SUPERUSER))
    assert back.returncode == 0, back.stderr
    verified = place.weimin("verify")
    assert verified.returncode == 0 and "全部完好" in verified.stdout, verified.stdout + verified.stderr
    check(given(APP), given(OWNER))
    with psycopg.connect(given(APP)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE trail_event SET verb = 'x'")


@pytest.mark.parametrize(("forgotten", "fault", "remedy"), [
    ("pg_trgm", "没有扩展 pg_trgm", "CREATE EXTENSION"),
    ("ON TABLES", "默认权限", "ALTER DEFAULT PRIVILEGES"),
    ("ON SEQUENCES", "默认权限", "ALTER DEFAULT PRIVILEGES"),
    ("GRANT CONNECT", "连不上数据库", "DATABASE_URL"),
])
def test_what_was_forgotten_is_said(
    server: Server, given: Given, forgotten: str, fault: str, remedy: str
) -> None:
    by_the_book(server, leave_out=forgotten)
    with pytest.raises(OpsError, match=fault) as refused:
        check(given(APP), given(OWNER))
    assert remedy in refused.value.remedy


def test_addresses_that_are_wrong_are_said(server: Server, given: Given, tmp_path: Path) -> None:
    by_the_book(server)
    check(given(APP), given(OWNER))
    with pytest.raises(OpsError, match="DATABASE_URL 用的角色是 weimin_owner"):
        check(given(OWNER), given(OWNER))  # it could change the trail
    with pytest.raises(OpsError, match="WEIMIN_OWNER_URL 用的角色是 weimin_app"):
        check(given(APP), given(APP))
    for variable, app, owner in (
        ("DATABASE_URL", given(APP).replace("secret", "guess"), given(OWNER)),
        ("WEIMIN_OWNER_URL", given(APP), given(OWNER) + "1"),
        ("DATABASE_URL", "host=db.local dbname=weimin", given(OWNER)),
    ):
        with pytest.raises(OpsError, match=r"连不上数据库|不是一个地址") as refused:
            check(app, owner)
        assert variable in str(refused.value)
    place = Installation(tmp_path / "home", WEIMIN_OWNER_URL=given(OWNER),
                         DATABASE_URL=given(APP).replace("secret", "guess"))
    for command in (("run", "--port", str(place.port)), ("verify",), ("doctor",)):
        done = place.weimin(*command)
        assert done.returncode == 1, command
        assert re.search("✗ 连不上数据库", done.stdout + done.stderr), done.stdout + done.stderr


def test_an_application_that_could_change_the_trail_is_refused(server: Server, given: Given) -> None:
    by_the_book(server)
    grants = (sql.SQL("GRANT {} TO {}"), sql.SQL("REVOKE {} FROM {}"))
    with psycopg.connect(server.url(SUPERUSER), autocommit=True) as connection:
        for n, statement in enumerate(grants):
            connection.execute(statement.format(sql.Identifier(OWNER), sql.Identifier(APP)))
            if not n:
                with pytest.raises(OpsError, match="能改动记录链") as refused:
                    check(given(APP), given(OWNER))
                assert "REVOKE" in refused.value.remedy
    check(given(APP), given(OWNER))
