"""Answer with the OpenAPI document and the docs page.

Here lives what the setting `OPENAPI` switches on: the rules, the check that
they are free, and the views.  What the document says is in `openapi`; what
the page is made of is in `ui`.
"""

from __future__ import annotations

import re
import weakref
from threading import Lock
from typing import Any, NamedTuple

from werkzeug.exceptions import NotFound

from .. import _current
from ..pipeline.plan import find_plan
from ..pipeline.urls import add_rule
from ..typing import AppLike
from . import ui
from .openapi import build_document, dump_document
from .operations import OperationSettings, describe
from .settings import DocumentSettings, read_settings

#: Where an application keeps its `Routes`.
_KEPT = "_openapi_routes"
_VARIABLE = re.compile(r"<[^<>]*>")
_lock = Lock()


class Made(NamedTuple):
    """Hold what was made for one plan of the application."""

    plan: weakref.ref[Any]
    document: ui.Content
    page: ui.Content | None


class Routes:
    """Answer requests for the document, the page and its files.

    Args:
        settings: The setting `OPENAPI`.

    Raises:
        TypeError: A path is neither a text nor None.
        ValueError: A path cannot be that of a rule, or there is a page
            without a document.
    """

    def __init__(self, settings: DocumentSettings) -> None:
        self.path = _check_path(settings, "path")
        self.docs_path = _check_path(settings, "docs_path")
        self._made: Made | None = None
        if self.path is None and self.docs_path is not None:
            raise ValueError(
                f"OPENAPI has docs_path={self.docs_path!r} and path=None, but the docs page reads the document."
                " Give 'path' as well, or set 'docs_path' to None for neither."
            )
        if self.path is not None and self.path == self.docs_path:
            raise ValueError(
                f"OPENAPI has {self.path!r} both as 'path' and as 'docs_path', but one URL gives one answer."
                " Set one of them to another path."
            )

    def list_rules(self) -> list[tuple[str, str, str, Any]]:
        """Return the rules: setting, path, endpoint and view of each."""
        rules: list[tuple[str, str, str, Any]] = []
        if self.path is not None:
            rules.append(("path", self.path, "openapi.document", self.send_document))
        if self.docs_path is not None:
            assets = f"{self.docs_path.rstrip('/')}/{ui.ASSETS_FOLDER}/<name>"
            rules.append(("docs_path", self.docs_path, "openapi.page", self.send_page))
            rules.append(("docs_path", assets, "openapi.asset", self.send_asset))
        return rules

    def send_document(self, **values: Any) -> Any:
        """Answer with the document, as JSON."""
        return _send(self._make().document)

    def send_page(self, **values: Any) -> Any:
        """Answer with the docs page."""
        return _send(self._make().page)

    def send_asset(self, **values: Any) -> Any:
        """Answer with a file of the docs page.

        Raises:
            NotFound: The page has no such file.
        """
        if values["name"] not in ui.ASSETS:
            raise NotFound
        return _send(ui.load_asset(values["name"]))

    def _make(self) -> Made:
        """Return document and page, made anew where the application changed."""
        app = _current.get_app()
        plan = find_plan(app)
        made = self._made
        if made is None or made.plan() is not plan:
            document = build_document(app)
            page = None
            if self.docs_path is not None:
                page = ui.render_page(document, self.docs_path, str(self.path))
            content = ui.make_content(dump_document(document), "application/json")
            made = self._made = Made(weakref.ref(plan), content, page)
        return made


def install(app: AppLike) -> None:
    """Add the rules of document and page, where `OPENAPI` asks for them.

    To be called before the first request; a second call does nothing.

    Args:
        app: The application; `config["OPENAPI"]` is None, True or a dict.

    Raises:
        TypeError: The setting, or a key of it, is of another type.
        ValueError: The setting has a key that means nothing, or a path that
            cannot be used or is taken by a rule of the application.
    """
    if app.config.get("OPENAPI") in (None, False):
        return
    with _lock:
        if _KEPT in app.__dict__:
            return
        routes = Routes(read_settings(app))
        for rule in routes.list_rules():
            _refuse_taken(app, *rule[:3])
        app.__dict__[_KEPT] = routes
        for _, path, endpoint, view in routes.list_rules():
            # A variable that takes any host; without one a rule matches none.
            options = {"host": "<openapi_host>"} if app.url_map.host_matching else {}
            describe(app, view, OperationSettings(hidden=True))
            add_rule(app, path, endpoint, view, None, {"methods": ["GET"], **options})


def _check_path(settings: DocumentSettings, key: str) -> str | None:
    path = getattr(settings, key)
    if path is None:
        return None
    if not isinstance(path, str):
        raise TypeError(
            f"OPENAPI has {path!r}, a {type(path).__name__}, as {key!r}."
            f" Set it to a path such as {getattr(DocumentSettings(), key)!r}, or to None for none."
        )
    if not path.startswith("/") or _VARIABLE.search(path):
        raise ValueError(
            f"OPENAPI has {path!r} as {key!r}, which has to begin with a slash and to have no variables."
            f" Set it to a path such as {getattr(DocumentSettings(), key)!r}, or to None for none."
        )
    return path


def _refuse_taken(app: AppLike, key: str, path: str, endpoint: str) -> None:
    """Raise where a path or an endpoint is in use already.

    Raises:
        ValueError: It is.
    """
    if endpoint in app.view_functions:
        raise ValueError(
            f"OPENAPI needs the endpoint {endpoint!r}, but the application has a view of that name:"
            f" {app.view_functions[endpoint]!r}. Give that view another endpoint, or its blueprint another name."
        )
    if app.url_map.host_matching:
        return
    form = _find_form(path)
    for rule in app.url_map.iter_rules():
        is_reached = not rule.subdomain and not rule.build_only and (rule.methods is None or "GET" in rule.methods)
        if is_reached and _find_form(rule.rule) == form:
            raise ValueError(
                f"OPENAPI is to answer {path!r}, but the rule {rule.rule!r} of the endpoint {rule.endpoint!r}"
                f" is there already. Set {key!r} in OPENAPI to another path, or to None for none."
            )


def _find_form(path: str) -> str:
    """Return a rule without the names of its variables and its last slash."""
    return _VARIABLE.sub("<>", path).rstrip("/")


def _send(content: ui.Content | None) -> Any:
    """Return a response, of status 304 where the client has it already.

    Raises:
        NotFound: There is no content.
    """
    if content is None:
        raise NotFound
    request = _current.get_request()
    response = _current.get_app().response_class(content.body, mimetype=content.mimetype, headers=content.headers)
    response.set_etag(content.etag)
    return response.make_conditional(request.environ)
