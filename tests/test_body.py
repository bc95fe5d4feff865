"""A body is handed over complete, or reading it raises."""

import io

import pytest
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.test import create_environ, run_wsgi_app

from demijohn import Flask, request
from demijohn._body import decode_form, open_body, read_small_body
from demijohn.request import Request


def make(body, *, length=None, terminated=False, chunk=None):
    """Return an environ with a body, as a server would tell of it."""
    source = io.BytesIO(body) if chunk is None else Dripping(body, chunk)
    environ = {"wsgi.input": source, "REQUEST_METHOD": "POST", "CONTENT_TYPE": "text/plain"}
    if length is not None:
        environ["CONTENT_LENGTH"] = str(length)
    if terminated:
        environ["wsgi.input_terminated"] = True
    return environ


class Dripping(io.RawIOBase):
    """Give at most a few bytes at a time."""

    def __init__(self, body, chunk):
        self.source, self.chunk = io.BytesIO(body), chunk

    def readable(self):
        return True

    def readinto(self, buffer):
        data = self.source.read(min(len(buffer), self.chunk))
        buffer[: len(data)] = data
        return len(data)


@pytest.mark.parametrize("terminated", [False, True])
@pytest.mark.parametrize("chunk", [None, 1, 3])
def test_a_whole_body_is_given(terminated, chunk):
    """A body of the announced length is read to its end, however it arrives."""
    environ = make(b"0123456789", length=10, terminated=terminated, chunk=chunk)
    assert b"0123456789" == open_body(environ, None).read()


@pytest.mark.parametrize("terminated", [False, True])
@pytest.mark.parametrize("received", [b"", b"0", b"012345678"])
def test_a_body_that_was_cut_off_raises(terminated, received):
    """A body that ends before the announced length is not handed over."""
    stream = open_body(make(received, length=10, terminated=terminated), None)
    with pytest.raises(ClientDisconnected):
        stream.read()


@pytest.mark.parametrize("terminated", [False, True])
def test_a_cut_body_raises_in_whatever_way_it_is_read(terminated):
    """Reading in pieces gets to the error as well."""
    stream = open_body(make(b"01234", length=10, terminated=terminated), None)
    with pytest.raises(ClientDisconnected):
        list(iter(lambda: stream.read(2), b""))


def test_a_body_of_no_known_length_is_empty():
    """Without a length and an end that the server marks nothing may be read."""
    assert b"" == open_body(make(b"never read"), None).read()


def test_a_body_that_the_server_ends_needs_no_length():
    """A chunked body is read to the end that the server marks."""
    assert b"0123456789" == open_body(make(b"0123456789", terminated=True), None).read()


@pytest.mark.parametrize(("terminated", "length"), [(False, 10), (True, 10), (True, None)])
def test_a_body_at_its_limit_is_given(terminated, length):
    """A limit is the most that may be read."""
    environ = make(b"0123456789", length=length, terminated=terminated)
    assert b"0123456789" == open_body(environ, 10).read()


@pytest.mark.parametrize("terminated", [False, True])
def test_an_announced_length_over_the_limit_raises_unread(terminated):
    """One byte more than the limit is refused before anything is read."""
    environ = make(b"0123456789", length=10, terminated=terminated)
    with pytest.raises(RequestEntityTooLarge):
        open_body(environ, 9)
    assert 0 == environ["wsgi.input"].tell()


@pytest.mark.parametrize("chunk", [None, 1, 9])
def test_a_body_without_length_over_its_limit_raises(chunk):
    """One byte over the limit raises while the body is read, and no more is taken."""
    environ = make(b"0123456789" * 10, terminated=True, chunk=chunk)
    with pytest.raises(RequestEntityTooLarge):
        open_body(environ, 9).read()
    source = environ["wsgi.input"]
    assert 10 == (source if chunk is None else source.source).tell()


def test_a_limit_of_zero_lets_an_empty_body_through():
    """Nothing is not over a limit of nothing; one byte is."""
    assert b"" == open_body(make(b"", terminated=True), 0).read()
    with pytest.raises(RequestEntityTooLarge):
        open_body(make(b"0", terminated=True), 0).read()


def test_a_body_reads_like_a_file():
    """Lines, pieces and the empty read at the end are those of a file."""
    stream = open_body(make(b"one\ntwo\nthree", terminated=True), None)
    assert (b"one\n", b"tw", b"o\nthree", b"", b"") == (
        stream.readline(),
        stream.read(2),
        stream.read(),
        stream.read(),
        stream.read(1),
    )


@pytest.mark.parametrize(
    ("body", "length", "expected"), [(b"01234", 8, 400), (b"0123456789", 10, 413), (b"01", 2, 200)]
)
@pytest.mark.parametrize("terminated", [False, True])
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_view_never_sees_a_part_of_a_body(body, length, expected, terminated, content_type):
    """A cut body answers 400 and one over the limit 413, however the view reads it."""
    app = Flask("made")
    app.config["MAX_CONTENT_LENGTH"] = 9

    @app.post("/")
    def read():
        return [*request.form, request.get_data(as_text=True)]

    environ = create_environ() | make(body, length=length, terminated=terminated)
    environ["CONTENT_TYPE"] = content_type
    assert expected == int(run_wsgi_app(app, environ)[1].split()[0])


@pytest.mark.parametrize(("fields", "expected"), [(10_000, 10_000), (10_001, None)])
def test_a_form_has_a_limit_of_fields(fields, expected):
    """Ten thousand fields are read, one more is refused; Flask reads any number."""
    body = b"&".join([b"a="] * fields)
    strict = Request(make(body, length=len(body)) | {"CONTENT_TYPE": "application/x-www-form-urlencoded"})
    if expected is None:
        with pytest.raises(RequestEntityTooLarge):
            _ = strict.form
    else:
        assert expected == len(strict.form.getlist("a"))


@pytest.mark.parametrize("chunk", [1, 2, 7, None])
@pytest.mark.parametrize(
    "content", [b"", b"\r", b"\r\n", b"\n\r\n--", b"a\r\n--x", b"--xy\r\n", b"\r\n--xyz-", b"0" * 70_000]
)
def test_a_multipart_form_is_the_same_however_it_arrives(content, chunk):
    """What looks like the beginning of a boundary belongs to the file."""
    head = b'--xyzz\r\nContent-Disposition: form-data; name="f"; filename="n"\r\n\r\n'
    body = head + content + b"\r\n--xyzz--\r\n"
    if chunk is not None and len(content) > 100:
        chunk *= 1_000
    environ = make(body, length=len(body), chunk=chunk) | {"CONTENT_TYPE": "multipart/form-data; boundary=xyzz"}
    with Request(environ) as received:
        assert content == received.files["f"].read()


def test_the_limit_is_the_requests_own():
    """A request may be given another limit before its body is read."""
    strict = Request(make(b"0123456789", length=10))
    strict.max_content_length = 9
    with pytest.raises(RequestEntityTooLarge):
        strict.get_data()


@pytest.mark.parametrize("chunk", [None, 1, 3])
@pytest.mark.parametrize("size", [0, 10, 99_999])
def test_a_small_body_is_read_at_once(size, chunk):
    """A body of a plain length is given whole, however it arrives."""
    body = b"0" * size
    environ = make(body, length=size, chunk=chunk if chunk is None else chunk * size // 5 + 1)
    assert body == read_small_body(environ, size)


@pytest.mark.parametrize("length", [None, "", "-1", "+1", "1_0", "1.0", "\u0661", "\xb2", "100000", "9" * 5_000])
def test_a_body_of_another_length_is_left_alone(length):
    """A length that is absent, odd or large is for the stream to judge; nothing is read."""
    environ = make(b"0123456789", length=length)
    assert None is read_small_body(environ, None)
    assert 0 == environ["wsgi.input"].tell()


def test_a_chunked_body_is_left_alone():
    """Its length is not where it ends."""
    assert None is read_small_body(make(b"0123456789", length=10) | {"HTTP_TRANSFER_ENCODING": "chunked"}, None)


def test_a_body_whose_end_is_marked_is_read_up_to_its_length():
    """A server that ends the stream by itself ends it there, or the body is cut."""
    marked = {"wsgi.input_terminated": True}
    assert b"0123456789" == read_small_body(make(b"0123456789", length=10) | marked, None)
    with pytest.raises(ClientDisconnected):
        read_small_body(make(b"01234", length=10) | marked, None)


@pytest.mark.parametrize("limit", [0, 9])
def test_a_small_body_over_its_limit_is_left_alone(limit):
    """It is for the stream to refuse it; nothing is read."""
    environ = make(b"0123456789", length=10)
    assert None is read_small_body(environ, limit)
    assert 0 == environ["wsgi.input"].tell()


class Failing:
    """Give three bytes, then fail."""

    def __init__(self, error):
        self.parts = [b"012", error]

    def read(self, size=-1):
        """Return the next part, or raise it."""
        part = self.parts.pop(0)
        if isinstance(part, Exception):
            raise part
        return part


@pytest.mark.parametrize("error", [ConnectionResetError(), OSError(), ValueError()])
def test_a_small_body_that_cannot_be_read_raises(error):
    """A connection that fails while a body is read is a client that went away, as with the stream."""
    for read in (read_small_body, lambda environ, limit: open_body(environ, limit).read()):
        with pytest.raises(ClientDisconnected):
            read(make(b"", length=10) | {"wsgi.input": Failing(error)}, None)


@pytest.mark.parametrize("received", [b"", b"0", b"012345678"])
def test_a_small_body_that_was_cut_off_raises(received):
    """What came of it is not handed over."""
    with pytest.raises(ClientDisconnected):
        read_small_body(make(received, length=10), None)


@pytest.mark.parametrize(("data", "expected"), [(b"a=\xc3\xa9", "a=é"), (b"\xff=a", ""), (b"", "")])
def test_a_form_that_is_no_utf_8_is_empty(data, expected):
    """A form is text as a whole or nothing."""
    assert expected == decode_form(data)


@pytest.mark.parametrize(
    ("extra", "status"),
    [
        ({}, 411),
        ({"wsgi.input_terminated": True}, 200),
        ({"wsgi.input_terminated": True, "SERVER_SOFTWARE": "Granian"}, 411),
        ({"CONTENT_LENGTH": "4"}, 200),
    ],
)
def test_a_chunked_body_needs_a_server_that_tells_its_end(extra, status):
    """Where a cut body could not be told from a whole one, the client is asked for the length (RFC 9110, 15.5.12)."""
    app = Flask("chunked")
    app.add_url_rule("/", "page", lambda: request.get_data(), methods=["POST"])
    environ = create_environ("/", method="POST", input_stream=io.BytesIO(b"body"))
    environ.pop("CONTENT_LENGTH", None)
    environ |= {"HTTP_TRANSFER_ENCODING": "chunked", **extra}
    statuses = []
    list(app(environ, lambda line, headers: statuses.append(int(line[:3]))))
    assert [status] == statuses


@pytest.mark.parametrize("kind", [ValueError, OSError, Exception])
def test_an_error_of_the_servers_stream_is_the_clients(kind):
    """Servers raise errors of their own where a body is cut or malformed: it is a 400."""

    class Broken(io.BytesIO):
        def read(self, *args):
            raise kind("malformed chunk")

    environ = create_environ("/", method="POST", input_stream=Broken())
    environ["wsgi.input_terminated"] = True
    with pytest.raises(ClientDisconnected):
        open_body(environ, None).read()
