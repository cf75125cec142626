"""A post in the browser: published, and viewed by two readings, of which the newest counts."""

from __future__ import annotations

from tests.browser.conftest import Visit
from tests.browser.test_case import number, year


def test_of_two_view_readings_of_a_published_post_the_newest_counts(visit: Visit) -> None:
    recorder = visit("recorder")
    post = f"post-{recorder.locale.lower()}"
    before = number(recorder.figure("education.views", year()))

    recorder.go("/education/new/publish")
    recorder.send("", subject=post, data_format="video", data_topic="driving")
    for views in ("1200", "3400"):
        recorder.go(f"/education/{post}")
        recorder.send("/views_reported", data_views=views)
    recorder.go(f"/education/{post}")
    assert "3,400" in recorder.page.inner_text("main")

    assert number(recorder.figure("education.views", year())) - before == 3_400
