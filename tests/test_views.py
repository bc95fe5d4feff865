"""Classes as views."""

import asyncio
import inspect
import threading
from functools import wraps
from typing import ClassVar

import pytest

from demijohn import Flask, request
from demijohn.pipeline.plan import find_plan
from demijohn.views import MethodView, View, http_method_funcs


@pytest.fixture
def app():
    """Return an application in testing mode."""
    app = Flask("made")
    app.testing = True
    return app


def send(app, view, path="/", method="GET", rule="/"):
    """Register a view and return the response to one request."""
    app.add_url_rule(rule, view_func=view)
    return app.test_client().open(path, method=method)


class Greeting(View):
    """Greet."""

    def __init__(self, greeting="Hello", mark="."):
        self.text = greeting, mark

    def dispatch_request(self, name="World"):
        greeting, mark = self.text
        return f"{greeting} {name}{mark}"


class Resource(MethodView):
    """Answer by method names."""

    def get(self):
        return f"get by {request.method}"

    async def post(self):
        await asyncio.sleep(0)
        return "post"

    def purge(self):
        return "a helper"


def test_a_class_answers_by_its_dispatch_request(app):
    """Arguments of `as_view` reach the class, variables of the rule the method."""
    view = Greeting.as_view("greeting", "Bye", mark="!")
    assert "Bye you!" == send(app, view, "/you", rule="/<name>").text


def test_a_view_shows_the_class_behind_it():
    """The function has the class's documentation, module and settings."""

    class Limited(Greeting):
        """Greet some."""

        methods: ClassVar = ["GET"]
        provide_automatic_options = False

    view = Limited.as_view("limited")
    assert ("limited", "Greet some.", __name__) == (view.__name__, view.__doc__, view.__module__)
    assert (Limited, ["GET"], False) == (view.view_class, view.methods, view.provide_automatic_options)


def test_a_view_can_be_taken_apart():
    """The function is a closure over the arguments of the class."""
    cells = inspect.getclosurevars(Greeting.as_view("greeting", 1, mark=2)).nonlocals
    assert ((1,), {"mark": 2}) == (cells["class_args"], cells["class_kwargs"])


def test_the_class_behind_a_view_may_be_replaced(app):
    """`view_class` is looked up for each request."""
    view = Greeting.as_view("greeting")
    view.view_class = type("Other", (Greeting,), {"dispatch_request": lambda self: "other"})
    assert "other" == send(app, view).text


def test_each_request_has_an_instance_of_its_own(app):
    """By default the class is instantiated for every request."""
    made = []

    class Counted(View):
        def __init__(self):
            made.append(self)

        def dispatch_request(self):
            return str(len(made))

    assert "1" == send(app, Counted.as_view("counted")).text
    assert "2" == app.test_client().get("/").text


def test_requests_may_share_one_instance(app):
    """Without `init_every_request` one instance answers all, even one that counts as empty."""

    class Shared(View):
        init_every_request = False
        made = 0

        def __init__(self):
            Shared.made += 1

        def __bool__(self):
            return False

        def dispatch_request(self):
            return str(Shared.made)

    assert "1" == send(app, Shared.as_view("shared")).text
    assert "1" == app.test_client().get("/").text


def test_decorators_are_applied_from_the_inside(app):
    """Each decorator gets the view of the one before it, named already."""
    names = []

    def shout(view):
        names.append(view.__name__)
        return lambda **kwargs: view(**kwargs).upper()

    class Loud(Greeting):
        decorators: ClassVar = [shout, lambda view: lambda **kwargs: view(**kwargs) + " (calmly)"]

    view = Loud.as_view("loud")
    assert (["loud"], "loud", Loud) == (names, view.__name__, view.view_class)
    assert "HELLO WORLD. (calmly)" == send(app, view).text


def test_a_class_may_answer_asynchronously(app):
    """A coroutine method is awaited, with one instance as with many."""

    class Slow(View):
        async def dispatch_request(self):
            await asyncio.sleep(0)
            return "slow"

    class Shared(Slow):
        init_every_request = False

    app.add_url_rule("/shared", view_func=Shared.as_view("shared"))
    assert "slow" == send(app, Slow.as_view("slow")).text
    assert "slow" == app.test_client().get("/shared").text


def test_an_overridden_ensure_sync_sees_the_method(app):
    """The application's `ensure_sync` is asked about every method that is called."""
    seen = []

    def ensure_sync(function):
        seen.append(function.__name__)
        return Flask.ensure_sync(app, function)

    app.ensure_sync = ensure_sync
    send(app, Resource.as_view("resource"), method="POST")
    assert ["dispatch_request", "post"] == seen[-2:]


def test_a_view_defines_dispatch_request():
    """A class without `dispatch_request` says so."""
    with pytest.raises(NotImplementedError, match="dispatch_request"):
        View().dispatch_request()


@pytest.mark.parametrize(
    ("method", "expected"), [("GET", b"get by GET"), ("HEAD", b""), ("POST", b"post"), ("OPTIONS", b"")]
)
def test_each_method_is_answered_by_its_own(app, method, expected):
    """HTTP methods find the methods of the same name; HEAD finds `get`."""
    response = send(app, Resource.as_view("resource"), method=method)
    assert (200, expected) == (response.status_code, response.data)


@pytest.mark.parametrize("method", ["PUT", "PURGE", "DISPATCH_REQUEST", "__INIT__", "METHODS"])
def test_only_http_methods_are_answered(app, method):
    """A helper of the class is no HTTP method (CVE-2026-48817)."""
    response = send(app, Resource.as_view("resource"), method=method)
    assert (405, {"GET", "HEAD", "OPTIONS", "POST"}) == (response.status_code, set(response.allow))


def test_a_head_of_ones_own_wins(app):
    """A `head` method answers HEAD instead of `get`."""

    class Headed(Resource):
        def head(self):
            return "", 202

    assert 202 == send(app, Headed.as_view("headed"), method="HEAD").status_code


def test_methods_of_bases_are_collected():
    """`methods` has those of the class and of all its bases."""

    class Deleted(MethodView):
        def delete(self):
            return ""

    class Both(Resource, Deleted):
        pass

    assert {"GET", "POST", "DELETE"} == Both.methods
    assert None is type("Empty", (MethodView,), {}).methods


def test_methods_that_are_named_are_kept():
    """A class that names its methods is believed, and so is a base that did."""

    class Named(MethodView):
        methods: ClassVar = ["GET", "PROPFIND"]

    class Child(Named):
        def get(self):
            return ""

    class Less(Resource):
        methods: ClassVar = ["GET"]

    assert ({"GET", "PROPFIND"}, ["GET"]) == (Child.methods, Less.methods)


def test_a_method_that_is_named_may_be_any(app):
    """A method beyond HTTP's usual ones is answered when the class names it."""

    class Named(MethodView):
        methods: ClassVar = ["PROPFIND"]

        def propfind(self):
            return "found"

    assert "found" == send(app, Named.as_view("named"), method="PROPFIND").text


def test_a_named_method_that_is_missing_is_an_assertion_error(app):
    """A rule that allows more than the class defines is the developer's mistake."""

    class Named(MethodView):
        methods: ClassVar = ["GET"]

    with pytest.raises(AssertionError, match="Unimplemented method 'GET'"):
        send(app, Named.as_view("named"))


def test_the_usual_http_methods_are_eight():
    """The names of the methods that are looked for are public."""
    assert {"delete", "get", "head", "options", "patch", "post", "put", "trace"} == http_method_funcs


def build_async(*, decorate=False, half=False):
    """Return an application with a class-based view of coroutine functions, which say where they run."""
    app = Flask("classes")

    def note(view):
        @wraps(view)
        def noted(**values):
            return f"decorated {view(**values)}"

        return noted

    class Page(MethodView):
        decorators = (note,) if decorate else ()

        async def get(self, number):
            return f"{number} {threading.current_thread() is threading.main_thread()}"

        if half:

            def post(self, number):
                return "sync"

    app.add_url_rule("/<int:number>", view_func=Page.as_view("page"))
    return app


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ("1 True", "1 True")),
        ({"half": True}, ("1 True", "1 True")),
        ({"decorate": True}, ("decorated 1 True",) * 2),
    ],
)
def test_a_method_that_is_a_coroutine_function_runs_on_the_servers_loop(options, expected):
    """Decorators are never passed by, and HEAD is answered by `get`."""
    app = build_async(**options)
    client = app.async_test_client()

    async def visit():
        return (await client.get("/1")).text, (await client.get("/1")).text

    assert expected == asyncio.run(visit())


@pytest.mark.parametrize("options", [{}, {"decorate": True}, {"half": True}])
def test_a_thread_waits_for_a_class_only_where_it_has_to(options):
    """Only what is all of coroutine functions, and undecorated, needs none."""
    app = build_async(**options)
    steps = find_plan(app).steps["page"]
    assert (not options) == (steps.coroutine is not None)
