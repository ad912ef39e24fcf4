"""System packages: looked for first, installed with apt only when missing.

Nothing of the machine's own is touched: no cluster is created by the PostgreSQL
packaging, no service is started, and an installed Redis stays as it is.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import paths
from deploy.local.report import Failure, say, tail

MIN_POSTGRES = 15
_CLUSTER_SWITCH = Path("/etc/postgresql-common/createcluster.d/lokahome.conf")
_POLICY = Path("/usr/sbin/policy-rc.d")


@dataclass(frozen=True)
class Need:
    """Something the platform needs from the system, and what brings it."""

    what: str
    apt: tuple[str, ...]
    elsewhere: str


@functools.cache
def postgres_bin() -> Path | None:
    """Folder of the newest PostgreSQL 15+ server that has PostGIS, or None."""
    found: list[tuple[int, Path]] = []
    folders = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *Path("/usr").glob("pgsql-*/bin"),
    ]
    if on_path := shutil.which("pg_config"):
        folders.append(Path(on_path).resolve().parent)
    for folder in folders:
        if not (folder / "initdb").exists():
            continue
        match = re.search(r"(\d+)", _output([str(folder / "postgres"), "--version"]))
        number = int(match.group(1)) if match else 0
        shared = _output([str(folder / "pg_config"), "--sharedir"]).strip()
        controls = (
            Path(f"/usr/share/postgresql/{number}/extension/postgis.control"),
            Path(shared or "/nowhere") / "extension" / "postgis.control",
        )
        if number >= MIN_POSTGRES and any(c.exists() for c in controls):
            found.append((number, folder))
    return max(found)[1] if found else None


def redis_binary() -> str | None:
    """Path of a Redis server (or Valkey, which speaks the same), or None."""
    folders = os.environ.get("PATH", "") + ":/usr/bin:/usr/sbin:/usr/local/bin"
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name, path=folders):
            return path
    return None


def nginx_binary() -> str | None:
    """Path of nginx, the reverse proxy that the tests start, or None."""
    folders = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/usr/local/bin"
    return shutil.which("nginx", path=folders)


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout


def _has_library(listing: str, name: str) -> bool:
    return f"{name}.so" in listing


def _has_font() -> bool:
    return any(
        next(Path(folder).rglob("DejaVuSans.ttf"), None) is not None
        for folder in ("/usr/share/fonts", "/usr/local/share/fonts")
        if Path(folder).is_dir()
    )


def missing(*, servers: bool, testing: bool = False) -> list[Need]:
    """What is not on this machine.

    ``servers``: whether ours must run here; ``testing``: whether the tests will.
    """
    needs: list[Need] = []
    if servers and postgres_bin() is None:
        needs.append(
            Need(
                "PostgreSQL 15 or newer with PostGIS 3",
                ("@postgis",),
                "the PostgreSQL server with its contrib modules, and PostGIS 3",
            )
        )
    if servers and redis_binary() is None:
        needs.append(Need("Redis", ("redis-server",), "a Redis server"))
    listing = _output(["/sbin/ldconfig", "-p"]) or _output(["ldconfig", "-p"])
    if not all(_has_library(listing, n) for n in ("libpango-1.0", "libpangoft2-1.0")):
        needs.append(
            Need(
                "Pango (for PDF documents)",
                ("libpango-1.0-0", "libpangoft2-1.0-0", "?libharfbuzz-subset0"),
                "Pango 1.44 or newer with its FreeType backend",
            )
        )
    if not _has_font():
        needs.append(
            Need("DejaVu fonts (for PDFs)", ("fonts-dejavu-core",), "DejaVu fonts")
        )
    if shutil.which("msgfmt") is None:
        needs.append(Need("gettext", ("gettext",), "GNU gettext (msgfmt)"))
    if testing and nginx_binary() is None:
        needs.append(
            Need(
                "nginx (for the proxy's tests)", ("nginx-light",), "nginx 1.18 or newer"
            )
        )
    lacks_venv = any(importlib.util.find_spec(n) is None for n in ("venv", "ensurepip"))
    if lacks_venv and shutil.which("uv") is None:
        major_minor = f"{sys.version_info.major}.{sys.version_info.minor}"
        needs.append(
            Need(
                "Python's venv module",
                (f"python{major_minor}-venv",),
                "the venv and ensurepip modules of this Python",
            )
        )
    return needs


def ensure(*, servers: bool, testing: bool = False) -> str:
    """Install what is missing; says what it did. Raises Failure when it cannot."""
    needs = missing(servers=servers, testing=testing)
    if not needs:
        return "all there"
    names = ", ".join(need.what for need in needs)
    if shutil.which("apt-get") is None:
        wanted = "\n".join(f"  - {need.elsewhere}" for need in needs)
        raise Failure(
            "This machine has no apt-get, so these must be installed by hand with "
            f"its own package manager:\n{wanted}\nThen run the same command again. "
            "PostgreSQL and Redis may also live elsewhere: give DATABASE_URL, "
            "DATABASE_OWNER_URL and REDIS_URL."
        )
    prefix = _as_root()
    say(f"  installing {names} (log: var/log/packages.log)")
    log = paths.LOG / "packages.log"
    with log.open("wb") as stream, _quiet_packaging(prefix):
        _apt(prefix, ["update", "-qq"], stream.fileno())
        packages = [p for need in needs for p in _resolve(need.apt)]
        code = _apt(
            prefix,
            ["install", "-y", "--no-install-recommends", *packages],
            stream.fileno(),
        )
    postgres_bin.cache_clear()
    still = missing(servers=servers, testing=testing)
    if code != 0 or still:
        hint = " ".join(packages)
        raise Failure(
            f"apt-get could not install: {names}.\n{tail(log)}\n"
            f"Try `apt-get install {hint}` by hand, then run the same command again."
        )
    return f"installed {' '.join(packages)}"


def _as_root() -> list[str]:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        raise Failure(
            "System packages are missing and there is no sudo: run once as root, "
            "or ask for:\n"
            + "\n".join(
                f"  - {need.what}" for need in missing(servers=True, testing=True)
            )
        )
    # Asks for the password on the terminal once, before output goes to the log.
    if subprocess.run(["sudo", "-v"], check=False).returncode != 0:
        raise Failure("sudo was refused; system packages cannot be installed.")
    return ["sudo"]


def _apt(prefix: list[str], arguments: list[str], log: int) -> int:
    command = [
        *prefix,
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-o",
        "DPkg::Lock::Timeout=120",
        "-o",
        "Dpkg::Options::=--force-confold",
        *arguments,
    ]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
    ).returncode


def _resolve(names: tuple[str, ...]) -> Iterator[str]:
    """Package names for this release: ``@postgis`` by version, ``?x`` if known."""
    for name in names:
        if name == "@postgis":
            yield _postgis_package()
        elif name.startswith("?"):
            if "Candidate: (none)" not in (shown := _policy(name[1:])) and shown:
                yield name[1:]
        else:
            yield name


def _policy(name: str) -> str:
    return _output(["apt-cache", "policy", name])


def _postgis_package() -> str:
    names = _output(["apt-cache", "pkgnames", "postgresql-"]).split()
    package = newest_postgis(names)
    if package is None:
        raise Failure(
            f"This release offers no PostGIS for PostgreSQL {MIN_POSTGRES} or newer. "
            "Give DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL of servers elsewhere."
        )
    return package


def newest_postgis(names: list[str]) -> str | None:
    """The server-side PostGIS 3 package of the best PostgreSQL among the names.

    A PostgreSQL server that is already installed is preferred over a newer one.
    """
    found = sorted(
        (int(match.group(1)), name)
        for name in names
        if (match := re.fullmatch(r"postgresql-(\d+)-postgis-3", name))
        and int(match.group(1)) >= MIN_POSTGRES
    )
    here = [
        (number, name)
        for number, name in found
        if Path(f"/usr/lib/postgresql/{number}/bin/initdb").exists()
    ]
    return max(here or found)[1] if found else None


@contextmanager
def _quiet_packaging(prefix: list[str]) -> Iterator[None]:
    """While packages are installed: no cluster is created, no service starts."""
    units = {"redis-server": redis_binary, "nginx": nginx_binary}
    absent = [unit for unit, find in units.items() if find() is None]
    own_policy = not _POLICY.exists()
    _root_write(prefix, _CLUSTER_SWITCH, "create_main_cluster = false\n", "644")
    if own_policy:
        _root_write(prefix, _POLICY, "#!/bin/sh\nexit 101\n", "755")
    try:
        yield
    finally:
        leftovers = [str(_CLUSTER_SWITCH), *([str(_POLICY)] if own_policy else [])]
        subprocess.run([*prefix, "rm", "-f", *leftovers], check=False)
        ours = [unit for unit in absent if units[unit]() is not None]
        if ours and Path("/run/systemd/system").is_dir():
            # Ours are private; what the packaging enabled would only take memory, and
            # port 80.
            subprocess.run(
                [*prefix, "systemctl", "disable", "--quiet", *ours],
                check=False,
                stderr=subprocess.DEVNULL,
            )


def _root_write(prefix: list[str], path: Path, text: str, mode: str) -> None:
    subprocess.run([*prefix, "mkdir", "-p", str(path.parent)], check=True)
    subprocess.run(
        [*prefix, "tee", str(path)],
        input=text.encode(),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    subprocess.run([*prefix, "chmod", mode, str(path)], check=True)
