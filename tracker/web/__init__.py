"""Pages for people: what happened, where it stands, what follows, and the frozen years. And the health checks."""

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from tracker.web import rendering
from tracker.web.gate import guarded
from tracker.web.headers import harden
from tracker.web.pages import PERMISSIONS_OF_PAGES
from tracker.web.routes import PAGES


def blueprint() -> Blueprint:
    """All pages, their templates, stylesheet and script; nothing comes from another host."""
    web = Blueprint("web", __name__, template_folder="templates", static_folder="static")
    for page in PAGES:
        web.add_url_rule(page.rule, page.endpoint, guarded(page), methods=[page.method])
    web.record(_permissions)
    web.record(rendering.register)
    web.after_app_request(harden)
    return web


def _permissions(state: BlueprintSetupState) -> None:
    state.app.extensions[PERMISSIONS_OF_PAGES] = {f"web.{page.endpoint}": page.permission for page in PAGES}
