"""Say in an annotation where a parameter of a view comes from.

A parameter is bound only if it is marked: `Query[bool]`, or with settings
`Annotated[int, Query(alias="page-size", ge=1)]`.  Type checkers see the type
in the brackets; `signature` finds the mark behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict, TypeVar, Unpack

import msgspec
from werkzeug.datastructures import FileStorage

T = TypeVar("T")


class Limits(TypedDict, total=False):
    """What a value has to fit, as the keywords of JSON Schema say it."""

    #: The least value, or one that is too small by itself.
    ge: float
    gt: float
    #: The greatest value, or one that is too great by itself.
    le: float
    lt: float
    #: What the value has to be a multiple of.
    multiple_of: float
    #: A regular expression that is found in the text.
    pattern: str
    #: How many characters or items there may be.
    min_length: int
    max_length: int


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
        max_size: The greatest number of bytes of an uploaded file.
        content_types: What an uploaded file may be, such as `image/*`.
        **limits: What the value has to fit, as in `Limits`.

    Raises:
        TypeError: There is no such setting.
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
        max_size: int | None = None,
        content_types: Sequence[str] = (),
        **limits: Unpack[Limits],
    ) -> None:
        unknown = limits.keys() - Limits.__annotations__.keys()
        if unknown:
            raise TypeError(f"{type(self).__name__} has no setting {min(unknown)!r}; limits are {_LIMITS}.")
        self.alias = alias
        self.title = title
        self.description = description
        self.example = example
        self.deprecated = deprecated
        self.secret = secret
        self.max_size = max_size
        self.content_types = tuple(content_types)
        self.ge = limits.get("ge")
        self.gt = limits.get("gt")
        self.le = limits.get("le")
        self.lt = limits.get("lt")
        self.multiple_of = limits.get("multiple_of")
        self.pattern = limits.get("pattern")
        self.min_length = limits.get("min_length")
        self.max_length = limits.get("max_length")


_LIMITS = ", ".join(Limits.__annotations__)


def Depends(function: Callable[..., Any], *, cache: bool = True) -> Any:  # noqa: N802 - it reads as a mark
    """Give a parameter what a function returns.

    Write `user: User = Depends(find_user)`, or `Annotated[User, Depends(find_user)]`.
    The function's own parameters are bound as those of a view.  A generator
    gives what it yields, and goes on when the response is sent.

    Args:
        function: A function, a coroutine function, a generator function of
            either kind, a class, or any object that can be called.
        cache: Call it once a request, however many ask for it.

    Returns:
        A `Dependency`; for type checkers, whatever the parameter is.
    """
    return Dependency(function, cache)


class Dependency:
    """Hold what a parameter depends on."""

    __slots__ = ("cache", "function")

    def __init__(self, function: Callable[..., Any], cache: bool) -> None:
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
        """An uploaded file, as a `FileStorage`; an annotation by itself."""

        source = "file"

    class Body(Marker):
        """The JSON body."""

        source = "body"

    class Secret(Marker):
        """A value that no error tells: `Secret[str]`."""

        def __class_getitem__(cls, wanted: Any) -> Any:
            """Mark a type as secret, for msgspec's schemas too."""
            return Annotated[wanted, msgspec.Meta(extra_json_schema={"writeOnly": True}), cls(secret=True)]
