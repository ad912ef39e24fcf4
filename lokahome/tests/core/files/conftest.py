"""Files of tests live in a place of their own: a directory, or a bucket of moto's."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from lokahome import env


def entries(monkeypatch, public, private):
    monkeypatch.setenv("STORAGE_URL", public)
    monkeypatch.setenv("PRIVATE_STORAGE_URL", private)
    return {
        "default": env.storage("STORAGE_URL", directory="media", base_url="/media/"),
        "private": env.storage("PRIVATE_STORAGE_URL", directory="p", base_url=None),
    }


@pytest.fixture(autouse=True)
def disk(settings, tmp_path, monkeypatch):
    """Keep files in this test's own directory; return it."""
    found = entries(
        monkeypatch, f"file://{tmp_path}/public", f"file://{tmp_path}/private"
    )
    settings.STORAGES = {**settings.STORAGES, **found}
    return tmp_path


@pytest.fixture(scope="session")
def moto():
    """Run an S3 server of moto's on a free port of loopback; return its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    try:
        wait_until_open(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def wait_until_open(port, process):
    import time

    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        assert process.poll() is None, "the S3 server ended"
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the S3 server does not answer")


@pytest.fixture
def bucket(settings, moto, monkeypatch, disk):
    """Keep files in fresh buckets of moto's; return the private one's own client."""
    import boto3

    at = f"127.0.0.1:{moto}"
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{at}",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )
    name = f"lokahome-{os.getpid()}-{disk.name}".lower().replace("_", "-")[:60]
    for suffix in ("a", "b"):
        client.create_bucket(Bucket=f"{name}-{suffix}")
    found = entries(
        monkeypatch,
        f"s3://key:secret@{at}/{name}-a?region=us-east-1&scheme=http",
        f"s3://key:secret@{at}/{name}-b?region=us-east-1&scheme=http",
    )
    settings.STORAGES = {**settings.STORAGES, **found}
    client.private = f"{name}-b"
    return client
