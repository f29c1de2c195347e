"""The parts of a place: what a pack says of each, against what is published.

A part is compared once; the diff says in words what it found and publishing carries out the
same findings, so that the two can't disagree. A part without findings is false.
"""

from collections.abc import Iterator
from datetime import date

from weimin.packs.parts.areas import Areas
from weimin.packs.parts.calendar import CalendarDays
from weimin.packs.parts.delegations import Delegations
from weimin.packs.parts.items import Items
from weimin.packs.parts.lines import Lines
from weimin.packs.parts.offices import Offices
from weimin.packs.parts.part import Part, Publication
from weimin.packs.parts.posts import Posts
from weimin.packs.parts.readiness import ReadinessRows
from weimin.packs.parts.windows import Windows
from weimin.packs.read import Pack

__all__ = ["Part", "Publication", "compared"]

# In the order in which they are published: each stands on those before it.
_PARTS: tuple[type[Part], ...] = (
    Areas, CalendarDays, Lines, Offices, Posts, Windows, Items, Delegations, ReadinessRows,
)


def compared(pack: Pack, today: date) -> Iterator[Part]:
    """Each part of a pack that has no faults, compared with what is published."""
    for part in _PARTS:
        yield part(pack, today)
