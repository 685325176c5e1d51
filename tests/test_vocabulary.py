"""The words of Genode's configs: each node and attribute that is documented for a component.

The texts are what a component must at least understand: its schema may object to nothing in them, in either syntax.
"""

from __future__ import annotations

import pytest
from test_components import COMPONENTS, schema_of

from bastide.base import Node

LABELS = "label: a -> b | label_prefix: a | label_suffix: b"
RULE_LABELS = f"{LABELS} | label_last: b | unscoped_label: a -> b"
REWRITING = "label: x | identity: y | resource: z | prepend_resource: p"
RULES = f"""
  + service ROM | {RULE_LABELS}
    + parent       | {REWRITING}
    + child server | {REWRITING}
    + any-child    | {REWRITING}
    + local        | {REWRITING}
  + any-service | {RULE_LABELS} | + parent
"""

DOCUMENTED = {
    "init": f"""
config | verbose: no | prio_levels: 0 | version: one
+ parent-provides | + service ROM
+ default-route{RULES}
+ default | caps: 0 | ram: 0
+ affinity-space | width: 1 | height: 1
+ report
  ids: no | requested: no | provided: no | session_args: no | child_ram: no | child_caps: no
  init_ram: no | init_caps: no | delay_ms: 100 | buffer: 4K
+ heartbeat | rate_ms: 1000
+ resource RAM | preserve: 320K
+ resource CAP | preserve: 20
+ alias other | child: server
+ service LOG
  + policy | {LABELS} | + child server | label: x
  + default-policy | + child server
+ start server | version: one | ram: 1M | caps: 100 | priority: 0 | ld: yes | managing_system: no
  + binary dummy
  + config | any: thing
    + node
      : text
  + route{RULES.replace("  +", "    +")}
  + provides | + service LOG
  + resource RAM | quantum: 1M
  + resource CAP | quantum: 100
  + affinity | xpos: 0 | ypos: 0 | width: 1 | height: 1
  + heartbeat | restart_after_skipped: 0
  + exit | propagate: no
-""",
    "sequence": """
config | repeat: no | keep_going: no | restart: no
+ start a
  + binary dummy
  + config | any: thing | + node
+ start a | config: a.config
-""",
    "dummy": """
config | version: one
+ create_log_connections | count: 0 | ram_upgrade: 0
+ destroy_log_connections
+ log_service | verbose: no | delay_close_ms: 0
+ consume_ram | amount: 0
+ consume_caps | amount: 0
+ handle_yield_requests
+ sleep | ms: 100
+ sleep_forever
+ log | string: text
+ exit
-""",
    "report_rom": f"""
config | verbose: no
+ policy | {LABELS} | report: a -> b
+ default-policy | report: a -> b
-""",
    "rom_filter": """
config | verbose: no
+ input one | rom: one | node: one | default: some
  + node | type: inner | attribute: name | value: this
    + attribute text
+ input two | + attribute text
+ output | node: config
  + inline | + any | thing: yes
  + inline
    : text
  + attribute a | value: some
  + attribute b | input: one
  + input one | skip_toplevel: no
  + node | type: inner
    + attribute c | value: some
    + input two
  + if
    + has_value | input: one | value: some
    + then
      + if
        + has_value | input: two | value: some
        + then | + node | type: a
    + else | + inline | + any
-""",
    "dynamic_rom": """
config | verbose: no
+ rom module
  + inline | description: first | + any | thing: yes
  + sleep | milliseconds: 200
  + inline
    : text
  + empty
-""",
    "tar_rom": "config\n+ archive files.tar\n-",
    "log_report": "config\n-",
    "rom_reporter": "config\n+ rom | label: a -> b\n-",
    "rom_to_file": "config | rom: module\n+ vfs | + dir any | + fs | label: root\n-",
    "rom_logger": "config | rom: module | format: text\n-",
    "clipboard": f"""
config | verbose: no | match_labels: no
+ policy | {LABELS} | domain: one
+ default-policy | domain: two
+ flow | from: one | to: two
-""",
    "black_hole": "\n+ ".join((
        "config", "audio_in", "audio_out", "capture", "event", "nic", "uplink", "rom", "report", "gpu", "usb", "play",
        "record", "log", "terminal", "uplink_client")) + "\n-",
    "nic_loopback": "config\n-",
    "rtc": "config | allow_setting_rtc: no\n-",
    "timer": "config\n-",
    "test_init": """
config
+ message | string: text
+ init_config | version: one | + any | + thing
+ expect_log | string: text
+ expect_warning | string: text | colored: text
+ expect_init_state
  + attribute version | value: one
  + attribute quota | higher: 1M
  + attribute quota | lower: 2M
  + node child
    + attribute name | value: a
    + not | + node requested | + not | + node session
+ sleep | ms: 250
+ nop
-""",
}


@pytest.mark.parametrize("as_xml", [False, True], ids=["hid", "xml"])
@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_schema_knows_all_that_is_documented(name: str, as_xml: bool) -> None:
    assert name in COMPONENTS
    config = Node.parse(DOCUMENTED[name].strip(), name, strict=True)
    config = Node.parse(config.encode(as_xml=as_xml), name, strict=True)
    assert list(map(str, schema_of(name).check(config))) == []
