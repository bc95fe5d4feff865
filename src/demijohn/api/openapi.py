"""Write the OpenAPI document of an application.

Typed views are described in full, plain ones by their rule, converters,
methods and docstring.  The same application gives the same bytes: nothing
here depends on the order of a set or on an address.

OpenAPI 3.1.1 and 3.2.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from werkzeug.exceptions import HTTPException, default_exceptions

from ..pipeline.errors import find_handler
from ..typing import AppLike
from .answers import Answers
from .endpoints import Description, Endpoint, describe_function, list_endpoints
from .examples import dump_value
from .faults import Fault
from .inputs import build_body, build_parameters, build_path_parameters, is_raw
from .names import make_unique
from .operations import Webhook, find_phrase, find_webhooks
from .paths import may_mismatch
from .problems import InvalidRequest, MalformedBody, Problem, WrongContentType, render_problem
from .schemas import Schemas
from .security import Security
from .settings import DocumentSettings, find_version, read_settings
from .signature import NOTHING, read_signature

#: Methods that have a field of their own in a Path Item Object.
_FIELDS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
#: What binding raises, which is a problem unless a handler makes something else of it.
_PROBLEMS: dict[int, HTTPException] = {
    400: MalformedBody(1, 1, ""),
    415: WrongContentType((), ""),
    422: InvalidRequest(()),
}
#: What the other side answers to a webhook unless more is told.
_UNDERSTOOD = "2XX", "It was understood."
_BODY_SOURCES = frozenset({"body", "form", "file"})
#: What the models of the package are to a reader of the document.
_TEXTS = {Problem: "What went wrong (RFC 9457).", Fault: "One thing that is wrong, and where."}
_spoil = re.compile(r"[^A-Za-z0-9_]+")
_find_variables = re.compile(r"\{[^{}]*\}")


def build_document(app: AppLike, version: str | None = None) -> dict[str, Any]:
    """Return the OpenAPI document of an application.

    Args:
        app: The application, with its setting `OPENAPI`.
        version: The version of OpenAPI, "3.1" or "3.2"; that of the setting
            unless given.

    Returns:
        The document, of builtins only.

    Raises:
        SignatureError: A view asks for what cannot be bound.
        TypeError: The setting is of a wrong type.
        ValueError: The setting has a key that means nothing, or the version
            is another one.
    """
    settings = read_settings(app)
    return _Writer(app, settings, find_version(version or settings.openapi)).write()


def dump_document(document: Mapping[str, Any], *, indent: int = 0) -> bytes:
    """Return a document as JSON.

    Args:
        document: The document.
        indent: By how many spaces each level is indented; 0 for one line.
    """
    data = msgspec.json.encode(document)
    return msgspec.json.format(data, indent=indent) if indent else data


class _Writer:
    """Write one document."""

    def __init__(self, app: AppLike, settings: DocumentSettings, version: str) -> None:
        self._app = app
        self._settings = settings
        self._version = version
        self._is_new = version >= "3.2"
        self._schemas = Schemas(_TEXTS)
        self._security = Security()
        self._answers = Answers(
            self._schemas, has_item_schemas=self._is_new, text_type=app.response_class.default_mimetype or "text/html"
        )
        self._ids: set[str] = set()
        #: The blueprints that became tags, in order.
        self._tags: dict[str, None] = {}

    def write(self) -> dict[str, Any]:
        settings = self._settings
        paths = self._write_paths()
        webhooks = self._write_webhooks()
        security = self._security.build_requirements(settings.security)
        described = {"description": settings.description} if settings.description else {}
        info = {"title": settings.title, "version": settings.version, **described, **dump_value(settings.info)}
        schemas, schemes = self._schemas.finish([paths, webhooks]), self._security.components
        components = {
            **({"schemas": schemas} if schemas else {}),
            **({"securitySchemes": dict(sorted(schemes.items()))} if schemes else {}),
        }
        document: dict[str, Any] = {
            "openapi": self._version,
            "info": info,
            "servers": self._list_servers(),
            "security": security,
            "tags": self._list_tags(),
            "paths": paths,
            "webhooks": webhooks,
            "components": components,
        }
        return {key: value for key, value in document.items() if value or key == "paths"}

    def _write_paths(self) -> dict[str, Any]:
        paths: dict[str, Any] = {}
        #: The path that was there first, of those that differ in names of variables.
        forms: dict[str, str] = {}
        for endpoint in list_endpoints(self._app, tuple(self._settings.hidden)):
            path = forms.setdefault(_find_variables.sub("{}", endpoint.path), endpoint.path)
            operations = paths.setdefault(path, {})
            target = self._find_field(operations, endpoint.method)
            if target is None or endpoint.method.lower() in target or endpoint.method in target:
                # Only one of two operations can stand here: the one that was registered first.
                continue
            name = endpoint.method if target is not operations else endpoint.method.lower()
            target[name] = self._write_operation(endpoint, path)
        return {path: operations for path, operations in paths.items() if operations}

    def _find_field(self, operations: dict[str, Any], method: str) -> dict[str, Any] | None:
        """Return where the operation for a method stands; None if nowhere."""
        if method.lower() in _FIELDS or (self._is_new and method == "QUERY"):
            return operations
        if not self._is_new:
            return None
        more: dict[str, Any] = operations.setdefault("additionalOperations", {})
        return more

    def _write_operation(self, endpoint: Endpoint, path: str) -> dict[str, Any]:
        description = endpoint.description
        settings, texts = description.settings, description.texts
        own = build_path_parameters(self._schemas, endpoint.converters, description.parameters, texts)
        # The names of variables are those in the path, which may be another rule's.
        for parameter, variable in zip(own, _find_variables.findall(path), strict=True):
            parameter["name"] = variable[1:-1]
        parameters = own + build_parameters(self._schemas, description.parameters, texts)
        security = self._find_security(description)
        body = build_body(self._schemas, description.parameters, texts, settings.examples)
        is_told = description.signature.parameters or description.signature.result is not NOTHING
        automatic = self._list_automatic(endpoint) if is_told else {}
        operation: dict[str, Any] = {
            "tags": self._find_tags(endpoint),
            "summary": settings.summary or texts.summary or _make_summary(endpoint),
            "description": settings.description or texts.description,
            "operationId": self._make_id(endpoint),
            "parameters": parameters,
            "requestBody": body,
            "responses": self._answers.build(settings, description.signature.result, texts.result, automatic),
            "deprecated": settings.deprecated,
        }
        operation = {key: value for key, value in operation.items() if value}
        return operation if security is None else {**operation, "security": security}

    def _write_webhooks(self) -> dict[str, Any]:
        webhooks: dict[str, Any] = {}
        for webhook in find_webhooks(self._app):
            webhooks.setdefault(webhook.name, {})[webhook.method.lower()] = self._write_webhook(webhook)
        for name, told in self._settings.webhooks.items():
            if callable(told):
                webhooks[name] = {"post": self._write_webhook(Webhook(name, "POST", told))}
            else:
                webhooks[name] = dump_value(told)
        return webhooks

    def _write_webhook(self, webhook: Webhook) -> dict[str, Any]:
        description = describe_function(self._app, read_signature(webhook.function, frozenset()))
        settings, texts = description.settings, description.texts
        operation: dict[str, Any] = {
            "tags": list(settings.tags or ()),
            "summary": settings.summary or texts.summary,
            "description": settings.description or texts.description,
            "operationId": make_unique(settings.operation_id or _spoil.sub("_", webhook.name), self._ids),
            "parameters": build_parameters(self._schemas, description.parameters, texts),
            "requestBody": build_body(self._schemas, description.parameters, texts, settings.examples),
            "responses": self._answers.build(settings, description.signature.result, texts.result, {}, _UNDERSTOOD),
            "deprecated": settings.deprecated,
        }
        return {key: value for key, value in operation.items() if value}

    def _find_security(self, description: Description) -> list[Any] | None:
        """Return what an operation needs; None for what the document says of all."""
        if description.settings.security is not None:
            return self._security.build_requirements(description.settings.security)
        if description.schemes:
            return self._security.build_alternatives(description.schemes)
        return None

    def _find_tags(self, endpoint: Endpoint) -> list[str]:
        tags = endpoint.description.settings.tags
        if tags is None:
            tags = () if endpoint.blueprint is None else (endpoint.blueprint,)
        self._tags.update(dict.fromkeys(tags))
        return list(tags)

    def _list_tags(self) -> list[Any]:
        told = [dict(tag) if isinstance(tag, Mapping) else {"name": tag} for tag in self._settings.tags]
        names = {tag["name"] for tag in told}
        for name in list(self._tags):
            parent = name.rpartition(".")[0]
            while self._is_new and parent in self._app.blueprints:
                self._tags[parent] = None
                parent = parent.rpartition(".")[0]
        told += [{"name": name} for name in self._tags if name not in names]
        names.update(self._tags)
        if self._is_new:
            for tag in told:
                parent = tag["name"].rpartition(".")[0]
                if parent in names and parent in self._app.blueprints:
                    tag.setdefault("parent", parent)
        return told

    def _list_servers(self) -> list[Any]:
        told = self._settings.servers
        servers = [{"url": server} if isinstance(server, str) else dump_value(server) for server in told]
        root = self._app.config["APPLICATION_ROOT"].rstrip("/")
        return servers or ([{"url": root}] if root else [])

    def _make_id(self, endpoint: Endpoint) -> str:
        told = endpoint.description.settings.operation_id
        if told is None:
            told = _spoil.sub("_", endpoint.name).strip("_")
            if endpoint.is_shared:
                told = f"{told}_{endpoint.method.lower()}"
        return make_unique(told, self._ids)

    def _list_automatic(self, endpoint: Endpoint) -> dict[int, Any]:
        """Return what may be answered in place of the view's results."""
        description = endpoint.description
        bound = [parameter for parameter in description.parameters if parameter.source not in {"depends", "url"}]
        bodies = [parameter for parameter in bound if parameter.source in _BODY_SOURCES]
        parsed = [parameter for parameter in bodies if parameter.source != "body" or not is_raw(parameter)]
        checks = {
            400: any(parameter.source == "body" for parameter in parsed),
            401: any(scheme.auto_error for scheme, _ in description.schemes),
            403: any(scopes for _, scopes in description.schemes),
            404: any(map(may_mismatch, endpoint.converters.values())),
            413: bodies and self._app.config["MAX_CONTENT_LENGTH"] is not None,
            415: parsed or any(parameter.param.content_types for parameter in bodies),
            422: bound,
        }
        statuses = [status for status, applies in checks.items() if applies]
        return {status: self._describe_error(status, endpoint.blueprint) for status in statuses}

    def _describe_error(self, status: int, blueprint: str | None) -> Any:
        blueprints = [] if blueprint is None else _list_parents(blueprint)
        error = _PROBLEMS.get(status) or default_exceptions[status]()
        handler = find_handler(self._app, error, blueprints)
        is_problem = handler is render_problem or (handler is None and status in _PROBLEMS)
        return (Problem if is_problem else None), find_phrase(status)


def _list_parents(name: str) -> Iterable[str]:
    while name:
        yield name
        name = name.rpartition(".")[0]


def _make_summary(endpoint: Endpoint) -> str:
    """Return a summary for a view that has no docstring."""
    words = endpoint.name.rpartition(".")[2].replace("_", " ").strip()
    if endpoint.is_shared:
        words = f"{endpoint.method.lower()} {words}"
    return words[:1].upper() + words[1:]
