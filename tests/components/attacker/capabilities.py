"""Attackers that make, guess, steal, keep or confuse capabilities."""

from __future__ import annotations

import os
from functools import partial
from typing import Any, cast

from components.contracts import Echo

from bastide.base import Capability, IpcError, RamDataspace, Rom
from bastide.base.environment import LogSession, NativeEntrypoint, Parent, PdSession, Resources
from bastide.base.session import ANYWHERE
from bastide.kernel.interface import Handle
from bastide.kernel.linux.native import REQUEST
from bastide.kernel.linux.seal import HANDLE_BYTES, numbers, voucher
from bastide.kernel.linux.voucher import proper

from .weapons import Attacker


def _usable(attacker: Attacker, handle: bytes) -> bool:
    """Whether a handle gets an answer, to a call or as an argument, by the framework or past it."""
    transport, forged = attacker.transport, Handle(handle)
    for call in (lambda: transport.call(forged, bytes(8)),
                 lambda: _launder(attacker, Capability(forged, Echo, transport)),
                 lambda: transport.attach(forged, True),
                 lambda: transport.read(forged)):
        try:
            call()
        except IpcError:
            continue
        return True
    transport.submit(forged, 1)
    return False


def _launder(attacker: Attacker, cap: Capability[Echo]) -> None:
    """Have somebody else, who may have more rights, pass a capability back, and use that one."""
    attacker.board.put("loot", cap)
    attacker.echo("loot").echo("whose am I?")


def forge(attacker: Attacker) -> None:
    echo = attacker.echo()
    echo.echo("the channel is open now")
    real = cast(bytes, echo.cap.handle)
    forged = [real[:16] + os.urandom(16), real[:16] + bytes(16), bytes(HANDLE_BYTES - 1) + b"\1",
              b"\xff" * HANDLE_BYTES]
    for bit in range(0, HANDLE_BYTES * 8, 5):
        changed = bytearray(real)
        changed[bit // 8] ^= 1 << bit % 8
        forged.append(bytes(changed))
    attacker.log(f"{len(forged)} forged, {sum(_usable(attacker, handle) for handle in forged)} usable")
    attacker.log(f"the real one: {echo.echo('still')}")


def guess(attacker: Attacker) -> None:
    own = numbers(cast(bytes, attacker.env.parent.cap.handle))
    seal = cast(bytes, attacker.env.parent.cap.handle)[16:]
    found = 0
    for entrypoint in range(1, 20):
        for identity in range(1, 40):
            handle = entrypoint.to_bytes(8, "little") + identity.to_bytes(8, "little") + seal
            if (entrypoint, identity) != own:
                try:
                    attacker.transport.call(Handle(handle), bytes(8))
                    found += 1
                except IpcError:
                    continue
    attacker.log(f"{found} guessed")


def leak(attacker: Attacker) -> None:
    """No attacker: it lets its capability be seen as data, and uses it."""
    echo = attacker.echo()
    attacker.log(cast(bytes, echo.cap.handle).hex())
    attacker.log(echo.echo("mine"))


def replay(attacker: Attacker) -> None:
    stolen = bytes.fromhex(Rom(attacker.env, "stolen").text.decode())
    attacker.log(f"without a channel: {_usable(attacker, stolen)}")
    attacker.echo().echo("now there is a channel")
    attacker.log(f"with a channel: {_usable(attacker, stolen)}")


def replay_voucher(attacker: Attacker) -> None:
    """Has vouchers redeemed, and shows them to the server: made for somebody else, or by somebody else, and for it."""
    echo = proper(attacker.take("echo_server").handle)
    authority, own = attacker.transport.authority, attacker.transport.domain
    good = voucher(echo, own)
    authority.connect(echo, True)
    channel = attacker.transport.channels[echo[:8]]
    for what, voucher_, sender in (
            ("for another", voucher(echo, own + 1), own), ("for core", voucher(echo, 1), own),
            ("of another", good, own + 1), ("of core", good, 1),
            ("of another object", good[:8] + (numbers(echo)[1] + 1).to_bytes(8, "little") + good[16:], own),
            ("no voucher", echo, own), ("its own", good, own)):
        attacker.attempt(f"redeem {what}", partial(authority.redeem, voucher_, sender))
        attacker.attempt(f"show {what}", partial(channel.call, voucher_, bytes(8), b"", sender))
    attacker.log(f"again the same: {authority.redeem(good, own) == echo}")


def outlast(attacker: Attacker) -> None:
    """Keeps what a session gave it, beyond the session."""
    log = LogSession.connect(attacker.env, "closed")
    cap = log.cap
    attacker.attempt("open", lambda: LogSession.stub(cap).write("said while it was open"))
    log.close()
    attacker.attempt("closed", lambda: LogSession.stub(cap).write("said when it was closed"))
    memory = RamDataspace(attacker.env.account, 4096)
    kept = memory.cap
    attacker.attempt("allocated", lambda: attacker.transport.read(kept.handle))
    memory.close()
    attacker.attempt("freed", lambda: attacker.transport.read(kept.handle))
    entrypoint = attacker.env.pd.alloc_entrypoint()
    attacker.attempt("entrypoint", lambda: attacker.env.pd.alloc_rpc_cap(entrypoint))
    attacker.env.pd.free_entrypoint(entrypoint)
    attacker.attempt("freed entrypoint", lambda: attacker.env.pd.alloc_rpc_cap(entrypoint))


def cling(attacker: Attacker) -> None:
    """Uses an object that its server dissolves."""
    echo = attacker.echo("dissolver")
    attacker.log(echo.echo("once"))
    attacker.attempt("call", lambda: echo.echo("twice"))
    attacker.transport.submit(echo.cap.handle, 1)
    del attacker.transport.channels[cast(bytes, echo.cap.handle)[:8]]   # as if there never had been one
    attacker.attempt("call anew", lambda: echo.echo("again"))
    attacker.attempt("launder", lambda: _launder(attacker, echo.cap))


def confuse(attacker: Attacker) -> None:
    """Uses objects as what they are not."""
    env, transport, attempt = attacker.env, attacker.transport, attacker.attempt
    echo = attacker.echo().cap
    wrong: Any = Capability(echo.handle, NativeEntrypoint, transport)
    attempt("echo as PD", lambda: PdSession.stub(echo).alloc_ram(4096))
    attempt("echo as parent", lambda: Parent.stub(echo).upgrade(1, Resources(1, 1)))
    attempt("attach", lambda: transport.attach(echo.handle, True))
    attempt("entrypoint", lambda: env.pd.alloc_rpc_cap(wrong))
    attempt("account", lambda: env.pd.ref_account(wrong))
    attempt("transfer", lambda: env.pd.transfer_quota(wrong, env.parent.yield_request()))
    attempt("start", lambda: env.cpu.start(wrong, "x", wrong, wrong, ANYWHERE))
    attempt("gate", lambda: transport.gate(echo.handle))
    env.pd.free_ram(wrong)
    env.pd.free_rpc_cap(wrong)
    env.pd.free_context(wrong)
    env.pd.free_entrypoint(wrong)
    attacker.log(attacker.echo().echo("nothing happened to it"))


def pester_core(attacker: Attacker) -> None:
    """Nonsense for every object of core that it has."""
    transport, env = attacker.transport, attacker.env
    native = cast(Any, transport.authority)._native
    objects = [native, env.parent.cap.handle, env.pd_cap.handle, env.cpu.cap.handle, env.log._session.cap.handle]
    answered = 0
    for target in objects:
        for opcode in (0, 1, 7, 40, 255, 0x7FFF, 0xFFFF):
            for rest in (b"", b"\xff" * 7, os.urandom(40), b"\xff" * 1500):
                try:
                    if opcode or target not in (env.parent.cap.handle, env.log._session.cap.handle):
                        transport.call(Handle(target), opcode.to_bytes(2, "little") + rest)
                        answered += 1
                except IpcError:
                    continue
    for ask in range(6):
        for number in (0, 1, (1 << 64) - 1):
            reply, _ = transport.call(Handle(native), REQUEST.pack(ask, number, os.urandom(32))) if ask in (1, 2, 3) \
                else (b"!", ())
            assert reply[:1] == b"!", "core granted something"
    attacker.log("core never gave anything")
