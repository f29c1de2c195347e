"""A signature written on the screen: points come in, a picture drawn by us is kept.

It is a paper of its case and personal content: kept as a file like a scan, shown to whoever may
see the case. No markup, script or picture of somebody else's making comes in.
"""

import json
from datetime import datetime
from typing import Any

from weimin.documents.models import File
from weimin.documents.render import ink
from weimin.documents.shapes import Point
from weimin.documents.store import path_of, store
from weimin.kernel.errors import Invalid

NAME, SVG = "signature.svg", "image/svg+xml"
WIDEST = 2000  # units of a stroke's coordinates
MOST_POINTS = 6000
FEWEST_POINTS = 8  # less is a slip of the pen


def strokes_of(text: str) -> list[list[Point]]:
    """Strokes of points from the screen's JSON. Raises Invalid for anything else, or too little."""
    try:
        said = json.loads(text)
        strokes = [[_point(pair) for pair in stroke] for stroke in said]
    except (TypeError, ValueError):
        raise Invalid("签名没有收到", "请重新签名") from None
    points = sum(map(len, strokes))
    if not FEWEST_POINTS <= points <= MOST_POINTS:
        raise Invalid("签名太短或太长", "请清除后重新签名")
    return strokes


def _point(pair: Any) -> Point:
    x, y = (round(float(part), 1) for part in pair)
    if not (0 <= x <= WIDEST and 0 <= y <= WIDEST):
        raise ValueError("outside of the pad")
    return x, y


def keep(text: str, *, now: datetime, account_id: int | None) -> File:
    """Keep what was written as a file. Raises Invalid as :func:`strokes_of`."""
    drawn = ink(strokes_of(text))
    if drawn is None:
        raise Invalid("签名太短或太长", "请清除后重新签名")
    return store(drawn.encode(), name=NAME, media_type=SVG, now=now, account_id=account_id)


def drawing(file_id: int) -> str:
    """The kept picture, to be printed. Raises File.DoesNotExist."""
    return path_of(File.objects.get(pk=file_id, media_type=SVG).digest).read_text()
