"""JSON that keeps types: what is written, and that it comes back."""

from datetime import UTC, date, datetime
from typing import ClassVar, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from demijohn import Flask
from demijohn.json.tag import JSONTag, PassDict, PassList, TagDict, TaggedJSONSerializer

MOMENT = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)

# What Flask 3.1.3 writes.
RECORDED = [
    ({"a": 1, "b": None}, '{"a":1,"b":null}'),
    ("é", '"\\u00e9"'),
    ((1, (2,)), '{" t":[1,{" t":[2]}]}'),
    ([1, (2,)], '[1,{" t":[2]}]'),
    ((), '{" t":[]}'),
    (b"\xff\x00", '{" b":"/wA="}'),
    (Markup("<b>"), '{" m":"<b>"}'),
    (UUID(int=5), '{" u":"00000000000000000000000000000005"}'),
    (MOMENT, '{" d":"Thu, 02 Jan 2020 03:04:05 GMT"}'),
    ({" t": 1}, '{" di":{" t__":1}}'),
    ({" t": 1, "b": 2}, '{" t":1,"b":2}'),
    ({" unknown": 1}, '{" unknown":1}'),
    ({" t__": 1}, '{" t__":1}'),
    ({" di": {" di": (1,)}}, '{" di":{" di__":{" di":{" di__":{" t":[1]}}}}}'),
]

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.uuids(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.sampled_from([" t", " di", " b", " t__", " di__"]), inner)
    ),
)


@pytest.fixture
def serializer():
    """Return a new serializer."""
    return TaggedJSONSerializer()


class Named(NamedTuple):
    """A tuple with a name."""

    a: int


class TagSet(JSONTag):
    """A tag for sets."""

    __slots__ = ()
    key = " s"

    def check(self, value):
        return isinstance(value, set)

    def to_json(self, value):
        return [self.serializer.tag(item) for item in sorted(value)]

    def to_python(self, value):
        return set(value)


@pytest.mark.parametrize(("value", "text"), RECORDED)
def test_values_are_written_as_flask_does(serializer, value, text):
    """Text is the same to the byte, and gives the value back."""
    assert (text, value) == (serializer.dumps(value), serializer.loads(text))


@given(VALUES)
def test_every_value_comes_back(value):
    """Whatever is made of known types survives, keys that look like tags included."""
    serializer = TaggedJSONSerializer()
    assert value == serializer.loads(serializer.dumps(value))


def test_what_is_lost_is_lost_as_in_flask(serializer):
    """Keys become text, dates text, named tuples tuples, and times get UTC."""
    values = [{1: 2}, date(2020, 1, 1), Named(1), MOMENT.replace(tzinfo=None)]
    assert [{"1": 2}, "Wed, 01 Jan 2020 00:00:00 GMT", (1,), MOMENT] == serializer.loads(serializer.dumps(values))


def test_an_unknown_type_is_a_type_error(serializer):
    """A value of an unknown type cannot be dumped."""
    with pytest.raises(TypeError, match="not JSON serializable"):
        serializer.dumps({"a": {1}})


def test_a_type_may_be_added(serializer):
    """A registered tag is used when dumping and when loading."""
    serializer.register(TagSet)
    assert '{"a":{" s":[1,2]}}' == serializer.dumps({"a": {2, 1}})
    assert {"a": {1, 2}} == serializer.loads('{"a":{" s":[1,2]}}')


def test_a_key_is_registered_once(serializer):
    """A second tag of the same key is a KeyError unless it is forced."""
    serializer.register(TagSet)
    with pytest.raises(KeyError, match="' s' is already registered"):
        serializer.register(TagSet)
    serializer.register(TagSet, force=True)
    assert serializer.tags[" s"] is serializer.order[-1]


@pytest.mark.parametrize(("index", "place"), [(None, 8), (0, 0), (-1, 7), (3, 3)])
def test_a_tag_is_put_where_it_is_to_be_tried(serializer, index, place):
    """`index` is the place in the order, the end by default."""
    serializer.register(TagSet, index=index)
    assert place == [type(tag) for tag in serializer.order].index(TagSet)


def test_tags_without_a_key_convert_only(serializer):
    """A dict and a list are not tagged, but what is in them is."""
    assert {"a": {" t": []}} == PassDict(serializer).tag({"a": ()})
    assert [{" t": []}] == PassList(serializer).tag([()])
    assert {" di": {" t__": 1}} == TagDict(serializer).tag({" t": 1})


def test_only_a_lone_known_key_is_a_tag(serializer):
    """`untag` leaves a dict alone that has another or more than one key."""
    values = [{}, {" unknown": 1}, {" t": [1], "b": 2}]
    assert values == [serializer.untag(value) for value in values]
    assert (1,) == serializer.untag({" t": [1]})


def test_a_subclass_chooses_its_tags():
    """`default_tags` are what a new serializer starts with."""

    class Sets(TaggedJSONSerializer):
        default_tags: ClassVar = [TagSet]

    assert [TagSet] == [type(tag) for tag in Sets().order]


@pytest.mark.parametrize("method", ["check", "to_json", "to_python"])
def test_a_tag_defines_three_methods(serializer, method):
    """A method that a tag does not define says so."""
    with pytest.raises(NotImplementedError, match=method):
        getattr(JSONTag(serializer), method)(None)


def test_tags_have_no_dict():
    """Tags are made of slots, so that a subclass may be too."""
    assert not hasattr(TagSet(TaggedJSONSerializer()), "__dict__")


def test_the_current_application_dumps(serializer):
    """Inside a context the provider of the application writes the text."""
    app = Flask("made")
    with app.app_context():
        assert '{"a":1,"b":2}' == serializer.dumps({"b": 2, "a": 1})
    assert '{"b":2,"a":1}' == serializer.dumps({"b": 2, "a": 1})


class LongWay(TaggedJSONSerializer):
    """A serializer that takes no short way, as no subclass does."""


FLAT = st.dictionaries(
    st.text() | st.sampled_from([" t", " di", " t__"]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=2),
    max_size=3,
)


@given(VALUES | FLAT)
def test_the_short_way_writes_and_reads_the_same(value):
    """A flat dict is written and read as by a serializer that looks at every item."""
    text = LongWay().dumps(value)
    assert text == TaggedJSONSerializer().dumps(value)
    assert repr(LongWay().loads(text)) == repr(TaggedJSONSerializer().loads(text))


class TagText(JSONTag):
    """A tag for what JSON could write itself."""

    __slots__ = ()
    key = " x"

    def check(self, value):
        return isinstance(value, str)

    def to_json(self, value):
        return value[::-1]

    def to_python(self, value):
        return value[::-1]


def _register(serializer):
    serializer.register(TagText, index=0)


def _insert(serializer):
    serializer.tags[" x"] = TagText(serializer)
    serializer.order.insert(0, serializer.tags[" x"])


@pytest.mark.parametrize("add", [_register, _insert])
def test_a_tag_may_claim_any_type(serializer, add):
    """A tag for text is asked about the text in a flat dict, however it was added."""
    assert '{"a":"bc"}' == serializer.dumps({"a": "bc"})
    add(serializer)
    assert '{"a":{" x":"cb"}}' == serializer.dumps({"a": "bc"})
    assert {"a": "bc"} == serializer.loads('{"a":{" x":"cb"}}')
    assert "bc" == serializer.loads('{" x":"cb"}')


def test_default_tags_may_be_changed_for_all(monkeypatch):
    """A tag that is put among the default ones is asked."""
    monkeypatch.setattr(TaggedJSONSerializer, "default_tags", [TagText, *TaggedJSONSerializer.default_tags])
    assert '{"a":{" x":"cb"}}' == TaggedJSONSerializer().dumps({"a": "bc"})


def test_a_subclass_overrides_tag_and_untag():
    """`tag` and `untag` of a subclass are called for a flat dict too."""

    class Own(TaggedJSONSerializer):
        __slots__ = ()

        def tag(self, value):
            return "tagged" if value == 1 else super().tag(value)

        def untag(self, value):
            return value | {"untagged": 1}

    assert '{"a":"tagged"}' == Own().dumps({"a": 1})
    assert {"a": 1, "untagged": 1} == Own().loads('{"a":1}')
