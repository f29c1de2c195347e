"""Pages as cameras and scanners write them."""

import io
from pathlib import Path

from PIL import Image, ImageDraw

HEIC = (Path(__file__).parent / "documents" / "page.heic").read_bytes()  # 320 × 240, ruled lines


def picture(width: int = 400, height: int = 300, form: str = "JPEG", mark: int = 0) -> bytes:
    """A page with some lines on it; another ``mark`` is another page."""
    image = Image.new("RGB", (width, height), (250, 248, 240))
    pen = ImageDraw.Draw(image)
    for line in range(3 + mark):
        pen.line((20, 30 + 25 * line, width - 20, 30 + 25 * line), fill=(40, 40, 40), width=3)
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()
