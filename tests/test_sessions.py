"""Sessions: what notices a change, what the cookie holds, and when it is sent."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from itsdangerous import URLSafeTimedSerializer
from werkzeug.http import parse_date, parse_dict_header

from demijohn import Flask, render_template_string, session
from demijohn.globals import request_ctx
from demijohn.json.tag import TaggedJSONSerializer
from demijohn.sessions import (
    NullSession,
    SecureCookieSession,
    SecureCookieSessionInterface,
    SessionInterface,
    SessionMixin,
    _lazy_sha1,
    session_json_serializer,
)

# Made by Flask 3.1.3 with SECRET_KEY = "k".
RECORDED = "eyJ1c2VyIjoiXHUwMGU5IiwibiI6eyIgdCI6WzEsMl19fQ.av_QAA.3mTdUrslLHCZRL7Mu6516wYsKiM"


@pytest.fixture
def app():
    """Return an application that has a secret key and long sessions."""
    app = Flask("made")
    app.secret_key = "k"
    app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=36_500)
    return app


@pytest.fixture
def interface():
    """Return the default session interface."""
    return SecureCookieSessionInterface()


def sign(content, *keys, salt="cookie-session"):
    """Return a cookie as the format says, made without Demijohn's interface."""
    serializer = URLSafeTimedSerializer(
        list(keys) or "k",
        salt=salt,
        serializer=TaggedJSONSerializer(),
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha1},
    )
    return serializer.dumps(content)


def sign_raw(payload):
    """Return a cookie whose signature is right, around any payload."""
    signer = SecureCookieSessionInterface().get_signing_serializer(_with_key("k")).make_signer()
    return signer.sign(payload).decode()


def _with_key(key, fallbacks=None):
    app = Flask("made")
    app.secret_key = key
    app.config["SECRET_KEY_FALLBACKS"] = fallbacks
    return app


def open_cookie(app, interface, cookie):
    """Return the session that a request with the cookie opens."""
    headers = {} if cookie is None else {"Cookie": f"session={cookie}"}
    with app.test_request_context(headers=headers) as context:
        return interface.open_session(app, context.request)


def save(app, interface, content, **attributes):
    """Return the headers of a response that a session was saved with."""
    saved = SecureCookieSession(content)
    for name, value in attributes.items():
        setattr(saved, name, value)
    response = app.response_class()
    interface.save_session(app, saved, response)
    return response.headers


READS = {
    "in": lambda s: "a" in s,
    "len": len,
    "iter": list,
    "bool": bool,
    "get": lambda s: s.get("a"),
    "item": lambda s: s["a"],
    "keys": lambda s: s.keys(),
    "values": lambda s: s.values(),
    "items": lambda s: s.items(),
    "eq": lambda s: s == {},
    "or": lambda s: s | {},
    "copy": lambda s: s.copy(),
    "repr": repr,
    "permanent": lambda s: s.permanent,
    "pop a missing key": lambda s: s.pop("missing", None),
}
CHANGES = {
    "set": lambda s: s.__setitem__("b", 1),
    "del": lambda s: s.__delitem__("a"),
    "pop": lambda s: s.pop("a"),
    "popitem": lambda s: s.popitem(),
    "setdefault": lambda s: s.setdefault("b", 1),
    "update": lambda s: s.update(b=1),
    "ior": lambda s: s.__ior__({"b": 1}),
    "clear": lambda s: s.clear(),
    "permanent": lambda s: setattr(s, "permanent", True),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_reading_is_no_change(read):
    """No way of reading a session marks it as modified."""
    made = SecureCookieSession({"a": 1})
    read(made)
    assert made.modified is False


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_is_noticed(change):
    """Every way of changing a session marks it as modified."""
    made = SecureCookieSession({"a": 1})
    change(made)
    assert made.modified is True


def test_permanence_is_an_item_of_the_session():
    """`permanent` is kept in the session, as a truth."""
    made = SecureCookieSession()
    assert made.permanent is False
    made.permanent = 1
    assert {"_permanent": True} == made


def test_a_mapping_of_ones_own_is_saved_always():
    """The mix-in alone counts as modified, not new, not accessed."""
    assert (True, False, False) == (SessionMixin.modified, SessionMixin.new, SessionMixin.accessed)


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_response_varies_by_cookie_when_the_session_was_read(app, read):
    """Every way of looking at the session adds `Vary: Cookie` (CVE-2026-27205)."""
    client = app.test_client()
    client.set_cookie("session", sign({"a": 1}))
    app.add_url_rule("/", view_func=lambda: str(read(session)))
    assert "Cookie" == client.get("/").headers["Vary"]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_response_varies_by_cookie_when_the_session_was_changed(app, change):
    """Every change sets the cookie and adds `Vary: Cookie`."""
    client = app.test_client()
    client.set_cookie("session", sign({"a": 1}))
    app.add_url_rule("/", view_func=lambda: str(change(session)))
    headers = client.get("/").headers
    assert ("Cookie", True) == (headers["Vary"], "Set-Cookie" in headers)


def test_a_permanent_session_is_refreshed_with_vary(app):
    """A permanent session is sent again with each response, and varies then (CVE-2023-30861)."""
    client = app.test_client()
    client.set_cookie("session", sign({"_permanent": True}))
    app.add_url_rule("/", view_func=lambda: str(request_ctx.open_session() is None))
    headers = client.get("/").headers
    assert ("Cookie", True) == (headers["Vary"], "Expires" in headers["Set-Cookie"])


def test_an_untouched_session_leaves_no_trace(app):
    """A view, or a template, that does not use the session sends no header."""
    app.add_url_rule("/", view_func=lambda: render_template_string("{{ request.path }}"))
    headers = app.test_client().get("/").headers
    assert ([], []) == (headers.getlist("Vary"), headers.getlist("Set-Cookie"))


def test_a_template_that_reads_the_session_varies(app):
    """A template finds the session, and reading it there counts."""
    app.add_url_rule("/", view_func=lambda: render_template_string("{{ session.a }}"))
    client = app.test_client()
    client.set_cookie("session", sign({"a": "found"}))
    response = client.get("/")
    assert ("found", "Cookie") == (response.text, response.headers["Vary"])


def test_a_cookie_of_flask_is_read(app, interface):
    """A cookie that Flask 3.1.3 signed opens the same session here."""
    assert {"user": "é", "n": (1, 2)} == open_cookie(app, interface, RECORDED)


def test_cookies_are_signed_as_flask_does(app, interface):
    """The cookie verifies under the format's own parameters, byte for byte."""
    header = save(app, interface, {"b": (1, b"x"), "a": "é"}, modified=True)["Set-Cookie"]
    cookie = parse_dict_header(header.replace(";", ","))["session"]
    assert sign({"b": (1, b"x"), "a": "é"}).split(".")[0] == cookie.split(".")[0]
    assert {"b": (1, b"x"), "a": "é"} == open_cookie(app, interface, cookie)


def test_a_session_opens_as_unmodified(app, interface):
    """An opened session is neither new nor modified nor accessed."""
    opened = open_cookie(app, interface, sign({"a": 1}))
    assert (SecureCookieSession, {"a": 1}) == (type(opened), dict(opened))
    assert (False, False, False) == (opened.new, opened.modified, opened.accessed)


BAD_COOKIES = {
    "none": None,
    "empty": "",
    "garbage": "abc",
    "dots": ".....",
    "bytes": "\xff\xfe.a.b",
    "foreign key": sign({"a": 1}, "other"),
    "foreign salt": sign({"a": 1}, salt="other"),
    "list": sign([1]),
    "text": sign("text"),
    "number": sign(5),
    "no JSON": sign_raw("bm90anNvbg"),
    "no base 64": sign_raw("!!!!!"),
    "no zlib": sign_raw(".AAAA"),
    "wrong tag": sign_raw("eyJhIjp7IiB1IjoienoifX0"),
    "deep": sign_raw("W1tb" * 50_000),
    "no time stamp": "eyJhIjoxfQ.CVXf7vH9rFd-ttZRb2i60xxNEM4",
}


@pytest.mark.parametrize("cookie", BAD_COOKIES.values(), ids=BAD_COOKIES)
def test_a_bad_cookie_gives_an_empty_session(app, interface, cookie):
    """No cookie, and no content of a validly signed one, is an error."""
    assert {} == open_cookie(app, interface, cookie)


def test_an_old_cookie_gives_an_empty_session(app, interface):
    """A cookie older than `permanent_session_lifetime` is not read."""
    app.config["PERMANENT_SESSION_LIFETIME"] = -5
    assert {} == open_cookie(app, interface, sign({"a": 1}))


@pytest.mark.parametrize("key", [None, "", b""])
def test_without_a_secret_key_there_is_no_session(interface, key):
    """Without a key nothing is opened and nothing signed."""
    app = _with_key(key)
    assert open_cookie(app, interface, RECORDED) is None
    assert interface.get_signing_serializer(app) is None


def test_saving_without_a_secret_key_is_a_runtime_error(interface):
    """A key that vanished meanwhile is an error that says what to do."""
    with pytest.raises(RuntimeError, match=r"Set app\.secret_key"):
        save(_with_key(None), interface, {"a": 1}, modified=True)


@pytest.mark.parametrize("change", [*list(CHANGES.values())[:6], CHANGES["clear"]])
def test_a_null_session_refuses_every_change(change):
    """A null session can be read, and says why it cannot be changed."""
    null = NullSession()
    with pytest.raises(RuntimeError, match="session is unavailable because no secret key was set"):
        change(null)
    assert (None, 0) == (null.get("a"), len(null))


def test_the_newest_key_signs_and_the_old_ones_still_verify(interface):
    """Fallbacks verify, the secret key alone signs (CVE-2025-47278)."""
    app = _with_key("new", ["old", "older"])
    opened = [open_cookie(app, interface, sign({"a": 1}, key)) for key in ("new", "old", "older", "none")]
    assert [{"a": 1}, {"a": 1}, {"a": 1}, {}] == opened
    cookie = interface.get_signing_serializer(app).dumps({"a": 1})
    assert {"a": 1} == open_cookie(_with_key("new"), interface, cookie)
    assert {} == open_cookie(_with_key("old"), interface, cookie)


def test_one_text_as_fallbacks_is_one_key(interface):
    """A text instead of a list is not a list of one-letter keys."""
    app = _with_key("new", "old")
    assert {"a": 1} == open_cookie(app, interface, sign({"a": 1}, "old"))
    assert {} == open_cookie(app, interface, sign({"a": 1}, "o"))


def test_a_changed_key_takes_effect_at_once(app, interface):
    """Serializers are kept by the values that they are made of."""
    first = interface.get_signing_serializer(app)
    assert first is interface.get_signing_serializer(app)
    app.secret_key = "other"
    assert {} == open_cookie(app, interface, sign({"a": 1}, "k"))
    app.config["SECRET_KEY_FALLBACKS"] = ["k"]
    assert {"a": 1} == open_cookie(app, interface, sign({"a": 1}, "k"))


def test_a_subclass_chooses_how_to_sign(app):
    """Salt, digest, derivation and serializer are attributes of the class."""

    class Interface(SecureCookieSessionInterface):
        salt = "other"
        digest_method = staticmethod(hashlib.sha256)
        key_derivation = "concat"

    serializer = Interface().get_signing_serializer(app)
    expected = URLSafeTimedSerializer(
        "k",
        salt="other",
        serializer=session_json_serializer,
        signer_kwargs={"key_derivation": "concat", "digest_method": hashlib.sha256},
    )
    assert {"a": (1,)} == expected.loads(serializer.dumps({"a": (1,)}))


def test_a_serializer_signs_under_other_salts_too(app, interface):
    """The serializer is one of ItsDangerous, with all that it can do."""
    serializer = interface.get_signing_serializer(app)
    assert [1] == serializer.loads(serializer.dumps([1], salt="mail"), salt="mail")
    assert serializer.loads_unsafe(sign([1], salt="other"))[0] is False


def test_the_default_digest_is_sha1():
    """The signature's hash is SHA-1, which Flask's cookies need."""
    assert hashlib.sha1(b"x").digest() == _lazy_sha1(b"x").digest()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "HttpOnly; Path=/"),
        ({"SESSION_COOKIE_SECURE": True}, "Secure; HttpOnly; Path=/"),
        ({"SESSION_COOKIE_HTTPONLY": False}, "Path=/"),
        ({"SESSION_COOKIE_SAMESITE": "Lax"}, "HttpOnly; Path=/; SameSite=Lax"),
        ({"SESSION_COOKIE_SAMESITE": "Strict"}, "HttpOnly; Path=/; SameSite=Strict"),
        ({"SESSION_COOKIE_PARTITIONED": True}, "Secure; HttpOnly; Path=/; Partitioned"),
        ({"SESSION_COOKIE_DOMAIN": ".example.com"}, "Domain=example.com; HttpOnly; Path=/"),
        ({"APPLICATION_ROOT": "/app"}, "HttpOnly; Path=/app"),
        ({"SESSION_COOKIE_PATH": "/own", "APPLICATION_ROOT": "/app"}, "HttpOnly; Path=/own"),
    ],
)
def test_the_cookie_has_the_attributes_of_the_settings(app, interface, settings, expected):
    """Each setting of the cookie is one of its attributes, for deleting as for setting."""
    app.config.update(settings)
    header = save(app, interface, {"a": 1}, modified=True)["Set-Cookie"]
    assert expected == header.partition("; ")[2]
    deleted = save(app, interface, {}, modified=True)["Set-Cookie"]
    assert set(expected.split("; ")) <= set(deleted.split("; "))


def test_the_cookie_has_the_name_of_the_settings(app, interface):
    """`SESSION_COOKIE_NAME` is the cookie's name."""
    app.config["SESSION_COOKIE_NAME"] = "own"
    assert save(app, interface, {"a": 1}, modified=True)["Set-Cookie"].startswith("own=")


def test_an_emptied_session_deletes_the_cookie(app, interface):
    """A session that was emptied deletes its cookie, one that always was empty does not."""
    deleted = save(app, interface, {}, modified=True)
    assert ("session=", "Cookie") == (deleted["Set-Cookie"].partition(";")[0], deleted["Vary"])
    assert "Max-Age=0" in deleted["Set-Cookie"]
    assert "Set-Cookie" not in save(app, interface, {})


def test_a_permanent_session_says_when_it_ends(app, interface):
    """The cookie of a permanent session expires after the lifetime."""
    app.config["PERMANENT_SESSION_LIFETIME"] = 100
    header = save(app, interface, {"a": 1}, permanent=True)["Set-Cookie"]
    expires = parse_date(header.partition("Expires=")[2].partition(";")[0])
    assert abs(expires - datetime.now(UTC) - timedelta(seconds=100)) < timedelta(seconds=30)
    assert "Expires" not in save(app, interface, {"a": 1}, modified=True)["Set-Cookie"]


@pytest.mark.parametrize(
    ("modified", "permanent", "refresh", "expected"),
    [(True, False, False, True), (False, True, True, True), (False, True, False, False), (False, False, True, False)],
)
def test_the_cookie_is_set_when_there_is_a_reason(app, interface, modified, permanent, refresh, expected):
    """A change is a reason, and so is permanence with `SESSION_REFRESH_EACH_REQUEST`."""
    app.config["SESSION_REFRESH_EACH_REQUEST"] = refresh
    headers = save(app, interface, {"a": 1}, permanent=permanent, modified=modified)
    assert expected == ("Set-Cookie" in headers)


def test_an_unknown_type_is_a_type_error(app, interface):
    """A value that the serializer does not know is not saved silently."""
    with pytest.raises(TypeError, match="not JSON serializable"):
        save(app, interface, {"a": object()}, modified=True)


def test_an_interface_defines_two_methods(app):
    """The base class opens and saves nothing."""
    with pytest.raises(NotImplementedError, match="open_session"):
        SessionInterface().open_session(app, None)
    with pytest.raises(NotImplementedError, match="save_session"):
        SessionInterface().save_session(app, SecureCookieSession(), None)


def test_null_sessions_are_made_and_known(app):
    """The interface makes null sessions and tells them from others."""
    interface = SessionInterface()
    null = interface.make_null_session(app)
    assert (True, False) == (interface.is_null_session(null), interface.is_null_session(SecureCookieSession()))


def test_an_overridden_serializer_is_used(app):
    """`get_signing_serializer` is called for opening and for saving."""

    class Interface(SecureCookieSessionInterface):
        def get_signing_serializer(self, app):
            return URLSafeTimedSerializer("fixed", salt="fixed")

    app.session_interface = Interface()
    app.add_url_rule("/", view_func=lambda: str(session.setdefault("n", len(session))))
    client = app.test_client()
    assert ["0", "0"] == [client.get("/").text, client.get("/").text]
    assert {"n": 0} == URLSafeTimedSerializer("fixed", salt="fixed").loads(client.get_cookie("session").value)


def test_an_interface_of_ones_own_keeps_sessions_elsewhere(app):
    """Any mapping with the mix-in's attributes may be a session."""
    stored = {}

    class Stored(dict, SessionMixin):
        pass

    class Interface(SessionInterface):
        def open_session(self, app, request):
            return Stored(stored)

        def save_session(self, app, session, response):
            stored.update(session)

    app.session_interface = Interface()
    app.add_url_rule("/", view_func=lambda: str(session.setdefault("n", 1)))
    app.test_client().get("/")
    assert {"n": 1} == stored
