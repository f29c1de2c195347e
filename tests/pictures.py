"""Pages as cameras and scanners write them."""

import io
from pathlib import Path

from PIL import Image, ImageDraw
from pypdf import PdfWriter

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


def document(*widths: int, password: str = "", ballast: int = 0) -> bytes:
    """A PDF with a page of each of these widths, and so many bytes beside them."""
    writer, out = PdfWriter(), io.BytesIO()
    for width in widths:
        writer.add_blank_page(width, 700)
    if ballast:
        writer.add_attachment("ballast", bytes(ballast))
    if password:
        writer.encrypt(password)
    writer.write(out)
    return out.getvalue()
