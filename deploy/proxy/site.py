"""Filling in the proxy's file: names and addresses, checked before they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

HERE = Path(__file__).parent
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_ADDRESS = re.compile(r"[A-Za-z0-9.-]{1,253}:[0-9]{1,5}|unix:/[A-Za-z0-9/._-]{1,100}")
_FILE = re.compile(r"/[A-Za-z0-9/._-]{1,250}")

_TLS = """
    ssl_certificate ${certificate};
    ssl_certificate_key ${key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:lokahome:2m;
    ssl_session_timeout 1d;
"""
_PLAIN = """server {
    listen 80;
    listen [::]:80;
    server_name ${name};
    server_tokens off;
    location /.well-known/acme-challenge/ { root /var/www/acme; }
    location / { return 308 https://${name}$$request_uri; }
}

"""


@dataclass(frozen=True)
class Site:
    """One name, and what stands behind it.

    *web* and *realtime* are ``host:port`` or ``unix:/path``. With a *certificate* and
    its *key* the site speaks HTTPS on *listen* and sends port 80 there. Raises
    ValueError for what is no name, address or path: each is written into a
    configuration.
    """

    name: str
    web: str
    realtime: str
    listen: str = "443"
    certificate: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        checks = [
            (_NAME, self.name),
            (_ADDRESS, self.web),
            (_ADDRESS, self.realtime),
            (re.compile(r"([0-9.]{7,15}:)?[0-9]{1,5}"), self.listen),
        ]
        if bool(self.certificate) != bool(self.key):
            raise ValueError("a certificate and its key come together")
        if self.certificate:
            checks += [(_FILE, self.certificate), (_FILE, self.key)]
        for pattern, text in checks:
            if not pattern.fullmatch(text):
                raise ValueError(f"not usable in the proxy's file: {text!r}")

    @property
    def origin(self) -> str:
        """Return where the site is, as a browser writes it."""
        scheme, usual = ("https", "443") if self.certificate else ("http", "80")
        port = self.listen.rpartition(":")[2]
        return f"{scheme}://{self.name}" + ("" if port == usual else f":{port}")

    def text(self) -> str:
        """Return the file."""
        secure = bool(self.certificate)
        tls = Template(_TLS).substitute(certificate=self.certificate, key=self.key)
        return _template("site").substitute(
            name=self.name,
            web=self.web,
            realtime=self.realtime,
            origin=self.origin,
            listen=f"{self.listen} ssl http2" if secure else self.listen,
            plain=Template(_PLAIN).substitute(name=self.name) if secure else "",
            tls=tls if secure else "",
        )


def alone(home: Path, *, as_root: bool = False) -> str:
    """Return the configuration of an nginx that runs ``home/site.conf`` and no other.

    Started by root it would give its rights away, and could not write into *home*.
    """
    return _template("alone").substitute(
        home=home, user="user root;\n" if as_root else ""
    )


def _template(name: str) -> Template:
    return Template((HERE / f"{name}.conf.template").read_text("utf-8"))
