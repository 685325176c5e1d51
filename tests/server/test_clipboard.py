"""clipboard: what the scenario of Genode's test does not look at. See `scenarios/test-clipboard` for the flow rules."""

from __future__ import annotations

from typing import Any

from init.puppet import Puppets

from bastide.base import Env, Rom, SessionDenied, SignalHandler
from bastide.server.clipboard.main import construct as clipboard
from bastide.server.report_rom.main import construct as report_rom
from bastide.session.report import Reporter

CONFIG = """
+ start report_rom
  + provides
    + service Report
    + service ROM
  + route | + any-service | + parent
  + config
    + policy | label: clipboard -> focus | report: gui -> focus
+ start clipboard | ram: 2M
  + provides
    + service Report
    + service ROM
  + route
    + service ROM | label: focus | + child report_rom
    + any-service | + parent
  + config | match_labels: {match}
    + policy | label_prefix: alice | domain: home
    + policy | label_prefix: bob   | domain: home
    + policy | label_prefix: carol | domain: {carol}
    + flow | from: home | to: work
+ start gui
  + binary puppet
  + route
    + service Report | + child report_rom
    + any-service | + parent
"""

ACTOR = """
+ start {name}
  + binary puppet
  + route
    + service ROM | label_suffix: clipboard | + child clipboard
    + service Report | + child clipboard
    + any-service | + parent
"""


class Desk(Puppets):
    def __init__(self, match: str = "no", carol: str = "work") -> None:
        self._actors = "".join(ACTOR.format(name=name) for name in ("alice", "bob", "carol", "mallory"))
        super().__init__(CONFIG.format(match=match, carol=carol) + self._actors,
                         {"clipboard": clipboard, "report_rom": report_rom})
        self._reporters: dict[str, Reporter] = {}

    def reconfigure(self, carol: str) -> None:
        self.apply(CONFIG.format(match="no", carol=carol) + self._actors)

    def submit(self, name: str, label: str, content: str) -> Any:
        def act(env: Env) -> bool:
            reporter = self._reporters.setdefault(name, Reporter(env, label))
            return reporter.submit(content.encode())
        return self.tell(name, act)

    def focus(self, name: str, domain: str) -> None:
        self.submit("gui", "focus", f"focus | active: yes | domain: {domain} | label: {name} -> window\n-\n")

    def copy(self, name: str, text: str) -> Any:
        return self.submit(name, "clipboard", text)

    def watch(self, name: str) -> Any:
        def act(env: Env) -> Any:
            rom = Rom(env, "clipboard")

            def show() -> None:
                rom.update()
                env.log(rom.text.decode().strip())

            handler = SignalHandler(env, show)
            rom.sigh(handler.cap)
            return rom
        return self.tell(name, act)

    def seen(self, name: str) -> list[str]:
        return self.town.lines(f"init -> {name}")


def test_a_component_without_domain_neither_copies_nor_pastes() -> None:
    with Desk() as desk:
        assert desk.copy("mallory", "mine") is False
        assert isinstance(desk.watch("mallory"), SessionDenied)
        assert desk.town.said("no policy defined for label 'mallory -> clipboard'")


def test_the_content_goes_with_whoever_copied_it() -> None:
    with Desk() as desk:
        desk.focus("alice", "home")
        desk.watch("bob")
        desk.copy("alice", "cat")
        desk.tell("alice", lambda env: desk._reporters.pop("alice").close())
        assert desk.seen("bob") == ["cat", "clipboard", "-"]


def test_what_may_not_be_seen_is_shown_in_the_syntax_that_the_config_asks_for() -> None:
    with Desk(match="no | generate_xml: yes") as desk:
        assert desk.tell("bob", lambda env: Rom(env, "clipboard").text) == b"<clipboard/>\n"


def test_with_matching_labels_only_the_focused_component_copies_and_pastes() -> None:
    with Desk(match="yes") as desk:
        desk.watch("bob")
        desk.watch("carol")
        desk.focus("alice", "home")
        desk.copy("bob", "dog")
        desk.copy("alice", "cat")
        assert desk.seen("bob") == desk.seen("carol") == []
        desk.focus("bob", "home")
        assert desk.seen("bob") == ["cat"] and desk.seen("carol") == []
        desk.focus("carol", "work")
        assert desk.seen("bob") == ["cat", "clipboard", "-"] and desk.seen("carol") == ["cat"]


def test_a_changed_policy_is_in_force_at_once() -> None:
    with Desk(carol="nowhere") as desk:
        desk.focus("alice", "home")
        desk.watch("carol")
        desk.copy("alice", "cat")
        assert desk.seen("carol") == []
        desk.reconfigure(carol="work")
        assert desk.seen("carol") == ["cat"]
        desk.reconfigure(carol="nowhere")
        assert desk.seen("carol") == ["cat", "clipboard", "-"]


def test_a_focus_that_is_no_node_keeps_the_one_before() -> None:
    with Desk() as desk:
        desk.focus("alice", "home")
        desk.watch("bob")
        desk.submit("gui", "focus", "<<nonsense")
        desk.copy("alice", "cat")
        assert desk.seen("bob") == ["cat"]
        desk.apply("")
        assert desk.town.init_has == desk.before
        assert desk.town.trouble == []
