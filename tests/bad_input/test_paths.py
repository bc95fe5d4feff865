"""Paths that are badly encoded, that try to leave their folder, or that no client should send."""

from __future__ import annotations

import pytest

from tests.bad_input.judge import careful, same
from tests.differential.driver import Call

DECODED = {
    "percent alone": ("/string/%", "%"),
    "percent without digits": ("/string/%zz", "%zz"),
    "invalid byte": ("/string/%ff", "\ufffd"),
    "cut sequence": ("/string/%C3", "\ufffd"),
    "overlong slash": ("/string/%c0%af", "\ufffd\ufffd"),
    "raw bytes": ("/string/\udcff\udcfe", "\ufffd\ufffd"),
    "surrogate": ("/string/%ed%a0%80", "\ufffd\ufffd\ufffd"),
    "nul": ("/string/a%00b", "a\x00b"),
    "line break": ("/string/%0d%0aX", "\r\nX"),
    "dots": ("/path/%2e%2e/%2e%2e/x", "../../x"),
}

ABSENT = (
    "/admin%0a", "/admin%00", "/admin%20", "/admin/", "/admin;x", "/;/admin", "/./admin", "/../admin", "/x/../admin",
    "/ADMIN", "/%EF%BB%BFadmin",
    "/admin%2f", "/admin%5c", "/%61dmin%3f", "//", "//evil.example/slash", "//evil.example", "/\\evil.example",
    "/%5c%5cevil.example/..",
    "no-slash", "*", "@evil.example", "http://evil.example/args", "", "?", "/" + "a" * 100_000, "/" + "a/" * 10_000,
    "/int/-1", "/int/1.0", "/int/ 1",
    "/int/" + "9" * 5000, "/int/0x10", "/int/1_0", "/int/", "/%00", "/%ff", "/\udcff",
)  # fmt: skip

OUTSIDE = (
    "../app.py", "%2e%2e/app.py", "%2e%2e%2fapp.py", "..%2fapp.py", "%252e%252e/app.py", "..%5capp.py",
    "%5c..%5capp.py", "sub/../../app.py",
    "sub/%2e%2e/%2e%2e/app.py", ".../app.py", "....//app.py", "..%00/app.py", "numbers.txt%00", "numbers.txt%00.css",
    "%00", "C:/x", "C:%5cx",
    "%5c%5cserver%5cshare", "NUL", "nul.txt", "con", "CON.txt", "AUX", "COM1", "LPT1.log", "PRN ", "sub/NUL",
    "x::$DATA", "NUL:", "numbers.txt%20::$DATA",
    "numbers.txt.", "numbers.txt%20", ".", "..", "sub", "sub/", "~root", "~", "%ff", "%c0%ae%c0%ae/app.py", "a" * 300,
    "a/" * 3000, "./../app.py", "",
)  # fmt: skip

REDIRECTED = (
    "/slash",
    "//slash",
    "/%2fslash",
    "///slash",
    "/path//x",
    "/static//etc/passwd",
    "/static/%2fetc/passwd",
    "/folder//etc/passwd",
    "/folder/%2fetc%2fpasswd",
)


@pytest.mark.parametrize("case", DECODED)
def test_a_badly_encoded_path_is_decoded_as_by_flask(case: str) -> None:
    """Bytes that are no UTF-8 reach the view as replacement characters, and broken escapes as they are."""
    path, value = DECODED[case]
    answer = same(Call(path=path), 200)
    assert (
        repr(value.encode("unicode_escape").decode()).strip("'").lower()
        in repr(answer.body.decode()).replace("\\\\u00", "\\\\x").lower()
    )


@pytest.mark.parametrize("path", ABSENT, ids=lambda path: ascii(path)[:40])
def test_an_odd_path_matches_nothing(path: str) -> None:
    """A path that only resembles a route is not found."""
    same(Call(path=path), 404)


@pytest.mark.parametrize("name", OUTSIDE, ids=lambda name: name[:40])
@pytest.mark.parametrize("folder", ["/static/", "/folder/"])
def test_no_file_outside_its_folder_is_sent(folder: str, name: str) -> None:
    """A name that leaves the folder, names a device, or names no file is not found."""
    same(Call(path=folder + name), 404)


@pytest.mark.parametrize(
    "name",
    [*OUTSIDE, "%2fetc%2fpasswd", "%2f%2fetc/passwd", "%5cetc", "%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd"],
    ids=lambda name: name[:40],
)
def test_no_file_outside_its_folder_is_sent_by_a_view(name: str) -> None:
    """A view that hands the client's text to `send_from_directory` sends nothing from outside its folder."""
    same(Call(path="/folder-query", query=f"to={name}"), 404)


@pytest.mark.parametrize("path", REDIRECTED)
def test_a_doubled_slash_never_redirects_elsewhere(path: str) -> None:
    """A redirect that mends slashes stays on the host that was asked, and the mended path is checked again."""
    (location,) = same(Call(path=path), 308).header("Location")
    assert location.startswith("http://localhost/")
    assert not location.startswith("http://localhost//")


@pytest.mark.parametrize(
    "path",
    [
        "/static/site.css/",
        "/static/./site.css",
        "/static/sub//x",
        "/string/" + "%41" * 5000,
        "/int/%D9%A1",
        "/slash%2f",
    ],
)
def test_a_tolerated_path_is_answered_as_by_flask(path: str) -> None:
    """A path that Flask lets pass gets the same answer, or a refusal."""
    careful(Call(path=path))


ENVIRONS = {
    "empty path": ("/", (("PATH_INFO", ""),)),
    "prefix without slash": ("/text", (("SCRIPT_NAME", "x"),)),
    "prefix of another host": ("/text", (("SCRIPT_NAME", "//evil.example"),)),
    "prefix with bytes": ("/text", (("SCRIPT_NAME", "/\xff"),)),
    "port is no number": ("/external", (("SERVER_PORT", "x"),)),
    "port is no number, no host": ("/external", (("SERVER_PORT", "x"), ("HTTP_HOST", ""))),
    "no name": ("/external", (("SERVER_NAME", ""), ("HTTP_HOST", ""))),
    "other scheme": ("/url", (("wsgi.url_scheme", "ftp"),)),
    "no scheme": ("/url", (("wsgi.url_scheme", ""),)),
    "no address": ("/attributes", (("REMOTE_ADDR", ""),)),
    "encoding beside length": ("/data", (("CONTENT_LENGTH", "1"), ("HTTP_TRANSFER_ENCODING", "chunked"))),
    "method override": ("/item", (("HTTP_X_HTTP_METHOD_OVERRIDE", "DELETE"),)),
    "request URI of another host": ("/url", (("REQUEST_URI", "http://evil.example/url"),)),
    "raw URI of another path": ("/url", (("RAW_URI", "/admin"),)),
}


@pytest.mark.parametrize("case", ENVIRONS)
def test_an_odd_environ_is_answered_as_by_flask(case: str) -> None:
    """Values that a strange server or proxy hands over never give a server error."""
    path, environ = ENVIRONS[case]
    careful(Call(path=path, environ=environ))
