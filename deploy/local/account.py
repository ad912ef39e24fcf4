"""The system account the private servers run as, and where their data may lie.

PostgreSQL refuses to run as root, so root hands both servers to an unprivileged
account. A checkout in a folder that account cannot enter (``/root``) keeps its
data under ``/var/lib/lokahome`` with a symbolic link in ``var/``.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deploy.local import paths
from deploy.local.report import Failure, say

AWAY = Path("/var/lib/lokahome")


@dataclass(frozen=True)
class Account:
    """Who the servers run as; ``uid`` is None when they run as ourselves."""

    name: str
    uid: int | None = None
    gid: int | None = None

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end as this account, output captured, errors not raised."""
        return subprocess.run(
            command,
            cwd=cwd,
            input=stdin,
            text=True,
            capture_output=True,
            check=False,
            env={**_clean_environment(), **(env or {})},
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
        )

    def launch(
        self, command: Sequence[str], *, cwd: Path, log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        """Start a server that outlives us, writing to an open log."""
        return subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_clean_environment(),
            start_new_session=True,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
        )

    def give(self, path: Path) -> None:
        """Make the path this account's."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def _clean_environment() -> dict[str, str]:
    """No PG* variable of the caller may redirect a tool to another server."""
    return {
        "PATH": os.environ.get("PATH", "") + os.pathsep + os.defpath,
        "LC_ALL": "C.UTF-8",
    }


def current() -> Account:
    """Ourselves, or when we are root the `postgres` account, or else `nobody`."""
    if os.geteuid() != 0:
        return Account(pwd.getpwuid(os.geteuid()).pw_name)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise Failure(
        "root cannot run PostgreSQL itself and this machine has neither a "
        "`postgres` nor a `nobody` account to run it as. Start make as another user."
    )


def _reaches(account: Account, folder: Path) -> bool:
    if account.uid is None:
        return True
    try:
        done = account.run(["test", "-x", str(folder)], cwd=Path("/"))
    except OSError:
        return False
    return done.returncode == 0


def home_of(server: str, account: Account) -> Path:
    """The folder of one private server, made if missing, owned by its account.

    Raises Failure when an earlier set-up left it to somebody else.
    """
    link = paths.VAR / server
    if not link.exists():
        link.unlink(missing_ok=True)  # a link whose target was removed
        if _reaches(account, paths.VAR):
            link.mkdir(mode=0o700)
            account.give(link)
        else:
            away = AWAY / paths.DIGEST / server
            AWAY.mkdir(mode=0o711, parents=True, exist_ok=True)
            away.parent.mkdir(mode=0o711, exist_ok=True)
            away.mkdir(mode=0o700, exist_ok=True)
            account.give(away)
            link.symlink_to(away)
            say(f"  {account.name} cannot enter this checkout: var/{server} -> {away}")
    home = link.resolve()
    if not _reaches(account, home):
        raise Failure(
            f"{account.name} cannot enter {home} (made by another user, or moved). "
            "Run `make clean` as the user who made it, then start again."
        )
    owner = home.stat().st_uid
    if owner != (os.geteuid() if account.uid is None else account.uid):
        raise Failure(
            f"{home} belongs to another user (id {owner}). Run make as that user, "
            "or `make clean` as root first."
        )
    return home


def remove_away() -> None:
    """Remove the data this checkout kept outside itself."""
    away = AWAY / paths.DIGEST
    if away.is_dir():
        shutil.rmtree(away)
