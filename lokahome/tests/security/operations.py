"""The operations of the API, read from the OpenAPI document that clients are given.

Nothing here knows an endpoint by name: whoever adds one adds an operation, and the tests
of this folder ask for it at once.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "put", "post", "patch", "delete", "head", "options", "trace")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PARAMETER = re.compile(r"{(\w+)}")
JSON = ("application/json", "application/merge-patch+json")
MADE_BY_THE_CLIENT = frozenset({"id", "client_id", "device_id"})
"""Members of type UUID that name nothing which exists already."""


@dataclass(frozen=True)
class Operation:
    """One method of one path; ``body`` is the resolved schema of its JSON, or None.

    ``is_open`` reads no token at all; ``needs_token`` answers nobody without one.
    """

    name: str
    method: str
    path: str
    is_open: bool
    needs_token: bool
    media_types: tuple[str, ...]
    body: dict[str, Any] | None
    required_headers: frozenset[str]
    filters: tuple[str, ...]
    """Parameters of the query that name an object."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path, in order."""
        return tuple(PARAMETER.findall(self.path))

    @property
    def is_safe(self) -> bool:
        """Whether asking promises to change nothing."""
        return self.method in SAFE

    @property
    def references(self) -> tuple[str, ...]:
        """The members of the body that name other objects by their id."""
        return tuple(sorted(_references(self.body))) if self.body else ()


def _references(schema: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, part in schema.get("properties", {}).items():
        inner = part.get("items", part)
        if inner.get("format") == "uuid" and name not in MADE_BY_THE_CLIENT:
            yield prefix + name
        elif inner.get("type") == "object":
            yield from _references(inner, f"{prefix}{name}.")


@functools.cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document of the whole API, as ``GET /schema`` gives it."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    return schema


@functools.cache
def operations() -> dict[str, Operation]:
    """Return every operation of the document by its name, in the document's order."""
    found: dict[str, Operation] = {}
    for path, item in document()["paths"].items():
        for method, spec in item.items():
            if method not in METHODS:
                continue
            operation = _read(path, method, spec)
            assert operation.name not in found, f"two operations {operation.name}"
            found[operation.name] = operation
    return found


def _read(path: str, method: str, spec: dict[str, Any]) -> Operation:
    content = spec.get("requestBody", {}).get("content", {})
    body = next((content[kind]["schema"] for kind in JSON if kind in content), None)
    parameters = [resolved(item) for item in spec.get("parameters", [])]
    needed = [item for item in parameters if item.get("required")]
    security = spec.get("security", [{"unsaid": []}])
    return Operation(
        name=spec["operationId"],
        method=method.upper(),
        path=path,
        is_open=security == [{}],
        needs_token={} not in security,
        media_types=tuple(content),
        body=None if body is None else resolved(body),
        required_headers=frozenset(
            item["name"] for item in needed if item["in"] == "header"
        ),
        filters=tuple(
            item["name"]
            for item in parameters
            if item["in"] == "query" and _names(item)
        ),
    )


def _names(parameter: dict[str, Any]) -> bool:
    is_id = resolved(parameter["schema"]).get("format") == "uuid"
    return is_id or parameter["name"] == "subject"


def resolved(schema: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """Return *schema* with every reference in it replaced by what it points to."""
    if depth > 12:
        return {}
    if "$ref" in schema:
        node: Any = document()
        for step in schema["$ref"].removeprefix("#/").split("/"):
            node = node[step]
        return resolved(node, depth + 1)
    if "allOf" in schema:
        merged: dict[str, Any] = {}
        for part in schema["allOf"]:
            merged |= resolved(part, depth + 1)
        return merged
    found = dict(schema)
    if "properties" in schema:
        found["properties"] = {
            name: resolved(part, depth + 1)
            for name, part in schema["properties"].items()
        }
    if "items" in schema:
        found["items"] = resolved(schema["items"], depth + 1)
    return found


def sample(schema: dict[str, Any]) -> Any:
    """Return a value that *schema* describes: its example, or the plainest one."""
    if "example" in schema:
        return schema["example"]
    if "default" in schema and schema["default"] is not None:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            wanted = schema.get("required", [])
            return {
                name: sample(part)
                for name, part in schema.get("properties", {}).items()
                if name in wanted
            }
        case "array":
            return [sample(schema["items"])] if schema.get("minItems") else []
        case "boolean":
            return True
        case "integer":
            return max(schema.get("minimum", 1), 1)
        case "number":
            return max(schema.get("minimum", 1), 1.0)
        case _:
            return _text(schema)


def _text(schema: dict[str, Any]) -> str:
    formats = {
        "uuid": "01890000-0000-7000-8000-0000000000aa",
        "date": "2027-01-15",
        "date-time": "2027-01-15T09:00:00Z",
        "email": "quelqu.un@example.bj",
        "uri": "https://example.bj/",
    }
    if schema.get("format") in formats:
        return formats[schema["format"]]
    if "0-9a-f" in schema.get("pattern", ""):
        return "a" * schema.get("maxLength", 64)
    return "Bonjour à vous"[: schema.get("maxLength", 40)]
