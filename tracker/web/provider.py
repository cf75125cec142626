"""A provider of identities, asked by OpenID Connect: authorisation code with PKCE, state and nonce, over TLS alone."""

from __future__ import annotations

import base64
import json
import re
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlencode

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tracker.errors import Unauthorised
from tracker.settings import Settings

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""How a provider may sign: never with a secret that we share, and never not at all."""

LEEWAY = 60
"""Seconds that the provider's clock may differ from ours."""

_TIMEOUT, _LARGEST = 10, 1 << 18
_SAFE = re.compile(r"https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/]")


class ProviderFailed(Unauthorised):
    """The provider did not answer, or not as it must."""


@dataclass(frozen=True)
class Visit:
    """What one visit to the provider is bound to; the browser keeps it until it comes back."""

    state: str
    nonce: str
    verifier: str
    at: str

    @classmethod
    def begin(cls, at: datetime) -> Visit:
        """Three numbers that nobody guesses."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, at.isoformat())

    def as_dict(self) -> dict[str, str]:
        """For the cookie."""
        return asdict(self)


@dataclass(frozen=True)
class Provider:
    """The provider that the settings name."""

    issuer: str
    client: str
    secret: str

    @classmethod
    def of(cls, settings: Settings) -> Provider | None:
        """The provider; none where the settings name none."""
        issuer, client, secret = settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret
        return cls(issuer, client, secret) if issuer and client and secret else None

    def address(self, visit: Visit, back: str) -> str:
        """Where the browser goes to sign in there; it is sent ``back`` afterwards.

        :raise ProviderFailed: the provider does not say where.
        """
        found: str = prepare_grant_uri(
            self._endpoint(self._metadata(), "authorization_endpoint"),
            client_id=self.client,
            response_type="code",
            redirect_uri=back,
            scope="openid",
            state=visit.state,
            nonce=visit.nonce,
            code_challenge=create_s256_code_challenge(visit.verifier),
            code_challenge_method="S256",
        )
        return found

    def subject(self, visit: Visit, code: str, back: str, now: datetime) -> str:
        """Who came back with ``code``, as the provider knows them.

        :raise ProviderFailed: it does not vouch for anybody, or not so that it can be checked.
        """
        metadata = self._metadata()
        token = self._post(metadata, {"code": code, "redirect_uri": back, "code_verifier": visit.verifier})
        keys = self._get(self._endpoint(metadata, "jwks_uri"))
        try:
            read = jwt.decode(str(token["id_token"]), KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
            claims = CodeIDToken(read.claims, read.header, self._expected(), self._bound(visit, token))
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
            subject = claims["sub"]
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise ProviderFailed(f"What the provider says cannot be checked: {type(error).__name__}.") from None
        if not isinstance(subject, str):
            raise ProviderFailed("The provider names nobody.")
        return subject

    def _expected(self) -> dict[str, dict[str, Any]]:
        return {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client},
            "nonce": {"essential": True},
        }

    def _bound(self, visit: Visit, token: Mapping[str, Any]) -> dict[str, Any]:
        return {"nonce": visit.nonce, "client_id": self.client, "access_token": token.get("access_token")}

    def _metadata(self) -> Mapping[str, Any]:
        found = self._get(get_well_known_url(self.issuer, external=True))
        if found.get("issuer") != self.issuer:  # OpenID Connect Discovery 1.0, section 4.3
            raise ProviderFailed("The provider says that it is another issuer.")
        return found

    def _endpoint(self, metadata: Mapping[str, Any], name: str) -> str:
        found = metadata.get(name)
        if not isinstance(found, str) or not _SAFE.match(found):
            raise ProviderFailed(f"The provider has no {name} over https.")
        return found

    def _post(self, metadata: Mapping[str, Any], values: Mapping[str, str]) -> Mapping[str, Any]:
        known = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        body, headers = {"grant_type": "authorization_code", **values}, {}
        if "client_secret_basic" in known:  # RFC 6749, section 2.3.1: both are form-encoded first
            pair = f"{quote(self.client, safe='')}:{quote(self.secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            body |= {"client_id": self.client, "client_secret": self.secret}
        return self._get(self._endpoint(metadata, "token_endpoint"), urlencode(body).encode(), headers)

    def _get(self, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        request = urllib.request.Request(url, body, {"Accept": "application/json", **(headers or {})})
        try:
            with _opener.open(request, timeout=_TIMEOUT) as answer:
                found = json.loads(answer.read(_LARGEST))
        except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
            raise ProviderFailed(f"The provider does not answer as it must: {type(error).__name__}.") from None
        if not isinstance(found, dict):
            raise ProviderFailed("The provider's answer is no JSON object.")
        return found


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A provider's own addresses do not lead elsewhere; a redirect might lead inside."""

    def redirect_request(self, *_args: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)
