"""Describe what a view takes: parameters, and the body of a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin

import msgspec
from werkzeug.routing import BaseConverter

from .docstrings import Docstring
from .examples import build_example, dump_value, may_be_told
from .formats import Schema
from .paths import build_converter_schema
from .schemas import Schemas
from .signature import REQUIRED, Parameter

#: Sources whose values are parameters in OpenAPI's sense.
_PLACES = ("query", "header", "cookie")
#: Headers that the document says in other places, and ignores as parameters.
_OTHER_HEADERS = frozenset({"accept", "authorization", "content-type"})
_URLENCODED = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
#: The content types of bodies that are taken as they are.
_RAW_TYPES = {bytes: "application/octet-stream", str: "text/plain"}
_BINARY = {"type": "string", "format": "binary"}


def build_path_parameters(
    schemas: Schemas,
    converters: Mapping[str, BaseConverter],
    parameters: Iterable[Parameter],
    texts: Docstring,
) -> list[Schema]:
    """Return the Parameter Objects of a URL's variables, in their order.

    Args:
        schemas: Collects the models.
        converters: The converters of the variables.
        parameters: All that the view is bound to.
        texts: The view's docstring.
    """
    known = {parameter.alias: parameter for parameter in parameters if parameter.source in {"path", "url"}}
    built = []
    for name, converter in converters.items():
        schema = build_converter_schema(converter)
        parameter = known.get(name)
        if parameter is not None and parameter.source == "path":
            schema = _join(schema, schemas.build(parameter.type, nullable=False))
        described = _describe(parameter, schema, texts.arguments.get(name))
        built.append({"name": name, "in": "path", "required": True, **described, "schema": schema})
    return built


def build_parameters(schemas: Schemas, parameters: Iterable[Parameter], texts: Docstring) -> list[Schema]:
    """Return the Parameter Objects of query, headers and cookies.

    Args:
        schemas: Collects the models.
        parameters: All that the view and its dependencies are bound to; of
            two that are the same the first counts.
        texts: The view's docstring.
    """
    built: dict[tuple[str, str], Schema] = {}
    for parameter in parameters:
        if parameter.source not in _PLACES:
            continue
        for name, schema, is_required in _list_values(schemas, parameter):
            if parameter.source == "header" and name.lower() in _OTHER_HEADERS:
                continue
            text = None if parameter.is_model else texts.arguments.get(parameter.name)
            described = _describe(parameter, schema, text)
            required = {"required": True} if is_required else {}
            key = parameter.source, name.lower() if parameter.source == "header" else name
            built.setdefault(key, {"name": name, "in": parameter.source, **required, **described, "schema": schema})
    return sorted(built.values(), key=lambda each: _PLACES.index(each["in"]))


def build_body(
    schemas: Schemas, parameters: Iterable[Parameter], texts: Docstring, examples: Mapping[str, Any] | None
) -> Schema | None:
    """Return the Request Body Object; None for no body.

    Args:
        schemas: Collects the models.
        parameters: All that the view and its dependencies are bound to.
        texts: The view's docstring.
        examples: Bodies that are fine, by name.
    """
    parameters = list(parameters)
    body = next((parameter for parameter in parameters if parameter.source == "body"), None)
    fields = [parameter for parameter in parameters if parameter.source in {"form", "file"}]
    if body is None and not fields:
        return None
    content, is_required = _build_form(schemas, fields, texts) if body is None else _build_content(schemas, body)
    for media in content.values():
        if examples:
            media["examples"] = {name: build_example(value) for name, value in examples.items()}
    text = None if body is None else body.param.description or texts.arguments.get(body.name)
    described = {"description": text} if text else {}
    return {**described, "content": content, **({"required": True} if is_required else {})}


def is_raw(body: Parameter) -> bool:
    """Say whether a body is taken as it is, and not as JSON."""
    return _find_plain(body.type) in _RAW_TYPES


def find_header_name(alias: str) -> str:
    """Return a header's name as people write it, such as `User-Agent`.

    Args:
        alias: The name, which stays as it is where it has capitals.
    """
    name = alias.replace("_", "-")
    return name.title() if name == name.lower() else name


def _list_values(schemas: Schemas, parameter: Parameter) -> Iterator[tuple[str, Schema, bool]]:
    """Yield the name, the schema and the need of each value of a parameter."""
    is_header = parameter.source == "header"
    if parameter.is_model:
        for field in schemas.list_properties(parameter.type):
            is_required = field.is_required and parameter.default is REQUIRED
            yield find_header_name(field.name) if is_header else field.name, field.schema, is_required
        return
    schema = schemas.build(parameter.type, nullable=False)
    _set_default(schema, parameter, is_secret=parameter.param.secret or schemas.holds_secret(parameter.type))
    name = find_header_name(parameter.alias) if is_header else parameter.alias
    yield name, schema, parameter.default is REQUIRED


def _set_default(schema: Schema, parameter: Parameter, *, is_secret: bool) -> None:
    # SECURITY: a secret's default may be a secret.
    is_told = not is_secret and may_be_told(parameter.default)
    if is_told and not any(parameter.default is each for each in (REQUIRED, msgspec.UNSET, None)):
        schema["default"] = dump_value(parameter.default)
    if parameter.param.secret and schema.get("type") == "string":
        schema.setdefault("format", "password")


def _describe(parameter: Parameter | None, schema: Schema, text: str | None) -> Schema:
    """Return what is said about a parameter; its description leaves the schema."""
    own = schema.pop("description", None)
    described: Schema = {}
    param = None if parameter is None or parameter.is_model else parameter.param
    text = (param and param.description) or own or text
    if text:
        described["description"] = text
    if schema.pop("deprecated", False) or (param and param.deprecated):
        described["deprecated"] = True
    if param and param.example is not msgspec.UNSET:
        described["example"] = dump_value(param.example)
    return described


def _join(outer: Schema, own: Schema) -> Schema:
    """Return what both a converter and a type let through."""
    if "$ref" in own or outer.get("type") != own.get("type"):
        return own
    return {**outer, **own}


def _build_content(schemas: Schemas, body: Parameter) -> tuple[dict[str, Schema], bool]:
    plain = _find_plain(body.type)
    if plain in _RAW_TYPES:
        schema = dict(_BINARY) if plain is bytes else schemas.build(body.type, nullable=False)
        schema.update(_limit(maxLength=body.param.max_size))
        schema.pop("description", None)
        types = body.param.content_types or (_RAW_TYPES[plain],)
    else:
        schema, types = schemas.build(body.type), body.param.content_types or ("application/json",)
    media: Schema = {"schema": schema}
    if body.param.example is not msgspec.UNSET:
        media["example"] = dump_value(body.param.example)
    return {content_type: dict(media) for content_type in types}, body.default is REQUIRED


def _build_form(schemas: Schemas, parameters: list[Parameter], texts: Docstring) -> tuple[dict[str, Schema], bool]:
    properties: Schema = {}
    required: list[str] = []
    encoding: Schema = {}
    for parameter in parameters:
        for name, schema, is_required in _list_fields(schemas, parameter):
            text = None if parameter.is_model else texts.arguments.get(parameter.name)
            described = _describe(parameter, schema, text)
            example = {"examples": [described.pop("example")]} if "example" in described else {}
            properties.setdefault(name, {**schema, **described, **example})
            if is_required and name not in required:
                required.append(name)
            if parameter.param.content_types:
                encoding[name] = {"contentType": ", ".join(parameter.param.content_types)}
    needs = {"required": required} if required else {}
    media: Schema = {"schema": {"type": "object", "properties": properties, **needs}}
    if encoding:
        media["encoding"] = encoding
    has_files = any(parameter.source == "file" for parameter in parameters)
    # Multipart is read without files too, but openapi-python-client writes no code that runs for two kinds of forms.
    return {_MULTIPART if has_files else _URLENCODED: media}, bool(required)


def _list_fields(schemas: Schemas, parameter: Parameter) -> Iterator[tuple[str, Schema, bool]]:
    if parameter.source != "file":
        yield from _list_values(schemas, parameter)
        return
    param = parameter.param
    file: Schema = {**_BINARY, "contentMediaType": "application/octet-stream", **_limit(maxLength=param.max_size)}
    if _is_list(parameter.type):
        limits = _limit(minItems=param.min_length, maxItems=param.max_length)
        file = {"type": "array", "items": file, **limits}
    yield parameter.alias, file, parameter.default is REQUIRED


def _limit(**limits: int | None) -> Schema:
    return {name: value for name, value in limits.items() if value is not None}


def _find_plain(wanted: Any) -> Any:
    """Return the one type in annotations and optionals."""
    if get_origin(wanted) is Annotated:
        return _find_plain(get_args(wanted)[0])
    members = [member for member in get_args(wanted) if member is not type(None)]
    is_optional = type(None) in get_args(wanted)
    return _find_plain(members[0]) if is_optional and len(members) == 1 else wanted


def _is_list(wanted: Any) -> bool:
    return get_origin(_find_plain(wanted)) in {list, tuple, set, frozenset}
