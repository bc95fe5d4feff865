"""Every kind of value that a view may return, and some that it may not."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import http
import uuid
from collections.abc import Iterator
from typing import Any

import markupsafe
import werkzeug.exceptions
import werkzeug.wrappers

from tests.differential.trail import mark

MOMENT = dt.datetime(2024, 2, 29, 12, 30, 15, tzinfo=dt.UTC)


@dataclasses.dataclass
class Point:
    """A value that a JSON provider turns into an object."""

    x: int
    tags: list[str]


JSON_VALUES: dict[str, Any] = {
    "nothing": None,
    "true": True,
    "text": "naïve ☃ </script> & 'quote'",
    "surrogate": "\ud800",
    "number": 12.5,
    "infinite": float("inf"),
    "keys": {"b": 1, "a": 2, "C": 3, "é": 4},
    "number keys": {10: "x", 9: "y"},
    "mixed keys": {1: "x", "a": "y"},
    "none key": {None: 1},
    "date": dt.date(2024, 2, 29),
    "datetime": MOMENT,
    "naive datetime": dt.datetime(2024, 2, 29, 12, 30),
    "offset datetime": dt.datetime(2024, 2, 29, 12, 30, tzinfo=dt.timezone(dt.timedelta(hours=2))),
    "time": dt.time(12, 30),
    "delta": dt.timedelta(seconds=3),
    "decimal": decimal.Decimal("1.10"),
    "uuid": uuid.UUID(int=7),
    "dataclass": Point(1, ["a"]),
    "dataclass class": Point,
    "markup": markupsafe.Markup("<b>bold</b>"),
    "nested": {"list": [Point(2, []), (1, 2), {"deep": uuid.UUID(int=1)}]},
    "set": {1},
    "bytes": b"x",
    "object": object(),
    "enum": http.HTTPStatus.OK,
    "generator": iter("ab"),
}

PLAIN_RESULTS: dict[str, Any] = {
    "text": "plain text é",
    "empty": "",
    "bytes": b"\x00raw\xff",
    "array": bytearray(b"array"),
    "markup": markupsafe.Markup("<b>bold</b>"),
    "mapping": {"b": 1, "a": [1, 2, {"c": None}], "é": "ü"},
    "empty mapping": {},
    "list": [3, "x", None],
    "empty list": [],
    "status": ("made", 201),
    "status enum": ("made", http.HTTPStatus.CREATED),
    "status text": ("x", "299 Odd Reason"),
    "status digits": ("x", "404"),
    "status none": ("x", None),
    "status zero": ("x", 0),
    "status high": ("x", 999),
    "status float": ("x", 200.5),
    "headers": ("x", {"X-One": "1"}),
    "headers pairs": ("x", [("X-Many", "1"), ("X-Many", "2")]),
    "headers lists": ("x", {"X-Many": ["1", "2"]}),
    "headers none": ("x", 201, None),
    "headers empty": ("x", {}),
    "headers number": ("x", {"X-Number": 5}),
    "headers newline": ("x", {"X-Bad": "a\r\nX-Evil: 1"}),
    "all": ("x", 418, {"X-One": "1", "Content-Type": "text/x-own"}),
    "lower content type": ("x", {"content-type": "text/plain"}),
    "mapping all": ({"ok": True}, 202, [("X-Json", "1")]),
    "list status": ([1], 203),
    "bytes all": (b"x", 201, {"X-One": "1"}),
    "no content": ("", 204),
    "not modified": ("", 304),
    "content length": ("four", {"Content-Length": "4"}),
    "nothing": None,
    "nothing in tuple": (None, 200),
    "number": 5,
    "number status": (5, 201),
    "true": True,
    "set": {1, 2},
    "object": object(),
    "empty tuple": (),
    "short tuple": ("x",),
    "long tuple": ("x", 200, {}, "more"),
    "swapped": ("x", {"X-One": "1"}, 200),
    "nested tuple": (("x", 201), 202),
    "class": dict,
}

RULES: list[tuple[str, str, dict[str, Any]]] = [
    ("/result/<name>", "plain", {"methods": ["GET", "POST"]}),
    ("/json/<name>", "as_json", {}),
    ("/json", "json_forms", {}),
    ("/stream/<kind>", "stream", {}),
    ("/response/<kind>", "response", {"methods": ["GET", "PUT"]}),
    ("/redirect/<kind>", "redirect", {"methods": ["GET", "POST"]}),
    ("/made/<kind>", "made", {}),
    ("/cookie/<kind>", "cookie", {}),
    ("/conditional", "conditional", {}),
    ("/later", "later", {}),
    ("/", "index", {}),
]

STREAMS = (
    "text",
    "bytes",
    "mixed",
    "numbers",
    "iterator",
    "fails",
    "fails first",
    "context",
    "context fails",
    "decorated",
)
RESPONSES = ("own", "werkzeug", "wsgi", "exception", "tuple", "foreign tuple", "stream", "direct", "empty", "mimetype")
REDIRECTS = (
    "plain",
    "permanent",
    "code",
    "text",
    "absolute",
    "relative",
    "query",
    "newline",
    "wrong",
    "class",
    "empty",
)
MADE = (
    "nothing",
    "text",
    "pair",
    "triple",
    "response",
    "none",
    "list",
    "jsonify pairs",
    "jsonify both",
    "jsonify many",
)
COOKIES = ("plain", "full", "delete", "many", "quoted", "wide", "samesite", "strange name")

PATHS = (
    "/",
    "/json",
    "/conditional",
    "/later",
    *(f"/result/{name.replace(' ', '%20')}" for name in (*PLAIN_RESULTS, "unknown")),
    *(f"/json/{name.replace(' ', '%20')}" for name in JSON_VALUES),
    *(f"/stream/{name.replace(' ', '%20')}" for name in STREAMS),
    *(f"/response/{name.replace(' ', '%20')}" for name in RESPONSES),
    *(f"/redirect/{name.replace(' ', '%20')}" for name in REDIRECTS),
    *(f"/made/{name.replace(' ', '%20')}" for name in MADE),
    *(f"/cookie/{name.replace(' ', '%20')}" for name in COOKIES),
)


def inner_wsgi(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer as a plain WSGI app that a view may return."""
    start_response("206 Some", [("X-Inner", environ["PATH_INFO"]), ("Content-Type", "text/inner")])
    return [b"inner ", b"app"]


class Views:
    """Views by the kind of their result."""

    def __init__(self, flask: Any, app: Any) -> None:
        """Hold on to the package whose app this is."""
        self.flask = flask

    def index(self) -> str:
        return "index"

    def plain(self, name: str) -> Any:
        return PLAIN_RESULTS[name]

    def as_json(self, name: str) -> Any:
        return self.flask.jsonify(value=JSON_VALUES[name])

    def json_forms(self) -> Any:
        flask = self.flask
        value = {"z": 1, "a": "é", "n": [None]}
        return {
            "dumps": flask.json.dumps(value),
            "indented": flask.json.dumps(value, indent=1, sort_keys=False),
            "loads": [flask.json.loads('{"a": [1.5, null]}'), flask.json.loads(b'"\xc3\xa9"')],
            "app": flask.current_app.json.dumps(MOMENT),
        }

    def stream(self, kind: str) -> Any:
        flask = self.flask
        if kind == "context":
            return flask.stream_with_context(self.pieces(kind))
        if kind == "context fails":
            return flask.stream_with_context(self.pieces("fails"))
        if kind == "decorated":
            return flask.stream_with_context(lambda: self.pieces("context"))()
        return iter(["it", "er"]) if kind == "iterator" else self.pieces(kind)

    def pieces(self, kind: str) -> Iterator[Any]:
        """Yield a body in pieces, failing where the kind says so."""
        try:
            if kind == "fails first":
                raise ArithmeticError("before the first piece")
            yield {"bytes": b"one", "numbers": 1}.get(kind, "one ")
            yield {"text": "zwei é", "mixed": b" two", "context": None}.get(kind, b"two") or self.flask.request.path
            if kind == "fails":
                raise ArithmeticError("in mid-stream")
        finally:
            mark(f"pieces end {self.flask.has_request_context()}")

    def response(self, kind: str) -> Any:
        flask = self.flask
        made = {
            "own": lambda: flask.Response("own", status=404, headers={"X-One": "1"}, mimetype="text/css"),
            "werkzeug": lambda: werkzeug.wrappers.Response("other", status=201),
            "wsgi": lambda: inner_wsgi,
            "exception": lambda: werkzeug.exceptions.Gone("went away"),
            "tuple": lambda: (flask.Response("x", 200, {"X-A": "1", "X-C": "0"}), 404, {"X-A": "2", "X-B": "3"}),
            "foreign tuple": lambda: (werkzeug.wrappers.Response("x"), 202),
            "stream": lambda: flask.Response(self.pieces("text"), content_type="text/event-stream"),
            "direct": lambda: flask.Response(["a", b"b"], direct_passthrough=True),
            "empty": lambda: flask.Response(),
            "mimetype": lambda: flask.Response("{}", mimetype="application/json"),
        }
        response = made[kind]()
        if kind == "own":
            response.call_on_close(lambda: mark("response closed"))
        return response

    def redirect(self, kind: str) -> Any:
        redirect = self.flask.redirect
        made = {
            "plain": lambda: redirect("/result/text"),
            "permanent": lambda: redirect("/result/text", 308),
            "code": lambda: redirect("/result/text", code=303),
            "text": lambda: redirect("/é x?q=ü&a=<b>"),
            "absolute": lambda: redirect("https://example.org/päth"),
            "relative": lambda: redirect("../up"),
            "query": lambda: redirect(self.flask.request.args.get("to", "/")),
            "newline": lambda: redirect("/a\r\nX-Evil: 1"),
            "wrong": lambda: redirect("/", 200),
            "class": lambda: redirect("/x", Response=self.flask.Response),
            "empty": lambda: redirect(""),
        }
        return made[kind]()

    def made(self, kind: str) -> Any:
        flask = self.flask
        make = flask.make_response
        made = {
            "nothing": lambda: make(),
            "text": lambda: make("text"),
            "pair": lambda: make("text", 201),
            "triple": lambda: make(("text", 202, {"X-One": "1"})),
            "response": lambda: make(flask.Response("r"), 203),
            "none": lambda: make(None),
            "list": lambda: make([1, 2]),
            "jsonify pairs": lambda: flask.jsonify({"b": 1}, {"a": 2}),
            "jsonify both": lambda: flask.jsonify(1, a=2),
            "jsonify many": lambda: flask.jsonify(1, "é", None),
        }
        response = made[kind]()
        response.headers["X-Made"] = kind
        return response

    def cookie(self, kind: str) -> Any:
        response = self.flask.make_response("cookie")
        arguments: dict[str, dict[str, Any]] = {
            "plain": {"key": "a", "value": "1"},
            "full": {"key": "b", "value": "2", "max_age": 60, "path": "/p", "domain": "example.org", "secure": True},
            "quoted": {"key": "c", "value": 'a "quoted"; value, é'},
            "wide": {"key": "d", "value": "x" * 5000},
            "samesite": {"key": "e", "value": "5", "samesite": "lax", "httponly": True, "expires": MOMENT},
            "strange name": {"key": "a b", "value": "1"},
        }
        if kind == "delete":
            response.delete_cookie("a", path="/p", domain="example.org")
        elif kind == "many":
            for number in range(3):
                response.set_cookie(f"n{number}", str(number))
        else:
            response.set_cookie(**arguments[kind])
        return response

    def conditional(self) -> Any:
        response = self.flask.make_response("conditional body")
        response.last_modified = MOMENT
        response.set_etag("tag", weak="weak" in self.flask.request.args)
        response.cache_control.max_age = 5
        response.cache_control.public = True
        response.vary.add("Accept-Language")
        response.content_language.add("de")
        return response.make_conditional(self.flask.request, accept_ranges=True, complete_length=16)

    def later(self) -> str:
        @self.flask.after_this_request
        def second(response: Any) -> Any:
            mark("after this request")
            response.headers["X-Later"] = self.flask.request.path
            return response

        @self.flask.after_this_request
        def third(response: Any) -> Any:
            response.headers["X-Later"] += " and later"
            return response

        return "later"
