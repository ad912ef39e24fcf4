"""The private Redis: loopback, password, every write in the append-only file."""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from deploy.local import account, occupants, packages, paths, ports
from deploy.local.report import Failure, tail

LOG = paths.LOG / "redis.log"


@dataclass(frozen=True)
class RedisServer:
    """One Redis with its folder, port and password."""

    account: account.Account
    home: Path
    port: int
    password: str

    def ask(self, *words: str) -> list[str]:
        """Send one command as the password's holder; the reply, flattened.

        Raises OSError when nobody answers or the password is refused.
        """
        with socket.create_connection((ports.LOOPBACK, self.port), timeout=2) as line:
            line.sendall(_encode("AUTH", self.password) + _encode(*words))
            with line.makefile("rb") as stream:
                if _reply(stream) != ["OK"]:
                    raise PermissionError("another Redis answers on this port")
                return _reply(stream)

    def is_up(self) -> bool:
        """Whether our own Redis (not another on the same port) answers."""
        try:
            return str(self.home) in self.ask("CONFIG", "GET", "dir")
        except OSError:
            return False

    def start(self) -> None:
        """Start it and wait until it answers. Raises Failure with its log."""
        binary = packages.redis_binary()
        if binary is None:
            raise Failure("redis-server is not installed")
        # One with an older password would share the append-only file with ours.
        occupants.end(self.home)
        config = self.home / "redis.conf"
        config.unlink(missing_ok=True)
        config.touch(mode=0o600)
        config.write_text(self._config(), encoding="utf-8")
        self.account.give(config)
        with LOG.open("ab") as stream:
            process = self.account.launch(
                [binary, str(config)], cwd=self.home, log=stream
            )
        until = time.monotonic() + 60  # a large append-only file takes its time
        while time.monotonic() < until:
            if self.is_up() and "PONG" in self.ask("PING"):
                return
            if process.poll() is not None:
                break
            time.sleep(0.05)
        raise Failure(f"Redis did not start (var/log/redis.log).\n{tail(LOG)}")

    def stop(self) -> None:
        """Stop it, its append-only file flushed; no error when it is not up."""
        if not self.is_up():
            return
        with contextlib.suppress(OSError):
            self.ask("SHUTDOWN")
        until = time.monotonic() + 10
        while not ports.is_free(self.port) and time.monotonic() < until:
            time.sleep(0.05)

    def _config(self) -> str:
        return "\n".join(
            (
                f"bind {ports.LOOPBACK}",
                f"port {self.port}",
                "protected-mode yes",
                f"requirepass {self.password}",
                "appendonly yes",
                "appendfsync everysec",
                'save ""',
                # A full memory must refuse writes, never drop a task silently.
                "maxmemory-policy noeviction",
                # Each parallel test process takes databases of its own.
                "databases 64",
                "daemonize no",
                f"dir {self.home}",
                "",
            )
        )


def _encode(*words: str) -> bytes:
    parts = b"".join(b"$%d\r\n%s\r\n" % (len(w.encode()), w.encode()) for w in words)
    return b"*%d\r\n%s" % (len(words), parts)


def _reply(stream: BinaryIO) -> list[str]:
    """One reply of the protocol as a flat list of texts; OSError at its end."""
    line = stream.readline().decode(errors="replace").rstrip("\r\n")
    if not line:
        raise ConnectionError("Redis closed the connection")
    kind, rest = line[0], line[1:]
    if kind == "$":
        size = int(rest)
        text = stream.read(size + 2)[:size] if size >= 0 else b""
        return [text.decode(errors="replace")]
    if kind == "*":
        return [text for _ in range(int(rest)) for text in _reply(stream)]
    return [rest]
