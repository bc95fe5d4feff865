"""Show an exception: as a page for a person, as text for a terminal.

Here lives what becomes of an exception that nothing handled while debug mode
is on and the server speaks ASGI or RSGI.  All functions go from values to
values; `debugger` keeps frames for the console, `failure` reads them.
"""

from __future__ import annotations

import itertools
import secrets
import traceback
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import jinja2
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from .failure import Failure, describe_failure, describe_kind, describe_text
from .peek import clean_text, mask_pairs, run_within

LONGEST_TEXT_LINE = 2000
MOST_FIELDS = 100
SECONDS_FOR_TEXT = 1.0


class RequestFacts(NamedTuple):
    """Hold what a page says about the request that failed."""

    method: str
    path: str
    query: str = ""
    headers: list[tuple[str, str]] = []  # noqa: RUF012 - a default of a NamedTuple, read alone


class ConsoleLink(NamedTuple):
    """Hold how a page reaches the console of its frames.

    Where there is no console, `page` is empty and `absence` says why.
    """

    url: str = ""
    page: str = ""
    secret: str = ""
    absence: str = ""


class Answer(NamedTuple):
    """Hold a complete answer: status, headers, body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def render_page(error: BaseException, request: RequestFacts) -> str:
    """Return the page for an exception: a complete HTML document.

    Args:
        error: What was raised.
        request: What was asked for.
    """
    return render_failure(describe_failure(error), render_text(error, request), request)


def render_failure(
    failure: Failure, text: str, request: RequestFacts, nonce: str = "", console: ConsoleLink | None = None
) -> str:
    """Return the page for an exception that is described already.

    Args:
        failure: What was raised.
        text: The same as plain text, to be copied.
        request: What was asked for.
        nonce: What the policy of the answer admits scripts and styles by.
        console: How the page reaches the console.
    """
    page = _ENVIRONMENT.get_template("traceback.html").render(
        failure=failure,
        text=text,
        method=request.method,
        path=request.path,
        headers=_mask_some(request.headers),
        arguments=_mask_some(_parse_query(request.query)),
        nonce=nonce,
        console=console or ConsoleLink(),
    )
    # A message may hold half of a surrogate pair, which no encoding takes.
    return page.encode("utf-8", "backslashreplace").decode()


def render_text(error: BaseException, request: RequestFacts) -> str:
    """Return an exception as Python prints it, after the line of the request.

    Args:
        error: What was raised.
        request: What was asked for; fields with a secret's name are masked.
    """
    query = "&".join(f"{name}={value}" for name, value in _mask_some(_parse_query(request.query)))
    head = f"{request.method} {request.path}{'?' if query else ''}{query}"
    return clean_text(f"{head}\n\n{_format(error)}")


def prefers_page(accept: str) -> bool:
    """Say whether a client asked for HTML by name, as browsers do.

    Args:
        accept: The value of the header `Accept` (RFC 9110, section 12.5.1).

    >>> prefers_page("text/html,application/xhtml+xml,*/*;q=0.8")
    True
    >>> [prefers_page(accept) for accept in ("", "*/*", "text/plain", "application/json")]
    [False, False, False, False]
    """
    accepted = parse_accept_header(accept, MIMEAccept)
    return accepted.best_match(["text/plain", "text/html", "application/xhtml+xml"], "text/plain") != "text/plain"


def answer_failure(error: BaseException, request: RequestFacts, link: Any = None) -> Answer:
    """Return the answer with status 500: the page, or text for other clients.

    Args:
        error: What was raised.
        request: What was asked for; its `Accept` decides on page or text.
        link: A function that gives the `ConsoleLink` for a described failure.
    """
    accept = ", ".join(value for name, value in request.headers if name.lower() == "accept")
    text = render_text(error, request)
    if prefers_page(accept):
        return _answer_page(error, text, request, link)
    return _answer(500, "text/plain", text)


def _answer_page(failed: BaseException, text: str, request: RequestFacts, link: Any) -> Answer:
    """Return the page as an answer, or the text that says why it failed."""
    nonce = secrets.token_urlsafe(16)
    try:
        failure = describe_failure(failed)
        page = render_failure(failure, text, request, nonce, link(failure) if link else None)
    except Exception as error:
        # Whoever waits for this page has one broken program to mend already.
        text += f"\n\nThe page with more about it could not be made:\n{_format(error)}"
        return _answer(500, "text/plain", text)
    return _answer(500, "text/html", page, _build_policy(nonce))


def _format(error: BaseException) -> str:
    """Return what Python prints of an exception, its lines cut if need be."""
    found: list[str] = []

    def look() -> None:
        found.append("".join(traceback.format_exception(error)))

    if not run_within(SECONDS_FOR_TEXT, look):
        # `__str__` has failed in a way that Python is not ready for.
        module, kind = describe_kind(error)
        found = [f"{module}{'.' if module else ''}{kind}: {describe_text(error)}\n"]
    return "\n".join(
        line if len(line) <= LONGEST_TEXT_LINE else f"{line[:LONGEST_TEXT_LINE]}…" for line in found[0].split("\n")
    )


def _parse_query(query: str) -> list[tuple[str, str]]:
    """Return the fields of a query, none if it has too many."""
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return []


def _mask_some(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the first fields, each masked or cut if need be."""
    return [(name[:200], value[:2000]) for name, value in mask_pairs(itertools.islice(pairs, MOST_FIELDS))]


def _build_policy(nonce: str) -> str:
    """Return the content security policy of the page.

    SECURITY: a value that escaped the escaping still runs no script, loads
    nothing, sends no form, and no other site frames the console.
    """
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; img-src data:;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _answer(status: int, kind: str, text: str, policy: str = "default-src 'none'") -> Answer:
    """Return a text as an answer that is neither kept nor guessed about."""
    body = text.encode("utf-8", "backslashreplace")
    headers = [
        ("Content-Type", f"{kind}; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", policy),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    return Answer(status, headers, body)


def _clean(value: Any) -> Any:
    """Return what is written into the page, without unseen characters."""
    return clean_text(value) if type(value) is str else value


_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("demijohn.dev", "pages"),
    autoescape=True,
    finalize=_clean,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
