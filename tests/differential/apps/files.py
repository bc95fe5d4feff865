"""Views that send files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "files"

RULES: list[tuple[str, str, dict[str, Any]]] = [
    ("/file/<kind>", "sent_file", {}),
    ("/folder/<path:name>", "folder", {}),
    ("/resource", "resource", {}),
]

KINDS = (
    "plain", "attachment", "named", "wide name", "quoted name", "memory", "memory bare", "unconditional", "no etag",
    "own etag", "max age", "max age function", "no cache", "modified", "mimetype", "absent", "folder", "text mode",
    "relative", "empty",
)  # fmt: skip

PATHS = (
    *(f"/file/{kind.replace(' ', '%20')}" for kind in KINDS),
    *(
        f"/folder/{name}"
        for name in ("numbers.txt", "absent.txt", "", "sub/deep.json", "../__init__.py", "%2e%2e/x", ".")
    ),
    *(
        f"/static/{name}"
        for name in ("site.css", "absent.css", "", "../files/numbers.txt", "%5c..%5cx", "pixel.gif", "sub/")
    ),
    "/resource",
)


class Views:
    """Views that send files."""

    def __init__(self, flask: Any, app: Any) -> None:
        """Hold on to the package whose app this is."""
        self.flask = flask

    def sent_file(self, kind: str) -> Any:
        send, numbers = self.flask.send_file, FOLDER / "numbers.txt"
        made = {
            "plain": lambda: send(numbers),
            "attachment": lambda: send(str(numbers), as_attachment=True),
            "named": lambda: send(numbers, as_attachment=True, download_name="other.csv"),
            "wide name": lambda: send(numbers, as_attachment=True, download_name="nämé ☃.txt"),
            "quoted name": lambda: send(numbers, download_name='a "b"; c.txt', as_attachment=True),
            "memory": lambda: send(io.BytesIO(b"in memory"), download_name="m.bin"),
            "memory bare": lambda: send(io.BytesIO(b"in memory")),
            "unconditional": lambda: send(numbers, conditional=False),
            "no etag": lambda: send(numbers, etag=False),
            "own etag": lambda: send(numbers, etag="own"),
            "max age": lambda: send(numbers, max_age=3600),
            "max age function": lambda: send(numbers, max_age=lambda name: 60 if name else 1),
            "no cache": lambda: send(numbers, max_age=0),
            "modified": lambda: send(numbers, last_modified=1700000000.5),
            "mimetype": lambda: send(numbers, mimetype="text/x-numbers"),
            "absent": lambda: send(FOLDER / "absent.txt"),
            "folder": lambda: send(FOLDER),
            "text mode": lambda: send(io.StringIO("text"), download_name="t.txt"),
            "relative": lambda: send("files/numbers.txt"),
            "empty": lambda: send(FOLDER / "empty.bin"),
        }
        return made[kind]()

    def folder(self, name: str) -> Any:
        return self.flask.send_from_directory("files", name, as_attachment="attach" in self.flask.request.args)

    def resource(self) -> Any:
        with self.flask.current_app.open_resource("files/numbers.txt") as binary:
            first = binary.read(4)
        with self.flask.current_app.open_resource("files/numbers.txt", "r", encoding="utf-8") as text:
            return [first.decode(), text.readline()]
