"""Attackers that take all they can get."""

from __future__ import annotations

from typing import cast

from bastide.base import Bytes, IpcError, OutOfCaps, OutOfRam, SignalContext
from bastide.base.environment import LogSession, NativeEntrypoint, PdSession, Resources
from bastide.base.session import ANYWHERE
from bastide.kernel.interface import Handle
from bastide.kernel.linux import control
from bastide.kernel.linux.component import FarAuthority
from bastide.kernel.linux.memory import PAGE
from bastide.kernel.linux.native import Ask
from bastide.kernel.linux.seal import INVALID

from .weapons import Attacker


def capabilities(attacker: Attacker) -> None:
    env = attacker.env
    own = attacker.env.ep.identity
    avail, made = env.pd.quota().cap_avail, 0
    from bastide.base import Capability
    entrypoint = Capability[NativeEntrypoint](own, NativeEntrypoint, env.kernel)
    try:
        while True:
            env.pd.alloc_context(entrypoint)
            made += 1
    except OutOfCaps as error:
        attacker.log(f"{made - avail} more than allowed; {error}")


def entrypoints(attacker: Attacker) -> None:
    """Takes entrypoints, and never what core tells it about them."""
    env, made = attacker.env, 0
    avail = env.pd.quota().cap_avail
    try:
        while True:
            env.pd.alloc_entrypoint()
            made += 1
    except OutOfCaps:
        attacker.log(f"more than allowed: {made > avail}")
    control.receive = lambda end: None
    attacker.attempt("channel", lambda: attacker.ask_for_channel("echo_server"))


def own_pages(attacker: Attacker) -> None:
    """Asks for pages of its own, and leaves them with core."""
    authority = cast(FarAuthority, attacker.transport.authority)
    control.receive = lambda end: None
    quota, made = attacker.env.pd.quota(), 0
    try:
        while True:
            authority._ask(Ask.PAGE, 0, INVALID)
            made += 1
    except IpcError as error:
        more = made * PAGE > quota.ram_avail + Bytes(PdSession.ram_quota)
        short = next(word for word in ("RAM", "capabilities") if word in str(error))
        attacker.log(f"more than allowed: {more}, short of {short}")


def memory(attacker: Attacker) -> None:
    env = attacker.env
    for size in (1 << 40, 1 << 62, (1 << 63) - 1, 0, -1, -(1 << 63)):
        attacker.attempt(str(size), lambda size=size: env.pd.alloc_ram(size))  # type: ignore[misc]
    avail, made = env.pd.quota().ram_avail, 0
    try:
        while True:
            env.pd.alloc_ram(1 << 20)
            made += 1
    except OutOfRam:
        attacker.log(f"all of it: {0 <= avail - (made << 20) < 1 << 20}")


def heap(attacker: Attacker) -> None:
    """40 MiB beyond what a fresh program has. Whether it gets them is up to its quota."""
    pieces = []
    try:
        for _ in range(40):
            pieces.append(bytearray(1 << 20))
    except MemoryError:
        got = len(pieces)
        pieces.clear()
        attacker.log(f"MemoryError, within the allowance: {got <= 18}")
    else:
        quota = attacker.env.pd.quota()
        attacker.log(f"got it all, and it counts: {quota.ram_used >= 20 << 20}")
        attacker.attempt("dataspace", lambda: attacker.env.pd.alloc_ram(quota.ram_limit - (10 << 20)))


def heap_after_ram(attacker: Attacker) -> None:
    """What was spent on dataspaces is gone for the heap."""
    env = attacker.env
    env.pd.alloc_ram(env.pd.quota().ram_avail // 4096 * 4096)
    heap(attacker)


def books(attacker: Attacker) -> None:
    """Sessions and upgrades with amounts that are none."""
    env, attempt = attacker.env, attacker.attempt
    for args in ("ram_quota=-1", "ram_quota=99999G", "cap_quota=-5", "ram_quota=1", "ram_quota=8K, cap_quota=0",
                 'label="x', "x" * 200):
        attempt(args[:20], lambda args=args: env.parent.session(77, "LOG", args, ANYWHERE))  # type: ignore[misc]
    log = LogSession.connect(env, "mine")
    for ram, caps in ((-1, 0), (0, -1), (-(1 << 63), 0), ((1 << 63) - 1, 0), (0, (1 << 63) - 1)):
        attempt(f"{ram} {caps}", lambda ram=ram, caps=caps: env.parent.upgrade(  # type: ignore[misc]
            log._opened.id, Resources(ram, caps)))
    attempt("service", lambda: env.parent.session(78, "Nothing", "", ANYWHERE))
    attempt("used ID", lambda: env.parent.session(log._opened.id, "LOG", "", ANYWHERE))
    before = env.pd.quota()
    log.close()
    log.close()
    attacker.log(f"returned {before.ram_used - env.pd.quota().ram_used + before.ram_limit != 0}")


def signal_storm(attacker: Attacker) -> None:
    """Submits to contexts that are none, as fast as it can."""
    target = cast(bytes, attacker.env.parent.cap.handle)
    for number in range(3000):
        attacker.transport.submit(Handle(target[:8] + number.to_bytes(8, "little") + target[16:]), 1 << 40)
    attacker.log(f"{SignalContext.__name__} storm over")
