"""Decorators give back the function that they were given, with its type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, assert_type

from demijohn import Blueprint, Flask, Response, copy_current_request_context, stream_with_context
from demijohn.typing import ResponseReturnValue

app = Flask(__name__)
blueprint = Blueprint("pages", __name__, url_prefix="/pages")


@app.route("/", methods=["GET", "POST"])
def index() -> str:
    return "hello"


@app.get("/items/<int:number>")
def item(number: int) -> dict[str, int]:
    return {"number": number}


@blueprint.post("/")
async def create() -> tuple[str, int]:
    return "created", 201


@app.errorhandler(404)
def not_found(error: Exception) -> tuple[str, int]:
    return str(error), 404


@blueprint.app_errorhandler(ValueError)
def bad_value(error: ValueError) -> str:
    return str(error)


assert_type(index(), str)
assert_type(item(1), dict[str, int])
assert_type(not_found(ValueError()), tuple[str, int])
assert_type(bad_value(ValueError()), str)


async def call_create() -> None:
    assert_type(await create(), tuple[str, int])


@app.before_request
def before() -> None:
    return None


@app.before_request
def before_that_answers() -> ResponseReturnValue | None:
    return "stop", 503


@app.after_request
def after(response: Response) -> Response:
    response.headers["X-Seen"] = "yes"
    return response


@blueprint.teardown_request
def teardown(error: BaseException | None) -> None:
    return None


@app.teardown_appcontext
def close(error: BaseException | None) -> None:
    return None


@app.context_processor
def more_context() -> dict[str, Any]:
    return {"answer": 42}


@app.template_filter("shout")
def shout(text: str) -> str:
    return text.upper()


@blueprint.url_value_preprocessor
def pull_language(endpoint: str | None, values: dict[str, Any] | None) -> None:
    return None


@blueprint.url_defaults
def add_language(endpoint: str, values: dict[str, Any]) -> None:
    values.setdefault("language", "en")


assert_type(before(), None)
assert_type(after(Response()), Response)
assert_type(teardown(None), None)
assert_type(close(None), None)
assert_type(more_context(), dict[str, Any])
assert_type(shout("a"), str)
assert_type(pull_language(None, None), None)
assert_type(add_language("index", {}), None)


@copy_current_request_context
def work(number: int) -> str:
    return str(number)


assert_type(work(1), str)


def produce() -> Iterator[str]:
    yield "part"


assert_type(stream_with_context(produce()), Iterator[str])


@app.cli.command("seed")
def seed() -> None:
    return None


view: Callable[[], str] = index
app.register_blueprint(blueprint, url_prefix="/other")
app.add_url_rule("/again", "again", index)
