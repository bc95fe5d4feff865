"""A document with all that the docs page has to show, in a shop for pets; its texts try to be markup."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

#: What would run if any text of the document were taken for HTML.
HOSTILE = (
    "<img src=x onerror=\"document.body.dataset.broken='yes'\"><script>document.body.dataset.broken='yes'</script>"
)

GUIDE = """Pets, the *newest* first.

* by `kind`
* by **tag**: see [the guide](https://example.com/guide)

```
GET /pets?kind=cat
```"""


def refer(name: str) -> dict[str, str]:
    """Return a reference to a model."""
    return {"$ref": f"#/components/schemas/{quote(name.replace('~', '~0').replace('/', '~1'))}"}


def take(name: str, place: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a parameter."""
    return {"name": name, "in": place, "schema": schema, **({"required": True} if place == "path" else {}), **more}


def hold(schema: dict[str, Any], mimetype: str = "application/json", **more: Any) -> dict[str, Any]:
    """Return the content of a body."""
    return {"content": {mimetype: {"schema": schema, **more}}}


def answer(status: str, schema: dict[str, Any] | None, text: str = "Done.") -> dict[str, Any]:
    """Return responses: one that is fine, and problems."""
    good = {"description": text, **(hold(schema) if schema else {})}
    problem = {"description": "A problem.", **hold(refer("Problem"), "application/problem+json")}
    return {status: good, "404": problem, "422": {"$ref": "#/components/responses/Invalid"}}


ID = take("pet_id", "path", {"type": "integer", "minimum": 1}, description="The number of the pet.", example=7)
TEXT = {"type": "string"}
LIST = {"type": "array", "items": refer("Pet")}

SCHEMAS: dict[str, Any] = {
    "Pet": {
        "type": "object",
        "description": "A pet, and *what* it likes.",
        "required": ["name", "kind"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "name": {
                "type": "string",
                "minLength": 1,
                "maxLength": 40,
                "description": "What it is called.",
                "examples": ["Rex"],
            },
            "kind": refer("Kind"),
            "born": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}], "default": None},
            "price": {"type": "string", "format": "decimal"},
            "weight": {"type": "number", "exclusiveMinimum": 0},
            "tags": {"type": "array", "items": TEXT, "maxItems": 5},
            "owner": {"anyOf": [refer("Owner"), {"type": "null"}]},
            "parents": {"type": "array", "items": refer("Pet"), "description": "Pets as well."},
            "home": {"oneOf": [refer("Cage"), refer("Tank")], "discriminator": {"propertyName": "type"}},
            "notes": {"type": "object", "additionalProperties": TEXT},
            "password": {"type": "string", "writeOnly": True},
        },
    },
    "Kind": {"type": "string", "enum": ["cat", "dog", "fish"], "description": "The kind of a pet."},
    "Owner": {
        "type": "object",
        "required": ["name", "mail"],
        "properties": {
            "name": TEXT,
            "mail": {"type": "string", "format": "email"},
            "pets": {"type": "array", "items": refer("Pet")},
        },
    },
    "Cage": {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"const": "cage"}, "width": {"type": "integer"}},
    },
    "Tank": {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"const": "tank"}, "litres": {"type": "number"}},
    },
    "Puppy": {"allOf": [refer("Pet"), {"type": "object", "properties": {"weeks": {"type": "integer"}}}]},
    "Tree": {"type": "array", "items": refer("Tree")},
    "Maybe": {"anyOf": [refer("Maybe"), {"type": "null"}]},
    "Problem": {
        "type": "object",
        "description": "RFC 9457.",
        "properties": {"type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT},
    },
    HOSTILE: {
        "type": "object",
        "title": HOSTILE,
        "description": HOSTILE,
        "properties": {HOSTILE: {"type": "string", "default": HOSTILE, "enum": [HOSTILE]}},
    },
}

PATHS: dict[str, Any] = {
    "/pets": {
        "get": {
            "operationId": "list_pets",
            "tags": ["pets"],
            "summary": "List pets",
            "description": GUIDE,
            "parameters": [
                take("kind", "query", refer("Kind")),
                take("tag", "query", {"type": "array", "items": TEXT}, description="Has all of them."),
                take("sold", "query", {"type": "boolean", "default": False}),
                take("page", "query", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1}),
                take("near", "query", {"type": "object", "properties": {"x": {"type": "number"}}}, style="deepObject"),
                take("X-Request-ID", "header", {"type": "string", "format": "uuid"}),
                take("flavour", "cookie", TEXT),
            ],
            "responses": answer("200", LIST, "The pets."),
        },
        "post": {
            "operationId": "add_pet",
            "tags": ["pets"],
            "summary": "Add a pet",
            "security": [{"bearer": []}, {"key": []}],
            "requestBody": {"required": True, **hold(refer("Pet"))},
            "responses": answer("201", refer("Pet"), "The pet, with its number."),
        },
    },
    "/pets/{pet_id}": {
        "parameters": [ID],
        "get": {
            "operationId": "find_pet",
            "tags": ["pets"],
            "summary": "Find a pet",
            "responses": answer("200", refer("Pet")),
        },
        "put": {
            "operationId": "replace_pet",
            "tags": ["pets"],
            "summary": "Replace a pet",
            "security": [{"login": ["pets:write"]}],
            "requestBody": {
                "required": True,
                **hold(
                    refer("Pet"),
                    examples={
                        "cat": {"summary": "A cat", "value": {"name": "Tom", "kind": "cat"}},
                        "dog": {"value": {"name": "Rex", "kind": "dog"}},
                    },
                ),
            },
            "responses": answer("200", refer("Pet")),
        },
        "patch": {
            "operationId": "change_pet",
            "tags": ["pets"],
            "summary": "Change a pet",
            "requestBody": hold(refer("Puppy"), "application/merge-patch+json"),
            "responses": answer("200", refer("Pet")),
        },
        "delete": {
            "operationId": "delete_pet",
            "tags": ["pets"],
            "summary": "Delete a pet",
            "deprecated": True,
            "security": [{"basic": []}],
            "responses": answer("204", None),
        },
    },
    "/pets/{pet_id}/photo": {
        "parameters": [ID],
        "get": {
            "operationId": "photo",
            "tags": ["pets"],
            "summary": "Give the photo",
            "responses": {
                "200": {
                    "description": "It.",
                    "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
                }
            },
        },
        "put": {
            "operationId": "set_photo",
            "tags": ["pets"],
            "summary": "Set the photo",
            "requestBody": hold({"type": "string", "format": "binary"}, "image/png"),
            "responses": answer("204", None),
        },
        "post": {
            "operationId": "upload",
            "tags": ["pets"],
            "summary": "Upload photos",
            "requestBody": {
                "required": True,
                **hold(
                    {
                        "type": "object",
                        "required": ["title", "photos"],
                        "properties": {
                            "title": TEXT,
                            "photos": {"type": "array", "items": {"type": "string", "contentMediaType": "image/*"}},
                            "public": {"type": "boolean"},
                        },
                    },
                    "multipart/form-data",
                ),
            },
            "responses": answer("201", refer("Pet")),
        },
    },
    "/pets/search": {
        "query": {
            "operationId": "search",
            "tags": ["pets"],
            "summary": "Search by a body",
            "requestBody": hold(refer("Tree")),
            "responses": answer("200", LIST),
        }
    },
    "/login": {
        "post": {
            "operationId": "login",
            "tags": ["owners"],
            "summary": "Sign in",
            "security": [],
            "requestBody": {
                "required": True,
                **hold(
                    {
                        "type": "object",
                        "required": ["name", "password"],
                        "properties": {"name": TEXT, "password": {"type": "string", "writeOnly": True}},
                    },
                    "application/x-www-form-urlencoded",
                ),
            },
            "responses": answer("200", None),
        }
    },
    "/events": {
        "get": {
            "operationId": "events",
            "tags": ["shop"],
            "summary": "Follow what happens",
            "responses": {
                "200": {"description": "Events.", "content": {"text/event-stream": {"itemSchema": refer("Pet")}}}
            },
        }
    },
    "/odd": {
        "post": {
            "operationId": "odd",
            "summary": HOSTILE,
            "description": f"{HOSTILE}\n\n[run](javascript:alert(1)) [data](data:text/html,x) `{HOSTILE}`",
            "parameters": [
                take(HOSTILE, "query", {"type": "string", "description": HOSTILE, "pattern": HOSTILE}, example=HOSTILE)
            ],
            "requestBody": hold(refer(HOSTILE)),
            "responses": {
                "200": {
                    "description": HOSTILE,
                    "headers": {"X-Odd": {"description": HOSTILE, "schema": TEXT}},
                    **hold(refer("Maybe")),
                },
                "default": {"description": ""},
            },
            "externalDocs": {"url": "javascript:alert(1)", "description": HOSTILE},
        }
    },
}


def build_petstore(more: int = 0) -> dict[str, Any]:
    """Return the document.

    Args:
        more: How many operations to add that differ by a number alone.
    """
    paths = dict(PATHS)
    for name in ("owners", "orders", "shops"):
        tags = [name if name == "owners" else "shop"]
        one = refer("Owner")
        paths[f"/{name}"] = {
            "get": {
                "operationId": f"list_{name}",
                "tags": tags,
                "summary": f"List {name}",
                "responses": answer("200", {"type": "array", "items": one}),
            },
            "post": {
                "operationId": f"add_{name}",
                "tags": tags,
                "summary": f"Add {name}",
                "requestBody": hold(one),
                "responses": answer("201", one),
            },
        }
        paths[f"/{name}/{{pet_id}}"] = {
            "parameters": [ID],
            "get": {"operationId": f"find_{name}", "tags": tags, "responses": answer("200", one)},
            "delete": {"operationId": f"delete_{name}", "tags": tags, "responses": answer("204", None)},
        }
    for number in range(more):
        operation = {
            "operationId": f"more_{number}",
            "tags": [f"part {number // 25}"],
            "summary": f"More of it, {number}",
            "responses": answer("200", refer("Pet")),
        }
        paths[f"/more/{number}/{{pet_id}}"] = {
            "parameters": [ID],
            "get": {**operation, "requestBody": hold(refer("Pet"))},
        }
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Pets & more",
            "version": "2.7",
            "description": "A shop for **pets**, with an [imprint](https://example.com/).",
            "contact": {"name": "The shop", "email": "shop@example.com"},
            "license": {"name": "BSD"},
        },
        "servers": [
            {"url": "/v1", "description": "this one"},
            {
                "url": "https://{region}.example.com:8443/v1",
                "variables": {"region": {"enum": ["eu", "us"], "default": "eu"}},
            },
        ],
        "tags": [{"name": "pets", "description": "All about pets."}, {"name": "owners"}, {"name": "unused"}],
        "paths": paths,
        "webhooks": {
            "pet.sold": {
                "post": {
                    "operationId": "pet_sold",
                    "summary": "A pet was sold",
                    "requestBody": hold(refer("Pet")),
                    "responses": {"204": {"description": "Seen."}},
                }
            }
        },
        "components": {
            "schemas": SCHEMAS,
            "responses": {
                "Invalid": {
                    "description": "Something of it cannot be used.",
                    **hold(refer("Problem"), "application/problem+json"),
                }
            },
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "basic": {"type": "http", "scheme": "basic"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "crumb": {"type": "apiKey", "in": "cookie", "name": "crumb"},
                "login": {
                    "type": "oauth2",
                    "flows": {"password": {"tokenUrl": "/v1/token", "scopes": {"pets:write": "Change pets."}}},
                },
            },
        },
    }
