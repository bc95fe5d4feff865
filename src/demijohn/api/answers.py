"""Describe what a view answers.

Its annotation tells, what it declares, and what binding adds.
"""

from __future__ import annotations

import types
from collections.abc import AsyncIterable, Collection, Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from ..events import Event, EventStream, JSONLines
from .examples import build_example, dump_value
from .formats import Schema
from .operations import OperationSettings, Status, find_phrase
from .problems import PROBLEM_TYPE, Problem
from .schemas import Schemas

_UNIONS = (Union, types.UnionType)
#: What a view may return whose status and content nobody can know before.
_OPEN = (WerkzeugResponse, HTTPException)
#: Statuses whose answers have no body (RFC 9110).
_EMPTY = frozenset({204, 205, 304})
_TEXTS = (str, bytes, bytearray)
#: An event of a stream as the media type `text/event-stream` has it (OpenAPI 3.2, section 4.14.4.3).
_EVENT: Schema = {
    "event": {"type": "string"},
    "id": {"type": "string"},
    "retry": {"type": "integer", "minimum": 0},
}


class Answers:
    """Build the Responses Objects of one document.

    Args:
        schemas: Collects the models.
        has_item_schemas: Whether the items of a stream can be described, as
            in OpenAPI 3.2.
        text_type: The content type of plain text results.
    """

    def __init__(self, schemas: Schemas, *, has_item_schemas: bool, text_type: str) -> None:
        self._schemas = schemas
        self._has_item_schemas = has_item_schemas
        self._text_type = text_type

    def build(
        self,
        settings: OperationSettings,
        result: Any,
        text: str,
        automatic: Mapping[int, Any],
        otherwise: tuple[str, str] = ("default", "What the view answers."),
    ) -> dict[str, Schema]:
        """Return the Responses Object of an operation.

        Args:
            settings: What the view declares.
            result: What its annotation says that it returns.
            text: What its docstring says about that.
            automatic: What else may be answered, as `responses` has it.
            otherwise: The status of what nobody knows, and its description.

        Returns:
            A Response Object for each status, in their order.
        """
        bodies, is_open = _sort_bodies(result, settings.responses)
        built: dict[Status, Schema] = {}
        for status, spec in settings.responses.items():
            key = int(status) if str(status).isdecimal() else status
            built[key] = self._build_one(key, spec, bodies.pop(key, ()))
        for status, members in bodies.items():
            built[status] = self._build_one(status, text or find_phrase(status), members)
        for status, spec in automatic.items():
            if status not in built and f"{status // 100}XX" not in built:
                built[status] = self._build_one(status, spec, ())
        if not built or (is_open and not any(_is_success(status) for status in settings.responses)):
            built.setdefault(otherwise[0], {"description": text or otherwise[1]})
        return {str(status): built[status] for status in sorted(built, key=str)}

    def build_content(self, members: Collection[Any]) -> dict[str, Schema]:
        """Return the content of a body, by content type.

        Args:
            members: The types that it may be of.
        """
        content: dict[str, Schema] = {}
        for content_type, media in map(self._build_media, members):
            known = content.setdefault(content_type, media)
            if "schema" in known and "schema" in media and known != media:
                schema = known["schema"]
                alternatives = schema["anyOf"] if list(schema) == ["anyOf"] else [schema]
                if media["schema"] not in alternatives:
                    content[content_type] = {"schema": {"anyOf": [*alternatives, media["schema"]]}}
        return content

    def _build_one(self, status: Status, spec: Any, members: Collection[Any]) -> Schema:
        """Return a Response Object; `members` are the types where none are told."""
        phrase = find_phrase(status)
        if isinstance(spec, Mapping):
            return self._build_told(phrase, dict(spec))
        if isinstance(spec, str):
            content = {} if status in _EMPTY else self.build_content(members)
            return {"description": spec, **({"content": content} if content else {})}
        model, text = spec if isinstance(spec, tuple) else (spec, phrase)
        return {"description": text, **({} if model is None else {"content": self._build_declared(model)})}

    def _build_told(self, phrase: str, spec: Schema) -> Schema:
        """Complete a Response Object that the application wrote itself."""
        model, examples = spec.pop("model", None), spec.pop("examples", None)
        told: Schema = dump_value(spec)
        if "$ref" in told:
            return told
        content = told.get("content", {}) if model is None else self._build_declared(model)
        if examples:
            named = {name: build_example(value) for name, value in examples.items()}
            content = {content_type: {**media, "examples": named} for content_type, media in content.items()}
        return {"description": phrase, **told, **({"content": content} if content else {})}

    def _build_declared(self, model: Any) -> dict[str, Schema]:
        return self.build_content([body for body, _ in iter_results(model)])

    def _build_media(self, member: Any) -> tuple[str, Schema]:
        """Return the content type of one type, and its Media Type Object."""
        kind = _find_class(member)
        if isinstance(kind, type) and issubclass(kind, (EventStream, JSONLines)):
            return kind.content_type, self._build_stream(kind, member)
        if isinstance(kind, type) and issubclass(kind, _TEXTS):
            return self._text_type, {"schema": {"type": "string"}}
        if isinstance(kind, type) and issubclass(kind, (Iterator, AsyncIterable)):
            return self._text_type, {"schema": {"type": "string"}}
        if isinstance(kind, type) and issubclass(kind, Problem):
            return PROBLEM_TYPE, {"schema": self._schemas.build(member, is_result=True)}
        return "application/json", {"schema": self._build_schema(member)}

    def _build_schema(self, member: Any) -> Schema:
        try:
            return self._schemas.build(member, is_result=True)
        except TypeError:
            # A plain view may be annotated with whatever it likes.
            return {}

    def _build_stream(self, kind: type[EventStream[Any] | JSONLines[Any]], member: Any) -> Schema:
        items = get_args(member)
        if not items:
            return {}
        item: Any = items[0]
        schema = {} if _find_class(item) is Event else self._build_schema(item)
        if issubclass(kind, EventStream):
            data: Schema = {"type": "string"}
            if item is not str and schema:
                data = {**data, "contentMediaType": "application/json", "contentSchema": schema}
            schema = {"type": "object", "properties": {"data": data, **_EVENT}, "required": ["data"]}
        # Before OpenAPI 3.2 nothing but an extension can say it.
        return {"itemSchema" if self._has_item_schemas else "x-itemSchema": schema}


def iter_results(annotation: Any) -> Iterator[tuple[Any, int | None]]:
    """Yield the bodies that a return annotation names, each with its status.

    Args:
        annotation: The annotation, in which names are resolved.

    Yields:
        Each type, and the status that goes with it: 200, what the annotation
        has as a `Literal`, or None where only the view knows.
    """
    if hasattr(annotation, "__value__"):  # `type Answer = ...`
        yield from iter_results(annotation.__value__)
        return
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in _UNIONS or (origin is Annotated and get_origin(arguments[0]) in (*_UNIONS, tuple)):
        for member in arguments if origin in _UNIONS else arguments[:1]:
            yield from iter_results(member)
    elif origin is tuple and arguments:
        for body, _ in iter_results(arguments[0]):
            for status in _list_statuses(arguments[1:]):
                yield body, status
    else:
        yield annotation, 200


def _list_statuses(rest: tuple[Any, ...]) -> list[int | None]:
    """Return the statuses that a tuple may have, by what stands behind its body."""
    if not rest:
        return [200]
    origin = get_origin(rest[0])
    if origin is Literal:
        return [int(status) for status in get_args(rest[0])]
    is_status = isinstance(rest[0], type) and issubclass(rest[0], (int, str))
    return [None] if is_status or origin in _UNIONS else [200]


def _sort_bodies(result: Any, declared: Mapping[Status, Any]) -> tuple[dict[Status, list[Any]], bool]:
    """Return the types of bodies by status, and whether there may be others."""
    bodies: dict[Status, list[Any]] = {}
    is_open = False
    successes = [int(status) for status in declared if _is_success(status) and str(status).isdecimal()]
    for body, status in iter_results(result):
        kind = _find_class(body)
        if body is Any or not _is_body(kind):
            is_open = True
        elif isinstance(kind, type) and issubclass(kind, Problem):
            # It brings its own status.
            bodies.setdefault("default" if status is None or status == 200 else status, []).append(body)
        else:
            for each in [status] if status is not None else successes or [200]:
                bodies.setdefault(each, []).append(body)
    if all(_find_class(body) is type(None) for members in bodies.values() for body in members):
        return {}, is_open or bool(bodies)
    return bodies, is_open


def _is_body(kind: Any) -> bool:
    return isinstance(kind, type) and kind is not object and not issubclass(kind, _OPEN)


def _is_success(status: Status) -> bool:
    return status == "default" or str(status)[0] in "23"


def _find_class(annotation: Any) -> Any:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _find_class(get_args(annotation)[0])
    if origin is Literal or annotation is None:
        return type(get_args(annotation)[0] if origin else None)
    return origin or annotation
