"""The page in a real browser: what is seen, clicked, typed, and never executed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from tool.web.denied import ALLOWED, Run
from tool.web.recorded import WHY, Recorded, allowed, served, small_system

from bastide.tool.graph.model import Amount, Component, Link, Session, System
from bastide.tool.live.excerpt import Line
from bastide.tool.web.address import Address

pytest.importorskip("playwright.sync_api", reason="there is no playwright for this host, which would drive a browser")
from playwright.sync_api import Browser, Locator, expect, sync_playwright

SECONDS = 60_000
"""Milliseconds until something that is not seen is a failure."""

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
EVIL = '</title><script>hacked=1</script><img src=x onerror="hacked=1">\u202e\n'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as started:
        if found is None and not Path(started.chromium.executable_path).exists():
            pytest.skip("there is no browser; what helps on Debian: apt install chromium-headless-shell")
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        with closing(started.chromium.launch(executable_path=found, args=arguments)) as launched:
            yield launched


class Tab:
    """The page of a run in a browser. Whatever the browser complains about fails the test at its end."""

    def __init__(self, browser: Browser, address: Address, dark: bool = False) -> None:
        self.address = address
        self.complaints: list[str] = []
        self.requests: list[str] = []
        scheme: Literal["dark", "light"] = "dark" if dark else "light"
        self.context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(address.url)
        self.page.set_default_timeout(SECONDS)
        self.see(self.box("core"))

    def see(self, locator: Locator) -> None:
        expect(locator).to_be_visible(timeout=SECONDS)

    def miss(self, locator: Locator) -> None:
        expect(locator).to_have_count(0, timeout=SECONDS)

    def box(self, label: str) -> Locator:
        return self.page.locator(f'.box[aria-label^="{label},"], .frame[aria-label^="{label},"]')

    def arrow(self, words: str) -> Locator:
        return self.page.locator(f'.arrow[aria-label^="{words}"]')

    @property
    def detail(self) -> Locator:
        return self.page.locator("#detail")

    def choose(self, target: Locator) -> None:
        target.focus()
        target.press("Enter")

    def close(self) -> None:
        self.context.close()
        assert self.complaints == []


@pytest.fixture(scope="module")
def opened(browser: Browser) -> Iterator[tuple[Recorded, Tab]]:
    """One page for most tests: to load it takes longer than all they do."""
    run = Recorded()
    with closing(served(run)) as server, closing(Tab(browser, server.address)) as tab:
        yield run, tab


@pytest.fixture
def run(opened: tuple[Recorded, Tab]) -> Recorded:
    """The run as at its beginning, but for its log, which only grows."""
    run, _ = opened
    vars(run).update(vars(Recorded(said=run.said)))
    return run


@pytest.fixture
def tab(opened: tuple[Recorded, Tab], run: Recorded) -> Tab:
    """The page as at its beginning."""
    _, tab = opened
    tab.page.keyboard.press("Escape")
    tab.page.get_by_role("tab", name="Log").click()
    tab.page.get_by_role("button", name="Show all of it").click()
    expect(tab.page.locator(".box:not(.gone), .frame:not(.gone)")).to_have_count(4, timeout=SECONDS)
    tab.see(tab.arrow("init -> guest asks for Timer: denied"))
    return tab


def test_a_denial_is_red_explains_itself_and_goes_when_a_config_allows_it(browser: Browser, tmp_path: Path) -> None:
    with closing(Run(tmp_path)) as run, closing(Tab(browser, run.address)) as tab:
        sign = tab.arrow("init -> guest asks for Hello: denied")
        tab.see(sign)
        assert sign.locator(".sign").evaluate("sign => getComputedStyle(sign).stroke") == "rgb(185, 39, 28)"
        sign.locator(".sign").click()
        tab.see(tab.detail.get_by_text('"guest" asks for service "Hello"'))
        route = tab.detail.locator("code").text_content()
        assert route == "+ service Hello | + child host", "what would allow it, ready to be copied"

        tab.detail.get_by_role("button", name="config:").first.click()
        editor = tab.page.get_by_label("Config of the system")
        expect(editor).to_be_focused()
        selection = "field => field.value.slice(field.selectionStart, field.selectionEnd)"
        assert editor.evaluate(selection) == "+ any-service", "the rule that does not help"
        tab.detail.get_by_role("button", name="guest").first.click()
        tab.page.get_by_role("button", name="Show its config").click()
        expect(editor).to_be_focused()
        assert editor.evaluate(selection).startswith("+ start guest\n")
        assert route in ALLOWED
        editor.fill(editor.input_value().replace("+ start guest\n", ALLOWED))
        tab.page.get_by_role("button", name="Apply").click()
        tab.see(tab.page.get_by_text("applied", exact=True))
        tab.miss(sign)
        tab.see(tab.arrow("init -> guest uses Hello of init -> host").locator(".head"))
        expect(tab.page.locator("#problems")).to_be_hidden()


def test_a_refused_config_shows_what_is_wrong_and_where(tab: Tab, run: Recorded) -> None:
    before = run.text
    tab.page.get_by_role("tab", name="Config").click()
    editor = tab.page.get_by_label("Config of the system")
    expect(editor).to_have_value(before)
    editor.fill("config\n+ bad\n-\n")
    editor.press("Control+Enter")
    tab.see(tab.page.get_by_text("expected 'start', got 'bad'"))
    assert editor.evaluate("field => [field.selectionStart, field.selectionEnd]") == [9, 12]
    tab.see(tab.page.get_by_text("refused: nothing was changed"))
    assert run.text == before
    tab.page.get_by_role("button", name="Revert").click()
    expect(editor).to_have_value(before)
    assert [text for text in tab.complaints if "422" not in text] == []
    tab.complaints.clear()


def test_what_a_system_says_is_never_executed(browser: Browser) -> None:
    label = f"init -> {EVIL}"
    evil = Component(label, EVIL, (EVIL,), EVIL, problems=(EVIL,))
    sessions = tuple(Session(label, EVIL, server, EVIL, link, explanation=EVIL)
                     for server, link in (("", Link.DENIED), ("init -> victim", Link.OPEN), ("", Link.WAITING)))
    verbose = Component("init -> verbose", problems=("`no` " * 8_000,))
    init = Component("init", children=(evil, verbose, Component("init -> victim")))
    system = System(EVIL, Component("core", children=(init,)), sessions)
    run = Recorded(system, [Line(label, EVIL), Line("", EVIL)], text=EVIL)
    with closing(served(run)) as server, closing(Tab(browser, server.address)) as tab:
        tab.see(tab.page.get_by_text("<script>").first)
        for number in range(tab.page.locator("#picture [role=button]").count()):
            tab.choose(tab.page.locator("#picture [role=button]").nth(number))
            tab.see(tab.detail.get_by_text("<script>").or_(tab.detail.get_by_role("heading")).first)
        tab.see(tab.page.locator("#log .text", has_text="\\u{202e}\\u{a}").first)
        assert tab.page.evaluate("[typeof hacked, document.querySelectorAll('img').length]") == ["undefined", 1]


def test_nothing_moves_while_only_figures_change(tab: Tab, run: Recorded) -> None:
    places = [box.bounding_box() for box in tab.page.locator(".body").all()]
    clock, guest = run.system.root.children[0].children
    busier = replace(clock, ram=Amount(1 << 20, 1 << 20), cpu=2.0, restarts=7)
    init = replace(run.system.root.children[0], children=(busier, guest))
    run.system = replace(run.system, root=replace(run.system.root, children=(init,)))
    tab.see(tab.page.get_by_text("↻ 7"))
    assert [box.bounding_box() for box in tab.page.locator(".body").all()] == places
    assert "short" in (tab.box("init -> clock").locator(".bar.ram").get_attribute("class") or "")


def test_components_come_and_go(tab: Tab, run: Recorded) -> None:
    init = run.system.root.children[0]
    more = replace(init, children=(*init.children, Component("init -> newcomer", "guest")))
    run.system = replace(run.system, root=replace(run.system.root, children=(more,)))
    tab.choose(tab.box("init -> newcomer"))
    tab.see(tab.detail.get_by_role("heading", name="newcomer"))
    run.system = small_system()
    tab.miss(tab.box("init -> newcomer"))
    tab.see(tab.detail.get_by_text("It is not there any more"))


def test_sixty_components_are_seen_at_once_and_side_by_side(browser: Browser) -> None:
    names = [f"init -> town_{number % 3} -> house_{number}" for number in range(57)]
    towns = tuple(Component(f"init -> town_{town}", "init", children=tuple(
        Component(name, "house", ram=Amount(100, 50)) for name in names[town::3])) for town in range(3))
    sessions = tuple(Session(names[number], "Terminal", names[number // 4], link=Link.OPEN)
                     for number in range(1, 57, 2))
    system = System("city", Component("core", children=(Component("init", children=towns),)), sessions)
    with closing(served(Recorded(system))) as server, closing(Tab(browser, server.address)) as tab:
        tab.see(tab.box(names[-1]))
        surface, *places = tab.page.evaluate("""() => [...document.querySelectorAll('#picture, .box .body')]
            .map(each => each.getBoundingClientRect().toJSON())""")
        assert len(places) == 57
        for number, place in enumerate(places):
            assert place["width"] > 20
            assert surface["left"] <= place["left"] and place["right"] <= surface["right"]
            assert surface["top"] <= place["top"] and place["bottom"] <= surface["bottom"]
            assert not any(overlap(place, other) for other in places[:number])


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return (one["left"] < other["right"] and other["left"] < one["right"]
            and one["top"] < other["bottom"] and other["top"] < one["bottom"])


def test_the_log_follows_and_can_be_narrowed_down_to_a_component(tab: Tab, run: Recorded) -> None:
    run.said += [Line("init -> clock", f"tick {number}") for number in range(2000)]
    run.said.append(Line("init -> guest", "Error: no clock"))
    tab.see(tab.page.locator("#log .error", has_text="no clock"))
    assert tab.page.locator("#log .line").count() <= 800
    tab.choose(tab.box("init -> guest"))
    tab.page.get_by_label("only guest").check()
    expect(tab.page.locator("#log .line")).to_have_count(1)
    tab.page.get_by_label("only guest").uncheck()
    tab.see(tab.detail.get_by_text("Error: no clock"))


def test_a_component_is_ended_after_a_question(tab: Tab, run: Recorded) -> None:
    tab.choose(tab.box("init -> clock"))
    tab.page.once("dialog", lambda dialog: dialog.dismiss())
    tab.detail.get_by_role("button", name="End it").click()
    assert run.killed == []
    tab.page.once("dialog", lambda dialog: dialog.accept())
    tab.detail.get_by_role("button", name="End it").click()
    tab.see(tab.detail.get_by_text("It was ended."))
    assert run.killed == ["init -> clock"]


def test_everything_is_reached_by_keys_and_has_a_name(tab: Tab) -> None:
    labels = tab.page.evaluate("""() => [...document.querySelectorAll('button, [role=button], input, textarea')]
        .filter(each => each.checkVisibility()).map(each => [
            each.ariaLabel || each.textContent || each.labels?.[0]?.textContent || '', each.tabIndex])""")
    assert len(labels) > 12
    assert all(name.strip() for name, _ in labels)
    assert tab.box("init -> clock").get_attribute("aria-label") == (
        "init -> clock, as it should be, RAM: 512 KiB of 1 MiB, capabilities: 20 of 100")
    tab.choose(tab.box("init -> clock"))
    tab.see(tab.detail.get_by_role("meter", name="RAM"))
    tab.page.keyboard.press("Escape")
    tab.see(tab.detail.get_by_role("heading", name="The system"))
    tab.page.locator("#picture").focus()
    before = tab.box("init -> clock").bounding_box()
    tab.page.locator("#picture").press("+")
    assert tab.box("init -> clock").bounding_box() != before
    tab.page.locator("#picture").press("0")
    assert tab.box("init -> clock").bounding_box() == before


def test_light_and_dark_follow_the_host_until_somebody_chooses(browser: Browser) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    with closing(served(Recorded())) as server, closing(Tab(browser, server.address, dark=True)) as tab:
        dark = tab.page.evaluate(ground)
        tab.page.get_by_role("button", name="Light or dark").click()
        assert tab.page.evaluate(ground) != dark
        light = tab.page.evaluate(ground)
        tab.page.reload()
        tab.see(tab.box("core"))
        assert tab.page.evaluate(ground) == light


def test_the_page_says_that_the_run_ended(browser: Browser) -> None:
    server = served(Recorded())
    with closing(Tab(browser, server.address)) as tab:
        server.close("the run was interrupted")
        tab.see(tab.page.get_by_role("status").get_by_text("the run was interrupted"))


def test_the_page_asks_nobody_but_its_own_server_and_forgets_the_token(tab: Tab) -> None:
    address = tab.address
    origin = f"http://127.0.0.1:{address.port}{address.path}"
    assert len(tab.requests) > 10 and all(url.startswith(origin) for url in tab.requests)
    assert tab.page.url == origin
    assert tab.page.evaluate("document.cookie") == ""
    assert [cookie["path"] for cookie in tab.context.cookies(origin)] == [address.path]
    assert tab.context.cookies(f"http://127.0.0.1:{address.port}/") == [], "other servers of this host get none"


def test_another_site_can_not_use_the_page(tab: Tab, run: Recorded) -> None:
    stranger = tab.context.new_page()
    stranger.goto(f"http://localhost:{tab.address.port}/")      # refused, but a page of another origin
    tried = stranger.evaluate("""async (url) => Promise.all([
        fetch(url + 'config').then(() => 'read', () => 'failed'),
        fetch(url + 'kill', {method: 'POST', mode: 'no-cors', body: '{"label": "init -> clock"}'})
            .then(() => 'sent', () => 'failed'),
    ])""", f"http://127.0.0.1:{tab.address.port}{tab.address.path}")
    stranger.close()
    assert tried[0] == "failed"
    assert run.killed == []


def test_what_was_allowed_is_an_arrow_of_its_own(tab: Tab, run: Recorded) -> None:
    run.system = allowed(run.system)
    arrow = tab.arrow("init -> guest uses Timer of init -> clock")
    tab.choose(arrow)
    tab.see(tab.detail.get_by_text("alarm"))
    tab.see(tab.detail.get_by_text("4 KiB"))
    assert WHY not in (tab.detail.text_content() or "")
