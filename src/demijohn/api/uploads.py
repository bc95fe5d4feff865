"""Read the uploaded files of a form, with limits of their size and type."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any, get_args, get_origin

from .bodies import matches_type, read_form
from .faults import REQUIRED, Fault, join_where, shorten
from .reading import ABSENT, Read, add_faults, drop_none
from .signature import REQUIRED as NO_DEFAULT
from .signature import Parameter
from .words import describe_count


def compile_file(parameter: Parameter) -> Read:
    """Compile a parameter that is an uploaded file, or a list of them.

    Args:
        parameter: The parameter.

    Returns:
        A function that raises `WrongContentType` where the body is no form.
    """
    kind = drop_none(parameter.type)
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    is_several = isinstance(get_origin(kind), type)
    where = join_where("file", parameter.alias)
    is_optional = parameter.default is not NO_DEFAULT

    def read(request: Any, url_values: Mapping[str, Any], faults: list[Fault]) -> Any:
        read_form(request)
        # A field of a form in which no file was chosen comes with an empty name.
        files = [file for file in request.files.getlist(parameter.alias) if file.filename]
        if not files:
            if not is_optional:
                faults.append(Fault(where, REQUIRED))
            return ABSENT
        found = _check_count(parameter, where, files) if is_several else []
        if not is_several and len(files) > 1:
            found.append(Fault(where, "one file", len(files)))
        for index, file in enumerate(files):
            found += _check_file(parameter, join_where(where, index) if is_several else where, file)
        if found:
            add_faults(faults, found, parameter)
            return ABSENT
        return files if is_several else files[0]

    return read


def _check_count(parameter: Parameter, where: str, files: list[Any]) -> list[Fault]:
    least, most = parameter.param.min_length, parameter.param.max_length
    if (least is None or len(files) >= least) and (most is None or len(files) <= most):
        return []
    return [Fault(where, f"an array{describe_count(least, most, 'file')}", len(files))]


def _check_file(parameter: Parameter, where: str, file: Any) -> list[Fault]:
    """Return what is wrong with the size and the type of a file."""
    found = []
    types, max_size = parameter.param.content_types, parameter.param.max_size
    if types and not matches_type(file.mimetype, types):
        found.append(Fault(where, f"a file of the type {' or '.join(types)}", shorten(file.mimetype)))
    if max_size is not None:
        size = _measure(file.stream)
        if size > max_size:
            found.append(Fault(where, f"a file of at most {max_size} bytes", size))
    return found


def _measure(stream: Any) -> int:
    """Return the size of a file, which stays at its beginning."""
    stream.seek(0, os.SEEK_END)
    size: int = stream.tell()
    stream.seek(0)
    return size
