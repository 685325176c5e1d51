"""The harness of the benchmarks: statistics, the table, JSON, the history, and what it says if something is missing."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from bastide.base.node import Node
from bench.harness import __main__ as command
from bench.harness import process, program
from bench.harness.figure import Figure, Missing, NotPossible, Spread
from bench.harness.program import compiled, required
from bench.harness.report import append, line, table
from bench.harness.system import Start, scenario

FAST = Figure("call", "us", (12.0, 10.0, 11.0), 1.6, "C ping-pong", (8.0, 9.0, 8.5), "three arguments")
SLOW = Figure("session", "us", (900.0,), 80, "C ping-pong", (9.0,))
AMOUNT = Figure("memory", "MiB", (1.5, 2.5), 1.8, "no peer")
MISSING = Missing("spawn", "needs the program 'bwrap'")


def test_a_spread_has_the_quartiles_of_all_samples() -> None:
    assert Spread.of([5.0, 1.0, 4.0, 2.0, 3.0]) == Spread(1.0, 2.0, 3.0, 4.0, 5.0, 5)


def test_the_spread_of_a_single_sample_is_that_sample() -> None:
    assert Spread.of([7.0]) == Spread(7.0, 7.0, 7.0, 7.0, 7.0, 1)


def test_no_samples_are_no_spread() -> None:
    with pytest.raises(ValueError, match="nothing was measured: a spread needs one sample at least"):
        Spread.of([])


def test_the_ratio_is_that_of_the_minima() -> None:
    assert FAST.ratio == FAST.value == 10.0 / 8.0
    assert FAST.reached
    assert not SLOW.reached


def test_a_figure_without_a_peer_is_its_mean_amount() -> None:
    assert AMOUNT.ratio is None
    assert AMOUNT.value == 2.0
    assert not AMOUNT.reached


def test_the_table_shows_both_sides_the_figure_and_what_it_means() -> None:
    lines = table([FAST, SLOW, AMOUNT, MISSING]).splitlines()
    assert lines[0].split() == ["min", "median", "unit", "against", "min", "median", "figure", "reach"]
    assert lines[1].split() == ["call", "10.0", "11.0", "us", "8.00", "8.50", "1.25", "<=", "1.6", "reached"]
    assert lines[2].split() == ["session", "900.0", "900.0", "us", "9.00", "9.00", "100.0", "<=", "80", "missed"]
    assert lines[3].split() == ["memory", "1.50", "2.00", "MiB", "2.00", "<=", "1.8", "missed"]
    assert "call: against C ping-pong; three arguments" in lines
    assert lines[-1] == "spawn: not possible: needs the program 'bwrap'"


def test_without_any_figure_the_table_has_no_head() -> None:
    assert table([MISSING]).strip() == "spawn: not possible: needs the program 'bwrap'"


def test_json_has_all_fields_of_a_figure() -> None:
    assert json.loads(line(FAST)) == {
        "name": "call", "unit": "us", "min": 10.0, "q1": 10.5, "median": 11.0, "q3": 11.5, "max": 12.0, "n": 3,
        "against": "C ping-pong", "ratio": 1.25, "against_min": 8.0, "against_median": 8.5, "figure": 1.25,
        "reach": 1.6, "reached": True, "note": "three arguments"}


def test_json_of_an_amount_has_no_ratio() -> None:
    fields = json.loads(line(AMOUNT))
    assert fields["ratio"] is fields["against_min"] is fields["against_median"] is None
    assert fields["reached"] is False


def test_json_of_what_is_not_possible_has_the_reason() -> None:
    assert json.loads(line(MISSING)) == {"name": "spawn", "possible": False, "reason": "needs the program 'bwrap'"}


def test_the_history_grows_by_one_line_for_each_result(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    append(history, [FAST])
    append(history, [SLOW, MISSING])
    entries = [json.loads(text) for text in history.read_text().splitlines()]
    assert [entry["name"] for entry in entries] == ["call", "session", "spawn"]
    assert all({"date", "python", "kernel", "machine", "processors"} <= entry.keys() for entry in entries)


def test_without_a_compiler_the_message_says_what_would_help(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotPossible, match=r"seqpacket\.c needs a C compiler, but there is none of cc, gcc, clang in "
                                          r"PATH; what helps: apt install gcc"):
        program.Program("seqpacket")


def test_a_missing_peer_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotPossible, match="needs the program 'bwrap', which is not in PATH; what helps: apt install "
                                          "bubblewrap"):
        required("bwrap", "bubblewrap")


def test_a_program_is_compiled_once_for_each_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, compiler, source = tmp_path / "log", tmp_path / "bin" / "cc", tmp_path / "peer.c"
    compiler.parent.mkdir()
    compiler.write_text(f"#!{shutil.which('sh')}\necho \"$@\" >> '{log}'\n: > \"$4\"\n")
    compiler.chmod(0o755)
    source.write_text("int main(void) { return 0; }")
    monkeypatch.setenv("PATH", str(compiler.parent))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first = compiled(source)
    assert compiled(source) == first
    source.write_text("int main(void) { return 1; }")
    assert compiled(source) != first
    calls = log.read_text().splitlines()
    assert len(calls) == 2
    assert all(call.startswith("-O2 ") for call in calls)


def test_what_the_compiler_complains_about_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler, source = tmp_path / "cc", tmp_path / "peer.c"
    compiler.write_text(f"#!{shutil.which('sh')}\necho 'peer.c:1: no such thing' >&2\nexit 1\n")
    compiler.chmod(0o755)
    source.touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(NotPossible, match=r"cc could not compile peer\.c: peer\.c:1: no such thing"):
        compiled(source)


def test_the_interpreter_is_no_link() -> None:
    assert not Path(program.interpreter()).is_symlink()
    assert os.path.samefile(program.interpreter(), sys.executable)


def test_a_generated_scenario_starts_what_it_is_told_and_routes_it() -> None:
    made = scenario("pair", [Start("server", provides=("Pair",)),
                             Start("one", "client", uses={"Pair": "server"}, config={"rounds": 3})])
    assert [rom.name for rom in made.content] == ["init", "server", "client"]
    assert made.config is not None
    server, client = made.config.sub_nodes("start")
    assert server.attribute("name", "") == "server"
    assert _required(_required(client, "route"), "service").attribute("name", "") == "Pair"
    assert _required(_required(_required(client, "route"), "service"), "child").attribute("name", "") == "server"
    assert _required(client, "config").attribute("rounds", 0) == 3


def test_a_benchmark_that_is_not_possible_is_a_result_of_its_own(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_setaffinity", lambda pid, processors: None)
    monkeypatch.setitem(sys.modules, "bench.node", _Module(NotPossible("no such host")))
    assert process.measured("node") == [Missing("node", "no such host")]


def test_a_benchmark_that_fails_tells_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_setaffinity", lambda pid, processors: None)
    monkeypatch.setitem(sys.modules, "bench.rpc_cap", _Module(OSError("out of luck")))
    with pytest.raises(RuntimeError, match="OSError: out of luck"):
        process.measured("rpc-cap")


def test_a_missed_figure_is_no_failure_but_a_failed_benchmark_is(
        monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def measured(name: str) -> list[Figure | Missing]:
        if name == "broken":
            raise RuntimeError("it broke")
        return [SLOW]

    monkeypatch.setattr(command, "HISTORY", tmp_path / "history.jsonl")
    monkeypatch.setattr(command, "measured_apart", measured)
    assert command.main(["session", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["reached"] is False
    assert command.main(["broken", "session"]) == 1
    output = capsys.readouterr()
    assert "bench: broken failed: it broke" in output.err
    assert "missed" in output.out


class _Module:
    """Stands for a benchmark's module, whose measurement fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def measure(self) -> tuple[Figure, ...]:
        raise self._error


def _required(node: Node, type: str) -> Node:
    found = node.sub_node(type)
    assert found is not None
    return found
