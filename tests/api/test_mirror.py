"""Models that msgspec does not know by itself: pydantic's, attrs', unions of several, and what holds them."""

from __future__ import annotations

import dataclasses
import enum
import ipaddress
import json
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar

import attrs
import msgspec
import pydantic
import pytest
from annotated_types import Ge, Len
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Meta

from demijohn.api.faults import Faulty
from demijohn.api.models import find_reader, find_result_mirror

T = TypeVar("T")


def read(type_, value):
    """Read a value as a JSON body."""
    return find_reader(type_, lax=False).read_json(json.dumps(value).encode())


def list_faults(type_, value):
    """Give the faults of a body as pairs of place and words."""
    with pytest.raises(Faulty) as caught:
        read(type_, value)
    return [(fault.where, fault.expected) for fault in caught.value.faults]


def write_schema(type_):
    """Give the JSON schema of what is read, the properties of a model by themselves."""
    schema = msgspec.json.schema(find_reader(type_, lax=False).mirror)
    name = schema.get("$ref", "").rpartition("/")[2]
    return schema["$defs"][name]["properties"] if name else schema


class Account(pydantic.BaseModel):
    """An account."""

    model_config = pydantic.ConfigDict(extra="forbid", populate_by_name=True)

    age: int = pydantic.Field(ge=1, le=150, description="In years.", examples=[30], title="Age")
    nick: str = pydantic.Field("x", alias="nickName", max_length=8)
    twice: Annotated[int, pydantic.AfterValidator(lambda value: value * 2)] = 3
    tags: Annotated[list[str], pydantic.BeforeValidator(lambda value: str(value).split(","))] = []
    secret: pydantic.SecretStr | None = None
    other: int = pydantic.Field(3, validation_alias=pydantic.AliasChoices("one", "two"))
    old: int = pydantic.Field(0, deprecated=True)
    price: Decimal = pydantic.Field(Decimal(1), max_digits=3, ge=Decimal(0))
    site: pydantic.HttpUrl | None = None
    address: ipaddress.IPv4Address | None = None

    @pydantic.field_validator("twice")
    @classmethod
    def refuse_unlucky(cls, value):
        """Refuse one number."""
        if value == 26:
            raise ValueError("it brings bad luck")
        return value

    @pydantic.model_validator(mode="after")
    def refuse_together(self):
        """Refuse two values that do not go together."""
        if self.nick == "old" and self.age < 60:
            raise ValueError("too young for that name")
        return self


def test_a_pydantic_model_is_made_by_pydantic():
    """Validators, aliases and defaults of pydantic work, and it knows what was given."""
    account = read(Account, {"age": 3, "nickName": "y", "twice": 4, "tags": "a,b", "secret": "s", "site": "http://x.y"})
    assert ("y", 8, ["a", "b"], "s") == (account.nick, account.twice, account.tags, account.secret.get_secret_value())
    assert {"age", "nick", "twice", "tags", "secret", "site"} == account.model_fields_set


@pytest.mark.parametrize("name", ["nick", "nickName"])
def test_a_field_has_all_its_names(name):
    """A field is read by its alias, and by its own name where the model allows that."""
    assert read(Account, {"age": 3, name: "z"}).nick == "z"


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_field_has_all_its_choices(name):
    """A field is read by each of the aliases that the model lists."""
    assert read(Account, {"age": 3, name: 7}).other == 7


def test_faults_of_types_and_of_validators_are_told():
    """Types are told as for every other model; then come the validators' own words."""
    wrong = {"age": 0, "nickName": "much too long", "price": -1, "zz": 1}
    expected = [
        ("body.age", "an integer at least 1 and at most 150"),
        ("body.nickName", "a text of at most 8 characters"),
        ("body.price", "a decimal number at least 0"),
        ("body.zz", "no field of this name"),
    ]
    assert list_faults(Account, wrong) == expected
    assert list_faults(Account, {"age": 3, "twice": 13}) == [("body.twice", "it brings bad luck")]
    assert list_faults(Account, {"age": 3, "nickName": "old"}) == [("body", "too young for that name")]
    assert ["body.site", "body.address"] == [
        where for where, _ in list_faults(Account, {"age": 3, "site": "x", "address": "1.2"})
    ]


def test_the_document_tells_what_a_field_says():
    """Limits, texts, examples and formats of pydantic's fields are in the schema."""
    properties = write_schema(Account)
    age = {
        "type": "integer",
        "minimum": 1,
        "maximum": 150,
        "title": "Age",
        "description": "In years.",
        "examples": [30],
    }
    assert properties["age"] == age
    assert ({"type": "integer", "default": 0, "deprecated": True}) == properties["old"]
    assert ("uri", "ipv4") == (properties["site"]["anyOf"][0]["format"], properties["address"]["anyOf"][0]["format"])
    assert properties["secret"]["anyOf"][0]["writeOnly"] is True
    assert ("one" in properties, "two" in properties) == (True, False)


class Open(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    number: int = pydantic.Field(ge=1)


class Early(pydantic.BaseModel):
    number: int

    @pydantic.model_validator(mode="before")
    @classmethod
    def take_a_number(cls, value):
        """Take a number for the whole model."""
        return {"number": value} if isinstance(value, int) else value


def test_a_model_keeps_other_fields_if_it_says_so():
    """Fields that the model does not name are kept, and faults are in the usual words."""
    assert read(Open, {"number": 1, "more": 2}).model_extra == {"more": 2}
    assert list_faults(Open, {"number": 0}) == [("body.number", "an integer at least 1")]


def test_a_validator_may_come_before_the_types():
    """A model that reads other shapes does so, at any depth."""
    assert [Early(number=3), Early(number=4)] == read(list[Early], [3, {"number": 4}])
    assert list_faults(list[Early], [3, "x"]) == [("body[1]", "an object")]
    assert list_faults(Early, {"number": "x"}) == [("body.number", "an integer")]


class Cat(pydantic.BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(pydantic.BaseModel):
    kind: Literal["dog"] = "dog"
    bark: str


class Pets(pydantic.BaseModel):
    first: Cat | Dog = pydantic.Field(discriminator="kind")
    others: list[Cat | Dog] = []


@dataclasses.dataclass
class DataCat:
    kind: Literal["cat"]
    lives: int = 9


@attrs.define
class AttrsDog:
    bark: str
    kind: Literal["dog"] = "dog"


def test_models_of_a_union_are_told_apart():
    """A field with a value of its own in each model tells which one it is."""
    assert Pets(first=Cat(kind="cat"), others=[Dog(bark="w")]) == read(
        Pets, {"first": {"kind": "cat"}, "others": [{"kind": "dog", "bark": "w"}]}
    )
    assert AttrsDog(bark="w") == read(DataCat | AttrsDog, {"kind": "dog", "bark": "w"})
    expected = [("body.first.kind", "one of 'cat', 'dog'"), ("body.others[0].bark", "required")]
    assert list_faults(Pets, {"first": {"kind": "cow"}, "others": [{"kind": "dog"}]}) == expected


def test_the_document_tells_how_models_are_told_apart():
    """A union of models has a discriminator, whatever kind they are of."""
    for union in (Cat | Dog, DataCat | AttrsDog):
        assert write_schema(union)["discriminator"]["propertyName"] == "kind"


@dataclasses.dataclass
class First:
    version: Literal[1]
    kind: Literal["first"] = "first"


@dataclasses.dataclass
class Second:
    version: Literal[1]
    kind: Literal["second"] = "second"


def test_a_field_tells_models_apart_by_different_values():
    """A field that has the same value in two models tells nothing."""
    assert read(First | Second, {"version": 1, "kind": "second"}) == Second(1)


class Name(pydantic.BaseModel):
    name: str


class Number(pydantic.BaseModel):
    number: int


def test_pydantic_tries_models_that_nothing_tells_apart():
    """A union of pydantic models without such a field is left to pydantic."""
    assert read(Name | Number | None, {"number": 3}) == Number(number=3)
    assert list_faults(Name | Number, {"x": 1}) == [("body", "an object that is one of Name, Number")]
    assert ["Name", "Number"] == [each["title"] for each in write_schema(Name | Number)["anyOf"]]


def test_other_models_have_to_be_told_apart():
    """A union of models that nothing can tell apart is a mistake at set-up."""
    with pytest.raises(TypeError, match=r"nothing tells Name and DataCat apart; give each a field"):
        find_reader(Name | DataCat, lax=False)


class Numbers(pydantic.RootModel[list[int]]):
    pass


def test_a_root_model_is_its_value():
    """A root model is read and described as the one value that it holds."""
    assert read(Numbers, [1, 2]) == Numbers([1, 2])
    assert list_faults(Numbers, [1, "x"]) == [("body[1]", "an integer")]
    assert write_schema(Numbers) == {"type": "array", "items": {"type": "integer"}}


@pydantic.dataclasses.dataclass
class Checked:
    number: Annotated[int, pydantic.Field(ge=1)]
    name: str = "x"


def test_a_dataclass_of_pydantic_is_one_of_its_models():
    """Pydantic's dataclasses are read as its models are."""
    assert read(Checked, {"number": 1}) == Checked(1)
    assert list_faults(Checked, {"number": 0}) == [("body.number", "an integer at least 1")]


@dataclasses.dataclass
class Holder:
    name: Name
    several: list[Name]
    by_key: dict[str, Name | None]
    pair: tuple[Name, int]
    rest: tuple[Name, ...] = ()
    plain: int = 0


class StructHolder(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    the_name: Name
    numbers: list[int] = []


def test_models_of_one_kind_hold_those_of_another():
    """A dataclass and a struct may hold pydantic models, in collections too."""
    name = {"name": "x"}
    holder = read(Holder, {"name": name, "several": [name], "by_key": {"a": name, "b": None}, "pair": [name, 1]})
    made = Name(name="x")
    assert Holder(made, [made], {"a": made, "b": None}, (made, 1)) == holder
    assert StructHolder(made) == read(StructHolder, {"theName": name})
    expected = [("body.theName.name", "a text"), ("body.zz", "no field of this name")]
    assert list_faults(StructHolder, {"theName": {"name": 1}, "zz": 1}) == expected


@attrs.define
class Validated:
    """A class with rules."""

    number: int = attrs.field(validator=[attrs.validators.ge(1), attrs.validators.le(3)])
    color: str = attrs.field(converter=str.upper, default="a", validator=attrs.validators.in_(["A", "B"]))
    _hidden: int = attrs.field(default=3)
    own: int = attrs.field(init=False, default=1)
    listed: list[int] = attrs.Factory(lambda self: [self.number], takes_self=True)

    @number.validator
    def _refuse_two(self, attribute, value):
        if value == 2:
            raise ValueError("not two")


def test_attrs_converts_and_validates():
    """Converters and validators of attrs run, and what `init=False` hides stays hidden."""
    made = read(Validated, {"number": 1, "color": "b", "_hidden": 4, "own": 9})
    assert Validated(1, "b", 4) == made
    assert [1] == made.listed


def test_faults_of_attrs_are_told_by_field():
    """Each field's validator is asked by itself, and the limits among them are told in the usual words."""
    assert list_faults(Validated, {"number": 2, "color": "x"}) == [
        ("body.number", "not two"),
        ("body.color", "'color' must be in ['A', 'B'] (got 'X')"),
    ]
    assert list_faults(Validated, {"number": 0}) == [("body.number", "an integer at least 1 and at most 3")]
    assert {"type": "integer", "minimum": 1, "maximum": 3} == write_schema(Validated)["number"]


@attrs.define
class Dependent:
    """A class whose rules need the instance, or other fields."""

    first: int = attrs.field(converter=attrs.Converter(lambda value, _: value + 1, takes_self=True))
    second: int = attrs.field(converter=attrs.Converter(abs))
    third: int = attrs.field()

    @first.validator
    def _compare(self, attribute, value):
        if value > self.third:
            raise ValueError("more than the third")

    @third.validator
    def _refuse_nine(self, attribute, value):
        if value == 9:
            raise ValueError("not nine")


def test_rules_of_attrs_may_need_other_fields():
    """A rule that looks at a field that is not there yet is asked with the whole instance alone."""
    assert read(Dependent, {"first": 1, "second": -2, "third": 3}) == Dependent(1, -2, 3)
    assert list_faults(Dependent, {"first": 1, "second": 2, "third": 9}) == [("body.third", "not nine")]
    assert list_faults(Dependent, {"first": 5, "second": 2, "third": 1}) == [("body", "more than the third")]


class Mixed(enum.Enum):
    TEXT = "a"
    NUMBER = 2


def test_an_enum_of_texts_and_numbers_is_read():
    """An enum whose values are of two types is read, which msgspec does not do."""
    assert read(list[Mixed], ["a", 2]) == [Mixed.TEXT, Mixed.NUMBER]
    assert list_faults(list[Mixed], ["b"]) == [("body[0]", "one of 2, 'a'")]


class Trimmed(pydantic.BaseModel):
    name: Annotated[str, pydantic.StringConstraints(strip_whitespace=True, max_length=2)]


def test_lengths_after_trimming_are_pydantic_s():
    """A length that counts what trimming leaves is not asked before it."""
    assert read(Trimmed, {"name": "  ab  "}).name == "ab"
    assert [("body.name", "String should have at most 2 characters")] == list_faults(Trimmed, {"name": "abc"})


class Later(pydantic.BaseModel):
    after: After


class After(pydantic.BaseModel):
    number: int


def test_a_model_may_name_one_that_comes_later():
    """A pydantic model is completed when it is first needed."""
    assert read(Later, {"after": {"number": 1}}).after == After(number=1)


class Told:
    """A class that pydantic reads as a model says."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        return handler(list[Name])


class Teller(pydantic.BaseModel):
    told: Told


def test_a_class_may_tell_pydantic_how_to_read_it():
    """A class of the user's own that pydantic reads is left to it, and may be anything in the document."""
    assert read(Teller, {"told": [{"name": "x"}]}).told == [Name(name="x")]
    assert write_schema(Teller) == {"told": {}}


@attrs.define
class AttrsPair(Generic[T]):
    first: T
    both: list[T] = attrs.Factory(list)


@attrs.define
class AttrsNumbers(AttrsPair[int]):
    last: int = 0


def test_a_base_class_may_be_generic():
    """A class reads the fields of a generic base as what it gave it."""
    assert read(AttrsNumbers, {"first": 1, "both": [2]}) == AttrsNumbers(1, [2])
    assert list_faults(AttrsNumbers, {"first": "x"}) == [("body.first", "an integer")]


@dataclasses.dataclass
class Hopeless:
    pet: Name | DataCat


def test_a_model_with_a_hopeless_field_is_a_mistake_each_time():
    """A model that cannot be read leaves nothing half made behind."""
    for _ in range(2):
        with pytest.raises(TypeError, match="nothing tells Name and DataCat apart"):
            find_reader(Hopeless, lax=False)


class TaggedStruct(msgspec.Struct, tag="x"):
    number: int


def test_a_union_of_a_struct_and_others_has_no_common_tag():
    """A struct beside several other models is told apart by nothing."""
    with pytest.raises(TypeError, match="nothing tells"):
        find_reader(TaggedStruct | Cat | Dog, lax=False)


MODELS = [
    *(Account, Open, Early, Cat | Dog, Pets, DataCat | AttrsDog, Name | Number, Numbers, Checked, Holder, StructHolder),
    *(Validated, list[Mixed], Trimmed, AttrsNumbers, pydantic.SecretStr, set[Any], int | str | None, dict[int, Name]),
]
NAMES = ["age", "nick", "tags", "secret", "price", "site", "number", "kind", "bark", "first", "others", "name", "both"]
SCALARS = st.none() | st.booleans() | st.integers(-1, 3) | st.floats(allow_nan=False) | st.text(max_size=3)
TEXTS = st.sampled_from(["cat", "dog", "NaN", "http://x.y", "1.2.3.4", "5", "b,c", "null", "1e3"])
VALUES = st.recursive(
    SCALARS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES, st.sampled_from(range(len(MODELS))), st.booleans())
def test_anything_is_read_or_refused(value, number, lax):
    """Whatever a client sends is read, or has faults, on the fast and the slow way alike."""
    reader = find_reader(MODELS[number], lax=lax)
    faults = []
    try:
        reader.read(value, "body")
    except Faulty as error:
        faults = error.faults
    assert reader._explainer.find_faults(value, "body") == faults
    assert msgspec.json.encode(faults)


def test_constraints_of_annotated_types_are_kept():
    """Limits beside a type count, whoever's they are."""
    limited = Annotated[list[Annotated[int, Ge(1)]], Len(0, 2)]
    assert read(limited, [1]) == [1]
    expected = [("body", "an array of at most 2 items"), ("body[1]", "an integer at least 1")]
    assert list_faults(limited, [1, 0, 1]) == expected
    assert list_faults(Annotated[int, pydantic.Field(gt=0)], 0) == [("body", "an integer greater than 0")]


def test_types_of_pydantic_are_read_by_it():
    """A secret of pydantic's is one, and its types for texts have their format."""
    assert read(pydantic.SecretStr, "x").get_secret_value() == "x"
    assert {"type": "string", "format": "date-time"} == write_schema(pydantic.AwareDatetime)
    assert list_faults(pydantic.AwareDatetime, "2026-01-01T00:00:00") == [("body", "Input should have timezone info")]


class Shown(pydantic.BaseModel):
    first: str = pydantic.Field(serialization_alias="firstName")
    hidden: str = pydantic.Field("x", exclude=True)

    @pydantic.computed_field
    @property
    def size(self) -> int:
        """How long the name is."""
        return len(self.first)


def test_a_result_has_a_mirror_of_its_own_where_it_differs():
    """Computed fields, excluded fields and other aliases are those of what is sent."""
    assert ("first", "hidden") == find_reader(Shown, lax=False).mirror.__struct_encode_fields__
    assert ("firstName", "size") == find_result_mirror(Shown).__struct_encode_fields__
    assert find_result_mirror(list[Shown]) == list[find_result_mirror(Shown)]
    assert find_result_mirror(Account) is not None


@pytest.mark.parametrize("type_", [Name, Checked, Validated.__class__, list[Name], int, StructHolder, Holder])
def test_a_result_has_the_same_mirror_otherwise(type_):
    """A document has a model once if it is sent as it is read."""
    assert find_result_mirror(type_) == find_reader(type_, lax=False).mirror


def test_two_types_share_the_mirror_of_a_model():
    """A model has the same mirror wherever it is."""
    mirror = find_reader(Name, lax=False).mirror
    assert find_reader(list[Name], lax=False).mirror == list[mirror]
    assert find_reader(Annotated[Name, Meta(title="x")], lax=False).mirror == Annotated[mirror, Meta(title="x")]


def test_a_default_of_a_type_of_its_own_is_not_told():
    """A default that JSON cannot say is left out of the schema."""

    class Defaults(pydantic.BaseModel):
        name: Name = Name(name="x")
        made: list[int] = pydantic.Field(default_factory=lambda: [1])
        nothing: Any = None

    assert read(Defaults, {}) == Defaults()
    assert [{"default"} & set(each) for each in write_schema(Defaults).values()] == [set(), set(), {"default"}]


def test_a_model_with_code_of_its_own_is_asked_once_however_deep():
    """What it says of all that is in a value is enough: it is not asked again at each level."""
    asked = []

    class Node(pydantic.BaseModel, extra="allow"):
        number: int = 0
        children: list[Node] = []

        @pydantic.model_validator(mode="before")
        @classmethod
        def note(cls, value):
            asked.append(value)
            return value

    body = b'{"number":"x"}'
    for _ in range(20):
        body = b'{"number":"x","children":[%s]}' % body
    with pytest.raises(Faulty) as caught:
        find_reader(Node, lax=False).read_json(body)
    assert {fault.expected for fault in caught.value.faults} == {"an integer"}
    assert len(caught.value.faults) == 21
    assert len(asked) == 2 * 21
