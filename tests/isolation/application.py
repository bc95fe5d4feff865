"""An application that checks, wherever it gets to say something, that all it sees belongs to the request it is in."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator

from demijohn import (
    Blueprint,
    Flask,
    Response,
    after_this_request,
    current_app,
    g,
    has_app_context,
    has_request_context,
    render_template_string,
    request,
    session,
    stream_with_context,
    websocket,
)
from demijohn import copy_current_request_context as copied

#: The kinds of views, each under `/<kind>/<word>`; "socket" is a WebSocket.
KINDS = ("sync", "async", "stream", "astream", "template", "post", "crossed", "fault")
PAUSE = 0.0005

#: How often the functions for the end of a request run, where not once: as in Flask, whatever enters its context
#: again leaves it again, such as `stream_with_context` (with the application's) and a copy (without).
ENDS = {"teardown_request": {"stream": 2, "crossed": 2}, "teardown_appcontext": {"stream": 2}}


class Book:
    """Keep what went wrong, and which requests were torn down."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []
        self.ended: dict[str, list[str]] = {name: [] for name in ENDS}

    def check(self, word: str, place: str) -> None:
        """Compare everything that is current with the word of one request."""
        seen = {
            "args": request.args.get("word"),
            "header": request.headers.get("X-Word"),
            "path": request.path.rpartition("/")[2],
            "view_args": (request.view_args or {}).get("word"),
            "g": g.get("word"),
            "session": session.get("owner"),
        }
        owner = word.partition(".")[0]
        wrong = {name: value for name, value in seen.items() if value != (owner if name == "session" else word)}
        if g.get("request") is not request._get_current_object():
            wrong["request"] = repr(g.get("request"))
        if g.get("session") is not session._get_current_object():
            wrong["the session itself"] = repr(g.get("session"))
        if g.get("is_socket") and g.websocket is not websocket._get_current_object():
            wrong["websocket"] = repr(g.get("websocket"))
        if wrong:
            self.mistakes.append(f"{place} of {word}: {wrong}")


def pause() -> None:
    """Let another thread or greenlet run, now and then for longer."""
    time.sleep(PAUSE if random.random() < 0.05 else 0)


async def rest() -> None:
    """Let other tasks run, now and then for longer."""
    await asyncio.sleep(PAUSE if random.random() < 0.05 else 0)


def begin(*, is_socket: bool = False) -> None:
    """Put what belongs to this request where another one would find it if anything is mixed up."""
    if g.get("word") is not None:
        current_app.book.mistakes.append(f"{g.word} was there when {request.args['word']} began")
    g.word = request.args["word"]
    g.request = request._get_current_object()
    g.is_socket = is_socket
    if is_socket:
        g.websocket = websocket._get_current_object()
    owner = g.word.partition(".")[0]
    if session.setdefault("owner", owner) != owner:
        current_app.book.mistakes.append(f"{g.word} got the session of {session['owner']}")
    session["count"] = session.get("count", 0) + 1
    g.session = session._get_current_object()


def build_app() -> Flask:
    """Return the application; its `book` says what went wrong."""
    app = Flask("crowded")
    app.secret_key = "k"
    app.book = book = Book()
    app.logger.disabled = True
    app.before_request(begin)
    app.before_websocket(lambda: begin(is_socket=True))
    app.context_processor(lambda: {"from_processor": g.word})

    @app.after_request
    def after(response: Response) -> Response:
        book.check(g.word, "after_request")
        response.headers["X-Seen"] = f"{g.word} {session['owner']} {session['count']}"
        return response

    @app.teardown_websocket
    @app.teardown_request
    def teardown(error: BaseException | None) -> None:
        book.check(g.word, "teardown")
        book.ended["teardown_request"].append(g.word)

    @app.teardown_appcontext
    def free(error: BaseException | None) -> None:
        book.ended["teardown_appcontext"].append(g.word)

    @app.errorhandler(LookupError)
    async def handle(error: LookupError) -> str:
        await rest()
        book.check(error.args[0], "errorhandler")
        return str(error.args[0])

    app.register_blueprint(build_sync_views(book))
    asynchronous = build_async_views(book)
    add_socket(asynchronous, book)
    app.register_blueprint(asynchronous)
    return app


def build_sync_views(book: Book) -> Blueprint:
    """Return the views that are ordinary functions, with an async hook before them."""
    views = Blueprint("sync", __name__)

    @views.before_request
    async def before() -> None:
        await rest()
        book.check(request.args["word"], "async before_request")

    @views.get("/sync/<word>")
    def plain(word: str) -> str:
        for _ in range(3):
            pause()
            book.check(word, "sync view")
        return word

    @views.get("/stream/<word>")
    def stream(word: str) -> Response:
        def generate() -> Iterator[str]:
            for letter in word:
                pause()
                book.check(word, "sync stream")
                yield letter

        return Response(stream_with_context(generate()))

    @views.get("/template/<word>")
    def template(word: str) -> str:
        return render_template_string("{{ pause() or g.word }}", pause=pause)

    @views.post("/post/<word>")
    def post(word: str) -> str:
        pause()
        book.check(word, "post")
        return request.get_data(as_text=True)

    @views.get("/fault/<word>")
    def fault(word: str) -> str:
        pause()
        raise LookupError(word)

    return views


def build_async_views(book: Book) -> Blueprint:
    """Return the views that are coroutine functions, with sync and async hooks around them."""
    views = Blueprint("async", __name__)
    views.before_request(pause)

    @views.after_request
    async def after(response: Response) -> Response:
        await rest()
        book.check(g.word, "async after_request")
        return response

    @views.get("/async/<word>")
    async def plain(word: str) -> str:
        @after_this_request
        def check(response: Response) -> Response:
            book.check(word, "after_this_request")
            return response

        for _ in range(3):
            await rest()
            book.check(word, "async view")
        return word

    @views.get("/astream/<word>")
    async def stream(word: str) -> tuple[AsyncIterator[str], dict[str, str]]:
        async def generate() -> AsyncIterator[str]:
            for letter in word:
                await rest()
                if has_app_context():
                    book.mistakes.append(f"{g.word} is current in the stream of {word}, though nothing should be")
                yield letter

        return generate(), {"Content-Type": "text/plain"}

    @views.get("/crossed/<word>")
    async def crossed(word: str) -> str:
        """Go from the loop into a thread, from there to the loop, and into a second task."""

        async def inner() -> None:
            await rest()
            book.check(word, "async in sync")

        def sync() -> None:
            pause()
            book.check(word, "sync in async")
            current_app.async_to_sync(inner)()
            book.check(word, "sync after async")

        await current_app.ensure_async(sync)()
        await asyncio.create_task(inner())
        await current_app.ensure_async(copied(lambda: has_request_context() or book.mistakes.append(word)))()
        return word

    return views


def add_socket(views: Blueprint, book: Book) -> None:
    """Add a WebSocket, which answers each message with it and the word."""

    @views.websocket("/socket/<word>")
    async def socket(word: str) -> None:
        await websocket.accept()
        async for message in websocket:
            await rest()
            book.check(word, "socket")
            await websocket.send(f"{message} {g.word} {session['owner']}")
            book.check(word, "socket after sending")
