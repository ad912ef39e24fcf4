"""Settings of every process. What differs between places comes from the environment.

`.env.example` lists each variable; a test holds the two together.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
from django.utils.translation import gettext_lazy as _

from lokahome.env import BASE_DIR, database, env, read_files, secret, storage
from lokahome.logs import LOGGING as LOGGING  # Django's own name for it
from lokahome.logs import configure_structlog
from lokahome.openapi import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from lokahome.signing_in import *  # noqa: F403 - settings have no other shape

django_stubs_ext.monkeypatch()
read_files()

DEBUG: bool = env.bool("DEBUG", default=False)
SECRET_KEY = secret("SECRET_KEY", debug=DEBUG)
PUBLIC_URL: str = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
REALTIME_URL: str = env.str("REALTIME_URL", default="http://127.0.0.1:8001").rstrip("/")
ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS", default=[urlsplit(PUBLIC_URL).hostname or "localhost"]
)
if DEBUG:
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, "127.0.0.1", "localhost", "testserver"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
DEV_DOORS: bool = env.bool("DEV_DOORS", default=False)
"""Caught SMS and mail, consoles, demo log-ins: check E003 keeps them in development."""
SIMULATOR_URL: str = env.str("SIMULATOR_URL", default="")
FAILPOINT_DIR: str = env.str("FAILPOINT_DIR", default="")

# --- Applications ----------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "channels",
    "rest_framework",
    "rest_framework_simplejwt",
    "dj_rest_auth",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "corsheaders",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "storages",
    "lokahome.core",
    "accounts",
    "payments",
    "properties",
    "marketplace",
    "messaging",
]
AUTH_USER_MODEL = "accounts.User"
ROOT_URLCONF = "lokahome.urls"
WSGI_APPLICATION = "lokahome.wsgi.application"
ASGI_APPLICATION = "lokahome.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""For tables of other people's packages; ours have UUID keys (a test asserts it)."""
APPEND_SLASH = False

MIDDLEWARE = [
    "lokahome.core.api.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "lokahome.core.api.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "lokahome.core.admin.language.BackofficeLanguageMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.admin.door.middleware.StaffDoorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "lokahome.core.api.middleware.ClientVersionMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# What `manage.py prepare` runs after the migrations: label, function; all safe twice.
PREPARE_STEPS = [
    ("horaires", "lokahome.schedule.seed"),
    ("groupes", "accounts.services.staff.groups.ensure_groups"),
    ("lieux", "properties.services.places.load_places"),
    ("métiers", "marketplace.services.categories.load_categories"),
]
# With --demo; each returns lines to print.
PREPARE_DEMO_STEPS = [
    ("journal d’audit", "lokahome.core.audit.stopped.answer_for_stops"),
    ("personnes de démonstration", "accounts.services.demo.ensure_demo_people"),
    ("logements de démonstration", "properties.services.demo.ensure_demo_homes"),
    (
        "prestataires de démonstration",
        "marketplace.services.demo.ensure_demo_providers",
    ),
]

# --- Databases -------------------------------------------------------------------------
# Two roles on one database: the application's, and the owner's for migrations. Prepared
# statements on persistent connections are worth 20 times a connection per request.
_PERSISTENT: dict[str, Any] = {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
_PREPARED = {"server_side_binding": True, "prepare_threshold": 5}
DATABASES = {
    "default": database(
        "DATABASE_URL", OPTIONS=_PREPARED, TEST={"MIRROR": "owner"}, **_PERSISTENT
    ),
    "owner": database("DATABASE_OWNER_URL", TEST={"TEMPLATE": "template1"}),
}

# GeoDjango on the libraries inside the wheels: newer than the distribution's GDAL, which
# Django warns of (gis.W001), and nothing to install. USE_SYSTEM_GDAL=1 turns it off.
_pyogrio = importlib.util.find_spec("pyogrio")
if _pyogrio and _pyogrio.origin and not env.bool("USE_SYSTEM_GDAL", default=False):
    _site = Path(_pyogrio.origin).parent.parent
    GDAL_LIBRARY_PATH = str(next((_site / "pyogrio.libs").glob("libgdal*")))
    GEOS_LIBRARY_PATH = str(next((_site / "shapely.libs").glob("libgeos_c*")))
    os.environ.setdefault("PROJ_DATA", str(_site / "pyogrio" / "proj_data"))

# --- Redis: cache, channel layer, broker (lokahome/celery.py). Nothing lives in it alone ----------------------
REDIS_URL: str = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
        # redis-py waits five seconds by default: longer than who asks /readyz does.
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}
# Hints to sockets. Pub/Sub and not the core layer: that one holds a hundred messages for
# a whole process and drops the rest in silence. Both limits are named because redis-py 8
# has others by default (a pool of 100, reads of 5 s), under which idle sockets die.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [
                {
                    "address": REDIS_URL,
                    "socket_timeout": 30,
                    "socket_connect_timeout": 2,
                    "max_connections": 10_000,
                }
            ],
            # Installations that share a Redis do not hear each other.
            "prefix": f"channels.{DATABASES['default']['NAME']}.",
        },
    }
}
REALTIME: dict[str, Any] = {}
"""Overrides of `messaging.consumers.pace.Pace`, by name."""
REALTIME_ORIGINS: list[str] = env.list("REALTIME_ORIGINS", default=[PUBLIC_URL])
"""Origins whose pages may open sockets; apps send none."""
LANE_CONCURRENCY = {"documents": 1, "notify": 4, "gateway": 4}

# --- People ------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PHONE_COUNTRIES: list[str] = env.list(
    "PHONE_COUNTRIES", default=["BJ", "TG", "BF", "CI", "NE", "NG", "SN", "FR"]
)
CODE_HASH_KEY = secret("CODE_HASH_KEY", debug=DEBUG)
LOOKUP_KEY = secret("LOOKUP_KEY", debug=DEBUG)
"""Keyed hashes by which encrypted values are found again."""
AUDIT_SEAL_KEY = secret("AUDIT_SEAL_KEY", debug=DEBUG)
AUDIT_ANCHOR_URL: str = env.str("AUDIT_ANCHOR_URL", default="")
"""Where the head of the sealed audit log is kept, out of the database's reach."""
IDENTITY_FILES_DAYS_ACCEPTED = 30
IDENTITY_FILES_DAYS_OTHERS = 90
"""How long photos of documents stay after the decision (`docs/privacy.md`)."""
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
LOGIN_URL = "admin:login"

# --- The API -------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.SessionAuthentication"
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "accounts.api.standing.InGoodStanding",
    ],
    "DEFAULT_PARSER_CLASSES": ["lokahome.core.api.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["lokahome.core.api.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "lokahome.core.api.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["lokahome.core.api.filters.StrictFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "lokahome.core.api.schema.LokaSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "lokahome.core.api.problems.handle_exception",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
CURSOR_KEY = secret("CURSOR_KEY", debug=DEBUG)
OLDEST_APP_VERSIONS = {"android": "1.0.0", "ios": "1.0.0"}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# --- Language, time, files -------------------------------------------------------------------
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("Français")), ("en", _("Anglais"))]
LOCALE_PATHS = [
    BASE_DIR / "locale",
    BASE_DIR / "templates" / "admin" / "theme_words",
]
USE_I18N = True
FORMAT_MODULE_PATH = ["lokahome.formats"]
USE_TZ = True
TIME_ZONE = "Africa/Porto-Novo"
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "var" / "static")))
MEDIA_URL = "/media/"
STORAGES = {
    "default": storage("STORAGE_URL", directory="media", base_url=MEDIA_URL),
    "private": storage("PRIVATE_STORAGE_URL", directory="private", base_url=None),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = DEBUG
LOCATION_BLUR_KEY = secret("LOCATION_BLUR_KEY", debug=DEBUG)
DOCUMENT_SEAL_KEY = secret("DOCUMENT_SEAL_KEY", debug=DEBUG)
UPLOAD_MAX_BYTES = 10_000_000
UPLOAD_MAX_PIXELS = 40_000_000

# --- The outside world -------------------------------------------------------------------------
FEDAPAY_API_BASE: str = env.str("FEDAPAY_API_BASE", default=SIMULATOR_URL)
FEDAPAY_SECRET_KEY = secret("FEDAPAY_SECRET_KEY", debug=DEBUG)
FEDAPAY_WEBHOOK_SECRETS: list[str] = [
    part
    for part in secret("FEDAPAY_WEBHOOK_SECRET", debug=DEBUG).split(",")
    if part.strip()
]
SMS_TRANSPORT: str = env.str("SMS_TRANSPORT", default="caught" if DEBUG else "none")
TWILIO_API_BASE: str = env.str("TWILIO_API_BASE", default="https://api.twilio.com")
TWILIO_ACCOUNT_SID: str = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN: str = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_FROM: str = env.str("TWILIO_FROM", default="")
QUIET_HOURS: str = env.str("QUIET_HOURS", default="21:00-07:00")
"""By the clocks of Benin; empty for none. Codes, money and who is on site never wait."""
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="bonjour@lokahome.bj")
EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND",
    default=(
        "messaging.channels.email_caught.CaughtEmailBackend"
        if DEBUG
        else "django.core.mail.backends.smtp.EmailBackend"
    ),
)
EMAIL_TIMEOUT = 20
"""Shorter than the claim of a message: Django's own default is to wait for ever."""
if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))

# --- Security ------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
CORS_ALLOWED_ORIGINS: list[str] = env.list("CORS_ORIGINS", default=[])
"""Exact origins of web pages that may call the API; never with cookies."""
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = (
    *("accept-language", "authorization", "content-type", "if-match"),
    *("if-none-match", "idempotency-key", "request-id", "lokahome-app"),
    *("lokahome-device", "lokahome-agency"),
)
CORS_EXPOSE_HEADERS = ("etag", "location", "request-id", "retry-after")
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
"""Probes speak plain HTTP to the process itself."""
if not DEBUG:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

LOG_LEVEL: str = env.str("LOG_LEVEL", default="INFO")
configure_structlog(LOG_LEVEL, pretty=DEBUG)
LOGGING["root"]["level"] = LOG_LEVEL

from lokahome.backoffice import UNFOLD as UNFOLD  # noqa: E402 - needs nothing above
