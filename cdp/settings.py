"""Settings, read from the environment; every value has a default that suits one machine."""

import hashlib
from pathlib import Path

import environ
import structlog
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from cdp.administration.settings import UNFOLD  # noqa: F401
from cdp.rest.settings import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Secrets and hosts. The one-command start and the tests set these; production sets its own.
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    # Never guessable and never the same twice: sessions and links made without SECRET_KEY do not survive.
    import secrets

    SECRET_KEY = secrets.token_urlsafe(50)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PUBLIC_URL = env.str("PUBLIC_URL", default="http://localhost:8000").rstrip("/")
SECURE = PUBLIC_URL.startswith("https://")

# --- Parts
INSTALLED_APPS = [
    "profiles",
    "segments",
    "journeys",
    "cdp",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "cdp.administration.apps.KindredAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "auditlog",
]

MIDDLEWARE = [
    "cdp.lib.requests.RequestId",
    "cdp.lib.requests.NoNul",
    "cdp.lib.audit.Acting",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "cdp.team.sessions.Presence",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "cdp.urls"
WSGI_APPLICATION = "cdp.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cdp.views.frame",
                "cdp.tour_views.strip",
            ],
        },
    },
]

# --- Database
DATABASE_URL = env.str("DATABASE_URL", default="")
# Read as libpq reads it: a socket's folder may stand percent-encoded in place of the host.
address = conninfo_to_dict(DATABASE_URL)
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": address.pop("dbname", "kindred"),
        "USER": address.pop("user", ""),
        "PASSWORD": address.pop("password", ""),
        "HOST": address.pop("host", ""),
        "PORT": address.pop("port", ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, "application_name": "kindred", **address},
        "TEST": {"NAME": env.str("TEST_DATABASE_NAME", default="test_kindred")},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Broker. Celery only ever carries nudges: losing one costs at most a sweep's interval.
REDIS_URL = env.str("REDIS_URL", default="")
BROKER_FOLDER = env.str("BROKER_FOLDER", default="")
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "cdp.team.cache.GuardedMemory"}
    )
}

# --- Accounts
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "cdp.team.accounts.InvitedOnly"
SOCIALACCOUNT_ADAPTER = "cdp.team.sso.SingleSignOn"
MFA_ADAPTER = "cdp.team.factors.SecondFactor"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # whoever is here was invited
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE  # localhost
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # who is not in the team gets no mail about it
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]

# --- Security
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0
# Whether the provider of a single sign-on may live in the network behind us.
OIDC_PRIVATE_ADDRESSES = env.bool("OIDC_PRIVATE_ADDRESSES", default=DEBUG)
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_REDIRECT_EXEMPT = [r"^health"]
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = False
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024

# --- Words, time, files
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("nl", _("Dutch"))]
LOCALE_PATHS = [BASE_DIR / "cdp" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Production collects static files into a folder and names it; without one they are served from where they lie.
STATIC_ROOT = env.str("STATIC_ROOT", default="") or None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# --- Mail of the application itself (invitations, passwords). Marketing mail has its own queue.
TEST_MAILBOX = env.str("TEST_MAILBOX", default="127.0.0.1:2525")
MAILERS = {
    "default": {
        "BACKEND": "cdp.team.mail.ProductMail",  # as all mail: by the server in use, else to the test mailbox
    }
}

# --- The audit log: values as they are, not as text
AUDITLOG_STORE_JSON_CHANGES = True

# --- The line's own figures
INGEST_BODY_BYTES = env.int("INGEST_BODY_BYTES", default=500 * 1024)  # as Segment; 4 MB at most
INGEST_BACKLOG_LIMIT = env.int("INGEST_BACKLOG_LIMIT", default=5_000_000)  # above it the door answers 429
# May webhooks go to private addresses (and by http)? For who hosts the receiver next door, and trusts who types.
WEBHOOKS_PRIVATE_NETWORKS = env.bool("WEBHOOKS_PRIVATE_NETWORKS", default=False)
DELIVERY_WINDOW = env.int("DELIVERY_WINDOW", default=16)  # W: messages in hand-over at once, per worker
DELIVERY_LEASE_SECONDS = env.int("DELIVERY_LEASE_SECONDS", default=20)
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=600)  # a key of the partner API
FAILPOINT = env.str("KINDRED_FAILPOINT", default="")  # tests name the place where a process is to die

# --- Logs: one JSON object a line, with the request's or the batch's id
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}

# What of this installation may be told apart in a shared Redis, without telling its secret.
INSTALLATION = hashlib.sha256(DATABASE_URL.encode()).hexdigest()[:8]
