"""Know pydantic models: their fields, aliases, validators and errors.

Nothing here imports pydantic: it is there if one of its models is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import NODEFAULT, UNSET

from .faults import REQUIRED, UNKNOWN
from .kinds import Field, Plan
from .refusals import Refusal

#: Validators that see a value before its type does.
EARLY_VALIDATORS = frozenset({"BeforeValidator", "PlainValidator", "WrapValidator"})
EARLY_MODES = frozenset({"before", "plain", "wrap"})

#: The types of JSON Schema -> what msgspec reads for them.
JSON_TYPES = {"string": str, "integer": int, "number": float, "boolean": bool}


def plan(type_: Any) -> Plan:
    """Plan how a pydantic model, or one of its dataclasses, is mirrored.

    Args:
        type_: The model.

    Returns:
        Its fields, and what makes an instance.
    """
    _complete(type_)
    config = _find_config(type_)
    fields = [field for name, info in type_.__pydantic_fields__.items() for field in _list_names(type_, name, info)]
    return Plan(
        fields,
        make_adapter(type_),
        forbid_unknown=config.get("extra") == "forbid",
        doc=type_.__dict__.get("__doc__"),
    )


def plan_result(type_: Any) -> Plan:
    """Plan how a pydantic model looks when it is sent.

    Args:
        type_: The model.

    Returns:
        Its fields by the names that they are sent under, computed ones too.
    """
    _complete(type_)
    fields = []
    for name, info in type_.__pydantic_fields__.items():
        if not info.exclude:
            first = _list_names(type_, name, info)[0]
            fields.append(first._replace(key=info.serialization_alias or info.alias or name))
    for name, decorator in type_.__pydantic_decorators__.computed_fields.items():
        info = decorator.info
        fields.append(Field(name, info.alias or name, name, info.return_type, meta=_describe_computed(info)))
    return Plan(fields, dict, doc=type_.__dict__.get("__doc__"))


def differs_in_results(type_: Any) -> bool:
    """Tell whether a pydantic model is sent otherwise than it is read.

    Args:
        type_: The model.

    Returns:
        Whether names differ, or some fields are only in one of the two.
    """
    fields = type_.__pydantic_fields__
    return bool(type_.__pydantic_decorators__.computed_fields) or any(
        info.exclude or _list_keys(type_, name, info)[0] != (info.serialization_alias or info.alias or name)
        for name, info in fields.items()
    )


def make_adapter(type_: Any) -> Callable[[Any], Any]:
    """Give what makes a value of a type that pydantic knows.

    Args:
        type_: A model, or any type.

    Returns:
        A function of plain values; it raises a `Refusal` for what is not accepted.
    """
    validator: Any = getattr(type_, "__pydantic_validator__", None)
    if validator is None:
        validator = sys.modules["pydantic"].TypeAdapter(type_)
    pydantic_error: Any = sys.modules["pydantic_core"].ValidationError

    def build(value: Any) -> Any:
        try:
            return validator.validate_python(value)
        except pydantic_error as error:
            raise Refusal([_tell_error(each, value) for each in error.errors(include_url=False)]) from error

    return build


def make_union_adapter(members: list[Any], union: Any) -> Callable[[Any], Any]:
    """Give what makes one of several models, whichever accepts a value.

    Args:
        members: The models.
        union: The type of them all.

    Returns:
        A function of plain values; it raises a `Refusal` for what none of them accepts.
    """
    build_any = make_adapter(union)
    words = f"an object that is one of {', '.join(member.__name__ for member in members)}"

    def build_member(value: Any) -> Any:
        try:
            return build_any(value)
        except Refusal as error:
            raise Refusal([((), words)]) from error

    return build_member


def is_special(type_: Any) -> bool:
    """Tell whether a type is one of pydantic's own, such as `SecretStr`.

    Args:
        type_: Any type.

    Returns:
        Whether pydantic has to read it.
    """
    return isinstance(type_, type) and type_.__module__.startswith("pydantic.")


def outline_special(type_: Any) -> Any:
    """Find a type that msgspec takes for one that pydantic alone knows.

    Args:
        type_: The type.

    Returns:
        A text, number or anything at all, with the JSON schema that pydantic writes.
    """
    schema = sys.modules["pydantic"].TypeAdapter(type_).json_schema()
    plain = JSON_TYPES.get(schema.pop("type", None), Any)
    if "$defs" in schema:
        return Any
    return Annotated[plain, msgspec.Meta(extra_json_schema=schema)] if schema else plain


def inline_schema(outline: Any) -> Any:
    """Write the JSON schema of a type without references.

    Args:
        outline: A type that msgspec takes.

    Returns:
        The schema; where a model holds itself, it may be anything.
    """
    schema = msgspec.json.schema(outline)
    parts = schema.pop("$defs", {})
    return _inline(schema, parts, ())


def is_root(type_: Any) -> bool:
    """Tell whether a model is one of a single value without a name.

    Args:
        type_: A pydantic model.

    Returns:
        Whether it is a `RootModel`.
    """
    return bool(getattr(type_, "__pydantic_root_model__", False))


def find_root(type_: Any) -> Any:
    """Give the type of a root model's value.

    Args:
        type_: The model.

    Returns:
        The type with its limits.
    """
    _complete(type_)
    info = type_.__pydantic_fields__["root"]
    return Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation


def reads_raw(type_: Any) -> bool:
    """Tell whether a model has to see what came before its fields' types do.

    Args:
        type_: A pydantic model.

    Returns:
        Whether it keeps fields of other names, or has a validator that comes first.
    """
    decorators = type_.__pydantic_decorators__
    early = [each for each in decorators.model_validators.values() if each.info.mode in EARLY_MODES]
    early += [each for each in decorators.root_validators.values() if each.info.mode in EARLY_MODES]
    return bool(early) or _find_config(type_).get("extra") == "allow"


def tell_places(error: Any) -> str:
    """Say where a model refuses a value, and of which sort that is.

    Args:
        error: Pydantic's error.

    Returns:
        Such as `items.0.price (missing)`.  SECURITY: pydantic's own words repeat the values, which a log would keep.
    """
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return ", ".join(f"{'.'.join(map(str, each['loc'])) or 'all of it'} ({each['type']})" for each in found)


def _complete(type_: Any) -> None:
    """Resolve what a model's annotations named before it was there."""
    if not getattr(type_, "__pydantic_complete__", True):
        type_.model_rebuild()


def _find_config(type_: Any) -> dict[str, Any]:
    config: dict[str, Any] = getattr(type_, "model_config", None) or getattr(type_, "__pydantic_config__", None) or {}
    return config


def _list_names(type_: Any, name: str, info: Any) -> list[Field]:
    """List a field under each name that is accepted for it; the document has the first."""
    keys = _list_keys(type_, name, info)
    metas = [*info.metadata]
    is_raw = any(type(each).__name__ in EARLY_VALIDATORS for each in metas) or _is_validated_early(type_, name)
    has_default = not info.is_required()
    default = info.default if has_default and info.default_factory is None else NODEFAULT
    first = Field(
        name,
        keys[0],
        keys[0],
        Annotated[info.annotation, *metas] if metas else info.annotation,
        default,
        info.default_factory or NODEFAULT,
        meta=_describe(info),
        is_raw=is_raw,
    )
    others = [
        first._replace(name=f"{name}__{key}", key=key, argument=key, default=UNSET, is_extra=True) for key in keys[1:]
    ]
    return [first, *others]


def _list_keys(type_: Any, name: str, info: Any) -> list[str]:
    alias = info.validation_alias or info.alias or name
    choices = getattr(alias, "choices", [alias])
    keys = [choice if isinstance(choice, str) else str(choice.path[0]) for choice in choices]
    config = _find_config(type_)
    if config.get("populate_by_name") or config.get("validate_by_name"):
        keys.append(name)
    return list(dict.fromkeys(keys))


def _is_validated_early(type_: Any, name: str) -> bool:
    decorators = type_.__pydantic_decorators__
    found = [*decorators.field_validators.values(), *decorators.validators.values()]
    return any(each.info.mode in EARLY_MODES and {name, "*"} & set(each.info.fields) for each in found)


def _describe(info: Any) -> msgspec.Meta | None:
    extra = dict(info.json_schema_extra) if isinstance(info.json_schema_extra, dict) else {}
    if info.deprecated:
        extra["deprecated"] = True
    told = {"title": info.title, "description": info.description, "examples": info.examples}
    told = {name: value for name, value in told.items() if value is not None}
    return msgspec.Meta(**told, extra_json_schema=extra or None) if told or extra else None


def _describe_computed(info: Any) -> msgspec.Meta:
    told = {"title": info.title, "description": info.description, "examples": info.examples}
    told = {name: value for name, value in told.items() if value is not None}
    return msgspec.Meta(**told, extra_json_schema={"readOnly": True})


def _tell_error(error: Any, value: Any) -> tuple[tuple[str | int, ...], str]:
    """Turn one of pydantic's errors into a place and words."""
    place: list[str | int] = []
    for part in error["loc"]:
        if _has_part(value, part):
            value = value[part]  # one level deeper
        elif error["type"] != "missing" or part != error["loc"][-1]:
            continue  # the name of a union's member, or of a validator
        place.append(part)
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, Exception):
        return tuple(place), str(cause)
    words: str = {"missing": REQUIRED, "extra_forbidden": UNKNOWN}.get(error["type"]) or error["msg"]
    return tuple(place), words


def _has_part(value: Any, part: Any) -> bool:
    if isinstance(value, dict):
        return part in value
    return isinstance(value, list | tuple) and isinstance(part, int) and part < len(value)


def _inline(schema: Any, parts: dict[str, Any], within: tuple[str, ...]) -> Any:
    if isinstance(schema, list):
        return [_inline(each, parts, within) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return {} if name in within else _inline(parts[name], parts, (*within, name))
    return {key: _inline(each, parts, within) for key, each in schema.items() if key != "discriminator"}
