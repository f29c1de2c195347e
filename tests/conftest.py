"""A real PostgreSQL for the tests, with the demo place published once per run.

The tests work as the application's role: what it may not do in production, it can't do here.
"""

import fcntl
import gc
import os
import random
import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management import call_command
from django.db import connection, connections

from tests.cast import Cast, assemble
from tests.installation import Installation, open_folder
from weimin.catalogue import routes
from weimin.kernel import clock
from weimin.ops.people import fill_posts
from weimin.ops.postgres import APP, OWNER, Server
from weimin.packs.publish import publish
from weimin.packs.read import read_pack
from weimin.settings import _database
from weimin.worktime.current import forget

ROOT = Path(__file__).parent.parent
HOME = Path(os.environ["WEIMIN_HOME"])


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Keep the files in the order in which they were named; pytest-django tears them apart."""
    order = {path: n for n, path in enumerate(dict.fromkeys(item.path for item in items))}
    yield
    items.sort(key=lambda item: order[item.path])


def pytest_collection_finish() -> None:
    """What is imported by now stays: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def point_at(url: str) -> None:
    """Have Django's connection lead there."""
    connection = connections["default"]
    connection.close()
    connection.settings_dict.update({**_database(url), "TEST": connection.settings_dict["TEST"]})


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The embedded server of this run."""
    found = Server(HOME)
    found.ensure_initialised()
    (found.data / "postgresql.conf").open("a").write("fsync = off\n")
    found.start()
    yield found
    found.stop()
    home = found.home
    shutil.rmtree(HOME, ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(server: Server, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Migrate as the owner, publish the place as the application."""
    server.ensure_database()
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        point_at(server.url(OWNER))
        call_command("migrate", verbosity=0)
        point_at(server.url(APP))
        publish(read_pack(ROOT / "packs" / "hengyang"), now=clock.now())
        fill_posts(random.Random(2785), since=date(2020, 1, 1))
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        connections["default"].close()


@pytest.fixture(scope="session")
def demo() -> Iterator[Installation]:
    """The demo, loaded once and stopped: tests start copies of it (``installation``).

    Processes that test side by side share it in a folder that ``tests.run`` made, and removes.
    """
    shared = os.environ.get("WEIMIN_TEST_DEMO")
    folder = Path(shared) if shared else open_folder()
    made = Installation(folder / "demo")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first loads it, the others wait
        if not (folder / "loaded").exists():
            shutil.rmtree(made.home, ignore_errors=True)
            made.home.mkdir(mode=0o755)  # one that the database's user enters: all of it is copied
            made.start("demo", within=170)
            made.stop()
            (folder / "loaded").touch()
    yield made
    if not shared:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def installation(demo: Installation) -> Iterator[Installation]:
    """A copy of the demo on a folder of its own, not started."""
    made = demo.copied_to(open_folder() / "home")
    yield made
    made.destroy()
    shutil.rmtree(made.home.parent, ignore_errors=True)


@pytest.fixture
def now() -> datetime:
    """Wednesday 2026-06-10, ten in the morning: an ordinary working day."""
    return datetime(2026, 6, 10, 10, 0, tzinfo=clock.SHANGHAI)


@pytest.fixture
def cast(db: None) -> Cast:
    """窗口小李, 外镇小王, 居民赵大爷, 督查老陈 and the others."""
    return assemble()


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """The product's own hasher, with few rounds: a million make a log-in slow on purpose."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", 1000)
        yield


@pytest.fixture(autouse=True)
def own_place(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nobody keeps what a test saw of a place that it changed.

    What a test publishes or appoints is rolled back, and with it the epoch that it moved: the next
    test to move it would be given what this one read. A test that moved none leaves what was read
    of the place to the next one.
    """
    if "db" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("db")
    before = routes.epoch_now()
    yield
    if connection.needs_rollback or routes.epoch_now() != before:
        forget_the_place()


def forget_the_place() -> None:
    """Have the place read anew: what was changed of it was rolled back."""
    routes._routes.cache_clear()
    forget()
