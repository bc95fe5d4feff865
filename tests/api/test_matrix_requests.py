"""Requests as a whole: faults of all sources at once, models of several fields out of each, files, clean-up."""

from __future__ import annotations

import contextlib
import dataclasses
import io
from typing import Annotated, Any, NotRequired, TypedDict

import attrs
import msgspec
import pydantic
import pytest
from werkzeug.datastructures import FileStorage, MultiDict

from demijohn import Body, Cookie, Depends, File, Flask, Form, Header, Param, Path, Query, Secret
from demijohn.testing.doors import door
from tests.api.matrix import KINDS, quote_cookie

__all__ = ["door"]


class Login(msgspec.Struct):
    word: Annotated[Secret[str], msgspec.Meta(max_length=3)]


Size = Annotated[int, msgspec.Meta(ge=1)]


class StructFilter(msgspec.Struct):
    word: str
    max_size: Size = 10
    tags: list[int] = []
    is_open: bool | None = None


@dataclasses.dataclass
class DataclassFilter:
    word: str
    max_size: Size = 10
    tags: list[int] = dataclasses.field(default_factory=list)
    is_open: bool | None = None


class TypedDictFilter(TypedDict):
    word: str
    max_size: NotRequired[Size]
    tags: NotRequired[list[int]]
    is_open: NotRequired[bool | None]


@attrs.define
class AttrsFilter:
    word: str
    max_size: Size = 10
    tags: list[int] = attrs.Factory(list)
    is_open: bool | None = None


class PydanticFilter(pydantic.BaseModel):
    word: str
    max_size: int = pydantic.Field(10, ge=1)
    tags: list[int] = []
    is_open: bool | None = None


FILTERS: dict[str, Any] = dict(
    zip(KINDS, (StructFilter, DataclassFilter, TypedDictFilter, AttrsFilter, PydanticFilter), strict=True)
)
DEFAULTS = {"max_size": 10, "tags": [], "is_open": None}
SOURCES: dict[str, Any] = {"query": Query, "header": Header, "cookie": Cookie, "form": Form}

#: What is sent by name, and what comes of it: the values, or the faults.
FIELDS: dict[str, tuple[list[tuple[str, str]], dict[str, Any] | list[tuple[str, str, Any]]]] = {
    "all": (
        [("word", "a b"), ("max_size", "3"), ("tags", "1"), ("is_open", "true")],
        {"word": "a b", "max_size": 3, "tags": [1], "is_open": True},
    ),
    "what has no default": ([("word", "")], {"word": ""} | DEFAULTS),
    "more": ([("word", "x"), ("other", "y"), ("WORD", "z")], {"word": "x"} | DEFAULTS),
    "nothing": ([], [("word", "required", None)]),
    "all wrong": (
        [("max_size", "0"), ("tags", "x"), ("is_open", "perhaps")],
        [
            ("max_size", "an integer at least 1", "0"),
            ("tags[0]", "an integer", "x"),
            ("is_open", "true or false", "perhaps"),
            ("word", "required", None),
        ],
    ),
}


def write_name(source: str, name: str) -> str:
    return name.replace("_", "-") if source == "header" else name


def send(client: Any, source: str, pairs: list[tuple[str, str]]) -> Any:
    """Send pairs of names and texts in a source."""
    pairs = [(write_name(source, name), text) for name, text in pairs]
    if source == "query":
        return client.get("/", query_string=MultiDict(pairs))
    if source == "header":
        return client.get("/", headers=dict(pair for pair in pairs if pair[0] != "WORD"))
    if source == "cookie":
        return client.get("/", headers={"Cookie": "; ".join(f"{name}={quote_cookie(text)}" for name, text in pairs)})
    return client.post("/", data=MultiDict(pairs))


def make_app(view: Any, rule: str = "/") -> Flask:
    app = Flask("requests")
    app.add_url_rule(rule, "view", view, methods=["GET", "POST"])
    return app


def read_faults(response: Any) -> list[tuple[str, str, Any]]:
    assert (response.status_code, response.content_type) == (422, "application/problem+json"), response.text
    return [(fault["where"], fault["expected"], fault.get("got")) for fault in response.json["errors"]]


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", KINDS)
def test_models_come_from_a_source(door, kind, source, name):
    """Each field of a model is taken from the source by itself, and all faults are told, of whatever kind it is."""
    pairs, expected = FIELDS[name]

    def view(given: Any) -> dict[str, Any]:
        values = given if isinstance(given, dict) else {field: getattr(given, field) for field in ("word", *DEFAULTS)}
        return DEFAULTS | values

    view.__annotations__ = {"given": SOURCES[source][FILTERS[kind]]}
    response = send(door.client(make_app(view), use_cookies=False), source, pairs)
    if isinstance(expected, dict):
        assert response.json == expected
    else:
        assert read_faults(response) == [(f"{source}.{write_name(source, place)}", *rest) for place, *rest in expected]


def test_all_sources_tell_their_faults_at_once(door):
    """One answer has the faults of all parameters, in their order, of dependencies before those of the view."""

    def find_page(page: Query[int], size: Annotated[Query[int], Param(le=9)] = 3) -> int:
        return page * size

    def view(
        number: Annotated[Path[int], Param(lt=5)],
        word: Query[str],
        since: Header[int],
        seat: Cookie[float],
        body: Body[StructFilter],
        first: int = Depends(find_page),
    ) -> str:
        return "never"

    client = door.client(make_app(view, "/<int:number>"), use_cookies=False)
    headers = {"Since": "now", "Cookie": "seat=x"}
    response = client.post("/7?page=one&size=10", headers=headers, json={"word": 3, "tags": [1, "x"]})
    assert [place for place, *_ in read_faults(response)] == [
        "query.page", "query.size",
        "path.number", "query.word", "header.since", "cookie.seat", "body.tags[1]", "body.word",
    ]  # fmt: skip


@pytest.mark.parametrize("source", [*SOURCES, "body", "path"])
def test_secrets_are_never_told(door, source):
    """The value of a secret is in no answer, wherever it comes from and whatever is wrong with it."""
    mark: Any = (SOURCES | {"body": Body, "path": Path})[source]

    def view(word: Any) -> str:
        return "never"

    view.__annotations__ = {"word": Annotated[mark[Secret[str]], Param(max_length=3)]}
    if source == "body":
        view.__annotations__ = {"word": Body[Login]}
    client = door.client(make_app(view, "/<word>" if source == "path" else "/"), use_cookies=False)
    texts = "hunter2 is long"
    if source == "path":
        response = client.get(f"/{texts}")
    else:
        pairs = [("word", texts)]
        response = client.post("/", json=dict(pairs)) if source == "body" else send(client, source, pairs)
    assert [(place, got) for place, _, got in read_faults(response)] == [(f"{source}.word", None)]
    assert "hunter2" not in response.text


def make_file(name: str | None, data: bytes = b"12345", kind: str | None = "image/png") -> FileStorage:
    return FileStorage(io.BytesIO(data), name, content_type=kind)


def copy_file(file: FileStorage) -> FileStorage:
    """Return a file that was not sent yet."""
    return make_file(file.filename, file.stream.getvalue(), file.content_type)


LIMITED = Annotated[File, File(max_size=5, content_types=["image/*"])]
SEVERAL = Annotated[list[File], File(max_size=5, max_length=2)]
KIND = "a file of the type image/*"

#: The type of a parameter, what is sent for it, and what comes of it: names and sizes, or faults.
FILES: dict[str, tuple[Any, list[Any], Any]] = {
    "one": (File, [make_file("a.png")], [["a.png", 5]]),
    "empty": (File, [make_file("a.png", b"")], [["a.png", 0]]),
    "another alphabet": (File, [make_file("漢字é.png")], [["漢字é.png", 5]]),
    "large": (File, [make_file("a.bin", b"x" * 300_000)], [["a.bin", 300_000]]),
    "not sent": (File, [], [("file.value", "required", None)]),
    "not chosen": (File, [make_file("", b"")], [("file.value", "required", None)]),
    "a field": (File, ["text"], [("file.value", "required", None)]),
    "twice": (File, [make_file("a.png"), make_file("b.png")], [("file.value", "one file", 2)]),
    "within limits": (LIMITED, [make_file("a.png")], [["a.png", 5]]),
    "too large": (LIMITED, [make_file("a.png", b"123456")], [("file.value", "a file of at most 5 bytes", 6)]),
    "wrong type": (LIMITED, [make_file("a.png", kind="text/html")], [("file.value", KIND, "text/html")]),
    "several": (list[File], [make_file("a"), make_file("b")], [["a", 5], ["b", 5]]),
    "several of one": (list[File], [make_file("a")], [["a", 5]]),
    "several of none": (list[File], [], [("file.value", "required", None)]),
    "second too large": (
        SEVERAL, [make_file("a"), make_file("b", b"x" * 6)], [("file.value[1]", "a file of at most 5 bytes", 6)],
    ),
    "too many": (SEVERAL, [make_file("a")] * 3, [("file.value", "an array of at most 2 files", 3)]),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_files(door, name):
    """An uploaded file arrives with its name and content, or is told by what is wrong with it."""
    type_, sent, expected = FILES[name]

    def view(value: Any, word: Any) -> list[Any]:
        return [[file.filename, len(file.read())] for file in (value if isinstance(value, list) else [value])]

    view.__annotations__ = {"value": type_, "word": Form[str]}
    client = door.client(make_app(view))
    data = MultiDict([("word", "é"), *(("value", each if each == "text" else copy_file(each)) for each in sent)])
    response = client.post("/", data=data, content_type="multipart/form-data")
    assert (response.json if response.status_code == 200 else read_faults(response)) == expected


def test_a_file_in_another_body_is_refused(door):
    """A view that takes files takes forms alone."""

    def view(value: File) -> str:
        return "never"

    response = door.client(make_app(view)).post("/", json={"value": "x"})
    assert (response.status_code, response.content_type) == (415, "application/problem+json")


@pytest.mark.parametrize("view_fails", [False, True], ids=["answered", "failed"])
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_every_clean_up_runs_once(door, is_async, view_fails):
    """Each dependency ends exactly once, the last first, though each end fails."""
    seen: list[str] = []

    def make(name: str, *needed: Any) -> Any:
        def begin(earlier: Any = None) -> Any:
            try:
                yield name
            finally:
                seen.append(name)
                raise OSError(name)

        async def begin_on_loop(earlier: Any = None) -> Any:
            try:
                yield name
            finally:
                seen.append(name)
                raise OSError(name)

        found = begin_on_loop if is_async else begin
        found.__defaults__ = tuple(Depends(each) for each in needed) or (None,)
        return found

    first = make("first")
    second = make("second", first)
    third = make("third", second)

    def view(one: Any = Depends(first), two: Any = Depends(second), three: Any = Depends(third)) -> str:
        if view_fails:
            raise LookupError
        return "answered"

    with contextlib.suppress(OSError):
        assert door.client(make_app(view)).get("/").status_code == (500 if view_fails else 200)
    assert seen == ["third", "second", "first"]
