"""Typed views as a whole: what is bound and what is left alone, in views of every sort, through every door."""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import msgspec
import pytest

from demijohn import Blueprint, Body, Depends, Flask, Path, Query, current_app, request
from demijohn.api.binder import bind_view, compile_parameters
from demijohn.api.signature import SignatureError, read_signature
from demijohn.testing.doors import door
from demijohn.views import MethodView, View

__all__ = ["door"]


class Order(msgspec.Struct):
    price: int


class Receipt(msgspec.Struct):
    total: int
    shop: int = 0


def make_app() -> Flask:
    app = Flask("made")
    app.config["PROPAGATE_EXCEPTIONS"] = True
    return app


def bind(function: Any, *arguments: str) -> Any:
    return bind_view(Flask("made"), "view", function, frozenset(arguments), frozenset({"GET"}))


def plain_view(shop: int, name: str = "x", *args: Any, **kwargs: Any) -> str:
    return f"{shop} {name} {args} {kwargs}"


def untyped_view(shop, order=None):
    return f"{shop} {order}"


def dict_view(shop: int) -> dict[str, Any]:
    return {"b": shop, "a": 1}


@pytest.mark.parametrize("view", [plain_view, untyped_view, dict_view, partial(plain_view, name="y"), print])
def test_plain_views_are_left_alone(view):
    """A view that marks nothing and names no model is not bound at all."""
    assert bind(view, "shop") is None


def test_plain_views_of_an_application_are_called_as_they_are(door):
    """Annotated URL variables, defaults and `*args` mean what they mean in Flask."""
    app = make_app()
    app.add_url_rule("/<shop>", "plain", plain_view)
    app.add_url_rule("/dict/<shop>", "dict", dict_view)
    client = door.client(app)
    assert client.get("/5?name=z").text == "5 x () {}"
    assert client.get("/dict/5").data == b'{"a":1,"b":"5"}\n'


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_views_are_given_what_they_ask_for(door, is_async):
    """A view of either kind gets its parameters beside the values of the URL, and its result is written."""
    app = make_app()

    def create(shop: int, order: Order, times: Query[int] = 1) -> Receipt:
        return Receipt(order.price * times, shop)

    async def create_async(shop: int, order: Order, times: Query[int] = 1) -> Receipt:
        return create(shop, order, times)

    app.post("/<int:shop>", endpoint="create")(create_async if is_async else create)
    client = door.client(app)
    response = client.post("/4?times=3", json={"price": 2})
    assert (response.status_code, response.data) == (200, b'{"total":6,"shop":4}')
    assert client.post("/4?times=x", json={}).status_code == 422


def test_parameters_may_be_keyword_only(door):
    """A parameter behind a `*` is bound like any other."""
    app = make_app()

    @app.get("/<shop>")
    def show(shop: str, *, page: Query[int]) -> str:
        return f"{shop} {page}"

    assert door.client(app).get("/a?page=2").text == "a 2"


class Resource(MethodView):
    """Answer each method in its own way."""

    def get(self, shop: int, page: Query[int] = 1) -> Receipt:
        return Receipt(page, shop)

    def post(self, shop: int, order: Order) -> tuple[Receipt, int]:
        return Receipt(order.price, shop), 201

    def put(self, shop):
        return f"plain {shop}"


class AsyncResource(MethodView):
    """Answer on the loop."""

    async def get(self, shop: int, page: Query[int] = 1) -> Receipt:
        return Receipt(page, shop)

    async def post(self, shop: int, order: Order) -> tuple[Receipt, int]:
        return Receipt(order.price, shop), 201

    async def put(self, shop):
        return f"plain {shop}"


class MixedResource(Resource):
    """Answer one method on the loop, another in a thread."""

    async def get(self, shop: int, page: Query[int] = 1) -> Receipt:
        return Receipt(page, shop)


@pytest.mark.parametrize("resource", [Resource, AsyncResource, MixedResource])
def test_each_method_of_a_class_is_bound(door, resource):
    """The methods of a `MethodView` are bound each by its own annotations, HEAD as GET."""
    app = make_app()
    app.add_url_rule("/<int:shop>", view_func=resource.as_view("resource"))
    client = door.client(app)
    assert client.get("/4?page=2").data == b'{"total":2,"shop":4}'
    head = client.head("/4?page=2")
    assert (head.status_code, head.content_length, head.data) == (200, 20, b"")
    assert client.get("/4?page=x").status_code == client.head("/4?page=x").status_code == 422
    response = client.post("/4", json={"price": 3})
    assert (response.status_code, response.data) == (201, b'{"total":3,"shop":4}')
    assert client.put("/4").text == "plain 4"
    assert client.options("/4").status_code == 200


def test_a_class_with_one_method_for_all_is_bound(door):
    """The `dispatch_request` of a `View` is bound like a function."""

    class Show(View):
        methods = ("GET", "POST")

        def dispatch_request(self, page: Query[int]) -> Receipt:
            return Receipt(page)

    app = make_app()
    app.add_url_rule("/", view_func=Show.as_view("show"))
    assert door.client(app).get("/?page=2").data == b'{"total":2,"shop":0}'
    assert door.client(app).post("/").status_code == 422


def test_plain_classes_are_left_alone():
    """A class of views that asks for nothing is not bound."""

    class Plain(MethodView):
        def get(self, shop: int) -> str:
            return str(shop)

    class Other(View):
        def dispatch_request(self) -> str:
            return ""

    assert bind(Plain.as_view("plain"), "shop") is None
    assert bind(Other.as_view("other")) is None


def test_blueprints_have_typed_views(door):
    """A typed view in a blueprint, nested or not, is bound, with the values of its prefix."""
    inner = Blueprint("inner", "inner", url_prefix="/<int:shop>")

    @inner.get("/show")
    def show(shop: int, page: Query[int]) -> Receipt:
        return Receipt(page, shop)

    outer = Blueprint("outer", "outer", url_prefix="/outer")
    outer.register_blueprint(inner)
    app = make_app()
    app.register_blueprint(outer)
    assert door.client(app).get("/outer/4/show?page=2").data == b'{"total":2,"shop":4}'


def test_decorators_with_wraps_are_seen_through(door):
    """Behind `functools.wraps` marks count, and the decorator is called with what was bound."""
    seen = []

    def record(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            seen.append(kwargs)
            return function(*args, **kwargs)

        return wrapper

    app = make_app()

    @app.post("/")
    @record
    def create(order: Body[Order], page: Query[int] = 1) -> Receipt:
        return Receipt(order.price)

    assert door.client(app).post("/", json={"price": 3}).data == b'{"total":3,"shop":0}'
    assert seen == [{"order": Order(3)}]


def test_unmarked_models_behind_a_decorator_are_its_own(door):
    """A decorator may itself give a model to the view, as several extensions do."""

    def give(function):
        @functools.wraps(function)
        def wrapper(**kwargs):
            return function(Order(7), **kwargs)

        return wrapper

    app = make_app()

    @app.post("/<int:shop>")
    @give
    def create(order: Order, shop: int) -> str:
        return f"{order} {shop}"

    assert door.client(app).post("/4", data=b"no JSON").text == "Order(price=7) 4"


def test_decorators_without_wraps_hide_the_view(door):
    """A decorator that does not tell what it wraps is called as in Flask."""

    def jsonify_total(function):
        def wrapper(shop):
            return {"total": function(Order(shop)).total}

        return wrapper

    app = make_app()

    @app.get("/<int:shop>")
    @jsonify_total
    def create(order: Order) -> Receipt:
        return Receipt(order.price)

    assert door.client(app).get("/4").json == {"total": 4}


def test_dependencies_have_their_faults_told_with_those_of_the_view(door):
    """The parameters of dependencies are read before anything is called."""
    called = []

    def paginate(page: Query[int]) -> int:
        called.append(page)
        return page

    app = make_app()

    @app.get("/<int:shop>")
    def show(shop: int, size: Query[int], page: int = Depends(paginate)) -> Receipt:
        return Receipt(page * size, shop)

    client = door.client(app)
    assert client.get("/4?page=2&size=3").data == b'{"total":6,"shop":4}'
    response = client.get("/4?page=x&size=y")
    wheres = sorted(fault["where"] for fault in response.get_json(force=True)["errors"])
    assert (response.status_code, wheres, called) == (422, ["query.page", "query.size"], [2])


def test_a_variable_may_be_for_a_dependency_alone(door):
    """A variable of the URL that only a dependency takes is not passed on to the view."""

    def find_marked(number: Path[int]) -> int:
        return number * 2

    def find_unmarked(number) -> int:
        return int(number) * 3

    app = make_app()

    @app.get("/marked/<number>")
    def show_marked(found: int = Depends(find_marked)) -> Receipt:
        return Receipt(found)

    @app.get("/unmarked/<number>")
    def show_unmarked(found: int = Depends(find_unmarked)) -> Receipt:
        return Receipt(found)

    @app.get("/both/<int:number>")
    def show_both(number: int, found: int = Depends(find_marked)) -> Receipt:
        return Receipt(found, number)

    @app.get("/all/<number>")
    def show_all(found: int = Depends(find_marked), **variables: str) -> str:
        return f"{found} {variables}"

    client = door.client(app)
    totals = [client.get(f"/{name}/7").json for name in ("marked", "unmarked", "both")]
    assert totals == [{"total": 14, "shop": 0}, {"total": 21, "shop": 0}, {"total": 14, "shop": 7}]
    assert client.get("/all/7").text == "14 {'number': '7'}"


def test_dependencies_work_in_methods(door):
    """One method of a class may depend on something, and others need not."""

    class Show(MethodView):
        def get(self, page: int = Depends(lambda: 7)) -> Receipt:
            return Receipt(page)

        def post(self):
            return "plain"

    app = make_app()
    app.add_url_rule("/", view_func=Show.as_view("show"))
    client = door.client(app)
    assert (client.get("/").data, client.post("/").text) == (b'{"total":7,"shop":0}', "plain")


def test_hooks_see_typed_views_as_others(door):
    """Functions before and after a request run around a typed view, which is called in its context."""
    app = make_app()
    app.before_request(lambda: None)

    @app.after_request
    def tell(response):
        response.headers["X-Endpoint"] = request.endpoint
        return response

    @app.get("/<shop>")
    def show(shop: Path[int]) -> Receipt:
        return Receipt(shop, len(current_app.name))

    response = door.client(app).get("/4")
    assert (response.data, response.headers["X-Endpoint"]) == (b'{"total":4,"shop":4}', "show")
    assert door.client(app).get("/x").headers["X-Endpoint"] == "show"


def test_the_values_of_the_url_stay_those_of_the_request(door):
    """What is bound is not put into `request.view_args`."""
    app = make_app()

    @app.get("/<shop>")
    def show(shop: Path[int], page: Query[int] = 1) -> str:
        return f"{shop!r} {request.view_args}"

    assert door.client(app).get("/4?page=2").text == "4 {'shop': '4'}"


def test_a_class_or_a_partial_is_a_view(door):
    """Whatever can be called and has annotations is bound."""

    class Show:
        def __call__(self, page: Query[int]) -> Receipt:
            return Receipt(page)

    def show(factor: int, page: Query[int]) -> Receipt:
        return Receipt(page * factor)

    app = make_app()
    app.add_url_rule("/object", "object", Show())
    app.add_url_rule("/partial", "partial", partial(show, 3))
    client = door.client(app)
    assert client.get("/object?page=2").json["total"] == 2
    assert client.get("/partial?page=2").json["total"] == 6


def test_mistakes_are_told_before_the_first_request():
    """A signature that cannot be bound is an error when the application is sealed."""
    app = make_app()

    @app.get("/")
    def show(order: Order, other: Body[int]) -> str:
        return f"{order} {other}"

    with pytest.raises(SignatureError, match=r"test_binder\.py:\d+: .*show`"):
        app.test_client().get("/")


def test_results_that_cannot_be_written_are_told_at_set_up():
    """A model in which a name cannot be resolved is an error that names the view."""

    class Impossible(msgspec.Struct):
        other: Nowhere  # noqa: F821 - nobody has defined it

    def show() -> Impossible:
        raise AssertionError

    show.__annotations__ = {"return": Impossible}
    with pytest.raises(SignatureError, match=r"test_binder\.py:\d+: .*show`, its result"):
        bind(show)


def test_results_behind_a_decorator_may_be_anything():
    """Behind a decorator, a return annotation that cannot be written is none of the binder's business."""

    class Impossible(msgspec.Struct):
        either: list[Order | Receipt]

    def show() -> str:
        return "done"

    @functools.wraps(show)
    def wrapper():
        return show()

    show.__annotations__ = wrapper.__annotations__ = {"return": Impossible}
    assert bind(wrapper).view() == "done"


def test_results_that_do_not_fit_are_told_to_dependencies():
    """A dependency that is to clean up is given the error of the result."""
    ended = []

    def open_session():
        try:
            yield 1
        except TypeError as error:
            ended.append(type(error).__name__)
            raise

    app = make_app()
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/")
    def show(session: int = Depends(open_session)) -> Receipt:
        return {}

    assert app.test_client().get("/").status_code == 500
    assert ended == ["ResultError"]


def test_a_binding_tells_its_signatures():
    """What a view asks for can be read from its binding, by method."""
    binding = bind_view(Flask("made"), "view", Resource.as_view("view"), frozenset({"shop"}), {"GET", "POST", "PUT"})
    assert list(binding.signatures) == ["GET", "POST"]
    assert [parameter.source for parameter in binding.signatures["POST"].parameters] == ["url", "body"]
    assert binding.find("PUT") is None


def test_parameters_are_compiled_by_themselves():
    """Whoever calls a function itself gets keyword arguments, and faults in a list."""

    def depend(shop: int, page: Query[int], size: Query[int] = 10) -> None: ...

    read = compile_parameters(read_signature(depend, frozenset({"shop"}), is_dependency=True))
    faults: list[Any] = []
    with Flask("made").test_request_context("/?page=2"):
        assert read(request._get_current_object(), {"shop": 4}, faults) == {"page": 2}
    assert faults == []
