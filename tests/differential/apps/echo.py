"""A view that answers with what the request object says, attribute by attribute."""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import HTTPException

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

PLAIN = [
    "method",
    "path",
    "full_path",
    "script_root",
    "url",
    "base_url",
    "url_root",
    "root_url",
    "host",
    "host_url",
    "scheme",
    "is_secure",
    "root_path",
    "query_string",
    "content_type",
    "mimetype",
    "mimetype_params",
    "content_length",
    "content_encoding",
    "content_md5",
    "date",
    "max_forwards",
    "referrer",
    "remote_addr",
    "remote_user",
    "is_json",
    "is_multithread",
    "is_multiprocess",
    "is_run_once",
    "origin",
    "access_control_request_headers",
    "access_control_request_method",
    "endpoint",
    "blueprint",
    "blueprints",
    "url_rule",
    "view_args",
    "routing_exception",
    "want_form_data_parsed",
    "trusted_hosts",
    "max_content_length",
    "max_form_memory_size",
    "max_form_parts",
    "if_modified_since",
    "if_unmodified_since",
    "if_match",
    "if_none_match",
    "range",
    "accept_mimetypes",
    "accept_charsets",
    "accept_encodings",
    "accept_languages",
    "cache_control",
    "pragma",
    "user_agent",
    "authorization",
    "server",
]

LISTS = ("args", "form", "values", "cookies")

RULES: list[tuple[str, str, dict[str, Any]]] = [
    ("/echo", "everything", {"methods": METHODS}),
    ("/echo/<path:rest>", "everything", {"methods": METHODS}),
    ("/body/<order>", "body", {"methods": METHODS}),
    ("/json-body/<kind>", "json_body", {"methods": METHODS}),
    ("/limit/<int:size>", "limit", {"methods": METHODS}),
    ("/negotiate", "negotiate", {}),
    ("/raw/<order>", "raw", {"methods": METHODS}),
    ("/context/<what>", "context", {}),
]

PATHS = (
    "/echo",
    "/echo/a/b%2Fc%20d",
    *(
        f"/body/{order}"
        for order in ("data-form", "form-data", "json-form", "stream-data", "cached", "uncached", "text")
    ),
    *(f"/json-body/{kind}" for kind in ("plain", "force", "silent", "property", "twice")),
    *(f"/limit/{size}" for size in (0, 10, 100, 100000)),
    "/negotiate",
    "/raw/read",
    "/raw/lines",
    *(f"/context/{what}" for what in ("g", "proxy", "copy", "nested", "app")),
)


def say(value: Any) -> Any:
    """Turn an attribute's value into something that JSON can hold."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict):
        return {str(key): say(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [say(item) for item in value]
    return f"{type(value).__name__} {value}"


def attempt(read: Any) -> Any:
    """Read something, and name the exception if it raises."""
    try:
        return say(read())
    except HTTPException as error:
        return f"raised {error.code}"
    except Exception as error:
        return f"raised {type(error).__name__}"


class Views:
    """Views that say what the request is."""

    def __init__(self, flask: Any, app: Any) -> None:
        """Hold on to the package whose app this is."""
        self.flask = flask

    def everything(self, rest: str = "") -> Any:
        request = self.flask.request
        answer = {name: attempt(lambda name=name: getattr(request, name)) for name in PLAIN}
        for name in LISTS:
            answer[name] = attempt(lambda name=name: list(getattr(request, name).items(multi=True)))
        answer["headers"] = sorted(str(item) for item in request.headers)
        answer["files"] = attempt(self.files)
        answer["data"] = attempt(request.get_data)
        answer["json"] = attempt(lambda: request.get_json(silent=True))
        answer["rule"] = str(request.url_rule)
        answer["access_route"] = attempt(lambda: list(request.access_route))
        answer["repr"] = repr(request)
        answer["rest"] = rest
        return answer

    def files(self) -> list[Any]:
        """List the uploaded files with their content."""
        return [
            [name, file.filename, file.content_type, file.read(), sorted(str(item) for item in file.headers)]
            for name, file in self.flask.request.files.items(multi=True)
        ]

    def body(self, order: str) -> Any:
        request = self.flask.request
        reads = {
            "data": lambda: request.data,
            "form": lambda: list(request.form.items(multi=True)),
            "json": lambda: request.get_json(force=True, silent=True),
            "stream": lambda: request.stream.read(),
            "cached": lambda: [request.get_data(), request.get_data(), list(request.form)],
            "uncached": lambda: [request.get_data(cache=False), request.get_data(), list(request.form)],
            "text": lambda: request.get_data(as_text=True),
        }
        return [say(reads[part]()) for part in order.split("-")]

    def json_body(self, kind: str) -> Any:
        request = self.flask.request
        reads = {
            "plain": lambda: request.get_json(),
            "force": lambda: request.get_json(force=True),
            "silent": lambda: request.get_json(silent=True),
            "property": lambda: request.json,
            "twice": lambda: [request.get_json(silent=True), request.get_json(force=True)],
        }
        return {"value": reads[kind]()}

    def limit(self, size: int) -> Any:
        request = self.flask.request
        request.max_content_length = size
        request.max_form_memory_size = size
        request.max_form_parts = 3
        return {"form": say(list(request.form.items(multi=True))), "size": len(request.get_data())}

    def negotiate(self) -> Any:
        request = self.flask.request
        return {
            "best": request.accept_mimetypes.best_match(["application/json", "text/html", "text/plain"]),
            "html": request.accept_mimetypes.accept_html,
            "language": request.accept_languages.best_match(["de", "en-GB", "fr"]),
            "encoding": request.accept_encodings.quality("gzip"),
        }

    def raw(self, order: str) -> Any:
        stream = self.flask.request.stream
        if order == "lines":
            return {"lines": [say(line) for line in stream]}
        return {"read": [say(stream.read(3)), say(stream.readline()), say(stream.read())]}

    def context(self, what: str) -> Any:
        flask = self.flask
        app = flask.current_app._get_current_object()
        if what == "g":
            flask.g.value = 1
            return [flask.g.get("value"), flask.g.pop("value"), flask.g.setdefault("other", 2), "other" in flask.g]
        if what == "proxy":
            return [flask.request.path, bool(flask.session), flask.current_app.name, flask.has_app_context()]
        if what == "copy":
            return flask.copy_current_request_context(lambda: flask.request.path)()
        if what == "nested":
            with app.test_request_context("/inner?x=1", method="POST"):
                inner = [flask.request.path, flask.request.args["x"], flask.request.method]
            return [*inner, flask.request.path]
        with app.app_context():
            return [flask.has_request_context(), flask.g.get("value"), flask.request.path]
