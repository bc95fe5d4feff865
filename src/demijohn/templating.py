"""Find, compile and render templates.

Here live the Jinja environment of an application, the loader that asks the
application and its blueprints in turn, and the functions that views call.
What Jinja's globals are, and when a name is escaped, is decided in `app`;
the long explanation of a failed search is in `dev.explain`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from blinker import NamedSignal
from jinja2 import BaseLoader, Template, TemplateNotFound, nodes
from jinja2 import Environment as BaseEnvironment
from jinja2.filters import FILTERS
from jinja2.tests import TESTS

from ._current import find_app_context, find_request_context, get_app
from ._stream import ContextStream
from .signals import before_render_template, template_rendered
from .typing import AppLike

_Source = tuple[str, str | None, Callable[[], bool] | None]

_KEPT_STRINGS = 128
_LONGEST_KEPT_STRING = 65_536

#: Settings that are changed in place, so that a copy is kept to compare with.
_CHANGED_IN_PLACE = frozenset({"filters", "tests", "policies", "extensions"})


class DispatchingJinjaLoader(BaseLoader):
    """Look for a template in the application, then in each blueprint.

    Args:
        app: The application.
    """

    def __init__(self, app: AppLike) -> None:
        self.app = app

    def get_source(self, environment: BaseEnvironment, template: str) -> _Source:
        """Return a template's source, its file and what says it is fresh.

        With `EXPLAIN_TEMPLATE_LOADING` every loader is asked, and what each
        answered is logged.

        Args:
            environment: The environment that wants the template.
            template: The template's name.

        Raises:
            TemplateNotFound: No loader has the template.
        """
        if self.app.config["EXPLAIN_TEMPLATE_LOADING"]:
            return self._get_source_explained(environment, template)
        return self._get_source_fast(environment, template)

    def list_templates(self) -> list[str]:
        """Return the names of all templates that can be listed.

        Raises:
            TypeError: A loader cannot list its templates.
        """
        names: set[str] = set()
        for _, loader in self._iter_loaders(""):
            names.update(loader.list_templates())
        return list(names)

    def _get_source_fast(self, environment: BaseEnvironment, template: str) -> _Source:
        """Return what the first loader answers that has the template."""
        for _, loader in self._iter_loaders(template):
            try:
                return loader.get_source(environment, template)
            except TemplateNotFound:
                pass
        raise TemplateNotFound(template)

    def _get_source_explained(self, environment: BaseEnvironment, template: str) -> _Source:
        """Ask every loader, log the answers and return the first."""
        # Late: development code, which an application in production never needs.
        from .dev.explain import explain_template_loading_attempts

        attempts: list[tuple[BaseLoader, Any, _Source | None]] = []
        for owner, loader in self._iter_loaders(template):
            source: _Source | None
            try:
                source = loader.get_source(environment, template)
            except TemplateNotFound:
                source = None
            attempts.append((loader, owner, source))
        explain_template_loading_attempts(self.app, template, attempts)
        for _, _, source in attempts:
            if source is not None:
                return source
        raise TemplateNotFound(template)

    def _iter_loaders(self, template: str) -> Iterator[tuple[Any, BaseLoader]]:
        """Give each application or blueprint that has a loader, with it."""
        for owner in (self.app, *self.app.iter_blueprints()):
            if owner.jinja_loader is not None:
                yield owner, owner.jinja_loader


class Environment(BaseEnvironment):
    """Compile an application's templates.

    Args:
        app: The application; its `create_global_jinja_loader` makes the
            loader where the options have none.
        **options: Passed on to `jinja2.Environment`.
    """

    # A slot, because everything in `vars()` counts as a setting, and because an
    # overlay copies `vars()` but must not share the templates.
    __slots__ = ("_strings",)

    _strings: tuple[dict[str, Any], Callable[[str, Any], Template | None]]

    def __init__(self, app: AppLike, **options: Any) -> None:
        if "loader" not in options:
            options["loader"] = app.create_global_jinja_loader()
        super().__init__(**options)
        self.app = app

    def _find_string(self, source: str) -> Template:
        """Return the template for a source, kept if it was seen before.

        The kept templates are dropped when anything is different that the
        compiler looks at: a setting, a filter, a test, an extension.  Globals
        are looked up when a template is rendered, so they may change.
        """
        if type(self).from_string is not BaseEnvironment.from_string or not isinstance(source, str):
            return self.from_string(source)
        # PERF: 1.3 µs instead of the 950 that it takes to compile a page of ten
        # expressions (timeit); most of it compares the settings.
        try:
            known, find = self._strings
        except AttributeError:
            known, find = self._keep_strings()
        if vars(self) != known or self.globals is not known["globals"]:
            known, find = self._keep_strings()
        escaped = self.autoescape(None) if callable(self.autoescape) else self.autoescape
        kept = find(source, escaped) if len(source) <= _LONGEST_KEPT_STRING else None
        return self.from_string(source) if kept is None else kept

    def _keep_strings(self) -> tuple[dict[str, Any], Callable[[str, Any], Template | None]]:
        """Begin to keep templates, under the settings of this moment.

        Both are replaced together, and the settings are copied before
        anything is compiled: what another thread compiles meanwhile under
        other settings is kept where nobody looks any more.
        """
        known = {name: value.copy() if name in _CHANGED_IN_PLACE else value for name, value in vars(self).items()}
        self._strings = known, lru_cache(_KEPT_STRINGS)(self._compile_string)
        return self._strings

    def _compile_string(self, source: str, escaped: Any) -> Template | None:
        """Return the template for a source, or None if it must not be kept.

        Jinja computes constant expressions while it compiles.  Where a
        filter or test of the application's own does it, the result may be
        another one next time, and the source is compiled for each use.
        """
        if self.finalize is not None:
            return None
        for node in self.parse(source).find_all((nodes.Filter, nodes.Test)):
            if node.find(nodes.Name) is None and not self._is_constant(node):
                return None
        return self.from_string(source)

    def _is_constant(self, node: Any) -> bool:
        """Say whether a filter or test gives the same result every time."""
        if isinstance(node, nodes.Test):
            return self.tests.get(node.name) is TESTS.get(node.name)
        # `tojson` is Jinja's, but dumps by the settings of `app.json`.
        return node.name != "tojson" and (self.filters.get(node.name) is FILTERS.get(node.name))


def render_template(template_name_or_list: str | Template | list[str | Template], **context: Any) -> str:
    """Return a template rendered.

    Args:
        template_name_or_list: A name, a template, or several of which the
            first that exists is taken.
        **context: The template's variables.

    Raises:
        RuntimeError: No application context is current.
        TemplateNotFound: There is no such template.
    """
    app = get_app()
    return _render(app, app.jinja_env.get_or_select_template(template_name_or_list), context)


def render_template_string(source: str, **context: Any) -> str:
    """Return a template rendered whose source is given.

    Args:
        source: The template; expressions in it are escaped.
        **context: The template's variables.

    Raises:
        RuntimeError: No application context is current.
        TemplateSyntaxError: The source is not a template.
    """
    app = get_app()
    return _render(app, _find_string(app, source), context)


def stream_template(template_name_or_list: str | Template | list[str | Template], **context: Any) -> Iterator[str]:
    """Return an iterator that renders a template piece by piece.

    Args:
        template_name_or_list: As for `render_template`.
        **context: The template's variables.

    Returns:
        The pieces, fit to be a response's body.  The request stays current
        while they are made.

    Raises:
        RuntimeError: No application context is current.
        TemplateNotFound: There is no such template.
    """
    app = get_app()
    return _stream(app, app.jinja_env.get_or_select_template(template_name_or_list), context)


def stream_template_string(source: str, **context: Any) -> Iterator[str]:
    """Return an iterator that renders a given source piece by piece.

    Args:
        source: The template; expressions in it are escaped.
        **context: The template's variables.

    Returns:
        The pieces, as of `stream_template`.

    Raises:
        RuntimeError: No application context is current.
        TemplateSyntaxError: The source is not a template.
    """
    app = get_app()
    return _stream(app, _find_string(app, source), context)


def _default_template_ctx_processor() -> dict[str, Any]:
    """Return the variables that every template has: `g` and `request`.

    `session` is not among them, since to look it up here would count as an
    access to the session; it is one of the environment's globals.
    """
    app_context = find_app_context()
    if app_context is None:
        return {}
    request_context = find_request_context()
    if request_context is None:
        return {"g": app_context.g}
    return {"g": app_context.g, "request": request_context.request}


def _find_string(app: AppLike, source: str) -> Template:
    """Return the template for a source in the application's environment."""
    environment: BaseEnvironment = app.jinja_env
    if isinstance(environment, Environment):
        return environment._find_string(source)
    return environment.from_string(source)


def _render(app: AppLike, template: Template, context: dict[str, Any]) -> str:
    """Return a template rendered, between its two signals."""
    app.update_template_context(context)
    _send(before_render_template, app, template, context)
    text = template.render(context)
    _send(template_rendered, app, template, context)
    return text


def _stream(app: AppLike, template: Template, context: dict[str, Any]) -> Iterator[str]:
    """Return an iterator over a template's pieces, between its signals."""
    app.update_template_context(context)
    _send(before_render_template, app, template, context)

    def generate() -> Iterator[str]:
        yield from template.generate(context)
        _send(template_rendered, app, template, context)

    request_context = find_request_context()
    return generate() if request_context is None else ContextStream(request_context, generate())


def _send(signal: NamedSignal, app: AppLike, template: Template, context: dict[str, Any]) -> None:
    """Send a signal about a template if anybody listens."""
    if signal.receivers:
        signal.send(app, _async_wrapper=app.ensure_sync, template=template, context=context)
