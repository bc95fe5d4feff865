"""Class-based views, subclasses, the test client and the commands keep their types."""

from __future__ import annotations

from typing import Any, assert_type

from click.testing import Result
from werkzeug.test import TestResponse

from demijohn import Flask, Request, Response, request
from demijohn import app as app_module
from demijohn.ctx import AppContext, RequestContext
from demijohn.json.provider import DefaultJSONProvider, JSONProvider
from demijohn.sessions import SecureCookieSessionInterface, SessionMixin
from demijohn.testing import FlaskClient, FlaskCliRunner
from demijohn.typing import ResponseReturnValue, RouteCallable
from demijohn.views import MethodView, View


class Hello(View):
    def __init__(self, greeting: str) -> None:
        self.greeting = greeting

    def dispatch_request(self, **values: Any) -> ResponseReturnValue:
        return f"{self.greeting}, {values['name']}"


class Items(MethodView):
    def get(self) -> list[int]:
        return [1]

    async def post(self) -> tuple[str, int]:
        return request.get_data(as_text=True), 201


class OwnRequest(Request):
    def is_big(self) -> bool:
        return (self.content_length or 0) > 1000


class OwnProvider(DefaultJSONProvider):
    sort_keys = False


class OwnSessions(SecureCookieSessionInterface):
    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        return session.modified


class Shop(Flask):
    request_class = OwnRequest
    json_provider_class = OwnProvider
    session_interface = OwnSessions()

    def make_default_options_response(self) -> Response:
        return self.response_class("")


app = Shop(__name__, static_folder=None)
assert_type(Hello.as_view("hello", greeting="Hi"), RouteCallable)
app.add_url_rule("/hello/<name>", view_func=Hello.as_view("hello", greeting="Hi"))
app.add_url_rule("/items", view_func=Items.as_view("items"))
plain: type[Flask] = app_module.Flask

assert_type(app.json, JSONProvider)
assert_type(app.app_context(), AppContext)
assert_type(app.test_request_context("/"), RequestContext)
assert_type(app.test_cli_runner(), FlaskCliRunner)
assert_type(app.test_cli_runner().invoke(args=["seed"]), Result)
assert_type(app.config.from_prefixed_env(), bool)
assert_type(app.config.get_namespace("MAIL_"), dict[str, Any])

client = app.test_client()
assert_type(client, FlaskClient)
assert_type(client.get("/"), TestResponse)
with client, client.session_transaction() as opened:
    assert_type(opened, SessionMixin)
with app.app_context() as context:
    assert_type(context, AppContext)
