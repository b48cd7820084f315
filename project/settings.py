"""Settings of the project that runs alone: good for development as they are; the environment changes them."""

from pathlib import Path

try:
    import environ
except ImportError:
    # A Django of the machine's own has brought manage.py so far, without the rest of requirements.txt.
    from project import bootstrap

    bootstrap.run_for_manage()
    raise

from django.core.exceptions import ImproperlyConfigured

from aistore.performance import pool
from project import secret_key, services

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()

DEBUG = env.bool("DEBUG", default=True)

SERVICES = services.Places.here()

SECRET_KEY = env.str("SECRET_KEY", default="") or secret_key.for_development(SERVICES.secret_key, debug=DEBUG)

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

INSTALLED_APPS = [
    "aistore",
    "project",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
]

MIDDLEWARE = [
    "aistore.middleware.RequestCounters",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
ASGI_APPLICATION = "project.asgi.application"

# Without DATABASE_URL: the embedded PostgreSQL, for development only.
if env.str("DATABASE_URL", default=""):
    DATABASES = {"default": env.db("DATABASE_URL")}
elif DEBUG:
    DATABASES = {
        "default": {
            "ENGINE": "project.postgresql",
            "NAME": "aistore",
            "USER": "postgres",
            "HOST": str(SERVICES.sockets),
            "PORT": "5432",
        },
    }
else:
    raise ImproperlyConfigured(
        "DEBUG is off and DATABASE_URL is not set. The embedded PostgreSQL is for development only:"
        " set DATABASE_URL=postgres://user:password@host:5432/name."
    )

DATABASES["default"].update(
    CONN_MAX_AGE=0,  # the pool keeps them
    CONN_HEALTH_CHECKS=True,  # one that PostgreSQL has closed is found before it is used
    OPTIONS={
        "application_name": "aistore",
        **DATABASES["default"].get("OPTIONS", {}),
    },
)
if env.str("DATABASE_URL", default=""):
    # Not before the embedded server, which comes and goes with what uses it: a pool would wait for it.
    DATABASES["default"]["OPTIONS"]["pool"] = pool.options()

AISTORE = {"POOL_PRESET": env.str("POOL_PRESET", default="medium")}

# JSON and not pickle: whoever can write to the cache must not run code here.
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": env.str("CACHE_URL", default=""),
        "KEY_PREFIX": "aistore",
        "OPTIONS": {
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            "SOCKET_CONNECT_TIMEOUT": 0.2,  # seconds: a cache that does not answer is slower than none
            "SOCKET_TIMEOUT": 0.2,
        },
    },
}
if not CACHES["default"]["LOCATION"]:
    if not DEBUG:
        raise ImproperlyConfigured(
            "DEBUG is off and CACHE_URL is not set. The embedded Valkey is for development only:"
            " set CACHE_URL=redis://host:6379/0."
        )
    CACHES["default"]["LOCATION"] = f"unix://{SERVICES.valkey_socket}?db=0"
    CACHES["default"]["OPTIONS"]["CONNECTION_FACTORY"] = "project.valkey.EmbeddedConnectionFactory"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_URL = "media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(SERVICES.media)))

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEST_RUNNER = "project.testrunner.PytestRunner"
