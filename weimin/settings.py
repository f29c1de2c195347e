"""Django settings. Everything that differs between places comes from the environment.

``weimin run`` sets the variables; a county that runs its own server sets them itself:
WEIMIN_HOME (data folder), DATABASE_URL, WEIMIN_SECRET_KEY, WEIMIN_HOSTS, WEIMIN_TLS_PROXY.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF

HOME = Path(os.environ.get("WEIMIN_HOME", ".weimin")).resolve()
DEMO = os.environ.get("WEIMIN_DEMO") == "1"  # every document says 演示 · 无法律效力


def _database(url: str) -> dict[str, Any]:
    """A Django database from a libpq URL; a socket folder may stand in ``?host=``."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": str(query.pop("port", None) or parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": False,
        # Statements are prepared on the server after their second use: planning the same
        # statement anew each time cost half of all CPU (PgBouncer needs 1.21 for this).
        "OPTIONS": {
            "application_name": "weimin", "server_side_binding": True, "prepare_threshold": 2,
            **query,
        },
        "TEST": {"NAME": os.environ.get("WEIMIN_TEST_DB", "weimin_test")},
    }


DATABASES = {
    "default": _database(os.environ.get("DATABASE_URL", "postgresql://weimin_app@/weimin"))
}

SECRET_KEY = os.environ.get("WEIMIN_SECRET_KEY", "")
if not SECRET_KEY:
    from weimin.kernel.keys import secret_key

    SECRET_KEY = secret_key(HOME / "keys")

DEBUG = False
ALLOWED_HOSTS = os.environ.get("WEIMIN_HOSTS", "127.0.0.1,localhost,[::1],testserver").split(",")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "axes",
    "procrastinate.contrib.django",
    "weimin.trail",
    "weimin.outbox",
    "weimin.worktime",
    "weimin.network",
    "weimin.catalogue",
    "weimin.registry",
    "weimin.documents",
    "weimin.cases",
    "weimin.voice",
    "weimin.packs",
    "weimin.web",
    "weimin.ops",
]

MIDDLEWARE = [
    "weimin.web.middleware.errors",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "weimin.web.middleware.actor",
    "weimin.web.middleware.compressed",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
CSRF_FAILURE_VIEW = "weimin.web.failures.csrf"

ROOT_URLCONF = "weimin.web.urls"
WSGI_APPLICATION = "weimin.web.wsgi.application"
AUTH_USER_MODEL = "network.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "weimin.web.login.locked_out"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "weimin.network.accounts.LongEnough",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "weimin.network.accounts.LikeNobody", "OPTIONS": {"user_attributes": ("username", "name")}},
]

SESSION_ENGINE = "weimin.web.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
LOGIN_URL = "/login"

# Anything but loopback needs TLS: in front of us, and said aloud.
TLS_PROXY = os.environ.get("WEIMIN_TLS_PROXY") == "1"
if TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [Path(__file__).parent / "web" / "templates"],
        "OPTIONS": {
            "environment": "weimin.web.jinja.environment",
            "trim_blocks": True,
            "lstrip_blocks": True,
        },
    },
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
        "media-src": [SELF, "blob:"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_ROOT = Path(__file__).parent / "web" / "root"  # what browsers ask for at the root
WHITENOISE_USE_FINDERS = os.environ.get("WEIMIN_TESTING") == "1"
if WHITENOISE_USE_FINDERS:
    STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).parent / "locale"]
USE_I18N = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FILES = HOME / "files"
UPLOADS = HOME / "uploads"  # what waits for its form: not in the backup
KEYS = HOME / "keys"
DATA_UPLOAD_MAX_MEMORY_SIZE = 30 * 1024 * 1024
PROCRASTINATE_ON_APP_READY = "weimin.outbox.failing.watch"


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # These two complain of each hostile file: the answer says what is wrong with it.
    "loggers": {"pyhanko": {"level": "CRITICAL"}, "pypdf": {"level": "CRITICAL"}, "weimin": {"level": "INFO"}, "procrastinate": {"level": "WARNING"}},
}
