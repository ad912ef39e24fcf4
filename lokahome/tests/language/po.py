"""A reader of PO catalogues, for what these tests ask of them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Message:
    """One entry: the source (two when it has a plural), translations, flags."""

    sources: list[str] = field(default_factory=list)
    translations: list[str] = field(default_factory=list)
    flags: str = ""
    context: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What makes the message one."""
        return (self.context, *self.sources)


def read(catalogue: Path) -> list[Message]:
    """Return the messages of *catalogue*, without its header."""
    found = []
    for entry in catalogue.read_text("utf-8").strip().split("\n\n")[1:]:
        message, parts = Message(), []
        for line in entry.splitlines():
            if line.startswith("#,"):
                message.flags += line
            if line.startswith("#"):
                continue
            if not line.startswith('"'):
                keyword, _, line = line.partition(" ")
                parts.append([keyword, ""])
            parts[-1][1] += ast.literal_eval(line)
        for keyword, text in parts:
            if keyword == "msgctxt":
                message.context = text
            elif keyword.startswith("msgid"):
                message.sources.append(text)
            else:
                message.translations.append(text)
        found.append(message)
    return found
