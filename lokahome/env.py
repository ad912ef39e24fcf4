"""The environment, read once and typed. Every secret may also come from ``NAME_FILE``.

Precedence: the process's own environment, then ``.env``, then ``var/local.env`` (written
by the set-up for the private servers of a development machine).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

BASE_DIR = Path(__file__).resolve().parent.parent


class WholeFiles(FileAwareMapping):  # type: ignore[misc]  # no types
    """Reads ``NAME_FILE`` without the newline that an editor or `echo` ends it with."""

    def __getitem__(self, key: str) -> str:
        value: str = super().__getitem__(key)
        return value.rstrip("\r\n")


env = environ.FileAwareEnv()
env.ENVIRON = WholeFiles()


def read_files() -> None:
    """Fill what the process's environment leaves open from the two files."""
    for path in (BASE_DIR / ".env", BASE_DIR / "var" / "local.env"):
        if path.exists():
            environ.Env.read_env(path)


def secret(name: str, *, debug: bool) -> str:
    """Return the secret *name*; in development an absent one is a fixed weak value.

    Outside development an absent secret stops the start: nothing may run on a default.
    """
    value: str = env.str(name, default="").strip()
    if value:
        return value
    if debug:
        return f"development-only-{name.lower()}-0123456789abcdef0123456789abcdef"
    raise ImproperlyConfigured(f"{name} (or {name}_FILE) is not set")


def keyring(name: str, *, debug: bool) -> dict[str, str]:
    """Return the keys of *name* by their id, the one in use first.

    Written ``id:secret,id:secret``. Raises ImproperlyConfigured for an entry without an
    id or with an id used twice; in development an absent one is a single weak key.
    """
    entries = [part.strip() for part in secret(name, debug=debug).split(",")]
    if debug and len(entries) == 1 and ":" not in entries[0]:
        return {"1": entries[0]}
    keys: dict[str, str] = {}
    for entry in entries:
        key_id, mark, value = entry.partition(":")
        if not mark or not key_id.isalnum() or len(key_id) > 16 or key_id in keys:
            raise ImproperlyConfigured(f"{name} must read id:secret,id:secret")
        keys[key_id] = value
    return keys


def database(name: str, **options: Any) -> dict[str, Any]:
    """Return the Django database entry of the URL in *name*, on PostGIS.

    The URL's own query (``?sslmode=require``) is kept and wins over OPTIONS.
    """
    entry: dict[str, Any] = dict(env.db_url(name, default="postgres:///lokahome"))
    entry["ENGINE"] = "django.contrib.gis.db.backends.postgis"
    both = {**options.pop("OPTIONS", {}), **entry.get("OPTIONS", {})}
    return entry | options | {"OPTIONS": both}


def storage(name: str, *, directory: str, base_url: str | None) -> dict[str, Any]:
    """Return a STORAGES entry from a URL: ``file:///dir`` or ``s3://key:secret@host/b``.

    Without a URL, files live in *directory* under ``var/`` (development).

    For S3 the query may hold ``region`` and ``scheme`` (``http`` for a local peer).
    """
    from urllib.parse import parse_qs, unquote, urlsplit

    url = urlsplit(env.str(name, default=f"file://{BASE_DIR}/var/{directory}"))
    if url.scheme == "file":
        location = unquote(url.path)
        if base_url is None:
            backend = "lokahome.core.files.storing.PrivateDisk"
            return {"BACKEND": backend, "OPTIONS": {"location": location}}
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": location, "base_url": base_url},
        }
    if url.scheme != "s3":
        raise ImproperlyConfigured(f"{name} must start with file:// or s3://")
    query = {key: values[0] for key, values in parse_qs(url.query).items()}
    options: dict[str, Any] = {
        "bucket_name": url.path.strip("/"),
        "access_key": unquote(url.username or ""),
        "secret_key": unquote(url.password or ""),
        "region_name": query.get("region"),
        "default_acl": None,
        "querystring_auth": True,
        "querystring_expire": 300,
        "file_overwrite": False,
    }
    if url.hostname:
        port = f":{url.port}" if url.port else ""
        scheme = query.get("scheme", "https")
        options["endpoint_url"] = f"{scheme}://{url.hostname}{port}"
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
