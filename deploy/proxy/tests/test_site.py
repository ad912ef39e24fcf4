"""The file: what may be written into it, and that nginx takes the one with HTTPS."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deploy.local import packages, paths
from deploy.proxy.site import Site, alone

SITE = {
    "name": "lokahome.example",
    "web": "127.0.0.1:8000",
    "realtime": "127.0.0.1:8001",
}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "a; return 200"},
        {"name": "a b"},
        {"name": ""},
        {"name": "a\n"},
        {"web": "127.0.0.1"},
        {"web": "127.0.0.1:80; deny all"},
        {"web": "$host:80"},
        {"realtime": "unix:/a b"},
        {"realtime": "http://127.0.0.1:1"},
        {"listen": "all"},
        {"listen": "443 default_server"},
        {"certificate": "/a.pem"},
        {"key": "/a.key"},
        {"certificate": "a.pem", "key": "/a.key"},
        {"certificate": "/a.pem;", "key": "/a.key"},
    ],
)
def test_what_would_change_the_file_is_refused(change):
    with pytest.raises(ValueError, match="."):
        Site(**{**SITE, **change})


@pytest.mark.parametrize(
    ("change", "origin"),
    [
        ({"listen": "80"}, "http://lokahome.example"),
        ({"listen": "127.0.0.1:8080"}, "http://lokahome.example:8080"),
        ({"certificate": "/c", "key": "/k"}, "https://lokahome.example"),
        (
            {"certificate": "/c", "key": "/k", "listen": "8443"},
            "https://lokahome.example:8443",
        ),
    ],
)
def test_the_sites_own_address(change, origin):
    assert Site(**{**SITE, **change}).origin == origin


def test_nothing_is_left_to_fill_in():
    text = Site(**SITE, certificate="/c", key="/k").text()
    assert "${" not in text
    assert "$$" not in text


def certificate(folder):
    """Make a certificate for a day; return its file and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SITE["name"])])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number()
        )
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem, key_file = folder / "c.pem", folder / "c.key"
    encoding = serialization.Encoding.PEM
    pem.write_bytes(made.public_bytes(encoding))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(encoding, form, plain))
    return pem, key_file


def test_nginx_takes_the_file_with_https_and_unix_sockets(tmp_path):
    pem, key = certificate(tmp_path)
    site = Site(
        name="lokahome.example",
        web="unix:/run/lokahome/web.sock",
        realtime="127.0.0.1:8001",
        listen="8443",
        certificate=str(pem),
        key=str(key),
    )
    # Port 80 may be somebody's, and is not ours to try.
    text = site.text().replace("listen 80;", "listen 127.0.0.1:8081;")
    text = text.replace("    listen [::]:80;\n", "")
    (tmp_path / "site.conf").write_text(text)
    (tmp_path / "nginx.conf").write_text(alone(tmp_path))
    done = subprocess.run(
        [
            *(packages.nginx_binary(), "-t", "-e", str(tmp_path / "error.log")),
            *("-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "[emerg]" not in done.stderr


def printed(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "deploy.proxy", *arguments],
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_prints_the_file_or_why_not():
    done = printed("--name", "lokahome.example", "--listen", "80")
    assert done.returncode == 0
    assert done.stdout.rstrip("\n") == Site(**SITE, listen="80").text().rstrip("\n")
    refused = printed("--name", "a;b")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "a;b" in refused.stderr
