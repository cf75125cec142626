"""A supplier in the browser: registered, qualified, evaluated and failed, given time to improve, and gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.browser.conftest import Visit
from tests.browser.test_case import number, year

SCORES = ("quality", "delivery", "service", "cost", "innovation", "cooperation")


def test_a_supplier_goes_from_register_through_a_failed_evaluation_to_exit(visit: Visit) -> None:
    recorder = visit("recorder")
    supplier = f"supplier-{recorder.locale.lower()}"
    page = f"/subjects/suppliers.supplier/{supplier}"
    before = [
        number(recorder.figure(f"suppliers.{metric}", year())) for metric in ("evaluated", "improvements", "exits")
    ]

    recorder.go("/record/suppliers.supplier.registered")
    place = {"data_region": "china", "data_category": "catering"}
    recorder.send("", subject=supplier, **place)
    recorder.go(page)
    recorder.send("/suppliers.supplier.qualified", **place)
    until = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
    recorder.send("/suppliers.supplier.certificate_recorded", data_standard="iso_22000", data_valid_until=until)
    recorder.send("/suppliers.supplier.commitment_signed")
    scores = {f"data_{name}": "80" for name in SCORES} | {"data_delivery": "41.5"}
    recorder.send("/suppliers.supplier.evaluated", data_round=f"{year()}-h2", **scores)

    recorder.go(f"/suppliers/{supplier}")
    assert recorder.page.locator(".mark-bad").count() >= 1
    assert recorder.says(zh="改善中", en="Improving")
    recorder.go(page)
    recorder.send("/suppliers.supplier.exited", data_reason="performance")
    assert recorder.says(zh="已退出", en="Exited")

    after = [
        number(recorder.figure(f"suppliers.{metric}", year())) for metric in ("evaluated", "improvements", "exits")
    ]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 1]
