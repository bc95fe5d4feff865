"""What security schemes take out of a request, what they refuse, and what they say in the document."""

from __future__ import annotations

from base64 import b64encode

import pytest

from demijohn import Depends, Flask
from demijohn.api.schemes import (
    APIKeyCookie,
    APIKeyHeader,
    APIKeyQuery,
    BasicCredentials,
    HTTPBasic,
    HTTPBearer,
    NotAuthenticated,
    OAuth2AuthorizationCodeBearer,
    OAuth2PasswordBearer,
    OpenIdConnect,
    find_security,
)
from demijohn.testing.doors import door

__all__ = ["door"]

BEARERS = [HTTPBearer(), OAuth2PasswordBearer("/token"), OAuth2AuthorizationCodeBearer("/a", "/t"), OpenIdConnect("/o")]


def ask(scheme, path="/", **headers):
    """Call a scheme within a request that has these headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with Flask("made").test_request_context(path, headers=named):
        return scheme()


def ask_basic(text):
    """Ask for the name and password that a client encoded."""
    return ask(HTTPBasic(auto_error=False), Authorization=f"Basic {b64encode(text).decode()}")


@pytest.mark.parametrize("scheme", BEARERS, ids=lambda scheme: scheme.name)
def test_a_bearer_token_is_given_as_it_came(scheme):
    """The name of the scheme counts without case (RFC 9110, section 11.1), what is around the token not at all."""
    assert "aB.c-1|~+/=" == ask(scheme, Authorization="bEARER  aB.c-1|~+/= ")


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "Bearer a\x7f", "Bearer ä", "a"]
)
def test_what_is_no_bearer_token_is_refused(value):
    """The answer says what is needed, and the challenge which scheme that is."""
    with pytest.raises(NotAuthenticated) as caught:
        ask(HTTPBearer(), Authorization=value)
    assert "Bearer" == caught.value.get_response().headers["WWW-Authenticate"]
    assert "The request needs a bearer token in its Authorization header." == caught.value.problem.detail


def test_no_credential_may_be_none():
    """With `auto_error=False` a view that has more to say to some gets None for the others."""
    schemes = [kind("key", auto_error=False) for kind in (APIKeyHeader, APIKeyQuery, APIKeyCookie)]
    assert [None] * 5 == [ask(s) for s in [*schemes, HTTPBasic(auto_error=False), HTTPBearer(auto_error=False)]]


def test_a_name_and_a_password_are_decoded():
    """They are UTF-8 (RFC 7617), and the password may have colons, or be empty."""
    assert BasicCredentials("jürgen", "a:ß") == ask_basic("jürgen:a:ß".encode())
    assert BasicCredentials("", "") == ask_basic(b":")


@pytest.mark.parametrize("text", [b"", b"no colon", b"\xff:latin", b"a\0:b", b"a:b\n"])
def test_what_is_no_name_and_password_is_refused(text):
    """Bytes that are no UTF-8, control characters and a missing colon are no credentials."""
    assert ask_basic(text) is None


@pytest.mark.parametrize("value", ["Basic", "Basic %%%", "Basic YTpi*", "Basic YTpi YTpi", "Basic YTp"])
def test_what_is_not_base64_is_refused(value):
    """The browser is told to ask the user, and what for."""
    with pytest.raises(NotAuthenticated) as caught:
        ask(HTTPBasic(realm="Back office"), Authorization=value)
    assert 'Basic realm="Back office", charset="UTF-8"' == caught.value.challenge


def test_a_password_is_not_shown():
    """Whoever logs the credentials does not log the password."""
    assert "BasicCredentials(username='ann', password=...)" == repr(BasicCredentials("ann", "secret"))


def test_a_key_is_taken_from_its_place():
    """A header, a parameter of the query, or a cookie."""
    assert "k 1" == ask(APIKeyHeader("X-API-Key"), X_API_Key="k 1")
    assert "kä" == ask(APIKeyQuery("key"), "/?key=k%C3%A4")
    assert "k1" == ask(APIKeyCookie("key"), Cookie="other=x; key=k1")


@pytest.mark.parametrize("query", ["", "key=", "key=a&key=b", "key=a&key=a", "key=%00", "key=a%0Ab"])
def test_a_key_that_is_not_one_is_refused(query):
    """Two keys are none, since others on the way may have read the other one."""
    with pytest.raises(NotAuthenticated) as caught:
        ask(APIKeyQuery("key"), f"/?{query}")
    assert "The request needs an API key, once: the query 'key'." == caught.value.description
    assert 'APIKey in="query", name="key"' == caught.value.challenge


@pytest.mark.parametrize("text", ['a"b', "a\nb", "ä", "a\\b"])
def test_what_cannot_stand_in_the_challenge_is_told_at_once(text):
    """A realm or a name would end the header, or the string in it."""
    with pytest.raises(ValueError, match="may not"):
        HTTPBasic(realm=text)
    with pytest.raises(ValueError, match="may not"):
        APIKeyHeader(text)


def test_schemes_describe_themselves():
    """Each gives the Security Scheme Object of OpenAPI, and the name that it has there."""
    flow = {"tokenUrl": "/t", "scopes": {"a": "All"}}
    described = {
        HTTPBearer(bearer_format="JWT"): {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        HTTPBasic(description="Who"): {"type": "http", "scheme": "basic", "description": "Who"},
        APIKeyHeader("X-Key"): {"type": "apiKey", "in": "header", "name": "X-Key"},
        APIKeyQuery("key"): {"type": "apiKey", "in": "query", "name": "key"},
        APIKeyCookie("key"): {"type": "apiKey", "in": "cookie", "name": "key"},
        OAuth2PasswordBearer("/t", scopes={"a": "All"}): {"type": "oauth2", "flows": {"password": flow}},
        OAuth2AuthorizationCodeBearer("/a", "/t", refresh_url="/r", scopes={"a": "All"}): {
            "type": "oauth2",
            "flows": {"authorizationCode": {"authorizationUrl": "/a", "refreshUrl": "/r", **flow}},
        },
        OpenIdConnect("/openid"): {"type": "openIdConnect", "openIdConnectUrl": "/openid"},
    }
    assert list(described.values()) == [scheme.to_openapi() for scheme in described]
    assert [type(scheme).__name__ for scheme in described] == [scheme.name for scheme in described]
    assert "tokens" == HTTPBearer(name="tokens").name


def test_a_dependency_tells_its_scheme_and_scopes():
    """A scheme stands for itself, what `requires` returns for the scheme with scopes, any other function for none."""
    scheme = HTTPBearer()
    scheme.grants(lambda: "a b")
    assert (scheme, ()) == find_security(scheme)
    assert (scheme, ("a", "b")) == find_security(scheme.requires("a", "b"))
    assert scheme.requires("a") is scheme.requires("a")
    assert find_security(ask) is None


def test_scopes_that_nobody_checks_are_a_mistake():
    """What is to be decorated is said at once, not to a client."""
    with pytest.raises(TypeError, match="decorate one with `grants`"):
        HTTPBearer().requires("a")


def test_scopes_that_the_scheme_does_not_know_are_a_mistake():
    """The scopes of an OAuth 2 scheme are listed where it is made."""
    scheme = OAuth2PasswordBearer("/token", scopes={"read": "Read"})
    scheme.grants(lambda: "write")
    with pytest.raises(ValueError, match=r"was given 'write', and the scheme knows only 'read'"):
        scheme.requires("read", "write")


def make_app():
    """Return an application with a view for holders of a token that has two scopes."""
    app, scheme = Flask("made"), OAuth2PasswordBearer("/token")
    granted = {"both": {"read", "write", "more"}, "text": "write read", "one": ["read"], "letters": "r e a d"}

    @scheme.grants
    def find_scopes(token=Depends(scheme)):
        return granted.get(token)

    both = scheme.requires("read", "write")

    @app.get("/<int:number>")
    def show(number, token=Depends(both)):
        return f"{number} {token}"

    return app


@pytest.mark.parametrize("token", ["both", "text"])
def test_a_token_with_the_scopes_is_let_in(door, token):
    """The scopes may be a collection, or one text as in a token itself."""
    response = door.client(make_app()).get("/1", headers={"Authorization": f"Bearer {token}"})
    assert (200, f"1 {token}") == (response.status_code, response.text)


@pytest.mark.parametrize(
    ("token", "status", "challenge"),
    [
        ("one", 403, 'Bearer error="insufficient_scope", scope="read write"'),
        ("letters", 403, 'Bearer error="insufficient_scope", scope="read write"'),
        ("unknown", 401, 'Bearer error="invalid_token"'),
        ("", 401, "Bearer"),
    ],
)
def test_a_token_without_the_scopes_is_not(door, token, status, challenge):
    """The answer is a problem, and the challenge says what is missing (RFC 6750, section 3)."""
    response = door.client(make_app()).get("/1", headers={"Authorization": f"Bearer {token}"})
    assert (status, challenge) == (response.status_code, response.headers["WWW-Authenticate"])
    assert ("application/problem+json", status) == (response.mimetype, response.get_json(force=True)["status"])
