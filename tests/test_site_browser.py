"""The pages of the site in Chromium: what a reader sees and hears. Labs stay still here; they have their own tests."""

import contextlib
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from site_pages import made, served

LESSON = "lessons/04-divide-out-the-blur.html"
PAGES = ["index.html", LESSON, "lessons/glossary.html", "api.html", "teaching.html"]
LIVELY = re.compile(r"/_static/(labs|life)\.js")
# Axe takes half a minute for all functions of the package, which look alike.
PARTS = {"api.html": {"include": [[".bd-header"], [".bd-sidebar-primary"], ["#still-pictures"]]}}
COLOURS = ["color-contrast", "link-in-text-block"]  # axe's rules of colours

pytestmark = pytest.mark.browser


class Visit:
    """A page that is open, and what it asked for and complained about."""

    def __init__(self, browser, root, name, theme="light", before=""):
        self.requests, self.errors = [], []
        self.page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=theme)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.route(LIVELY, lambda route: route.fulfill(content_type="text/javascript", body=""))
        self.page.add_init_script(before)
        self.page.goto(root + name)
        self.page.evaluate("() => window.MathJax?.startup.promise")

    def elsewhere(self, root):
        return [address for address in self.requests if not address.startswith((root, "data:", "blob:"))]


@pytest.fixture(scope="module")
def site(browser):
    """A browser, and the address of the pages."""
    with served(made()) as root:
        yield browser, root


@contextlib.contextmanager
def opened(site, name, **how):
    browser, root = site
    visit = Visit(browser, root, name, **how)
    yield visit
    visit.page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_screen_reader_finds_its_way_and_a_narrow_page_scrolls_down_only(site, name):
    """Catches: text that is too pale in one of the themes, a table, link or region that nobody can name or reach; a
    picture, formula, table or word that makes a phone's reader scroll sideways.
    """
    with opened(site, name, theme="dark") as visit:
        assert visit.elsewhere(site[1]) == [] and visit.errors == []  # before axe, which asks for styles again
        for theme, rules in ("dark", {"runOnly": COLOURS}), ("light", {}):  # all but colours are in both
            visit.page.emulate_media(color_scheme=theme)
            visit.page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
            visit.page.wait_for_function("document.getAnimations().every(a => !(a instanceof CSSTransition))")
            found = Axe().run(visit.page, PARTS.get(name), {"resultTypes": ["violations"], **rules})
            assert found.violations_count == 0, found.generate_report()
        visit.page.set_viewport_size({"width": 400, "height": 900})
        wide = "(selector) => document.querySelector(selector).scrollWidth"
        assert visit.page.evaluate(wide, "html") <= 400
        assert visit.page.evaluate(wide, ".bd-article-container") <= 400


def test_formulas_are_typeset_and_heard_and_pictures_keep_their_greys_in_the_dark(site):
    """Catches: a formula that stays source, or that MathJax does not know; a part of MathJax that is loaded only when
    a reader asks for it, and is missing or elsewhere; the dark theme's filter, which makes a picture darker and harsher
    than the one that was computed."""
    explore = "localStorage.setItem('MathJax-Menu-Settings', JSON.stringify({ explorer: true }))"
    with opened(site, LESSON, theme="dark", before=explore) as visit:
        formulas = visit.page.locator(".math")
        assert formulas.count() > 20
        assert visit.page.locator(".math > mjx-container > svg").count() == formulas.count()
        assert visit.page.locator("[data-mjx-error], mjx-merror").count() == 0
        visit.page.locator("mjx-container[aria-label='upper Y']").first.wait_for(timeout=20_000)
        assert any("/_static/mathjax/sre/mathmaps/en.json" in address for address in visit.requests)
        assert visit.elsewhere(site[1]) == [] and visit.errors == []
        pictures = visit.page.locator("article img")
        assert pictures.count() > 5
        assert set(pictures.evaluate_all("all => all.map(img => getComputedStyle(img).filter)")) == {"none"}


def test_without_javascript_each_lab_is_a_picture(site):
    """Catches: a page that is empty until scripts have run."""
    browser, root = site
    with contextlib.closing(browser.new_context(java_script_enabled=False)) as context:
        page = context.new_page()
        page.goto(root + LESSON)
        for lab in page.locator(".dcv-lab").all():
            picture = lab.get_by_role("img")
            assert picture.is_visible() and picture.bounding_box()["height"] > 100
            assert picture.get_attribute("alt")


def test_the_search_finds_a_lesson(site):
    """Catches: a search that needs a server, or whose index lacks the lessons."""
    with opened(site, "search.html?q=semiconvergence") as visit:
        visit.page.get_by_role("link", name="Deblur by iterating").first.wait_for(timeout=10_000)
        assert visit.elsewhere(site[1]) == [] and visit.errors == []
