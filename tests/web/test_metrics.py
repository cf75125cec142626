"""``/metrics``: what came in, by source and type, and how this process commits."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from tests.api.conftest import BATCH, Api, api  # noqa: F401  (a fixture)
from tests.api.hooks import Hook


def samples(api: Api) -> dict[tuple[str, str, str], float]:  # noqa: F811
    """Name, source and type to value."""
    answer = api.client.get("/metrics")
    assert answer.content_type.startswith("text/plain; version=")
    return {
        (each.name, each.labels.get("source", ""), each.labels.get("type", "")): each.value
        for family in text_string_to_metric_families(answer.text)
        for each in family.samples
    }


def test_every_outcome_is_counted_by_source_and_type(api: Api) -> None:  # noqa: F811
    hook = Hook.add(api)
    known = hook.event()
    hook.post(known)
    hook.post(known)
    hook.post(known | {"subject": "other"})
    hook.post([hook.event("pigeon"), hook.event()], BATCH)
    hook.post(b"{")
    found = samples(api)
    case = ("desk", "desk.case.reported")
    assert [
        found[f"tracker_events_{name}_total", *case]
        for name in ("received", "recorded", "duplicate", "conflict", "rejected")
    ] == [5, 1, 1, 1, 2]
    assert found["tracker_events_rejected_total", "desk", ""] == 1
    assert found["tracker_quarantine_deliveries", "desk", ""] == 2
    assert found["tracker_ledger_events", "", ""] == 1


def test_commits_and_the_queue_are_measured(api: Api) -> None:  # noqa: F811
    before = samples(api)
    Hook.add(api).post(api.house.event("desk.case.reported", {"channel": "phone"}, source="/desk"))
    after = samples(api)
    for name in ("tracker_commit_deliveries_count", "tracker_commit_seconds_count", "tracker_commit_deliveries_sum"):
        assert after[name, "", ""] == before[name, "", ""] + 1
    assert after["tracker_commit_seconds_sum", "", ""] > before["tracker_commit_seconds_sum", "", ""]
    assert after["tracker_queue_deliveries", "", ""] == 0
