"""init's config: any node becomes a config, whose complaints are bounded by it, and whose routes answer any request."""

from __future__ import annotations

from collections.abc import Collection

from fuzz import nodes
from fuzz.harness import Target

from bastide.base.node import Node
from bastide.base.value import Bytes
from bastide.init.config import Config, Quota
from bastide.init.content import Content
from bastide.init.routing import InlineConfig, Request, SessionRequests, resolve, special

SERVICES = ("ROM", "LOG", "Hello", "")


class Town:
    """A directory in which every child serves what its start node says."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def parent_provides(self, service: str) -> bool:
        return service in self._config.parent_provides

    def local_provides(self, service: str) -> bool:
        return service == "LOG"

    def child(self, name: str) -> str | None:
        return name if any(start.name == name for start in self._config.starts) else None

    def providers(self, service: str) -> Collection[str]:
        return [start.name for start in self._config.starts if service in start.provides]


def check(data: bytes) -> None:
    node = nodes.read(data)
    if node is None:
        return
    config = Config.parse(node)
    assert Config.parse(node) == config
    assert sum(map(len, config.warnings + config.errors)) <= 100 * len(data) + 1000
    spendable, _ = config.spendable(Quota(Bytes(1 << 20), 100))
    assert 0 <= spendable.ram <= 1 << 20 and 0 <= spendable.caps <= 100
    town = Town(config)
    for start in config.starts[:8]:
        assert start.name and start.ram >= 0 and start.caps >= 0 and start.priority <= 0
        if start.config is not None:
            assert Node.parse(Content(start.config.encode()).text.rstrip(b"\0")).type == start.config.type
        for service in SERVICES:
            for label in (start.name, f"{start.name} -> config", f"{start.name} -> x -> y"):
                answer = special(Request(start.name, service, label), start.binary, start.ld, start.config is not None)
                if not isinstance(answer, InlineConfig | SessionRequests) and start.route is not None:
                    resolve(answer, start.route, town)
    for exported in config.services:
        exported.forward("init -> client -> label")


TARGET = Target(check, [
    b"""config | prio_levels: 4 | verbose: yes | version: 1
+ parent-provides | + service ROM
+ default | ram: 1M
+ affinity-space | width: 2
+ alias a | child: b
+ report | ids: yes | delay_ms: 1
+ heartbeat | rate_ms: 2
+ resource RAM | preserve: 1M
+ service Hello
  + policy | label_prefix: a | + child b
+ start b | caps: 100 | ram: 1M | priority: -1
  + binary c
  + provides | + service Hello
  + exit | propagate: yes
  + affinity | xpos: 1
  + config | a: b
    : text
  + route
    + service Hello | label_last: x | + child b | label: y
    + service LOG | unscoped_label: z | + local
    + any-service
      + parent | identity: i
      + any-child
-
""", b'<config><start name="a"><route><any-service><parent/><any-child/></any-service></route></start></config>',
    *nodes.examples(".hid")],
    [b"+ start ", b" | caps: ", b" | ram: ", b"+ route", b"+ any-service", b" | label: ", b" | label_suffix: ",
     b"+ child ", b" | resource: ", b"+ config", b" | version: ", b"+ heartbeat | restart_after_skipped: ", b"-9"],
    calls=500, memory=5000)
