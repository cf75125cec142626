"""Who calls: the bearer token behind a request, and whether its scopes reach as far as the route."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, request

from tracker.access.registry import Known
from tracker.access.tokens import Token
from tracker.api.state import service
from tracker.errors import Forbidden, Unauthorised
from tracker.intake.senders import Sender, bearing
from tracker.ledger.events import Actor

SIGNATURE = "signature"
"""In place of a scope: the route checks a signature itself."""

_SCHEME = "bearer "


@dataclass(frozen=True)
class Caller:
    """The token of a request, with what was known of access when it was looked at."""

    token: Token
    known: Known

    @property
    def sender(self) -> Sender:
        """As whom the token hands in events."""
        bound = self.token.source
        return bearing(self.token, self.known.sources[bound] if bound else None)

    @property
    def actor(self) -> Actor:
        """As whom it acts."""
        return self.sender.actor


def require(scope: str) -> None:
    """Let the request through if its token has the scope; :func:`caller` then tells who it is.

    :raise Unauthorised: the same for a missing header, another scheme, and a wrong or ended token.
    :raise Forbidden: the token is good, but does not have the scope.
    :raise TooMany: the token calls too often.
    """
    if scope == SIGNATURE:
        return
    known = service().registry.current()
    token = known.token(_shown(), service().ledger.clock())
    if token is None:
        raise Unauthorised("Send `Authorization: Bearer …` with a live token; `tracker token add` makes one.")
    service().reception.limiter.check(f"token:{token.name}")
    if scope not in token.scopes:
        raise Forbidden(f"This takes a token with the scope {scope}; this one has {', '.join(sorted(token.scopes))}.")
    service().registry.note_use(token, service().ledger.clock())
    g.caller = Caller(token, known)


def caller() -> Caller:
    """Who calls, once :func:`require` has let the request through."""
    found = g.caller
    assert isinstance(found, Caller)
    return found


def _shown() -> str:
    header = request.headers.get("Authorization", "")
    return header[len(_SCHEME) :] if header[: len(_SCHEME)].lower() == _SCHEME else ""
