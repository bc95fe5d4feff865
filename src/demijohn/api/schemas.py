"""Write the JSON Schema of types: what the document says of models.

Here lives `Schemas`, which collects every model that a document refers to.
It reads the mirror of a type, which is the same for all kinds of models.
`msgspec.json.schema_components` is not used: it cannot tell two generic
models of one name apart, and its names say nothing of where a model is from.

JSON Schema 2020-12, as OpenAPI 3.1 and 3.2 use it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect

from .docstrings import parse_docstring
from .examples import dump_value, may_be_told
from .formats import Schema, build_leaf, list_values, name_type, read_limits
from .models import find_reader, find_result_mirror
from .names import choose_names, find_title
from .nodes import holds_secret

#: What goes before a model's name in a reference.
PREFIX = "#/components/schemas/"

_ARRAY_LIMITS = {"min_length": "minItems", "max_length": "maxItems"}
_OBJECT_LIMITS = {"min_length": "minProperties", "max_length": "maxProperties"}
#: Factories whose result is shown as the default.
_EMPTY = list, dict, set, frozenset, tuple


class Reference(str):
    """Stand for the name of a model until all are known."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Property:
    """Hold one field of a model, as a parameter shows it."""

    name: str
    schema: Schema
    is_required: bool


class Schemas:
    """Collect the models of one document, and refer to them.

    Names are given at the end, when it is known which models share one.

    Args:
        texts: Descriptions of models, in place of their docstrings.
    """

    def __init__(self, texts: Mapping[Any, str] | None = None) -> None:
        self._texts = texts or {}
        self._infos: dict[Any, inspect.Type] = {}
        self._components: dict[Any, Schema] = {}
        self._references: dict[Any, Reference] = {}

    def build(self, wanted: Any, *, nullable: bool = True, is_result: bool = False) -> Schema:
        """Return the schema of a type.

        Args:
            wanted: The type; its models become components.
            nullable: Whether null is kept where the type has it; a text from
                a URL or a form cannot be null.
            is_result: Whether it is sent and not read, which differs for some models.
        """
        info = self._inspect(wanted, is_result=is_result)
        return self._build(info if nullable else _drop_null(info))

    def list_properties(self, wanted: Any) -> list[Property]:
        """Return the fields of a model, each as a value that comes by itself.

        Args:
            wanted: The model, which does not become a component.
        """
        info: Any = _peel(_drop_null(self._inspect(wanted)))
        texts = parse_docstring(_find_doc(info.cls)).arguments
        return [
            Property(field.encode_name, self._build_field(field, texts, nullable=False), field.required)
            for field in info.fields
        ]

    def finish(self, document: Any) -> dict[str, Schema]:
        """Name all models, complete the references, and return the components.

        Args:
            document: What holds the schemas that were built.

        Returns:
            The schemas by name, sorted.
        """
        names = choose_names(list(self._components))
        targets = {self._references[model]: f"{PREFIX}{name}" for model, name in names.items()}
        _replace_references((document, self._components), targets)
        return dict(sorted((names[model], schema) for model, schema in self._components.items()))

    def holds_secret(self, wanted: Any) -> bool:
        """Say whether a type has a part that no document may show a value of."""
        return holds_secret(self._inspect(wanted))

    def _inspect(self, wanted: Any, *, is_result: bool = False) -> inspect.Type:
        try:
            known = self._infos.get((wanted, is_result))
        except TypeError:  # some metadata in it cannot be hashed
            return _inspect(wanted, is_result=is_result)
        if known is None:
            known = self._infos[wanted, is_result] = _inspect(wanted, is_result=is_result)
        return known

    def _build(self, info: inspect.Type) -> Schema:
        leaf = build_leaf(info)
        if leaf is not None:
            return leaf
        make = _MAKERS.get(type(info))
        return {} if make is None else make(self, info)

    def _refer(self, info: Any) -> Schema:
        """Return a reference to a model, which becomes a component."""
        model = info.cls
        if model not in self._components:
            # First the place and then the content: a model may hold itself.
            component = self._components[model] = {"title": find_title(model)}
            self._references[model] = Reference(f"model {len(self._components)}")
            component.update(_REFERRED[type(info)](self, info))
            if model in self._texts:
                component["description"] = self._texts[model]
        return {"$ref": self._references[model]}

    def _build_metadata(self, info: inspect.Metadata) -> Schema:
        extra = {name: dump_value(value) for name, value in (info.extra_json_schema or {}).items()}
        return {**self._build(info.type), **extra}

    def _build_union(self, info: inspect.UnionType) -> Schema:
        tagged = [member for member in info.types if _find_tag(member) is not None]
        if len(tagged) < 2 or len(tagged) == len(info.types):
            return self._build_alternatives(info.types)
        # A discriminator may not have null beside it.
        others = [member for member in info.types if _find_tag(member) is None]
        return {"anyOf": [self._build_alternatives(tagged), *map(self._build, others)]}

    def _build_alternatives(self, types: Any) -> Schema:
        schema: Schema = {"anyOf": [self._build(member) for member in types]}
        tags = [_find_tag(member) for member in types]
        if all(isinstance(tag, str) for tag in tags):
            structs: list[Any] = [_peel(member) for member in types]
            mapping = {str(struct.tag): self._references[struct.cls] for struct in structs}
            schema["discriminator"] = {"propertyName": structs[0].tag_field, "mapping": mapping}
        return schema

    def _build_array(self, info: Any) -> Schema:
        return {"type": "array", **self._build_items(info.item_type), **read_limits(info, _ARRAY_LIMITS)}

    def _build_items(self, info: inspect.Type) -> Schema:
        items = self._build(info)
        return {"items": items} if items else {}

    def _build_tuple(self, info: inspect.TupleType) -> Schema:
        return self._build_row([self._build(item) for item in info.item_types], len(info.item_types))

    @staticmethod
    def _build_row(items: list[Schema], least: int, *, is_open: bool = False) -> Schema:
        if not items:
            return {"type": "array", "maxItems": 0}
        end = {} if is_open else {"maxItems": len(items), "items": False}
        return {"type": "array", "prefixItems": items, "minItems": least, **end}

    def _build_mapping(self, info: inspect.DictType) -> Schema:
        schema: Schema = {"type": "object"}
        keys, values = self._build(info.key_type), self._build(info.value_type)
        if keys.get("type") == "integer":
            # Names in JSON are texts, whatever they become.
            keys = {"pattern": "^-?[0-9]+$"}
        if keys and keys != {"type": "string"}:
            schema["propertyNames"] = keys
        if values:
            schema["additionalProperties"] = values
        return {**schema, **read_limits(info, _OBJECT_LIMITS)}

    def _build_enum(self, info: inspect.EnumType) -> Schema:
        values = [member.value for member in info.cls]
        return {**_describe(info.cls), **list_values(values)}

    def _build_struct(self, info: inspect.StructType) -> Schema:
        texts = parse_docstring(_find_doc(info.cls)).arguments
        if info.array_like:
            return {**_describe(info.cls), **self._build_struct_row(info, texts)}
        schema = self._build_object(info)
        if info.tag_field is not None:
            tag = {"type": name_type(info.tag), "const": info.tag}
            schema["properties"] = {info.tag_field: tag, **schema["properties"]}
            schema["required"] = [info.tag_field, *schema.get("required", ())]
        return {**schema, "additionalProperties": False} if info.forbid_unknown_fields else schema

    def _build_struct_row(self, info: inspect.StructType, texts: Mapping[str, str]) -> Schema:
        items = [self._build_field(field, texts) for field in info.fields]
        least = sum(field.required for field in info.fields)
        if info.tag is not None:
            items, least = [{"const": info.tag}, *items], least + 1
        return self._build_row(items, least, is_open=not info.forbid_unknown_fields)

    def _build_named_tuple(self, info: inspect.NamedTupleType) -> Schema:
        texts = parse_docstring(_find_doc(info.cls)).arguments
        items = [self._build_field(field, texts) for field in info.fields]
        return {**_describe(info.cls), **self._build_row(items, sum(field.required for field in info.fields))}

    def _build_object(self, info: Any) -> Schema:
        texts = parse_docstring(_find_doc(info.cls)).arguments
        properties = {field.encode_name: self._build_field(field, texts) for field in info.fields}
        schema: Schema = {**_describe(info.cls), "type": "object", "properties": properties}
        required = [field.encode_name for field in info.fields if field.required]
        return {**schema, "required": required} if required else schema

    def _build_field(self, field: inspect.Field, texts: Mapping[str, str], *, nullable: bool = True) -> Schema:
        schema = self._build(field.type if nullable else _drop_null(field.type))
        if field.name in texts:
            schema.setdefault("description", texts[field.name])
        default = _find_default(field)
        # SECURITY: a secret's default may be a secret.
        if not may_be_told(field.default) or (default is not None and holds_secret(field.type)):
            default = msgspec.UNSET
        if default is not msgspec.UNSET and (nullable or default is not None):
            schema["default"] = default
        return schema


def _replace_references(node: Any, targets: Mapping[Reference, str]) -> None:
    """Put names in the place of references, in whatever is below a node."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            for key, value in part.items():
                if type(value) is Reference:
                    part[key] = targets[value]
                elif isinstance(value, (dict, list)):
                    waiting.append(value)
        else:
            waiting += [value for value in part if isinstance(value, (dict, list))]


def _inspect(wanted: Any, *, is_result: bool) -> inspect.Type:
    return inspect.type_info(find_result_mirror(wanted) if is_result else find_reader(wanted, lax=False).mirror)


def _peel(info: inspect.Type) -> inspect.Type:
    """Take off what only describes a type."""
    while isinstance(info, inspect.Metadata):
        info = info.type
    return info


def _drop_null(info: inspect.Type) -> inspect.Type:
    """Take null out of a type that has other values too."""
    if isinstance(info, inspect.Metadata):
        return inspect.Metadata(_drop_null(info.type), info.extra_json_schema, info.extra)
    if not isinstance(info, inspect.UnionType):
        return info
    types = tuple(member for member in info.types if not isinstance(member, inspect.NoneType))
    return types[0] if len(types) == 1 else inspect.UnionType(types)


def _find_tag(info: inspect.Type) -> str | int | None:
    info = _peel(info)
    return info.tag if isinstance(info, inspect.StructType) and not info.array_like else None


def _find_doc(model: Any) -> str | None:
    """Return the docstring that a model was given, not one that was made for it."""
    model = getattr(model, "__origin__", model)
    doc: str | None = vars(model).get("__doc__")
    return None if doc is None or doc.startswith(f"{model.__name__}(") else doc


def _describe(model: Any) -> Schema:
    doc = parse_docstring(_find_doc(model))
    text = "\n\n".join(part for part in (doc.summary and f"{doc.summary}.", doc.description) if part)
    return {"description": text} if text else {}


def _find_default(field: inspect.Field) -> Any:
    """Return the default as JSON; UNSET where there is none to show."""
    if field.default is not msgspec.NODEFAULT:
        return dump_value(field.default)
    return dump_value(field.default_factory()) if field.default_factory in _EMPTY else msgspec.UNSET


_REFERRED: dict[type[inspect.Type], Callable[..., Schema]] = {
    inspect.EnumType: Schemas._build_enum,
    inspect.StructType: Schemas._build_struct,
    inspect.TypedDictType: Schemas._build_object,
    inspect.DataclassType: Schemas._build_object,
    inspect.NamedTupleType: Schemas._build_named_tuple,
}
_MAKERS: dict[type[inspect.Type], Callable[[Schemas, Any], Schema]] = {
    **dict.fromkeys(_REFERRED, Schemas._refer),
    inspect.Metadata: Schemas._build_metadata,
    inspect.UnionType: Schemas._build_union,
    **dict.fromkeys((inspect.ListType, inspect.VarTupleType, inspect.CollectionType), Schemas._build_array),
    # What comes for a set may hold a value twice.
    **dict.fromkeys((inspect.SetType, inspect.FrozenSetType), Schemas._build_array),
    inspect.TupleType: Schemas._build_tuple,
    **dict.fromkeys((inspect.DictType, inspect.FrozenDictType), Schemas._build_mapping),
}
