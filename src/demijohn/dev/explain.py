"""Explain at length what debug mode has noticed.

Here are the exceptions and log texts that name a likely mistake.  They are
loaded in debug mode only, by the code that notices.
"""

from __future__ import annotations

import typing as t

from jinja2.loaders import BaseLoader
from werkzeug.datastructures import MultiDict
from werkzeug.routing import RequestRedirect

from demijohn import _current

#: What a loader answers: source, file name, and whether it is up to date.
Source = tuple[str, str | None, t.Callable[[], bool] | None]

#: One loader that was asked, whose it is, and what it answered.
Attempt = tuple[BaseLoader, t.Any, Source | None]

TEMPLATES_HELP = "https://flask.palletsprojects.com/blueprints/#templates"


class UnexpectedUnicodeError(AssertionError, UnicodeError):
    """Tell that text came where bytes belong, or the reverse."""


class DebugFilesKeyError(KeyError, AssertionError):
    """Tell that a file is missing because the form was sent without files.

    Args:
        request: The request that was looked at.
        key: The name that `request.files` was asked for.
    """

    def __init__(self, request: t.Any, key: str) -> None:
        names = ", ".join(repr(value) for value in request.form.getlist(key))
        self.msg = (
            f"There is no file {key!r} in 'request.files'. The request's mimetype is {request.mimetype!r}, and only"
            " with 'multipart/form-data' a browser sends files: no file contents were transmitted. Give the form"
            ' the attribute enctype="multipart/form-data".'
        )
        if names:
            self.msg += f"\n\nThe browser sent file names in place of the files. This was submitted: {names}"

    def __str__(self) -> str:
        return self.msg


class FormDataRoutingRedirect(AssertionError):  # noqa: N818 - the name is Flask's
    """Tell that a redirect is about to lose the form's data.

    Args:
        request: The request whose `routing_exception` is the redirect.
    """

    def __init__(self, request: t.Any) -> None:
        redirect: RequestRedirect = request.routing_exception
        parts = [
            f"The request was for {request.url!r}, and routing redirects it to the canonical URL {redirect.new_url!r}."
        ]
        if redirect.new_url.partition("?")[0] == request.base_url + "/":
            parts.append("The rule of that URL ends in a slash, and a request that leaves it out is sent there.")
        parts.append(
            "On such a redirect a browser drops the form's data: send the request to the canonical URL, or redirect"
            " with status 307 or 308.\n\nOnly debug mode makes an error of this."
        )
        super().__init__(" ".join(parts))


def attach_enctype_error_multidict(request: t.Any) -> None:
    """Make `request.files` explain a file that was sent as a name only.

    Looking up a key that is a form field raises `DebugFilesKeyError`; any
    other key raises what it did before.

    Args:
        request: The request, its form parsed.
    """
    files = request.files
    base: type[MultiDict[str, t.Any]] = type(files)

    def look_up(self: t.Any, key: str) -> t.Any:
        try:
            return base.__getitem__(self, key)
        except KeyError as error:
            if key not in request.form:
                raise
            raise DebugFilesKeyError(request, key).with_traceback(error.__traceback__) from None

    files.__class__ = type(base.__name__, (base,), {"__getitem__": look_up, "__module__": base.__module__})


def explain_template_loading_attempts(app: t.Any, template: str, attempts: t.Sequence[Attempt]) -> None:
    """Log where a template was looked for, and what was found.

    Args:
        app: The application, which logs.
        template: The template's name.
        attempts: Every loader that was asked, in order.
    """
    lines = [f"Locating template {template!r}:"]
    for number, (loader, owner, answer) in enumerate(attempts, 1):
        lines.append(f"{number:5}: trying loader of {_describe_owner(owner, app)}")
        lines.extend(f"       {line}" for line in _dump_loader_info(loader))
        result = "no match" if answer is None else f"found ({answer[1] or '<string>'!r})"
        lines.append(f"       -> {result}")
    hits = sum(answer is not None for _, _, answer in attempts)
    if hits == 0:
        lines.append("Error: the template could not be found.")
    elif hits > 1:
        lines.append("Warning: more than one loader has this template; the first one is used.")
    context = _current.find_request_context()
    blueprint = None if context is None else context.request.blueprint
    if blueprint is not None and hits != 1:
        lines += [
            f"  It was looked up from an endpoint that belongs to the blueprint {blueprint!r}.",
            "  Is the file in the folder that is meant for it?",
            f"  See {TEMPLATES_HELP}",
        ]
    app.logger.info("\n".join(lines))


def _dump_loader_info(loader: BaseLoader) -> t.Iterator[str]:
    """Yield a loader's class and its plain public settings, as lines."""
    yield f"class: {type(loader).__module__}.{type(loader).__name__}"
    for key, value in sorted(vars(loader).items()):
        if key.startswith("_"):
            continue
        if isinstance(value, (str, int, float)):
            yield f"{key}: {value!r}"
        elif isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
            yield f"{key}:"
            yield from (f"  - {item}" for item in value)


def _describe_owner(owner: t.Any, app: t.Any) -> str:
    if owner is app:
        return f"application {owner.import_name!r}"
    # A blueprint, told by what it has: its class is defined above the
    # floors that may import this module.
    if hasattr(owner, "import_name") and hasattr(owner, "url_prefix"):
        return f"blueprint {owner.name!r} ({owner.import_name})"
    return repr(owner)
