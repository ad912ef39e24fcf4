"""A real nginx in front of two processes, on a free port, as whoever runs it."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local import packages, ports
from deploy.proxy.site import Site, alone
from deploy.throwaway.processes import Process, by_command

_SECONDS_TO_START = 10


class NginxMissing(RuntimeError):
    """nginx is not on this machine; ``make test`` installs it."""


@contextmanager
def proxy(*, port: int, web: int, realtime: int) -> Iterator[str]:
    """Lend the address under which *web* and *realtime* are one; raises NginxMissing.

    *port* is nginx's own, free now; the others are loopback ports. Raises RuntimeError
    with nginx's own words when it does not take the file.
    """
    binary = packages.nginx_binary()
    if binary is None:
        raise NginxMissing("install nginx-light, or run `make test`")
    site = Site(
        name=ports.LOOPBACK,
        listen=f"{ports.LOOPBACK}:{port}",
        web=f"{ports.LOOPBACK}:{web}",
        realtime=f"{ports.LOOPBACK}:{realtime}",
    )
    with tempfile.TemporaryDirectory(prefix="lokahome-proxy-") as folder:
        home = Path(folder)
        (home / "site.conf").write_text(site.text(), "utf-8")
        configuration = alone(home, as_root=os.geteuid() == 0)
        (home / "nginx.conf").write_text(configuration, "utf-8")
        command = [
            *(binary, "-e", str(home / "error.log")),
            *("-p", folder, "-c", str(home / "nginx.conf")),
        ]
        _check(command)
        server = Process(
            "nginx", command, by_command(os.environ), log=home / "nginx.log"
        )
        server.start()
        try:
            _wait(server, port)
            yield f"http://{ports.LOOPBACK}:{port}"
        finally:
            server.stop()


def _check(command: list[str]) -> None:
    done = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


def _wait(server: Process, port: int) -> None:
    until = time.monotonic() + _SECONDS_TO_START
    while not _listens(port):
        if time.monotonic() > until or server.deaths:
            raise RuntimeError(f"nginx is not up:\n{server.last_lines()}")
        time.sleep(0.02)


def _listens(port: int) -> bool:
    # Not by trying to bind: that would take the port away from the server.
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((ports.LOOPBACK, port)) == 0
