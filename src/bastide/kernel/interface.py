"""What a kernel has to provide: the one interface behind which kernels differ.

Two views of the same kernel. `Kernel` is what every component has: calls, signals, memory, its entrypoints' gates; no
names, no paths, no processes. `Machine` is what core alone has in addition: it makes protection domains and memory, and
starts and ends what runs in a domain. Accounting is not a kernel's business: core charges before it asks the machine.

A *handle* is a component's local right to one identity: an RPC object, a signal context, an entrypoint, a dataspace.
Handles are opaque and hashable; within one component two handles are equal if and only if they mean the same identity,
whichever way they came. A handle means nothing in another component: it travels beside a message, never inside.

Only `bastide.base.platform` and `bastide.core.platform` may import this module from above the line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, NewType, Protocol

Handle = NewType("Handle", object)
Caps = tuple[Handle | None, ...]
"""Capabilities beside a message, in order; None is the invalid capability."""

MESSAGE_BYTES = 1536
"""Largest request or reply. Genode's entrypoints take 1024 bytes; LOG lines, labels and arguments fit either."""

MESSAGE_CAPS = 4
"""Most capabilities beside one message, in each direction (Genode's number)."""

MAX_PIECES = 256
"""Most pieces of one arrangement: what attaching it may cost at most."""

Dispatch = Callable[[bytes, Caps], tuple[bytes, Caps]]
"""Serve one request. Whatever it raises reaches the caller as IpcError, without its text."""

Deliver = Callable[[int], None]
"""Handle a signal that was submitted so many times since its last delivery."""


class BastideError(Exception):
    """Root of everything that the framework raises."""


class IpcError(BastideError):
    """The call as such failed: no such object (any more), its server died, or no legal message."""


class OutOfMachine(BastideError):
    """The machine itself is out of something: descriptors, memory, processes. The text names it."""


class OutOfObjects(OutOfMachine):
    """The machine has no room for one object more, however small."""


class Gate(Protocol):
    """Where the calls and signals of one entrypoint arrive. One thread runs it, so everything happens one at a time."""

    def serve(self, identity: Handle, dispatch: Dispatch) -> None:
        """From now on, calls to `identity` are served by `dispatch`."""
        ...

    def listen(self, identity: Handle, deliver: Deliver, io: bool) -> None:
        """From now on, signals to `identity` are handled by `deliver`; `io`: also while the gate waits in `wait_io`."""
        ...

    def dissolve(self, identity: Handle) -> None:
        """Nobody can reach `identity` any more. Legal from within its own dispatch."""
        ...

    def run(self) -> None:
        """Serve calls and signals until `stop`."""
        ...

    def stop(self) -> None:
        """Make `run` return after what is being served. Callable from any thread."""
        ...

    def wait_io(self) -> None:
        """Block until one I/O-level signal was handled; other signals wait for `run`. Legal inside a dispatch."""
        ...

    def poll_io(self) -> bool:
        """Handle one pending I/O-level signal if there is one, and tell so."""
        ...

    def alarm(self, at: int | None, expired: Callable[[], None]) -> None:
        """Call `expired` within `run` once `Kernel.now()` reached `at`; None: never. Replaces the alarm before."""
        ...


class Kernel(Protocol):
    """The kernel as one component sees it."""

    def gate(self, entrypoint: Handle) -> Gate:
        """The gate of an entrypoint that core allocated for this component. Each may be taken once."""
        ...

    def call(self, target: Handle, request: bytes, caps: Caps = ()) -> tuple[bytes, Caps]:
        """Call an object and block until its entrypoint replied. Raises IpcError."""
        ...

    def submit(self, context: Handle, count: int = 1) -> None:
        """Add to the counter of a signal context. Never blocks, never fails, also if the context is gone."""
        ...

    def attach(self, dataspace: Handle, writeable: bool) -> memoryview:
        """Map a dataspace. A foreign one can vanish under the mapping, and touching it is a fault then: `read` and
        `store` are for what others own.

        An arrangement is mapped with the pieces that it has at this moment. Touching a hole is a fault.
        """
        ...

    def detach(self, view: memoryview) -> None:
        """End the use of what `attach` returned. The memory stays mapped as long as slices of the view are in use."""
        ...

    def read(self, dataspace: Handle, offset: int = 0, size: int | None = None) -> bytes:
        """A private copy of a part of a dataspace, whoever owns it; holes of an arrangement read as zeros.

        Raises IpcError if it is gone.
        """
        ...

    def store(self, view: memoryview, content: bytes, offset: int = 0) -> None:
        """Write to what `attach` returned, whoever owns the memory. Raises IpcError if it is gone, or can't be written.

        Then the beginning of `content` may have been written. The kernel may need memory for that, which is part of the
        domain's upkeep.
        """
        ...

    def start_thread(self, function: Callable[[], None], name: str) -> None:
        """Run `function` in a further thread of this component."""
        ...

    def now(self) -> int:
        """Monotonic time in microseconds."""
        ...


class Start(NamedTuple):
    """What a program finds when it comes to life."""

    kernel: Kernel
    name: str
    entrypoint: Handle
    """Its initial entrypoint, whose gate it has to run."""
    heartbeat: Handle
    """A context of signals at its initial entrypoint: who started the program may see by it whether it reacts."""
    parent: Handle
    """The one capability it is born with."""
    binary: memoryview
    """The content of its binary, read-only, padded with zeros."""


Entry = Callable[[Start], int]
"""Run a program; the result is its exit code. The platform is told which one by whoever boots it."""


class Memory(Protocol):
    """Zeroed RAM of whole pages, as core holds it."""

    @property
    def size(self) -> int: ...

    def write(self, content: bytes, offset: int = 0) -> None: ...

    def read(self, offset: int = 0, size: int | None = None) -> bytes: ...

    def seal(self) -> None:
        """Make every later attachment read-only."""
        ...

    def free(self) -> None:
        """Take the memory back, whoever still maps it."""
        ...


class Arrangement(Protocol):
    """Addresses of whole pages at which core places pieces of memory; attached and read as one dataspace.

    It is flat: pieces are memory, never arrangements. And it knows no faults: an attachment keeps the pieces that the
    arrangement had when it was made, and sees no later change. Freed memory leaves a hole.
    """

    @property
    def size(self) -> int: ...

    def place(self, at: int, memory: Memory, offset: int, size: int, writeable: bool) -> None:
        """Let `size` bytes of `memory` from `offset` on appear from `at` on; writeable unless the memory is sealed.

        Raises ValueError for what is not whole pages, lies outside, overlaps, or is one piece too many.
        """
        ...

    def remove(self, at: int) -> None:
        """Leave a hole where a piece begins at `at`, if one does."""
        ...

    def free(self) -> None:
        """Remove all pieces."""
        ...


class Ending(NamedTuple):
    """How a started domain ended: by its own exit code, or by a fault (`SIGSEGV`, `killed`...)."""

    code: int
    fault: str = ""


class Placement(NamedTuple):
    """Where and how eagerly a domain runs. Priority 0 is the highest, 65535 the lowest; no processors: any."""

    priority: int = 0
    processors: tuple[int, ...] = ()


Upkeep = Callable[[int, int], bool]
"""Pay bytes of RAM and capabilities for what the machine keeps for a domain without being asked to by core, such as its
ways to talk to others; negative amounts are given back. False: there is not so much left. See `Machine.create_domain`.
"""


def unpaid(ram: int, caps: int) -> bool:
    """The upkeep of domains that need not pay."""
    return True


class Domain(Protocol):
    """A protection domain: a capability space, and at most one running program."""

    def alloc_entrypoint(self) -> Handle:
        """A new entrypoint of this domain, as a handle of core. Raises OutOfMachine."""
        ...

    def alloc_identity(self, entrypoint: Handle) -> Handle:
        """A new identity that the domain serves at `entrypoint`. Raises IpcError if that is none of its own."""
        ...

    def alloc_context(self, entrypoint: Handle) -> Handle:
        """The same for one that takes signals. Others' signals to it are part of the domain's upkeep."""
        ...

    def free_identity(self, identity: Handle) -> None:
        """Forget an identity or an entrypoint of this domain, system-wide. Others' are ignored."""
        ...

    def start(self, name: str, binary: Memory, parent: Handle, placement: Placement,
              ended: Callable[[Ending], None]) -> Handle:
        """Run `binary` in this domain; `ended` is called once, in core's entrypoint. Raises OutOfMachine.

        The result is the program's `Start.heartbeat`, for core: an identity of this domain, like those it allocates.
        """
        ...

    def heap_used(self) -> int:
        """Bytes that the program's private memory takes beyond the platform's allowance."""
        ...

    def limit_heap(self, beyond_allowance: int) -> None:
        """Let private memory grow by at most so many bytes beyond the platform's allowance."""
        ...

    def cpu_time(self) -> int:
        """Microseconds of processor time that the program has taken so far; 0 if none runs, or if none can take any."""
        ...

    def kill(self) -> None:
        """End the program as a fault would: `ended` is told of it. Nothing happens if none runs."""
        ...

    def destroy(self) -> None:
        """End the program, revoke the domain's identities, and free what the machine keeps for it. Twice is once."""
        ...


class Machine(Protocol):
    """The kernel as core sees it. Core is its first component, and calls and serves like any other."""

    @property
    def kernel(self) -> Kernel: ...

    @property
    def domain(self) -> Domain:
        """Core's own domain."""
        ...

    @property
    def entrypoint(self) -> Handle:
        """Core's initial entrypoint. `ended` functions are called in its gate."""
        ...

    @property
    def description(self) -> dict[str, str]:
        """Name and traits of the kernel, for the ROM `platform_info`."""
        ...

    def total_ram(self) -> int: ...

    def total_caps(self) -> int:
        """So many objects of any kind the machine has room for."""
        ...

    def create_domain(self, label: str, upkeep: Upkeep = unpaid) -> Domain:
        """`upkeep` is called in core's entrypoint, before the machine keeps more for the domain, or when it keeps less.

        It never pays for what core allocates for the domain by the functions here: that is core's to charge.
        """
        ...

    def create_memory(self, size: int) -> Memory:
        """Raises OutOfMachine, OutOfObjects."""
        ...

    def create_arrangement(self, size: int) -> Arrangement:
        """An arrangement without pieces, of whole pages. It costs no memory."""
        ...

    def publish(self, dataspace: Handle, memory: Memory | Arrangement) -> None:
        """Let holders of `dataspace`, an identity of core, attach and read `memory`, until it is dissolved."""
        ...

    def affinity_space(self) -> tuple[int, ...]:
        """The processors that domains may be placed on."""
        ...
