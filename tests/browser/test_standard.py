"""What every page owes to its readers: legible on a tablet and without full colour vision, French from the door."""

import pytest
from playwright.sync_api import Browser

from tests.browser.expected import dashboard_slugs
from tests.browser.superset_server import Superset
from tests.browser.visitor import CAPTURES, visiting

TABLET_WIDTH = 1024
DEFICIENCIES = ("deuteranopia", "protanopia", "achromatopsia")
ENGLISH = ("Sign in", "Log in", "Login", "Username", "Password", "Remember", "Enter", "Welcome", "Invalid")


@pytest.mark.long
@pytest.mark.parametrize("slug", dashboard_slugs())
def test_nothing_is_cut_or_scrolls_on_a_tablet(browser: Browser, superset: Superset, slug: str) -> None:
    with visiting(browser, superset, "comite") as visitor:
        visitor.open(slug, captures=CAPTURES / "tablette", width=TABLET_WIDTH)
        assert visitor.layout_faults() == []
        assert visitor.tile_errors() == []
        assert visitor.incidents == []


@pytest.mark.long
@pytest.mark.parametrize("slug", dashboard_slugs())
def test_pictures_as_colour_blind_people_see_them(browser: Browser, superset: Superset, slug: str) -> None:
    """The pictures are kept, to be looked at; one that equals the coloured one would show that nothing is simulated."""
    with visiting(browser, superset, "comite") as visitor:
        visitor.open(slug)
        session = visitor.page.context.new_cdp_session(visitor.page)
        pictures = {}
        for vision in ("none", *DEFICIENCIES):
            session.send("Emulation.setEmulatedVisionDeficiency", {"type": vision})
            path = CAPTURES / "daltonisme" / f"{slug}_{vision}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            pictures[vision] = visitor.page.screenshot(path=path, full_page=True)
        assert all(pictures[vision] != pictures["none"] for vision in DEFICIENCIES)


def test_the_door_is_french(browser: Browser, superset: Superset) -> None:
    """The sign-in page and its refusal of a wrong password, before anyone is known."""
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.goto(f"{superset.url}/login/")
    page.wait_for_selector("#username")
    texts = [page.inner_text("body")]
    page.fill("#username", "quelqu’un")
    page.fill("#password", "rien")
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")
    page.wait_for_selector("#username")
    texts.append(page.inner_text("body"))
    CAPTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=CAPTURES / "connexion.png")
    assert page.get_attribute("html", "lang") == "fr"
    assert [word for text in texts for word in ENGLISH if word.lower() in text.lower()] == []
    assert "Mot de passe" in texts[0]
    context.close()
