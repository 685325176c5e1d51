"""Gpu: buffers for a graphics processor, and commands that it executes. What those mean is up to the driver.

The client numbers its buffers itself, and has an address space of its own on the graphics processor.
"""

from __future__ import annotations

from dataclasses import dataclass

from bastide.base import (
    BastideError,
    Capability,
    DataspaceCap,
    Interface,
    OutOfCaps,
    OutOfRam,
    Session,
    SignalCap,
    raises,
    rpc,
)


class InvalidState(BastideError):
    """This can't be done with the buffer as it is."""


class ConflictingId(BastideError):
    """The client has a buffer of that number already."""


class MappingVramFailed(BastideError):
    """The buffer can't be made visible to the processor."""


class Vram(Interface):
    """A buffer as something to hand on. It has no functions."""


@dataclass(frozen=True)
class Access:
    readable: bool = True
    writeable: bool = True


class GpuSession(Session):
    service, ram_quota, cap_quota = "Gpu", "1M", 32

    @rpc
    def info_dataspace(self) -> DataspaceCap | None:
        """What the driver says about the graphics processor."""
        ...

    @rpc
    @raises(InvalidState, ConflictingId, OutOfRam, OutOfCaps)
    def alloc_vram(self, id: int, size: int) -> DataspaceCap: ...

    @rpc
    def free_vram(self, id: int) -> None: ...

    @rpc
    @raises(InvalidState, MappingVramFailed, OutOfRam, OutOfCaps)
    def map_cpu(self, id: int, access: Access) -> DataspaceCap: ...

    @rpc
    def unmap_cpu(self, id: int) -> None: ...

    @rpc
    @raises(MappingVramFailed, OutOfRam, OutOfCaps)
    def map_gpu(self, id: int, size: int, offset: int, address: int) -> bool: ...

    @rpc
    def unmap_gpu(self, id: int, offset: int, address: int) -> None: ...

    @rpc
    def set_tiling_gpu(self, id: int, offset: int, mode: int) -> bool: ...

    @rpc
    @raises(InvalidState)
    def export_vram(self, id: int) -> Capability[Vram]: ...

    @rpc
    @raises(InvalidState, ConflictingId, OutOfRam, OutOfCaps)
    def import_vram(self, buffer: Capability[Vram], id: int) -> None: ...

    @rpc
    @raises(InvalidState)
    def execute(self, id: int, offset: int) -> int:
        """Run the commands in a buffer. The result is the number of this run."""
        ...

    @rpc
    def complete(self, run: int) -> bool: ...

    @rpc
    def completion_sigh(self, context: SignalCap | None) -> None:
        """Where to tell that a run is complete."""
