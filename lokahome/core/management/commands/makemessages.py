"""Django's makemessages on our sources alone, with diffs that stay calm.

French, the language of the sources, is written with ordinary spaces there; its catalogue
is derived: the same words with no-break spaces, and plural forms where zero is singular.
English is translated by hand. A test refuses catalogues that are behind the code.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands.makemessages import Command as DjangoMakeMessages

from lokahome.core.money import NARROW_NO_BREAK_SPACE, NO_BREAK_SPACE

SOURCES = (
    *("accounts", "lokahome", "marketplace", "messaging", "payments", "properties"),
    "templates",
)
NOT_SOURCES = ("tests", "migrations", "static", "data", "__pycache__")
NEEDLESS_HEADERS = re.compile(
    r'^"(?:POT-Creation-Date|PO-Revision-Date|Report-Msgid-Bugs-To):.*\n', re.MULTILINE
)
SPACES = (
    (re.compile(r" (?=[;:!?»])|(?<=«) "), NARROW_NO_BREAK_SPACE),
    (re.compile(r" (?=F\b(?!’)|CFA\b|Mo\b|m\b(?!’))|(?<=\b[Nn]°) "), NO_BREAK_SPACE),
)


class Command(DjangoMakeMessages):
    """Bring the catalogues into step with the sources."""

    # A copy of the sources is searched: only what is in it counts.
    settings_available = False
    # A guess from a similar message is wrong more often than not.
    msgmerge_options = [*DjangoMakeMessages.msgmerge_options, "--no-fuzzy-matching"]

    def add_arguments(self, parser: CommandParser) -> None:
        """Set this project's options; offer to write elsewhere."""
        super().add_arguments(parser)
        parser.add_argument("--into", type=Path, help="write here, not in locale/")
        parser.set_defaults(
            all=True, add_location="file", no_wrap=True, no_obsolete=True
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Extract, merge and derive in a temporary copy, then write each catalogue.

        Django leaves working files beside each template while it extracts; in a copy
        they meet nobody.
        """
        root = Path(settings.BASE_DIR)
        into: Path = options.pop("into", None) or root / "locale"
        leave_out = shutil.ignore_patterns(*NOT_SOURCES, "*.mo")
        with TemporaryDirectory() as name, contextlib.chdir(name):
            for source in (*SOURCES, "locale"):
                shutil.copytree(root / source, Path(name, source), ignore=leave_out)
            super().handle(*args, **options)
            for merged in sorted(Path(name, "locale").glob("*/LC_MESSAGES/*.po")):
                text = NEEDLESS_HEADERS.sub("", merged.read_text("utf-8"))
                if merged.parent.parent.name == "fr":
                    text = derive_french(text)
                written = into / merged.relative_to(Path(name, "locale"))
                written.parent.mkdir(parents=True, exist_ok=True)
                written.write_text(text, "utf-8")


def typeset(text: str) -> str:
    """Return French *text* with no-break spaces where its typography wants them."""
    for pattern, space in SPACES:
        text = pattern.sub(space, text)
    return text


def derive_french(catalogue: str) -> str:
    """Return the French *catalogue* (PO text) with each translation made anew.

    A message that typography does not change stays empty: its source is used as it is.
    """
    header, *entries = catalogue.strip().split("\n\n")
    return "\n\n".join([header, *map(_derive_entry, entries)]) + "\n"


def _derive_entry(entry: str) -> str:
    source = entry[: entry.index("\nmsgstr")]
    words = source[source.index("msgid ") :]
    one, _plural, many = words.partition("\nmsgid_plural ")
    one = one.removeprefix("msgid ")
    if many:
        return f"{source}\nmsgstr[0] {typeset(one)}\nmsgstr[1] {typeset(many)}"
    return f"{source}\nmsgstr " + (typeset(one) if typeset(one) != one else '""')
