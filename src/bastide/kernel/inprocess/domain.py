"""Protection domains of the in-process machine: nothing but a space and the threads of its program."""

from __future__ import annotations

import signal
from collections.abc import Callable

from bastide.kernel import interface
from bastide.kernel.inprocess.kernel import Kernel
from bastide.kernel.inprocess.memory import Memory
from bastide.kernel.inprocess.message import Entrypoint, Errand
from bastide.kernel.inprocess.scheduler import Ended
from bastide.kernel.inprocess.space import Space
from bastide.kernel.interface import Ending, Entry, Handle, IpcError, Placement, Start


class Domain(interface.Domain):
    """A space, as core sees it. `heap_limit` and `placement` are recorded and otherwise ignored."""

    def __init__(self, space: Space, core: Space, entry: Entry, perform: Callable[[Errand], None]) -> None:
        self.heap_limit: int | None = None
        self.placement: Placement | None = None
        self.destroyed = False
        self._space = space
        self._core = core
        self._entry = entry
        self._perform = perform
        self._ended: Callable[[Ending], None] | None = None

    def alloc_entrypoint(self) -> Handle:
        """Raises IpcError if the program has ended."""
        return self._core.handle(self._space.allocate_entrypoint())

    def alloc_identity(self, entrypoint: Handle) -> Handle:
        """Raises IpcError also if the program has ended."""
        place = self._core.identity(entrypoint)
        if not isinstance(place, Entrypoint) or place.space is not self._space or place.gone:
            raise IpcError(f"'{self._space.label}' can have no identity at {place}: it is no entrypoint of its own")
        return self._core.handle(self._space.allocate_identity(place))

    alloc_context = alloc_identity

    def free_identity(self, identity: Handle) -> None:
        known = self._core.find(identity)
        if known and known.space is self._space:
            self._space.revoke(known)

    def start(self, name: str, binary: interface.Memory, parent: Handle, placement: Placement,
              ended: Callable[[Ending], None]) -> Handle:
        if self.placement is not None or self._space is self._core or self.destroyed:
            raise RuntimeError(f"domain '{self._space.label}' cannot start {name!r}: it runs, or has run, a program")
        if not isinstance(binary, Memory):
            raise TypeError(f"domain '{self._space.label}' cannot start {name!r} from another machine's memory")
        kernel = Kernel(self._space)
        initial = self._space.allocate_entrypoint()
        heartbeat = self._space.allocate_identity(initial)
        content = binary.attach(writeable=False)
        self._space.attachments[id(content.view)] = content
        start = Start(kernel, name, self._space.handle(initial), self._space.handle(heartbeat),
                      self._space.handle(self._core.identity(parent)), content.view)
        self._ended = ended
        self._space.spawn(lambda: self._live(start), name)
        self.placement = placement
        return self._core.handle(heartbeat)

    def heap_used(self) -> int:
        return 0

    def limit_heap(self, beyond_allowance: int) -> None:
        self.heap_limit = beyond_allowance

    def cpu_time(self) -> int:
        """None passes on the virtual clock while a program runs."""
        return 0

    def kill(self) -> None:
        """As `destroy`, threads end where they block."""
        self._over("was killed", Ending(-signal.SIGKILL, "killed"))

    def destroy(self) -> None:
        """Threads end where they block, or will block next: one that never blocks goes on for ever."""
        if self._space is self._core:
            raise RuntimeError("core's own domain cannot be destroyed: close the machine instead")
        self.destroyed = True
        self._space.end("was destroyed")
        self._space.clear()

    @property
    def identities(self) -> int:
        """How many are allocated, entrypoints included."""
        return self._space.identities

    def _live(self, start: Start) -> None:
        try:
            code = self._entry(start)
            if not isinstance(code, int):
                raise TypeError(f"the entry of '{start.name}' returned {code!r}, which is no exit code")
        except Ended:
            return
        except BaseException:
            self._space.record_failure(start.name)
            code = 1
        self._over(f"ended with exit code {code}", Ending(code))

    def _over(self, reason: str, ending: Ending) -> None:
        ended = self._ended
        if ended is not None and not self._space.over:
            self._space.end(reason)
            self._perform(Errand(lambda: None if self.destroyed else ended(ending)))
