"""Say in an annotation where a parameter of a view comes from.

A parameter is bound only if it is marked: `Query[bool]`, or with settings
`Annotated[int, Query(alias="page-size", ge=1)]`.  Type checkers see the type
in the brackets; `signature` finds the mark behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

import msgspec
from werkzeug.datastructures import FileStorage

T = TypeVar("T")

#: The settings of `Param` that `msgspec.Meta` knows by the same names.
CONSTRAINTS = ("ge", "gt", "le", "lt", "multiple_of", "pattern", "min_length", "max_length", "title", "description")


class Param:
    """Tell more about a parameter: `Annotated[Query[int], Param(ge=1)]`.

    Args:
        alias: The name in the request; by default the parameter's own, in a
            header with hyphens for underscores.
        title: A short name for the document.
        description: What it means, for the document.
        example: One value that is fine, for the document.
        deprecated: Tell readers of the document not to use it any more.
        secret: Keep the value out of every error.
        ge: The least value.
        gt: A value that is too small by itself.
        le: The greatest value.
        lt: A value that is too great by itself.
        multiple_of: What the value has to be a multiple of.
        pattern: A regular expression that is found in the text.
        min_length: The least number of characters or items.
        max_length: The greatest number of characters or items.
        max_size: The greatest number of bytes of an uploaded file.
        content_types: What an uploaded file may be, such as `image/*`.
    """

    source: ClassVar[str] = ""

    def __init__(
        self,
        *,
        alias: str | None = None,
        title: str | None = None,
        description: str | None = None,
        example: Any = msgspec.UNSET,
        deprecated: bool = False,
        secret: bool = False,
        ge: float | None = None,
        gt: float | None = None,
        le: float | None = None,
        lt: float | None = None,
        multiple_of: float | None = None,
        pattern: str | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
        max_size: int | None = None,
        content_types: Sequence[str] = (),
    ) -> None:
        self.alias = alias
        self.title = title
        self.description = description
        self.example = example
        self.deprecated = deprecated
        self.secret = secret
        self.ge = ge
        self.gt = gt
        self.le = le
        self.lt = lt
        self.multiple_of = multiple_of
        self.pattern = pattern
        self.min_length = min_length
        self.max_length = max_length
        self.max_size = max_size
        self.content_types = tuple(content_types)


class Depends:
    """Give a parameter what a function returns: `user: User = Depends(find_user)`.

    The function's own parameters are bound as those of a view.  A generator
    gives what it yields, and goes on when the response is sent.

    Args:
        function: A function, a coroutine function, a generator function of
            either kind, a class, or any object that can be called.
        cache: Call it once a request, however many ask for it.
    """

    __slots__ = ("cache", "function")

    def __init__(self, function: Callable[..., Any], *, cache: bool = True) -> None:
        self.function = function
        self.cache = cache


if TYPE_CHECKING:
    # An alias is what makes `Query[bool] = False` right for type checkers.
    # They cannot call one: `Annotated[Query[int], Param(ge=1)]` is how to say more.
    Query = Annotated[T, Param()]
    Header = Annotated[T, Param()]
    Cookie = Annotated[T, Param()]
    Path = Annotated[T, Param()]
    Form = Annotated[T, Param()]
    Body = Annotated[T, Param()]
    Secret = Annotated[T, Param()]

    class File(FileStorage, Param):
        """An uploaded file; called with settings, what it may be."""

        def __init__(self, *, max_size: int | None = None, content_types: Sequence[str] = ()) -> None: ...

else:

    class Marker(Param):
        """A source of values; `Query[int]` is `Annotated[int, Query()]`."""

        def __class_getitem__(cls, wanted: Any) -> Any:
            """Mark a type with this source."""
            return Annotated[wanted, cls()]

    class Query(Marker):
        """The query string."""

        source = "query"

    class Header(Marker):
        """A header."""

        source = "header"

    class Cookie(Marker):
        """A cookie."""

        source = "cookie"

    class Path(Marker):
        """A variable of the URL."""

        source = "path"

    class Form(Marker):
        """A field of a form, urlencoded or multipart."""

        source = "form"

    class File(Marker):
        """An uploaded file, as Werkzeug's `FileStorage`; an annotation by itself too."""

        source = "file"

    class Body(Marker):
        """The JSON body."""

        source = "body"

    class Secret(Marker):
        """A value that no error tells: `Secret[str]`."""

        def __class_getitem__(cls, wanted: Any) -> Any:
            """Mark a type as secret, for msgspec's schemas too."""
            return Annotated[wanted, msgspec.Meta(extra_json_schema={"writeOnly": True}), cls(secret=True)]
