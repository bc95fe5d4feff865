"""The traceback page: complete, safe against hostile values, and readable without scripts."""

from html.parser import HTMLParser

import pytest

from demijohn.dev import traceback_page
from demijohn.dev.traceback_page import RequestFacts, answer_failure, prefers_page, render_page, render_text

FACTS = RequestFacts("GET", "/users/7", "page=2&token=abc", [("Host", "localhost"), ("Cookie", "session=abc")])
HOSTILE = "</pre></script><script>alert(1)</script><img src=x onerror='alert(2)'>\"'`{{ 7*7 }}\0\ud800\u202e"
SECRET = "hunter2"  # far from the lines that pages show
VOID = {"meta", "link", "input", "img", "br"}


class Reader(HTMLParser):
    """Collect the elements of a page, and check that they are nested well."""

    def __init__(self, page):
        super().__init__()
        self.elements = []
        self.open = []
        self.feed(page)
        self.close()
        assert [] == self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert tag == self.open.pop()

    def find(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def catch(function, *arguments):
    """Return what a function raises."""
    try:
        function(*arguments)
    except BaseException as error:
        return error


def fail(value="v", password=SECRET):
    """Fail with a secret among the local variables."""
    raise ValueError(value)


def fail_in_many_ways():
    """Raise a group with notes, whose members have causes."""
    errors = []
    for _ in range(3):
        try:
            fail()
        except ValueError as error:
            chained = KeyError("k")
            chained.__cause__ = error
            chained.add_note(HOSTILE)
            errors.append(chained)
    raise ExceptionGroup("many", errors)


@pytest.mark.parametrize(
    "function", [fail, fail_in_many_ways, lambda: compile("a b", HOSTILE.replace("\0", ""), "exec")]
)
def test_page_is_well_formed(function):
    """Every element of a page is closed where it should be."""
    reader = Reader(render_page(catch(function), FACTS))
    assert 1 == len(reader.find("h1"))
    assert {"html", "head", "title", "body", "main"} <= {tag for tag, _ in reader.elements}


def test_hostile_values_stay_text():
    """Nothing that a client or a value says becomes an element or an attribute."""
    plain = Reader(render_page(catch(fail, "x"), FACTS))
    facts = RequestFacts(HOSTILE, HOSTILE, HOSTILE, [(HOSTILE, HOSTILE)])
    page = render_page(catch(fail, HOSTILE), facts)
    hostile = Reader(page)
    assert len(plain.find("script")) == len(hostile.find("script"))
    assert [] == hostile.find("img")
    assert [] == [name for _, attributes in hostile.elements for name in attributes if name.startswith("on")]
    assert "49" not in page.partition("<h1>")[2].partition("</pre>")[0]
    assert not {"\0", "\u202e"} & set(page)
    page.encode()


def test_hostile_names_of_classes_and_functions_stay_text():
    """The name of a class, its module, a function and a file may be anything."""
    kind = type(HOSTILE.replace("\0", "").replace("\ud800", ""), (Exception,), {"__module__": HOSTILE})
    assert [] == Reader(render_page(kind("x"), FACTS)).find("img")


def test_page_needs_no_inline_handlers_and_loads_nothing():
    """A strict content security policy holds: all that runs has the nonce of the policy."""
    answer = answer_failure(catch(fail), FACTS._replace(headers=[("Accept", "text/html")]))
    policy = dict(answer.headers)["Content-Security-Policy"]
    reader = Reader(answer.body.decode())
    nonces = {element["nonce"] for element in reader.find("script") + reader.find("style")}
    assert len(nonces) == 1
    assert f"script-src 'nonce-{nonces.pop()}'" in policy
    assert [] == [a for _, a in reader.elements if "src" in a or "style" in a or any(n.startswith("on") for n in a)]


def test_nonces_differ():
    """Each page has a nonce of its own."""
    facts = FACTS._replace(headers=[("Accept", "text/html")])
    policies = {dict(answer_failure(catch(fail), facts).headers)["Content-Security-Policy"] for _ in range(2)}
    assert 2 == len(policies)


def test_page_is_readable_without_scripts():
    """What needs a script is hidden until one runs; the rest is folded by the browser."""
    reader = Reader(render_page(catch(fail), FACTS))
    assert ["hidden" in button for button in reader.find("button") if button.get("id") == "copy"] == [True]
    frames = [element for element in reader.find("details") if element.get("class") == "frame"]
    assert ["open" in frame for frame in frames] == [True] * len(frames)


def test_page_masks_secrets():
    """Neither variables, headers nor the query show a secret."""
    page = render_page(catch(fail), FACTS)
    assert "session=abc" not in page
    assert "token=abc" not in page
    assert SECRET not in page


def test_page_shows_the_request():
    """The page says what was asked for."""
    page = render_page(catch(fail), FACTS)
    assert "<b>GET</b> /users/7" in page
    assert "<dt>page</dt>\n<dd>2</dd>" in page


def test_text_is_what_python_prints():
    """The text is the line of the request, and Python's own traceback."""
    text = render_text(catch(fail), FACTS)
    assert text.startswith("GET /users/7?page=2&token=•••\n\nTraceback (most recent call last):\n")
    assert text.endswith("ValueError: v\n")
    assert SECRET not in text


def test_text_is_in_the_page():
    """The page has the same text, to be copied."""
    page = render_page(catch(fail), FACTS)
    assert "ValueError: v\n</pre>" in page
    assert '<pre id="text">\nGET /users/7' in page


def test_text_cannot_steer_a_terminal():
    """Control characters of a path or message are shown, not sent."""
    text = render_text(catch(fail, "\x1b]0;x\x07"), FACTS._replace(path="/\x1b[2J", query="a=%1b"))
    assert text.startswith(r"GET /\x1b[2J?a=\x1b")
    assert "\x1b" not in text


def test_long_lines_of_the_text_are_cut():
    """A message of a megabyte does not fill the terminal."""
    assert len(render_text(catch(fail, "x" * 10**6), FACTS)) < 10_000


def test_hanging_exception_still_has_a_text():
    """An exception whose `str` never returns is named."""

    class EndlessError(Exception):
        def __str__(self):
            while True:
                self.args = ()
            return ""

    assert "EndlessError" in render_text(catch(lambda: (_ for _ in ()).throw(EndlessError())), FACTS)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/html", True),
        ("application/xhtml+xml", True),
        ("text/plain;q=0.5, text/html", True),
        ("text/plain, text/html;q=0.5", False),
        ("text/html;q=0", False),
        ("text/plain", False),
        ("*/*", False),
        ("", False),
        ("application/json", False),
        (";;;,", False),
    ],
)
def test_browsers_get_the_page_and_others_text(accept, expected):
    """HTML is for those who name it."""
    assert expected == prefers_page(accept)
    answer = answer_failure(catch(fail), FACTS._replace(headers=[("accept", accept)]))
    kind = "text/html" if expected else "text/plain"
    assert (500, f"{kind}; charset=utf-8") == (answer.status, dict(answer.headers)["Content-Type"])
    assert str(len(answer.body)) == dict(answer.headers)["Content-Length"]


def test_answers_are_not_kept():
    """No cache holds the page, no referrer tells its address, and nobody guesses its kind."""
    headers = dict(answer_failure(catch(fail), FACTS).headers)
    assert ("no-store", "no-referrer", "nosniff") == tuple(
        headers[name] for name in ("Cache-Control", "Referrer-Policy", "X-Content-Type-Options")
    )


def test_failure_of_the_page_itself_gives_text():
    """If the page cannot be made, the text says what was raised, and why there is no page."""

    def link(failure):
        raise RuntimeError("no link")

    answer = answer_failure(catch(fail), FACTS._replace(headers=[("Accept", "text/html")]), link)
    text = answer.body.decode()
    assert "ValueError: v" in text
    assert text.endswith("RuntimeError: no link\n")


def test_recursion_makes_a_small_page():
    """A recursion of a thousand frames is a page of a few."""

    def recurse():
        recurse()

    assert len(render_page(catch(recurse), FACTS)) < 100_000


def test_query_with_too_many_fields_is_left_out():
    """A query of a million fields does not fill the page."""
    assert render_text(catch(fail), FACTS._replace(query="a&" * 10**5)).startswith("GET /users/7\n")
    assert 100 == traceback_page.MOST_FIELDS
