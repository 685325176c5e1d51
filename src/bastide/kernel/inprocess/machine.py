"""The in-process machine: domains whose programs are threads under a virtual clock. For tests: it isolates nothing.

The thread that makes the machine is core's. There are two ways to use it:

- It serves core's gate itself. Time passes by itself whenever all components are blocked.
- It lets core serve in a thread of its own (`spawn_core`), and watches from outside: `settle`, `advance` and
  `run_until` decide how far the others get, and between them nothing happens. Its own calls block it like anyone's;
  meanwhile time passes by itself.

Either way the same program takes the same course each time. Exceptions that leave a component or a dispatch are in
`failures`. Close the machine at the end, or use it as a context manager: threads that wait for ever wait until then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from types import TracebackType

from bastide.kernel import interface
from bastide.kernel.inprocess.arrangement import Arrangement
from bastide.kernel.inprocess.clock import Clock
from bastide.kernel.inprocess.domain import Domain
from bastide.kernel.inprocess.gate import Gate
from bastide.kernel.inprocess.kernel import Kernel
from bastide.kernel.inprocess.memory import Memory
from bastide.kernel.inprocess.message import Errand
from bastide.kernel.inprocess.scheduler import Deadlock, Scheduler, Trace
from bastide.kernel.inprocess.space import Space, World
from bastide.kernel.interface import Entry, Handle, IpcError, Upkeep, unpaid


class Machine(interface.Machine):
    """A machine whose programs are run by `entry`. It promises resources to core, and counts none of their use.

    `trace` is told whenever a thread blocks, for tests that compare the course of two runs.
    """

    def __init__(self, entry: Entry, total_ram: int = 256 << 20, total_caps: int = 10_000,
                 trace: Trace | None = None) -> None:
        clock = Clock()
        self.failures: list[str] = []
        self._world = World(Scheduler(clock, trace), clock, self.failures)
        self._scheduler = self._world.scheduler
        self._clock = clock
        self._total_ram = total_ram
        self._total_caps = total_caps
        self._entry = entry
        self._core = Space(self._world, "core")
        self._core_kernel = _CoreKernel(self._core)
        self._core_domain = Domain(self._core, self._core, entry, self._core_kernel.perform)
        self._core_error: BaseException | None = None
        self._domains: list[Domain] = []

    @property
    def kernel(self) -> Kernel:
        return self._core_kernel

    @property
    def domain(self) -> Domain:
        return self._core_domain

    @cached_property
    def entrypoint(self) -> Handle:
        return self._core_domain.alloc_entrypoint()

    @property
    def description(self) -> dict[str, str]:
        return {"kernel": "inprocess", "isolation": "none", "clock": "virtual"}

    def total_ram(self) -> int:
        return self._total_ram

    def total_caps(self) -> int:
        return self._total_caps

    def create_domain(self, label: str, upkeep: Upkeep = unpaid) -> Domain:
        """Nothing is kept for a domain but what core knows of."""
        domain = Domain(Space(self._world, label), self._core, self._entry, self._core_kernel.perform)
        self._domains = [known for known in self._domains if not known.destroyed]
        self._domains.append(domain)
        return domain

    def create_memory(self, size: int) -> Memory:
        return Memory(size)

    def create_arrangement(self, size: int) -> Arrangement:
        return Arrangement(size)

    def publish(self, dataspace: Handle, memory: interface.Memory | interface.Arrangement) -> None:
        """Raises IpcError if the handle is no identity of core."""
        identity = self._core.identity(dataspace)
        if identity.space is not self._core or identity.gone:
            raise IpcError(f"memory cannot be published as {identity}: it is no identity of core")
        if not isinstance(memory, Memory | Arrangement):
            raise TypeError(f"memory of another machine cannot be published as {identity}")
        identity.memory = memory

    def affinity_space(self) -> tuple[int, ...]:
        return (0,)

    def spawn_core(self, main: Callable[[], None]) -> None:
        """Run `main` as core in a thread of its own. What it raises comes out of the next `settle` or the like."""
        def guarded() -> None:
            try:
                main()
            except Exception as error:
                self._core_error = error

        self._core.spawn(guarded, "core")

    def settle(self) -> None:
        """Let everybody run until all are blocked, time standing still."""
        self._scheduler.settle()
        error, self._core_error = self._core_error, None
        if error:
            raise error

    def advance(self, microseconds: int) -> None:
        """Let time pass, and everybody run at each moment at which an alarm is due."""
        target = self._clock.now + microseconds
        self.settle()
        while (earliest := self._clock.earliest()) is not None and earliest <= target:
            self._clock.move_to(earliest)
            self.settle()
        self._clock.move_to(target)

    def run_until(self, predicate: Callable[[], bool], limit_us: int = 60_000_000) -> None:
        """Let everybody run, and as much time pass as it takes until all are blocked and `predicate` holds.

        Raises TimeoutError if that takes more than `limit_us`, and Deadlock if it cannot happen any more.
        """
        target = self._clock.now + limit_us
        self.settle()
        while not predicate():
            earliest = self._clock.earliest()
            if earliest is None and self._scheduler.stuck:
                raise Deadlock(self._scheduler.describe_waiting())
            if earliest is None or earliest > target:
                self._clock.move_to(target)
                raise TimeoutError(f"what was waited for has not happened within {limit_us} us of virtual time")
            self._clock.move_to(earliest)
            self.settle()

    @property
    def threads(self) -> tuple[str, ...]:
        """The names of all threads that have not ended, the one that made the machine first."""
        return tuple(thread.name for thread in self._scheduler.threads)

    @property
    def identities(self) -> int:
        """How many identities are allocated, entrypoints and those of core included."""
        return sum(domain.identities for domain in (self._core_domain, *self._domains))

    def close(self) -> None:
        """End everything. Harmless if done twice; useless once an interrupt tore the maker out of its waiting."""
        if not self._scheduler.in_turn:
            return
        for domain in self._domains:
            domain.destroy()
        self._core.end("was shut down")
        self._scheduler.close()

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 where: TracebackType | None) -> None:
        self.close()


class _CoreKernel(Kernel):
    """Core's kernel, which knows where the machine's errands are done: at the first gate that core took."""

    def __init__(self, space: Space) -> None:
        super().__init__(space)
        self._first: Gate | None = None
        self._early: list[Errand] = []

    def gate(self, entrypoint: Handle) -> Gate:
        gate = super().gate(entrypoint)
        if self._first is None:
            self._first = gate
            for errand in self._early:
                gate.post(errand)
        return gate

    def perform(self, errand: Errand) -> None:
        if self._first:
            self._first.post(errand)
        else:
            self._early.append(errand)
