"""Every main page, looked at by axe-core: no serious fault in either language, and nothing wider than a telephone."""

from __future__ import annotations

from tests.browser.conftest import Visit
from tests.browser.pictures import SHOTS
from tests.browser.sites import NARROW


def test_the_main_pages_have_no_serious_fault_of_accessibility(visit: Visit) -> None:
    found = {}
    for login in dict.fromkeys(shot.login for shot in SHOTS):
        visitor = visit(login)
        for shot in (each for each in SHOTS if each.login == login):
            visitor.go(shot.address)
            found[shot.name] = visitor.faults()
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_no_main_page_is_wider_than_a_telephone(visit: Visit) -> None:
    wider = {}
    for login in dict.fromkeys(shot.login for shot in SHOTS):
        visitor = visit(login)
        visitor.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
        for shot in (each for each in SHOTS if each.login == login):
            visitor.go(shot.address)
            wider[shot.name] = visitor.page.evaluate("document.documentElement.scrollWidth")
    assert {name: width for name, width in wider.items() if width > NARROW[0]} == {}
