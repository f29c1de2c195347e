"""The Jinja environment of all screens."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from jinja2 import Environment

from weimin.kernel import clock, codes


def environment(**options: Any) -> Environment:
    """Jinja with gettext, static files, URLs and the house's ways of writing dates."""
    env = Environment(**options, extensions=["jinja2.ext.i18n", "jinja2.ext.do"])
    env.install_gettext_callables(  # type: ignore[attr-defined]
        translation.gettext, translation.ngettext, newstyle=True
    )
    env.globals.update(static=static, url=lambda name, *args: reverse(name, args=args))
    env.filters.update(
        moment=clock.say_moment,
        day=clock.say_date,
        number=codes.group_case_number,
    )
    return env
