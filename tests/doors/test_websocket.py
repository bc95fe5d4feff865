"""How a WebSocket is served: hooks, errors, ends, origins, and both server protocols."""

import asyncio
import gc
import threading
import weakref

import pytest
from werkzeug.test import create_environ

from demijohn import Blueprint, Request, _current, abort, g, got_request_exception, session
from demijohn.doors.connection import Connection
from demijohn.doors.origin import is_allowed_origin
from demijohn.doors.websocket import close_sockets
from demijohn.websocket import WebSocketDisconnected
from tests.doors.sockets import GONE, AsgiServer, RsgiServer, add_socket, converse, make_app, run, serve, wait_until


def get_socket():
    """Return the current socket, as the proxy does."""
    return _current.get_request_context().websocket


async def echo():
    """Send back what comes."""
    websocket = get_socket()
    async for message in websocket:
        await websocket.send(message)


def meet(scenario, *messages):
    """Run a scenario as the handler of a socket, with the server that it is connected to."""

    async def main():
        async def handler():
            await scenario(get_socket(), server)

        server, app = AsgiServer(messages), make_app(TESTING=True)
        add_socket(app, "/", handler)
        await serve(app, server)

    run(main())


def collect(app, trail):
    """Put the hooks of sockets into an application, which leave a trail."""

    async def before():
        trail.append("before")

    def after(response):
        trail.append("after")

    async def teardown(error):
        trail.append(("teardown", error if error is None else type(error).__name__))

    app.before_websocket_funcs[None].append(before)
    app.after_websocket_funcs[None].append(after)
    app.teardown_websocket_funcs[None].append(teardown)
    app.teardown_appcontext(lambda error: trail.append("app"))
    return trail


def test_an_echo_ends_well_when_the_client_goes():
    """Messages come back, and every hook ran once, in its order."""
    app = make_app()
    trail = collect(app, [])
    server = converse(echo, "a", b"b", GONE, app=app)
    assert server.messages == ["a", b"b"]
    assert trail == ["before", "after", ("teardown", None), "app"]


def test_a_handler_that_returns_closes_with_1000():
    """The normal end of a handler is the normal end of the socket."""

    async def greet():
        await get_socket().send("hello")

    server = converse(greet)
    assert (server.messages, server.end) == (["hello"], 1000)


def test_a_handler_need_not_catch_that_the_client_has_gone(caplog):
    """A handler that ends by it has ended well, also out of a task group."""

    async def wait():
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(get_socket().receive())

    app = make_app()
    trail = collect(app, [])
    converse(wait, GONE, app=app)
    assert trail[-2:] == [("teardown", None), "app"]
    assert caplog.records == []


def test_contexts_and_url_values_are_there():
    """The request, `g`, the session and the URL's variables belong to the socket."""
    seen = []

    async def chat(room):
        g.room = room
        seen.append(
            (g.room, _current.get_request().path, session.get("a"), get_socket().view_args, get_socket().endpoint)
        )

    converse(chat, rule="/chat/<room>", path="/chat/one")
    assert seen == [("one", "/chat/one", None, {"room": "one"}, "chat")]
    assert _current.find_app() is None


def test_hooks_of_blueprints_run_inside_those_of_the_application():
    """Before: from the outside inwards; after and teardown: the other way round."""
    app, trail = make_app(), []
    blueprint = Blueprint("inner", __name__)
    blueprint.websocket("/", endpoint="talk")(lambda: get_socket().accept())
    app.register_blueprint(blueprint)
    app.url_value_preprocessor(lambda endpoint, values: trail.append(f"processor {endpoint}"))
    for name in (None, "inner"):
        for number in (1, 2):
            app.before_websocket_funcs[name].append(lambda n=name, k=number: trail.append(f"before {n} {k}"))
            app.after_websocket_funcs[name].append(lambda r, n=name, k=number: trail.append(f"after {n} {k}"))
            app.teardown_websocket_funcs[name].append(lambda e, n=name, k=number: trail.append(f"teardown {n} {k}"))
    run(serve(app, AsgiServer()))
    before = [f"before {name} {number}" for name in (None, "inner") for number in (1, 2)]
    outward = [f"{name} {number}" for name in ("inner", None) for number in (2, 1)]
    expected = [*before, *(f"after {hook}" for hook in outward), *(f"teardown {hook}" for hook in outward)]
    assert trail == ["processor inner.talk", *expected]


def test_sync_functions_run_in_one_thread_of_the_socket():
    """Sync hooks and the teardown share a thread, which is not the loop's."""
    app, threads = make_app(), []
    app.before_websocket_funcs[None].append(lambda: threads.append(threading.get_ident()))
    app.teardown_websocket_funcs[None].append(lambda error: threads.append(threading.get_ident()))
    app.teardown_appcontext(lambda error: threads.append(threading.get_ident()))
    converse(echo, GONE, app=app)
    assert len(threads) == 3
    assert set(threads).isdisjoint({threading.get_ident()})
    assert len(set(threads)) == 1


def test_a_before_function_can_refuse():
    """A result of a function that runs before is the response to the handshake."""
    app = make_app()
    app.before_websocket_funcs[None].append(lambda: ("no", 401, {"X-Why": "é"}))
    trail = collect(app, [])
    server = converse(echo, app=app)
    assert server.answer == (401, b"no")
    assert (b"x-why", "é".encode("latin-1")) in server.sent[0]["headers"]
    assert (b"content-length", b"2") in server.sent[0]["headers"]
    assert trail == ["after", ("teardown", None), "app"]


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda: ("Invalid password", 403), (403, b"Invalid password")),
        (lambda: abort(410), (410, b"Gone")),
        (lambda: None, (403, b"Forbidden")),
    ],
    ids=["return", "abort", "nothing"],
)
def test_a_handler_can_refuse_before_it_accepts(act, expected):
    """A returned response, an HTTP error, or no acceptance at all refuses the handshake."""

    async def refuse():
        return act()

    status, body = converse(refuse).answer
    assert status == expected[0]
    assert expected[1] in body


def test_an_error_handler_answers_before_it_is_accepted():
    """The handlers of the application are searched as for requests."""
    app = make_app()

    @app.errorhandler(404)
    def say(error):
        return "nobody here", 404

    @app.errorhandler(LookupError)
    async def look(error):
        return f"{error}", 409

    async def fail():
        raise KeyError("k")

    assert converse(echo, app=app, path="/missing").answer == (404, b"nobody here")
    assert converse(fail, app=app, rule="/fail", path="/fail").answer == (409, b"'k'")


def test_without_the_extension_a_refusal_is_a_close():
    """Where the server cannot send a response it answers 403 by itself."""
    server = converse(lambda: abort(404), extensions={})
    assert server.sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]


@pytest.mark.parametrize(("status", "code"), [(400, 1007), (413, 1009), (403, 1008), (404, 1008), (500, 1011)])
def test_an_http_error_after_it_was_accepted_has_a_close_code(status, code):
    """Each status has the code that says the same."""

    async def fail():
        await get_socket().accept()
        abort(status)

    assert converse(fail).end == code


def test_an_exception_closes_with_1011_and_is_logged_once(caplog):
    """The error is logged and signalled; the socket is closed, the teardown gets the error."""
    app, signalled = make_app(), []

    async def fail():
        await get_socket().accept()
        raise KeyError("k")

    trail = collect(app, [])
    with got_request_exception.connected_to(lambda sender, exception: signalled.append(exception), app):
        server = converse(fail, app=app)
    assert server.end == 1011
    assert [type(error) for error in signalled] == [KeyError]
    assert [record.exc_info[0] for record in caplog.records] == [KeyError]
    assert trail == ["before", "after", ("teardown", "KeyError"), "app"]


def test_an_exception_before_it_is_accepted_is_a_500(caplog):
    """The handshake is answered by the handler for 500."""
    app = make_app()

    @app.errorhandler(500)
    def say(error):
        return f"failed by {type(error.original_exception).__name__}", 500

    async def fail():
        raise KeyError("k")

    assert converse(fail, app=app).answer == (500, b"failed by KeyError")
    assert len(caplog.records) == 1


def test_in_testing_mode_an_exception_reaches_the_server(caplog):
    """The socket is closed, then the error is raised, and not logged twice."""
    app, server = make_app(TESTING=True), None

    async def fail():
        await get_socket().accept()
        raise KeyError("k")

    add_socket(app, "/", fail)
    trail = collect(app, [])

    async def main():
        nonlocal server
        server = AsgiServer()
        await serve(app, server)

    with pytest.raises(KeyError):
        run(main())
    assert (server.end, caplog.records) == (1011, [])
    assert trail[-2:] == [("teardown", "KeyError"), "app"]


def test_every_teardown_runs_though_one_fails():
    """The first error of the teardown functions is raised after all of them ran."""
    app, trail = make_app(), []

    def fail(error):
        trail.append("failed")
        raise ValueError("teardown")

    app.teardown_websocket_funcs[None] += [lambda error: trail.append("other"), fail]
    app.teardown_appcontext(lambda error: trail.append("app"))
    with pytest.raises(ValueError, match="teardown"):
        converse(echo, GONE, app=app)
    assert trail == ["failed", "other", "app"]


def test_an_after_function_that_fails_ends_the_socket_all_the_same(caplog):
    """What comes after the handler may fail: the client hears 1011, the log has all."""
    app = make_app()

    def fail(response):
        raise ValueError("after")

    app.after_websocket_funcs[None].append(fail)
    assert converse(echo, "a", GONE, app=app).messages == ["a"]

    async def greet():
        await get_socket().accept()

    assert converse(greet, app=app, rule="/greet", path="/greet").end == 1011
    assert {record.exc_info[0] for record in caplog.records} == {ValueError}


def test_a_context_that_cannot_be_entered_is_a_500(caplog):
    """The handshake is refused, and no context stays behind."""
    app = make_app()
    trail = collect(app, [])

    def fail(request):
        raise KeyError("adapter")

    app.create_url_adapter = fail
    assert converse(echo, app=app, rule="/<name>", path="/x").answer[0] == 500
    assert trail[-1] == "app"
    assert _current.find_app() is None


def test_a_value_that_comes_too_late_is_told(caplog):
    """What a handler returns after it accepted goes nowhere, and the log says so."""

    async def late():
        await get_socket().accept()
        return "late"

    assert converse(late).end == 1000
    assert "'late' returned 'str' after the WebSocket was accepted" in caplog.text


def test_a_cancelled_task_says_that_the_server_goes():
    """When the server cancels, the client hears 1001, and every teardown runs."""
    app = make_app()
    add_socket(app, "/", echo)
    trail = collect(app, [])

    async def main():
        server = AsgiServer(["a"])
        task = asyncio.create_task(serve(app, server))
        await wait_until(lambda: server.messages)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return server.end, len(asyncio.all_tasks())

    assert run(main()) == (1001, 1)
    assert trail == ["before", ("teardown", "CancelledError"), "app"]


def test_close_sockets_ends_all_of_them():
    """At shutdown every handler is cancelled and every client hears why."""
    app = make_app()
    add_socket(app, "/", echo)
    trail = collect(app, [])

    async def main():
        servers = [AsgiServer(["a"]) for _ in range(3)]
        tasks = [asyncio.create_task(serve(app, server)) for server in servers]
        await wait_until(lambda: all(server.messages for server in servers))
        count = await close_sockets(app, 1001, "later")
        await asyncio.gather(*tasks)
        assert await close_sockets(app) == 0
        return count, {(server.end, server.sent[-1]["reason"]) for server in servers}

    assert run(main()) == (3, {(1001, "later")})
    assert trail.count("app") == 3


def test_a_handler_that_waits_elsewhere_is_cancelled_when_the_client_goes(monkeypatch):
    """Nobody receives, and still the end is noticed: no handler stays behind."""
    monkeypatch.setattr(Connection, "PATIENCE", 0.0)

    async def sleep():
        await get_socket().send("ready")
        await asyncio.sleep(3600)

    app = make_app()
    trail = collect(app, [])
    server = converse(sleep, GONE, app=app)
    assert server.state == "open"
    assert trail == ["before", ("teardown", None), "app"]


def test_messages_that_were_read_ahead_are_received_in_their_order(monkeypatch):
    """What came while the handler did something else is not lost, and then the client has gone."""
    monkeypatch.setattr(Connection, "PATIENCE", 0.0)
    received = []

    async def wait():
        websocket = get_socket()
        await websocket.accept()
        await wait_until(lambda: websocket._transport.gone)
        received.extend([message async for message in websocket])

    converse(wait, "a", "b", "c", GONE)
    assert received == ["a", "b", "c"]


def test_reading_ahead_stops_at_its_limit(monkeypatch):
    """A client that sends more than the handler takes has to wait."""
    monkeypatch.setattr(Connection, "PATIENCE", 0.0)
    numbers, left = [str(number) for number in range(40)], []

    async def wait(websocket, server):
        await websocket.accept()
        for _ in range(100):
            await asyncio.sleep(0)
        left.append(server.incoming.qsize())
        assert [message async for message in websocket] == numbers

    meet(wait, *numbers, GONE)
    assert left == [40 + 1 - Connection.MESSAGES]


def test_a_receive_that_is_given_up_loses_no_message(monkeypatch):
    """A time limit around `receive` is safe, read ahead or not."""
    monkeypatch.setattr(Connection, "PATIENCE", 0.001)
    received = []

    async def wait(websocket, server):
        await websocket.accept()
        for number in range(30):
            task = asyncio.create_task(websocket.receive())
            await asyncio.sleep(0.001 * (number % 3))
            server.push(str(number))
            for _ in range(number % 4):
                await asyncio.sleep(0)
            task.cancel()
            try:
                received.append(await task)
            except asyncio.CancelledError:
                received.append(await websocket.receive())

    meet(wait)
    assert received == [str(number) for number in range(30)]


def test_a_receive_goes_on_where_reading_ahead_began(monkeypatch):
    """What reads ahead hands over to who receives, and no message is lost when that one gives up."""
    monkeypatch.setattr(Connection, "PATIENCE", 0.0)
    received = []

    async def wait(websocket, server):
        await websocket.accept()
        connection = websocket._transport
        for number in range(8):
            await wait_until(lambda: connection._reader)
            task = asyncio.create_task(websocket.receive())
            await wait_until(lambda: connection._waiter)
            server.push(str(number))
            for _ in range(number % 4):
                await asyncio.sleep(0)
            task.cancel()
            results = await asyncio.gather(task, return_exceptions=True)
            received.append(await websocket.receive() if isinstance(results[0], BaseException) else results[0])

    meet(wait)
    assert received == list("01234567")


def test_the_end_reaches_who_receives_where_reading_ahead_began(monkeypatch):
    """A handler that receives gets the end as an error, and is not cancelled."""
    monkeypatch.setattr(Connection, "PATIENCE", 0.0)
    caught = []

    async def wait(websocket, server):
        await websocket.accept()
        connection = websocket._transport
        await wait_until(lambda: connection._reader)
        task = asyncio.create_task(websocket.receive())
        await wait_until(lambda: connection._waiter)
        server.push(GONE)
        with pytest.raises(WebSocketDisconnected) as info:
            await task
        caught.append(info.value.code)
        await asyncio.sleep(0)
        with pytest.raises(WebSocketDisconnected):
            await connection.send("x")

    meet(wait)
    assert caught == [1001]


def test_a_handler_that_leaves_messages_lying_is_cancelled_later(monkeypatch):
    """Messages that wait give the handler some more time when the client has gone, not for ever."""
    monkeypatch.setattr(Connection, "PATIENCE", 0.0)
    monkeypatch.setattr(Connection, "LINGER", 0.01)
    app = make_app()
    trail = collect(app, [])

    async def sleep():
        await get_socket().accept()
        await asyncio.sleep(3600)

    converse(sleep, "unread", GONE, app=app)
    assert trail == ["before", ("teardown", None), "app"]


def test_two_tasks_may_send_and_receive_and_accept_once():
    """The implicit acceptance of two tasks is one."""

    async def both():
        websocket = get_socket()
        await asyncio.gather(websocket.receive(), *(websocket.send(str(number)) for number in range(5)))

    server = converse(both, "a")
    assert sorted(server.messages) == list("01234")
    assert [event["type"] for event in server.sent].count("websocket.accept") == 1


def test_two_tasks_that_receive_are_an_error():
    """The second one is told so at once, and the first one gets its message."""
    received = []

    async def both(websocket, server):
        await websocket.accept()
        first = asyncio.create_task(websocket.receive())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="Two tasks wait"):
            await websocket.receive()
        server.push("a")
        received.append(await first)

    meet(both)
    assert received == ["a"]


def test_sending_waits_for_the_server():
    """A message counts as sent when the server has taken it: that is the back-pressure."""
    progress = []

    async def push(websocket, server):
        await websocket.accept()
        server.gate = asyncio.Event()
        task = asyncio.create_task(websocket.send("x"))
        task.add_done_callback(lambda task: progress.append("sent"))
        for _ in range(10):
            await asyncio.sleep(0)
        progress.append("gate opens")
        server.gate.set()
        await task

    meet(push)
    assert progress == ["gate opens", "sent"]


@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError("Unexpected ASGI message")])
def test_a_server_that_refuses_a_message_says_that_the_client_has_gone(error):
    """Whatever a server raises while sending, the handler gets one kind of error."""
    caught = []

    async def push(websocket, server):
        await websocket.accept()
        server.failure = error
        with pytest.raises(WebSocketDisconnected) as info:
            await websocket.send("x")
        caught.append(info.value.__cause__)

    meet(push)
    assert caught == [error]


def test_text_that_cannot_be_encoded_is_the_handlers_error():
    """A lone surrogate is a UnicodeError, and no sign that the client has gone."""
    caught = []

    async def push(websocket, server):
        await websocket.accept()
        with pytest.raises(UnicodeEncodeError):
            await websocket.send("\ud800")
        caught.append(websocket.is_closed)

    meet(push)
    assert caught == [False]


def test_a_session_that_was_changed_before_goes_out_with_the_acceptance():
    """The cookie of the session comes with the headers of `accept`, and can be read back."""
    app, seen = make_app(), []

    async def write():
        session["name"] = "Ada"
        await get_socket().accept(headers={"X-A": "1"})

    async def read():
        seen.append(session["name"])

    headers = converse(write, app=app).sent[0]["headers"]
    assert [name for name, _ in headers] == [b"x-a", b"set-cookie"]
    cookie = headers[1][1].decode().partition(";")[0]
    converse(read, app=app, rule="/read", path="/read", headers={"Cookie": cookie})
    assert seen == ["Ada"]


def test_a_session_that_was_changed_goes_out_with_a_refusal():
    """A response that refuses carries the cookie as any response does."""

    async def write():
        session["name"] = "Ada"
        return "no", 403

    names = [name for name, _ in converse(write).sent[0]["headers"]]
    assert b"set-cookie" in names


@pytest.mark.parametrize(
    ("allowed", "origin", "expected"),
    [
        (None, None, True),
        (None, "http://shop.test", True),
        (None, "HTTP://SHOP.TEST", True),
        (None, "http://shop.test:80", True),
        (None, "https://shop.test", True),
        (None, "http://shop.test:8080", False),
        (None, "http://evil.test", False),
        (None, "http://shop.test.evil.test", False),
        (None, "http://shop.test@evil.test", False),
        (None, "null", False),
        (None, "", False),
        (None, "file://", False),
        (None, "http://[", False),
        (None, "http://shop.test, http://evil.test", False),
        (None, "http://shop.test/path", False),
        ("*", "http://evil.test", True),
        (["https://a.test/"], "https://a.test", True),
        (["https://a.test:443"], "https://a.test", True),
        (["https://a.test"], "http://a.test", False),
        (["https://a.test"], "http://shop.test", False),
        (["null"], "null", True),
        (["app://localhost"], "app://localhost", True),
        ("https://a.test", "https://a.test", True),
        ([], "http://shop.test", False),
        ([], None, True),
    ],
)
def test_pages_of_other_origins_are_kept_out(allowed, origin, expected):
    """By default the server's own pages and clients that are no browser are let in."""
    headers = {} if origin is None else {"Origin": origin}
    request = Request(create_environ("/", "http://shop.test/", headers=headers))
    assert is_allowed_origin(request, allowed) is expected


@pytest.mark.parametrize(
    ("base", "origin", "expected"),
    [
        ("https://shop.test/", "https://shop.test", True),
        ("https://shop.test/", "http://shop.test", False),
        ("http://shop.test:8000/", "http://shop.test:8000", True),
        ("http://shop.test:8000/", "http://shop.test", False),
        ("http://[::1]:8000/", "http://[::1]:8000", True),
    ],
)
def test_the_own_origin_has_scheme_and_port(base, origin, expected):
    """A page in clear text is kept out of a server of https, and another port is another origin."""
    request = Request(create_environ("/", base, headers={"Origin": origin}))
    assert is_allowed_origin(request, None) is expected


def test_a_foreign_origin_gets_403_before_anything_runs(caplog):
    """No function of the application runs, and the log says which setting lets the page in."""
    app = make_app()
    trail = collect(app, [])
    server = converse(echo, app=app, headers={"Origin": "http://evil.test"})
    assert server.answer[0] == 403
    assert "before" not in trail
    assert "'http://evil.test' was refused" in caplog.text
    assert "WEBSOCKET_ORIGINS" in caplog.text
    app.config["WEBSOCKET_ORIGINS"] = ["http://evil.test"]
    assert converse(echo, GONE, app=app, rule="/two", path="/two", headers={"Origin": "http://evil.test"}).sent


@pytest.mark.parametrize("kind", [AsgiServer, RsgiServer])
@pytest.mark.parametrize("messages", [("a", GONE), ("stop",), (RuntimeError("lost"),)], ids=["gone", "return", "lost"])
def test_a_socket_that_is_over_is_freed_at_once(kind, messages):
    """Nothing waits for the collector: a server may keep the connection for so long."""
    if kind is AsgiServer and isinstance(messages[0], Exception):
        messages = ({"type": "websocket.disconnect"},)
    sockets = []

    async def talk():
        websocket = get_socket()
        sockets.append(weakref.ref(websocket))
        async for message in websocket:
            if message == "stop":
                return

    app = make_app()
    add_socket(app, "/", talk)

    async def main():
        await serve(app, kind(messages))
        # The thread of the teardown may let go a moment later.
        await wait_until(lambda: sockets[0]() is None)

    gc.collect()
    gc.disable()
    try:
        run(main())
    finally:
        gc.enable()


def serve_by_rsgi(handler, *messages, app=None):
    """Run a handler in an RSGI server."""
    app = app or make_app()
    add_socket(app, "/", handler)

    async def main():
        server = RsgiServer(messages)
        await serve(app, server)
        return server

    return run(main())


def test_rsgi_carries_messages_both_ways():
    """Text and bytes keep their kind, and the end is an end."""
    app = make_app()
    trail = collect(app, [])
    server = serve_by_rsgi(echo, "a", b"b", "", b"", GONE, app=app)
    assert (server.sent, server.closed) == (["a", b"b", "", b""], [])
    assert trail == ["before", "after", ("teardown", None), "app"]


def test_rsgi_loses_a_client_without_an_error():
    """What the server raises for a lost connection is the end, with code 1006."""
    codes = []

    async def wait():
        with pytest.raises(WebSocketDisconnected) as info:
            await get_socket().receive()
        codes.append(info.value.code)

    serve_by_rsgi(wait, RuntimeError("RSGI transport is closed"))
    serve_by_rsgi(wait, GONE)
    assert codes == [1006, 1005]


def test_rsgi_sends_one_message_at_a_time():
    """Tasks that send at once wait for each other."""

    async def push():
        await asyncio.gather(*(get_socket().send(str(number)) for number in range(5)))

    server = serve_by_rsgi(push)
    assert (server.sent, server.closed) == (list("01234"), [1000])


@pytest.mark.parametrize(("status", "expected"), [(404, 404), (200, 200), (101, 500), (999, 500)])
def test_rsgi_refuses_by_a_status_that_is_one(status, expected):
    """Granian gets the status alone, and none that its worker would die of."""

    async def refuse():
        return "no", status

    assert serve_by_rsgi(refuse).closed == [expected]


def test_rsgi_says_what_it_cannot_send(caplog):
    """A subprotocol or headers are an error that names the way out; a lost session is a warning."""
    caught = []

    async def choose():
        for options in ({"subprotocol": "chat"}, {"headers": {"X-A": "1"}}):
            with pytest.raises(RuntimeError) as info:
                await get_socket().accept(**options)
            caught.append(str(info.value))
        session["name"] = "Ada"
        await get_socket().accept()

    app = make_app()
    add_socket(app, "/", choose)
    run(serve(app, RsgiServer(), headers={"Sec-WebSocket-Protocol": "chat"}))
    assert "--interface asgi" in caught[0]
    assert "'X-A' would be lost" in caught[1]
    assert "the change is lost" in caplog.text
