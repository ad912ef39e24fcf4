"""Structured logs: one line an event, with the request id, without personal data."""

from __future__ import annotations

import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from lokahome.core.request_id import current_request_id

PHONE = re.compile(r"(?:\+|00)?229[ .]?(?:\d[ .]?){8,10}|\b01(?:[ .]?\d){8}\b")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
TOKEN = re.compile(r"\b(?:Bearer\s+\S+|eyJ[\w-]+\.[\w-]+\.[\w-]+|[sw][kh]_\w{6,})")
ROW = re.compile(r"DETAIL:.*?(?=\n\n(?:The above|During)|\n  [+|] |\Z)", re.DOTALL)
"""What PostgreSQL adds to a violation: the row that failed, names and words and all."""


def add_request_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Put the id of the request or job at work on the line."""
    if request_id := current_request_id():
        event.setdefault("request_id", request_id)
    return event


def scrub(value: str) -> str:
    """Return *value* without phones, addresses, tokens, keys and rows of tables."""
    value = ROW.sub("DETAIL: [row]", value)
    return PHONE.sub("[phone]", EMAIL.sub("[email]", TOKEN.sub("[token]", value)))


def scrub_personal_data(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The net under the rule that nobody logs personal data in the first place."""
    return {key: _scrubbed(value) for key, value in event.items()}


def _scrubbed(value: Any) -> Any:
    """Return *value* scrubbed, whatever it holds; other objects as they are."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {key: _scrubbed(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_scrubbed(item) for item in value]
    return value


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    add_request_id,
    structlog.processors.format_exc_info,
    scrub_personal_data,
]

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": SHARED,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "fontTools": {"level": "ERROR"},
        "weasyprint": {"level": "ERROR"},
    },
}


def configure_structlog(level: str, *, pretty: bool) -> None:
    """Send structlog's lines through the standard library's handlers."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    if pretty:
        LOGGING["formatters"]["lines"]["processors"][-1] = (
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            )
        )
