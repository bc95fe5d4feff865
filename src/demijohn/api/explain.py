"""Find everything that is wrong with a value: the slow second look.

The fast reader stops at the first fault.  Only then this walks through the
value beside its type (as `msgspec.inspect` tells it), and asks the same
reader about every part by itself, so that both always agree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec import UNSET, inspect

from .faults import ACCEPTED, MOST_FAULTS, REQUIRED, TOO_DEEP, UNKNOWN, Fault, Huge, join_where, shorten
from .nodes import (
    ANYTHING,
    Judge,
    has_length,
    holds_secret,
    is_fine,
    is_fine_key,
    is_secret,
    make_judge,
    may_take,
    order_fields,
)
from .refusals import USUAL, find_own_faults
from .words import describe_any_of, describe_count, describe_type, describe_values


class Spot(NamedTuple):
    """A part of the value: what is asked for there, and what came."""

    node: inspect.Type
    value: Any
    where: str
    secret: bool = False
    schema: dict[str, Any] | None = None
    """More of the type's JSON schema, which may hold limits."""


class Explainer:
    """Find the faults of values of one type.

    Args:
        node: The type, as `msgspec.inspect` tells it.
        strict: Texts stand for nothing but texts, as in JSON.
        asks_models: The models' own code is asked too, not their types alone.
    """

    def __init__(self, node: inspect.Type, *, strict: bool, asks_models: bool = True) -> None:
        self.node = node
        self.strict = strict
        self.asks_models = asks_models
        self._judges: dict[int, Judge] = {}
        self._secrets: dict[int, bool] = {}
        self._usual: dict[Any, Explainer] = {}

    def find_faults(self, value: Any, where: str) -> list[Fault]:
        """List what is wrong with a value.

        Args:
            value: What came: a JSON value, or texts and lists of texts.
            where: The place it came from, such as `body`.

        Returns:
            The faults, in the order of the value's own parts; those that are missing come last in
            each object.  Empty if it is fine.
        """
        try:
            return self._walk(Spot(self.node, value, where))[:MOST_FAULTS]
        except RecursionError:
            return [Fault(where, TOO_DEEP)]

    def has_secret(self, node: inspect.Type) -> bool:
        """Tell whether a type has a part that no error may tell."""
        known = self._secrets.get(id(node))
        if known is None:
            known = self._secrets[id(node)] = holds_secret(node)
        return known

    def _walk(self, spot: Spot) -> list[Fault]:
        node = spot.node
        if isinstance(node, inspect.Metadata):
            if not self.asks_models and USUAL in (node.extra or {}):
                return self._find_usual(node)._walk(spot._replace(node=self._find_usual(node).node))
            schema = {**(spot.schema or {}), **(node.extra_json_schema or {})}
            inner = spot._replace(node=node.type, secret=spot.secret or is_secret(node), schema=schema)
            return self._walk(inner) or (self._ask_model(spot) if node.extra else [])
        if isinstance(spot.value, Huge):
            return [self._fault(spot, "a number of fewer digits")]
        walker = _WALKERS.get(type(node), Explainer._walk_leaf)
        return walker(self, spot)

    def _fault(self, spot: Spot, expected: str | None = None) -> Fault:
        words = describe_type(spot.node, spot.schema) if expected is None else expected
        hidden = spot.secret or self.has_secret(spot.node)
        return Fault(spot.where, words, UNSET if hidden else shorten(spot.value))

    def _walk_leaf(self, spot: Spot) -> list[Fault]:
        judge = self._judges.get(id(spot.node))
        if judge is None:
            judge = self._judges[id(spot.node)] = make_judge(spot.node, strict=self.strict)
        return [] if is_fine(judge, spot.value, spot.schema) else [self._fault(spot)]

    def _walk_any(self, spot: Spot) -> list[Fault]:
        """Let anything pass but numbers that nothing holds."""
        if isinstance(spot.value, dict):
            parts: Any = spot.value.items()
        else:
            parts = enumerate(spot.value) if isinstance(spot.value, list) else ()
        faults: list[Fault] = []
        for key, item in parts:
            faults += self._walk(Spot(spot.node, item, join_where(spot.where, key), spot.secret))
        return faults

    def _walk_array(self, spot: Spot) -> list[Fault]:
        node: Any = spot.node
        if not isinstance(spot.value, list | tuple):
            return [self._fault(spot)]
        faults = [] if has_length(node, len(spot.value)) else [self._fault(spot)]
        for index, item in enumerate(spot.value):
            part = Spot(node.item_type, item, join_where(spot.where, index), spot.secret)
            faults += self._walk(part) or self._refuse_unhashable(part, node)
            if len(faults) > MOST_FAULTS:
                break
        return faults

    def _refuse_unhashable(self, spot: Spot, node: inspect.Type) -> list[Fault]:
        """Refuse an array or object where anything may be an item of a set."""
        loose = isinstance(node, inspect.SetType | inspect.FrozenSetType) and isinstance(spot.node, inspect.AnyType)
        return [self._fault(spot, "a value without parts")] if loose and isinstance(spot.value, list | dict) else []

    def _walk_tuple(self, spot: Spot) -> list[Fault]:
        node: Any = spot.node
        if not isinstance(spot.value, list | tuple) or len(spot.value) != len(node.item_types):
            return [self._fault(spot)]
        return self._walk_items(spot, node.item_types, 0)

    def _walk_items(self, spot: Spot, types: Any, first: int) -> list[Fault]:
        faults: list[Fault] = []
        for index, (item_type, item) in enumerate(zip(types, spot.value[first:], strict=False), first):
            faults += self._walk(Spot(item_type, item, join_where(spot.where, index), spot.secret))
        return faults

    def _walk_record(self, spot: Spot) -> list[Fault]:
        """Take a named tuple, or a struct that is an array."""
        node: Any = spot.node
        first = int(getattr(node, "tag", None) is not None)
        least = first + sum(field.required for field in node.fields)
        most = first + len(node.fields)
        if not isinstance(spot.value, list | tuple):
            return [self._fault(spot, "an array")]
        too_many = len(spot.value) > most and not isinstance(node, inspect.StructType)
        if len(spot.value) < least or too_many:
            return [self._fault(spot, "an array" + describe_count(least, most, "item"))]
        if first and not _is_tag(spot.value[0], node.tag):
            return [
                self._fault(
                    spot._replace(value=spot.value[0], where=join_where(spot.where, 0)), describe_values([node.tag])
                )
            ]
        return self._walk_items(spot, [field.type for field in node.fields], first) or self._ask_model(spot)

    def _walk_dict(self, spot: Spot) -> list[Fault]:
        node: Any = spot.node
        if not isinstance(spot.value, dict):
            return [self._fault(spot)]
        faults = [] if has_length(node, len(spot.value)) else [self._fault(spot)]
        for key, item in spot.value.items():
            where = spot.where if spot.secret else join_where(spot.where, key)
            if not is_fine_key(node.key_type, key, strict=self.strict):
                hidden = spot.secret or self.has_secret(node)
                words = f"a name that is {describe_type(node.key_type)}"
                faults.append(Fault(where, words, UNSET if hidden else shorten(key)))
            faults += self._walk(Spot(node.value_type, item, where, spot.secret))
            if len(faults) > MOST_FAULTS:
                break
        return faults

    def _walk_object(self, spot: Spot) -> list[Fault]:
        node: Any = spot.node
        if getattr(node, "array_like", False):
            return self._walk_record(spot)
        if not isinstance(spot.value, dict):
            return [self._fault(spot)]
        fields = {field.encode_name: field for field in node.fields}
        tag_field = getattr(node, "tag_field", None)
        faults: list[Fault] = []
        for key, item in spot.value.items():
            where = join_where(spot.where, key)
            if key in fields:
                faults += self._walk(Spot(fields[key].type, item, where, spot.secret))
            elif tag_field is not None and key == tag_field:
                wrong = spot._replace(value=item, where=where)
                faults += [] if _is_tag(item, node.tag) else [self._fault(wrong, describe_values([node.tag]))]
            elif getattr(node, "forbid_unknown_fields", False):
                # SECURITY: the value of a misspelt secret is not told.
                faults.append(Fault(where, UNKNOWN))
            else:
                faults += self._walk(Spot(ANYTHING, item, where))
        missing = [name for name in order_fields(node, fields) if fields[name].required and name not in spot.value]
        faults += [Fault(join_where(spot.where, name), REQUIRED) for name in missing]
        return faults or self._ask_model(spot)

    def _ask_model(self, spot: Spot) -> list[Fault]:
        """Ask a model's own code about a value that its type takes."""
        if not self.asks_models:
            return []
        own = self._use_usual_words(spot, find_own_faults(spot.node, spot.value, spot.where, strict=self.strict))
        if spot.secret or self.has_secret(spot.node):
            texts = list(self._list_secrets(spot))
            return [Fault(fault.where, _hide(fault.expected, texts)) for fault in own]
        return own

    def _use_usual_words(self, spot: Spot, own: list[Fault]) -> list[Fault]:
        """Tell a fault as for every other model where a model's own code has read a value of a wrong type."""
        if not own or USUAL not in (getattr(spot.node, "extra", None) or {}):
            return own
        found = self._find_usual(spot.node).find_faults(spot.value, spot.where)
        known = {fault.where: fault for fault in found}
        return [known.get(fault.where, fault) for fault in own]

    def _find_usual(self, node: Any) -> Explainer:
        """Give what explains values of the type that a model's own code mostly takes."""
        usual = node.extra[USUAL]
        if usual not in self._usual:
            # SECURITY: the model was asked about all that is in the value; once more at each level is quadratic.
            made = self._usual[usual] = Explainer(inspect.type_info(usual), strict=False, asks_models=False)
            made._usual = self._usual
        return self._usual[usual]

    def _list_secrets(self, spot: Spot) -> Any:
        """Give the secrets in a value, as texts."""
        node: Any = spot.node
        secret = spot.secret or is_secret(node)
        if isinstance(node, inspect.Metadata):
            yield from self._list_secrets(spot._replace(node=node.type, secret=secret))
        elif isinstance(spot.value, dict) and hasattr(node, "fields"):
            for field in node.fields:
                if field.encode_name in spot.value:
                    yield from self._list_secrets(Spot(field.type, spot.value[field.encode_name], "", secret))
        elif isinstance(spot.value, dict | list):
            items = spot.value.values() if isinstance(spot.value, dict) else spot.value
            for item in items:
                yield from self._list_secrets(Spot(ANYTHING, item, "", secret or self.has_secret(node)))
        elif secret and spot.value is not None:
            yield str(spot.value)

    def _walk_union(self, spot: Spot) -> list[Fault]:
        node: Any = spot.node
        tagged = [member for member in node.types if getattr(member, "tag", None) is not None]
        if isinstance(spot.value, dict) and len(tagged) > 1:
            return self._walk_tagged(spot, tagged)
        members = [member for member in node.types if may_take(member, spot.value, strict=self.strict)]
        found = [self._walk(spot._replace(node=member)) for member in members]
        if not all(found):
            return []
        # What is wrong inside an object says more than that nothing fits; of a plain value all is told.
        if isinstance(spot.value, dict | list) and len(found) == 1:
            return found[0]
        if self.strict:
            return [self._fault(spot)]
        plain = [member for member in node.types if not isinstance(member, inspect.NoneType)]
        return [self._fault(spot, describe_any_of([describe_type(member, spot.schema) for member in plain]))]

    def _walk_tagged(self, spot: Spot, members: list[Any]) -> list[Fault]:
        """Go on with the struct that the tag names."""
        name = members[0].tag_field
        where = join_where(spot.where, name)
        if name not in spot.value:
            return [Fault(where, REQUIRED)]
        tag = spot.value[name]
        for member in members:
            if _is_tag(tag, member.tag):
                return self._walk(spot._replace(node=member))
        words = describe_values([member.tag for member in members])
        return [self._fault(spot._replace(value=tag, where=where), words)]


def _is_tag(value: Any, tag: Any) -> bool:
    return type(value) is type(tag) and bool(value == tag)


def _hide(words: str, secrets: list[str]) -> str:
    return ACCEPTED if any(text and text in words for text in secrets) else words


#: A type with parts -> who goes through them.
_WALKERS: dict[type[inspect.Type], Callable[[Explainer, Spot], list[Fault]]] = {
    inspect.AnyType: Explainer._walk_any,
    inspect.RawType: Explainer._walk_any,
    inspect.ListType: Explainer._walk_array,
    inspect.SetType: Explainer._walk_array,
    inspect.FrozenSetType: Explainer._walk_array,
    inspect.VarTupleType: Explainer._walk_array,
    inspect.CollectionType: Explainer._walk_array,
    inspect.TupleType: Explainer._walk_tuple,
    inspect.NamedTupleType: Explainer._walk_record,
    inspect.DictType: Explainer._walk_dict,
    inspect.StructType: Explainer._walk_object,
    inspect.DataclassType: Explainer._walk_object,
    inspect.TypedDictType: Explainer._walk_object,
    inspect.UnionType: Explainer._walk_union,
}
