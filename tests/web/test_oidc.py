"""Single sign-on: the code flow against a provider of our own, and everything that may be wrong with an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import OctKey, RSAKey
from werkzeug.test import TestResponse

from tests.house import House
from tests.web.provider import CLIENT, SECRET, Provider, providing
from tests.web.test_auth import words
from tests.web.visitors import HOST, Site, Visitor, opened
from tracker.access import people

FAILED = "Your organisation's sign-on did not confirm who you are."
UNKNOWN = "Nobody here is linked to this account."


@pytest.fixture
def provider(house: House) -> Iterator[Provider]:
    with providing(house.clock) as found:
        yield found


@pytest.fixture
def site(house: House, tmp_path: Path, provider: Provider) -> Iterator[Site]:
    """Pages with the provider, where a second factor is required of who uses a password."""
    chosen = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    with opened(house, tmp_path, second_factor="required", **chosen) as found:
        found.person("alice", "recorder")
        link(found, "alice", provider.issuer, provider.subject)
        yield found


def link(site: Site, login: str, issuer: str, subject: str) -> None:
    with site.house.database.write() as session:
        people.link(session, login, issuer, subject, by="person:command-line", at=site.house.clock())


def visit(visitor: Visitor, provider: Provider, next: str = "/account") -> str:
    """Go to the provider and sign in there; the query to come back with."""
    visitor.get("/login?lang=en")
    answer = visitor.get(f"/login/provider?next={next}")
    assert answer.status_code == 303
    return provider.authorize(answer.headers["Location"])


def back(visitor: Visitor, query: str) -> TestResponse:
    return visitor.get(f"/login/provider/back?{query}")


def told(visitor: Visitor, answer: TestResponse) -> str:
    """What the page of signing in says after a refusal; nobody is signed in."""
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert visitor.sid() is None
    return words(visitor.get("/login"))


def test_who_is_linked_signs_in_without_a_password_or_a_code(site: Site, provider: Provider) -> None:
    visitor = site.visitor()
    assert "Sign in with your organisation's account" in words(visitor.get("/login?lang=en"))
    answer = back(visitor, visit(visitor, provider))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert "Alice" in words(visitor.get("/account"))
    assert provider.asked.count("/realm/token") == 1
    with visitor.client.session_transaction(base_url=HOST) as kept:
        assert set(kept) == {"sid", "csrf_token"}
    assert site.folk.trail()[-1][:2] == (site.folk.now("alice").actor, "person.signed_in")


def test_the_browser_is_sent_with_pkce_state_and_nonce_and_the_public_address(
    house: House, tmp_path: Path, provider: Provider
) -> None:
    chosen = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    with opened(house, tmp_path, url="https://public.example.org", **chosen) as site:
        asked = [parse_qs(urlsplit(site.visitor().get("/login/provider").headers["Location"]).query) for _ in range(2)]
    for each in asked:
        assert each["redirect_uri"] == ["https://public.example.org/login/provider/back"]
        assert set(each) == {
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method",
        }
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
        assert len(asked[0][name][0]) == 43


def test_nobody_is_known_by_an_identity_that_is_not_linked(site: Site, provider: Provider) -> None:
    provider.subject = "somebody else"
    visitor = site.visitor()
    assert UNKNOWN in told(visitor, back(visitor, visit(visitor, provider)))


def test_the_same_subject_of_another_issuer_is_another_identity(site: Site, provider: Provider) -> None:
    site.person("bob", "recorder")
    link(site, "bob", "https://other.example.org", "7")
    provider.subject = "7"
    visitor = site.visitor()
    assert UNKNOWN in told(visitor, back(visitor, visit(visitor, provider)))


def test_a_disabled_person_does_not_sign_in_by_a_provider_either(site: Site, provider: Provider) -> None:
    site.folk.disable("alice")
    visitor = site.visitor()
    assert UNKNOWN in told(visitor, back(visitor, visit(visitor, provider)))


def _set(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda found: found.update(values)


def _drop(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda found: found.pop(name)


CLAIMS: dict[str, Callable[[dict[str, Any]], None]] = {
    "another issuer": _set(iss="https://evil.example"),
    "no issuer": _drop("iss"),
    "another audience": _set(aud="another client"),
    "another party among the audience": _set(aud=[CLIENT, "another"], azp="another"),
    "no audience": _drop("aud"),
    "another nonce": _set(nonce="x"),
    "no nonce": _drop("nonce"),
    "no subject": _drop("sub"),
    "a subject that is no text": _set(sub=248289761001),
    "no end": _drop("exp"),
    "an end long past": _set(exp=1_600_000_000),
    "an end that is no number": _set(exp="never"),
    "issued in the future": _set(iat=4_000_000_000),
    "not yet good": _set(nbf=4_000_000_000),
    "another access token": _set(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
}


@pytest.mark.parametrize("change", CLAIMS.values(), ids=CLAIMS.keys())
def test_a_token_with_wrong_claims_signs_nobody_in(
    site: Site, provider: Provider, change: Callable[[dict[str, Any]], None]
) -> None:
    provider.claims = change
    visitor = site.visitor()
    assert FAILED in told(visitor, back(visitor, visit(visitor, provider)))


def test_a_token_signed_by_somebody_else_signs_nobody_in(site: Site, provider: Provider) -> None:
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    visitor = site.visitor()
    assert FAILED in told(visitor, back(visitor, visit(visitor, provider)))


def test_a_token_signed_with_the_shared_secret_or_the_public_key_signs_nobody_in(
    site: Site, provider: Provider
) -> None:
    provider.algorithm = "HS256"
    for secret in (SECRET * 4, provider.key.as_pem(private=False).decode()):
        provider.signs_with = OctKey.import_key(secret.encode().replace(b"-----", b""))
        visitor = site.visitor()
        assert FAILED in told(visitor, back(visitor, visit(visitor, provider)))


TOKENS: dict[str, Callable[[dict[str, Any]], None]] = {
    "no token": _drop("id_token"),
    "no text": _set(id_token=7),
    "nothing": _set(id_token=""),
    "an unsigned one": _set(id_token="eyJhbGciOiJub25lIn0.eyJzdWIiOiIyNDgyODk3NjEwMDEifQ."),
    "rubbish": _set(id_token="a.b.c"),
}


@pytest.mark.parametrize("change", TOKENS.values(), ids=TOKENS.keys())
def test_an_answer_without_a_readable_token_signs_nobody_in(
    site: Site, provider: Provider, change: Callable[[dict[str, Any]], None]
) -> None:
    provider.token = change
    visitor = site.visitor()
    assert FAILED in told(visitor, back(visitor, visit(visitor, provider)))


def test_an_answer_belongs_to_the_browser_and_the_visit_that_asked(site: Site, provider: Provider) -> None:
    victim, attacker = site.visitor(), site.visitor()
    victim.get("/login?lang=en")
    query = visit(attacker, provider)
    assert FAILED in told(victim, back(victim, query))
    visit(victim, provider)
    assert FAILED in told(victim, back(victim, query))
    state = query.partition("state=")[2]
    for wrong in ("", "code=code-0", "code=code-0&state=", f"code=code-0&state={state}x", f"state={state}", "%ff=%ff"):
        assert FAILED in told(victim, back(victim, wrong))


def test_an_answer_is_good_once(site: Site, provider: Provider) -> None:
    visitor = site.visitor()
    query = visit(visitor, provider)
    assert back(visitor, query).headers["Location"] == "/account"
    visitor.post("/logout")
    assert FAILED in told(visitor, back(visitor, query))


def test_a_visit_takes_ten_minutes_at_most(site: Site, provider: Provider) -> None:
    visitor = site.visitor()
    query = visit(visitor, provider)
    site.folk.wait(minutes=10, seconds=1)
    assert FAILED in told(visitor, back(visitor, query))


def test_a_refusal_at_the_provider_is_told(site: Site, provider: Provider) -> None:
    visitor = site.visitor()
    state = visit(visitor, provider).partition("state=")[2]
    assert FAILED in told(visitor, back(visitor, f"error=access_denied&state={state}"))


def test_an_answer_of_another_issuer_is_refused(site: Site, provider: Provider) -> None:
    visitor = site.visitor()
    assert FAILED in told(visitor, back(visitor, f"{visit(visitor, provider)}&iss=https://evil.example"))
    assert back(visitor, f"{visit(visitor, provider)}&iss={provider.issuer}").headers["Location"] == "/account"


METADATA: dict[str, Callable[[dict[str, Any]], None]] = {
    "another issuer": _set(issuer="https://evil.example"),
    "no issuer": _drop("issuer"),
    "no address": _drop("authorization_endpoint"),
    "an address without tls": _set(authorization_endpoint="http://evil.example/authorize"),
    "an address that is a file": _set(authorization_endpoint="file:///etc/passwd"),
}


@pytest.mark.parametrize("change", METADATA.values(), ids=METADATA.keys())
def test_nobody_is_sent_where_the_provider_must_not_send_them(
    site: Site, provider: Provider, change: Callable[[dict[str, Any]], None]
) -> None:
    provider.metadata = change
    visitor = site.visitor()
    visitor.get("/login?lang=en")
    assert FAILED in told(visitor, visitor.get("/login/provider"))


@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri"])
@pytest.mark.parametrize("address", ["file:///etc/passwd", "http://10.0.0.1/", "ftp://127.0.0.1/", 7, None])
def test_nothing_is_fetched_from_where_it_must_not_come(
    site: Site, provider: Provider, name: str, address: object
) -> None:
    visitor = site.visitor()
    query = visit(visitor, provider)
    provider.metadata = _set(**{name: address})
    assert FAILED in told(visitor, back(visitor, query))


def test_the_providers_addresses_do_not_lead_elsewhere(site: Site, provider: Provider) -> None:
    visitor = site.visitor()
    visitor.get("/login?lang=en")
    provider.redirects = True
    assert FAILED in told(visitor, visitor.get("/login/provider"))


def test_a_provider_that_is_down_is_told_and_passwords_go_on(site: Site, provider: Provider) -> None:
    object.__setattr__(site.service.settings, "oidc_issuer", "http://127.0.0.1:9/realm")
    visitor = site.visitor()
    visitor.get("/login?lang=en")
    assert FAILED in told(visitor, visitor.get("/login/provider"))
    assert visitor.sign_in("alice").headers["Location"] == "/login/code?next=/"


def test_the_client_may_show_its_secret_in_the_form(site: Site, provider: Provider) -> None:
    provider.metadata = _set(token_endpoint_auth_methods_supported=["client_secret_post"])
    visitor = site.visitor()
    assert back(visitor, visit(visitor, provider)).headers["Location"] == "/account"


@pytest.mark.parametrize("outward", ["https://evil.example", "//evil.example", "/%5Cevil.example"])
def test_nobody_is_led_elsewhere_afterwards(site: Site, provider: Provider, outward: str) -> None:
    visitor = site.visitor()
    assert back(visitor, visit(visitor, provider, outward)).headers["Location"] == "/"


def test_without_a_provider_in_the_settings_there_are_no_such_pages(house: House, tmp_path: Path) -> None:
    with opened(house, tmp_path) as site:
        visitor = site.visitor()
        assert "organisation's account" not in words(visitor.get("/login?lang=en"))
        for path in ("/login/provider", "/login/provider/back?code=x&state=y"):
            assert visitor.get(path).status_code == 404
