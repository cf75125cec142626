"""Pages for people: the frozen years, in the organisation's languages. And the health checks."""

from flask import Blueprint

from tracker.web import docs, health, metrics, years
from tracker.web.headers import harden


def blueprint() -> Blueprint:
    """All pages, their templates and stylesheet; nothing comes from another host."""
    web = Blueprint("web", __name__, template_folder="templates", static_folder="static")
    web.add_url_rule("/", view_func=years.newest)
    web.add_url_rule("/years/<int(max=9999):year>", view_func=years.show)
    web.add_url_rule("/healthz", view_func=health.healthz)
    web.add_url_rule("/readyz", view_func=health.readyz)
    web.add_url_rule("/metrics", view_func=metrics.metrics)
    web.add_url_rule("/docs", "docs", docs.show)
    web.add_url_rule("/docs/<name>", "docs_asset", docs.asset)
    web.after_app_request(harden)
    return web
