"""Core's own protection domain, and what every service of core shares: the entrypoint, and memory as capabilities."""

from __future__ import annotations

from collections import deque

from bastide.base import Account, Dataspace, Entrypoint, OutOfRam, Resource
from bastide.base.platform import Kernel
from bastide.core.platform import Handle, IpcError, Machine, Memory

PAGE = 4096

TROUBLE_LIMIT = 64

PLENTY = 1 << 62
"""Limit of core's account for its own objects: the ledger, not this, says who may have them."""


class CoreDomain:
    """Core as its own accounts see it. Implements `Domain` of the component API."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.kernel: Kernel = machine.kernel

    def alloc_rpc_cap(self, entrypoint: Handle) -> Handle:
        return self._machine.domain.alloc_identity(entrypoint)

    def alloc_context(self, entrypoint: Handle) -> Handle:
        return self._machine.domain.alloc_context(entrypoint)

    def free_rpc_cap(self, identity: Handle) -> None:
        self._machine.domain.free_identity(identity)

    free_context = free_rpc_cap

    def alloc_entrypoint(self) -> Handle:
        return self._machine.domain.alloc_entrypoint()

    def free_entrypoint(self, entrypoint: Handle) -> None:
        self._machine.domain.free_identity(entrypoint)

    def alloc_ram(self, size: int) -> Handle:
        raise OutOfRam("core's services make no memory for themselves: they would pay for their clients")

    free_ram = seal_ram = free_rpc_cap


class Office:
    """Where core's services are served: machine, entrypoint, and the account that owns core's own objects."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.domain = CoreDomain(machine)
        self.account = Account(self.domain, PLENTY, PLENTY)
        self.ep = Entrypoint(self.domain, machine.entrypoint, self._failed)
        self.trouble: deque[BaseException] = deque(maxlen=TROUBLE_LIMIT)
        """What went wrong in core itself, the newest. Whoever boots core shows it."""

    def dataspace(self, memory: Memory) -> CoreDataspace:
        """Make memory callable, and attachable for all who hold the capability."""
        made = CoreDataspace(memory)
        self.ep.manage(made, self.account)
        self.machine.publish(made.cap.handle, memory)
        return made

    def free(self, dataspace: CoreDataspace) -> None:
        for region in tuple(dataspace.regions):
            region.close()
        self.ep.dissolve(dataspace)
        dataspace.memory.free()

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, IpcError):     # else it was the fault of whoever asked
            self.trouble.append(error)


class CoreDataspace(Dataspace):
    def __init__(self, memory: Memory) -> None:
        self.memory, self.sealed = memory, False
        self.regions: set[Resource] = set()
        """Its places in maps, which go with it."""

    def size(self) -> int:
        return self.memory.size

    def writeable(self) -> bool:
        return not self.sealed


def pages(size: int) -> int:
    """Bytes, rounded up to whole pages."""
    return (size + PAGE - 1) // PAGE * PAGE

