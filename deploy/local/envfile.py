"""Reading and writing the environment files: process > .env > var/local.env."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from deploy.local import paths


def parse(text: str) -> dict[str, str]:
    """Variables of an env file: ``NAME=value``, ``export NAME='value'``, ``# note``.

    Quotes around the whole value are taken off; nothing is expanded. An unquoted
    value ends at `` #``. Lines without ``=`` are ignored.
    """
    values: dict[str, str] = {}
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith("#") or "=" not in line:
            continue
        name, _, value = line.removeprefix("export ").partition("=")
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        else:
            value = value.partition(" #")[0].rstrip()
        values[name.strip()] = value
    return values


def read(path: Path) -> dict[str, str]:
    """Variables of a file; empty when there is no such file."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def write(path: Path, values: Mapping[str, str], *, heading: str) -> None:
    """Write the file in one piece, readable by its owner only (it holds secrets)."""
    for name, value in values.items():
        if "\n" in value:
            raise ValueError(f"{name} holds a line break")
    body = "".join(f"{name}={value}\n" for name, value in values.items())
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(f"# {heading}\n{body}")
    draft.replace(path)


def given(process: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a person set: ``.env`` under the process environment."""
    return {**read(paths.DOT_ENV), **(os.environ if process is None else process)}


def merged(process: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment a child of ours gets, all three layers."""
    return {**read(paths.LOCAL_ENV), **given(process)}
