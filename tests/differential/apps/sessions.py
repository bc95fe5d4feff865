"""Views that read, write, keep and clear the session, and flash messages."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import markupsafe

from tests.differential.apps.echo import say

RULES: list[tuple[str, str, dict[str, Any]]] = [
    ("/session/set/<key>/<value>", "set_value", {"methods": ["GET", "POST"]}),
    ("/session/get/<key>", "get_value", {}),
    ("/session/all", "all_values", {}),
    ("/session/do/<action>", "act", {}),
    ("/session/flash/<category>/<message>", "flash", {}),
    ("/session/flashes", "flashes", {}),
]

ACTIONS = (
    "permanent", "temporary", "clear", "pop", "nested", "modified", "types", "flags", "length", "contains", "iterate",
    "setdefault", "update", "delete", "missing", "cookie", "large", "unserializable", "fails", "truth", "none",
)  # fmt: skip

PATHS = (
    "/session/set/name/value",
    "/session/set/n%C3%A4me/%E2%98%83",
    "/session/get/name",
    "/session/all",
    *(f"/session/do/{action}" for action in ACTIONS),
    "/session/flash/info/hello",
    "/session/flash/error/bad%20%3Cb%3E",
    "/session/flashes",
    "/session/flashes?categories=1",
    "/session/flashes?only=error",
    "/session/flashes?only=error&only=info&categories=1",
)

TYPES: dict[str, Any] = {
    "tuple": (1, ("two", None)),
    "bytes": b"\x00\xff",
    "moment": dt.datetime(2024, 2, 29, 12, 30, 15, tzinfo=dt.UTC),
    "uuid": uuid.UUID(int=7),
    "markup": markupsafe.Markup("<b>"),
    "nested": {"list": [1, {"tuple": (1,)}], " t": "looks like a tag"},
    "tagged": {" t": [1]},
    "number": 1.5,
}


class Views:
    """Views that use the session."""

    def __init__(self, flask: Any, app: Any) -> None:
        """Hold on to the package whose app this is."""
        self.flask = flask

    def set_value(self, key: str, value: str) -> Any:
        self.flask.session[key] = value
        return {"set": key}

    def get_value(self, key: str) -> Any:
        return {"value": say(self.flask.session.get(key, "absent"))}

    def all_values(self) -> Any:
        return {key: say(value) for key, value in self.flask.session.items()}

    def act(self, action: str) -> Any:
        session = self.flask.session
        actions = {
            "clear": session.clear,
            "pop": lambda: session.pop("name", "absent"),
            "nested": lambda: session.setdefault("deep", {}).update(x=session.get("name")),
            "types": lambda: session.update(TYPES),
            "length": lambda: len(session),
            "contains": lambda: "name" in session,
            "iterate": lambda: sorted(session),
            "setdefault": lambda: session.setdefault("name", "first"),
            "update": lambda: session.update(a=1, b=[2]),
            "delete": lambda: session.__delitem__("name"),
            "missing": lambda: session["absent"],
            "large": lambda: session.update(large="x" * 3000),
            "unserializable": lambda: session.update(bad=object()),
            "truth": lambda: bool(session),
            "none": lambda: None,
        }
        return {"did": say(actions[action]() if action in actions else self.state(action))}

    def state(self, action: str) -> Any:
        """Read or set the session's flags."""
        session = self.flask.session
        if action in {"permanent", "temporary"}:
            session.permanent = action == "permanent"
        elif action == "modified":
            session.modified = True
        elif action == "fails":
            session["half"] = "done"
            raise ArithmeticError("after the session was written")
        elif action == "cookie":
            session["name"] = "with a cookie"
            return self.flask.make_response("x").set_cookie("other", "1")
        return [session.new, session.modified, session.accessed, session.permanent]

    def flash(self, category: str, message: str) -> Any:
        self.flask.flash(message, category)
        self.flask.flash(markupsafe.Markup("<i>second</i>"))
        return {"now": say(self.flask.get_flashed_messages()) if "now" in self.flask.request.args else []}

    def flashes(self) -> Any:
        arguments = self.flask.request.args
        messages = self.flask.get_flashed_messages(
            with_categories="categories" in arguments, category_filter=arguments.getlist("only")
        )
        return {"messages": say(messages), "again": say(self.flask.get_flashed_messages())}
