"""A database server of the operator's own: what must hold before anything of ours works there.

Its administrator set it up by hand from docs/operations.md. What was left out there shows up here,
with its remedy, and not a week later as a page that fails.
"""

import psycopg

from weimin.ops.errors import OpsError
from weimin.ops.places import OLDEST
from weimin.ops.postgres import APP, EXTENSIONS, OWNER

_BY_THE_BOOK = "见 docs/operations.md “A database of your own”"


def check(app_url: str, owner_url: str) -> None:
    """Raises OpsError for the first thing that is wrong with what the two addresses name."""
    with _connect("WEIMIN_OWNER_URL", owner_url) as owner, _connect("DATABASE_URL", app_url) as app:
        major = owner.info.server_version // 10000
        if major < OLDEST:
            raise OpsError(f"数据库服务器是 PostgreSQL {major}，太旧", f"需要 {OLDEST} 或更高版本")
        _same_database(app, owner)
        for variable, connection, role in (("WEIMIN_OWNER_URL", owner, OWNER), ("DATABASE_URL", app, APP)):
            if connection.info.user != role:
                raise OpsError(f"{variable} 用的角色是 {connection.info.user}，应当是 {role}", _BY_THE_BOOK)
        _app_is_weak(app)
        _is_prepared(owner)


def _connect(variable: str, url: str) -> psycopg.Connection:
    if not url.startswith(("postgresql://", "postgres://")):
        raise OpsError(f"{variable} 不是一个地址", "写成 postgresql://角色:密码@主机:端口/数据库")
    try:
        return psycopg.connect(url, connect_timeout=10)
    except psycopg.Error as error:
        raise OpsError(f"连不上数据库：{error}", f"检查服务器是否在运行，核对 {variable}") from error


def _same_database(app: psycopg.Connection, owner: psycopg.Connection) -> None:
    where = "SELECT current_database(), pg_postmaster_start_time()"
    if app.execute(where).fetchone() != owner.execute(where).fetchone():
        raise OpsError("DATABASE_URL 和 WEIMIN_OWNER_URL 不是同一个数据库", "核对两个地址")


def _app_is_weak(app: psycopg.Connection) -> None:
    """What web and worker are must not be able to change the trail."""
    strong = app.execute(
        "SELECT rolsuper OR pg_has_role(rolname, %s, 'MEMBER') FROM pg_roles WHERE rolname = %s",
        [OWNER, APP],
    ).fetchone()
    if strong != (False,):
        raise OpsError(f"角色 {APP} 权限太大，能改动记录链",
                       f"ALTER ROLE {APP} NOSUPERUSER; REVOKE {OWNER} FROM {APP};")


def _is_prepared(owner: psycopg.Connection) -> None:
    encoding = owner.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise OpsError(f"数据库的编码是 {encoding}，应当是 UTF8", f"重新建立数据库，{_BY_THE_BOOK}")
    for extension in EXTENSIONS:
        if not owner.execute("SELECT 1 FROM pg_extension WHERE extname = %s", [extension]).fetchone():
            raise OpsError(f"数据库里没有扩展 {extension}",
                           f"请数据库管理员在这个数据库里执行 CREATE EXTENSION {extension}")
    granted = owner.execute(
        "SELECT count(DISTINCT defaclobjtype) FROM pg_default_acl, aclexplode(defaclacl) AS given"
        " WHERE defaclrole = %s::regrole AND given.grantee = %s::regrole AND defaclobjtype IN ('r', 'S')",
        [OWNER, APP],
    ).fetchone()
    if granted != (2,):
        raise OpsError(f"没有给 {APP} 设好默认权限，它用不了以后建的表",
                       f"执行其中的 ALTER DEFAULT PRIVILEGES，再启动；{_BY_THE_BOOK}")
