"""Views behind Flask-Pydantic's decorator, which fills models by the names `body`, `query` and `form`."""

# The extension looks at annotations as they are, and understands no texts.

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Optional

from flask import Flask, request
from flask.views import MethodView
from flask_pydantic import ValidationError, validate
from pydantic import BaseModel, Field, RootModel

if TYPE_CHECKING:
    from apps import Step


class Body(BaseModel):
    name: str = Field(min_length=1)
    nickname: Optional[str] = None  # noqa: UP045 - annotations of both fashions are read


class Query(BaseModel):
    age: int = Field(3, ge=0)
    tags: list[str] = []


class Form(BaseModel):
    word: str


class Answer(BaseModel):
    id: int
    age: int
    name: str
    nickname: str | None = None


class Names(RootModel[list[str]]):
    """A list without a name."""


def add_views(app: Flask) -> None:
    @app.post("/both/<int:number>")
    @validate(on_success_status=201)
    def both(number: int, body: Body, query: Query) -> Answer:
        return Answer(id=number, age=query.age, name=body.name, nickname=body.nickname)

    @app.post("/arguments")
    @validate(body=Body, query=Query, exclude_none=True)
    def arguments() -> Answer:
        return Answer(id=1, age=request.query_params.age, name=request.body_params.name)

    @app.post("/form")
    @validate()
    def take_form(form: Form) -> dict[str, Any]:
        return {"word": form.word}

    @app.get("/many")
    @validate(response_many=True)
    def many(query: Query) -> list[Body]:
        return [Body(name=tag) for tag in query.tags]

    @app.post("/several")
    @validate(body=Body, request_body_many=True, response_many=True)
    def several() -> list[Body]:
        return request.body_params

    @app.post("/names")
    @validate()
    def names(body: Names) -> Names:
        return Names([*body.root, "é"])

    @app.get("/status")
    @validate()
    def status(query: Query) -> tuple[Answer, int, dict[str, str]]:
        return Answer(id=1, age=query.age, name="x"), 203, {"X-Age": str(query.age)}

    @app.get("/typed/<word>/<int:size>")
    @validate()
    def typed(word: str, size: int) -> str:
        return f"{word} {size}"


class Things(MethodView):
    @validate()
    def put(self, number: int, body: Body) -> Answer:
        return Answer(id=number, age=0, name=body.name)


def create_app(folder: str) -> Flask:
    app = Flask(__name__)
    add_views(app)
    app.add_url_rule("/things/<int:number>", view_func=Things.as_view("things"))
    raising = Flask("raising")
    raising.config["FLASK_PYDANTIC_VALIDATION_ERROR_RAISE"] = True
    add_views(raising)

    @raising.errorhandler(ValidationError)
    def refuse(error: ValidationError) -> tuple[dict[str, Any], int]:
        return {"wrong": [each["loc"] for each in error.query_params or error.body_params]}, 418

    app.extensions["raising"] = raising
    return app


def drive(app: Flask, folder: str) -> "Iterator[Step]":
    client = app.test_client()
    yield "both", client.post("/both/7?age=4", json={"name": "Ann"})
    yield "both wrong", client.post("/both/7?age=-4", json={"name": ""})
    yield "no JSON", client.post("/both/7", data="x")
    yield "arguments", client.post("/arguments?age=5", json={"name": "Ann"})
    yield "form", client.post("/form", data={"word": "é"})
    yield "form wrong", client.post("/form", data={})
    yield "many", client.get("/many?tags=a&tags=b")
    yield "several", client.post("/several", json=[{"name": "a"}, {"name": "b"}])
    yield "several wrong", client.post("/several", json=[{"name": "a"}, {}])
    yield "names", client.post("/names", json=["a"])
    yield "status", client.get("/status?age=9")
    yield "annotated", client.get("/typed/x/7")
    yield "thing", client.put("/things/7", json={"name": "Ann"})
    yield "thing wrong", client.put("/things/7", json={})
    yield "raised", app.extensions["raising"].test_client().get("/status?age=x")
