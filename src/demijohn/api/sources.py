"""Read one parameter of a view out of a request.

Each source (query, header, cookie, form, file, body, path) has a maker here.
It compiles a parameter into a function that is given the request, the values
of the URL and a list for faults, and that returns the value, or `ABSENT`
where there is none: then the function's own default is used, or a fault was
added.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec
from msgspec import inspect
from werkzeug.http import parse_list_header

from .._pairs import Pairs
from .bodies import compile_body, read_form
from .faults import REQUIRED, Fault, Faulty, join_where, shorten
from .models import Reader, find_reader
from .nodes import ARRAYS, holds_secret
from .reading import ABSENT, Read, add_faults, drop_none
from .signature import REQUIRED as NO_DEFAULT
from .signature import Parameter
from .uploads import compile_file

#: Finds the texts that came under one name, if any.
FindTexts = Callable[[Any], "list[str] | None"]
#: Finds all texts of a source by name.
FindAll = Callable[[Any], Mapping[str, list[str]]]

ONE_VALUE = "one value"

#: A multidict is a dict of lists.
_get_list: Callable[[Any, str], list[str] | None] = dict.get


def compile_source(parameter: Parameter, siblings: Collection[str] = ()) -> Read:
    """Compile what reads a parameter.

    Args:
        parameter: The parameter, of any source but "url" and "depends".
        siblings: Names that other parameters read from the same source,
            which a model that forbids unknown fields may not trip over.

    Returns:
        A function of the request, the URL's values and a list for faults.
    """
    if parameter.is_model and parameter.source in _FIND_ALL:
        return _compile_fields(parameter, frozenset(siblings))
    return _MAKERS[parameter.source](parameter)


def _compile_texts(parameter: Parameter) -> Read:
    """Compile a parameter whose value is one text, or several."""
    find = _FINDERS[parameter.source](parameter.alias)
    reader = find_reader(drop_none(parameter.type), lax=True)
    where = _name_place(parameter)
    is_optional = parameter.default is not NO_DEFAULT
    is_plain = reader.type is str
    is_secret = parameter.param.secret or holds_secret(reader.node)
    if _takes_several(reader):
        return _compile_list(parameter, find, reader, where)

    def read_text(request: Any, url_values: Mapping[str, Any], faults: list[Fault]) -> Any:
        texts = find(request)
        if not texts:
            if not is_optional:
                faults.append(Fault(where, REQUIRED))
            return ABSENT
        if len(texts) > 1:
            faults.append(_refuse_several(where, texts, is_secret=is_secret))
            return ABSENT
        if is_plain:
            return texts[0]
        try:
            return reader.read(texts[0], where)
        except Faulty as error:
            add_faults(faults, error.faults, parameter)
            return ABSENT

    return read_text


def _compile_list(parameter: Parameter, find: FindTexts, reader: Reader, where: str) -> Read:
    is_header = parameter.source == "header"
    is_optional = parameter.default is not NO_DEFAULT

    def read_list(request: Any, url_values: Mapping[str, Any], faults: list[Fault]) -> Any:
        texts = find(request)
        if not texts:
            if not is_optional:
                faults.append(Fault(where, REQUIRED))
            return ABSENT
        try:
            # RFC 9110, section 5.3: a repeated header is the same as one with commas.
            return reader.read(parse_list_header(texts[0]) if is_header else texts, where)
        except Faulty as error:
            add_faults(faults, error.faults, parameter)
            return ABSENT

    return read_list


def _compile_fields(parameter: Parameter, siblings: frozenset[str]) -> Read:
    """Compile a model each of whose fields comes from the source by itself."""
    source = parameter.source
    reader = find_reader(drop_none(parameter.type), lax=True)
    node = _find_node(reader)
    names = {_name_field(source, field.encode_name): field for field in node.fields}
    several = {name for name, field in names.items() if _holds_several(field.type)}
    secrets = {name for name, field in names.items() if holds_secret(field.type)}
    find_all = _FIND_ALL[source](names)
    takes_rest = source in _OPEN and _takes_unknown(reader, node)
    is_optional = parameter.default is not NO_DEFAULT

    def read_fields(request: Any, url_values: Mapping[str, Any], faults: list[Fault]) -> Any:
        given: dict[str, Any] = {}
        found: list[Fault] = []
        for name, texts in find_all(request).items():
            field = names.get(name)
            if field is None:
                if takes_rest and name not in siblings:
                    given[name] = texts[0] if len(texts) == 1 else texts
            elif name in several:
                given[field.encode_name] = parse_list_header(texts[0]) if source == "header" else texts
            else:
                given[field.encode_name] = texts[0]
                if len(texts) > 1:
                    where = join_where(source, field.encode_name)
                    found.append(_refuse_several(where, texts, is_secret=name in secrets))
        if not given and is_optional:
            return ABSENT
        try:
            value = reader.read(given, source)
            if not found:
                return value
        except Faulty as error:
            told = {fault.where for fault in found}
            found += [fault for fault in error.faults if fault.where not in told]
        if source == "header":
            found = [msgspec.structs.replace(fault, where=_name_field(source, fault.where)) for fault in found]
        add_faults(faults, found, parameter)
        return ABSENT

    return read_fields


def _compile_path(parameter: Parameter) -> Read:
    """Compile a variable of the URL, which its converter made already."""
    reader = find_reader(drop_none(parameter.type), lax=True)
    where = _name_place(parameter)
    alias = parameter.alias
    kind = reader.type if isinstance(reader.type, type) else None
    is_optional = parameter.default is not NO_DEFAULT

    def read_variable(request: Any, url_values: Mapping[str, Any], faults: list[Fault]) -> Any:
        value = url_values.get(alias, ABSENT)
        if type(value) is kind:
            return value
        if value is ABSENT:
            if not is_optional:
                faults.append(Fault(where, REQUIRED))
            return ABSENT
        try:
            return reader.read(value, where)
        except Faulty as error:
            add_faults(faults, error.faults, parameter)
            return ABSENT

    return read_variable


def _find_in_query(alias: str) -> FindTexts:
    def find_in_query(request: Any) -> list[str] | None:
        args = request.args
        # PERF: 0.04 µs, and 0.3 by `getlist`.
        texts: list[str] | None = _get_list(args, alias) if type(args) is Pairs else args.getlist(alias)
        return texts

    return find_in_query


def _find_in_header(alias: str) -> FindTexts:
    key = _name_variable(alias)

    def find_in_header(request: Any) -> list[str] | None:
        text = request.environ.get(key)
        return None if text is None else [text]

    return find_in_header


def _find_in_cookie(alias: str) -> FindTexts:
    find_raw = re.compile(rf"(?:^|;)[ \t]*{re.escape(alias)}[ \t]*=([^;]*)").search

    def find(request: Any) -> list[str]:
        # RFC 6265, section 5.4: of cookies of one name, that of the longest path comes first.
        texts: list[str] = request.cookies.getlist(alias)[:1]
        if texts or "Cookie" not in request.headers:
            return texts
        # Werkzeug drops a cookie with characters that the RFC does not allow; but it came, so it is not absent.
        raw = find_raw(request.headers["Cookie"])
        return [] if raw is None else [raw[1].strip(" \t")]

    return find


def _find_in_form(alias: str) -> FindTexts:
    return lambda request: read_form(request).getlist(alias)


def _find_query(names: Collection[str]) -> FindAll:
    return lambda request: dict(request.args.lists())


def _find_headers(names: Collection[str]) -> FindAll:
    keys = {name: _name_variable(name) for name in names}
    return lambda request: {name: [request.environ[key]] for name, key in keys.items() if key in request.environ}


def _find_cookies(names: Collection[str]) -> FindAll:
    return lambda request: {name: texts[:1] for name, texts in request.cookies.lists()}


def _find_form(names: Collection[str]) -> FindAll:
    return lambda request: dict(read_form(request).lists())


def _refuse_several(where: str, texts: list[str], *, is_secret: bool) -> Fault:
    return Fault(where, ONE_VALUE, msgspec.UNSET if is_secret else shorten(texts))


def _takes_several(reader: Reader) -> bool:
    return _holds_several(inspect.type_info(reader.mirror))


def _holds_several(node: Any) -> bool:
    """Say whether values of a type are made of several texts."""
    if isinstance(node, inspect.Metadata):
        return _holds_several(node.type)
    if isinstance(node, inspect.UnionType):
        return any(map(_holds_several, node.types))
    return isinstance(node, ARRAYS)


def _find_node(reader: Reader) -> Any:
    node: Any = inspect.type_info(reader.mirror)
    while isinstance(node, inspect.Metadata):
        node = node.type
    return node


def _takes_unknown(reader: Reader, node: Any) -> bool:
    """Say whether a model is to be shown what it has no fields for."""
    config = getattr(reader.type, "model_config", None) or {}
    return getattr(node, "forbid_unknown_fields", False) or config.get("extra") in ("allow", "forbid")


def _name_place(parameter: Parameter) -> str:
    return join_where(parameter.source, parameter.alias)


def _name_field(source: str, name: str) -> str:
    return name.replace("_", "-") if source == "header" else name


def _name_variable(header: str) -> str:
    """Return the name that a header has in a WSGI environ."""
    name = header.upper().replace("-", "_")
    return name if name in _BARE else f"HTTP_{name}"


_BARE = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})
#: Sources whose every name is meant for the view.
_OPEN = frozenset({"query", "form"})

_FINDERS: dict[str, Callable[[str], FindTexts]] = {
    "query": _find_in_query,
    "header": _find_in_header,
    "cookie": _find_in_cookie,
    "form": _find_in_form,
}

_FIND_ALL: dict[str, Callable[[Collection[str]], FindAll]] = {
    "query": _find_query,
    "header": _find_headers,
    "cookie": _find_cookies,
    "form": _find_form,
}

_MAKERS: dict[str, Callable[[Parameter], Read]] = {
    **dict.fromkeys(_FINDERS, _compile_texts),
    "path": _compile_path,
    "file": compile_file,
    "body": compile_body,
}
