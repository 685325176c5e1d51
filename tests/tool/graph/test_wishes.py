"""What a component's source says that it will ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from bastide.tool.checkout import PACKAGE
from bastide.tool.graph.code import Library
from bastide.tool.graph.wishes import Wish, announcements, flags, wishes
from bastide.tool.sources import component

IMPORTS = """\
from bastide.base import Env, Node, Rom, Session
from bastide.lib.nic import Nic
from bastide.session import report, timer
from bastide.session.log import LogSession
from bastide.session.report import BackgroundReporter, Reporter
from bastide.session.timer import Timer, TimerSession, sleep
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "components" / "asker"
    made.mkdir(parents=True)
    return made


def asked(folder: Path, text: str) -> list[Wish]:
    (folder / "main.py").write_text(IMPORTS + text)
    return list(wishes(component(folder, "components")))


def labels(folder: Path, text: str) -> set[tuple[str, str, str]]:
    return {(wish.service, wish.label, wish.attribute) for wish in asked(folder, text)}


@pytest.mark.parametrize(("text", "expected"), [
    ("def construct(env: Env):\n    TimerSession.connect(env)\n", {("Timer", "")}),
    ("def construct(env: Env):\n    LogSession.connect(env, label='x')\n", {("LOG", "x")}),
    ("def construct(env: Env):\n    env.config.node\n", {("ROM", "config")}),
    ("def construct(env: Env):\n    LogSession.announce(env, None)\n", {("ROM", "session_requests")}),
    ("def construct(env: Env):\n    timer.Timer(env)\n", {("Timer", "")}),
    ("def construct(env: Env):\n    Timer(env).sleep(1)\n", {("Timer", ""), ("Timer", "sleep")}),
    ("def construct(env: Env):\n    sleep(env, 1)\n", {("Timer", "sleep")}),
    ("def construct(env: Env):\n    Reporter(env, 'state')\n", set()),       # opened by the first report
    ("def construct(env: Env):\n    Reporter(env, 'state').generate(1)\n", {("Report", "state")}),
    ("def construct(env: Env):\n    BackgroundReporter(env, 'state').generate(1)\n", {("Report", "state")}),
    ("class Main(Nic):\n    def __init__(self, env):\n        super().__init__(env, 'lan', None)\n", {("Nic", "lan")}),
    ("class OwnSession(Session):\n    service = 'Own'\nclass More(OwnSession): ...\n"
     "def construct(env):\n    More.connect(env)\n", {("Own", "")}),
    ("def construct(env: Env):\n    env.log('nothing')\n", set()),
])
def test_sessions_are_found_where_they_are_opened(folder: Path, text: str, expected: set[tuple[str, str]]) -> None:
    assert {(wish.service, wish.label) for wish in asked(folder, text)} == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("NAME = 'a'\ndef construct(env):\n    Rom(env, NAME)\n", {"a"}),
    ("def construct(env):\n    Rom(env, 'a' if env else 'b')\n", {"a", "b"}),
    ("def construct(env):\n    for name in ('a', 'b'):\n        Rom(env, name)\n", {"a", "b"}),
    ("def construct(env):\n    name = str(env)\n    Rom(env, f'{name} -> x')\n", {"* -> x"}),
    ("def construct(env):\n    Rom(env, 'a' + str(env) + 'b')\n", {"a*b"}),
    ("class Main:\n    def __init__(self, env):\n        self._a, self._b = 'a', 'b'\n        self._open(env)\n"
     "    def _open(self, env):\n        Rom(env, self._b)\n", {"b"}),
    ("def opened(env, name, further='z'):\n    Rom(env, name)\n    Rom(env, further)\n"
     "def construct(env):\n    opened(env, 'x')\n    opened(env, name='y')\n", {"x", "y", "z"}),
    ("def construct(env):\n    Rom(env, input())\n", {"*"}),
])
def test_a_label_is_followed_to_where_it_is_chosen(folder: Path, text: str, expected: set[str]) -> None:
    assert {label for _, label, _ in labels(folder, text)} == expected


@pytest.mark.parametrize("reading", ["node.name", "node.required('name', str)", "node.attributes['name']"])
def test_a_label_that_is_the_name_of_a_node_is_known_by_its_type(folder: Path, reading: str) -> None:
    text = ("def construct(env):\n    for node in env.config.node.sub_nodes('archive', 'file'):\n"
            f"        Rom(env, {reading})\n")
    found = [wish for wish in asked(folder, text) if wish.label == "*"]
    assert [(wish.attribute, wish.nodes, wish.unless) for wish in found] == [("name", ("archive", "file"), "")]


def test_a_name_that_stands_in_for_an_attribute_counts_where_that_is_missing(folder: Path) -> None:
    text = ("def construct(env):\n    for node in env.config.node.sub_nodes('input'):\n"
            "        Rom(env, node.attributes.get('rom', node.name))\n")
    found = [wish for wish in asked(folder, text) if wish.label == "*"]
    assert [(wish.attribute, wish.nodes, wish.unless) for wish in found] == [
        ("rom", (), ""), ("name", ("input",), "rom")]


def test_the_name_of_who_knows_what_node_is_unknown(folder: Path) -> None:
    text = "def construct(env):\n    for node in env.config.node.sub_nodes():\n        Rom(env, node.name)\n"
    assert labels(folder, text) == {("ROM", "config", ""), ("ROM", "*", "")}


@pytest.mark.parametrize(("allowed", "expected"), [
    (True, [("x", False)]), (False, [("y", False)]), (None, [("x", True), ("y", True)])])
def test_what_a_known_flag_of_the_config_decides_is_no_question(
        folder: Path, allowed: bool | None, expected: list[tuple[str, bool]]) -> None:
    (folder / "main.py").write_text(IMPORTS + "def construct(env):\n    if env.config.node.attribute('allow', False):\n"
                                    "        Rom(env, 'x')\n    else:\n        Rom(env, 'y')\n")
    sources = list(component(folder, "components"))
    assert flags(sources, Library()) == {"allow": False}
    known = {} if allowed is None else {"allow": allowed}
    found = [(wish.label, wish.perhaps) for wish in wishes(sources, flags=known)]
    assert [(label, perhaps) for label, perhaps in found if label in "xy"] == expected


@pytest.mark.parametrize("reading", ["node.attribute('rom', '')", "node.required('rom', str)", "node.value('rom', '')",
                                     "node.attributes['rom']", "node.attributes.get('rom', '')"])
def test_a_label_that_the_config_says_is_known_by_its_attribute(folder: Path, reading: str) -> None:
    text = f"def construct(env):\n    node = env.config.node\n    Rom(env, {reading})\n"
    assert labels(folder, text) == {("ROM", "config", ""), ("ROM", "*", "rom")}


def test_the_default_of_an_attribute_is_another_possibility(folder: Path) -> None:
    text = "def construct(env):\n    Rom(env, env.config.node.attribute('rom', 'focus'))\n"
    assert labels(folder, text) == {("ROM", "config", ""), ("ROM", "*", "rom"), ("ROM", "focus", "")}


def test_what_is_opened_on_a_condition_may_never_be_asked_for(folder: Path) -> None:
    text = ("class Main:\n    def __init__(self, env):\n        self._rom = None\n        if env.config.node.name:\n"
            "            self._more(env)\n        if self._rom is None:\n            self._rom = Rom(env, 'late')\n"
            "        Rom(env, 'always')\n    def _more(self, env):\n        Rom(env, 'sometimes')\n")
    assert {wish.label: wish.perhaps for wish in asked(folder, text)} == {
        "config": False, "late": False, "always": False, "sometimes": True}


def test_what_handlers_ask_for_is_asked_for_later(folder: Path) -> None:
    text = """
class Main:
    def __init__(self, env):
        self._env = env
        Rom(env, "begin")
        self._look()
        self._sensor.ask()
        env.config.watch(self._apply)
        self.handler = SignalHandler(env, self._changed)
        env.ep.defer(lambda: Rom(env, "lambda"))
    def _look(self):
        Rom(self._env, "called")
        return self._found
    @property
    def _found(self):
        return Rom(self._env, "property")
    def _apply(self, config):
        Rom(self._env, "watching")
    def _changed(self):
        Rom(self._env, "handler")
        Rom(self._env, "begin")
class Sensor:
    def __init__(self, env):
        def react():
            Rom(env, "function")
        self._react = react
    def ask(self):
        Rom(self._env, "by name")
    def answer(self):
        Rom(self._env, "by others")
construct = Main
"""
    assert {wish.label: wish.later for wish in asked(folder, text) if wish.label != "config"} == {
        "begin": False, "called": False, "property": False, "watching": False, "by name": False,
        "lambda": True, "handler": True, "function": True, "by others": True}


@pytest.mark.parametrize(("text", "expected"), [
    ("def construct(env):\n    LogSession.announce(env, None)\n", {"LOG"}),
    ("class Main:\n    def __init__(self, env):\n        self._begin(env)\n"
     "    def _begin(self, env):\n        TimerSession.announce(env, None)\nconstruct = Main\n", {"Timer"}),
    ("def construct(env):\n    if env.config.node.children:\n        LogSession.announce(env, None)\n", set()),
    ("def construct(env):\n    LogSession.announce(Sandbox(env, None), None)\n", set()),
    ("class Main:\n    def __init__(self, env):\n        self.commands = {'serve': self._serve}\n"
     "    def _serve(self, env):\n        LogSession.announce(env, None)\nconstruct = Main\n", set()),
    ("def construct(env):\n    def serve():\n        LogSession.announce(env, None)\n    env.handle(serve)\n", set()),
])
def test_what_the_parent_is_told_in_any_case_is_announced(folder: Path, text: str, expected: set[str]) -> None:
    (folder / "main.py").write_text(IMPORTS + text)
    assert announcements(component(folder, "components")) == expected


def test_a_wish_says_where_it_was_made(folder: Path) -> None:
    text = "def construct(env):\n    Timer(env)\n    Reporter(env, 'state').generate(1)\n"
    line = IMPORTS.count("\n") + 2
    assert {(wish.service, wish.place) for wish in asked(folder, text)} == {
        ("Timer", f"{folder}/main.py:{line}"), ("Report", f"{folder}/main.py:{line + 1}")}


def test_modules_that_components_share_are_read_too(folder: Path) -> None:
    shared = "from bastide.base import Rom\ndef focus(env):\n    return Rom(env, 'f')\n"
    (folder.parent / "common.py").write_text(shared)
    assert labels(folder, "from components.common import focus\nconstruct = focus\n") == {("ROM", "f", "")}


@pytest.mark.parametrize("text", [
    "def f(:\n", "class A(A): ...\nA()\n", "x = x\nRom(None, x)\n", "from components.asker.main import y as y\ny()\n",
    "def f(a): f(a + a)\nRom(f, f)\n", "def f(e):\n    n = 'x'\n    n = n + n\n    Rom(e, n)\n",
    "class A:\n    def a(self):\n        self.b = self.b + self.b\n"
    "        Rom(self.env, self.b)\n", "Rom(1, " + "-" * 900 + "1)\n", "Rom(1, " + "+".join(["'a'"] * 5000) + ")\n",
    "a" + ".b" * 2500 + ".connect(1)\n", "".join("if 1:\n    pass\nel" for _ in range(2500)) + "se:\n    pass\n",
    "from bastide.session." + "x" * 300 + " import Y\nY.connect(1)\n"])
def test_whatever_a_source_says_it_is_read_in_no_time(folder: Path, text: str) -> None:
    assert len(asked(folder, text)) <= 20


def test_components_of_bastide_are_understood() -> None:
    def of(kind: str, name: str) -> set[tuple[str, str, str]]:
        return {(wish.service, wish.label, wish.attribute)
                for wish in wishes(component(PACKAGE / kind / name, f"bastide.{kind}"))}

    assert of("app", "hello_polite") == {("ROM", "config", ""), ("Hello", "", ""), ("Timer", "", "")}
    assert of("app", "rom_logger") == {("ROM", "config", ""), ("ROM", "*", "rom")}
    assert of("server", "report_recorder") == {
        ("ROM", "config", ""), ("ROM", "session_requests", ""), ("Timer", "", ""), ("Report", "recording", "")}
    assert of("", "init") == {("ROM", "config", ""), ("ROM", "session_requests", ""), ("Report", "state", ""),
                              ("PD", "*", ""), ("CPU", "*", "")}       # both for its children
