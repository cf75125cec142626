"""What only a real connection can carry: lengths that lie, bodies that do not end, heads that no library would send."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator

import pytest

from tests.abuse.serving import Server, serving

FORGED = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
PIECE = b"10000\r\n" + b" " * 65536 + b"\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for all cases."""
    with serving(tmp_path_factory.mktemp("sockets") / "home") as found:
        yield found


def lines(server: Server, body: bytes) -> list[str]:
    """The header lines of a good signature."""
    return [f"{name}: {value}" for name, value in server.signed(body).items()]


def chunked(body: bytes) -> bytes:
    """A body in one chunk."""
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def put(server: Server, *more: str, body: bytes = b"", length: bool = True, **head: str) -> list[int]:
    """Send a good event with header lines more; ``body`` replaces what is sent after the head."""
    event = server.event()
    own = [f"Content-Length: {len(event)}"] if length else []
    return server.send(server.head(*lines(server, event), *own, *more, **head) + (body or event))


ODD: dict[str, tuple[int, Callable[[Server], list[int]]]] = {
    "a content length that differs from another": (400, lambda s: put(s, "Content-Length: 3")),
    "a negative content length": (400, lambda s: put(s, "Content-Length: -1", length=False)),
    "a content length with a plus sign": (400, lambda s: put(s, "Content-Length: +5", length=False)),
    "a content length in hexadecimal": (400, lambda s: put(s, "Content-Length: 0x10", length=False)),
    "a content length that is a list": (400, lambda s: put(s, "Content-Length: 5, 5", length=False)),
    "a content length beyond 64 bits": (400, lambda s: put(s, "Content-Length: " + "9" * 23, length=False)),
    "an unknown transfer coding": (400, lambda s: put(s, "Transfer-Encoding: xchunked", length=False)),
    "chunks that are not last": (400, lambda s: put(s, "Transfer-Encoding: chunked, identity", length=False)),
    "a space before the colon of the coding": (400, lambda s: put(s, "Transfer-Encoding : chunked")),
    "a control character before the coding": (400, lambda s: put(s, "Transfer-Encoding: \x0bchunked")),
    "a folded header": (400, lambda s: put(s, "X-A: b\r\n c")),
    "a header without a colon": (400, lambda s: put(s, "X-A")),
    "a header with a space in its name": (400, lambda s: put(s, "X A: b")),
    "a header with NUL": (400, lambda s: put(s, "X-A: b\0c")),
    "a header with a carriage return": (400, lambda s: put(s, "X-A: b\rwebhook-id: c")),
    "a header of a megabyte": (431, lambda s: put(s, "X-A: " + "a" * (1 << 20))),
    "ten thousand headers": (431, lambda s: put(s, *[f"X-{number}: a" for number in range(10_000)])),
    "a target of 100 kB": (414, lambda s: put(s, target="/api/v1/" + "a" * 100_000)),
    "HTTP of another version": (400, lambda s: s.send(s.good().replace(b"HTTP/1.1", b"HTTP/3.7", 1))),
    "HTTP of the first days": (400, lambda s: s.send(b"GET /healthz\r\n\r\n")),
    "a handshake of TLS": (400, lambda s: s.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 100)),
    "every byte there is": (400, lambda s: s.send(bytes(range(256)) * 10)),
    "a signature that comes twice": (401, lambda s: put(s, f"webhook-signature: {FORGED}")),
    "an id that comes twice": (401, lambda s: put(s, "webhook-id: another")),
    "a timestamp that comes twice": (401, lambda s: put(s, "webhook-timestamp: 1")),
    "a chunk whose size is no number": (
        401, lambda s: put(s, "Transfer-Encoding: chunked", body=b"zz\r\n{}\r\n0\r\n\r\n", length=False),
    ),
    "a chunk beyond 64 bits": (
        401, lambda s: put(s, "Transfer-Encoding: chunked", body=b"f" * 18 + b"\r\n{}", length=False),
    ),
    "a transfer coding of gzip and chunks": (
        415, lambda s: put(s, "Transfer-Encoding: gzip, chunked", body=chunked(gzip.compress(b"{}")), length=False),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_odd_request_is_refused_and_the_next_good_one_served(server: Server, name: str) -> None:
    status, ask = ODD[name]
    before = server.stored()
    assert ask(server) == [status]
    assert server.stored() == before
    assert server.send(server.good()) == [201]


def test_a_body_in_chunks_that_never_ends_is_cut_off(server: Server) -> None:
    before = server.stored()
    head = server.head(*lines(server, b""), "Transfer-Encoding: chunked")
    assert server.send(head, *[PIECE] * 200) == [413]
    assert server.stored() == before


def test_a_compressed_body_is_refused(server: Server) -> None:
    before = server.stored()
    body = gzip.compress(server.event())
    head = server.head(*lines(server, body), "Content-Encoding: gzip", f"Content-Length: {len(body)}")
    assert server.send(head + body) == [415]
    assert server.stored() == before


def test_a_request_hidden_behind_two_lengths_is_not_served(server: Server) -> None:
    before = server.stored()
    hidden = server.good()
    body = b"0\r\n\r\n" + hidden
    for length in (len(body), 5, 0):
        head = server.head(*lines(server, b"{}"), f"Content-Length: {length}", "Transfer-Encoding: chunked")
        for sent in (head, head.replace(b"Connection: close\r\n", b"")):
            assert set(server.send(sent + body)) <= {400, 401}
    assert server.stored() == before


def test_what_follows_a_refused_request_is_judged_on_its_own(server: Server) -> None:
    before = server.stored()
    refused = server.head("Content-Length: 2").replace(b"Connection: close\r\n", b"") + b"{}"
    assert server.send(refused + server.good()) == [401, 201]
    assert server.stored() == before + 1


def test_an_event_that_was_cut_off_is_not_recorded(server: Server) -> None:
    before = server.stored()
    head = server.head(f"Authorization: Bearer {server.token}", "Content-Length: 5000", target="/api/v1/events")
    assert server.send(head + server.event(), cut=True) == [400]
    assert server.stored() == before


def test_lines_that_are_all_or_none_are_none_when_they_were_cut_off(server: Server) -> None:
    before = server.stored()
    target = "/api/v1/events?atomic=1"
    head = server.head(f"Authorization: Bearer {server.token}", "Content-Length: 5000", target=target)
    body = server.event() + b"\n" + server.event() + b"\n"
    assert server.send(head.replace(b"cloudevents+json", b"x-ndjson") + body, cut=True) == [400]
    assert server.stored() == before
