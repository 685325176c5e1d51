"""Runs that are looked at and changed from another process."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from tool.live.started import SECONDS, Started, place_town

from bastide.tool.graph.model import Component, Link, System
from bastide.tool.live.client import NoSuchRun, Refused, RunEnded, chosen, running, running_config, runs
from bastide.tool.live.folder import connected, entered


def boxes(system: System) -> dict[str, Component]:
    todo, found = [system.root], dict[str, Component]()
    while todo:
        box = todo.pop()
        found[box.label] = box
        todo += box.children
    return found


def test_a_run_is_found_and_tells_what_it_is(town: Started) -> None:
    with chosen(None) as connection:
        about = connection.about()
    assert (about.pid, about.scenario, about.components) == (town.process.pid, "town", 5)
    assert about.path.endswith("/town/runtime")
    with chosen(str(about.pid)) as connection:
        assert connection.about().began == about.began


def test_a_snapshot_has_components_of_all_depths_with_what_they_have(town: Started) -> None:
    system = running("town")
    found = boxes(system)
    assert sorted(found) == ["core", "init", "init -> asker", "init -> nested", "init -> nested -> speaker",
                             "init -> speaker"]
    speaker, inner = found["init -> speaker"], found["init -> nested -> speaker"]
    assert (speaker.binary, inner.binary, found["init -> nested"].binary) == ("speaker", "speaker", "init")
    for box in (speaker, inner):
        assert box.ram is not None and box.ram.quota > 3 << 20
        assert box.caps is not None and 0 < (box.caps.used or 0) < box.caps.quota
        assert box.cpu is not None
    assert sum(box.cpu or 0.0 for box in found.values()) > 0
    assert found["init -> nested"] in found["init"].children
    assert [inner] == list(found["init -> nested"].children)


def test_a_snapshot_has_the_sessions_of_all_depths_and_explains_denials(town: Started) -> None:
    sessions = running("town").sessions
    of_inner = {(session.service, session.server) for session in sessions
                if session.client == "init -> nested -> speaker"}
    assert of_inner == {("PD", "core"), ("CPU", "core"), ("LOG", "core"), ("ROM", "core")}
    assert ("init -> speaker", "ROM", "init") in {(s.client, s.service, s.server) for s in sessions}
    denied, = (session for session in sessions if session.link is Link.DENIED)
    assert (denied.client, denied.service, denied.server, denied.label) == ("init -> asker", "Hello", "", "please")
    assert "nobody provides \"Hello\"" in denied.explanation
    assert denied.explanation in boxes(running("town"))["init -> asker"].problems


def test_to_look_changes_neither_config_nor_components(town: Started) -> None:
    before = running_config("town")
    running("town")
    assert running_config("town") == before
    assert "report" not in before
    with chosen("town") as connection:
        assert [line.text for line in connection.log().lines if line.text.startswith("says")].count("says one") == 1


def test_a_killed_component_is_restarted_by_its_parent_and_that_is_counted(town: Started) -> None:
    with chosen("town") as connection:
        assert connection.kill("init -> speaker") == "init -> speaker"
    town.wait_for("'init -> speaker' is killed", "child \"speaker\" faulted: killed", "[init -> speaker] says one")
    assert boxes(running("town"))["init -> speaker"].restarts == 1


def test_what_can_not_be_killed_is_told_with_what_can(town: Started) -> None:
    with chosen("town") as connection:
        with pytest.raises(Refused, match=r"'speaker' can mean 'init -> nested -> speaker', 'init -> speaker'"):
            connection.kill("speaker")
        with pytest.raises(Refused, match=r"there is no component 'core'"):
            connection.kill("core")


def test_to_kill_the_top_component_ends_the_run(town: Started) -> None:
    with chosen("town") as connection:
        connection.kill("init")
    town.wait_for("error: 'init' ended: killed; the run can't go on without it")
    assert town.end() == 1


def test_another_config_is_taken_over(town: Started) -> None:
    with chosen("town") as connection:
        config = connection.config()
        connection.apply(config.replace("word: one", "word: two"), "mine")
        town.wait_for("another config is applied: mine", "[init -> speaker] says two")
        assert connection.config() == config.replace("word: one", "word: two")
        assert "init -> asker" in boxes(connection.snapshot())
        other = "+ start newcomer\n  + binary speaker\n  + config | word: three\n"
        connection.apply(config.replace("+ start asker\n", other), "mine")
        town.wait_for("[init -> newcomer] says three")
        found = boxes(connection.snapshot())
        assert "init -> newcomer" in found and "init -> asker" not in found


WRONG = [
    ("+ start asker", "start asker", "mine:"),
    ("config\n", "confg\n", "mine:1:1: expected a node 'config', or a scenario that has one, got 'confg'"),
    ("+ start asker", "+ start speaker", "has the same name 'speaker'"),
    ("rate_ms: 100", "rate_ms: often", "mine:7:15: attribute 'rate_ms' of 'heartbeat'"),
    ("+ start nested | ram: 16M", "+ start nested | ram: 160M", "promises its children more RAM than it has"),
]


def test_a_wrong_config_is_refused_with_its_place_and_nothing_changes(town: Started) -> None:
    with chosen("town") as connection:
        config = connection.config()
        for before, after, message in WRONG:
            assert before in config
            with pytest.raises(Refused) as refused:
                connection.apply(config.replace(before, after, 1), "mine")
            assert message in str(refused.value) and str(refused.value).startswith("mine:")
            assert connection.config() == config
        assert "applied" not in "".join(line.text for line in connection.log().lines)


def test_what_was_wrong_before_does_not_stand_in_the_way(town: Started) -> None:
    with chosen("town") as connection:
        config = connection.config()            # the asker's request leads nowhere
        second = "+ start second\n  + binary asker\n"
        with pytest.raises(Refused, match=r"^mine:[0-9]+:[0-9]+: .*second") as refused:
            connection.apply(config.replace("+ start asker\n", "+ start asker\n" + second), "mine")
        assert len(str(refused.value).splitlines()) == 1


def test_force_applies_what_is_wrong_but_can_be_read(town: Started) -> None:
    with chosen("town") as connection:
        wrong = connection.config().replace("rate_ms: 100", "rate_ms: often")
        connection.apply(wrong, "mine", force=True)
        assert connection.config() == wrong
        with pytest.raises(Refused, match="mine:1"):
            connection.apply("<config", "mine", force=True)


def test_the_log_is_followed_until_the_run_ends(town: Started) -> None:
    with chosen("town") as connection, chosen("town") as other:
        excerpts = connection.follow()
        seen = [line.text for line in next(excerpts).lines]
        assert "says one" in seen and "was denied" in seen
        other.kill("init -> nested -> speaker")
        while "'init -> nested -> speaker' is killed" not in seen:
            seen += [line.text for line in next(excerpts).lines]
        town.process.send_signal(2)
        for excerpt in excerpts:
            seen += [line.text for line in excerpt.lines]
        with pytest.raises(RunEnded, match=r"the run [0-9]+-town has ended"):
            other.snapshot()


def test_a_run_goes_on_while_its_socket_is_flooded(town: Started, runtime_folder: Path) -> None:
    attackers, over = list[socket.socket](), threading.Event()

    def flood() -> None:
        with entered(runtime_folder) as folder:
            while not over.is_set():
                attacker = connected(folder, f"{town.process.pid}-town", SECONDS)
                if attacker is not None:
                    attackers.append(attacker)
                    with suppress(OSError):
                        attacker.sendall(b"{" * 10_000)

    with chosen("town") as connection:
        connection.about()
        flooding = threading.Thread(target=flood)
        flooding.start()
        try:
            for _ in range(3):
                connection.kill("init -> speaker")
                town.wait_for("'init -> speaker' is killed", "[init -> speaker] says one")
            assert connection.snapshot().name == "town"
        finally:
            over.set()
            flooding.join(SECONDS)
            for attacker in attackers:
                attacker.close()
    assert len(attackers) > 16


def test_two_runs_are_told_apart(town: Started, tmp_path_factory: pytest.TempPathFactory) -> None:
    second = Started("run", str(place_town(tmp_path_factory.mktemp("b") / "town")))
    try:
        second.wait_for("[init -> speaker] says one")
        pids = {town.process.pid, second.process.pid}
        assert {connection.about().pid for connection in runs()} == pids
        with pytest.raises(NoSuchRun) as ambiguous:
            chosen("town")
        assert all(str(pid) in str(ambiguous.value) for pid in pids)
        assert running(str(second.process.pid)).name == "town"
        with pytest.raises(NoSuchRun, match=r"there is no run 'village'; there are [0-9]+-town, [0-9]+-town"):
            chosen("village")
    finally:
        second.end()


def test_when_nothing_runs_that_is_said_with_what_would_help() -> None:
    with pytest.raises(NoSuchRun, match="nothing runs; 'bastide run NAME' starts something"):
        chosen(None)
