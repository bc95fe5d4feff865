"""Reading what a function asks for: which parameters are bound, and which mistakes are told at set-up."""

from __future__ import annotations

import dataclasses
import enum
import functools
import os
from typing import TYPE_CHECKING, Annotated, Any, ForwardRef, Literal, NewType, TypedDict, TypeVar
from uuid import UUID

import attrs
import msgspec
import pydantic
import pytest
from msgspec import Meta
from typing_extensions import TypeAliasType
from werkzeug.datastructures import FileStorage

from demijohn.api import Body, Cookie, Depends, File, Form, Header, Param, Path, Query, Secret
from demijohn.api import markers as marks
from demijohn.api.signature import NOTHING, REQUIRED, SignatureError, may_bind, read_signature

if TYPE_CHECKING:
    from decimal import Decimal as OnlyForCheckers


class Order(msgspec.Struct):
    number: int = 1


@dataclasses.dataclass
class DataOrder:
    number: int


class DictOrder(TypedDict):
    number: int


@attrs.define
class AttrsOrder:
    number: int


class PydanticOrder(pydantic.BaseModel):
    number: int


class Filters(msgspec.Struct):
    page: int = 1
    tag: list[str] = []


class Nested(msgspec.Struct):
    order: Order


class Kind(enum.IntEnum):
    ONE = 1


UserId = NewType("UserId", int)
Page = Annotated[Query[int], Param(ge=1)]


def read(function, *url_arguments, **options):
    """Read a signature and give its parameters by name."""
    signature = read_signature(function, frozenset(url_arguments), **options)
    return {parameter.name: parameter for parameter in signature.parameters}


def summarize(function, *url_arguments, **options):
    """Give name, source and type of each parameter that is bound."""
    return [(each.name, each.source, each.type) for each in read(function, *url_arguments, **options).values()]


def test_each_mark_names_its_source():
    """A marked parameter comes from the source that its mark names."""

    def view(a: Query[int], b: Header[str], c: Cookie[str], d: Form[str], e: File, f: Path[int]): ...

    expected = [
        ("a", "query", int),
        ("b", "header", str),
        ("c", "cookie", str),
        ("d", "form", str),
        ("e", "file", FileStorage),
        ("f", "path", int),
    ]
    assert summarize(view, "f") == expected


@pytest.mark.parametrize("model", [Order, DataOrder, DictOrder, AttrsOrder, PydanticOrder])
def test_a_model_without_a_default_is_the_body(model):
    """A parameter of each kind of model is the JSON body without a mark."""

    def view(order): ...

    view.__annotations__ = {"order": model}
    assert summarize(view) == [("order", "body", model)]


def test_a_model_with_a_default_is_left_alone():
    """A model that has a default is no body, since Flask has called such a view without it."""

    def view(order: Order = Order()): ...  # noqa: B008 - a default is what is tested

    assert summarize(view) == []


def test_a_model_that_the_url_gives_is_left_to_it():
    """A variable of the URL is passed on whatever its annotation: a converter may make models."""

    def view(order: Order, page: Query[int] = 1): ...

    assert summarize(view, "order") == [("order", "url", Order), ("page", "query", int)]


def test_a_decorator_may_be_what_gives_the_model():
    """Behind `functools.wraps` an unmarked model is left alone, and a marked one is bound."""

    def decorate(function):
        @functools.wraps(function)
        def wrapper(**kwargs):
            return function(Order(), **kwargs)

        return wrapper

    @decorate
    def plain(order: Order): ...

    @decorate
    def marked(order: Body[Order]): ...

    assert ([], [("order", "body", Order)]) == (summarize(plain), summarize(marked))


def test_a_plain_view_of_flask_binds_nothing():
    """Annotated URL variables, defaults, `*args` and `**kwargs` stay as in Flask."""

    def view(shop: int, name: str, *args: int, page: int = 1, other: Any = None, **kwargs: str) -> str: ...

    signature = read_signature(view, frozenset({"shop", "name"}))
    assert ((), str, False) == (signature.parameters, signature.result, signature.binds)


def test_a_typed_result_binds():
    """A view whose result is a model binds even if it asks for nothing."""

    def view(shop: int) -> list[Order]: ...

    signature = read_signature(view, frozenset({"shop"}))
    assert (True, list[Order]) == (signature.binds, signature.result)


def test_a_function_without_annotations_has_no_result():
    """Without a return annotation the result is `NOTHING`."""

    def view(shop): ...

    assert read_signature(view, frozenset()).result is NOTHING


@pytest.mark.parametrize("spelling", [Annotated[Query[int], Param(ge=1)], Annotated[int, Query(ge=1)], Page])
def test_settings_are_told_in_three_ways(spelling):
    """Settings stand beside the mark, in the mark, or behind a name."""

    def view(page): ...

    view.__annotations__ = {"page": spelling}
    parameter = read(view)["page"]
    assert (Annotated[int, Meta(ge=1)], 1) == (parameter.type, parameter.param.ge)


def test_the_last_setting_wins():
    """Of a setting that is told twice the last counts, and the others stay."""

    def view(page: Annotated[Query[int], Param(ge=1, alias="p"), Param(ge=2)]): ...

    parameter = read(view)["page"]
    assert ("p", 2) == (parameter.alias, parameter.param.ge)


def test_limits_go_to_the_members_that_keep_them():
    """In a union a limit is that of the members that can keep it."""

    def view(page: Annotated[Query[int | None], Param(ge=1)] = None): ...

    assert read(view)["page"].type == Annotated[int, Meta(ge=1)] | None


def test_constraints_of_others_stay_in_the_type():
    """What msgspec or pydantic say beside a type stays there."""
    field = pydantic.Field(ge=1)

    def view(page: Query[Annotated[int, field]], size: Annotated[Query[int], Meta(le=9)] = 3): ...

    parameters = read(view)
    assert Annotated[int, field] == parameters["page"].type
    assert Annotated[int, Meta(le=9)] == parameters["size"].type


def test_a_header_is_named_with_hyphens():
    """A header has hyphens for the parameter's underscores, unless an alias is told."""

    def view(user_agent: Header[str], token: Annotated[Header[str], Param(alias="X-Token")]): ...

    assert ["user-agent", "X-Token"] == [each.alias for each in read(view).values()]


def test_a_model_from_the_query_comes_by_its_fields():
    """A model that is marked `Query` has each field from the query by itself."""

    def view(filters: Query[Filters]): ...

    parameter = read(view)["filters"]
    assert (True, Filters) == (parameter.is_model, parameter.type)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (File, FileStorage),
        (list[File], list[FileStorage]),
        (Annotated[FileStorage, File(max_size=3)], FileStorage),
        (Annotated[File, File(max_size=3)], FileStorage),
        (Annotated[list[File], Param(max_size=3)], list[FileStorage]),
    ],
)
def test_files_are_written_in_many_ways(annotation, expected):
    """A file, or a list of them, is marked by `File` alone or in `Annotated`."""

    def view(upload): ...

    view.__annotations__ = {"upload": annotation}
    assert summarize(view) == [("upload", "file", expected)]


def test_a_file_may_be_optional():
    """A file that may be missing has None for its default, a list of files an empty list."""

    def view(one: File | None = None, many: list[File] = []): ...  # noqa: B006 - nobody changes it

    assert [(FileStorage | None), list[FileStorage]] == [each.type for each in read(view).values()]


def test_an_optional_around_a_mark_is_one_inside():
    """`Query[int] | None` means `Query[int | None]`."""

    def view(page: Query[int] | None = None): ...

    assert summarize(view) == [("page", "query", int | None)]


def test_a_secret_is_marked_in_its_type():
    """A secret has `writeOnly` in its type, from `Secret` or from the settings."""

    def view(token: Header[Secret[str]], key: Annotated[Query[str], Param(secret=True)]): ...

    secret = Annotated[str, Meta(extra_json_schema={"writeOnly": True})]
    assert [secret, secret] == [each.type for each in read(view).values()]


def test_depends_is_a_default_or_a_mark():
    """A dependency is told as a default or in `Annotated`."""

    def find() -> int: ...

    def view(a: int = Depends(find), *, b: Annotated[int, Depends(find)]): ...

    assert [("depends", find), ("depends", find)] == [
        (each.source, each.depends.function) for each in read(view).values()
    ]


def test_names_of_a_function_around_are_found():
    """An annotation may name a class of the function that is running."""

    class Local(msgspec.Struct):
        number: int

    def view(order: Local, page: Query[int] = 1) -> Local: ...

    assert summarize(view) == [("order", "body", Local), ("page", "query", int)]


def test_names_in_a_closure_are_found():
    """An annotation may name what the function itself uses from around it."""

    def make():
        class Local(msgspec.Struct):
            number: int

        def view(order: Local):
            return Local

        return view, Local

    view, local = make()
    assert summarize(view) == [("order", "body", local)]


def test_texts_inside_a_type_are_resolved():
    """A text inside a type is resolved as one around it is."""

    def view(orders): ...

    view.__annotations__ = {"orders": Body[list["Order"]]}
    assert summarize(view) == [("orders", "body", list[Order])]


def test_a_mark_by_another_name_is_found():
    """A mark counts whatever it is called in the module."""

    def view(page: marks.Query[int]): ...

    assert summarize(view) == [("page", "query", int)]


def test_an_unresolved_name_leaves_a_plain_view_alone():
    """A name for type checkers alone makes no trouble in a view without marks."""

    def view(order: OnlyForCheckers, other: Order) -> OnlyForCheckers: ...

    assert read_signature(view, frozenset()).binds is False


def test_partials_objects_and_classes_are_read():
    """What can be called is read as the function behind it."""

    def function(page: Query[int], size: Query[int]): ...

    class Callable:
        def __call__(self, page: Query[int]): ...

    class Dependency:
        def __init__(self, page: Query[int]): ...

    expected = [("page", "query", int)]
    partial = functools.partial(function, size=3)
    assert [*expected, ("size", "query", int)] == summarize(partial)
    assert (expected, expected) == (summarize(Callable()), summarize(Dependency, is_dependency=True))


def test_a_method_of_an_object_can_be_a_dependency():
    """A method that is bound already does not ask for its instance."""

    class Service:
        def find(self, page: Query[int]): ...

    assert summarize(Service().find, is_dependency=True) == [("page", "query", int)]


def test_what_is_built_in_asks_for_nothing():
    """A class of Python's own, which tells nothing of its parameters, is called without any."""
    assert summarize(dict, is_dependency=True) == []


def test_a_dependency_is_read_once():
    """Views that share a dependency share what was read of it."""

    def find(page: Query[int]): ...

    first, second = (read_signature(find, frozenset(), is_dependency=True) for _ in range(2))
    assert first is second


def test_a_signature_is_told_apart_by_what_it_lacks():
    """The values that mean nothing are told by name."""
    assert ["REQUIRED", "NOTHING"] == [repr(REQUIRED), repr(NOTHING)]


@pytest.mark.parametrize(
    "annotations",
    [
        {"a": "Missing", "b": "marks.Query[int]"},
        {"a": "Missing", "b": "list[Annotated[int, marks.Query()]]"},
        {"a": "Missing", "b": Query[int]},
        {"a": Query["Missing"]},
        {"a": "Page", "b": ForwardRef("Missing")},
    ],
)
def test_a_mark_is_seen_though_a_name_is_missing(annotations):
    """A view with a mark anywhere has to have all its names: it would lose a parameter in silence."""

    def view(a, b=None): ...

    view.__annotations__ = annotations
    with pytest.raises(SignatureError, match="'Missing'"):
        read(view)


@pytest.mark.parametrize(
    "annotations",
    [{"a": "Missing", "b": "no type ("}, {"a": list["Missing"], "b": ForwardRef("Order")}],  # noqa: F821 - it is missing on purpose
)
def test_a_view_without_marks_may_have_missing_names(annotations):
    """Whatever stands in its annotations, a plain view stays one."""

    def view(a, b=None): ...

    view.__annotations__ = annotations
    assert read(view) == {}


def test_a_mistake_in_what_is_built_in_has_no_line():
    """A function without a file is told by its module and name."""
    with pytest.raises(SignatureError, match=r"posix:0: `stat`, parameter `path`: nothing says"):
        read(os.stat, is_dependency=True)


def test_type_parameters_are_found():
    """A name among a function's own type parameters is found."""

    def view(page): ...

    view.__annotations__ = {"page": "Query[list[Wanted]]"}
    view.__type_params__ = (wanted := TypeVar("Wanted"),)
    assert summarize(view) == [("page", "query", list[wanted])]


def test_a_literal_holds_no_names():
    """The texts in a `Literal` are values."""

    def view(order): ...

    view.__annotations__ = {"order": Query[Literal["Missing", "b"]]}
    assert summarize(view) == [("order", "query", Literal["Missing", "b"])]


def test_a_name_that_comes_later_is_none_yet():
    """A variable around the function that has no value yet makes no trouble."""

    def make():
        def view(page: Query[int]):
            return later

        found = summarize(view)
        later = 1
        return found, later

    assert make()[0] == [("page", "query", int)]


def test_a_secret_in_an_optional_is_one():
    """A secret may be told inside an optional, and a title goes to the schema."""

    def view(token: Annotated[Header[Secret[str] | None], Param(title="Token")] = None): ...

    expected = Annotated[
        Annotated[str, Meta(extra_json_schema={"writeOnly": True})] | None,
        Meta(title="Token"),
        Meta(extra_json_schema={"writeOnly": True}),
    ]
    assert read(view)["token"].type == expected


def test_limits_join_those_of_the_type():
    """A limit joins what stands in the type already, and a name for a type keeps its limits."""
    alias = TypeAliasType("alias", Query[Annotated[str, Meta(max_length=9)]])

    def view(name, kind): ...

    view.__annotations__ = {"name": Annotated[alias, Param(min_length=1)], "kind": Annotated[Query[Kind], Param(ge=1)]}
    with pytest.raises(SignatureError, match="Kind knows no limit `ge`"):
        read(view)
    view.__annotations__["kind"] = Query[Kind]
    assert read(view)["name"].type == Annotated[str, Meta(min_length=1), Meta(max_length=9)]


def test_a_dataclass_can_be_a_dependency():
    """The fields of a dataclass are the parameters of a dependency."""

    @dataclasses.dataclass
    class Paging:
        page: Query[int] = 1
        size: Annotated[Query[int], Param(le=100)] = 20
        tags: Query[list[str]] = dataclasses.field(default_factory=list)

    parameters = read(Paging, is_dependency=True)
    assert [1, 20] == [each.default for each in parameters.values()][:2]
    assert Paging(tags=parameters["tags"].default) == Paging()


def test_the_instance_of_a_method_is_skipped():
    """The first parameter of a method view's function is not bound."""

    def post(self, order: Order): ...

    assert summarize(post, skip_self=True) == [("order", "body", Order)]


def test_a_dependency_keeps_its_url_variables():
    """A dependency that asks for nothing but a variable of the URL is given it."""

    def find(number: int): ...

    assert summarize(find, "number", is_dependency=True) == [("number", "url", int)]


def test_a_name_for_a_type_is_looked_through():
    """A `NewType` is read as the type that it names."""

    def view(user: Annotated[Query[UserId], Param(ge=1)]): ...

    assert read(view)["user"].type == Annotated[UserId, Meta(ge=1)]


def test_may_bind_is_a_quick_no():
    """A function without annotations and without `Depends` is not worth reading."""

    def plain(shop, page=1): ...

    def depends(shop, user=Depends(plain)): ...

    def annotated(shop: int): ...

    def marked(shop=Query()): ...  # noqa: B008 - which is a mistake

    assert [False, True, True, True] == [may_bind(each) for each in (plain, depends, annotated, marked)]


def _two_bodies(a: Order, b: Order): ...


def _body_and_form(a: Order, b: Form[str]): ...


def _no_variable(a: Path[int]): ...


def _no_file(a: Annotated[int, File()]): ...


def _wrong_default(a: Query[int] = "x"): ...


def _none_default(a: Query[int] = None): ...


def _marked_twice(a: Query[Header[int]]): ...


def _marked_inside(a: list[Query[int]]): ...


def _union_of_marks(a: Query[int] | Header[str]): ...


def _unsupported(a: Query[complex]): ...


def _object_in_query(a: Query[dict[str, int]]): ...


def _list_of_lists(a: Query[list[list[int]]]): ...


def _nested_in_query(a: Query[Nested]): ...


def _bad_header(a: Annotated[Header[str], Param(alias="a b")]): ...


def _underscored_header(a: Annotated[Header[str], Param(alias="a_b")]): ...


def _bad_cookie(a: Annotated[Cookie[str], Param(alias="a;b")]): ...


def _mark_for_default(a: int = Query(ge=1)): ...


def _mark_alone(a: Header): ...


def _depends_alone(a: Depends): ...


def _default_beyond_limits(a: Annotated[Query[int], Param(ge=10)] = 1): ...


def _broken_pattern(a: Annotated[Query[str], Param(pattern="(")]): ...


def _size_of_a_text(a: Annotated[Query[str], Param(max_size=9)]): ...


def _size_of_json(a: Annotated[Body[Order], Param(max_size=9)]): ...


def _content_type_of_a_text(a: Annotated[Header[str], Param(content_types=["image/png"])]): ...


def _variadic(*a: Query[int]): ...


def _keywords(**a: Query[int]): ...


def _positional(a: Query[int], /): ...


def _lost_limit(a: Annotated[Query[UUID], Param(ge=1)]): ...


def _untagged(a: Body[DataOrder | Order]): ...


@dataclasses.dataclass
class Unresolvable:
    number: OnlyForCheckers


def _unresolvable_model(a: Unresolvable): ...


def _unresolved(a: Query[int], b: OnlyForCheckers): ...


def _unresolved_result(a: Query[int]) -> OnlyForCheckers: ...


MISTAKES = [
    (_two_bodies, "`b`", "`a` is the body already"),
    (_body_and_form, "`b`", "either that or a form"),
    (_no_variable, "`a`", "no variable <a> (it has <shop>)"),
    (_no_file, "`a`", "int is no file"),
    (_wrong_default, "`a`", "its default 'x' is no int"),
    (_none_default, "`a`", "write `int | None`"),
    (_marked_twice, "`a`", "it is marked twice"),
    (_marked_inside, "`a`", "a mark is inside another type"),
    (_union_of_marks, "`a`", "a mark is inside a union"),
    (_unsupported, "`a`", "type complex, which nothing reads"),
    (_object_in_query, "`a`", "cannot come from a query"),
    (_list_of_lists, "`a`", "cannot come from a query"),
    (_nested_in_query, "`a`", "field `order` of Nested cannot come from a query"),
    (_bad_header, "`a`", "no header can be named 'a b'"),
    (_underscored_header, "`a`", "no header can be named 'a_b'"),
    (_bad_cookie, "`a`", "no cookie can be named 'a;b'"),
    (_mark_for_default, "`a`", "its default is a mark"),
    (_mark_alone, "`a`", "`Header` by itself says no type"),
    (_depends_alone, "`a`", "`Depends` by itself says no type"),
    (_default_beyond_limits, "`a`", "its default 1 does not keep to its limits"),
    (_broken_pattern, "`a`", "missing ), unterminated subpattern"),
    (_size_of_a_text, "`a`", "`max_size` is of files"),
    (_size_of_json, "`a`", "set `MAX_CONTENT_LENGTH`"),
    (_content_type_of_a_text, "`a`", "a header has no `content_types`"),
    (_variadic, "`a`", "it is variadic positional, and marked"),
    (_keywords, "`a`", "it is variadic keyword, and marked"),
    (_positional, "`a`", "it is positional-only, and marked"),
    (_lost_limit, "`a`", "UUID knows no limit `ge`"),
    (_untagged, "`a`", "cannot be read from a request"),
    (_unresolvable_model, "`a`", "an annotation of Unresolvable cannot be resolved"),
    (_unresolved, "`b`", "'OnlyForCheckers' cannot be resolved"),
    (_unresolved_result, "its result", "outside `if TYPE_CHECKING`"),
]


@pytest.mark.parametrize(("view", "name", "words"), MISTAKES, ids=[each[0].__name__ for each in MISTAKES])
def test_a_mistake_is_told_with_its_place(view, name, words):
    """A signature that cannot be bound is an error with file, line, function, parameter and remedy."""
    with pytest.raises(SignatureError) as caught:
        read_signature(view, frozenset({"shop"}))
    message = str(caught.value)
    line = view.__code__.co_firstlineno
    assert message.startswith(f"{__file__}:{line}: `{view.__name__}`, ")
    assert (True, True, True) == (name in message, words in message, "Remedy: " in message)


def test_a_dependency_has_to_mark_everything():
    """A parameter of a dependency that nothing gives is a mistake, where in a view it is Flask's affair."""

    def find(something): ...

    with pytest.raises(SignatureError, match="nothing says where its value comes from"):
        read_signature(find, frozenset(), is_dependency=True)


def test_an_optional_model_cannot_come_from_the_query():
    """A model in the query is always there, since each of its fields may be missing by itself."""

    def view(filters: Query[Filters | None] = None): ...

    with pytest.raises(SignatureError, match="cannot come from a query"):
        read(view)


def test_a_default_of_a_parameter_is_kept():
    """The default is the function's own, and `REQUIRED` where there is none."""

    def view(page: Query[int], filters: Query[Filters] = Filters(page=2)): ...  # noqa: B008 - nobody changes it

    assert [REQUIRED, Filters(page=2)] == [each.default for each in read(view).values()]
