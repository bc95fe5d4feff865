"""Turn what a typed view returns into what is sent.

Here lives what a return annotation compiles to.  The annotation names models,
and a result of one of them, or of something that can be made one, is written
as JSON with the fields that the annotation names.  Everything else that a
view of Flask may return stays as it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, get_args, get_origin

import msgspec
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from ..events import STREAMS
from ..pipeline.result import Encoded
from .encoder import dump_json
from .models import is_model, model_kind
from .problems import PROBLEM_TYPE, Problem
from .projector import UNIONS, MisfitError, Project, compile_projector, list_items, unwrap

#: Takes what the view returned, and returns what the pipeline takes.
Encode = Callable[[Any], Any]

#: What the pipeline takes as it is.
_PLAIN = (str, bytes, bytearray, Iterator, AsyncIterator, WerkzeugResponse, HTTPException, Encoded, *STREAMS)
#: The kinds of models that Flask's own JSON provider refuses.
_UNKNOWN_TO_JSON = frozenset({"struct", "attrs", "pydantic"})


class ResultError(TypeError):
    """Tell that a view returned what its annotation does not allow."""


class Result:
    """Encode the results of one view; it is called with each of them.

    Args:
        annotation: What the view returns.
        name: The view's name, for errors.
        others: More models that it may return, such as those of
            `@app.responses`.
        is_wrapped: Whether the view is behind a decorator, whose own work a
            dict is where the view would return a model.

    Raises:
        NameError: A model names a type that cannot be found.
    """

    def __init__(self, annotation: Any, name: str, others: Collection[Any] = (), *, is_wrapped: bool = False) -> None:
        self.name = name
        self.annotation = annotation
        members = [*iter_bodies(annotation), *others]
        self._admits_none = type(None) in members
        #: Whether a dict or list that does not fit is left to Flask.
        self._keeps_plain = is_wrapped or not is_typed(annotation)
        self._projects: list[Project] = []
        #: The class of a result, exact or that of a base -> what encodes it.
        self._by_class: dict[type, Encode] = {Problem: _encode_problem}
        self._by_base: dict[type, Encode] = {Problem: _encode_problem}
        for member in members:
            stream = _find_stream(member)
            if stream is not None:
                self._by_class[stream] = self._by_base[stream] = self._make_stream_encoder(member)
                continue
            project = compile_projector(member) if holds_model(member) else None
            if project is not None:
                self._projects.append(project)
                kind = _find_class(member)
                if kind not in self._by_class:
                    encode = _encode_problem if issubclass(kind, Problem) else self._make_encode(project)
                    # PERF: 0.3 µs, and 0.5 by way of a projector that finds nothing to do.
                    is_closed = getattr(project, "is_closed", False) and encode is not _encode_problem
                    self._by_class[kind] = _encode_whole if is_closed else encode
                    self._by_base[kind] = encode

    def __call__(self, value: Any) -> Any:
        """Return what the pipeline takes.

        Raises:
            ResultError: The value lacks what the annotation names.
        """
        encode = self._by_class.get(type(value))
        return self._encode_other(value) if encode is None else encode(value)

    def _make_encode(self, project: Project) -> Encode:
        def encode(value: Any) -> Any:
            try:
                return Encoded(dump_json(project(value)))
            except MisfitError:
                return self._encode_first(value)

        return encode

    def _make_stream_encoder(self, member: Any) -> Encode:
        items = Result(get_args(unwrap(member))[0], self.name)

        def dumps(item: Any) -> str:
            found = items(item)
            return (found.body if isinstance(found, Encoded) else dump_json(found)).decode()

        def encode_stream(stream: Any) -> Any:
            stream.dumps = dumps
            return stream

        return encode_stream

    def _encode_other(self, value: Any) -> Any:
        if isinstance(value, tuple) and value:
            body = self(value[0])
            # A problem by itself brings its status, and here the view names one.
            return (body[0] if type(body) is tuple else body, *value[1:])
        if value is None:
            return Encoded(b"null") if self._admits_none else None
        if isinstance(value, _PLAIN) or callable(value):
            return value
        if self._keeps_plain and isinstance(value, (dict, list)):
            # Where the view itself would return a model, a decorator made this of it.
            return value
        for kind in type(value).__mro__[1:]:
            if kind in self._by_base:
                return self._by_base[kind](value)
        return self._encode_first(value)

    def _encode_first(self, value: Any) -> Any:
        """Encode as the first member of the annotation that the value fits."""
        failed: MisfitError | None = None
        for project in self._projects:
            try:
                return Encoded(dump_json(project(value)))
            except MisfitError as error:
                failed = failed or error
        if failed is None or (self._keeps_plain and isinstance(value, (dict, list))):
            return value
        raise ResultError(self._describe(value, failed)) from failed

    def _describe(self, value: Any, misfit: MisfitError) -> str:
        place = f"its part {misfit.path.lstrip('.')} " if misfit.path else "it "
        wanted = getattr(self.annotation, "__name__", None) or str(self.annotation)
        kind = type(value).__name__
        return (
            f"The view {self.name} is annotated to return {wanted}, and returned a {kind} that cannot be one:"
            f" {place}{misfit.reason}. Return a complete one, or give what may be missing a default in the model."
        )


def compile_result(
    annotation: Any, name: str, others: Collection[Any] = (), *, is_wrapped: bool = False
) -> Encode | None:
    """Return what encodes the results of a view.

    Args:
        annotation: As of `Result`.
        name: As of `Result`.
        others: As of `Result`.
        is_wrapped: As of `Result`.

    Returns:
        None where neither names a model, so that results stay as they are.

    Raises:
        NameError: A model names a type that cannot be found.
    """
    if not (others or is_typed(annotation)):
        return None
    return Result(annotation, name, others, is_wrapped=is_wrapped)


def is_typed(annotation: Any) -> bool:
    """Say whether a return annotation names a model."""
    return any(holds_model(member) or _find_stream(member) is not None for member in iter_bodies(annotation))


def is_new_to_flask(annotation: Any, *, writes_models: bool) -> bool:
    """Say whether a view of Flask could not return what is annotated.

    A view that was written for Flask may have a TypedDict as its annotation,
    or a list of dataclasses, and its JSON is to stay what it was.

    Args:
        annotation: The return annotation.
        writes_models: Whether the application's own JSON provider may know
            all models, in lists and dicts.
    """
    for member in iter_bodies(annotation):
        kind = model_kind(unwrap(member))
        if kind not in (None, "typeddict") or _find_stream(member) is not None:
            return True
        if not writes_models and any(model_kind(model) in _UNKNOWN_TO_JSON for model in _iter_models(member)):
            return True
    return False


def iter_bodies(annotation: Any) -> Iterator[Any]:
    """Yield the types of the body that a return annotation names.

    Args:
        annotation: The annotation, in which names are resolved.

    Yields:
        Each alternative of a union, and of a tuple with a status or headers
        the first item.
    """
    while hasattr(annotation, "__value__"):
        annotation = annotation.__value__
    bare = unwrap(annotation)
    kind = get_origin(bare) or bare
    if kind in UNIONS:
        for member in get_args(bare):
            yield from iter_bodies(member)
    elif isinstance(kind, type) and issubclass(kind, tuple) and list_items(bare):
        yield from iter_bodies(list_items(bare)[0])
    else:
        yield annotation


def holds_model(annotation: Any) -> bool:
    """Say whether a type is a model or a collection of them."""
    return any(True for _ in _iter_models(annotation))


def _iter_models(annotation: Any) -> Iterator[Any]:
    """Yield the models that a type is, or that it is a collection of."""
    bare = unwrap(annotation)
    if is_model(bare):
        yield get_origin(bare) or bare
    for part in list_items(bare):
        yield from _iter_models(part)


def _find_stream(annotation: Any) -> Any:
    """Return the class of an annotated stream of models, or None."""
    bare = unwrap(annotation)
    origin = get_origin(bare)
    is_stream = isinstance(origin, type) and issubclass(origin, STREAMS)
    return origin if is_stream and any(map(holds_model, iter_bodies(get_args(bare)[0]))) else None


def _encode_whole(value: Any) -> Encoded:
    return Encoded(dump_json(value))


def _encode_problem(problem: Problem) -> Any:
    body = Encoded(dump_json(problem), PROBLEM_TYPE)
    return body if problem.status is msgspec.UNSET else (body, problem.status)


def _find_class(annotation: Any) -> Any:
    """Return the class that the instances of a type are of."""
    bare = unwrap(annotation)
    kind = get_origin(bare) or bare
    if model_kind(kind) == "typeddict" or (isinstance(kind, type) and issubclass(kind, Mapping)):
        return dict
    return list if isinstance(kind, type) and issubclass(kind, Iterable) and not is_model(kind) else kind
