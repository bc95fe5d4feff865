"""Results of typed views: what is written of models of every kind, and what never is."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import traceback
import uuid
from collections import OrderedDict, deque
from collections.abc import Iterable
from decimal import Decimal
from types import SimpleNamespace
from typing import Annotated, Any, Generic, NamedTuple, NewType, NotRequired, TypedDict, TypeVar

import attrs
import msgspec
import pydantic
import pytest
from markupsafe import Markup
from typing_extensions import TypeAliasType

from demijohn import Event, EventStream, Flask, JSONLines, Query, Response
from demijohn.api.encoder import dump_json
from demijohn.api.problems import Problem
from demijohn.api.results import Result, ResultError, compile_result, is_new_to_flask, is_typed
from demijohn.pipeline.result import Encoded
from demijohn.testing.doors import door

__all__ = ["door"]

T = TypeVar("T")


class Street(msgspec.Struct):
    name: str


class SecretStreet(Street):
    code: str = "SECRET"


class User(msgspec.Struct, rename="camel"):
    user_name: str
    home: Street | None = None
    others: list[Street] = []
    by_name: dict[str, Street] = {}
    pair: tuple[int, Street] | None = None


class Admin(User):
    password: str = "SECRET"


@dataclasses.dataclass
class DataUser:
    name: str
    home: Street | None = None


@dataclasses.dataclass
class DataAdmin(DataUser):
    password: str = "SECRET"


@dataclasses.dataclass
class DataCompany:
    company: str


class Directory(msgspec.Struct):
    entries: list[DataUser | DataCompany]
    title: str = "All"


class DictUser(TypedDict):
    name: str
    home: NotRequired[Street]


@attrs.define
class AttrsUser:
    name: str
    home: Street | None = None


@attrs.define
class AttrsAdmin(AttrsUser):
    password: str = "SECRET"


@attrs.define(slots=False)
class LooseUser:
    name: str


class PydanticUser(pydantic.BaseModel):
    name: str
    born: dt.date | None = None


class PydanticAdmin(PydanticUser):
    password: str = "SECRET"


class Page(msgspec.Struct, Generic[T]):
    items: list[T]


class Cat(msgspec.Struct, tag=True):
    lives: int


class Dog(msgspec.Struct, tag=True):
    name: str


class SecretDog(Dog, tag="SecretDog"):
    code: str = "SECRET"


class Zoo(msgspec.Struct):
    pets: list[Cat | Dog | str | None]


class Tree(msgspec.Struct):
    value: int
    children: list[Tree] = []


class SecretTree(Tree):
    code: str = "SECRET"


class Point(NamedTuple):
    x: int
    street: Street


class Place(msgspec.Struct):
    point: Point


class Pair(msgspec.Struct, array_like=True):
    street: Street
    number: int = 1


class Happening(msgspec.Struct):
    what: Annotated[Street, msgspec.Meta(description="Where it was")] | dt.date
    more: tuple[int, int] = (1, 2)


class Badge:
    """Be nothing that JSON could hold."""


class Holder(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
    badge: Badge


class Badged(msgspec.Struct):
    badge: Badge
    street: Street


Answer = TypeAliasType("Answer", User | None)
Streets = TypeAliasType("Streets", list[Street])


class Row:
    """Be an object of a database, with more attributes than anybody is to see."""

    def __init__(self, **values: Any) -> None:
        vars(self).update(values, password="SECRET")


def encode(annotation: Any, value: Any, **options: Any) -> Any:
    """Return the text that a value is written as, or what is no body."""
    found = Result(annotation, "view", **options)(value)
    return found.body.decode() if isinstance(found, Encoded) else found


EXACT = {
    "struct": (
        User,
        User("a", Street("b")),
        '{"userName":"a","home":{"name":"b"},"others":[],"byName":{},"pair":null}',
    ),
    "dataclass": (DataUser, DataUser("a", Street("b")), '{"name":"a","home":{"name":"b"}}'),
    "TypedDict": (DictUser, {"name": "a", "home": Street("b")}, '{"name":"a","home":{"name":"b"}}'),
    "attrs": (AttrsUser, AttrsUser("a", Street("b")), '{"name":"a","home":{"name":"b"}}'),
    "attrs without slots": (LooseUser, LooseUser("a"), '{"name":"a"}'),
    "pydantic": (PydanticUser, PydanticUser(name="a"), '{"name":"a","born":null}'),
    "list": (list[Street], [Street("a"), Street("b")], '[{"name":"a"},{"name":"b"}]'),
    "dict": (dict[str, Street], {"k": Street("a")}, '{"k":{"name":"a"}}'),
    "generic": (Page[Street], Page([Street("a")]), '{"items":[{"name":"a"}]}'),
    "named tuple": (Place, Place(Point(1, Street("a"))), '{"point":[1,{"name":"a"}]}'),
    "tagged union": (Zoo, Zoo([Cat(9), "x", None]), '{"pets":[{"type":"Cat","lives":9},"x",null]}'),
    "array": (Pair, Pair(Street("a")), '[{"name":"a"},1]'),
    "date in a union": (Happening, Happening(dt.date(2026, 1, 31)), '{"what":"2026-01-31","more":[1,2]}'),
    "described": (Annotated[list[Street], "more"], [Street("a")], '[{"name":"a"}]'),
    "alias": (Streets, [Street("a")], '[{"name":"a"}]'),
    "alias of a union": (Answer, None, "null"),
    "new type": (NewType("Address", Street), Street("a"), '{"name":"a"}'),
    "recursive": (Tree, Tree(1, [Tree(2)]), '{"value":1,"children":[{"value":2,"children":[]}]}'),
}


@pytest.mark.parametrize("kind", EXACT)
def test_models_are_written(kind):
    """A value that is exactly what the annotation names is written as it is."""
    annotation, value, text = EXACT[kind]
    assert json.loads(encode(annotation, value)) == json.loads(text)


WIDER = {
    "subclass": (User, Admin("a")),
    "subclass in a field": (User, User("a", SecretStreet("b"))),
    "subclass in a list": (User, User("a", others=[Street("c"), SecretStreet("b")])),
    "subclass in a dict": (User, User("a", by_name={"k": SecretStreet("b")})),
    "subclass in a tuple": (User, User("a", pair=(1, SecretStreet("b")))),
    "subclass in a named tuple": (Place, Place(Point(1, SecretStreet("b")))),
    "subclass in a list of results": (list[Street], [Street("a"), SecretStreet("b")]),
    "subclass in a dict of results": (dict[str, Street], {"k": SecretStreet("b")}),
    "subclass in a union": (Street | Cat, SecretStreet("b")),
    "subclass deep down": (Tree, Tree(1, [Tree(2, [SecretTree(3)])])),
    "subclass of one of a union": (Zoo, Zoo([SecretDog("b")])),
    "generic": (Page[User], Page([Admin("a")])),
    "array": (Pair, Pair(SecretStreet("a"))),
    "object for an array": (Pair, Row(street=Row(name="a"))),
    "one beside a date": (Happening, Happening(SecretStreet("a"))),
    "object beside a date": (Happening, Happening(Row(name="a"))),
    "dataclass": (DataUser, DataAdmin("a")),
    "dataclass in a list": (list[DataUser], [DataAdmin("a")]),
    "field of a dataclass": (DataUser, DataUser("a", SecretStreet("b"))),
    "attrs": (AttrsUser, AttrsAdmin("a")),
    "field of an attrs class": (AttrsUser, AttrsUser("a", SecretStreet("b"))),
    "key of a TypedDict": (DictUser, {"name": "a", "password": "SECRET"}),
    "field of a TypedDict": (DictUser, {"name": "a", "home": SecretStreet("b")}),
    "pydantic": (PydanticUser, PydanticAdmin(name="a")),
    "pydantic in a list": (list[PydanticUser], [PydanticAdmin(name="a")]),
    "pydantic in a struct": (Page[PydanticUser], Page([PydanticAdmin(name="a")])),
    "dict": (User, {"userName": "a", "password": "SECRET"}),
    "dict by the names of the class": (User, {"user_name": "a", "password": "SECRET"}),
    "dict in a list": (User, {"userName": "a", "others": [{"name": "b", "code": "SECRET"}]}),
    "dict for pydantic": (PydanticUser, {"name": "a", "password": "SECRET"}),
    "object": (User, Row(user_name="a", others=[Row(name="b")])),
    "object for a dataclass": (DataUser, Row(name="a")),
    "object for attrs": (AttrsUser, Row(name="a")),
    "object for pydantic": (PydanticUser, Row(name="a")),
    "object in a list": (list[Street], [Row(name="a")]),
    "other model": (Street, DataAdmin("a")),
    "one of a union of dataclasses": (list[DataUser | DataCompany], [DataAdmin("a")]),
    "one of a union of dataclasses in a field": (Directory, Directory([DataAdmin("a")])),
    "object with such a field": (Directory, Row(entries=[Row(name="a")])),
    "pydantic beside a text": (list[PydanticUser | str], ["b", PydanticAdmin(name="a")]),
    "subclass in an iterable": (Iterable[Street], [SecretStreet("b")]),
    "subclass in a list of named tuples": (list[Point], [Point(1, SecretStreet("b"))]),
    "namespace": (Street, SimpleNamespace(name="a", password="SECRET")),
    "mapping": (Street, OrderedDict(name="a", password="SECRET")),
}


@pytest.mark.parametrize("kind", WIDER)
def test_an_extra_field_never_leaks(kind):
    """Whatever a value has beyond the annotation is left out, at any depth."""
    annotation, value = WIDER[kind]
    text = encode(annotation, value)
    assert "SECRET" not in text
    assert '"a"' in text or '"b"' in text or "3" in text


def test_loose_attributes_never_leak():
    """An attribute that was set on an instance is no field of its class."""
    user = LooseUser("a")
    user.password = "SECRET"
    data_user = DataUser("a")
    data_user.password = "SECRET"
    assert encode(LooseUser, user) == '{"name":"a"}'
    assert encode(DataUser, data_user) == '{"name":"a","home":null}'


@dataclasses.dataclass
class Defaults:
    number: int = 1
    items: list[int] = dataclasses.field(default_factory=list)
    twice: int = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.twice = self.number * 2
        self.number += 1


def test_defaults_of_a_class_are_written():
    """A field is written whether the instance or only its class has it."""
    found = Defaults()
    del found.number
    assert json.loads(encode(Defaults, found)) == {"number": 1, "items": [], "twice": 2}


def test_instances_are_not_made_anew():
    """What a class does with a new instance is not done again to leave out a field."""

    @dataclasses.dataclass
    class More(Defaults):
        password: str = "SECRET"

    assert json.loads(encode(Defaults, More(1))) == {"number": 2, "items": [], "twice": 2}


def test_deep_values_are_gone_through_once():
    """A value that is wider far inside is not gone through again from every level."""
    tree: Tree = SecretTree(0)
    for level in range(60):
        tree = Tree(level, [tree])
    assert "SECRET" not in encode(Tree, tree)


def test_values_are_not_changed():
    """Leaving out what is wider does not change the view's own objects."""
    user = User("a", SecretStreet("b"))
    encode(User, user)
    assert type(user.home) is SecretStreet


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({}, "it lacks the field 'user_name' of User"),
        ({"userName": 1}, "it does not fit User: Expected `str`, got `int` - at `$.userName`"),
        ({"userName": "a", "others": [{"name": "b"}, {}]}, "its part others[1] lacks the field 'name' of Street"),
        ({"userName": "a", "home": 5}, "its part home is a value of type int and no Street"),
        ({"userName": "a", "others": 5}, "its part others is a value of type int and no array"),
        ({"userName": "a", "byName": []}, "its part by_name is a value of type list and no mapping"),
        ({"userName": "a", "pair": [1]}, "its part pair is a value of type list and no array of 2 items"),
        (5, "it is a value of type int and no User"),
    ],
)
def test_a_result_that_does_not_fit_is_told(value, reason):
    """A result that lacks what the annotation names is an error of the application, which tells the place."""
    with pytest.raises(ResultError) as caught:
        encode(User, value)
    assert str(caught.value) == (
        f"The view view is annotated to return User, and returned a {type(value).__name__} that cannot be one:"
        f" {reason}. Return a complete one, or give what may be missing a default in the model."
    )


def test_a_value_beside_a_union_is_told():
    """A model that is none of a union's members is refused, and not written as it is."""
    with pytest.raises(ResultError, match="its part what lacks the field 'name'"):
        encode(Happening, Happening(Cat(9)))


def test_an_incomplete_dict_is_told():
    """A TypedDict that lacks a key is refused even if all that it has fits."""
    with pytest.raises(ResultError, match="lacks the field 'name' of DictUser"):
        encode(DictUser, {"home": Street("a")})


def test_an_array_has_its_defaults():
    """A field that is missing between others does not move those in an array."""

    class Triple(msgspec.Struct, array_like=True, tag="t"):
        first: int = 1
        second: list[int] = []
        third: str = "c"

    assert encode(Triple, {"third": "x"}) == '["t",1,[],"x"]'
    assert encode(Triple, Triple(third="x")) == '["t",1,[],"x"]'


def test_an_array_of_wrong_fields_is_told():
    """A struct that is written as an array has required fields as well."""
    with pytest.raises(ResultError, match="lacks the field 'street' of Pair"):
        encode(Pair, {})


def test_what_cannot_be_written_is_told():
    """A field that JSON has no form for is an error of the application."""
    with pytest.raises(TypeError, match="JSON cannot hold a"):
        encode(Badged, Badged(Badge(), SecretStreet("a")))
    with pytest.raises(ValueError, match="Unable to serialize unknown type"):
        encode(Holder, Holder(badge=Badge()))


def test_pydantic_tells_what_it_refuses():
    """What a model of pydantic refuses is told by its place and sort; the values are for no log."""
    with pytest.raises(ResultError, match=r"is no PydanticUser: name \(missing\)\. Return"):
        encode(PydanticUser, {})


def test_tuples_have_a_status_and_headers():
    """A tuple is a body with a status, headers or both, as in Flask."""
    result = Result(User, "view")
    body, status = result((Admin("a"), 201))
    assert (type(body), status) == (Encoded, 201)
    assert result((User("a"), 201, {"X": "y"}))[1:] == (201, {"X": "y"})
    assert result((User("a"), {"X": "y"}))[1] == {"X": "y"}


def test_a_named_tuple_is_a_tuple():
    """It is a body with a status for Flask, and so its first field is the body."""

    class Answer(NamedTuple):
        body: User
        status: int

    body, status = Result(Answer, "view")(Answer(Admin("a"), 201))
    assert (b"SECRET" in body.body, status) == (False, 201)


def test_what_msgspec_refuses_has_its_defaults():
    """A model with a union that msgspec does not take is made of an object all the same."""
    assert json.loads(encode(Directory, {"entries": []})) == {"entries": [], "title": "All"}


def test_no_log_gets_the_values_that_pydantic_refuses():
    """What is raised names the fields alone, also in what it was raised from."""
    returned = [{"password": "SECRET"}]
    with pytest.raises(ResultError) as caught:
        encode(list[PydanticUser], returned)
    assert "SECRET" not in "".join(traceback.format_exception(caught.value))


RESPONSE = Response("x")


@pytest.mark.parametrize("value", ["text", b"bytes", RESPONSE, EventStream([]), ("text", 404), iter(()), None, print])
def test_other_results_stay(value):
    """What is no model, and is a result of Flask's, stays as it is."""
    assert Result(User | str, "view")(value) == value


def test_none_is_null_where_it_is_named():
    """None is written as null by a view that says so, and refused as by Flask otherwise."""
    assert encode(User | None, None) == "null"
    assert encode(User, None) is None


def test_a_problem_brings_its_status():
    """A problem is written as one, with its own status unless the view names another."""
    result = Result(User, "view")
    body, status = result(Problem(status=404, title="No such user"))
    assert (body.mimetype, status) == ("application/problem+json", 404)
    body, status = result((Problem(status=404, title="No such user"), 410))
    assert (body.body, status) == (b'{"title":"No such user","status":404}', 410)


def test_members_of_a_union_are_tried_in_order():
    """A value of no class of a union becomes the first that it fits."""
    assert encode(Cat | Street, {"name": "a", "x": 1}) == '{"name":"a"}'
    with pytest.raises(ResultError, match="lacks the field 'lives'"):
        encode(Cat | Street, {"x": 1})


def test_other_answers_are_named_by_the_table():
    """A model of `@app.responses` is written as itself."""
    assert encode(User, Street("a"), others=[Street]) == '{"name":"a"}'
    app = Flask("made")

    @app.get("/")
    @app.responses({410: Street, 404: "No such user", 409: {"model": Street}})
    def show() -> User:
        return Street("a"), 410

    response = app.test_client().get("/")
    assert (response.status_code, response.data) == (410, b'{"name":"a"}')


def test_the_table_counts_without_an_annotation():
    """A bound view whose result is not annotated still answers with what the table names."""
    app = Flask("made")

    @app.get("/")
    @app.responses({404: Problem, 410: Street})
    def show(page: Query[int]):
        return {1: Problem(status=404), 2: (SecretStreet("a"), 410), 3: {"b": 1, "a": 2}}[page]

    client = app.test_client()
    answers = [client.get(f"/?page={page}") for page in (1, 2, 3)]
    assert [answer.status_code for answer in answers] == [404, 410, 200]
    assert [answer.data for answer in answers] == [b'{"status":404}', b'{"name":"a"}', b'{"a":2,"b":1}\n']


def test_behind_a_decorator_plain_values_are_its_own():
    """A dict where the view returns a model was made by a decorator, and stays."""
    assert encode(User, {"data": 1}, is_wrapped=True) == {"data": 1}
    assert encode(User, [1], is_wrapped=True) == [1]
    assert encode(DictUser, {"data": 1}, is_wrapped=True) == {"data": 1}
    assert encode(DictUser, {"name": "a", "password": "SECRET"}, is_wrapped=True) == '{"name":"a"}'
    assert "SECRET" not in encode(User, Admin("a"), is_wrapped=True)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (User, True),
        (list[User], True),
        (dict[str, list[User]], True),
        (User | str, True),
        (User | None, True),
        (tuple[User, int], True),
        (tuple[User, int, dict[str, str]] | Response, True),
        (Page[int], True),
        (DictUser, True),
        (Annotated[User, "more"], True),
        (Annotated[User | None, "more"], True),
        (NewType("NewUser", User), True),
        (dict, False),
        (dict[str, Any], False),
        (list[int], False),
        (str, False),
        (Response, False),
        (None, False),
        (Any, False),
        (EventStream, False),
        (EventStream[Street], True),
        (JSONLines[Street | None], True),
        (EventStream[int], False),
        (Streets, True),
        (Answer, True),
        (tuple[str, int], False),
    ],
)
def test_models_make_an_annotation_typed(annotation, expected):
    """A return annotation counts only if it names a model."""
    assert is_typed(annotation) is expected
    assert (compile_result(annotation, "view") is not None) is expected


@pytest.mark.parametrize(
    ("annotation", "alone", "beside_own_json"),
    [
        (User, True, True),
        (DataUser, True, True),
        (tuple[DataUser, int], True, True),
        (str | AttrsUser, True, True),
        (list[User], True, False),
        (dict[str, list[PydanticUser]], True, False),
        (EventStream[DataUser], True, True),
        (DictUser, False, False),
        (list[DictUser], False, False),
        (list[DataUser], False, False),
        (list[int], False, False),
    ],
)
def test_what_flask_can_send_stays_its_own(annotation, alone, beside_own_json):
    """A return annotation by itself counts only if it names what no view of Flask could return."""
    assert is_new_to_flask(annotation, writes_models=False) is alone
    assert is_new_to_flask(annotation, writes_models=True) is beside_own_json


def test_the_json_of_an_old_application_stays(door):
    """A view that binds nothing has Flask's JSON, and a typed one the annotation's."""
    app = Flask("made")
    user = {"name": "é", "password": "x"}

    @app.get("/old")
    def show_old() -> DictUser:
        return user

    @app.get("/new")
    def show_new(page: Query[int] = 1) -> DictUser:
        return user

    @app.get("/told")
    @app.responses({200: DictUser})
    def show_told() -> DictUser:
        return user

    client = door.client(app)
    assert client.get("/old").data == b'{"name":"\\u00e9","password":"x"}\n'
    assert client.get("/new").data == client.get("/told").data == '{"name":"é"}'.encode()


class Word(str):
    __slots__ = ()


class Level(enum.IntEnum):
    LOW = 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Markup("<b>"), '"<b>"'),
        (Word("a"), '"a"'),
        (Level.LOW, "1"),
        ({Level.LOW: Word("a")}, '{"1":"a"}'),
        (OrderedDict(a=1), '{"a":1}'),
        (deque([1]), "[1]"),
        (range(2), "[0,1]"),
        (Decimal("1.50"), '"1.50"'),
        (dt.datetime(2026, 1, 31, tzinfo=dt.UTC), '"2026-01-31T00:00:00Z"'),
        (uuid.UUID(int=0), '"00000000-0000-0000-0000-000000000000"'),
        (float("nan"), "null"),
        (10**30, "1" + "0" * 30),
        ("\ud800", '"?"'),
        ({"\ud800": ["\ud800"]}, '{"?":["?"]}'),
        ([PydanticUser(name="a")], '[{"name":"a","born":null}]'),
        ([PydanticUser.model_construct(name="\ud800")], '[{"name":"?","born":null}]'),
    ],
)
def test_values_in_models_are_written(value, text):
    """What may stand in a field without a type is written, subclasses of plain types too."""
    assert dump_json(value).decode() == text


def test_what_json_cannot_hold_is_told():
    """A value that JSON has no form for is an error, within an application as well."""
    with pytest.raises(TypeError, match=r"JSON cannot hold a builtins\.object"):
        dump_json(object())
    with Flask("made").app_context(), pytest.raises(TypeError, match="object is not JSON serializable"):
        dump_json(object())


def test_the_application_may_write_more():
    """The `default` of the application's JSON provider writes its own types."""
    app = Flask("made")
    app.json.default = lambda value: f"<{type(value).__name__}>"
    with app.app_context():
        assert dump_json([object()]) == b'["<object>"]'


def test_results_go_through_every_door(door):
    """A typed result is sent as JSON with its status and headers."""
    app = Flask("made")

    @app.get("/")
    def show() -> User:
        return Admin("é"), 201, {"X-Own": "y"}

    @app.get("/async")
    async def show_async() -> list[User]:
        return [Admin("é")]

    client = door.client(app)
    response = client.get("/")
    text = '{"userName":"é","home":null,"others":[],"byName":{},"pair":null}'
    assert (response.status_code, response.content_type, response.text) == (201, "application/json", text)
    assert response.headers["X-Own"] == "y"
    assert client.get("/async").text == f"[{text}]"


@pytest.mark.parametrize(
    ("stream", "text"),
    [
        (EventStream, 'data: {"name":"a"}\n\nevent: new\ndata: {"name":"b"}\n\ndata: plain\n\n'),
        (JSONLines, '{"name":"a"}\n{"name":"b"}\n"plain"\n'),
    ],
)
def test_streams_are_of_what_is_annotated(door, stream, text):
    """The items of a stream are written as the annotation names them, and have no more."""
    app = Flask("made")
    second = SecretStreet("b") if stream is JSONLines else Event(SecretStreet("b"), event="new")

    def show():
        return stream([Street("a"), second, "plain"], status=201), {"X-Own": "y"}

    show.__annotations__ = {"return": stream[Street]}
    app.get("/")(show)
    response = door.client(app).get("/")
    assert (response.status_code, response.headers["X-Own"], response.text) == (201, "y", text)


def test_a_result_that_does_not_fit_is_a_500(door):
    """A result that does not fit answers 500, and tells the client nothing."""
    app = Flask("made")

    @app.get("/")
    def show() -> User:
        return {"password": "SECRET"}

    response = door.client(app).get("/")
    assert (response.status_code, b"SECRET" in response.data) == (500, False)
