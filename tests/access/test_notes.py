"""Signed notes and verifier keys, as C2SP signed-note has them: others read ours, we read theirs, and nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from tracker.access.notes import Signer, key_id, open_note, read_verifier_key, signed_by, verifier_key
from tracker.errors import PackInvalid

SIGNER = Signer(bytes(range(32)))
OTHER = Signer(bytes(32))
NAME = "example.org/log"
TEXT = "A first line\n\nand a third, 末行\n"
NOTE = SIGNER.note(TEXT, NAME)

THEIR_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
THEIR_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
THEIR_NOTE = (
    f"{THEIR_TEXT}\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
"""The example of the Go package golang.org/x/mod/sumdb/note, where the form comes from."""

KEY_WITH_A_PLUS = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
"""The public key of Go's checksum database: its base64 has pluses of its own."""


def by_hand(note: str, key: str) -> str:
    """The text of a note, checked by what the specification says and ``cryptography`` alone."""
    name, id, encoded = key.split("+", 2)
    kind_and_key = base64.b64decode(encoded)
    assert kind_and_key[0] == 1
    assert hashlib.sha256(name.encode() + b"\n" + kind_and_key).hexdigest()[:8] == id
    text, _, lines = note.rpartition("\n\n")
    [line] = [each for each in lines.split("\n") if each.startswith(f"— {name} ")]
    raw = base64.b64decode(line.split(" ")[2])
    assert raw[:4].hex() == id
    Ed25519PublicKey.from_public_bytes(kind_and_key[1:]).verify(raw[4:], f"{text}\n".encode())
    return f"{text}\n"


def line_of(signer: Signer, name: str = NAME, text: str = TEXT) -> str:
    return signer.note(text, name).removeprefix(f"{text}\n")


def opened(note: str) -> str:
    return open_note(note, NAME, SIGNER.public)


def test_a_note_of_ours_is_verified_by_hand() -> None:
    assert by_hand(NOTE, verifier_key(NAME, SIGNER.public)) == TEXT
    with pytest.raises(InvalidSignature):
        by_hand(NOTE.replace("third", "fourth"), verifier_key(NAME, SIGNER.public))


def test_a_note_signed_by_hand_is_read() -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    id = hashlib.sha256(f"{NAME}\n".encode() + b"\1" + public).digest()[:4]
    signature = base64.b64encode(id + key.sign(TEXT.encode())).decode()
    assert open_note(f"{TEXT}\n— {NAME} {signature}\n", NAME, public) == TEXT


def test_a_note_from_elsewhere_is_read() -> None:
    assert open_note(THEIR_NOTE, *read_verifier_key(THEIR_KEY)) == THEIR_TEXT
    assert by_hand(THEIR_NOTE, THEIR_KEY) == THEIR_TEXT


@pytest.mark.parametrize("key", [THEIR_KEY, KEY_WITH_A_PLUS])
def test_a_verifier_key_is_read_and_written_as_it_was(key: str) -> None:
    assert verifier_key(*read_verifier_key(f"{key}\n")) == key


@given(st.binary(min_size=32, max_size=32))
def test_every_key_comes_back_from_its_line(seed: bytes) -> None:
    public = Signer(seed).public
    assert read_verifier_key(verifier_key(NAME, public)) == (NAME, public)


def test_a_note_is_the_same_whenever_it_is_signed() -> None:
    assert SIGNER.note(TEXT, NAME) == NOTE
    assert opened(NOTE) == TEXT


def test_a_seed_is_not_printed_by_chance() -> None:
    assert repr(SIGNER) == f"Signer({SIGNER.public.hex()!r})"


@pytest.mark.parametrize(
    "lines",
    [
        lambda: line_of(OTHER) + line_of(SIGNER),
        lambda: line_of(SIGNER) + line_of(OTHER, "elsewhere.example/witness"),
        lambda: line_of(SIGNER, "elsewhere.example/log") + line_of(SIGNER),
        lambda: line_of(SIGNER) * 2,
        lambda: "".join(line_of(OTHER, f"witness-{number}") for number in range(15)) + line_of(SIGNER),
        lambda: f"— {NAME} {base64.b64encode(b'otherkind').decode()}\n" + line_of(SIGNER),
    ],
)
def test_signatures_of_keys_that_nobody_knows_are_passed_over(lines: Callable[[], str]) -> None:
    assert opened(f"{TEXT}\n{lines()}") == TEXT


UNSIGNED = "not signed by the key"
FORGED = "does not fit this note: it was changed"
NO_NOTE = "This is no signed note"
NO_LINE = "below the text of this note is no signature"


def forged() -> str:
    """A line with the right name and id, over another text."""
    return line_of(SIGNER, text="Another text\n")


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (f"{TEXT}\n{line_of(OTHER)}", UNSIGNED),
        (f"{TEXT}\n{line_of(SIGNER, 'elsewhere.example/log')}", UNSIGNED),
        (THEIR_NOTE, UNSIGNED),
        (f"{TEXT}\n{forged()}", FORGED),
        (f"{TEXT}\n{line_of(SIGNER)}{forged()}", FORGED),
        (f"{TEXT}\n{forged()}{line_of(SIGNER)}", FORGED),
        (NOTE.replace("first", "worst"), FORGED),
        (f"\n{NOTE}", FORGED),
        (NOTE.replace("\n\nand", "\nand"), FORGED),
        (f"{TEXT}\n— {NAME} {base64.b64encode(key_id(NAME, SIGNER.public) + b'short').decode()}\n", FORGED),
        ("", NO_NOTE),
        ("\n\n", NO_NOTE),
        (TEXT, NO_LINE),
        (f"{TEXT}\n", NO_NOTE),
        (NOTE.removesuffix("\n"), NO_NOTE),
        (f"{NOTE}\n", NO_NOTE),
        (NOTE.replace("\n", "\r\n"), NO_NOTE),
        (NOTE.replace("first", "fir\0st"), NO_NOTE),
        (NOTE.replace("first", "fir\tst"), NO_NOTE),
        (NOTE.replace("first", "fir\ud800st"), NO_NOTE),
        (f"{NOTE}{TEXT}", NO_LINE),
        (f"{NOTE}more\n", NO_LINE),
        (NOTE.replace("— ", "- "), NO_LINE),
        (NOTE.replace("— ", "—  "), NO_LINE),
        (NOTE.replace(NAME, "two words"), NO_LINE),
        (NOTE.replace(NAME, "a+b"), NO_LINE),
        (NOTE.replace(f"— {NAME}", f"— {NAME}\u3000"), NO_LINE),
        (f"{TEXT}\n— {NAME} \n", NO_LINE),
        (f"{TEXT}\n— {NAME}\n", NO_LINE),
        (f"{TEXT}\n— {NAME} {base64.b64encode(key_id(NAME, SIGNER.public)).decode()}\n", NO_LINE),
        (NOTE.removesuffix("\n") + " \n", NO_LINE),
        (NOTE.removesuffix("=\n") + "\n", NO_LINE),
        (NOTE.removesuffix("\n") + "====\n", NO_LINE),
        (f"{TEXT}\n{line_of(SIGNER) * 101}", "more than 100 signatures"),
    ],
)
def test_whatever_is_not_signed_by_the_key_is_refused(note: str, why: str) -> None:
    with pytest.raises(PackInvalid, match=why):
        opened(note)


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(0, 7))
def test_a_single_changed_bit_is_refused(at: int, bit: int) -> None:
    raw = bytearray(NOTE.encode())
    raw[at] ^= 1 << bit
    with pytest.raises((PackInvalid, UnicodeDecodeError)):
        opened(raw.decode())


@given(st.text(alphabet=st.sampled_from("a\n— +=/\r\u2028\0") | st.characters(), max_size=60))
def test_no_text_makes_the_reader_fall(text: str) -> None:
    for read in (opened, read_verifier_key):
        with pytest.raises(PackInvalid):
            read(text)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("", "no verifier key"),
        ("example.org/log", "no verifier key"),
        ("example.org/log+12345678", "no verifier key"),
        ("example.org/log+12345678+", "no verifier key"),
        ("example.org/log+12345678+!", "no verifier key"),
        (f"+{THEIR_KEY.partition('+')[2]}", "no verifier key"),
        (f"Peter {THEIR_KEY}", "no verifier key"),
        (THEIR_KEY.replace("Peter", "Paul"), "damaged"),
        (THEIR_KEY.replace("c74f", "C74F"), "damaged"),
        (THEIR_KEY.replace("c74f", "c74e"), "damaged"),
        (THEIR_KEY.replace("+ARpc", "+ARpd"), "damaged"),
        (THEIR_KEY.replace("+ARpc", "+AhpC"), "damaged"),
        (THEIR_KEY[:-4], "damaged"),
        (f"{THEIR_KEY}AAAA", "damaged"),
    ],
)
def test_a_line_that_is_no_verifier_key_is_refused(key: str, why: str) -> None:
    with pytest.raises(PackInvalid, match=why):
        read_verifier_key(key)


@pytest.mark.parametrize(
    ("text", "name"), [("no end", NAME), ("a\0\n", NAME), ("a\r\n", NAME), ("a\n", ""), ("a\n", "b c"), ("a\n", "b+c")]
)
def test_what_is_no_note_is_not_signed(text: str, name: str) -> None:
    with pytest.raises(ValueError, match="signed-note"):
        SIGNER.note(text, name)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(33)])
def test_what_is_no_key_signed_nothing(public: bytes) -> None:
    assert not signed_by(public, b"message", OTHER.sign(b"message"))


def test_a_signature_is_of_one_key_over_one_message() -> None:
    signature = SIGNER.sign(b"message")
    assert signed_by(SIGNER.public, b"message", signature)
    assert not signed_by(OTHER.public, b"message", signature)
    assert not signed_by(SIGNER.public, b"massage", signature)
    assert not signed_by(SIGNER.public, b"message", signature[:-1])
    assert not signed_by(SIGNER.public, b"message", b"")
