"""A report, from its submission to the handler of a ROM that a filter makes of it, against a C ping-pong."""

from __future__ import annotations

from bastide.tool.scenario import parse_scenario
from bench.harness.figure import Figure
from bench.harness.program import Program
from bench.harness.system import COMPONENTS, in_turns

ROUNDS, BATCHES, SIZE, PEER_SIZE = 8, 5, 100, 1000

SYSTEM = """runtime | ram: 64M | caps: 2000 | binary: init
+ content
  + rom init
  + rom report_rom
  + rom rom_filter
  + rom report_loop
+ config
  + parent-provides
    + service ROM
    + service CPU
    + service PD
    + service LOG
  + default | ram: 4M | caps: 100
  + start report_rom
    + provides
      + service Report
      + service ROM
    + route | + any-service | + parent
    + config
      + policy | label: rom_filter -> value | report: report_loop -> value
  + start rom_filter
    + provides | + service ROM
    + route
      + service ROM | label: value | + child report_rom
      + any-service | + parent
    + config
      + input value
        + attribute value
      + output | node: result
        + attribute value | input: value
  + start report_loop
    + config | rounds: {rounds} | batches: {batches} | size: {size}
    + route
      + service Report | + child report_rom
      + service ROM | label: result | + child rom_filter
      + any-service | + parent
-
"""


def measure() -> tuple[Figure, ...]:
    peer = Program("seqpacket")
    text = SYSTEM.format(rounds=ROUNDS, batches=BATCHES, size=SIZE)
    own, other = in_turns(parse_scenario(text, "report", COMPONENTS / "report"),
                          lambda: peer.batches(PEER_SIZE, BATCHES))
    return (Figure("report", "us", own["report"], 60, "C: SOCK_SEQPACKET ping-pong of 32 bytes", other,
                   "through report_rom and rom_filter: three processes, two ROMs, three texts that are parsed"),)
