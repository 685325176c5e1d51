"""`bastide explain`: lines of a log, explained."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.tool.checkout import CHECKOUT, PACKAGE
from bastide.tool.explain.command import main
from bastide.tool.explain.explanation import MESSAGES, explained, several
from bastide.tool.explain.line import Line, messages, parsed

RAISED = {"SessionDenied", "OutOfRam", "OutOfCaps", "InsufficientRam", "InsufficientCaps", "QuotaExceeded"}
SAID = {"warning", "error", "_say", "_error", "_tell", "_denied", "_deny"}
SYNTAX = {"args.py", "hid.py", "node.py", "xml.py"}
"""Their errors name place and expectation, and explain themselves."""
SPEAKERS = [PACKAGE / "tool" / "reports.py", *(
    file for part in ("init", "core", "base") for file in sorted((PACKAGE / part).glob("*.py"))
    if file.name not in SYNTAX)]

DENIED = ('[init -> town] Warning: session denied: "client" asks for service "Hello" with label "client -> a": refused '
          'by rule town/runtime:20:7 \'+ service Hello | + child serv\': there is no child "serv"; add '
          '`+ service Hello | + child server` before that rule to the route of "client"')


def explanation(line: str) -> str:
    found = explained(parsed(line))
    assert found is not None
    return " ".join(str(found).split())


def templates(file: Path) -> Iterator[tuple[str, str]]:
    """What a module says or raises as a refusal, with `thing` for what differs, and where."""
    for node in ast.walk(ast.parse(file.read_text())):
        texts: list[ast.expr] = []
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).split(".")
            if called[-1] in RAISED | SAID or called[-2:] in (["warnings", "append"], ["errors", "append"]):
                texts = node.args
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[-1]) == "explanation":
            texts = [node.value]
        for text in texts:
            for said in _alternatives(text):
                if sum(map(str.isalpha, said.replace("thing", ""))) >= 8 and " " in said:
                    yield said, f"{file.name}:{text.lineno}"


def _alternatives(text: ast.expr) -> Iterator[str]:
    if isinstance(text, ast.IfExp):
        yield from _alternatives(text.body)
        yield from _alternatives(text.orelse)
    elif isinstance(text, ast.Constant) and isinstance(text.value, str):
        yield text.value
    elif isinstance(text, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "thing" for part in text.values)


def test_every_refusal_that_init_core_and_the_framework_can_tell_is_explained() -> None:
    found = [(said, place) for file in SPEAKERS for said, place in templates(file)]
    assert len(found) > 70
    unknown = [f"{place}: {said}" for said, place in found if all(
        message.match(text) is None for message in MESSAGES for text in (said, f"thing: {said}"))]
    assert unknown == []


def test_each_message_is_found_by_its_own_form_and_not_hidden_by_another() -> None:
    for message in MESSAGES:
        said = message.form.replace("{", "<").replace("}", ">")
        first = next(other for other in MESSAGES if other.match(said) is not None)
        assert first is message, f"'{first.form}' hides '{message.form}'"


def test_a_denial_says_who_asked_whom_by_which_rule_and_what_helps() -> None:
    found = explanation(DENIED)
    assert "said by init -> town, the parent of client" in found
    assert 'asked init -> town -> client for a session of Hello with label "client -> a"' in found
    assert "rule town/runtime:20:7 + service Hello | + child serv" in found
    assert 'what helps add `+ service Hello | + child server` before that rule to the route of "client"' in found


def test_a_reason_within_a_reason_is_explained_too() -> None:
    found = explanation("[init] Error: viewer: environment ROM session denied (label=\"vewer\", ram_quota=6K): there "
                        "is no ROM module 'vewer': is it among the ROMs of the system, or did you mean another one by "
                        "a `binary` node?")
    assert 'asked init -> viewer for a session of ROM with label "viewer"' in found
    assert "core serves the ROM modules that the 'content' of the scenario names" in found
    assert "what helps add `+ rom vewer` to 'content'" in found


def test_the_error_of_a_component_is_its_own() -> None:
    found = explanation("[init -> app] bastide.base.errors.OutOfRam: 4M needed, 12K of 1M left")
    assert "said by init -> app itself" in found
    assert "An account has been asked for 4M and has 12K left of 1M." in found


def test_amounts_are_told_as_people_write_them() -> None:
    found = explanation('[init] child "app" requests resources: ram_quota=4194304, cap_quota=0')
    assert "raise `ram` by at least 4M in its start node" in found


def test_a_message_that_was_cut_into_several_lines_is_put_together() -> None:
    speaker, text = DENIED.split(" Warning: ")
    text = "Warning: " + text
    lines = [f"{speaker} {text[at:at + 230]}" for at in range(0, len(text), 230)]
    assert len(lines) == 2
    assert list(messages(lines)) == [Line("init -> town", text)]
    assert list(messages(["[init] short", "[init] another"])) == [Line("init", "short"), Line("init", "another")]
    assert list(messages([lines[0], "[other] " + lines[1]]))[1] == Line("other", lines[1])


def test_a_line_that_is_cut_off_is_known_by_its_beginning() -> None:
    found = explanation(DENIED[:130])
    assert "init -> town -> client for a session of Hello" in found
    assert "the line is cut off" in found


def test_a_line_of_a_log_in_json_is_read() -> None:
    assert parsed('{"time": 1.5, "label": "init", "text": "Error: x"}') == Line("init", "Error: x")


def test_of_several_messages_about_one_session_the_longest_is_explained() -> None:
    raised = DENIED.replace("[init -> town] Warning: session denied: ",
                            "[init -> town -> client] bastide.base.errors.SessionDenied: ")
    unrouted = '[init -> town] Warning: client: no route to service "Hello" (label="client -> a")'
    found = several(map(parsed, [unrouted, DENIED, raised]))
    assert [each.said for each in found] == [DENIED.partition("Warning: ")[2]]


SCENARIO = """\
runtime | ram: 32M | caps: 1000 | binary: init
+ requires | + timer
+ content
  + rom init
  + rom hello_server
  + rom hello_client
+ config
  + parent-provides
    + service ROM
    + service CPU
    + service PD
    + service LOG
  + default | ram: 2M | caps: 100
  + start hello_server
    + provides | + service Hello
    + route | + any-service | + parent
  + start hello_client
    + route
      + service Hello | + child helo_server
      + any-service | + parent
+ fail | after_seconds: 5
-
"""


@pytest.fixture
def town(tmp_path: Path) -> Path:
    (tmp_path / "town").mkdir()
    (tmp_path / "town" / "runtime").write_text(SCENARIO)
    return tmp_path / "town"


def test_with_its_scenario_the_way_of_the_request_is_told(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = '[init -> town] Warning: hello_client: no route to service "Hello" (label="hello_client -> ")'
    assert main(["--scenario", str(town), line]) == 0
    found = " ".join(capsys.readouterr().out.split())
    assert f"way 1. init -> town refuses, by `+ service Hello | + child helo_server` at {town}/runtime:19:7" in found
    assert "there is no child \"helo_server\"; add `+ service Hello | + child hello_server` before that rule" in found


def test_a_request_that_passes_is_followed_through_each_parent(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = '[init -> town] hello_client: waits for LOG (label="hello_client -> ") of parent, which has not answered'
    assert main(["--scenario", str(town), line]) == 0
    found = " ".join(capsys.readouterr().out.split())
    assert (f"way 1. init -> town passes it to its parent, by `+ any-service | + parent` at {town}/runtime:20:7 "
            "2. init passes it to its parent, by `+ any-service | + parent`") in found
    assert "as it is now, it is served by core, as \"init -> town -> hello_client -> \"" in found


def test_a_component_that_the_scenario_lacks_is_named(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scenario", str(town), '[init -> town] x: no route to service "Hello" (label="x -> ")']) == 0
    assert "there is no component 'init -> town -> x'" in " ".join(capsys.readouterr().out.split())


def test_the_input_is_read_as_a_log(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    log = f"[init -> a] hello\n{DENIED}\n[init -> a] bye \0".encode() + b"\xff\n" + b"x" * 200_000
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(log), "utf-8", "strict"))
    assert main(["-"]) == 0
    assert capsys.readouterr().out.count("said by") == 1


def test_what_nothing_is_known_about_is_said_to_be_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["[init -> app] hello"]) == 1
    assert "nothing is known about that" in capsys.readouterr().err


def test_an_unknown_scenario_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scenario", "nowhere", DENIED]) == 2
    assert "no scenario 'nowhere'" in capsys.readouterr().err


@pytest.mark.parametrize("scenario", ["panel", "test-init"])
def test_any_session_can_be_followed_in_any_scenario(scenario: str) -> None:
    from bastide.tool.explain.explanation import Wanted
    from bastide.tool.explain.way import Way
    from bastide.tool.graph.plan import Plan
    from bastide.tool.scenario import read_scenario

    plan = Plan.of(read_scenario(CHECKOUT / "scenarios" / scenario / "runtime"))
    for component in plan:
        for service in ("ROM", "Timer", "Nothing"):
            for label in (component.name, f"{component.name} -> x", ""):
                titles = [title for title, _ in Way(plan)(Wanted(component.label, service, label))]
                assert titles[-1] == "in the scenario"


PIECES = st.sampled_from([piece for message in MESSAGES for piece in message.form.replace("}", "{").split("{")])


@given(st.lists(st.one_of(PIECES, st.text(max_size=10)), max_size=20).map("".join))
def test_any_line_is_explained_or_not_but_never_a_failure(line: str) -> None:
    for found in several(messages(line.split("\n"))):
        assert found.said in line.replace("\r", "") or found.said
        assert str(found)
