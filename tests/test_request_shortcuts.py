"""What a request reads by a shortcut is what it reads the long way, and overriding still works."""

import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.test import create_environ

from demijohn import Flask, Request
from demijohn import request as current
from demijohn.request import _find_plain_types, forget_overrides

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


class LongWay(Request):
    """Reads by every step, since it has one of its own that each shortcut would leave out."""

    @property
    def query_string(self):
        """The query, as usual."""
        return self.environ.get("QUERY_STRING", "").encode("latin-1")

    def get_data(self, *args, **options):
        """Read the body, as usual."""
        return super().get_data(*args, **options)

    def _get_stream_for_parsing(self):
        return super()._get_stream_for_parsing()


READS = {
    "args": lambda request: request.args,
    "form": lambda request: request.form,
    "files": lambda request: request.files,
    "values": lambda request: list(request.values.items(multi=True)),
    "json": lambda request: request.get_json(),
    "silent": lambda request: request.get_json(silent=True),
    "forced": lambda request: request.get_json(force=True),
    "uncached": lambda request: request.get_json(cache=False),
    "data": lambda request: request.get_data(),
    "parsed data": lambda request: request.get_data(parse_form_data=True),
    "stream": lambda request: request.stream.read(),
    "piece": lambda request: request.stream.read(2),
    "header": lambda request: request.headers["Content-Type"],
    "mimetype": lambda request: request.mimetype,
    "kept": lambda request: request._cached_json,
}
BODIES = st.one_of(
    st.sampled_from([b'{"a": 1}', b"[1", b"null", b"a=1&b=2", b" 1 ", b"\xff=\xfe", b"a=%ff+\xc3\xa9", b"&" * 12]),
    st.binary(max_size=12),
)


def build(body=b"", content_type=JSON, **changes):
    """Return an environ with a body."""
    return create_environ(method="POST", data=body, content_type=content_type) | changes


def trace(request_class, environ, reads):
    """Return what each read gives, or the class of its error."""
    request = request_class(environ | {"wsgi.input": io.BytesIO(environ["wsgi.input"].getvalue())})
    results = []
    for read in reads:
        try:
            results.append(READS[read](request))
        except HTTPException as error:
            results.append(type(error))
    return results


@settings(deadline=None)
@given(
    body=BODIES,
    content_type=st.sampled_from([FORM, JSON, f"{JSON}; charset=utf-8", "text/plain", FORM.upper()]),
    length=st.sampled_from([None, None, None, "", "0", "3", "99", "999999", "-1", "+3", "3_0", "\u0663", "\xb2"]),
    limits=st.tuples(st.sampled_from([None, 0, 5]), st.sampled_from([None, 0, 5])),
    marks=st.sampled_from([{}, {}, {"wsgi.input_terminated": True}, {"HTTP_TRANSFER_ENCODING": "chunked"}]),
    query=st.sampled_from(["", "a=1&b=2&a=", "a=%41+b", "&=&", "a=\xff"]),
    reads=st.lists(st.sampled_from(list(READS)), min_size=1, max_size=5),
)
@example(b"a=1", FORM, None, (None, None), {}, "", ["header", "form", "files", "data", "stream", "kept"])
@example(b"[1]", JSON, None, (None, None), {}, "", ["header", "json", "stream", "data", "form", "files", "kept"])
@example(b"[", JSON, None, (None, None), {}, "", ["silent", "kept", "json", "data"])
def test_every_order_of_reading_gives_the_same(body, content_type, length, limits, marks, query, reads):
    """Whatever is read, in whatever order and under whatever limits, is what the steps give one by one."""
    app = Flask("made")
    app.config["MAX_CONTENT_LENGTH"], app.config["MAX_FORM_MEMORY_SIZE"] = limits
    environ = build(body, content_type, QUERY_STRING=query, **marks)
    if length is not None:
        environ["CONTENT_LENGTH"] = length
    with app.app_context():
        assert trace(LongWay, environ, reads) == trace(Request, environ, reads)


@pytest.mark.parametrize("content_type", [FORM, JSON])
def test_a_small_body_is_taken_at_once(content_type):
    """The shortcut is used for a plain body, and not where a step is overridden."""
    assert content_type in _find_plain_types(Request)
    assert content_type not in _find_plain_types(LongWay)
    with Flask("made").test_request_context(data=b"1", content_type=content_type, method="POST"):
        _ = current.json if content_type == JSON else current.form
        assert current._took_body
        assert "stream" not in vars(current)


@pytest.mark.parametrize("content_type", [FORM, JSON])
def test_a_cut_body_stays_cut(content_type):
    """A body that ended early raises however often and in whatever way it is read."""
    request = Request(build(b"1", content_type, CONTENT_LENGTH="2"))
    with Flask("made").app_context():
        for read in ("form" if content_type == FORM else "json", "data", "stream"):
            with pytest.raises(ClientDisconnected):
                READS[read](request)


STEPS_TO_JSON = {
    "is_json": property(lambda request: False),
    "mimetype": "text/plain",
    "headers": {"Content-Type": "text/plain"},
}


@pytest.mark.parametrize("step", STEPS_TO_JSON)
def test_a_class_decides_what_is_json(step):
    """An override of a step to the content type is asked."""
    strict = type("Strict", (Request,), {step: STEPS_TO_JSON[step], "__module__": __name__})
    with Flask("made").app_context(), pytest.raises(UnsupportedMediaType):
        strict(build(b"1")).get_json()


STEPS_TO_A_BODY = {
    "get_data": lambda request, **options: b"7",
    "stream": property(lambda request: io.BytesIO(b"7")),
    "json_module": type("Module", (), {"loads": lambda text: 7}),
}
INSTANCE_STEPS = {**STEPS_TO_A_BODY, "get_data": lambda **options: b"7", "stream": io.BytesIO(b"7")}


@pytest.mark.parametrize("step", STEPS_TO_A_BODY)
@pytest.mark.parametrize("on_instance", [False, True])
def test_json_is_read_from_what_overrides_the_body(step, on_instance):
    """A body of one's own is used, of the class or of one request."""
    own = type("Own", (Request,), {step: STEPS_TO_A_BODY[step], "__module__": __name__})
    request = (Request if on_instance else own)(build(b"1"))
    if on_instance:
        setattr(request, step, INSTANCE_STEPS[step])
    with Flask("made").app_context():
        assert 7 == request.get_json()


class Parser(Request.form_data_parser_class):
    """Finds the same in every form."""

    def parse(self, stream, mimetype, content_length, options=None):
        """Return a field and no files."""
        return stream, MultiDict({"found": "it"}), MultiDict()


def load(request):
    """Put a form in place, as an override of `_load_form_data` does."""
    request.form, request.files = MultiDict({"found": "it"}), MultiDict()


STEPS_TO_A_FORM = {
    "form_data_parser_class": (Parser, {"found": "it"}),
    "make_form_data_parser": (lambda request: Parser(), {"found": "it"}),
    "_load_form_data": (load, {"found": "it"}),
    "_get_stream_for_parsing": (lambda request: io.BytesIO(b"b=2"), {"b": "2"}),
    "stream": (property(lambda request: io.BytesIO(b"b=2")), {"b": "2"}),
    "want_form_data_parsed": (False, {}),
    "mimetype": ("text/plain", {}),
    "parameter_storage_class": (MultiDict, {"a": "1"}),
    "form": (property(lambda request: MultiDict({"b": "2"})), {"b": "2"}),
}


@pytest.mark.parametrize("step", STEPS_TO_A_FORM)
def test_a_form_is_read_by_what_overrides_a_step(step):
    """An override of any step from the stream to the form is called."""
    replacement, expected = STEPS_TO_A_FORM[step]
    own = type("Own", (Request,), {step: replacement, "__module__": __name__})
    with Flask("made").app_context():
        assert MultiDict(expected) == MultiDict(own(build(b"a=1", FORM)).form)


@pytest.mark.parametrize("step", ["form_data_parser_class", "make_form_data_parser", "_get_stream_for_parsing"])
def test_a_form_is_read_by_what_one_request_overrides(step):
    """A step that is replaced on the request itself is called."""
    replacement, expected = STEPS_TO_A_FORM[step]
    request = Request(build(b"a=1", FORM))
    setattr(request, step, replacement if step == "form_data_parser_class" else lambda: replacement(request))
    with Flask("made").app_context():
        assert expected == request.form.to_dict()


@pytest.mark.parametrize("on_instance", [False, True])
def test_a_limit_may_be_of_the_class_or_the_request(on_instance):
    """A limit that is not the application's is held, too."""
    own = type("Own", (Request,), {"max_content_length": 2, "__module__": __name__})
    request = (Request if on_instance else own)(build(b"a=1", FORM))
    if on_instance:
        request.max_content_length = 2
    with Flask("made").app_context(), pytest.raises(RequestEntityTooLarge):
        _ = request.form


def test_a_form_that_is_taken_has_a_limit_of_fields():
    """One field more than ten thousand is refused, as on the long way."""
    most, more = (build(b"&".join([b"a="] * fields), FORM) for fields in (10_000, 10_001))
    with Flask("made").app_context():
        assert 10_000 == len(Request(most).form.getlist("a"))
        with pytest.raises(RequestEntityTooLarge):
            _ = Request(more).form


def test_headers_that_were_replaced_are_asked():
    """Other headers may tell another content type."""
    request = Request(build(b"1"))
    request.headers = {"Content-Type": "text/plain"}
    with Flask("made").app_context(), pytest.raises(UnsupportedMediaType):
        request.get_json()


def test_a_class_that_is_patched_later_is_looked_at_anew(monkeypatch):
    """After `forget_overrides` a step that a test replaced is called."""
    with Flask("made").app_context():
        assert 1 == Request(build(b"1")).get_json()
        monkeypatch.setattr(Request, "get_data", lambda request, **options: b"7")
        forget_overrides()
        assert 7 == Request(build(b"1")).get_json()
        monkeypatch.undo()
        forget_overrides()
        assert 1 == Request(build(b"1")).get_json()


@pytest.mark.parametrize("on_instance", [False, True])
def test_a_query_of_ones_own_is_parsed(on_instance):
    """An override of `query_string` is where the pairs come from."""
    own = type("Own", (Request,), {"query_string": b"b=2", "__module__": __name__})
    request = (Request if on_instance else own)(create_environ("/?a=1"))
    if on_instance:
        request.query_string = b"b=2"
    assert {"b": "2"} == request.args.to_dict()


def test_the_class_of_the_pairs_may_be_changed():
    """`parameter_storage_class` of a class or of a request makes the arguments."""
    request = Request(create_environ("/?a=1"))
    request.parameter_storage_class = dict
    own = type("Own", (Request,), {"parameter_storage_class": list, "__module__": __name__})
    assert [{"a": "1"}, [("a", "1")]] == [request.args, own(create_environ("/?a=1")).args]
    assert isinstance(Request(create_environ("/?a=1")).args, ImmutableMultiDict)
