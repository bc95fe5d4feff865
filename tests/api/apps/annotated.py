"""A Flask app whose views are annotated in every usual way, and that knows nothing of typed views.

It is written for Flask alone.  `tests.api.twice` loads it once on each side, with annotations that are objects and
with annotations that are texts.
"""

# ruff: noqa: UP007, UP045 - annotations of every fashion are what is tested

import asyncio
import dataclasses
import datetime as dt
import functools
import inspect
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Optional, TypedDict, Union

import attrs
import msgspec
import pydantic
from flask import Blueprint, Flask, Response, abort, g, jsonify, make_response, redirect, request
from flask.typing import ResponseReturnValue
from flask.views import MethodView, View

if TYPE_CHECKING:
    from nowhere import Ghost

WHEN = dt.datetime(2026, 1, 31, 12, 30, tzinfo=dt.UTC)


@dataclasses.dataclass
class User:
    name: str


class Form(pydantic.BaseModel):
    name: str


class Payload(msgspec.Struct):
    name: str


@attrs.define
class Settings:
    name: str = "set"


class Row(TypedDict):
    name: str
    at: dt.datetime


@dataclasses.dataclass
class Item:
    name: str
    at: dt.datetime = WHEN


class Reply(NamedTuple):
    body: str
    status: int


app = Flask(__name__)
old = Blueprint("old", __name__, url_prefix="/old/<lang>")


def tell(*args: object, **values: object) -> str:
    """Write what a view was given."""
    return repr((args, sorted(values.items(), key=lambda pair: pair[0]), request.path))


def inject(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a view its user, as decorators for logins do."""

    @functools.wraps(function)
    def call(*args: Any, **values: Any) -> Any:
        return function(*args, user=User(request.args.get("as", "ann")), **values)

    return call


def inject_unnamed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Do the same, and wrap without `functools.wraps`."""

    def call(*args: Any, **values: Any) -> Any:
        return function(*args, user=User("bob"), **values)

    return call


def inject_named(function: Callable[..., Any]) -> Callable[..., Any]:
    """Do the same, and take over the name and the annotations."""

    def call(*args: Any, **values: Any) -> Any:
        return function(*args, user=User("bob"), **values)

    call.__name__ = function.__name__
    call.__annotations__ = function.__annotations__
    return call


def inject_signed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Do the same, and show the signature of the function behind."""

    def call(*args: Any, **values: Any) -> "ResponseReturnValue | Response":
        return function(*args, user=User("cid"), **values)

    call.__name__ = function.__name__
    call.__signature__ = inspect.signature(function)
    return call


class Injecting:
    """Do the same by an object that can be called."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function

    def __call__(self, **values: Any) -> Any:
        return self.function(user=User("dan"), **values)


def validate(function: Callable[..., Any]) -> Callable[..., Any]:
    """Fill models by name and annotation, as extensions for pydantic do."""
    hints = function.__annotations__

    @functools.wraps(function)
    def call(**values: Any) -> Any:
        for name, source in (("body", request.get_json(silent=True) or {}), ("query", request.args.to_dict())):
            if name in hints:
                try:
                    values[name] = Form(**source)
                except pydantic.ValidationError as error:
                    return jsonify(validation_error={name: len(error.errors())}), 400
        result = function(**values)
        return jsonify(result.model_dump()) if isinstance(result, pydantic.BaseModel) else result

    return call


def as_json(function: Callable[..., Any]) -> Callable[..., Response]:
    """Write what a view returns as JSON of its own."""

    @functools.wraps(function)
    def call(**values: Any) -> Response:
        return jsonify(result=dataclasses.asdict(function(**values)))

    return call


# What a view is given.
@app.get("/url/right/<int:number>/<float:part>/<path:rest>")
def url_right(number: int, part: float, rest: str) -> str:
    return tell(number, part, rest)


@app.get("/url/wrong/<int:number>/<name>")
def url_wrong(number: str, name: int) -> str:
    return tell(number, name)


@app.get("/url/model/<user>/<form>/<payload>")
def url_model(user: User, form: Form, payload: "Payload") -> str:
    return tell(user, form, payload)


@app.get("/url/optional/<int:number>")
@app.get("/url/optional", defaults={"number": None})
def url_optional(number: Optional[int], page: "Union[int, None]" = None) -> str:
    return tell(number, page)


@app.get("/url/default")
@app.get("/url/default/<int:page>")
def url_default(page: int = 1, size: float = 2.5, flag: bool = False) -> str:
    return tell(page, size, flag)


@app.get("/url/too-many/<a>/<b>")
def url_too_many(a: str) -> str:
    return tell(a)


@app.get("/url/too-few/<a>")
def url_too_few(a: str, b: str) -> str:
    return tell(a, b)


@app.get("/default/model")
def default_model(user: User = None, other: User | None = None, *, form: Form = Form(name="kept")) -> str:  # noqa: B008
    return tell(user, other, form)


@app.get("/default/settings")
def default_settings(settings: Settings = Settings(), payload: "Payload | None" = None) -> str:  # noqa: B008
    return tell(settings, payload)


@app.get("/stars/<int:number>")
def stars(*args: int, **values: Any) -> str:
    return tell(*args, **values)


@app.get("/stars/models/<int:number>")
def stars_of_models(*users: User, number: int, **forms: Form) -> str:
    return tell(*users, number=number, **forms)


@app.get("/stars/positional/<int:number>")
def positional(number: int, /) -> str:
    return tell(number)


@app.get("/keyword/<int:number>/<name>")
def keyword(*, name: str, number: "int") -> "str":
    return tell(number, name)


# What decorators give.
@app.route("/wrapped/<int:number>", methods=["GET", "POST"])
@inject
def wrapped(number: int, user: User) -> str:
    return tell(number, user)


@app.get("/wrapped/twice")
@inject_unnamed
@validate
def wrapped_twice(query: Form, user: User) -> str:
    return tell(query, user)


@app.get("/unnamed/<int:number>", endpoint="unnamed")
@inject_unnamed
def unnamed(number: int, user: User) -> str:
    return tell(number, user)


@app.get("/named/<int:number>")
@inject_named
def named(number: int, user: User) -> str:
    return tell(number, user)


@app.get("/signed/<int:number>")
@inject_signed
def signed(number: int, user: User) -> str:
    return tell(number, user)


@app.get("/object/<int:number>")
@Injecting
def by_object(number: int, user: User) -> str:
    return tell(number, user)


@app.post("/validated/<int:number>")
@validate
def validated(number: int, body: Form, query: Form) -> Form:
    return Form(name=f"{number} {body.name} {query.name}")


@app.get("/as-json")
@as_json
def made_json() -> Item:
    return Item("x")


@app.get("/as-json/plain")
@validate
def left_dict() -> Form:
    return {"name": "x", "more": 1, "at": WHEN}


@app.before_request
def note_user(name: "Optional[User]" = None) -> "Optional[Response]":
    g.user = User("before")


@app.url_value_preprocessor
def add_value(endpoint: str | None, values: dict[str, Any] | None) -> None:
    if endpoint == "preprocessed":
        values["user"] = User("from the preprocessor")
    if endpoint and endpoint.startswith("old."):
        g.lang = values.pop("lang")


@app.get("/preprocessed/<int:number>")
def preprocessed(number: int, user: User) -> str:
    return tell(number, user)


@old.route("/", methods=["GET", "PUT"])
@old.get("/<int:page>")
def pages(page: int = 1) -> str:
    return tell(page, g.lang)


# Classes.
class Orders(MethodView):
    init_every_request: ClassVar[bool] = False

    def get(self, number: int, size: int = 3) -> dict[str, Any]:
        return {"number": number, "size": size, "at": WHEN}

    def post(self, number: "int") -> tuple[str, int, dict[str, str]]:
        return tell(number), 201, {"X-Made": "yes"}

    async def put(self, number: int) -> list[Row]:
        await asyncio.sleep(0)
        return [{"name": str(number), "at": WHEN}]


class Guarded(MethodView):
    decorators: ClassVar[list[Any]] = [inject]

    def get(self, user: User, number: int) -> str:
        return tell(number, user)


class GuardedUnnamed(MethodView):
    decorators: ClassVar[list[Any]] = [inject_unnamed]

    def get(self, user: User, number: int) -> str:
        return tell(number, user)


class Dispatching(MethodView):
    def dispatch_request(self, **values: Any) -> ResponseReturnValue:
        return super().dispatch_request(user=User("dispatched"), **values)

    def get(self, user: User, number: int) -> str:
        return tell(number, user)


class GuardedMethod(MethodView):
    @inject
    def get(self, user: User, number: int) -> str:
        return tell(number, user)


class Open(MethodView):
    def get(self, user: User, number: int) -> str:
        return tell(number, user)


class Single(View):
    methods: ClassVar[list[str]] = ["GET", "POST"]

    def __init__(self, user: User) -> None:
        self.user = user

    def dispatch_request(self, number: int, name: str = "none") -> "ResponseReturnValue":
        return tell(number, name, self.user)


app.add_url_rule("/class/orders/<int:number>", view_func=Orders.as_view("orders"))
app.add_url_rule("/class/guarded/<int:number>", view_func=Guarded.as_view("guarded"))
app.add_url_rule("/class/unnamed/<int:number>", view_func=GuardedUnnamed.as_view("guarded unnamed"))
app.add_url_rule("/class/dispatching/<int:number>", view_func=Dispatching.as_view("dispatching"))
app.add_url_rule("/class/method/<int:number>", view_func=GuardedMethod.as_view("guarded method"))
app.add_url_rule("/class/single/<int:number>", view_func=Single.as_view("single", User("single")))
app.add_url_rule("/class/outside/<int:number>", "outside", inject(Open.as_view("inner")))


# Other things that can be called.
def show(settings: Settings, number: int, user: User) -> str:
    return tell(settings, number, user)


class CallableView:
    def __call__(self, number: int, size: "int" = 4) -> str:
        return tell(number, size)

    def method(self, number: int) -> str:
        return tell(number)

    @staticmethod
    def static(number: "int") -> str:
        return tell(number)

    @classmethod
    def of_class(cls, number: int) -> str:
        return tell(number, cls.__name__)


class Page:
    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("203 OK", [("Content-Type", "text/plain"), ("X-Number", str(self.number))])
        return [b"a page"]


partial = functools.partial(show, Settings("partial"), user=User("partial"))
app.add_url_rule("/call/partial/<int:number>", "partial", partial)
app.add_url_rule("/call/object/<int:number>", "object", CallableView())
app.add_url_rule("/call/method/<int:number>", "method", CallableView().method)
app.add_url_rule("/call/static/<int:number>", "static method", CallableView.static)
app.add_url_rule("/call/class/<int:number>", "class method", CallableView.of_class)
app.add_url_rule("/call/lambda/<int:number>", "lambda", lambda number, size=5: tell(number, size))
app.add_url_rule("/call/built-in/<number>", "built in", dict)
app.add_url_rule("/call/page/<int:number>", "page", Page)
app.add_url_rule("/call/nothing/<int:number>", "nothing")
app.view_functions["nothing"] = stars


# Names that are there for type checkers alone.
@app.get("/ghost/<int:number>")
def ghost(number: "int", other: "Ghost" = None) -> "Ghost":
    return tell(number, other)


@app.get("/ghost/listed")
def ghost_list(user: "User" = None) -> "list[Ghost] | Ghost":
    return tell(user)


@app.get("/ghost/broken")
def broken(user: "this is no Python" = None) -> "1 +":  # noqa: F722
    return tell(user)


@app.get("/ghost/strange/<int:number>")
def strange(number: "a variable of the URL", other: 3 = 1) -> "nothing special":  # noqa: F722
    return tell(number, other)


# What views return.
@app.get("/result/text")
def text() -> str:
    return "é <b>"


@app.get("/result/bytes")
def octets() -> bytes:
    return b"\x00\xff"


@app.get("/result/tuple")
def pair() -> tuple[str, int]:
    return "made", 201


@app.get("/result/tuple/headers")
def triple() -> tuple[dict[str, str], int, dict[str, str]]:
    return {"b": "1", "a": "é"}, 202, {"X-A": "1"}


@app.get("/result/response")
def response() -> Response:
    return make_response("x", 203)


@app.get("/result/redirect")
def moved() -> "Response":
    return redirect("/elsewhere")


@app.get("/result/union")
def union() -> str | Response | tuple[Row, int]:
    return {"name": "x", "at": WHEN}, 206


@app.get("/result/dict")
def mapping() -> dict[str, Any]:
    return {"b": WHEN.replace(tzinfo=None), "a": Decimal("1.50"), "c": {"é": [1.0, None]}, "d": Item("x")}


@app.get("/result/list")
def array() -> list[Any]:
    return [WHEN, Decimal(1), User("x")]


@app.get("/result/row")
def row() -> Row:
    return {"name": "x", "at": WHEN, "more": Decimal("1.5"), "a": 1}


@app.get("/result/row/lacking")
def lacking_row() -> Row:
    return {"name": "x"}


@app.get("/result/rows/<int:number>")
def rows(number: int) -> list[Row]:
    return [{"name": "é", "at": WHEN, "number": number}]


@app.get("/result/row/made")
def row_made() -> tuple[Row, int, dict[str, str]]:
    return {"name": "x", "at": WHEN}, 201, {"X-A": "1"}


@app.get("/result/row/optional")
def row_or_nothing() -> Optional[Row]:
    return abort(404)


@app.get("/result/row/wrong")
def wrong_row() -> Row:
    return {"name": 3, "at": "soon"}


@app.get("/result/items")
def items() -> list[Item]:
    return [Item("x"), Item("y")]


@app.get("/result/items/wider")
def wider_items() -> "list[User]":
    return [Item("x")]


@app.get("/result/items/named")
def named_items() -> dict[str, Item]:
    return {"z": Item("x"), "a": Item("y")}


@app.get("/result/item/jsonify")
def item_by_jsonify() -> Item:
    return jsonify(Item("x"))


@app.get("/result/form/dump")
def form_dump() -> Form:
    return Form(name="x").model_dump_json()


@app.get("/result/payload/response")
def payload_response() -> Payload:
    return Response(msgspec.json.encode(Payload("x")), mimetype="application/json")


@app.get("/result/return-value")
def return_value() -> ResponseReturnValue:
    return {"b": 1, "a": WHEN}


@app.get("/result/reply")
def reply() -> Reply:
    return Reply("named", 207)


@app.get("/result/pieces")
def pieces() -> Iterator[str]:
    yield "a"
    yield "é"


@app.get("/result/none")
def none() -> None:
    return None


@app.get("/result/number")
def number() -> int:
    return 3


@app.get("/result/alias")
def alias() -> "JSONValue":
    return {"b": 1, "a": 2}


@app.get("/result/async")
async def later(page: int = 1) -> Row:
    await asyncio.sleep(0)
    return {"name": "x", "at": WHEN, "page": page}


@app.get("/result/async/injected")
@inject
def injected_later(user: User) -> Item:
    return jsonify(Item(user.name))


@app.errorhandler(404)
def not_found(error: Exception) -> tuple[Row, int]:
    return {"name": type(error).__name__, "at": WHEN, "more": 1}, 404


JSONValue = dict[str, Any] | list[Any]
app.register_blueprint(old)
