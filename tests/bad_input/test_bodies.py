"""Bodies of the wrong length, bodies that are malformed, and bodies beyond their limits."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bad_input.judge import better, careful, same
from tests.differential.driver import Call

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
PARTS = "multipart/form-data; boundary=edge"

FIELD = b'--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue\r\n'
FILE = b'--edge\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nvalue\r\n'
END = b"--edge--\r\n"

WHOLE = (
    ("/data", "", b"hello"),
    ("/read", "", b"hello"),
    ("/lines", "", b"hello"),
    ("/form", FORM, b"a=1&b"),
    ("/files", PARTS, FILE + END),
    ("/json", JSON, b"[[1]]"),
)

TERMINATED = (("wsgi.input_terminated", True),)


@pytest.fixture
def collected() -> Iterator[None]:
    """Collect what a test left open while its filter of warnings still holds."""
    yield
    gc.collect(1)


def leaves_files(test: Any) -> Any:
    """Mark a test in which Werkzeug's parser, giving up, leaves its temporary files to the garbage collector."""
    return pytest.mark.usefixtures("collected")(
        pytest.mark.filterwarnings("ignore:.*nclosed file:ResourceWarning")(test)
    )


def post(path: str, content_type: str, body: bytes, **changes: object) -> Call:
    """Make a request with a body."""
    headers = (("Content-Type", content_type),) if content_type else ()
    return Call(method="POST", path=path, headers=headers, body=body, **changes)  # type: ignore[arg-type]  # by name


@leaves_files
@pytest.mark.parametrize(
    "length", ["-1", "abc", "", "+5", "5_0", "5,5", "0x5", "5.0", "\u0665", "1e1", "2", "0", "-0", "5;5"]
)
@pytest.mark.parametrize(("path", "content_type", "body"), WHOLE)
def test_a_wrong_length_is_never_a_server_error(path: str, content_type: str, body: bytes, length: str) -> None:
    """A Content-Length that is no number, negative or too small is answered as by Flask, or refused."""
    careful(post(path, content_type, body, length=length))


@leaves_files
@pytest.mark.parametrize("length", ["1000", "99999999999999999999"])
@pytest.mark.parametrize(("path", "content_type", "body"), WHOLE)
def test_a_body_shorter_than_its_length_is_refused(path: str, content_type: str, body: bytes, length: str) -> None:
    """A body that ends before its Content-Length is refused, and no view sees a part of it."""
    same(post(path, content_type, body, length=length), 400)


@leaves_files
@pytest.mark.parametrize(("path", "content_type", "body"), WHOLE[:-1])
def test_a_cut_body_is_refused_where_the_server_marks_the_end(path: str, content_type: str, body: bytes) -> None:
    """Flask answers 200 for a part of a body behind servers that end the stream themselves; here it is a 400."""
    better(post(path, content_type, body, length="1000", environ=TERMINATED), 200, 400)


@pytest.mark.parametrize(("path", "content_type", "body"), WHOLE)
def test_a_cut_body_does_not_disturb_a_view_that_reads_none(path: str, content_type: str, body: bytes) -> None:
    """A view that leaves the body alone answers although the body was cut."""
    same(post("/text", content_type, body, length="1000"), 200)


BAD_JSON = {
    "nothing": b"", "bracket": b"[", "brace": b"{", "word": b"nul", "byte": b"\xff", "byte in text": b'"\xff"',
    "extra bracket": b"[1]]", "single quotes": b"'a'",
    "nul": b"\x00", "minus": b"-", "short escape": b'"\\u12"', "trailing comma": b'{"a":1,}',
    "cut utf-16": b'\xff\xfe{\x00"\x00a\x00"\x00', "long number": b"1" * 5000,
    "control character": b'"\x01"', "latin-1": b'"\xe9"', "two values": b"1 2", "comment": b"[1] // x",
    "negative long number": b"[-" + b"9" * 10_000 + b"]",
}  # fmt: skip

DEEP = {
    "open lists": b"[" * 100_000,
    "lists": b"[" * 100_000 + b"]" * 100_000,
    "objects": b'{"a":' * 100_000,
    "mixed": b'[{"a":' * 50_000,
}


@pytest.mark.parametrize("case", BAD_JSON)
def test_malformed_json_is_refused(case: str) -> None:
    """A body that is no JSON is answered with 400."""
    same(post("/json", JSON, BAD_JSON[case]), 400)


@pytest.mark.parametrize("case", DEEP)
def test_deep_json_is_refused(case: str) -> None:
    """Flask answers 500 for JSON that is nested too deeply; here it is a 400."""
    better(post("/json", JSON, DEEP[case]), 500, 400)


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "json", "text/json", ";", "\udcff"],
    ids=ascii,
)
def test_json_under_another_type_is_refused(content_type: str) -> None:
    """A JSON body under a content type that is not JSON is answered with 415."""
    same(post("/json", content_type, b"[1]"), 415)


@pytest.mark.parametrize(
    "body",
    [
        b"NaN",
        b"\xef\xbb\xbf{}",
        '["a"]'.encode("utf-32"),
        b"1e999999999",
        b'"\\ud800"',
        b"[" * 150 + b"]" * 150,
        b"Infinity",
    ],
    ids=lambda body: ascii(body)[:30],
)
def test_lenient_json_is_read_as_by_flask(body: bytes) -> None:
    """JSON beyond the letter of the RFC is read as by Flask, or refused."""
    careful(post("/json", JSON, body))


BAD_FORMS = (
    b"a=%ff",
    b"\xff=\xfe",
    b"%",
    b"a=%zz",
    b"&" * 100_000,
    b"=" * 10_000,
    b"a=1;b",
    b"\x00",
    b"+" * 10,
    b"a=%00",
    b"a=%ed%a0%80",
    b"a" * 100_000,
    b"a=1&" * 900,
)


@pytest.mark.parametrize("body", BAD_FORMS, ids=lambda body: ascii(body)[:30])
def test_a_bad_form_is_read_as_by_flask(body: bytes) -> None:
    """A urlencoded body with broken escapes or bytes is read leniently, as by Flask."""
    careful(post("/form", FORM, body))


def test_a_form_of_too_many_fields_is_refused() -> None:
    """Flask takes any number of urlencoded fields, which cost seconds; here more than ten thousand are a 413."""
    better(post("/form", FORM, b"a=1&" * 20_000), 200, 413)


BAD_PARTS = {
    "no boundary": ("multipart/form-data", FIELD + END),
    "empty boundary": ("multipart/form-data; boundary=", FIELD + END),
    "other boundary": ("multipart/form-data; boundary=other", FIELD + END),
    "long boundary": ("multipart/form-data; boundary=" + "x" * 5000, FIELD + END),
    "tab in boundary": ('multipart/form-data; boundary="a\tb"', FIELD + END),
    "wide boundary": ("multipart/form-data; boundary=é", FIELD + END),
    "extended boundary": ("multipart/form-data; boundary*=utf-8''%ff", FIELD + END),
    "cut in a header": (PARTS, FIELD[:20]),
    "cut in a value": (PARTS, FIELD[:-4]),
    "no end": (PARTS, FIELD),
    "half an end": (PARTS, FIELD + b"--edge-"),
    "nothing": (PARTS, b""),
    "end alone": (PARTS, END),
    "garbage": (PARTS, b"\x00\xff" * 50),
    "no disposition": (PARTS, b"--edge\r\nX: 1\r\n\r\nvalue\r\n" + END),
    "no name": (PARTS, b"--edge\r\nContent-Disposition: form-data\r\n\r\nvalue\r\n" + END),
    "no colon": (PARTS, b"--edge\r\nnonsense\r\n\r\nvalue\r\n" + END),
    "no headers": (PARTS, b"--edge\r\n\r\nvalue\r\n" + END),
    "line feeds": (PARTS, (FIELD + END).replace(b"\r\n", b"\n")),
    "bytes in a name": (PARTS, FIELD.replace(b'"a"', b'"\xff"') + END),
    "bytes in a value": (PARTS, FIELD.replace(b"value", b"\xff\xfe") + END),
    "open quote": (PARTS, FIELD.replace(b'"a"', b'"a') + END),
    "unknown charset": (PARTS, FIELD.replace(b'"a"', b'"a"\r\nContent-Type: text/plain; charset=nothing') + END),
    "length of a part": (PARTS, FILE.replace(b'f.txt"', b'f.txt"\r\nContent-Length: abc') + END),
    "long name": (PARTS, FIELD.replace(b'"a"', b'"' + b"x" * 100_000 + b'"') + END),
    "bad extended name": (PARTS, FILE.replace(b'filename="f.txt"', b"filename*=utf-8''%ff%zz") + END),
    "unknown extended charset": (PARTS, FILE.replace(b'filename="f.txt"', b"filename*=nothing''x") + END),
    "file name outside": (PARTS, FILE.replace(b"f.txt", b"../../etc/passwd") + END),
    "nul in a file name": (PARTS, FILE.replace(b"f.txt", b"a\x00b") + END),
    "mixed": ("multipart/mixed; boundary=edge", FIELD + END),
    "transfer encoding": (PARTS, FIELD.replace(b'"a"', b'"a"\r\nContent-Transfer-Encoding: base64') + END),
    "carriage returns": (PARTS, FILE.replace(b"value", b"\r" * 500_000) + END),
    "preamble": (PARTS, b"x" * 100_000 + b"\r\n" + FIELD + END),
    "epilogue": (PARTS, FIELD + END + b"x" * 100_000),
}


@leaves_files
@pytest.mark.parametrize("case", BAD_PARTS)
@pytest.mark.parametrize("path", ["/form", "/files", "/values", "/data"])
def test_malformed_parts_are_never_a_server_error(path: str, case: str) -> None:
    """A multipart body that is malformed is answered as by Flask, or refused."""
    careful(post(path, *BAD_PARTS[case]))


TOO_MUCH = {
    "fields": FIELD * 1001 + END,
    "files": FILE * 1001 + END,
    "parts": (FIELD + FILE) * 501 + END,
    "value": FIELD.replace(b"value", b"x" * 600_000) + END,
    "carriage returns": FIELD.replace(b"value", b"\r" * 600_000) + END,
    "header": b"--edge\r\nX: " + b"x" * 600_000 + b"\r\n\r\nvalue\r\n" + END,
}


@leaves_files
@pytest.mark.parametrize("case", TOO_MUCH)
@pytest.mark.parametrize("path", ["/form", "/files"])
def test_too_many_or_too_large_parts_are_refused(path: str, case: str) -> None:
    """More parts, or larger fields, than the limits that hold without any setting are answered with 413."""
    same(post(path, PARTS, TOO_MUCH[case]), 413)


LIMIT = (("MAX_CONTENT_LENGTH", 100),)
OVER = (
    ("/data", "", b"x" * 101),
    ("/read", "", b"x" * 101),
    ("/lines", "", b"x" * 101),
    ("/form", FORM, b"a=" + b"x" * 101),
    ("/files", PARTS, FILE * 3 + END),
    ("/json", JSON, b"[" + b" " * 101 + b"]"),
)


@leaves_files
@pytest.mark.parametrize(("path", "content_type", "body"), OVER)
def test_a_declared_body_over_the_limit_is_refused(path: str, content_type: str, body: bytes) -> None:
    """A Content-Length over the limit is answered with 413."""
    same(post(path, content_type, body), 413, LIMIT)


@pytest.mark.parametrize(
    ("path", "content_type", "body"), [row for row in OVER if row[0] in {"/data", "/read", "/form"}]
)
def test_a_chunked_body_over_the_limit_is_refused(path: str, content_type: str, body: bytes) -> None:
    """Flask cuts a body without a length at the limit and answers 200; here it is a 413."""
    better(post(path, content_type, body, length=None, environ=TERMINATED), 200, 413, LIMIT)


def test_a_chunked_json_body_over_the_limit_is_refused_for_its_size() -> None:
    """Flask cuts a JSON body at the limit and calls it malformed; here the answer names the size."""
    better(post(*OVER[-1], length=None, environ=TERMINATED), 400, 413, LIMIT)


@leaves_files
@pytest.mark.parametrize(("path", "content_type", "body"), [row for row in OVER if row[0] in {"/lines", "/files"}])
def test_a_chunked_body_over_the_limit_is_refused_piece_by_piece(path: str, content_type: str, body: bytes) -> None:
    """A body without a length that is read in pieces is refused once it is over the limit."""
    same(post(path, content_type, body, length=None, environ=TERMINATED), 413, LIMIT)


@pytest.mark.parametrize("path", ["/data", "/read"])
def test_a_body_at_the_limit_is_read(path: str) -> None:
    """A body of exactly the limit is complete, with a length or without."""
    for changes in ({}, {"length": None, "environ": TERMINATED}):
        assert same(post(path, "", b"x" * 100, **changes), 200, LIMIT).body == b'{"size":100}\n'


SETTINGS = {
    "fields": ((("MAX_FORM_PARTS", 2),), FIELD * 3 + END),
    "files": ((("MAX_FORM_PARTS", 2),), FILE * 3 + END),
    "memory": ((("MAX_FORM_MEMORY_SIZE", 100),), FIELD.replace(b"value", b"x" * 101) + END),
    "memory of all": ((("MAX_FORM_MEMORY_SIZE", 100),), FIELD.replace(b"value", b"x" * 60) * 2 + END),
}


@leaves_files
@pytest.mark.parametrize("case", SETTINGS)
def test_parts_over_a_limit_of_the_app_are_refused(case: str) -> None:
    """The limits that an app sets for multipart bodies hold."""
    settings, body = SETTINGS[case]
    same(post("/form", PARTS, body), 200)
    same(post("/form", PARTS, body), 413, settings)
