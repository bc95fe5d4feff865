"""Read the setting `OPENAPI`: what a document says of its application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from ..typing import AppLike

#: The versions of OpenAPI that a document can be written in.
VERSIONS = ("3.1.1", "3.2.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSettings:
    """Hold the setting `OPENAPI`, whose keys are these fields."""

    #: The name of the application; by default that of its module.
    title: str = ""
    #: The version of the application, not of OpenAPI.
    version: str = "1.0.0"
    #: A text in Markdown.
    description: str | None = None
    #: More of the Info Object: `contact`, `license`, `termsOfService`, `summary`.
    info: Mapping[str, Any] = field(default_factory=dict)
    #: Where the application runs: URLs, or Server Objects.
    servers: Sequence[Any] = ()
    #: What every operation needs: schemes, or Security Requirement Objects.
    security: Sequence[Any] = ()
    #: The groups in their order: names, or Tag Objects.
    tags: Sequence[Any] = ()
    #: Requests that the application sends: functions, or Path Item Objects, by name.
    webhooks: Mapping[str, Any] = field(default_factory=dict)
    #: Patterns of endpoints that the document leaves out, such as "admin.*".
    hidden: Sequence[str] = ()
    #: The version of OpenAPI, "3.1" or "3.2".
    openapi: str = VERSIONS[0]
    #: The path of the document; None for no document.
    path: str | None = "/openapi.json"
    #: The path of the page for people; None for no page.
    docs_path: str | None = "/docs"


def read_settings(app: AppLike) -> DocumentSettings:
    """Return the setting `OPENAPI` of an application.

    Args:
        app: The application; without the setting, the defaults hold.

    Raises:
        TypeError: The setting, or a key of it, is of a wrong type.
        ValueError: The setting has a key that means nothing.
    """
    given = app.config.get("OPENAPI")
    if given is None or isinstance(given, bool):
        given = {}
    if not isinstance(given, Mapping):
        raise TypeError(f"OPENAPI was {given!r}, a {type(given).__name__}. Set it to True, or to a dict of settings.")
    known = [each.name for each in fields(DocumentSettings)]
    for key in given:
        if key not in known:
            raise ValueError(f"OPENAPI has the key {key!r}, which means nothing. It may have {', '.join(known)}.")
    for key in ("servers", "security", "tags", "hidden"):
        if isinstance(given.get(key), (str, Mapping)):
            raise TypeError(f"OPENAPI[{key!r}] was {given[key]!r}, which is a single one. Put it into a list.")
    return DocumentSettings(**{"title": app.name, **given})


def find_version(wanted: str) -> str:
    """Return the version of OpenAPI in full, such as "3.1.1".

    Args:
        wanted: "3.1", "3.2", or one in full.

    Raises:
        ValueError: No document can be written in that version.
    """
    for version in VERSIONS:
        if f"{wanted}.".startswith(f"{version.rpartition('.')[0]}."):
            return version
    raise ValueError(f"There is no document in OpenAPI {wanted!r}: it can be written in {' and '.join(VERSIONS)}.")
