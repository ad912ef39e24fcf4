"""The private PostgreSQL cluster: made once, healed at each start.

The superuser enters by the unix socket only, as the operating system's account
that runs the server (peer); the two roles of the platform enter by password.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from deploy.local import account, occupants, packages, paths, ports
from deploy.local.report import Failure, say, tail

LOG = paths.LOG / "postgres.log"
SUPERUSER = "lokahome_root"
EXTENSIONS = ("postgis", "btree_gist", "pg_trgm", "unaccent")
_SOCKET_LIMIT = 100 - len("/.s.PGSQL.65535")

SETTINGS = {
    "listen_addresses": ports.LOOPBACK,
    "max_connections": "250",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_lock_waits": "on",
    "jit": "off",  # compiling costs more than these short queries take
    "fsync": "on",
    "synchronous_commit": "on",
    "password_encryption": "scram-sha-256",
    "unix_socket_permissions": "0700",
}

# Lines of the roles; existing servers get the same (deploy/local/existing.py).
ROLE_SQL = """
ALTER ROLE lokahome_owner NOSUPERUSER CREATEDB NOCREATEROLE LOGIN;
ALTER ROLE lokahome_app NOSUPERUSER NOCREATEDB NOCREATEROLE LOGIN;
ALTER ROLE lokahome_app SET statement_timeout = '30s';
ALTER ROLE lokahome_app SET lock_timeout = '10s';
ALTER ROLE lokahome_app SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE lokahome_owner SET lock_timeout = '60s';
""".strip()


@dataclass(frozen=True)
class Cluster:
    """One cluster with its folder, port and the passwords of its two roles."""

    account: account.Account
    home: Path
    port: int
    owner_password: str
    app_password: str

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "data"

    @property
    def sockets(self) -> Path:
        """Folder of the unix socket, short enough for the kernel's limit."""
        inside = self.home / "sock"
        if len(str(inside)) <= _SOCKET_LIMIT:
            return inside
        # A socket's path has at most 107 bytes; the folder is ours alone.
        return Path("/tmp") / f"lokahome-{paths.DIGEST}-{os.geteuid()}"  # noqa: S108

    def postmaster(self) -> int | None:
        """Process id of our live server, or None; a stale pid file is not one."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if occupants.works_in(pid, self.data) else None

    def is_up(self) -> bool:
        """Whether our own server takes connections on our port."""
        if self.postmaster() is None:
            return False
        return self._psql("postgres", "select 1").returncode == 0

    def start(self) -> None:
        """Create the cluster if needed, start it, wait for it. Raises Failure."""
        self._initialise()
        self._make_sockets()
        self._configure()
        until = time.monotonic() + 90  # crash recovery may come first
        process = self._launch()
        while time.monotonic() < until:
            if self._psql("postgres", "select 1").returncode == 0:
                return
            if process.poll() is not None:
                # Backends of a killed server still hold its shared memory.
                if not self._clear_remains():
                    break
                process = self._launch()
            time.sleep(0.05)
        raise Failure(f"PostgreSQL did not start (var/log/postgres.log).\n{tail(LOG)}")

    def provision(self) -> bool:
        """Roles, database and extensions, all idempotent; False if nothing to do."""
        stamp = self.home / "provisioned"
        script = self._roles()
        wanted = hashlib.sha256(
            "\n".join((script, ROLE_SQL, *EXTENSIONS)).encode()
        ).hexdigest()
        if stamp.exists() and stamp.read_text() == wanted:
            return False
        extensions = "\n".join(
            f"CREATE EXTENSION IF NOT EXISTS {name};" for name in EXTENSIONS
        )
        # template1 too: test databases are made from it by a role that may not
        # create PostGIS itself.
        self._must("postgres", script)
        self._must("template1", extensions)
        exists = "SELECT 1 FROM pg_database WHERE datname = 'lokahome'"
        if "1" not in self._psql("postgres", exists).stdout:
            self._must("postgres", "CREATE DATABASE lokahome OWNER lokahome_owner;")
        self._must("lokahome", extensions)
        stamp.unlink(missing_ok=True)
        stamp.touch(mode=0o600)
        stamp.write_text(wanted)
        self.account.give(stamp)
        return True

    def stop(self) -> None:
        """Stop it (open transactions are rolled back); no error when not up."""
        pid = self.postmaster()
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)  # "fast"
        if not self._gone(pid, 8):
            os.kill(pid, signal.SIGQUIT)  # "immediate": recovers at next start
            self._gone(pid, 4)

    def _gone(self, pid: int, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not occupants.works_in(pid, self.data):
                return True
            time.sleep(0.05)
        return False

    def _bin(self, name: str) -> str:
        folder = packages.postgres_bin()
        if folder is None:
            raise Failure("PostgreSQL with PostGIS is not installed")
        return str(folder / name)

    def _initialise(self) -> None:
        """Make the data directory in one piece: a killed initdb leaves no half."""
        version = self.data / "PG_VERSION"
        if version.exists():
            have, ours = version.read_text().strip(), Path(self._bin("")).parent.name
            if ours.isdigit() and have != ours:
                raise Failure(
                    f"The data in var/postgres are of PostgreSQL {have}, but the "
                    f"server here is {ours}. `make clean` starts afresh."
                )
            return
        draft = self.home / "data.new"
        for leftover in (draft, self.data, self.home / "provisioned"):
            if leftover.is_dir():
                shutil.rmtree(leftover)
            else:
                leftover.unlink(missing_ok=True)
        command = [self._bin("initdb"), "-D", str(draft), "-U", SUPERUSER]
        command += ["-E", "UTF8", "--locale=C.UTF-8", "--auth=reject"]
        done = self.account.run(command, cwd=self.home)
        if done.returncode != 0:
            raise Failure(f"initdb failed:\n{done.stdout}\n{done.stderr}")
        draft.rename(self.data)

    def _make_sockets(self) -> None:
        folder = self.sockets
        folder.mkdir(mode=0o700, exist_ok=True)
        self.account.give(folder)

    def _configure(self) -> None:
        settings = {
            **SETTINGS,
            "port": str(self.port),
            "unix_socket_directories": str(self.sockets),
        }
        lines = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        both = "lokahome_owner,lokahome_app"
        access = (
            f"local all {SUPERUSER} peer map=lokahome\n"
            f"local all {both} scram-sha-256\n"
            f"host all {both} {ports.LOOPBACK}/32 scram-sha-256\n"
        )
        files = {
            "postgresql.auto.conf": lines,
            "pg_hba.conf": access,
            "pg_ident.conf": f"lokahome {self.account.name} {SUPERUSER}\n",
        }
        for name, text in files.items():
            path = self.data / name
            path.write_text(text, encoding="utf-8")
            self.account.give(path)

    def _launch(self) -> subprocess.Popen[bytes]:
        pid_file = self.data / "postmaster.pid"
        if pid_file.exists() and self.postmaster() is None:
            pid_file.unlink()  # its number may belong to any other process by now
        with LOG.open("ab") as stream:
            return self.account.launch(
                [self._bin("postgres"), "-D", str(self.data)],
                cwd=self.home,
                log=stream,
            )

    def _clear_remains(self) -> bool:
        if not occupants.of(self.data):
            return False
        say("  ending what a killed PostgreSQL left behind")
        occupants.end(self.data)
        return True

    def _psql(self, database: str, script: str) -> subprocess.CompletedProcess[str]:
        command = [self._bin("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1"]
        command += ["-h", str(self.sockets), "-p", str(self.port)]
        command += ["-U", SUPERUSER, "-d", database]
        return self.account.run(command, cwd=self.home, stdin=script)

    def _must(self, database: str, script: str) -> None:
        done = self._psql(database, script)
        if done.returncode != 0:
            raise Failure(f"setting up database {database} failed:\n{done.stderr}")

    def _roles(self) -> str:
        passwords = {
            "lokahome_owner": self.owner_password,
            "lokahome_app": self.app_password,
        }
        makes = "\n".join(f"""DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{name}') THEN
    CREATE ROLE {name} LOGIN;
  END IF;
END $$;
ALTER ROLE {name} PASSWORD '{password}';""" for name, password in passwords.items())
        return f"SET log_statement = 'none';\n{makes}\n{ROLE_SQL}\n"
