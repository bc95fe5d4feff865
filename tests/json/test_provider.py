"""How an application writes and reads JSON."""

import dataclasses
import gc
import io
import json
import threading
import uuid
import weakref
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demijohn import Flask
from demijohn.json.provider import DefaultJSONProvider, JSONProvider


@dataclasses.dataclass
class Point:
    """A dataclass with a value that needs dumping too."""

    x: int
    day: date


class Page:
    """Something that can give itself as HTML."""

    def __html__(self):
        return "<p>"


@pytest.fixture
def app():
    """Return an application."""
    return Flask("made")


@pytest.fixture
def provider(app):
    """Return the provider of the application."""
    return app.json


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(1973, 3, 11, 6, 30, 45), "Sun, 11 Mar 1973 06:30:45 GMT"),
        (datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=5))), "Tue, 31 Dec 2019 19:00:00 GMT"),
        (date(1975, 1, 5), "Sun, 05 Jan 1975 00:00:00 GMT"),
        (Decimal("0.003"), "0.003"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Point(1, date(1975, 1, 5)), {"x": 1, "day": "Sun, 05 Jan 1975 00:00:00 GMT"}),
        (Page(), "<p>"),
    ],
)
def test_types_beyond_json_are_dumped(provider, value, expected):
    """Dates, decimals, UUIDs, dataclasses and HTML have a form in JSON."""
    assert expected == json.loads(provider.dumps(value))


@pytest.mark.parametrize("value", [object(), Point, timedelta(1), {1}])
def test_other_types_are_a_type_error(provider, value):
    """An object without a form in JSON is a TypeError with the type's name."""
    with pytest.raises(TypeError, match=f"Object of type {type(value).__name__} is not JSON serializable"):
        provider.dumps([value])


def test_the_default_needs_no_instance():
    """`default` of the class may be called as a function."""
    assert "1.5" == DefaultJSONProvider.default(Decimal("1.5"))


def test_output_is_that_of_the_standard_library(provider):
    """Without settings of its own the text is what `json.dumps` gives, keys in order."""
    value = {"b": [1.5, None, True, "é\u2028"], "a": {"z": float("nan"), "y": ()}}
    assert json.dumps(value, sort_keys=True) == provider.dumps(value)


@pytest.mark.parametrize("value", ["é", 1, 1.5, None, True, [], {}, {1: 2}, {None: 1}, "\ud800"])
@pytest.mark.parametrize(
    "options", [{}, {"separators": (",", ":")}, {"separators": [",", ":"]}, {"ensure_ascii": False}, {"indent": 1}]
)
def test_options_of_json_dumps_win(provider, value, options):
    """Every option gives what `json.dumps` gives with it."""
    assert json.dumps(value, **{"sort_keys": True, **options}) == provider.dumps(value, **options)


def test_settings_may_change_at_any_time(provider, monkeypatch):
    """A setting takes effect at once, on the instance as on the class."""
    value = {"b": "é", "a": 1}
    assert '{"a": 1, "b": "\\u00e9"}' == provider.dumps(value)
    provider.sort_keys = False
    assert '{"b": "\\u00e9", "a": 1}' == provider.dumps(value)
    monkeypatch.setattr(DefaultJSONProvider, "ensure_ascii", False)
    assert '{"b": "é", "a": 1}' == provider.dumps(value)


def test_the_default_may_change_at_any_time(provider):
    """Another `default` takes effect at once, and None leaves JSON's own types."""
    provider.dumps(Decimal(1))
    provider.default = lambda value: f"<{value}>"
    assert '"<1>"' == provider.dumps(Decimal(1))
    provider.default = None
    with pytest.raises(TypeError, match="not JSON serializable"):
        provider.dumps(Decimal(1))


def test_a_default_may_be_given_for_one_call(provider):
    """`default` as an argument counts for that call alone."""
    assert ['"a"', '"b"', '"1"'] == [
        provider.dumps(Decimal(1), default=lambda _: "a"),
        provider.dumps(Decimal(1), default=lambda _: "b"),
        provider.dumps(Decimal(1)),
    ]


def test_a_default_of_one_call_is_not_kept(provider):
    """What is given as `default` is let go after the call."""

    def default(value):
        return "x"

    provider.dumps(Decimal(1), default=default)
    gone = weakref.ref(default)
    del default
    gc.collect()
    assert gone() is None


def test_a_default_that_cannot_be_hashed_works(provider):
    """Any callable may be the default."""

    class Unhashable:
        __hash__ = None

        def __call__(self, value):
            return "called"

    provider.default = Unhashable()
    assert '"called"' == provider.dumps(Decimal(1))


def test_a_subclass_overrides_the_default_by_a_method(app):
    """`default` may be an ordinary method that falls back to the class's."""

    class Provider(DefaultJSONProvider):
        def default(self, o):
            return "complex" if isinstance(o, complex) else DefaultJSONProvider.default(o)

    assert '["complex", "1"]' == Provider(app).dumps([1j, Decimal(1)])


def test_an_encoder_class_may_be_given(provider):
    """`cls` names an encoder as it does for `json.dumps`, and None the usual one."""

    class Encoder(json.JSONEncoder):
        def encode(self, o):
            return "encoded"

    assert ("encoded", "1") == (provider.dumps(1, cls=Encoder), provider.dumps(1, cls=None))


def test_an_unknown_option_is_a_type_error(provider):
    """An option that `json.dumps` does not know is refused."""
    with pytest.raises(TypeError, match="wrong_option"):
        provider.dumps(1, wrong_option=True)


def test_many_options_do_not_pile_up(provider):
    """Encoders are kept for a few settings only."""
    for width in range(100):
        provider.dumps([], separators=("," * width, ":"))
    assert 16 == len(provider._encoders)


def test_an_object_that_contains_itself_is_a_value_error(provider):
    """A circle is a ValueError, and the provider works afterwards."""
    circle = []
    circle.append(circle)
    with pytest.raises(ValueError, match="Circular reference"):
        provider.dumps(circle)
    assert "[[], []]" == provider.dumps([[], []])


def test_threads_dump_the_same_object(provider):
    """Threads that dump one object at a time do not take it for a circle."""
    shared = [{"a": [Decimal(1)] * 50}] * 20
    expected, answers = provider.dumps(shared), []
    threads = [
        threading.Thread(target=lambda: answers.extend(provider.dumps(shared) for _ in range(20))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [expected] * 160 == answers


def test_loading_takes_the_options_of_json_loads(provider):
    """Text and bytes are loaded, with every option of `json.loads`."""
    assert {"a": 1} == provider.loads(b'{"a": 1}')
    assert [Decimal("1.50")] == provider.loads("[1.50]", parse_float=Decimal)


def load_both(provider, document):
    """Return what the provider loads and what `json.loads` does: the value, or the error and its text."""
    results = []
    for loads in (provider.loads, json.loads):
        try:
            results.append(repr(loads(document)))
        except (ValueError, TypeError, RecursionError) as error:
            results.append((type(error), str(error)))
    return results


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.one_of(
        st.text(st.sampled_from('[]{}",:01-.eE\\ unltrfaseNIiy\x00\n\ud800é'), max_size=12),
        st.recursive(st.none() | st.floats() | st.integers() | st.text(), st.lists).map(json.dumps),
    ),
    blanks=st.sampled_from(["", " ", "\n", "\t\r\n", "\x0b", "\ufeff", "\xa0"]),
    encoding=st.sampled_from([None, "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"]),
)
def test_loading_is_that_of_the_standard_library(provider, text, blanks, encoding):
    """Every text, in every encoding, gives the value or the error that `json.loads` gives."""
    document = blanks + text + blanks
    if encoding is not None:
        document = document.encode(encoding, "replace" if encoding == "latin-1" else "surrogatepass")
    expected, found = reversed(load_both(provider, document))
    assert expected == found


@pytest.mark.parametrize(
    "document",
    [None, 1, bytearray(b"[1]"), memoryview(b"[1]"), "[" * 100_000, "1" * 5_000, "1 2", b"[1]\n", b"\xef\xbb\xbf1"],
)
def test_loading_other_things_is_that_of_the_standard_library(provider, document):
    """What is no text, and text that is too much, is answered in the same words."""
    expected, found = reversed(load_both(provider, document))
    assert expected == found


def test_files_are_written_and_read(provider):
    """`dump` and `load` do to a file what `dumps` and `loads` do to text."""
    file = io.StringIO()
    provider.dump({"a": Decimal(1)}, file, separators=(",", ":"))
    assert '{"a":"1"}' == file.getvalue()
    assert {"a": "1"} == provider.load(io.BytesIO(b'{"a":"1"}'))


@pytest.mark.parametrize(
    ("debug", "compact", "expected"),
    [
        (False, None, b'{"a":1,"b":[]}\n'),
        (True, None, b'{\n  "a": 1,\n  "b": []\n}\n'),
        (True, True, b'{"a":1,"b":[]}\n'),
        (False, False, b'{\n  "a": 1,\n  "b": []\n}\n'),
    ],
)
def test_responses_are_compact_outside_of_debug_mode(app, debug, compact, expected):
    """`compact` decides about blanks, and debug mode where it is None."""
    app.debug, app.json.compact = debug, compact
    assert expected == app.json.response({"b": [], "a": 1}).data


@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [((), {}, b"null\n"), ((1,), {}, b"1\n"), ((1, 2), {}, b"[1,2]\n"), ((), {"a": 1}, b'{"a":1}\n')],
)
def test_a_response_is_of_one_document(provider, args, kwargs, expected):
    """One value is the document; several are a list, named items an object."""
    assert expected == provider.response(*args, **kwargs).data


def test_values_and_items_are_not_mixed(provider):
    """Values together with named items are a TypeError."""
    with pytest.raises(TypeError, match="either args or kwargs"):
        provider.response(1, a=2)


def test_a_response_has_the_class_and_the_type_asked_for(app):
    """The response is an `app.response_class` of the provider's content type."""
    app.json.mimetype = "application/problem+json"
    response = app.json.response(1)
    assert isinstance(response, app.response_class)
    assert "application/problem+json" == response.mimetype


def test_a_response_goes_through_an_overridden_dumps(app):
    """`response` calls `dumps` with what is to be done about blanks."""
    calls = []

    class Provider(DefaultJSONProvider):
        def dumps(self, obj, **kwargs):
            calls.append(kwargs)
            return super().dumps(obj, **kwargs)

    Provider(app).response(1)
    app.debug = True
    Provider(app).response(1)
    assert [{"separators": (",", ":")}, {"indent": 2}] == calls


def test_a_provider_of_ones_own_needs_two_methods(app):
    """The base class makes files and responses of `dumps` and `loads`."""

    class Provider(JSONProvider):
        def dumps(self, obj, **kwargs):
            return f"<{obj}>"

        def loads(self, s, **kwargs):
            return s.strip("<>")

    file = io.StringIO()
    Provider(app).dump(1, file)
    response = Provider(app).response(2)
    assert ("<1>", b"<2>", "application/json") == (file.getvalue(), response.data, response.mimetype)
    assert "3" == Provider(app).load(io.StringIO("<3>"))


def test_the_base_class_dumps_and_loads_nothing(app):
    """A provider that lacks one of the two methods says so."""
    with pytest.raises(NotImplementedError, match=r"dumps\(\)"):
        JSONProvider(app).dumps(1)
    with pytest.raises(NotImplementedError, match=r"loads\(\)"):
        JSONProvider(app).loads("1")


def test_a_provider_does_not_keep_its_application():
    """The application is freed although its provider lives on."""
    provider = Flask("made").json
    gc.collect()
    with pytest.raises(ReferenceError):
        _ = provider._app.name
