"""Django's settings for :mod:`tests.benchmarks.peers_drf`: as durable as the tracker, and nothing that only slows."""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy.engine import URL, make_url


def _database(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"
        options = {"init_command": pragmas, "transaction_mode": "IMMEDIATE", "timeout": 10}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.database, "CONN_MAX_AGE": None, "OPTIONS": options}
    where = {"HOST": url.host, "PORT": url.port, "NAME": url.database, "USER": url.username, "PASSWORD": url.password}
    return {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": None, **where}


ALLOWED_HOSTS = ["*"]
DATABASES = {"default": _database(make_url(os.environ["BENCH_DATABASE_URL"]))}
INSTALLED_APPS = ["rest_framework"]
MIDDLEWARE: list[str] = []
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
}
ROOT_URLCONF = "tests.benchmarks.peers_drf"
SECRET_KEY = "signs nothing"
USE_TZ = True
