"""Keep what decorators tell the document about a view.

Here live the stores behind `app.responses`, `app.operation` and
`app.webhook`.  Nothing is set on a function, which may belong to several
applications or to somebody else; what is kept is found again by the function
itself, also behind a decorator that wraps it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from werkzeug.http import HTTP_STATUS_CODES

from ..typing import AppLike

#: A status, or a range such as "4XX", or "default".
Status = int | str

Function = TypeVar("Function", bound=Callable[..., Any])

_RANGES = {
    "1XX": "An interim answer",
    "2XX": "Success",
    "3XX": "A redirect",
    "4XX": "An error of the client",
    "5XX": "An error of the server",
    "default": "Any other answer",
}
#: The attribute under which an application or a blueprint keeps its operations.
_STORE = "_operations"


@dataclass(frozen=True, slots=True)
class OperationSettings:
    """Say about one operation what cannot be seen from its view.

    What is None is found by itself: texts in the docstring, tags by the
    blueprint, the id by the endpoint, security in the dependencies.
    """

    #: The text of one line.
    summary: str | None = None
    #: The text below it, in Markdown.
    description: str | None = None
    #: The groups that it belongs to.
    tags: Sequence[str] | None = None
    #: Its name for generated clients, different for every operation.
    operation_id: str | None = None
    #: Whether it should not be used any more.
    deprecated: bool | None = None
    #: Whether the document leaves it out.
    hidden: bool | None = None
    #: What of it is needed: schemes, or objects as OpenAPI writes them; empty for nothing.
    security: Sequence[Any] | None = None
    #: Bodies of requests that are fine, by name.
    examples: Mapping[str, Any] | None = None
    #: The type, the description, or both, of answers by their status.
    responses: Mapping[Status, Any] = field(default_factory=dict)


_NAMES = [each.name for each in fields(OperationSettings)]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Hold a request that the application sends to others."""

    #: What happened, such as "order.created".
    name: str
    #: The method that it is sent with.
    method: str
    #: A function whose signature and docstring describe it; it is not called.
    function: Callable[..., Any]


class Operations:
    """Hold what was told about the views of an application or a blueprint."""

    def __init__(self) -> None:
        self.settings: dict[Any, OperationSettings] = {}
        self.webhooks: list[Webhook] = []


def tell(scaffold: Any, **settings: Any) -> Callable[[Function], Function]:
    """Return a decorator that keeps settings for a view.

    Args:
        scaffold: The application or the blueprint.
        **settings: The fields of `OperationSettings`.

    Returns:
        A decorator that returns the view unchanged.

    Raises:
        TypeError: A setting means nothing, or is of a wrong type.
        ValueError: The responses have a key that is no status.
    """
    for name in settings:
        if name not in _NAMES:
            raise TypeError(f"An operation has no setting {name!r}. There are {', '.join(_NAMES)}.")
    kept = OperationSettings(**settings)

    def keep_settings(function: Function) -> Function:
        describe(scaffold, function, kept)
        return function

    return keep_settings


def tell_webhook(scaffold: Any, name: str, method: str = "POST") -> Callable[[Function], Function]:
    """Return a decorator that keeps a request which the application sends.

    Args:
        scaffold: As of `add_webhook`.
        name: As of `add_webhook`.
        method: As of `add_webhook`.

    Returns:
        A decorator that returns the function unchanged.
    """

    def keep_webhook(function: Function) -> Function:
        add_webhook(scaffold, name, function, method)
        return function

    return keep_webhook


def describe(scaffold: Any, function: Any, settings: OperationSettings) -> None:
    """Keep settings for a view; those that are not None replace older ones.

    Args:
        scaffold: The application or the blueprint.
        function: The view, a method of a view class, or a view class.
        settings: What to keep.

    Raises:
        TypeError: The settings are of another type than they have to be.
        ValueError: The responses have a key that is no status.
    """
    for name in ("tags", "security"):
        value = getattr(settings, name)
        if isinstance(value, (str, Mapping)):
            raise TypeError(
                f"The {name} of the operation {_name(function)} were {value!r}, which is a single one."
                f" Write {name}=[{value!r}]."
            )
    _check_responses(function, settings.responses)
    store = _find_store(scaffold)
    known = store.settings.get(function, OperationSettings())
    store.settings[function] = _merge(known, settings)


def add_webhook(scaffold: Any, name: str, function: Callable[..., Any], method: str = "POST") -> None:
    """Keep a request that the application sends to others.

    Args:
        scaffold: The application or the blueprint.
        name: What happened, such as "order.created".
        function: Has the parameters of that request, and returns what the
            other side is to answer with; it is never called.
        method: The method that it is sent with.
    """
    _find_store(scaffold).webhooks.append(Webhook(name, method.upper(), function))


def find_settings(app: AppLike, function: Any) -> OperationSettings:
    """Return all that was told about a view.

    Args:
        app: The application; its blueprints are looked into as well.
        function: The view, as it is registered.

    Returns:
        The settings, where what was told about a decorated view wins over
        what was told about the function in it.
    """
    settings = OperationSettings()
    layers = [*_unwrap(function)]
    for store in _iter_stores(app):
        for layer in reversed(layers):
            try:
                known = store.settings.get(layer)
            except TypeError:  # it cannot be hashed, so nothing was kept for it
                continue
            if known is not None:
                settings = _merge(settings, known)
    return settings


def find_webhooks(app: AppLike) -> list[Webhook]:
    """Return the requests that an application and its blueprints send."""
    return [webhook for store in _iter_stores(app) for webhook in store.webhooks]


def find_response(settings: OperationSettings, status: int) -> Any:
    """Return what was told about the answers of one status, or None.

    Args:
        settings: The settings of the operation.
        status: The status; a range that holds it counts too.
    """
    table = settings.responses
    for key in (status, str(status), f"{status // 100}XX"):
        if key in table:
            return table[key]
    return None


def find_phrase(status: Status) -> str:
    """Return what a status or a range is called, such as "Not Found"."""
    if str(status).isdecimal():
        return HTTP_STATUS_CODES.get(int(status), f"Status {status}")
    return _RANGES[str(status)]


def _find_store(scaffold: Any) -> Operations:
    store: Operations | None = vars(scaffold).get(_STORE)
    if store is None:
        store = vars(scaffold)[_STORE] = Operations()
    return store


def _iter_stores(app: AppLike) -> Iterator[Operations]:
    seen: set[int] = set()
    for scaffold in (*app.blueprints.values(), app):
        store = vars(scaffold).get(_STORE)
        if store is not None and id(store) not in seen:
            seen.add(id(store))
            yield store


def _unwrap(function: Any) -> Iterator[Any]:
    """Yield a view and what its decorators wrap, the innermost last."""
    seen: set[int] = set()
    while function is not None and id(function) not in seen:
        seen.add(id(function))
        yield function
        inner = getattr(function, "__wrapped__", None)
        function = function.func if inner is None and isinstance(function, functools.partial) else inner


def _merge(known: OperationSettings, new: OperationSettings) -> OperationSettings:
    changes = {name: getattr(new, name) for name in _NAMES if name != "responses" and getattr(new, name) is not None}
    return replace(known, **changes, responses={**known.responses, **new.responses})


def _check_responses(function: Any, table: Mapping[Status, Any]) -> None:
    if not isinstance(table, Mapping):
        raise TypeError(
            f"The responses of {_name(function)} were {table!r}, a {type(table).__name__}."
            " Pass a dict, such as {404: Problem}."
        )
    for status in table:
        if not _is_status(status):
            raise ValueError(
                f"The responses of {_name(function)} have the key {status!r}, which is no status."
                ' Use a number such as 404, a range such as "4XX", or "default".'
            )


def _is_status(status: Any) -> bool:
    if isinstance(status, str) and not status.isdecimal():
        return status in _RANGES
    return isinstance(status, (int, str)) and not isinstance(status, bool) and 100 <= int(status) <= 599


def _name(function: Any) -> str:
    return getattr(function, "__qualname__", None) or repr(function)
