"""Blueprints: nested, twice under two names, with folders, hooks, handlers and a language in the URL."""

from __future__ import annotations

from typing import Any

from tests.differential.apps import hooks as hook_kinds
from tests.differential.apps.errors import OddError, OddestError, add_by_class
from tests.differential.trail import mark

PATHS = (
    "/parent/leaf", "/parent/leaf/", "/parent/raise/odd", "/parent/raise/zero", "/parent/raise/gone", "/parent/abort",
    "/parent/nowhere",
    "/parent/child/leaf", "/parent/child/raise", "/parent/child/abort", "/parent/child/static/wing.css",
    "/parent/child/template",
    "/parent/child/grand/leaf", "/parent/child/grand/urls", "/parent/static/site.css",
    "/wing/de/page", "/wing/fr/page", "/wing/de/template", "/wing/de/urls", "/wing/de/async", "/wing/static/wing.css",
    "/wing/static/absent",
    "/first/3", "/other/3", "/other/x", "/default-slash", "/from-app-handler", "/first/", "/empty-prefix",
)  # fmt: skip


def add(app: Any, flask: Any, *, hooks: bool, handlers: str) -> None:
    """Register all blueprints."""
    parent, child, grand = (flask.Blueprint(name, __name__) for name in ("parent", "child", "grand"))
    child = flask.Blueprint(
        "child", __name__, static_folder="wing/static", static_url_path="/static", template_folder="wing/templates"
    )
    fill_parent(parent, flask, handlers)
    fill_child(child, flask, handlers)
    fill_grand(grand, flask)
    if hooks:
        for blueprint in (parent, child, grand):
            hook_kinds.add(blueprint, flask, blueprint.name)
        add_app_wide(child, flask)
    child.register_blueprint(grand, url_prefix="/grand")
    parent.register_blueprint(child, url_prefix="/child")
    app.register_blueprint(parent, url_prefix="/parent")
    add_wing(app, flask)
    add_twice(app, flask)


def fill_parent(parent: Any, flask: Any, handlers: str) -> None:
    """Add the outer blueprint's views and handlers."""

    @parent.route("/leaf")
    def leaf() -> Any:
        request = flask.request
        return {"endpoint": request.endpoint, "blueprint": request.blueprint, "blueprints": request.blueprints}

    @parent.route("/raise/<name>", methods=["GET", "POST"])
    def fail(name: str) -> Any:
        flask.current_app.view_functions["raise_error"](name)

    @parent.get("/abort")
    def stop() -> Any:
        flask.abort(404)

    if handlers == "none":
        return

    @parent.errorhandler(404)
    def absent(error: Any) -> Any:
        mark("handler 404 parent")
        return "absent in parent", 404

    @parent.errorhandler(ZeroDivisionError)
    def zero(error: Any) -> Any:
        return "zero in parent", 400


def fill_child(child: Any, flask: Any, handlers: str) -> None:
    """Add the nested blueprint's views and handlers."""

    @child.get("/leaf", endpoint="leaf")
    def leaf() -> Any:
        return [flask.request.endpoint, flask.url_for(".leaf"), flask.url_for(".static", filename="w.css")]

    @child.get("/raise")
    def fail() -> Any:
        raise OddestError("in child")

    @child.get("/abort")
    def stop() -> Any:
        flask.abort(404)

    @child.get("/template")
    def template() -> str:
        return flask.render_template("wing.html")

    if handlers != "none":
        add_by_class(child, "child")

        @child.errorhandler(OddestError)
        def oddest(error: OddError) -> Any:
            return f"oddest in child: {error}", 443


def fill_grand(grand: Any, flask: Any) -> None:
    """Add the innermost blueprint's views."""

    @grand.get("/leaf")
    def leaf() -> Any:
        return flask.jsonify(blueprints=flask.request.blueprints, name=flask.request.blueprint)

    @grand.get("/urls")
    def urls() -> Any:
        return [flask.url_for(name) for name in (".leaf", "parent.leaf", "parent.child.leaf", "index")]


def add_app_wide(blueprint: Any, flask: Any) -> None:
    """Register hooks for the whole app from a blueprint."""

    @blueprint.before_app_request
    def before() -> None:
        mark("before from blueprint")

    @blueprint.after_app_request
    def after(response: Any) -> Any:
        mark("after from blueprint")
        return response

    @blueprint.teardown_app_request
    def teardown(error: BaseException | None) -> None:
        mark("teardown from blueprint")

    @blueprint.app_context_processor
    def processor() -> dict[str, Any]:
        return {"wide": "wide"}

    @blueprint.app_errorhandler(409)
    def conflict(error: Any) -> Any:
        return "conflict from blueprint", 409

    @blueprint.app_template_filter("wide")
    def wide(text: str) -> str:
        return " ".join(text)

    @blueprint.app_url_value_preprocessor
    def preprocess(endpoint: str | None, values: dict[str, Any] | None) -> None:
        mark("preprocess from blueprint")

    @blueprint.app_url_defaults
    def defaults(endpoint: str, values: dict[str, Any]) -> None:
        mark(f"defaults from blueprint {endpoint}")


def add_wing(app: Any, flask: Any) -> None:
    """Register a blueprint with a language in its URLs, folders of its own and an async hook."""
    wing = flask.Blueprint(
        "wing", __name__, url_prefix="/wing", static_folder="wing/static", template_folder="wing/templates"
    )

    @wing.url_value_preprocessor
    def take_language(endpoint: str | None, values: dict[str, Any] | None) -> None:
        flask.g.language = (values or {}).pop("language", "none")

    @wing.url_defaults
    def give_language(endpoint: str, values: dict[str, Any]) -> None:
        if flask.current_app.url_map.is_endpoint_expecting(endpoint, "language"):
            values.setdefault("language", flask.g.language)

    @wing.before_request
    async def wait() -> None:
        mark("async before")

    @wing.after_request
    async def wait_again(response: Any) -> Any:
        response.headers["X-Async-After"] = "1"
        return response

    @wing.teardown_request
    async def wait_last(error: BaseException | None) -> None:
        mark("async teardown")

    add_wing_views(wing, flask)
    app.register_blueprint(wing)


def add_wing_views(wing: Any, flask: Any) -> None:
    """Add the views of the blueprint with a language."""

    @wing.get("/<language>/page")
    def in_language() -> Any:
        return {"language": flask.g.language, "arguments": flask.request.view_args}

    @wing.get("/<language>/template")
    def template() -> str:
        return flask.render_template("wing.html")

    @wing.get("/<language>/urls")
    def urls() -> Any:
        return [
            flask.url_for(".in_language"),
            flask.url_for("wing.in_language", language="it"),
            flask.url_for(".static", filename="a"),
        ]

    @wing.get("/<language>/async")
    async def wait_in_view() -> Any:
        return {"language": flask.g.language}


def add_twice(app: Any, flask: Any) -> None:
    """Register one blueprint under two names, and one without a prefix."""
    twice = flask.Blueprint("named", __name__, url_defaults={"extra": "none"})

    @twice.route("/<int:number>")
    def item(number: int, extra: str) -> Any:
        return {
            "number": number,
            "extra": extra,
            "blueprint": flask.request.blueprint,
            "own": flask.url_for(".item", number=1),
        }

    app.register_blueprint(twice, url_prefix="/first")
    app.register_blueprint(twice, url_prefix="/other", name="second", url_defaults={"extra": "second"})
    bare = flask.Blueprint("bare", __name__)
    bare.add_url_rule("/empty-prefix", view_func=lambda: "no prefix", endpoint="bare_view")
    bare.record(lambda state: app.extensions.setdefault("recorded", []).append(state.first_registration))
    app.register_blueprint(bare)
