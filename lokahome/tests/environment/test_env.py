"""The environment: typed, from a file where it is secret, and never on a default."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from lokahome import env
from lokahome.env import database, secret, storage


@pytest.fixture(autouse=True)
def files_are_read_anew():
    """The library keeps what it read from NAME_FILE for the life of the process."""
    env.env.ENVIRON.files_cache.clear()
    yield
    env.env.ENVIRON.files_cache.clear()


def test_a_secret_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("SOME_KEY", "k" * 40)
    assert secret("SOME_KEY", debug=False) == "k" * 40


def test_a_secret_may_come_from_a_file(monkeypatch, tmp_path):
    path = tmp_path / "key"
    path.write_text("from-a-file\n")
    monkeypatch.setenv("SOME_KEY_FILE", str(path))
    assert secret("SOME_KEY", debug=False) == "from-a-file"


def test_any_variable_may_come_from_a_file_without_its_newline(monkeypatch, tmp_path):
    path = tmp_path / "url"
    path.write_text("redis://:secret@127.0.0.1:6379/0\r\n")
    monkeypatch.setenv("SOME_URL_FILE", str(path))
    assert env.env.str("SOME_URL") == "redis://:secret@127.0.0.1:6379/0"


def test_the_file_wins_over_the_variable(monkeypatch, tmp_path):
    path = tmp_path / "key"
    path.write_text("from-a-file")
    monkeypatch.setenv("SOME_KEY", "from-the-variable")
    monkeypatch.setenv("SOME_KEY_FILE", str(path))
    assert secret("SOME_KEY", debug=False) == "from-a-file"


def test_a_file_that_is_missing_stops_the_start(monkeypatch, tmp_path):
    monkeypatch.setenv("SOME_KEY_FILE", str(tmp_path / "absent"))
    with pytest.raises(FileNotFoundError):
        secret("SOME_KEY", debug=True)


@pytest.mark.parametrize("value", [None, "", "  \n"])
def test_an_absent_secret_stops_the_start_outside_development(monkeypatch, value):
    monkeypatch.delenv("SOME_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("SOME_KEY", value)
    with pytest.raises(ImproperlyConfigured, match="SOME_KEY"):
        secret("SOME_KEY", debug=False)


def test_in_development_each_absent_secret_has_a_value_of_its_own():
    values = {secret(name, debug=True) for name in ("ABSENT_A", "ABSENT_B")}
    assert len(values) == 2
    assert all(len(value) >= 32 for value in values)


def start(**variables):
    """Import the settings in a process of its own; return how that went."""
    return subprocess.run(
        [sys.executable, "-c", "import lokahome.settings"],
        cwd=settings.BASE_DIR,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_platform_does_not_start_without_its_keys():
    done = start(DEBUG="0", DOCUMENT_SEAL_KEY="")
    assert done.returncode != 0
    assert "DOCUMENT_SEAL_KEY (or DOCUMENT_SEAL_KEY_FILE) is not set" in done.stderr


def test_a_database_url_becomes_a_postgis_entry(monkeypatch):
    monkeypatch.setenv("SOME_URL", "postgres://ama:s%40cret@db.example:5433/homes")
    entry = database("SOME_URL", CONN_MAX_AGE=5, OPTIONS={"prepare_threshold": 5})
    assert entry["ENGINE"] == "django.contrib.gis.db.backends.postgis"
    assert entry["USER"] == "ama"
    assert entry["PASSWORD"] == "s@cret"
    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == (
        "db.example",
        5433,
        "homes",
    )
    assert entry["CONN_MAX_AGE"] == 5
    assert entry["OPTIONS"] == {"prepare_threshold": 5}


def test_what_a_database_url_asks_for_is_not_dropped(monkeypatch):
    """?sslmode=require that is silently ignored is a password sent in clear."""
    monkeypatch.setenv("SOME_URL", "postgres://a:b@db.example/homes?sslmode=require")
    entry = database("SOME_URL", OPTIONS={"prepare_threshold": 5})
    assert entry["OPTIONS"] == {"prepare_threshold": 5, "sslmode": "require"}


def test_files_live_on_disk_by_a_file_url(monkeypatch):
    monkeypatch.setenv("SOME_URL", "file:///srv/with%20space")
    entry = storage("SOME_URL", directory="media", base_url="/media/")
    assert entry["BACKEND"].endswith("FileSystemStorage")
    assert entry["OPTIONS"] == {"location": "/srv/with space", "base_url": "/media/"}


def test_private_files_on_disk_have_no_address(monkeypatch):
    """Django's own storage falls back on MEDIA_URL when it is given none."""
    monkeypatch.setenv("SOME_URL", "file:///srv/private")
    entry = storage("SOME_URL", directory="private", base_url=None)
    assert entry["BACKEND"] == "lokahome.core.files.storing.PrivateDisk"
    assert entry["OPTIONS"] == {"location": "/srv/private"}


def test_files_live_in_a_bucket_by_an_s3_url(monkeypatch):
    monkeypatch.setenv(
        "SOME_URL", "s3://key:sec%2Fret@127.0.0.1:9000/bucket?region=af&scheme=http"
    )
    options = storage("SOME_URL", directory="x", base_url=None)["OPTIONS"]
    assert options["bucket_name"] == "bucket"
    assert options["access_key"] == "key"
    assert options["secret_key"] == "sec/ret"
    assert options["region_name"] == "af"
    assert options["endpoint_url"] == "http://127.0.0.1:9000"
    assert options["querystring_expire"] == 300


def test_a_bucket_is_reached_over_tls_unless_told_otherwise(monkeypatch):
    monkeypatch.setenv("SOME_URL", "s3://key:secret@s3.example/bucket")
    options = storage("SOME_URL", directory="x", base_url=None)["OPTIONS"]
    assert options["endpoint_url"] == "https://s3.example"


@pytest.mark.parametrize("url", ["ftp://example/x", "http://example/x", "/srv/files"])
def test_another_kind_of_storage_stops_the_start(monkeypatch, url):
    monkeypatch.setenv("SOME_URL", url)
    with pytest.raises(ImproperlyConfigured, match="SOME_URL"):
        storage("SOME_URL", directory="x", base_url=None)
