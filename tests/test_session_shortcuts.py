"""The short ways of sessions: each gives what the long way gives, and whatever is overridden is called."""

import hashlib
import warnings
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import flask
import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import BadData, Signer, TimestampSigner, URLSafeTimedSerializer
from markupsafe import Markup
from werkzeug.datastructures import EnvironHeaders, Headers, ImmutableMultiDict

import demijohn
from demijohn.json.tag import TaggedJSONSerializer
from demijohn.sessions import (
    SecureCookieSessionInterface,
    _find_serializer,
    _read_cookie,
    _set_cookie,
    _vary_by_cookie,
)

NOW = 1_700_000_000
LIBRARIES = (flask, demijohn)

LEAVES = (
    (st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary())
    | st.text().map(Markup)
    | st.uuids()
    | st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)).map(
        lambda moment: moment.replace(microsecond=0)
    )
)
KEYS = st.text() | st.sampled_from([" t", " di", " b", " t__", "_permanent", "_flashes"])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(KEYS, inner), max_leaves=8
)
# The last kind is long enough to be compressed.
CONTENTS = st.dictionaries(KEYS, VALUES, max_size=5) | st.builds(
    lambda count, value: {"a": [value] * count}, st.integers(9, 60), LEAVES
)
SETTINGS = st.fixed_dictionaries(
    {
        "SESSION_COOKIE_DOMAIN": st.sampled_from([None, "example.com", ".example.com"]),
        "SESSION_COOKIE_PATH": st.sampled_from([None, "/", "/a b", "/é;x"]),
        "SESSION_COOKIE_HTTPONLY": st.booleans(),
        "SESSION_COOKIE_SECURE": st.booleans(),
        "SESSION_COOKIE_SAMESITE": st.sampled_from([None, "Lax", "Strict", "None"]),
        "SESSION_COOKIE_PARTITIONED": st.booleans(),
        "SESSION_COOKIE_NAME": st.sampled_from(["session", "__Host-s"]),
        "SECRET_KEY": st.sampled_from(["k", b"\xff", "é"]),
        "SECRET_KEY_FALLBACKS": st.sampled_from([None, [], ["old"], ["k", b"older"]]),
        "MAX_COOKIE_SIZE": st.sampled_from([0, 4_093]),
    }
)


@pytest.fixture(autouse=True, scope="module")
def _still_clock():
    """Let every cookie of this file be signed at the same second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TimestampSigner, "get_timestamp", lambda self: NOW)
        yield


def build(library, **settings):
    """Return an application of one of the two libraries."""
    app = library.Flask("made")
    app.config.update({"SECRET_KEY": "k", **settings})
    return app


def save(library, app, content, *, permanent=False, vary=None):
    """Return the headers that saving leaves, and the texts of the warnings."""

    class Interface(library.sessions.SecureCookieSessionInterface):
        def get_expiration_time(self, app, session):
            return datetime(2030, 1, 1, 0, 0, 0, 999_999, UTC) if permanent else None

    session = library.sessions.SecureCookieSession(content)
    session.modified = session.accessed = True
    response = app.response_class("x")
    if vary is not None:
        response.headers["vary"] = vary
    with app.app_context(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Interface().save_session(app, session, response)
    return list(response.headers), len(caught)


def open_cookie(app, cookie):
    """Return the session that a request with the cookie opens."""
    with app.test_request_context(environ_overrides={"HTTP_COOKIE": f"session={cookie}"}) as context:
        return app.session_interface.open_session(app, context.request)


@given(CONTENTS, SETTINGS, st.booleans(), st.sampled_from([None, "Cookie", "Accept", "accept, cookie"]))
def test_headers_are_flasks_to_the_byte(content, settings, permanent, vary):
    """Whatever the session and the settings are, saving leaves the headers that Flask leaves."""
    theirs, ours = (
        save(library, build(library, **settings), content, permanent=permanent, vary=vary) for library in LIBRARIES
    )
    assert theirs == ours


@pytest.mark.parametrize("limit", [0, 10, 80, 81, 82, 83, 84, 85, 4_093])
def test_a_large_cookie_warns_as_in_flask(limit):
    """A cookie over `MAX_COOKIE_SIZE` warns once, every time."""
    apps = [(library, build(library, MAX_COOKIE_SIZE=limit)) for library in LIBRARIES]
    theirs, ours = ([save(library, app, {"a": "x" * 9}) for _ in range(2)] for library, app in apps)
    assert theirs == ours


@given(CONTENTS, SETTINGS)
def test_cookies_of_either_library_open_in_the_other(content, settings):
    """A cookie that one library signed is the same session in both."""
    settings["SESSION_COOKIE_NAME"] = "session"
    apps = [build(library, **settings) for library in LIBRARIES]
    for app in apps:
        with app.app_context():
            cookie = app.session_interface.get_signing_serializer(app).dumps(content)
        assert [content, content] == [open_cookie(reader, cookie) for reader in apps]


@given(st.data())
def test_damaged_cookies_open_as_in_flask(data):
    """Cut off, altered or put together anew, a cookie opens as what Flask takes it for."""
    theirs, ours = (build(library) for library in LIBRARIES)
    text = data.draw(
        st.sampled_from(["eyJhIjoxfQ.ZVPxAA.", "."])
        | st.text(alphabet='-._=+/ \\"AQgwz09é\x00', max_size=12).map("eyJhIjoxfQ.{}.x".format)
    )
    cookie = ours.session_interface.get_signing_serializer(ours).dumps({"a": 1})
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(cookie))] * 2)))
    damaged = cookie[:start] + data.draw(st.sampled_from(["", text, cookie[start : end + 1].swapcase()])) + cookie[end:]
    assert open_cookie(theirs, damaged) == open_cookie(ours, damaged)


@pytest.mark.parametrize("age", [-1, 0, 99, 100, 101])
def test_cookies_expire_to_the_second_as_in_flask(age, monkeypatch):
    """A cookie lives exactly as long as Flask lets it live, and not before it was made."""
    apps = [build(library, PERMANENT_SESSION_LIFETIME=timedelta(seconds=100)) for library in LIBRARIES]
    cookie = apps[0].session_interface.get_signing_serializer(apps[0]).dumps({"a": 1})
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: NOW + age)
    theirs, ours = (open_cookie(app, cookie) for app in apps)
    assert theirs == ours == ({"a": 1} if 0 <= age <= 100 else {})


@given(
    CONTENTS,
    st.sampled_from([None, "mail"]),
    st.lists(st.sampled_from(["k", "old", b"\xff"]), min_size=1, max_size=3),
    st.sampled_from(["hmac", "concat", "django-concat", "none"]),
    st.sampled_from([hashlib.sha1, hashlib.sha256, hashlib.blake2s]),
)
def test_signing_is_that_of_itsdangerous(content, salt, keys, derivation, digest):
    """Text is signed and read as by ItsDangerous, with any key, salt, digest and derivation."""
    options = {"key_derivation": derivation, "digest_method": digest}
    parts = {"salt": "s", "serializer": TaggedJSONSerializer(), "signer_kwargs": options}
    slow = URLSafeTimedSerializer(keys, **parts)
    quick = _find_serializer(tuple(keys), "s", parts["serializer"], derivation, digest)
    text = slow.dumps(content, salt=salt)
    assert text == quick.dumps(content, salt=salt)
    moment = datetime.fromtimestamp(NOW, UTC)
    assert (content, moment) == quick.loads(text, salt=salt, return_timestamp=True)
    assert content == quick.loads(text, salt=salt, max_age=0) == quick.loads(text.encode(), 0, salt=salt)


STAMPS = [b"", b"A", b"!!!!", b"AAAA", b"ZVPxAA", b"ZVPxAA==", b"ZVPxAQ", b"_____w", b"__________8", b"Z V P x A A"]


@pytest.mark.parametrize("signed", [b"eyJhIjoxfQ", b"", *(b"eyJhIjoxfQ." + stamp for stamp in STAMPS)])
def test_a_strange_time_stamp_is_judged_by_itsdangerous(signed):
    """Text with a valid signature around any time stamp has the result or error of ItsDangerous."""
    options = {"key_derivation": "hmac", "digest_method": hashlib.sha1}
    text = Signer("k", salt="s", **options).sign(signed).decode()
    slow = URLSafeTimedSerializer("k", salt="s", signer_kwargs=options)
    quick = _find_serializer(("k",), "s", None, "hmac", hashlib.sha1)
    outcomes = []
    for serializer in (slow, quick):
        try:
            outcomes.append(serializer.loads(text, max_age=NOW))
        except (BadData, OverflowError) as error:
            outcomes.append((type(error), str(error)))
    assert outcomes[0] == outcomes[1]


def test_a_serializer_of_bytes_signs_bytes():
    """A serializer that is not one of text goes the way of ItsDangerous."""

    class Bytes:
        def dumps(self, value):
            return repr(value).encode()

        def loads(self, value):
            return value

    options = {"key_derivation": "hmac", "digest_method": hashlib.sha1}
    slow = URLSafeTimedSerializer("k", salt="s", serializer=Bytes(), signer_kwargs=options)
    quick = _find_serializer(("k",), "s", Bytes(), "hmac", hashlib.sha1)
    assert slow.dumps([1]) == quick.dumps([1])
    assert b"[1]" == quick.loads(quick.dumps([1]).decode(), max_age=1)


def test_a_missing_digest_is_noticed_when_it_is_needed():
    """An application without sessions in use runs where SHA-1 is not available."""

    def unavailable(string=b""):
        raise ValueError("unsupported")

    class Interface(SecureCookieSessionInterface):
        digest_method = staticmethod(unavailable)

    app = build(demijohn)
    app.session_interface = Interface()
    with app.test_request_context() as context:
        assert {} == Interface().open_session(app, context.request)
    with pytest.raises(ValueError, match="unsupported"):
        Interface().get_signing_serializer(app).dumps({})


COOKIE_HEADERS = st.lists(
    st.sampled_from(["session", "a", "Session", "é", "=", ";", "; ", " ", '"', ",", "\\", "\\054", "\x1c", "\t", "."])
    | st.sampled_from(["session=x.y-z_0", "session=", "; session=1", 'session="1"', "\xa0", "\x85", "\xc3\xa9", "%20"])
).map("".join)


@given(COOKIE_HEADERS, st.sampled_from(["session", "a", "é", "", "s s"]), st.booleans())
def test_a_cookie_is_read_as_by_werkzeug(header, name, reads_headers):
    """One cookie's value is what all cookies have under its name."""
    request = demijohn.Request({"HTTP_COOKIE": header})
    if reads_headers:
        _ = request.headers
    assert request.cookies.get(name) == _read_cookie(demijohn.Request({"HTTP_COOKIE": header}), name)
    assert request.cookies.get(name) == _read_cookie(request, name)


class OwnCookies(demijohn.Request):
    cookies = ImmutableMultiDict({"session": "own"})


class OwnHeaders(demijohn.Request):
    headers = Headers({"Cookie": "session=own"})


class OwnDict(ImmutableMultiDict):
    def get(self, *args, **kwargs):
        return "own"


class OwnStorage(demijohn.Request):
    dict_storage_class = OwnDict


@pytest.mark.parametrize("request_class", [OwnCookies, OwnHeaders, OwnStorage])
def test_a_request_class_decides_about_cookies(request_class):
    """A subclass that has its own cookies, headers or mapping is asked."""
    assert "own" == _read_cookie(request_class({"HTTP_COOKIE": "session=sent"}), "session")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cookies", {"session": "own"}),
        ("headers", Headers({"Cookie": "session=own"})),
        ("headers", EnvironHeaders({"HTTP_COOKIE": "session=own"})),
    ],
)
def test_attributes_that_were_set_decide_about_cookies(name, value):
    """Cookies or headers that were set on a request are what is read."""
    request = demijohn.Request({"HTTP_COOKIE": "session=sent"})
    setattr(request, name, value)
    assert "own" == _read_cookie(request, "session")


def test_any_object_with_cookies_will_do():
    """What is not a request of ours is asked for its cookies."""
    assert "own" == _read_cookie(OwnCookies({}), "session")
    assert "x" == _read_cookie(flask.Request({"HTTP_COOKIE": "session=x"}), "session")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Vary", "vary", "VARY", "X-Vary"]),
            st.sampled_from(["", "*", "Cookie", "cookie", "Cookie ", "Accept", "Accept, Cookie", '"Cookie"']),
        )
    )
)
def test_vary_becomes_what_werkzeug_makes_of_it(pairs):
    """Adding `Cookie` leaves the headers that `response.vary.add` leaves, also the second time."""
    quick, slow = demijohn.Response(headers=pairs), demijohn.Response(headers=pairs)
    for _ in range(2):
        _vary_by_cookie(quick)
        slow.vary.add("Cookie")
        assert list(slow.headers) == list(quick.headers)


def test_an_overridden_vary_is_used():
    """A response class with a `vary` of its own is asked, and so are other headers."""

    class Own(demijohn.Response):
        vary: ClassVar = set()

    class OwnList(Headers):
        pass

    _vary_by_cookie(Own())
    response = demijohn.Response()
    response.headers = OwnList()
    _vary_by_cookie(response)
    assert ({"Cookie"}, [("Vary", "Cookie")]) == (Own.vary, list(response.headers))


ATTRIBUTES = st.fixed_dictionaries(
    {
        "expires": st.none()
        | st.sampled_from(["x", "x; y", 0, 1, True, 1.5])
        | st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1), timezones=st.none() | st.timezones()),
        "domain": st.sampled_from([None, "", "a.b", ".a.b", "é.b", "a;b", "a\nb", "a.b:80"]),
        "path": st.sampled_from([None, "", "/", "/é ;,", "/\n"]),
        "secure": st.sampled_from([True, False, None, 1, 0, "yes"]),
        "httponly": st.booleans(),
        "samesite": st.sampled_from([None, "", "lax", "Strict", "none", "other"]),
        "partitioned": st.booleans(),
    }
)


def try_to_set(set_cookie, *args, **kwargs):
    """Return the headers that setting a cookie leaves, or the class of its error."""
    response = demijohn.Response()
    try:
        set_cookie(response, *args, **kwargs)
    except Exception as error:
        return type(error), str(error)
    return list(response.headers)


@given(
    st.sampled_from(["session", "a=b", "é", "a b", "x;y", "", '"']),
    st.sampled_from(["", "x", "a.b-c_d", "a b", '"', "é", "a;b", "=", "\n"]),
    ATTRIBUTES,
)
def test_a_cookie_is_set_as_by_the_response(name, value, attributes):
    """A cookie has the header, or the error, of `response.set_cookie`, also the second time."""
    expected = try_to_set(demijohn.Response.set_cookie, name, value, **attributes)
    outcomes = [try_to_set(_set_cookie, name, value, **attributes) for _ in range(2)]
    assert [expected, expected] == outcomes


def test_an_overridden_set_cookie_is_called():
    """A response class that sets cookies in its own way sets the session's."""
    calls = []

    class Own(demijohn.Response):
        def set_cookie(self, *args, **kwargs):
            calls.append(args[0])
            super().set_cookie(*args, **kwargs)

    app = build(demijohn)
    app.response_class = Own
    save(demijohn, app, {"a": 1})
    save(demijohn, app, {"a": 1})
    assert ["session", "session"] == calls


def test_headers_of_another_class_add_the_cookie():
    """Headers that are not Werkzeug's own are told of the cookie."""
    added = []

    class Own(Headers):
        def add(self, *args, **kwargs):
            added.append(args[0])

    response = demijohn.Response()
    response.headers = Own()
    _set_cookie(response, "session", "x", expires=None)
    assert ["Set-Cookie"] == added


@pytest.mark.parametrize("name", ["salt", "key_derivation", "digest_method", "serializer"])
def test_an_attribute_changed_later_counts_at_once(name):
    """What an interface is told between two requests holds for the second."""
    app = build(demijohn)
    interface = app.session_interface = SecureCookieSessionInterface()
    before = interface.get_signing_serializer(app).dumps({"a": 1})
    other = {"salt": "x", "key_derivation": "none", "digest_method": hashlib.sha256, "serializer": flask.json}
    setattr(interface, name, other[name])
    after = interface.get_signing_serializer(app).dumps({"a": 1})
    assert before != after
    assert {"a": 1} == open_cookie(app, after)
