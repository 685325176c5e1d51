"""Runtime files: accepted, or refused by ScenarioError; and judging a log by what they say never fails."""

from __future__ import annotations

from pathlib import Path

from fuzz import nodes
from fuzz.harness import Target

from bastide.tool.criteria import Judge
from bastide.tool.log import prefixed, visible
from bastide.tool.scenario import ScenarioError, parse_scenario, valid_rom_name


def check(data: bytes) -> None:
    try:
        scenario = parse_scenario(data, "fuzz", Path("fuzz"))
    except ScenarioError as error:
        assert str(error).startswith("fuzz") and len(str(error)) < 2000, str(error)
        return
    assert valid_rom_name(scenario.binary) and scenario.ram > 0 and scenario.caps > 0
    assert all(valid_rom_name(rom.name) and valid_rom_name(rom.label) for rom in scenario.content)
    if scenario.criteria.problem:
        return
    for line in (b"[init -> a] b", data[:300], data[-300:]):
        judge = Judge(scenario.criteria)
        text = line.decode(errors="replace")
        assert all(part.isprintable() for part in prefixed(text, visible(text)).split("\t"))
        judge.line("init -> a", text)
        judge.exited(0)
        judge.deadline()
        judge.log_ended()


TARGET = Target(check, [
    b"runtime | ram: 32M | caps: 1000 | binary: init\n+ requires | + timer\n+ content\n  + rom init | as: x\n"
    b"  + rom b\n+ config\n  + start a\n+ succeed\n  : [init -> a] b*\n  : [init] x*y\n+ succeed | after_seconds: 3\n"
    b"+ fail | after_seconds: 20 | exit: 1\n  : Error\n-\n",
    b'<runtime ram="1M" caps="10" binary="a" config="c"><fail after_seconds="1"/><succeed>x</succeed></runtime>',
    *nodes.examples(".hid")],
    [b"+ succeed", b"+ fail", b" | exit: 0", b" | after_seconds: 1", b"\n  : *", b"*", b"[init]", b"+ content", b"../",
     b" | binary: ", b" | ram: 1K"], calls=300, memory=5000)
