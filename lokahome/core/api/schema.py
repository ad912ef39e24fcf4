"""OpenAPI: operation ids, tags, and the refusals that every operation shares."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

from lokahome.core.errors import CATALOGUE

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "code", "request_id", "is_retryable"],
    "properties": {
        "type": {"type": "string", "maxLength": 300, "description": "Its page."},
        "title": {"type": "string", "maxLength": 200, "description": "Short summary."},
        "status": {
            "type": "integer",
            "minimum": 400,
            "maximum": 599,
            "description": "HTTP status.",
        },
        "detail": {
            "type": "string",
            "maxLength": 1000,
            "description": "What to tell the reader, in the reader's language.",
        },
        "instance": {"type": "string", "maxLength": 500, "description": "The path."},
        "code": {
            "type": "string",
            "maxLength": 80,
            "description": "Stable code (GET /api/v1/problems).",
            "example": "resource.not_found",
        },
        "request_id": {
            "type": "string",
            "maxLength": 64,
            "description": "For support.",
        },
        "errors": {
            "type": "array",
            "maxItems": 100,
            "description": "Every failure of every input.",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "maxLength": 200},
                    "parameter": {"type": "string", "maxLength": 60},
                    "code": {"type": "string", "maxLength": 60},
                    "detail": {"type": "string", "maxLength": 500},
                },
            },
        },
        "is_retryable": {
            "type": "boolean",
            "description": "Whether the same request may succeed later.",
        },
        "retry_after_seconds": {
            "type": "integer",
            "minimum": 0,
            "maximum": 86400,
            "description": "When to retry.",
        },
        "allowed_actions": {
            "type": "array",
            "maxItems": 40,
            "description": "What the object's state permits (409).",
            "items": {"type": "string", "maxLength": 40},
        },
        "until": {
            "type": "string",
            "format": "date-time",
            "nullable": True,
            "description": "Until when it is so; null for no end (a closed account).",
        },
        "methods": {
            "type": "array",
            "maxItems": 8,
            "description": "How to prove again who one is (auth.proof_needed).",
            "items": {"type": "string", "maxLength": 20},
        },
        "reason": {
            "type": "string",
            "maxLength": 500,
            "description": "What the staff told the person (a closed account).",
        },
        "appeal_token": {
            "type": "string",
            "maxLength": 300,
            "description": "For POST /appeals while nobody can sign in; 30 minutes.",
        },
    },
}
SHARED_STATUSES = {
    "400": "The request cannot be read.",
    "401": "No valid access token.",
    "403": "Known, but not allowed.",
    "404": "Nothing here that this person may see.",
    "409": "The state does not permit it.",
    "422": "A value is not acceptable.",
    "429": "A limit is reached.",
}
HEADERS: dict[str, str] = {
    "LokaHome-Device": (
        "Made by the app when it is installed, kept, and sent with every request. "
        "Without it a sign-in is always on a new device."
    ),
    "LokaHome-Agency": (
        "The agency in whose name to ask. Leave it out to ask for oneself; one that the "
        "person may not act for is refused with `agency.not_yours`. Not read under "
        "`/me` and `/auth`: those are one's own."
    ),
}
"""What every request may carry; an agency's only with a token, whose person is known."""
SIGNED_IN_ONLY = {"LokaHome-Agency"}
FOR_MACHINES = {"webhooks", "sms"}
"""Tags of what gateways and carriers call; they send headers of their own."""
METHODS = {"get", "post", "put", "patch", "delete"}


class LokaSchema(AutoSchema):
    """Names operations ``resource_action`` and tags them by their resource."""

    def get_tags(self) -> list[str]:
        """Return the first noun of the path."""
        parts = [part for part in self.path.split("/") if part and "{" not in part]
        return [parts[2] if len(parts) > 2 else "platform"]


def only_the_api(endpoints: list[Any], **_: Any) -> list[Any]:
    """Keep the paths of the API."""
    return [item for item in endpoints if item[0].startswith("/api/v1/")]


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the problem schema, and the shared refusals, to every operation."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    problem = {**PROBLEM, "properties": {**PROBLEM["properties"]}}
    problem["properties"]["code"] = {
        **PROBLEM["properties"]["code"],
        "x-known-codes": sorted(CATALOGUE),
    }
    schemas["Problem"] = problem
    content = {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }
    for item in result["paths"].values():
        for method, operation in item.items():
            if method not in METHODS:
                continue
            for status, text in SHARED_STATUSES.items():
                operation["responses"].setdefault(
                    status, {"description": text, "content": content}
                )
    return result


def add_headers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Name the headers of ours that apps may send anywhere, once for all operations."""
    components = result.setdefault("components", {})
    components["parameters"] = {
        name: {
            "name": name,
            "in": "header",
            "required": False,
            "schema": {"type": "string", "format": "uuid"},
            "description": text,
        }
        for name, text in HEADERS.items()
    }
    for item in result["paths"].values():
        for method, operation in item.items():
            if method not in METHODS or FOR_MACHINES & set(operation["tags"]):
                continue
            is_open = operation.get("security") == [{}]
            operation["parameters"] = [
                *operation.get("parameters", []),
                *(
                    {"$ref": f"#/components/parameters/{name}"}
                    for name in HEADERS
                    if not (is_open and name in SIGNED_IN_ONLY)
                ),
            ]
    return result
