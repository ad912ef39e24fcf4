"""The virtual environment, from hash-locked requirements only.

uv does it in seconds where pip takes over a minute, so pip first brings the uv
named in the lock (by hash) into ``var/tools``; without uv, pip does it all.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local import paths
from deploy.local.report import Failure, say, tail

PRODUCTION = paths.ROOT / "requirements.txt"
DEVELOPMENT = paths.ROOT / "requirements-dev.txt"
STAMP = paths.VENV / "lokahome-lock.json"
OLDEST, NEWEST = (3, 11), (3, 13)


def interpreter() -> str:
    """A Python of a supported version: this one, or another on the path."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            return found
    raise Failure(
        f"Python {platform.python_version()} is not supported: LOKAHOME needs "
        "3.11, 3.12 or 3.13 (no other was found on the path)."
    )


def digest(lock: Path) -> str:
    """Fingerprint of a lock file and of the place the environment stands in."""
    whole = lock.read_bytes() + str(paths.VENV).encode()
    return hashlib.sha256(whole).hexdigest()


def is_current(*, dev: bool) -> bool:
    """Whether the environment holds the lock asked for (dev is a superset)."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    locks = [DEVELOPMENT] if dev else [DEVELOPMENT, PRODUCTION]
    return paths.VENV_PYTHON.exists() and any(
        stamp.get(lock.name) == digest(lock) for lock in locks
    )


def ensure(*, dev: bool) -> str:
    """Make or bring up to date ``.venv``; says what it did."""
    if is_current(dev=dev):
        return "current"
    # Once the tools are in, `make run` keeps them rather than take them out.
    had_tools = _stamped(DEVELOPMENT)
    lock = DEVELOPMENT if dev or had_tools else PRODUCTION
    STAMP.unlink(missing_ok=True)
    log = paths.LOG / "venv.log"
    with log.open("wb") as stream:
        uv = _uv(stream.fileno())
        if not _alive():
            shutil.rmtree(paths.VENV, ignore_errors=True)
            _create(uv, stream.fileno())
        tool = _install(uv, lock, stream.fileno())
    STAMP.write_text(json.dumps({lock.name: digest(lock)}), encoding="utf-8")
    return f"{lock.name} with {tool}"


def _stamped(lock: Path) -> bool:
    try:
        return lock.name in json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


def _alive() -> bool:
    """Whether the environment's Python starts and is of a supported version."""
    code = "import sys; print(sys.version_info[0] * 100 + sys.version_info[1])"
    try:
        done = subprocess.run(
            [paths.VENV_PYTHON, "-c", code], capture_output=True, text=True, check=False
        )
        number = int(done.stdout or 0)
    except (OSError, ValueError):
        return False
    return OLDEST <= divmod(number, 100) <= NEWEST


def _call(command: Sequence[str | Path], log: int, **extra: str) -> bool:
    done = subprocess.run(
        command,
        cwd=paths.ROOT,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env={**os.environ, **extra},
        check=False,
    )
    return done.returncode == 0


def _create(uv: str | None, log: int) -> None:
    made = _call([interpreter(), "-m", "venv", paths.VENV], log)
    if not made and uv:
        made = _call([uv, "venv", "--python", interpreter(), paths.VENV], log)
    if not made:
        raise Failure(
            f"The virtual environment could not be made.\n{tail(paths.LOG / 'venv.log')}"
        )


def _install(uv: str | None, lock: Path, log: int) -> str:
    if uv:
        command = [uv, "pip", "sync", "--python", str(paths.VENV_PYTHON)]
        # pip's own settings of a mirror or a proxy's certificate hold for uv too.
        if _call([*command, "--require-hashes", str(lock)], log, **_pip_settings()):
            return "uv"
    say("  installing with pip, this takes a minute or two (log: var/log/venv.log)")
    pip = [str(paths.VENV_PYTHON), "-m", "pip"]
    if not _call([*pip, "--version"], log):
        _call([paths.VENV_PYTHON, "-m", "ensurepip"], log)
    install = [*pip, "install", "--disable-pip-version-check", "--require-hashes"]
    if not _call([*install, "-r", str(lock)], log):
        raise Failure(
            f"{lock.name} could not be installed (is the package index reachable?).\n"
            f"{tail(paths.LOG / 'venv.log')}"
        )
    return "pip"


def _pip_settings() -> dict[str, str]:
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return uv_settings(listing, os.environ)


def uv_settings(listing: str, environment: Mapping[str, str]) -> dict[str, str]:
    """uv's variables for what ``pip config list`` says of index and certificate."""
    found: dict[str, str] = {}
    wanted = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        name = wanted.get(key.rpartition(".")[2])
        if name and name not in environment:
            found[name] = value.strip().strip("'\"")
    return found


def _uv(log: int) -> str | None:
    """A uv that runs: on the path, in ``var/tools``, or brought by pip; or None."""
    if (on_path := shutil.which("uv")) and _call([on_path, "--version"], log):
        return on_path
    tools = paths.VAR / "tools"
    binary = tools / "bin" / "uv"
    if binary.exists() and _call([binary, "--version"], log):
        return str(binary)
    wanted = requirement_of("uv", DEVELOPMENT.read_text(encoding="utf-8"))
    if wanted is None:
        return None
    tools.mkdir(parents=True, exist_ok=True)
    alone = tools / "uv.txt"
    alone.write_text(wanted, encoding="utf-8")
    # A Debian python3 without pip still has ensurepip inside a fresh environment.
    if not _alive():
        shutil.rmtree(paths.VENV, ignore_errors=True)
        _call([interpreter(), "-m", "venv", paths.VENV], log)
    command = [str(paths.VENV_PYTHON), "-m", "pip", "install", "--quiet"]
    if paths.VENV_PYTHON.exists() and _call(
        [
            *command,
            "--require-hashes",
            "--upgrade",
            "--target",
            str(tools),
            "-r",
            str(alone),
        ],
        log,
    ):
        return str(binary) if binary.exists() else None
    return None


def requirement_of(name: str, lock: str) -> str | None:
    """One package's lines, hashes included, out of a lock file's text."""
    lines = iter(lock.splitlines())
    for line in lines:
        if line.startswith(f"{name}=="):
            block = [line]
            while block[-1].endswith("\\"):
                block.append(next(lines, ""))
            return "\n".join(block) + "\n"
    return None


def compile_locks() -> None:
    """Rewrite both lock files from pyproject.toml (``make lock``)."""
    uv = shutil.which("uv") or str(paths.VENV / "bin" / "uv")
    shared = (
        "--python-version=3.11",
        "--universal",
        "--generate-hashes",
        "--no-emit-index-url",
        "--no-emit-find-links",
        "--custom-compile-command=make lock",
        "--quiet",
    )
    compile_ = [uv, "pip", "compile", "pyproject.toml", *shared]
    production = [*compile_, "-o", PRODUCTION.name]
    development = [*compile_, "--extra=dev", "-c", PRODUCTION.name]
    for command in (production, [*development, "-o", DEVELOPMENT.name]):
        if subprocess.run(command, cwd=paths.ROOT, check=False).returncode != 0:
            raise Failure("the lock files were not rewritten")
