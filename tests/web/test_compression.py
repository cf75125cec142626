"""Answers are compressed for those who ask, and stay the same answers."""

from __future__ import annotations

import gzip

from tests.api.conftest import Api, api  # noqa: F401  (a fixture)

GZIP = {"Accept-Encoding": "gzip, deflate"}


def test_a_large_answer_is_compressed_for_who_takes_it(api: Api) -> None:  # noqa: F811
    plain = api.client.get("/openapi.json")
    packed = api.client.get("/openapi.json", headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert plain.vary.as_set() == packed.vary.as_set() == {"accept-encoding"}
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 3


def test_what_was_kept_compressed_is_asked_for_by_its_tag(api: Api) -> None:  # noqa: F811
    plain = api.client.get("/openapi.json")
    packed = api.client.get("/openapi.json", headers=GZIP)
    assert packed.headers["ETag"] == f"W/{plain.headers['ETag']}"
    for tag in (plain.headers["ETag"], packed.headers["ETag"]):
        again = api.client.get("/openapi.json", headers=GZIP | {"If-None-Match": tag})
        assert (again.status_code, again.data) == (304, b"")


def test_small_answers_and_answers_to_what_was_sent_are_left_as_they_are(api: Api) -> None:  # noqa: F811
    assert "Content-Encoding" not in api.client.get("/healthz", headers=GZIP).headers
    events = [api.house.event("desk.case.reported", {"channel": "phone"}) for _ in range(50)]
    headers = GZIP | {"Authorization": f"Bearer {api.token}"}
    answer = api.client.post("/api/v1/events", json=events, content_type="application/json", headers=headers)
    assert (answer.status_code, len(answer.data) > 1024) == (201, True)
    assert "Content-Encoding" not in answer.headers
    listed = api.client.get("/api/v1/events", headers=headers)
    assert listed.headers["Content-Encoding"] == "gzip"
    assert b"event-0" in gzip.decompress(listed.data)


def test_who_refuses_gzip_gets_none(api: Api) -> None:  # noqa: F811
    for accepted in ("", "identity", "gzip;q=0", "br"):
        assert "Content-Encoding" not in api.client.get("/openapi.json", headers={"Accept-Encoding": accepted}).headers


def test_asking_for_the_head_tells_of_the_packed_answer(api: Api) -> None:  # noqa: F811
    whole, head = api.client.get("/openapi.json", headers=GZIP), api.client.head("/openapi.json", headers=GZIP)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers == whole.headers


def test_not_modified_shows_the_tag_of_the_answer_that_it_stands_for(api: Api) -> None:  # noqa: F811
    for accepted in (GZIP, {}):
        answer = api.client.get("/openapi.json", headers=accepted)
        again = api.client.get("/openapi.json", headers={**accepted, "If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.headers["ETag"]) == (304, answer.headers["ETag"])
        assert again.vary.as_set() == {"accept-encoding"}


def test_the_plainer_wish_is_heeded(api: Api) -> None:  # noqa: F811
    for accepted, encoding in (
        ("gzip;q=0.5, identity", None),
        ("*;q=0", None),
        ("gzip;q=0, *", None),
        ("*", "gzip"),
        ("GZIP;q=0.1", "gzip"),
    ):
        answer = api.client.get("/openapi.json", headers={"Accept-Encoding": accepted})
        assert answer.headers.get("Content-Encoding") == encoding, accepted
