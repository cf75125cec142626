"""Which signed deliveries are believed, and that every other is refused with the same sentence."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import random
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from tracker.access.signatures import (
    Key,
    Signed,
    new_secret,
    private_text,
    public_of,
    public_text,
    read_private,
    read_public,
    read_secret,
    secret_text,
    sign,
    verify,
)
from tracker.errors import Malformed, Unauthorised

NOW = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)
STAMP = int(NOW.timestamp())
ID = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"
BODY = '{"specversion": "1.0", "subject": "快手", "data": {"rooms": 12}}'.encode()

SECRET = bytes(range(32))
OTHER_SECRET = bytes(range(1, 33))
PRIVATE = bytes(range(32, 64))
SHARED = Key(1, "hmac", SECRET)
PUBLIC = Key(2, "ed25519", public_of(PRIVATE))
KEYS = [SHARED, PUBLIC]

REFUSAL = (
    "Send webhook-id, a webhook-timestamp within five minutes of now, and a webhook-signature over the body "
    "exactly as sent, made with a live key of this source."
)


def mac(content: bytes, secret: bytes = SECRET) -> str:
    """A ``v1`` signature, worked out here."""
    return "v1," + base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()


def delivery(id: str = ID, timestamp: str = str(STAMP), body: bytes = BODY) -> Signed:
    """A delivery signed with the shared secret, whatever its id and its timestamp look like."""
    content = f"{id}.{timestamp}.".encode(errors="surrogatepass") + body
    return Signed(id, timestamp, mac(content))


def assert_refused(signed: Signed, body: bytes = BODY, *, keys: list[Key] = KEYS, now: datetime = NOW) -> None:
    with pytest.raises(Unauthorised) as refusal:
        verify(signed, body, keys, now)
    assert (refusal.value.detail, refusal.value.mistakes) == (REFUSAL, ())


SIGNED = delivery()
MAC = mac(f"{ID}.{STAMP}.".encode() + BODY)
ASYMMETRIC = sign(PRIVATE, "ed25519", ID, STAMP, BODY)


def test_a_delivery_signed_with_the_shared_secret_is_believed() -> None:
    assert verify(SIGNED, BODY, KEYS, NOW) == (ID, SHARED)
    assert sign(SECRET, "hmac", ID, STAMP, BODY) == MAC


def test_a_delivery_signed_with_the_private_key_is_believed() -> None:
    assert verify(Signed(ID, str(STAMP), ASYMMETRIC), BODY, KEYS, NOW) == (ID, PUBLIC)


def test_a_published_example_comes_out_the_same() -> None:
    # The example that several webhook services publish with their documentation; its secret has 24 bytes.
    secret = read_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sign(secret, "hmac", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}') == expected


def test_an_ed25519_key_comes_out_as_rfc_8032_has_it() -> None:
    # Section 7.1, test 1, for the keys; what is signed there is no delivery, so the signature is our own.
    private = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert public_of(private) == public
    signed = Signed(ID, str(STAMP), sign(private, "ed25519", ID, STAMP, BODY))
    assert verify(signed, BODY, [Key(7, "ed25519", public)], NOW) == (ID, Key(7, "ed25519", public))


@pytest.mark.parametrize("body", [b"", b"\x00\xff\xfe", b'{"a":1}', BODY, b"x" * 300_000])
@pytest.mark.parametrize(("material", "kind", "key"), [(SECRET, "hmac", SHARED), (PRIVATE, "ed25519", PUBLIC)])
def test_any_bytes_can_be_signed(body: bytes, material: bytes, kind: str, key: Key) -> None:
    signed = Signed(ID, str(STAMP), sign(material, kind, ID, STAMP, body))
    assert verify(signed, body, KEYS, NOW) == (ID, key)


def test_the_reference_library_signs_what_is_believed_here() -> None:
    for number, body in enumerate(("{}", BODY.decode(), '{"a": "é\\u0000"}')):
        id = f"msg_{number}"
        for at in (NOW, NOW - timedelta(seconds=299), NOW + timedelta(seconds=299, microseconds=999)):
            signature = Webhook(secret_text(SECRET)).sign(id, at, body)
            signed = Signed(id, str(int(at.timestamp())), signature)
            assert verify(signed, body.encode(), KEYS, NOW) == (id, SHARED)


def test_the_reference_library_believes_what_is_signed_here() -> None:
    with time_machine.travel(NOW, tick=False):
        for body in (b"{}", BODY, b'{"a": 1.50}'):
            signature = f"v9,abc {ASYMMETRIC} {sign(SECRET, 'hmac', ID, STAMP, body)}"
            headers = {"webhook-id": ID, "webhook-timestamp": str(STAMP), "webhook-signature": signature}
            assert Webhook(secret_text(SECRET)).verify(body, headers) == json.loads(body)


@pytest.mark.parametrize("seconds", [-300, -299, 0, 299, 300])
def test_a_timestamp_may_be_five_minutes_off(seconds: int) -> None:
    assert verify(delivery(timestamp=str(STAMP + seconds)), BODY, KEYS, NOW) == (ID, SHARED)


@pytest.mark.parametrize("seconds", [-86_400, -302, -301, 301, 302, 86_400])
def test_a_timestamp_may_not_be_further_off(seconds: int) -> None:
    assert_refused(delivery(timestamp=str(STAMP + seconds)))


def test_five_minutes_are_not_a_microsecond_more() -> None:
    signed = delivery(timestamp=str(STAMP - 300))
    assert verify(signed, BODY, KEYS, NOW) == (ID, SHARED)
    assert_refused(signed, now=NOW + timedelta(microseconds=1))


def test_the_zone_of_the_clock_is_no_matter() -> None:
    assert verify(SIGNED, BODY, KEYS, NOW.astimezone(timezone(timedelta(hours=8)))) == (ID, SHARED)


def refusal_of(signed: Signed, body: bytes, keys: list[Key]) -> str:
    """The sentence of the refusal; nothing if there is none."""
    try:
        verify(signed, body, keys, NOW)
    except Unauthorised as refusal:
        return refusal.detail
    return ""


def flipped(data: bytes, chance: random.Random) -> bytes:
    """``data`` with one bit the other way."""
    bit = chance.randrange(len(data) * 8)
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize(("key", "signature"), [(SHARED, MAC), (PUBLIC, ASYMMETRIC)])
def test_one_bit_the_other_way_and_a_delivery_is_refused(key: Key, signature: str) -> None:
    seed = random.SystemRandom().randrange(2**32)
    chance = random.Random(seed)
    believed = []
    for _ in range(1_000):
        parts = [ID.encode(), str(STAMP).encode(), signature.encode(), BODY, key.material]
        which = chance.randrange(len(parts))
        parts[which] = flipped(parts[which], chance)
        signed = Signed(*(part.decode("latin-1") for part in parts[:3]))
        if refusal_of(signed, parts[3], [key._replace(material=parts[4])]) != REFUSAL:
            believed.append(parts)
    assert not believed, f"seed {seed}"
    assert verify(Signed(ID, str(STAMP), signature), BODY, [key], NOW) == (ID, key)


@pytest.mark.parametrize(
    "body", [json.dumps(json.loads(BODY)).encode(), BODY + b"\n", b" " + BODY, BODY.replace(b": ", b":"), b""]
)
def test_a_body_written_again_is_refused(body: bytes) -> None:
    assert body != BODY
    assert_refused(SIGNED, body)


def test_what_is_signed_cannot_move_from_one_part_to_the_next() -> None:
    assert_refused(Signed(ID, str(STAMP)[:-1], MAC), str(STAMP)[-1:].encode() + b"." + BODY)
    assert_refused(Signed(f"{ID}.{STAMP}", str(STAMP), mac(f"{ID}.{STAMP}.{STAMP}.".encode() + BODY)))
    assert_refused(Signed(ID, str(STAMP), mac(f"{ID}.{STAMP}.{STAMP}.".encode() + BODY)))


def test_both_of_two_live_keys_are_believed_and_the_retired_one_is_not() -> None:
    older, newer = SHARED, Key(8, "hmac", OTHER_SECRET)
    by_newer = Signed(ID, str(STAMP), sign(OTHER_SECRET, "hmac", ID, STAMP, BODY))
    assert [verify(signed, BODY, [newer, older], NOW) for signed in (SIGNED, by_newer)] == [(ID, older), (ID, newer)]
    assert_refused(SIGNED, keys=[newer])
    assert_refused(by_newer, keys=[older])


def test_without_a_key_nothing_is_believed() -> None:
    assert_refused(SIGNED, keys=[])
    assert_refused(SIGNED, keys=[Key(1, "rsa", SECRET)])


def test_a_key_serves_its_own_kind_alone() -> None:
    # The public key is no secret: with it as one, anybody could sign.
    forged = sign(PUBLIC.material, "hmac", ID, STAMP, BODY)
    assert_refused(Signed(ID, str(STAMP), forged), keys=[PUBLIC])
    assert_refused(Signed(ID, str(STAMP), ASYMMETRIC), keys=[SHARED])


def test_one_good_signature_among_sixteen_is_enough() -> None:
    wrong = mac(b"another content")
    for place in range(16):
        entries = [wrong] * 15
        entries.insert(place, MAC)
        assert verify(SIGNED._replace(signature=" ".join(entries)), BODY, KEYS, NOW) == (ID, SHARED)
    assert_refused(SIGNED._replace(signature=" ".join([wrong] * 16)))
    assert_refused(SIGNED._replace(signature=" ".join([MAC] + [wrong] * 16)))


def test_of_two_keys_that_signed_the_first_is_named() -> None:
    both = SIGNED._replace(signature=f"{ASYMMETRIC} {MAC}")
    assert verify(both, BODY, [SHARED, PUBLIC], NOW) == (ID, SHARED)
    assert verify(both, BODY, [PUBLIC, SHARED], NOW) == (ID, PUBLIC)


UNKNOWN = ("v2,abc", "v1b,AAAA==", "v0,a-b_c", "v10z,0", f"v2,{MAC[3:]}", f"v01,{MAC[3:]}", f"v3a,{ASYMMETRIC[4:]}")


@pytest.mark.parametrize("unknown", UNKNOWN)
def test_an_unknown_version_is_passed_over_but_does_not_do_alone(unknown: str) -> None:
    assert verify(SIGNED._replace(signature=f"{unknown} {MAC}"), BODY, KEYS, NOW) == (ID, SHARED)
    assert verify(SIGNED._replace(signature=f"{MAC} {unknown}"), BODY, KEYS, NOW) == (ID, SHARED)
    assert_refused(SIGNED._replace(signature=unknown))


def test_a_header_of_4096_characters_is_read_and_a_longer_one_is_not() -> None:
    filled = f"{MAC} v2,".ljust(4096, "a")
    assert verify(SIGNED._replace(signature=filled), BODY, KEYS, NOW) == (ID, SHARED)
    assert_refused(SIGNED._replace(signature=f"{filled}a"))


@pytest.mark.parametrize("id", ["0", "x" * 200, "!\"#$%&'()*+-/:;<=>?@[\\]^_`{|}~", "8f14e45f-ceea-467f"])
def test_an_id_is_of_visible_ascii(id: str) -> None:
    assert verify(delivery(id=id), BODY, KEYS, NOW) == (id, SHARED)


# Each is signed as it stands, so that nothing but its form speaks against it.
BAD_IDS = (
    None, "", " ", ".", ",", "a.b", f"{ID}.", f"{ID},{ID}", f"{ID}, {ID}", "a b", f" {ID}", f"{ID} ", f"{ID}\n",
    f"{ID}\r\n", "a\x00b", "a\x7f", "a\x80", "é", "快手", "\ud800", "\udcff", "\u200b", "a\u2028",
    "x" * 201, "x" * 10_000,
)  # fmt: skip
BAD_TIMESTAMPS = (
    None, "", " ", "0", f"0{STAMP}", f"+{STAMP}", f"-{STAMP}", f" {STAMP}", f"{STAMP} ", f"{STAMP}\n", f"{STAMP}.0",
    f"{STAMP}.", f"{STAMP}e0", "1e9", "nan", "inf", "-inf", "0x1", "1_768_449_600", f"{STAMP},{STAMP}",
    f"{STAMP}, {STAMP}", NOW.isoformat(), str(STAMP * 1000), "9" * 11, "9" * 12, "9" * 5_000, "１７６８４４９６００",
    "١٧٦٨٤٤٩٦٠٠", "²", "\ud800", "\x00", f"{STAMP}\x00", "true", "null",
)  # fmt: skip
SHORT = MAC[3:]
BAD_SIGNATURES = (
    None, "", " ", ",", "v1", "v1,", "v1,=", "v", ",abc", "v,abc", "va,abc", SHORT, f"V1,{SHORT}", f"v1;{SHORT}",
    f"v1={SHORT}", f"v1, {SHORT}", f" {MAC}", f"{MAC} ", f"{MAC}\n", f"\t{MAC}", f"{MAC}  {MAC}", f"{MAC}\t{MAC}",
    f"{MAC},{MAC}", f"{MAC}, {MAC}", f"v2,abc,{MAC}", f"v2,abc, {MAC}", f"{MAC};{MAC}", MAC[:-1], f"{MAC}=", f"{MAC}A",
    f"v1,{SHORT[:20]}-{SHORT[21:]}", f"v1,{SHORT[:20]}_{SHORT[21:]}", f"v1,{SHORT[:20]}\n{SHORT[20:]}",
    f"v1,{SHORT[:20]}%{SHORT[21:]}", f"v1,{SHORT[:20]}é{SHORT[21:]}", f"v1,{SHORT[:20]}\ud800{SHORT[21:]}",
    f"v1,{bytes(31).hex()}", f"v1,{base64.b64encode(bytes(31)).decode()}", f"v1,{base64.b64encode(bytes(33)).decode()}",
    f"v1,{base64.b64encode(bytes(64)).decode()}", f"v1a,{SHORT}", f"v1A,{ASYMMETRIC[4:]}", ASYMMETRIC[:-1],
    f"{ASYMMETRIC}=", f"{MAC} v1a,", f"{MAC} v1a,abc", f"{MAC} v1,abc", f"{MAC} w1,abc", f"{MAC} v2", f"{MAC} v2,",
    f"{MAC} v2,é", f"{MAC} v2,a,b", f"{MAC} v2ab,abc", f"{MAC} vx,abc", f"{MAC} v２,abc", f"v１,{SHORT}", "é", "快手",
    "\ud800", "\x00", f"{MAC}\x00", f"{MAC} \x00", " ".join([MAC] * 17), " ".join([MAC] * 1_000),
    " ".join(["v2,a"] * 1_000), "v1," * 1_000, "v" * 100_000, " " * 4_096, f"{MAC} v2,{'a' * 5_000}",
)  # fmt: skip


def signed_for(id: str | None, timestamp: str | None) -> str:
    return delivery(id or "", timestamp or "").signature or ""


MALFORMED = [
    *(Signed(id, str(STAMP), signed_for(id, str(STAMP))) for id in BAD_IDS),
    *(Signed(ID, timestamp, signed_for(ID, timestamp)) for timestamp in BAD_TIMESTAMPS),
    *(Signed(ID, str(STAMP), signature) for signature in BAD_SIGNATURES),
    *(Signed(id, stamp, signed_for(id, stamp)) for id, stamp in itertools.product(BAD_IDS[:12], BAD_TIMESTAMPS[:12])),
    *(Signed(id, str(STAMP), signature) for id, signature in itertools.product(BAD_IDS[-8:], BAD_SIGNATURES[-12:])),
    *(Signed(ID, stamp, signature) for stamp, signature in itertools.product(BAD_TIMESTAMPS[-8:], BAD_SIGNATURES[:9])),
]


def test_every_malformed_header_is_refused_with_the_same_sentence() -> None:
    assert len(set(MALFORMED)) >= 400
    for signed in MALFORMED:
        assert_refused(signed)


@pytest.mark.parametrize(("signature", "padding", "spellings"), [(MAC, "=", 4), (ASYMMETRIC, "==", 16)])
def test_a_signature_has_one_spelling(signature: str, padding: str, spellings: int) -> None:
    start, data = signature[: -len(padding) - 1], signature.partition(",")[2]
    alphabet = string.ascii_letters + string.digits + "+/"
    written = [f"{start}{last}{padding}" for last in alphabet]
    same = [each for each in written if base64.b64decode(each.partition(",")[2]) == base64.b64decode(data)]
    assert len(same) == spellings
    for each in same:
        if each != signature:
            assert_refused(SIGNED._replace(signature=each))
            assert_refused(SIGNED._replace(signature=f"{signature} {each}"))
    assert verify(SIGNED._replace(signature=signature), BODY, KEYS, NOW)[0] == ID


ANYTHING = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=())),
    st.text("v1a2,= .+/AZ09\n\x00é\ud800", max_size=60),
    st.sampled_from([ID, str(STAMP), mac(b""), sign(PRIVATE, "ed25519", ID, STAMP, b"")]),
)


@given(ANYTHING, ANYTHING, ANYTHING)
def test_no_text_in_the_headers_does_anything_else(
    id: str | None, timestamp: str | None, signature: str | None
) -> None:
    assert_refused(Signed(id, timestamp, signature))


@given(st.from_regex(r"\A[!-+\-/-~]{1,200}\Z"), st.integers(-300, 300), st.binary(max_size=500), st.binary(min_size=1))
def test_whatever_is_signed_is_believed_with_its_body_alone(id: str, off: int, body: bytes, more: bytes) -> None:
    for material, kind, key in ((SECRET, "hmac", SHARED), (PRIVATE, "ed25519", PUBLIC)):
        signed = Signed(id, str(STAMP + off), sign(material, kind, id, STAMP + off, body))
        assert verify(signed, body, KEYS, NOW) == (id, key)
        assert_refused(signed, body + more)


def test_another_kind_of_key_does_not_sign() -> None:
    with pytest.raises(ValueError, match="'rsa' is not a kind of key"):
        sign(SECRET, "rsa", ID, STAMP, BODY)


def test_new_secrets_are_of_32_bytes_and_differ() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(secret) for secret in made} == {32}


@given(st.binary(min_size=32, max_size=32))
def test_keys_are_read_as_they_are_shown(material: bytes) -> None:
    assert read_secret(secret_text(material)) == material
    assert read_public(public_text(material)) == material
    assert read_private(private_text(material)) == material


def test_keys_are_shown_with_their_prefix() -> None:
    text = base64.b64encode(SECRET).decode()
    assert [secret_text(SECRET), public_text(SECRET), private_text(SECRET)] == [
        f"whsec_{text}", f"whpk_{text}", f"whsk_{text}",
    ]  # fmt: skip


@pytest.mark.parametrize("length", [24, 32, 64])
def test_a_secret_may_have_any_length_that_the_specification_allows(length: int) -> None:
    assert read_secret(secret_text(bytes(length))) == bytes(length)


READERS: list[tuple[Callable[[str], bytes], str, str]] = [
    (read_secret, "whsec_", "A webhook secret is whsec_ followed by the Base64 of 24 to 64 bytes. Copy it whole."),
    (read_public, "whpk_", "A webhook public key is whpk_ followed by the Base64 of 32 bytes. Copy it whole."),
    (read_private, "whsk_", "A webhook private key is whsk_ followed by the Base64 of 32 bytes. Copy it whole."),
]


@pytest.mark.parametrize(("read", "prefix", "sentence"), READERS)
def test_any_other_text_is_no_key(read: Callable[[str], bytes], prefix: str, sentence: str) -> None:
    text = base64.b64encode(SECRET).decode()
    # "…8=" ends in bits that are nought; "…9=" is another spelling of the same bytes.
    other = f"{text[:-2]}9="
    assert base64.b64decode(other) == SECRET
    odd = ["", prefix, text, f" {prefix}{text}", f"{prefix}{text}\n", f"{prefix}{text[:-1]}", f"{prefix}{other}"]
    odd += [f"{prefix.upper()}{text}", f"{prefix}{prefix}{text}", f"{prefix}{text[:8]} {text[8:]}", f"{prefix}é{text}"]
    odd += [f"{prefix}\ud800", f"{prefix}{text}=", f"whxx_{text}", f"{prefix}{text[:5]}-{text[6:]}"]
    odd += [prefix + base64.b64encode(bytes(length)).decode() for length in (1, 23, 65)]
    for each in odd:
        with pytest.raises(Malformed) as refusal:
            read(each)
        assert refusal.value.detail == sentence
