"""Dependencies of typed views: when they are called, with what, how often, and how they end."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from typing import Annotated, Any

import msgspec
import pytest
from werkzeug.exceptions import Conflict

from demijohn import (
    Body,
    Depends,
    Flask,
    Form,
    Header,
    Query,
    abort,
    after_this_request,
    g,
    request,
    stream_with_context,
)
from demijohn.api.depends import compile_dependencies, walk_dependencies
from demijohn.api.schemes import HTTPBearer
from demijohn.api.signature import SignatureError, read_signature
from demijohn.testing.doors import door

__all__ = ["door"]

both_kinds = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
both_views = pytest.mark.parametrize("view_is_async", [False, True], ids=["sync view", "async view"])


class Order(msgspec.Struct):
    """Be the body of some requests."""

    price: int


def choose(is_async: bool, function: Callable[..., Any], coroutine: Callable[..., Any]) -> Callable[..., Any]:
    """Return one of two functions that do the same."""
    return coroutine if is_async else function


def make_view(is_async: bool, dependency: Any, answer: Callable[[Any], Any] = str) -> Callable[..., Any]:
    """Return a view that depends on a function, and answers with what it gave."""

    def view(given=Depends(dependency)):
        return answer(given)

    async def async_view(given=Depends(dependency)):
        await asyncio.sleep(0)
        return answer(given)

    return choose(is_async, view, async_view)


def make_app(view: Callable[..., Any] | None = None, methods: list[str] | None = None) -> Flask:
    """Return an application with a view at its root."""
    app = Flask("made")
    if view is not None:
        app.add_url_rule("/", "view", view, methods=methods)
    return app


def make_session(is_async: bool, seen: list[Any], name: str = "session") -> Callable[..., Any]:
    """Return a generator function that notes how it begins and ends."""

    def begin():
        seen.append(f"{name} begins")
        return name

    def note(outcome):
        seen.append(f"{name} ends with {outcome}")

    def session():
        try:
            yield begin()
            note("success")
        except BaseException as error:
            note(type(error).__name__)
            raise

    async def async_session():
        await asyncio.sleep(0)
        try:
            yield begin()
            await asyncio.sleep(0)
            note("success")
        except BaseException as error:
            await asyncio.sleep(0)
            note(type(error).__name__)
            raise

    return choose(is_async, session, async_session)


def plain():
    """Be a function."""
    return "given"


async def coroutine():
    """Be a coroutine function."""
    await asyncio.sleep(0)
    return "given"


def generator():
    """Be a generator function."""
    yield "given"


async def async_generator():
    """Be an async generator function."""
    await asyncio.sleep(0)
    yield "given"


class Made:
    """Be a class that is depended on, and whose objects may be."""

    def __init__(self, text: Query[str] = "given") -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __call__(self) -> str:
        return self.text

    async def answer(self) -> str:
        """Be a bound method."""
        return self.text


class AsyncCalled:
    """Be called asynchronously, and be nothing that could be hashed."""

    __hash__ = None  # type: ignore[assignment]  # what a class with `__eq__` has

    async def __call__(self) -> str:
        await asyncio.sleep(0)
        return "given"


class AsyncGenerator:
    """Be a callable object that is an async generator function."""

    async def __call__(self):
        yield "given"


KINDS = {
    "function": plain,
    "coroutine function": coroutine,
    "generator": generator,
    "async generator": async_generator,
    "class": Made,
    "object": Made("given"),
    "async object": AsyncCalled(),
    "generator object": AsyncGenerator(),
    "method": Made("given").answer,
    "partial": partial(lambda a, b: a + b, "gi", b="ven"),
    "async partial": partial(partial(AsyncCalled())),
    "partial generator": partial(generator),
    "builtin": partial(str, "given"),
}


@both_views
@pytest.mark.parametrize("kind", KINDS)
def test_everything_that_can_be_called_can_be_depended_on(door, kind, view_is_async):
    """The view gets what it returns or yields, whichever kind the view itself is."""
    app = make_app(make_view(view_is_async, KINDS[kind]))
    answers = [door.client(app).get("/").text for _ in range(2)]
    assert ["given", "given"] == answers


def test_a_dependency_is_an_annotation_or_a_default():
    """Both say the same; the annotation leaves a default for calls by hand."""
    app = Flask("made")

    @app.get("/<int:number>")
    def view(number, first: Annotated[str, Depends(plain)], *, second: Annotated[str, Depends(generator)] = "by hand"):
        return f"{number} {first} {second}"

    assert "7 given given" == app.test_client().get("/7").text
    assert "1 a by hand" == view(1, "a")


def test_a_dependency_is_called_once_a_request(door):
    """However many ask for it, and however deep; without the cache each gets a result of its own."""
    calls = []

    def count():
        calls.append(None)
        return len(calls)

    def deeper(number=Depends(count), fresh=Depends(count, cache=False)):
        return number, fresh

    def view(number=Depends(count), pair=Depends(deeper), fresh=Depends(count, cache=False)):
        return [number, pair, fresh]

    client = door.client(make_app(view))
    assert [1, [1, 2], 3] == client.get("/").json
    assert [4, [4, 5], 6] == client.get("/").json


def test_parameters_of_dependencies_are_bound(door):
    """They come from the same sources as those of a view, and from its URL."""
    app = Flask("made")

    def find_page(page: Query[int] = 1, agent: Annotated[str, Header(alias="X-Agent")] = "none"):
        return page, agent

    def find_shop(shop: int, order: Order, page=Depends(find_page)):
        return [shop, order.price, *page]

    @app.post("/<int:shop>")
    async def view(shop: int, found=Depends(find_shop)):
        return [shop, *found]

    client = door.client(app)
    assert [5, 5, 9, 1, "none"] == client.post("/5", json={"price": 9}).json
    assert [5, 5, 9, 3, "me"] == client.post("/5?page=3", json={"price": 9}, headers={"X-Agent": "me"}).json


def test_all_faults_are_told_before_anything_is_called(door):
    """Those of the view and those of its dependencies come together, each once."""
    called = []

    def find_page(page: Query[int], order: Order):
        called.append(page)

    def view(size: Query[int], page: Query[int], found=Depends(find_page)):
        called.append(size)

    app = make_app(view, ["POST"])
    response = door.client(app).post("/?size=a&page=b", json={"price": "c"})
    assert 422 == response.status_code
    assert ["body.price", "query.page", "query.size"] == sorted(fault["where"] for fault in response.json["errors"])
    assert [] == called


def test_a_stranger_is_told_to_authenticate_first():
    """A security scheme is asked before the parameters are read."""
    bearer = HTTPBearer()

    def find_user(page: Query[int], token=Depends(bearer)):
        return f"{token} {page}"

    client = make_app(make_view(False, find_user)).test_client()
    allowed = {"Authorization": "Bearer me"}
    assert [401, 401] == [client.get(url).status_code for url in ("/?page=a", "/?page=1")]
    assert [422, 200] == [client.get(url, headers=allowed).status_code for url in ("/?page=a", "/?page=1")]


def test_a_scheme_of_the_user_s_may_be_async(door):
    """A subclass may look into a database, and is called as any other dependency."""

    class Checked(HTTPBearer):
        async def __call__(self):
            await asyncio.sleep(0)
            return super().__call__().upper()

    app = make_app(make_view(False, Checked()))
    assert "ME" == door.client(app).get("/", headers={"Authorization": "Bearer me"}).text
    assert 401 == door.client(app).get("/").status_code


@both_views
@both_kinds
def test_a_generator_goes_on_after_the_response(door, is_async, view_is_async):
    """It does so after all that sees the response, before the functions for the end of a request; the last first."""
    seen = []
    outer = make_session(is_async, seen, "outer")
    inner = make_session(not is_async, seen, "inner")

    def pair(first=Depends(outer), second=Depends(inner)):
        return first, second

    def answer(given):
        seen.append("view")
        return "done"

    app = make_app(make_view(view_is_async, pair, answer))
    app.after_request(lambda response: seen.append("after") or response)
    app.teardown_request(lambda error: seen.append("teardown"))
    assert "done" == door.client(app).get("/").text
    ends = ["inner ends with success", "outer ends with success"]
    assert ["outer begins", "inner begins", "view", "after", *ends, "teardown"] == seen


@both_views
@both_kinds
@pytest.mark.parametrize("kind", [Conflict, LookupError, OSError])
def test_a_generator_gets_the_error_of_the_view(door, is_async, view_is_async, kind):
    """What was begun can be taken back, also where a handler answers the error."""
    seen = []

    def fail(given):
        raise kind

    app = make_app(make_view(view_is_async, make_session(is_async, seen), fail))
    app.register_error_handler(LookupError, lambda error: ("handled", 418))
    expected = {Conflict: 409, LookupError: 418, OSError: 500}[kind]
    assert expected == door.client(app).get("/").status_code
    assert ["session begins", f"session ends with {kind.__name__}"] == seen


def test_a_generator_gets_the_error_of_a_later_dependency(door):
    """What was begun before ends, what would have come after does not begin."""
    seen = []

    session, other = make_session(False, seen), make_session(True, seen, "other")

    def refuse(begun=Depends(session)):
        abort(403)

    def view(refused=Depends(refuse), never=Depends(other)):
        seen.append("view")

    assert 403 == door.client(make_app(view)).get("/").status_code
    assert ["session begins", "session ends with Forbidden"] == seen


def test_a_generator_gets_the_error_of_what_comes_after_the_view(door):
    """The response could not be finished."""
    seen = []

    session = make_session(True, seen)

    def view(begun=Depends(session)):
        @after_this_request
        def fail(response):
            raise OSError

        return "lost"

    assert 500 == door.client(make_app(view)).get("/").status_code
    assert ["session begins", "session ends with OSError"] == seen


def test_a_generator_that_swallows_an_error_changes_no_answer(door):
    """The answer is made when the generator gets the error."""

    def swallow():
        with suppress(LookupError):
            yield

    def fail(given):
        raise LookupError

    assert 500 == door.client(make_app(make_view(False, swallow, fail))).get("/").status_code


@both_kinds
def test_a_failing_end_keeps_nothing_else_from_its_end(is_async):
    """The others end, the teardown functions run, and the error reaches the server as theirs do."""
    seen = []

    session = make_session(is_async, seen)

    def fail(begun=Depends(session)):
        yield
        raise OSError("of the end")

    app = make_app(make_view(False, fail))
    app.teardown_request(lambda error: seen.append("teardown"))
    with pytest.raises(OSError, match="of the end"):
        app.test_client().get("/")
    assert ["session begins", "session ends with OSError", "teardown"] == seen


def test_a_generator_ends_before_a_response_streams(door):
    """It does so as the functions for the end of a request do: a stream begins what it needs by itself."""
    seen = []
    session = make_session(False, seen)

    def view(begun=Depends(session)):
        def stream():
            seen.append("first")
            yield "a"

        return stream_with_context(stream())

    assert "a" == door.client(make_app(view)).get("/").text
    assert ["session begins", "session ends with success", "first"] == seen


def test_what_is_known_of_dependencies_keeps_no_application():
    """A dependency that is made with an application goes with it."""

    def make():
        app = make_app()

        def name() -> str:
            return app.name

        app.add_url_rule("/", "view", make_view(False, name))
        app.add_url_rule("/other", "other", make_view(False, name))
        assert "made" == app.test_client().get("/").text
        return weakref.ref(name)

    reference = make()
    gc.collect()
    assert reference() is None


@both_kinds
def test_a_client_that_goes_away_lets_generators_end(is_async):
    """They get the cancellation."""
    seen = []
    session = make_session(is_async, seen)

    async def view(name=Depends(session)):
        begun.set()
        await asyncio.sleep(60)

    async def main():
        task = asyncio.ensure_future(make_app(view).async_test_client().get("/"))
        await begun.wait()
        task.cancel()
        await asyncio.wait([task])

    begun = asyncio.Event()
    asyncio.run(main())
    assert ["session begins", "session ends with CancelledError"] == seen


def test_a_client_that_goes_away_while_a_dependency_begins_leaves_nothing_open():
    """What a thread began meanwhile ends too, though nobody gets its value."""
    seen = []
    is_cancelled = threading.Event()

    def session():
        loop.call_soon_threadsafe(begun.set)
        is_cancelled.wait(10)
        seen.append("begins")
        try:
            yield
        finally:
            seen.append("ends")

    async def main():
        nonlocal loop, begun
        loop, begun = asyncio.get_running_loop(), asyncio.Event()
        task = asyncio.ensure_future(make_app(make_view(True, session)).async_test_client().get("/"))
        await begun.wait()
        task.cancel()
        is_cancelled.set()
        await asyncio.wait([task])

    loop = begun = None
    asyncio.run(main())
    assert ["begins", "ends"] == seen


def test_an_async_generator_needs_a_loop_that_stays():
    """An `async_to_sync` of the application's own may end its loop, and everything that was begun there."""

    class ShortLived(Flask):
        def async_to_sync(self, func):
            return lambda *args, **values: asyncio.run(func(*args, **values))

    app = ShortLived("made")
    app.testing = True
    app.add_url_rule("/", view_func=make_view(False, async_generator))
    app.add_url_rule("/coroutine", "other", make_view(True, coroutine))
    assert "given" == app.test_client().get("/coroutine").text
    with pytest.raises(RuntimeError, match=r"async_generator' is an async generator that was closed before the view"):
        app.test_client().get("/")


@both_views
def test_sync_dependencies_share_the_thread_of_the_request(door, view_is_async):
    """A database connection may be used by the thread alone that made it."""
    threads = []

    def note():
        threads.append(threading.current_thread())

    def session():
        note()
        yield
        note()

    def deeper(given=Depends(session), other=Depends(note)):
        note()

    app = make_app(make_view(view_is_async, deeper))
    app.before_request(note)
    door.client(app).get("/")
    assert 5 == len(threads)
    assert 1 == len(set(threads))


@both_views
@both_kinds
def test_the_request_and_context_variables_are_there(door, is_async, view_is_async):
    """What a dependency sets is seen by the view, and by the dependency when it goes on."""
    variable, seen = ContextVar("variable", default="unset"), []

    def set_all():
        g.name = request.args["name"]
        variable.set("set")

    def session():
        set_all()
        yield variable
        seen.append((variable.get(), g.name, request.path))

    async def async_session():
        set_all()
        yield variable
        seen.append((variable.get(), g.name, request.path))

    app = make_app(
        make_view(view_is_async, choose(is_async, session, async_session), lambda given: f"{given.get()} {g.name}")
    )
    assert "set me" == door.client(app).get("/?name=me").text
    assert [("set", "me", "/")] == seen


def test_a_failed_request_is_freed_at_once():
    """The error that waits for the end keeps no circle alive."""
    contexts = []

    def fail(given):
        contexts.append(weakref.ref(request._get_current_object()))
        raise Conflict

    client = make_app(make_view(False, make_session(False, []), fail)).test_client()
    client.get("/")
    gc.disable()
    try:
        client.get("/")
        assert contexts[-1]() is None
    finally:
        gc.enable()


def test_a_dependency_is_overridden_within_a_block(door):
    """What is called instead has parameters of its own, and the last override counts."""

    def fake(name: Query[str] = "nobody"):
        yield f"fake {name}"

    app = make_app(make_view(False, coroutine))
    client = door.client(app)
    seen = [client.get("/").text]
    with app.override(coroutine, fake):
        seen.append(client.get("/?name=ann").text)
        with app.override(coroutine, plain):
            seen.append(client.get("/").text)
        seen.append(client.get("/").text)
    assert ["given", "fake ann", "given", "fake nobody", "given"] == [*seen, client.get("/").text]


def test_an_override_lasts_until_it_is_undone():
    """Without a block it is there until `undo`, in whichever order."""
    app = make_app(make_view(False, plain))
    client = app.test_client()
    first = app.override(plain, lambda: "first")
    second = app.override(plain, lambda: "second")
    seen = [client.get("/").text]
    first.undo()
    seen.append(client.get("/").text)
    second.undo()
    first.undo()
    assert ["second", "second", "given"] == [*seen, client.get("/").text]


def test_an_override_may_depend_on_what_it_overrides():
    """It gets the original's result; whoever else asks gets the override's."""

    def fake(original=Depends(plain)):
        return f"more than {original}"

    def deeper(found=Depends(plain)):
        return found

    app = make_app(make_view(False, deeper))
    with app.override(plain, fake):
        client = app.test_client()
        assert ["more than given"] * 2 == [client.get("/").text for _ in range(2)]


def test_a_security_scheme_is_overridden():
    """A test needs no token."""
    bearer = HTTPBearer()
    app = make_app(make_view(False, bearer))
    with app.override(bearer, lambda: "a tester"):
        assert "a tester" == app.test_client().get("/").text
    assert 401 == app.test_client().get("/").status_code


def test_only_what_can_be_called_is_an_override():
    """The result itself is no function."""
    with pytest.raises(TypeError, match="'nobody' was given to `override` and cannot be called"):
        make_app().override(plain, "nobody")


def first_of_circle(other=None):
    """Depend on a function that depends on this one."""


def second_of_circle(other=Depends(first_of_circle)):
    """Depend on the first."""


first_of_circle.__defaults__ = (Depends(second_of_circle),)


def test_a_circle_is_a_mistake_at_set_up():
    """The message names the functions in it."""
    with pytest.raises(SignatureError, match=r"(?s)first_of_circle.*second_of_circle"):
        make_app(make_view(False, first_of_circle)).test_client().get("/")


def test_what_cannot_be_called_cannot_be_depended_on():
    """It is told with the parameter that has it."""
    with pytest.raises(SignatureError, match=r"parameter `given`: it depends on 'plain', which cannot be called"):
        make_app(make_view(False, "plain")).test_client().get("/")


def test_variables_of_the_url_are_all_that_some_ask_for():
    """A dependency gets them under their names, as a view does."""
    app = Flask("made")

    def double(number=0):
        return number * 2

    @app.get("/")
    @app.get("/<int:number>")
    def view(number=None, doubled=Depends(double)):
        return [number, doubled]

    client = app.test_client()
    assert [[4, 8], [None, 0]] == [client.get("/4").json, client.get("/").json]


def test_one_request_has_one_kind_of_body():
    """A view that reads JSON cannot depend on what reads a form."""

    def find_name(name: Form[str]):
        return name

    def view(order: Order, name=Depends(find_name)):
        return name

    with pytest.raises(SignatureError, match=r"(?s)find_name.*form"):
        make_app(view, ["POST"]).test_client().post("/")


def test_a_mistake_in_a_dependency_is_one_of_set_up():
    """It is told by the first request, for whatever view that is."""

    def view(found=Depends(lambda unknown: unknown)):
        return found

    app = make_app(view)
    app.add_url_rule("/other", "other", lambda: "other")
    with pytest.raises(SignatureError, match="unknown"):
        app.test_client().get("/other")


def test_the_body_may_be_read_twice():
    """A dependency may look at what the view gets as well."""

    def check(order: Annotated[Order, Body()]):
        return order.price

    def view(order: Order, price=Depends(check)):
        return [order.price, price]

    assert [3, 3] == make_app(view, ["POST"]).test_client().post("/", json={"price": 3}).json


def test_all_that_a_view_depends_on_is_told():
    """Each signature comes once, before those of what the function itself depends on."""

    def deeper(given=Depends(plain), other=Depends(coroutine)):
        return given

    def view(first=Depends(deeper), second=Depends(plain)):
        return first

    signature = read_signature(view, frozenset())
    assert [deeper, plain, coroutine] == [found.function for found in walk_dependencies(signature, frozenset())]


def test_a_view_without_dependencies_has_nothing_to_resolve():
    """It is bound without them."""
    signature = read_signature(plain, frozenset())
    assert compile_dependencies(make_app(), signature, frozenset(), dict) is None
