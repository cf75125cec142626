"""The composition root of the web service; commands open a :class:`~tracker.service.Service` themselves."""

from __future__ import annotations

from flask import Flask

from tracker import api, door, web, wiring
from tracker.api import problems
from tracker.api.state import EXTENSION
from tracker.logs import configure
from tracker.service import Service, open_service
from tracker.settings import read_settings
from tracker.web import access_log, compression, gate, languages, uploads


def create_app(service: Service | None = None) -> Flask:
    """The WSGI application, over ``service`` or over what the environment's settings open.

    :raise SettingInvalid: a setting is odd.
    :raise CatalogueInvalid: the configuration has mistakes.
    :raise NotReady: the database is not migrated, or another catalogue is in force.
    """
    if service is None:
        settings = read_settings()
        configure(settings.log_level)
        service = open_service(settings)
    service.check_ready()
    wiring.connect()
    _ = service.reception  # the one writer, made before there are threads
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = service.settings.max_body + 1  # one more shows what was cut: see api.events
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions[EXTENSION] = service
    app.register_blueprint(api.blueprint())
    app.register_blueprint(api.public())
    languages.register(app)
    app.register_blueprint(web.blueprint())
    uploads.register(app)
    gate.register(app, service)
    if service.settings.access_log:
        access_log.register(app)
    compression.register(app)
    problems.register(app)
    door.hang(app, service)
    return app
