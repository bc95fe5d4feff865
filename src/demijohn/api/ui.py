"""Give the docs page: its document of HTML, its policy, its files.

The page is files in `pages/`, plain modules of JavaScript that read the
OpenAPI document and build all that is shown.  Which URLs answer with what is
in `routes`.
"""

from __future__ import annotations

import hashlib
import itertools
import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from markupsafe import escape

#: The files that the page loads, with their types.
ASSETS = {
    "answer.js": "text/javascript",
    "authorize.js": "text/javascript",
    "credentials.js": "text/javascript",
    "docs.css": "text/css",
    "docs.js": "text/javascript",
    "elements.js": "text/javascript",
    "fields.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "operation.js": "text/javascript",
    "request.js": "text/javascript",
    "sample.js": "text/javascript",
    "schema.js": "text/javascript",
    "source.js": "text/javascript",
    "text.js": "text/javascript",
    "theme.js": "text/javascript",
    "trial.js": "text/javascript",
}
#: Where the files are, below the path of the page.
ASSETS_FOLDER = "assets"

#: Those that only others import: the browser is told of them at once.
_PRELOADED = tuple(name for name in ASSETS if name.endswith(".js") and name not in {"docs.js", "theme.js"})
#: An origin as a policy takes it (CSP 3, section 2.3.1); it has no form for IPv6.
_is_origin = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?").fullmatch
_METHODS = ("get", "post", "put", "patch", "delete", "query", "head", "options", "trace")
_MOST_ORIGINS = 50


class Content(NamedTuple):
    """Hold what an URL answers with, ready to be sent."""

    body: bytes
    mimetype: str
    etag: str
    headers: tuple[tuple[str, str], ...] = ()


def make_content(body: bytes, mimetype: str, headers: tuple[tuple[str, str], ...] = ()) -> Content:
    """Return a body with its tag and the headers that all of them carry.

    Args:
        body: The body.
        mimetype: Its type.
        headers: More headers.
    """
    etag = hashlib.sha256(b"\0".join([body, repr(headers).encode()])).hexdigest()[:32]
    # The browser asks each time and mostly is told that nothing changed, so a
    # new release shows at once.
    common = (("Cache-Control", "no-cache"), ("X-Content-Type-Options", "nosniff"))
    return Content(body, mimetype, etag, (*common, *headers))


@cache
def _read(name: str) -> bytes:
    return (files("demijohn.api") / "pages" / name).read_bytes()


@cache
def load_asset(name: str) -> Content:
    """Return a file of the page.

    Args:
        name: A name in `ASSETS`.

    Raises:
        KeyError: The page has no such file.
    """
    # SECURITY: a name is looked up in the table before it is one on disk, so "../" leads to no other file.
    mimetype = ASSETS[name]
    return make_content(_read(name), mimetype)


def render_page(document: Mapping[str, Any], docs_path: str, document_path: str) -> Content:
    """Return the page for a document.

    All its links are relative, so that it works below any prefix that the
    application or a proxy puts before its paths.

    Args:
        document: The OpenAPI document; its title and servers are read.
        docs_path: The path of the page, below the application.
        document_path: The path of the document, below the application.
    """
    folder = posixpath.dirname(docs_path)
    assets = _relate(posixpath.join(docs_path, ASSETS_FOLDER), folder)
    text = Template(_read("docs.html").decode()).substitute(
        title=escape(str(document.get("info", {}).get("title", "API"))),
        assets=escape(assets),
        document=escape(_relate(document_path, folder)),
        root=escape(_relate("/", folder).rstrip("/") + "/"),
        preloads="\n".join(f'<link rel="modulepreload" href="{escape(assets)}/{name}">' for name in _PRELOADED),
    )
    headers = (("Content-Security-Policy", build_policy(document)), ("Referrer-Policy", "no-referrer"))
    return make_content(text.encode("utf-8", "backslashreplace"), "text/html", headers)


def build_policy(document: Mapping[str, Any]) -> str:
    """Return the content security policy of the page.

    SECURITY: a text of the document that got in as markup all the same runs
    no script and loads nothing; answers of a tried operation go to no other
    server than those that the document lists; no other site frames the page.

    Args:
        document: The OpenAPI document.
    """
    origins = sorted(set(itertools.islice(_iter_origins(document), _MOST_ORIGINS)))
    servers = " ".join(("'self'", *origins))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
        f" connect-src {servers}; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _relate(path: str, folder: str) -> str:
    relative = posixpath.relpath(path, folder)
    # A first step with a colon would be taken for a scheme (RFC 3986, section 4.2).
    return quote(relative if relative.startswith(".") else f"./{relative}")


def _iter_origins(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the origins of all URLs that the page may send a request to."""
    for url in _iter_urls(document):
        try:
            parts = urlsplit(url)
        except ValueError:
            continue  # it is no URL, so nothing can be sent there
        origin = f"{parts.scheme}://{parts.netloc}"
        if _is_origin(origin):
            yield origin


def _iter_urls(document: Mapping[str, Any]) -> Iterator[str]:
    items = [item for item in document.get("paths", {}).values() if isinstance(item, Mapping)]
    operations = [item[method] for item in items for method in _METHODS if method in item]
    for holder in (document, *items, *operations):
        for server in holder.get("servers", ()):
            yield from _expand(server)
    for scheme in document.get("components", {}).get("securitySchemes", {}).values():
        yield from (flow["tokenUrl"] for flow in scheme.get("flows", {}).values() if "tokenUrl" in flow)


def _expand(server: Mapping[str, Any]) -> Iterator[str]:
    """Yield the URLs of a server, one for each choice of its variables."""
    variables = server.get("variables", {})
    choices = [variable.get("enum") or [variable.get("default", "")] for variable in variables.values()]
    for values in itertools.islice(itertools.product(*choices), _MOST_ORIGINS):
        url = server.get("url", "")
        for name, value in zip(variables, values, strict=True):
            url = url.replace(f"{{{name}}}", str(value))
        yield url
