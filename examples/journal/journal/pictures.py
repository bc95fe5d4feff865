"""Pictures: which files count as one, where they lie, and a painted sample."""

from __future__ import annotations

import math
import secrets
import struct
import zlib
from pathlib import Path, PurePath

from flask import current_app
from werkzeug.datastructures import FileStorage

#: Extension -> a slice of the file's first bytes and what must stand there.
SIGNATURES: dict[str, list[tuple[slice, bytes]]] = {
    "png": [(slice(0, 8), b"\x89PNG\r\n\x1a\n")],
    "jpg": [(slice(0, 3), b"\xff\xd8\xff")],
    "gif": [(slice(0, 4), b"GIF8"), (slice(5, 6), b"a")],
    "webp": [(slice(0, 4), b"RIFF"), (slice(8, 12), b"WEBP")],
}
SPELLINGS = {"jpeg": "jpg"}


class NotAPictureError(ValueError):
    """Says that an uploaded file is none of the pictures taken here."""


def keep(upload: FileStorage) -> str:
    """Store an uploaded picture and return its new name.

    Raises:
        NotAPictureError: The extension is unknown, or the content is another kind.
    """
    extension = PurePath(upload.filename or "").suffix[1:].lower()
    extension = SPELLINGS.get(extension, extension)
    if extension not in SIGNATURES:
        raise NotAPictureError("Please choose a PNG, JPEG, GIF or WebP picture.")
    # SECURITY: the name alone is the sender's claim; a page of HTML that is
    # called cat.png must not be kept and served from this site.
    start = upload.stream.read(16)
    upload.stream.seek(0)
    if any(start[part] != wanted for part, wanted in SIGNATURES[extension]):
        raise NotAPictureError(f"That file ends in .{extension}, but its content is something else.")
    name = _free_name(extension)
    upload.save(folder() / name)
    return name


def keep_bytes(data: bytes, extension: str) -> str:
    """Store a picture made here and return its new name."""
    name = _free_name(extension)
    (folder() / name).write_bytes(data)
    return name


def discard(name: str | None) -> None:
    """Delete a stored picture; None, or a name already gone, is fine."""
    if name:
        (folder() / name).unlink(missing_ok=True)


def folder() -> Path:
    """Return the folder of the pictures, which exists from then on."""
    path = Path(current_app.config["PICTURES"])
    path.mkdir(parents=True, exist_ok=True)
    return path


def paint(width: int = 960, height: int = 480) -> bytes:
    """Return a PNG of hills at dawn."""
    ridges = [_ridge(width, height, *shape) for shape in _HILLS]
    sun_x, sun_y, radius = width * 0.68, height * 0.46, height * 0.11
    lines = bytearray()
    for y in range(height):
        sky = _blend(_SKY_TOP, _SKY_LOW, y / height)
        half = math.sqrt(max(0.0, radius**2 - (y - sun_y) ** 2))
        line = bytearray(sky * width)
        left, right = int(sun_x - half), int(sun_x + half)
        line[3 * left : 3 * right] = _SUN * (right - left)
        for ridge, (*_, colour) in zip(ridges, _HILLS, strict=True):
            for x in range(width):
                if y >= ridge[x]:
                    line[3 * x : 3 * x + 3] = colour
        lines += b"\0" + line  # PNG (ISO/IEC 15948), 9.2: filter type 0, "None".
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


_SKY_TOP, _SKY_LOW, _SUN = bytes((62, 84, 140)), bytes((252, 196, 150)), bytes((255, 236, 200))
#: Base line and height as parts of the picture's, waves, phase, colour.
_HILLS: list[tuple[float, float, float, float, bytes]] = [
    (0.62, 0.10, 1.7, 0.4, bytes((150, 128, 158))),
    (0.74, 0.09, 2.3, 2.1, bytes((98, 92, 132))),
    (0.88, 0.08, 1.4, 4.0, bytes((48, 56, 92))),
]


def _ridge(width: int, height: int, base: float, rise: float, waves: float, phase: float, _: bytes) -> list[float]:
    turns = [2 * math.pi * waves * x / width + phase for x in range(width)]
    return [height * (base - rise * (0.7 * math.sin(turn) + 0.3 * math.sin(2.6 * turn))) for turn in turns]


def _blend(first: bytes, second: bytes, share: float) -> bytes:
    return bytes(round(a + (b - a) * share) for a, b in zip(first, second, strict=True))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _free_name(extension: str) -> str:
    return f"{secrets.token_hex(16)}.{extension}"
