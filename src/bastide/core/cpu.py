"""CPU: programs that run in protection domains."""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import Affinity, Capability, DataspaceCap, SessionDenied, SessionRequest, SignalCap, Transmitter
from bastide.base.environment import CpuSession, Parent, PdSession, Thread, ThreadRun, ThreadState
from bastide.core.domain import CoreDataspace, Office
from bastide.core.pd import Pd
from bastide.core.platform import Ending, IpcError, OutOfMachine, Placement

LOWEST_PRIORITY = 65535


class Cpu(CpuSession):
    def __init__(self, office: Office, request: SessionRequest) -> None:
        self._office, self._account, self._affinity = office, request.account, request.affinity
        self._priority = _priority(request)
        self._threads: list[Running] = []
        self._exception = Transmitter()
        self._watches: dict[Capability[Thread], Callable[[ThreadState], None]] = {}

    def start(self, pd: Capability[PdSession], name: str, binary: DataspaceCap, parent: Capability[Parent],
              affinity: Affinity) -> Capability[Thread]:
        target = self._office.ep.object_of(pd, Pd)
        code = self._office.ep.object_of(binary, CoreDataspace)
        if target is None:
            raise SessionDenied(f"'{name}' can't start: its PD session is none of core's")
        if code is None:
            raise SessionDenied(f"'{name}' can't start: its binary is no dataspace of core")
        thread = Running(target, self)
        self._office.ep.manage(thread, self._account)
        try:
            thread.asked_by = target.run(lambda: target.domain.start(
                name, code.memory, parent.handle, self._placement(affinity), thread.ended))
        except BaseException as error:
            self._office.ep.dissolve(thread)
            if isinstance(error, OutOfMachine | IpcError):
                raise SessionDenied(f"'{name}' can't start: {error}") from error
            raise
        self._threads.append(thread)
        return thread.cap

    def kill_thread(self, thread: Capability[Thread]) -> None:
        running = self._office.ep.object_of(thread, Running)
        if running in self._threads and running is not None:
            self._kill(running)

    def exception_sigh(self, context: SignalCap | None) -> None:
        self._exception.context = context

    def affinity_space(self) -> Affinity:
        width = len(self._office.machine.affinity_space())
        return Affinity(width, 1, 0, 0, width, 1)

    def watch(self, thread: Capability[Thread], ended: Callable[[ThreadState], None]) -> None:
        """Core's own way to learn how a thread ends: no signal, for core is nobody's client."""
        self._watches[thread] = ended

    def changed(self, thread: Running) -> None:
        """A thread of this session ended."""
        self._exception.submit()
        if (ended := self._watches.pop(thread.cap, None)) is not None:
            ended(thread.state())

    def close(self) -> None:
        for thread in list(self._threads):
            self._kill(thread)

    def _kill(self, thread: Running) -> None:
        self._threads.remove(thread)
        thread.pd.domain.destroy()
        self._office.ep.dissolve(thread)

    def _placement(self, affinity: Affinity) -> Placement:
        """Processors of the location, within the one of the session, which nobody can leave."""
        space = self._office.machine.affinity_space()
        processors = within(within(space, self._affinity), affinity)
        return Placement(self._priority, () if processors == space else processors)


class Running(Thread):
    """A program, as its parent may look at it."""

    def __init__(self, pd: Pd, session: Cpu) -> None:
        self.pd, self._session = pd, session
        self._state = ThreadState(ThreadRun.RUNNING)
        self.asked_by: SignalCap | None = None

    def state(self) -> ThreadState:
        return self._state

    def heartbeat(self) -> SignalCap | None:
        return self.asked_by

    def ended(self, ending: Ending) -> None:
        self._state = ThreadState(ThreadRun.FAULTED if ending.fault else ThreadRun.EXITED, ending.code, ending.fault)
        self._session.changed(self)


def within(processors: tuple[int, ...], affinity: Affinity) -> tuple[int, ...]:
    """Those that a location means, at least one; all if it means none. What exceeds its space is cut."""
    space = affinity.space_width
    if space <= 0 or affinity.width <= 0:
        return processors
    first = min(max(affinity.xpos, 0), space - 1)
    last = min(first + affinity.width, space)
    start = first * len(processors) // space
    return processors[start:max(last * len(processors) // space, start + 1)]


def _priority(request: SessionRequest) -> int:
    try:
        return min(max(int(request.raw_args.get("priority", "0"), 0), 0), LOWEST_PRIORITY)
    except ValueError:
        raise SessionDenied(f"'{request.label}': priority '{request.raw_args['priority']}' is no number") from None
