"""What every test has: the database, the people, and no network."""

from __future__ import annotations

import os

import hypothesis
import pytest
from django.test import TransactionTestCase

from lokahome.tests import catalogues, databases, network
from lokahome.tests.people import (  # noqa: F401 - fixtures
    afi,
    ama,
    anonymous,
    checker,
    finance,
    identity_checker,
    kossi,
    moderator,
    operator,
    stranger,
)

# No test is timed: machines are shared, and a slow moment is no counter-example.
hypothesis.settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def no_network():
    """Refuse connections to other machines for the whole run."""
    with pytest.MonkeyPatch.context() as patch:
        network.block(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def compiled_catalogues():
    """Translate as the catalogues say now, whoever compiled them last."""
    catalogues.compile_stale()


@pytest.fixture(scope="session")
def django_db_setup(
    request,
    django_test_environment,
    django_db_blocker,
    django_db_keepdb,
    django_db_createdb,
    django_db_modify_db_settings,
):
    """Replace pytest-django's: migrate as the owner, run as the application's role.

    ``--reuse-db`` keeps one database a worker between runs, ``--create-db`` renews it.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    verbosity = request.config.option.verbose
    with django_db_blocker.unblock():
        real = databases.create(
            keep=django_db_keepdb and not django_db_createdb,
            suffix=f"kept{worker}" if django_db_keepdb else databases.own_suffix(),
            verbosity=verbosity,
        )
    yield
    with django_db_blocker.unblock():
        databases.destroy(real, keep=django_db_keepdb)


@pytest.fixture(scope="session", autouse=True)
def owner_empties_tables():
    """Let the owner empty tables after tests that commit: the other role may not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            TransactionTestCase, "_fixture_teardown", lambda _test: databases.truncate()
        )
        yield


@pytest.fixture(scope="session", autouse=True)
def own_cache():
    """Keep this process's cache keys apart from others', development's included."""
    from django.conf import settings

    settings.CACHES["default"]["KEY_PREFIX"] = f"test{os.getpid()}"


@pytest.fixture(scope="session", autouse=True)
def caught_words():
    """Keep SMS in the database, whatever carries them in development, at every hour."""
    from django.conf import settings

    settings.SMS_TRANSPORT = "caught"
    settings.QUIET_HOURS = ""


@pytest.fixture(scope="session", autouse=True)
def no_anchor():
    """Leave development's anchor of the audit log alone."""
    from django.conf import settings

    settings.AUDIT_ANCHOR_URL = ""


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords():
    """Hash passwords cheaply: Argon2 is slow on purpose."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session", autouse=True)
def no_collected_files():
    """Serve static files from where they are written, as development does."""
    from django.conf import settings

    settings.WHITENOISE_AUTOREFRESH = True
    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }


@pytest.fixture(autouse=True)
def french():
    """Begin each test in the house's language, whatever the last one spoke."""
    from django.utils import translation

    translation.activate("fr")
    yield
    translation.deactivate()


@pytest.fixture
def committed(transactional_db):
    """Real commits, visible to threads; every table is emptied afterwards.

    Same as ``@pytest.mark.django_db(transaction=True)``, by a shorter name.
    """
