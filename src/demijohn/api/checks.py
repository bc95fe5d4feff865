"""Check what a signature asks for.

Each rule gives what is wrong, and what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Protocol, get_args, get_origin

import msgspec
from msgspec import inspect
from werkzeug.datastructures import FileStorage

from .limits import tell_type
from .markers import Param
from .models import find_reader, model_kind
from .nodes import list_all_parts

#: What is wrong, and what to write instead.
Fault = tuple[str, str]

#: What a name may be: in RFC 9110, 5.1, and RFC 6265, 4.1.1; of headers with an underscore servers drop all.
NAMES = {"header": re.compile(r"[!#$%&'*+.^`|~0-9A-Za-z-]+"), "cookie": re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")}

#: The types that are not made of texts, as all that a query string has are.
COMPOSED = (
    inspect.StructType,
    inspect.DataclassType,
    inspect.TypedDictType,
    inspect.NamedTupleType,
    inspect.DictType,
)
LISTS = (inspect.ListType, inspect.SetType, inspect.FrozenSetType, inspect.VarTupleType, inspect.CollectionType)


class Bound(Protocol):
    """A parameter, as far as the rules look at it."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def source(self) -> str:
        """Where it comes from."""
        ...


def check_together(parameters: Sequence[Bound]) -> tuple[str, str, str] | None:
    """Check that the parameters of a function can all be given at once.

    Args:
        parameters: The parameters.

    Returns:
        The name of one that is too many, and why; None if all is well.
    """
    bodies = [parameter for parameter in parameters if parameter.source == "body"]
    forms = [parameter for parameter in parameters if parameter.source in {"form", "file"}]
    if len(bodies) > 1:
        return bodies[1].name, f"`{bodies[0].name}` is the body already", "put both into one model"
    if bodies and forms:
        what = f"`{bodies[0].name}` is a JSON body, and a request has either that or a form"
        return forms[0].name, what, "send everything as a form, or in the body"
    return None


def check_name(name: str, source: str) -> Fault | None:
    """Check that a header or a cookie of this name can arrive.

    Args:
        name: The name.
        source: The source; elsewhere any name can.

    Returns:
        What is wrong; None if all is well.
    """
    if source not in NAMES or NAMES[source].fullmatch(name):
        return None
    return f"no {source} can be named {name!r}", "use letters, digits and hyphens in the alias"


def check_settings(param: Param, source: str, type_: Any) -> Fault | None:
    """Check that what is said of files is said of one, or of a body.

    Args:
        param: The settings.
        source: The source.
        type_: The type without its marks.

    Returns:
        What is wrong; None if all is well.
    """
    if param.content_types and source not in {"file", "body"}:
        return f"a {source} has no `content_types`", "leave them out, or use `File` or `Body`"
    is_raw = source == "body" and not {bytes, str}.isdisjoint((_strip(type_), *get_args(type_)))
    if param.max_size is not None and source != "file" and not is_raw:
        return "`max_size` is of files and of bodies that are taken as they are", "set `MAX_CONTENT_LENGTH`"
    return None


def check_type(type_: Any, source: str, *, is_model: bool) -> Fault | None:
    """Check that values of a type can come from a source.

    Args:
        type_: The type.
        source: The source.
        is_model: Its fields come from the source by themselves.

    Returns:
        What is wrong; None if all is well.
    """
    if source == "file":
        return None if _is_file(type_) else (f"{tell_type(type_)} is no file", "use `File` or `list[File]`")
    try:
        node = find_reader(type_, lax=source != "body").node
    except NameError as error:
        what = f"an annotation of {tell_type(type_)} cannot be resolved ({error})"
        return what, "define what it names at the top of a module, and not for type checkers alone"
    except (TypeError, ValueError, AttributeError) as error:
        return f"{tell_type(type_)} cannot be read from a request: {error}", "use a type that JSON can stand for"
    custom = _find_custom(node)
    if custom is not None:
        what = f"{tell_type(type_)} has a part of type {custom.__name__}, which nothing reads"
        return what, "use a type that JSON can stand for, or a dependency"
    if source in {"body", "path"}:
        return None
    if is_model:
        return _check_fields(node, source)
    if _is_flat(node):
        return None
    return (
        f"{tell_type(type_)} cannot come from a {source}",
        "use a plain value, a list of them, or one model of such fields",
    )


def check_default(type_: Any, default: Any, source: str) -> Fault | None:
    """Check that a default is a value of the type.

    Args:
        type_: The type.
        default: The default.
        source: The source.

    Returns:
        What is wrong; None if all is well.
    """
    if source == "file":
        may_be_empty = get_origin(_strip(type_)) in {list, tuple}
        fits = type(None) in get_args(type_) if default is None else may_be_empty and default in ([], ())
    elif type(default).__name__ == "_HAS_DEFAULT_FACTORY_CLASS":
        return None  # a dataclass's `__init__` knows what to make of it
    else:
        fits = _fits(type_, default)
    if fits:
        return None
    plain = _strip(type_)
    if source != "file" and _fits(plain, default):
        return f"its default {default!r} does not keep to its limits", "use a default that does"
    instead = f"write `{tell_type(plain)} | None`" if default is None else "use a default of the type"
    return f"its default {default!r} is no {tell_type(plain)}", instead


def _find_custom(node: inspect.Type) -> type | None:
    """Find a class that msgspec does not know in a type."""
    return next((part.cls for part in list_all_parts(node) if isinstance(part, inspect.CustomType)), None)


def _fits(type_: Any, default: Any) -> bool:
    reader = find_reader(type_, lax=False)
    try:
        if isinstance(default, tuple(_list_classes(type_))):
            return True
        plain = msgspec.to_builtins(default, str_keys=True)
        reader.read(plain, "")
    except Exception:
        return False
    return True


def _list_classes(type_: Any) -> list[type]:
    """List the classes in a type whose instances are fine by that alone; `isinstance` takes no others."""
    found = [type_, *get_args(type_)]
    return [each for each in found if isinstance(each, type) and not get_args(each) and not _is_no_class(each)]


def _is_no_class(type_: type) -> bool:
    return type_ in {int, float, str, Any} or model_kind(type_) == "typeddict"


def _check_fields(node: inspect.Type, source: str) -> Fault | None:
    node = node.type if isinstance(node, inspect.Metadata) else node
    for field in getattr(node, "fields", ()):
        if not _is_flat(field.type):
            what = f"field `{field.encode_name}` of {tell_type(getattr(node, 'cls', None))} cannot come from a {source}"
            return what, "make it a plain value or a list of them, or take the model as the body"
    return None


def _is_flat(node: inspect.Type) -> bool:
    """Tell whether texts, or a list of texts, can stand for a type."""
    return all(_is_scalar(member.item_type if isinstance(member, LISTS) else member) for member in _list_members(node))


def _is_scalar(node: inspect.Type) -> bool:
    return not any(isinstance(member, (*COMPOSED, *LISTS, inspect.TupleType)) for member in _list_members(node))


def _list_members(node: inspect.Type) -> list[Any]:
    if isinstance(node, inspect.Metadata):
        return _list_members(node.type)
    if isinstance(node, inspect.UnionType):
        return [each for member in node.types for each in _list_members(member)]
    return [node]


def _is_file(type_: Any) -> bool:
    type_ = _strip(type_)
    if type_ is FileStorage:
        return True
    members = [member for member in get_args(type_) if member is not type(None)]
    if get_origin(type_) in {list, tuple} and members:
        return _strip(members[0]) is FileStorage
    return type(None) in get_args(type_) and len(members) == 1 and _is_file(members[0])


def _strip(type_: Any) -> Any:
    return get_args(type_)[0] if get_origin(type_) is Annotated else type_
