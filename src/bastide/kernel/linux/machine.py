"""Linux as core sees it: domains are sandboxed processes, memory is memfds. Implements `Machine` and `Domain`."""

from __future__ import annotations

import os
import resource
import socket
from collections.abc import Callable
from itertools import count
from types import TracebackType
from typing import cast

from bastide.kernel.interface import (
    Arrangement,
    Ending,
    Handle,
    IpcError,
    Memory,
    OutOfMachine,
    Placement,
    Upkeep,
    unpaid,
)
from bastide.kernel.linux import control, native
from bastide.kernel.linux.component import Birth, take_in
from bastide.kernel.linux.control import News
from bastide.kernel.linux.gate import LinuxGate
from bastide.kernel.linux.memory import PAGE, Dataspace, lasting_memory
from bastide.kernel.linux.native import Ask
from bastide.kernel.linux.process import Process
from bastide.kernel.linux.seal import numbers
from bastide.kernel.linux.spawner import Zygote
from bastide.kernel.linux.switchboard import Side, Switchboard, to_socket
from bastide.kernel.linux.transport import Transport
from bastide.kernel.linux.voucher import Borrowed, proper
from bastide.kernel.linux.watch import Watch
from bastide.kernel.linux.window import Part
from bastide.kernel.pieces import Pieces

CAP_RAM = 16 << 10
"""RAM of the total for each capability: what one costs core and the kernel is far below."""

RAM_SHARE = 2
"""The default total is what the host has available, divided by this."""


class LinuxMachine:
    """`entry` names the function that runs a program, as `module:function`."""

    def __init__(self, entry: str, zygote: Zygote, heap_allowance: int = 16 << 20) -> None:
        self.entry, self.zygote, self.heap_allowance = entry, zygote, heap_allowance
        self.switchboard = Switchboard()
        self.side = self.switchboard.side(self._take_in)
        self.kernel = Transport(self.side.number, self.side.key)
        self.kernel.authority = self
        self.kernel.dissolved = self.withdraw
        self.domain = LinuxDomain(self, self.side, "core")
        self._published: dict[int, Dataspace | Pieces[Dataspace]] = {}
        self._serials = count(1)
        self._dying: set[Process] = set()
        self._physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        self.entrypoint = self.domain.alloc_entrypoint()
        self.watch = Watch()
        self.switchboard.stuck = self._stuck

    @property
    def description(self) -> dict[str, str]:
        return {"kernel": "linux", "release": os.uname().release, "machine": os.uname().machine}

    @property
    def gate(self) -> LinuxGate:
        """Core's first gate, where also the components' questions to the switchboard arrive."""
        return self.kernel.gates[numbers(proper(self.entrypoint))[0]]

    def total_ram(self) -> int:
        with open("/proc/meminfo") as table:
            amounts = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in table}
        return amounts["MemAvailable"] // RAM_SHARE

    def total_caps(self) -> int:
        """Each may be a dataspace or an entrypoint, which takes a descriptor of core. Most take none: who boots may
        promise more than that to components that he trusts."""
        return min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], self.total_ram() // CAP_RAM)

    def affinity_space(self) -> tuple[int, ...]:
        return tuple(sorted(os.sched_getaffinity(0)))

    def create_domain(self, label: str, upkeep: Upkeep = unpaid) -> LinuxDomain:
        try:
            near, far = control.pair()
        except OSError as error:
            raise OutOfMachine(f"no descriptors left for a domain: {error.strerror}") from None
        return LinuxDomain(self, self.switchboard.side(to_socket(near), upkeep), label, near, far)

    def create_memory(self, size: int) -> Dataspace:
        if size > self._physical:
            raise OutOfMachine(f"{size} bytes are more than the {self._physical} bytes of RAM that the host has")
        return Dataspace(size)

    def create_arrangement(self, size: int) -> Pieces[Dataspace]:
        return Pieces(size, Dataspace)

    def publish(self, dataspace: Handle, memory: Memory | Arrangement) -> None:
        assert isinstance(memory, Dataspace | Pieces)
        self._published[numbers(proper(dataspace))[1]] = memory

    def close(self) -> None:
        """End all components, and give up all that core itself serves. The zygote stays its maker's."""
        for domain in list(self.domain.others.values()):
            domain.destroy()
        self.reap()
        self.watch.close()
        self.switchboard.leave(self.side)
        self.kernel.close()
        for memory in self._published.values():
            memory.free()
        self._published.clear()

    def __enter__(self) -> LinuxMachine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 where: TracebackType | None) -> None:
        self.close()

    def constructed(self, process: Process) -> None:
        """The time has come to have the next one forked ahead."""
        if process.cradle is not None:      # else it was ended meanwhile
            self._leave_cradle(process)
            self.zygote.prepare()

    def dying(self, process: Process) -> None:
        """Reap a killed process as soon as it is gone."""
        self._dying.add(process)
        self.watch.readable(process.pidfd, lambda: self.gate.post(lambda: self.bury(process)))

    def reap(self) -> None:
        """Wait until all that were killed are gone, and end the process that waits to be the next component."""
        for process in list(self._dying):
            process.join()
            self.bury(process)
        self.zygote.dismiss()

    def bury(self, process: Process) -> None:
        """Give up what is held for a process that ended. Twice is once: another one may have its descriptors by then.
        """
        if not process.closed and process.ended() is not None:
            self._dying.discard(process)
            self.watch.forget(process.pidfd)
            self._leave_cradle(process)
            process.close()

    def _leave_cradle(self, process: Process) -> None:
        if process.cradle is not None:
            self.watch.forget(process.cradle.fileno())
            process.leave_cradle()

    def withdraw(self, identity: int) -> None:
        self._published.pop(identity, None)

    # Authority, for core itself

    def connect(self, handle: bytes, calls: bool) -> None:
        self.switchboard.connect(handle, self.side, calls)

    def passed_on(self, handle: bytes, receiver: int) -> bytes:
        domain = self.domain.others.get(receiver)
        if domain is None:
            raise IpcError("the receiver of the capability is gone")
        return self.switchboard.sealed(handle, self.side, domain.side)

    def redeem(self, voucher: bytes, sender: int) -> bytes:
        return self.switchboard.redeem(voucher, sender, self.side)

    def memory(self, dataspace: bytes, writeable: bool, since: int) -> Part:
        return self._part(dataspace, self.side, writeable, since)

    def page(self) -> int:
        return lasting_memory(PAGE)

    def news(self) -> None:
        """Core's own are taken in at once."""

    def await_gate(self, number: int) -> None:
        """If it is there at all, it is there already."""

    def answer(self, side: Side, request: bytes) -> bytes:
        """Answer a component's question to the switchboard. What is none raises, and so fails the call."""
        ask, number, handle = native.REQUEST.unpack(request)
        try:
            match Ask(ask):
                case Ask.CONNECT:
                    return native.GRANTED + native.NUMBER.pack(
                        self.switchboard.connect(handle, side, bool(number)).number)
                case Ask.REDEEM:
                    return native.GRANTED + self.switchboard.redeem(handle, number, side)
                case Ask.MEMORY:
                    return native.GRANTED + self._hand_out(side, handle, bool(number & 1), number & ~1)
                case Ask.PAGE:
                    serial = next(self._serials)
                    self.switchboard.hand_out_page(side, serial)
                    return native.GRANTED + native.NUMBER.pack(serial)
        except (IpcError, OutOfMachine) as error:
            return native.REFUSED + str(error).encode()

    def _hand_out(self, side: Side, handle: bytes, writeable: bool, since: int) -> bytes:
        total, at, offset, size, descriptor = self._part(handle, side, writeable, since)
        if descriptor < 0:
            return native.PART.pack(0, total, 0, 0, 0)
        serial = next(self._serials)
        self.switchboard.hand_out(side, serial, descriptor)
        return native.PART.pack(serial, total, at, offset, size)

    def _part(self, handle: bytes, holder: Side, writeable: bool, since: int) -> Part:
        self.switchboard.authentic(handle, holder)
        memory = self._published.get(numbers(handle)[1])
        if memory is None:
            raise IpcError("this capability is no dataspace")
        if isinstance(memory, Dataspace):
            if memory.freed:
                raise IpcError("this dataspace was freed")
            return Part(memory.size, 0, 0, memory.size, memory.descriptor(writeable))
        piece = memory.since(since)
        if piece is None:
            return Part(memory.size)
        return Part(memory.size, piece.at, piece.offset, piece.size,
                    piece.memory.descriptor(writeable and piece.writeable))

    def _take_in(self, news: News) -> bool:
        if news.descriptors:                            # the sender closes what it sent
            news = News(news.kind, news.first, news.second, news.third, tuple(map(os.dup, news.descriptors)))
        take_in(self.kernel, news, lambda serial, found: None)
        return True

    def _stuck(self, side: Side) -> None:
        """Wait until the component takes its news again."""
        domain = self.domain.others.get(side.number)
        if domain is not None and domain.near is not None:
            self.watch.writable(domain.near.fileno(), lambda: self.gate.post(lambda: self.switchboard.deliver(side)))


class LinuxDomain:
    def __init__(self, machine: LinuxMachine, side: Side, label: str, near: socket.socket | None = None,
                 far: socket.socket | None = None) -> None:
        self.side, self.label, self.near = side, label, near
        self.others: dict[int, LinuxDomain] = {}        # of core's domain: all that exist
        self._machine, self._far = machine, far
        self._process: Process | None = None
        self._born_with = 0                             # private memory of a program that has just started
        self._native: Handle | None = None
        if near is not None:
            machine.domain.others[side.number] = self

    def alloc_entrypoint(self) -> Handle:
        switchboard = self._machine.switchboard
        made = switchboard.entrypoint(self.side)
        return Handle(switchboard.handle(made, made.number, self._machine.side))

    def alloc_identity(self, entrypoint: Handle) -> Handle:
        return self._mint(entrypoint, False)

    def alloc_context(self, entrypoint: Handle) -> Handle:
        return self._mint(entrypoint, True)

    def free_identity(self, identity: Handle) -> None:
        entrypoint, number = numbers(proper(identity))
        by_a_stranger = isinstance(cast(object, identity), Borrowed)    # owners seal, others vouch
        self._machine.switchboard.forget(self.side, number, entrypoint, tell=by_a_stranger)
        if self.side is self._machine.side:
            self._machine.withdraw(number)

    def start(self, name: str, binary: Memory, parent: Handle, placement: Placement,
              ended: Callable[[Ending], None]) -> Handle:
        machine, far = self._machine, self._far
        if far is None:
            raise OutOfMachine(f"a program runs in the domain of '{name}' already")
        assert isinstance(binary, Dataspace)
        entrypoint = next(iter(self.side.entrypoints.values()), None)
        if entrypoint is None:                          # else it is left of a start that failed
            entrypoint = machine.switchboard.entrypoint(self.side)
        sealed_parent = machine.switchboard.sealed(proper(parent), machine.side, self.side)
        if self._native is None:
            self._native = machine.domain.alloc_identity(machine.entrypoint)
            machine.gate.serve(self._native, lambda request, caps: (machine.answer(self.side, request), ()))
        native_object = machine.switchboard.sealed(proper(self._native), machine.side, self.side)
        for handle in (native_object, sealed_parent):       # whom every component calls
            machine.switchboard.connect(handle, self.side, True)
        code, heartbeat = binary.descriptor(False), machine.switchboard.mint(entrypoint, context=True)
        birth = Birth(self.side.number, entrypoint.number, heartbeat, self.side.key, native_object, sealed_parent,
                      binary.size, name, machine.entry)
        try:
            process = machine.zygote.spawn(name, [far.fileno(), code], birth.pack())
        except BaseException:
            machine.switchboard.forget(self.side, heartbeat, entrypoint.number)
            raise
        finally:
            os.close(code)
        far.close()
        self._far, self._process, self._born_with = None, process, process.data_bytes()
        if placement != Placement():
            process.place(placement)
        machine.watch.readable(process.pidfd, lambda: machine.gate.post(lambda: self._ended(ended)))
        if process.cradle is not None:
            machine.watch.hangup(process.cradle.fileno(),
                                 lambda: machine.gate.post(lambda: machine.constructed(process)))
        return Handle(machine.switchboard.handle(entrypoint, heartbeat, machine.side))

    def heap_used(self) -> int:
        process = self._process
        if process is None:
            return 0
        return max(0, process.data_bytes() - self._born_with - self._machine.heap_allowance)

    def limit_heap(self, beyond_allowance: int) -> None:
        if (process := self._process) is not None:
            process.limit_data(self._born_with + self._machine.heap_allowance + beyond_allowance)

    def cpu_time(self) -> int:
        return 0 if self._process is None else self._process.cpu_time()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def destroy(self) -> None:
        machine = self._machine
        machine.domain.others.pop(self.side.number, None)
        if (process := self._process) is not None:
            self._process = None
            machine.watch.forget(process.pidfd)
            process.kill()
            machine.dying(process)
        machine.switchboard.leave(self.side)
        if self._native is not None:
            machine.gate.dissolve(self._native)
            machine.domain.free_identity(self._native)
            self._native = None
        for end in (self.near, self._far):
            if end is not None:
                machine.watch.forget(end.fileno())
                end.close()
        self.near = self._far = None

    def _mint(self, entrypoint: Handle, context: bool) -> Handle:
        switchboard = self._machine.switchboard
        number, identity = numbers(proper(entrypoint))
        place = self.side.entrypoints.get(number)
        if place is None or identity != number:
            raise IpcError("this is no entrypoint of the domain")
        return Handle(switchboard.handle(place, switchboard.mint(place, context), self._machine.side))

    def _ended(self, ended: Callable[[Ending], None]) -> None:
        process = self._process
        if process is None:
            return
        ending = process.ended()
        if ending is not None:
            self._process = None
            self._machine.bury(process)
            self._machine.switchboard.leave(self.side)
            ended(ending)
