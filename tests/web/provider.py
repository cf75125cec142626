"""A small OpenID Connect provider on the loopback, which tests may have do wrong things."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "tracker & co", "hush:hush%"
Change = Callable[[dict[str, Any]], None]


def nothing(_values: dict[str, Any]) -> None:
    """Change nothing."""


@dataclass
class Provider:
    """The provider, who is signed in there, and what it does wrong."""

    clock: Callable[[], datetime]
    subject: str = "248289761001"
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    claims: Change = nothing
    metadata: Change = nothing
    token: Change = nothing
    algorithm: str = "RS256"
    signs_with: RSAKey | OctKey | None = None
    redirects: bool = False
    port: int = 0
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/realm"

    def authorize(self, address: str) -> str:
        """What a browser sent to ``address`` comes back with: the query that it is redirected with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?")
        assert (asked["client_id"], asked["response_type"], asked["scope"]) == (CLIENT, "code", "openid")
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"code={code}&state={asked['state']}"

    def answer(self, path: str, form: dict[str, str], authorization: str | None) -> tuple[int, object]:
        """What it says at an address."""
        self.asked.append(path)
        if path == "/realm/.well-known/openid-configuration":
            return 200, self._metadata()
        if path == "/realm/jwks":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        if path == "/realm/token":
            return self._token(form, authorization)
        return 404, {"error": "not_found"}

    def _metadata(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }
        self.metadata(found)
        return found

    def _token(self, form: dict[str, str], authorization: str | None) -> tuple[int, object]:
        basic = base64.b64decode((authorization or "").removeprefix("Basic ")).decode().partition(":")
        shown = (
            (form["client_id"], form["client_secret"])
            if "client_id" in form
            else (unquote(basic[0]), unquote(basic[2]))
        )
        if shown != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or asked["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if challenge.decode().rstrip("=") != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        found = {"access_token": "opaque", "token_type": "Bearer", "id_token": self._signed(asked["nonce"])}
        self.token(found)
        return 200, found

    def _signed(self, nonce: str) -> str:
        now = int(self.clock().timestamp())
        claims: dict[str, Any] = {"iss": self.issuer, "sub": self.subject, "aud": CLIENT, "nonce": nonce}
        claims |= {"iat": now, "exp": now + 300}
        self.claims(claims)
        header = {"alg": self.algorithm, "kid": "one"}
        return jwt.encode(header, claims, self.signs_with or self.key, algorithms=[self.algorithm])


@contextmanager
def providing(clock: Callable[[], datetime]) -> Iterator[Provider]:
    """A provider that answers on a port of its own."""
    provider = Provider(clock)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say()

        def do_POST(self) -> None:
            self._say()

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def _say(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            status, found = provider.answer(urlsplit(self.path).path, form, self.headers.get("Authorization"))
            text = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(302 if provider.redirects else status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
