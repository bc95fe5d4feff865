"""Text of the client's that a view puts into status, headers and cookies cannot break out of its place."""

from __future__ import annotations

import pytest

from tests.bad_input.judge import ask, same
from tests.differential.driver import Call
from tests.differential.sides import OURS, THEIRS

SETTERS = (
    "header-value", "header-add", "header-extend", "header-name", "status", "content-type", "mimetype", "location",
    "cookie-name", "cookie-value",
    "cookie-domain", "cookie-path", "cookie-expires", "cookie-samesite", "etag", "vary",
)  # fmt: skip
BREAKS = ("a%0d%0aX-Evil:1", "a%0aX-Evil:1", "a%0dX-Evil:1", "a%00b", "a%1bb", "a%7fb", "a%0d%0a%0d%0a%3Cscript%3E")
COOKIE_SETTERS = ("cookie-name", "cookie-domain", "cookie-path", "cookie-expires", "cookie-samesite", "cookie-value")


@pytest.mark.parametrize("text", BREAKS)
@pytest.mark.parametrize("setter", SETTERS)
def test_control_characters_never_reach_the_server(setter: str, text: str) -> None:
    """A control character is refused or quoted, so that nothing but visible text is sent; Flask lets many through."""
    _, ours = ask(Call(path=f"/write/{setter}", query=f"to={text}"))
    assert not ours.header("X-Evil")


@pytest.mark.parametrize("text", ["evil; Domain=evil.example", "a;b", "a; SameSite=None", "a,b; Secure"])
@pytest.mark.parametrize("setter", COOKIE_SETTERS)
def test_a_cookie_gets_no_attribute_that_was_not_asked_for(setter: str, text: str) -> None:
    """A semicolon in a cookie's name, value or attribute is refused or quoted; Flask lets it add attributes."""
    _, ours = ask(Call(path=f"/write/{setter}", query=f"to={text}"))
    attributes = [part.strip().partition("=")[0].lower() for line in ours.set_cookies for part in line.split(";")[1:]]
    if OURS is not THEIRS:
        assert len(attributes) == len(set(attributes))
        assert set(attributes) <= {"path", setter.removeprefix("cookie-")}


@pytest.mark.parametrize("text", BREAKS)
@pytest.mark.parametrize("path", ["/redirect", "/tuple", "/named"])
def test_a_line_break_in_a_redirect_or_a_result_is_not_sent(path: str, text: str) -> None:
    """A location, a header of a result tuple and a download name hold no line break."""
    _, ours = ask(Call(path=path, query=f"to={text}"))
    assert not ours.header("X-Evil")


@pytest.mark.parametrize(
    "text",
    [
        "//evil.example",
        "%5c%5cevil.example",
        "javascript:x",
        "%20/x",
        "é",
        "%ff",
        "/a%20b",
        "?x=1",
        "#x",
        "https://example.org/%25zz",
        "%3Cscript%3E",
    ],
)
def test_a_redirect_goes_where_flasks_goes(text: str) -> None:
    """A location that holds no line break is encoded as by Flask."""
    theirs, ours = ask(Call(path="/redirect", query=f"to={text}"))
    assert (ours.code, ours.header("Location"), ours.body) == (theirs.code, theirs.header("Location"), theirs.body)


@pytest.mark.parametrize(
    "name", ["é.txt", "☃.txt", 'a"b.txt', "a;b.txt", "a%25b", "../x.txt", "a%20b", "%5c.txt", "x" * 1000]
)
def test_a_download_name_is_quoted_as_by_flask(name: str) -> None:
    """A download name with quotes, separators or other alphabets is written as by Flask."""
    theirs, ours = ask(Call(path="/named", query=f"to={name}"))
    assert ours.header("Content-Disposition") == theirs.header("Content-Disposition")


@pytest.mark.parametrize("setter", SETTERS)
def test_a_missing_argument_of_a_setter_is_a_bad_request(setter: str) -> None:
    """A view that asks for a missing argument is answered with 400 before it writes."""
    same(Call(path=f"/write/{setter}"), 400)
