"""The Jinja environment of all screens."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from jinja2 import Environment
from markupsafe import Markup

from weimin.catalogue.spec import Field
from weimin.kernel import clock, codes
from weimin.web.icons import icon

# A page says a hundred words. Django finds out the reader's language and walks its chain of
# catalogues for each of them; here the language is found out once a page.
_language: ContextVar[str | None] = ContextVar("language", default=None)


@lru_cache(maxsize=4096)
def _said(language: str | None, message: str) -> Markup:
    return Markup(translation.gettext(message))


def say(message: str, /, **values: Any) -> Markup:
    """The message in the reader's language; the values are escaped where they stand in it."""
    text = _said(_language.get() or translation.get_language(), message)
    return text % values if values else text


@contextmanager
def in_one_language() -> Iterator[None]:
    """Within the block nobody changes the language: all of it is drawn in the present one."""
    token = _language.set(translation.get_language())
    try:
        yield
    finally:
        _language.reset(token)


@cache
def _fixed(name: str) -> str:
    return reverse(name)


def url(name: str, *args: Any) -> str:
    """The address of a page. Those without a number in them are looked up once."""
    return reverse(name, args=args) if args else _fixed(name)


def _sample_day(field: Field) -> str:
    """A day as it may be typed in: one of birth, or one near today."""
    return "1950-03-12" if field.prefill == "person.birth" else clock.today().isoformat()


class _Environment(Environment):
    """Jinja, which looks for ``row.key`` of a dict among its keys first.

    It would look among its methods first and find them missing hundreds of times a page.
    """

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What a template means by ``obj.attribute``."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def environment(**options: Any) -> Environment:
    """Jinja with gettext, static files, URLs and the house's ways of writing dates.

    Components are imported without context, so Jinja makes each module once: what they need
    comes as arguments or stands here.
    """
    env = _Environment(**options, extensions=["jinja2.ext.do"])
    env.globals.update(_=say, icon=icon, static=cache(static), url=url, sample_day=_sample_day)
    env.filters.update(
        moment=clock.say_moment,
        day=clock.say_date,
        number=codes.group_case_number,
    )
    return env
