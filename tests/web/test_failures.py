"""What a page says when the database or the disk is not to be had, and what lies at the root."""

import json
from collections.abc import Callable

import pytest
from django.db import OperationalError
from django.test import Client
from psycopg.errors import DiskFull

from weimin.web import login, middleware


class Failing:
    """A view that fails a number of times before it answers as it always did."""

    def __init__(self, view: Callable[..., object], error: Exception, times: int) -> None:
        self.view, self.error, self.times = view, error, times

    def __call__(self, *args: object, **more: object) -> object:
        if self.times:
            self.times -= 1
            raise self.error
        return self.view(*args, **more)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception, int], Client]:
    """The page for logging in fails; the test's own connection stays open all the same."""
    monkeypatch.setattr(middleware.connection, "close", lambda: None)

    def arrange(error: Exception, times: int) -> Client:
        monkeypatch.setattr(login, "page", Failing(login.page, error, times))
        return Client(raise_request_exception=False)

    return arrange


def cut_off() -> Exception:
    return OperationalError("server closed the connection unexpectedly")


def test_reading_is_repeated_once(db: None, failing: Callable[..., Client]) -> None:
    assert failing(cut_off(), 1).get("/login").status_code == 200
    answer = failing(cut_off(), 2).get("/login")
    assert answer.status_code == 503 and answer["Retry-After"] == "5"
    assert "请等几秒钟" in answer.content.decode()
    assert "closed the connection" not in answer.content.decode()


def test_a_full_disk_is_said(db: None, failing: Callable[..., Client]) -> None:
    full = OperationalError("could not extend file")
    full.__cause__ = DiskFull()
    for error in (full, OSError(28, "No space left on device")):
        answer = failing(error, 9).get("/login")
        assert answer.status_code == 503
        assert "磁盘满了" in answer.content.decode() and "系统管理员" in answer.content.decode()


def test_a_mistake_of_ours_stays_one(db: None, failing: Callable[..., Client]) -> None:
    answer = failing(ValueError("赵大爷"), 9).get("/login")
    assert answer.status_code == 500
    said = answer.content.decode()
    assert "系统出错了" in said and "赵大爷" not in said
    assert "<header" in said and "<main" in said and 'href="/"' in said  # a way back


def test_the_api_says_it_in_its_own_way(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from weimin.web.api import items

    monkeypatch.setattr(middleware.connection, "close", lambda: None)
    monkeypatch.setattr(items, "listed", Failing(items.listed, cut_off(), 9))
    answer = Client(raise_request_exception=False).get("/api/v1/items")
    assert answer.status_code == 503
    assert json.loads(answer.content)["code"] == "unavailable"


def test_browsers_find_an_icon(db: None) -> None:
    answer = Client().get("/favicon.ico")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)[:4] == b"\0\0\1\0"  # type: ignore[attr-defined]
