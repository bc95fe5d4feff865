"""Collect security schemes, and say what an operation needs of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .examples import dump_value
from .formats import Schema
from .names import make_unique
from .schemes import SecurityScheme, find_security

Requirement = dict[str, list[str]]


class Security:
    """Hold the security schemes that operations of one document need."""

    def __init__(self) -> None:
        #: The Security Scheme Objects by name.
        self.components: dict[str, Schema] = {}
        self._names: dict[int, str] = {}
        self._kept: list[SecurityScheme[Any]] = []

    def build_alternatives(self, schemes: Iterable[tuple[SecurityScheme[Any], tuple[str, ...]]]) -> list[Requirement]:
        """Return what a view needs that depends on schemes.

        Args:
            schemes: The schemes, each with the scopes that are asked for.

        Returns:
            One requirement with all schemes that answer 401.  Those that do
            not are alternatives, and so is to have none of them.
        """
        needed: Requirement = {}
        optional: list[Requirement] = []
        for scheme, scopes in schemes:
            name = self._add(scheme)
            if scheme.auto_error or scopes:
                held = needed.setdefault(name, [])
                held += [scope for scope in scopes if scope not in held]
            else:
                optional.append({name: []})
        return [*({**needed, **each} for each in optional), needed]

    def build_requirements(self, told: Iterable[Any]) -> list[Requirement]:
        """Return requirements that somebody wrote down.

        Args:
            told: For each alternative a scheme, what `requires` of a scheme
                returned, or an object of OpenAPI.

        Raises:
            TypeError: One of them is something else.
        """
        requirements: list[Requirement] = []
        for each in told:
            if isinstance(each, Mapping):
                requirements.append(dump_value(each))
                continue
            security = find_security(each)
            if security is None:
                raise TypeError(
                    f"A security requirement was {each!r}, a {type(each).__name__}. Give a scheme such as"
                    ' HTTPBearer(), or an object of OpenAPI such as {"HTTPBearer": []}.'
                )
            requirements.append({self._add(security[0]): list(security[1])})
        return requirements

    def _add(self, scheme: SecurityScheme[Any]) -> str:
        """Return the name of a scheme, which becomes a component."""
        name = self._names.get(id(scheme))
        if name is None:
            described = scheme.to_openapi()
            known = self.components.get(scheme.name)
            # Two objects that say the same are one scheme.
            name = scheme.name if known == described else make_unique(scheme.name, set(self.components))
            self.components[name] = described
            self._names[id(scheme)] = name
            self._kept.append(scheme)  # so that no other gets its identity
        return name
