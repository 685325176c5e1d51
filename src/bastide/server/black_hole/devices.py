"""Devices that are there for those who look, and do nothing: a screen, input, a USB bus, a graphics processor."""

from __future__ import annotations

from bastide.base import Capability, DataspaceCap, Env, Node, RamDataspace, SessionRequest, SignalCap, Transmitter
from bastide.lib.rom_module import Module
from bastide.session.capture import PIXEL, Area, CaptureSession, Rect
from bastide.session.event import CAPACITY, EVENT_SIZE, EventSession
from bastide.session.gpu import Access, ConflictingId, GpuSession, InvalidState, Vram
from bastide.session.rom import RomSession
from bastide.session.usb import UsbDevice, UsbSession

NO_DEVICES = Node("devices")
LARGEST_SCREEN = 1 << 14
"""Pixels in each direction."""


class BlackEvent(EventSession):
    def __init__(self, request: SessionRequest) -> None:
        self._buffer = RamDataspace(request.account, CAPACITY * EVENT_SIZE)

    def dataspace(self) -> DataspaceCap:
        return self._buffer.cap

    def submit_batch(self, count: int) -> None:
        """None of these ever happened."""


class BlackCapture(CaptureSession):
    """A screen that stays as it is."""

    def __init__(self, request: SessionRequest) -> None:
        self._account = request.account
        self._buffer: RamDataspace | None = None

    def screen_size(self) -> Area:
        return Area(1, 1)

    def screen_size_sigh(self, context: SignalCap | None) -> None:
        """Its size stays, too."""

    def buffer(self, pixels: Area, millimeters: Area, viewport: Rect) -> None:
        if self._buffer is not None:
            self._buffer.close()
            self._buffer = None
        if 0 < pixels.width <= LARGEST_SCREEN and 0 < pixels.height <= LARGEST_SCREEN:
            self._buffer = RamDataspace(self._account, pixels.width * pixels.height * PIXEL)
            self._buffer.detach()

    def dataspace(self) -> DataspaceCap | None:
        return self._buffer.cap if self._buffer else None

    def capture_at(self, x: int, y: int) -> tuple[Rect, ...]:
        return ()

    def capture_stopped(self) -> None:
        """There is nothing to wake up for."""

    def wakeup_sigh(self, context: SignalCap | None) -> None:
        """As before."""


class BlackUsb(UsbSession):
    """A bus with nothing on it."""

    def __init__(self, env: Env, request: SessionRequest) -> None:
        self._devices = Module(env.encode(NO_DEVICES)).open(request.account)
        env.ep.manage(self._devices, request.account)

    def devices_rom(self) -> Capability[RomSession]:
        return self._devices.cap

    def acquire_device(self, name: str) -> Capability[UsbDevice] | None:
        return None

    def acquire_single_device(self) -> Capability[UsbDevice] | None:
        return None

    def release_device(self, device: Capability[UsbDevice]) -> None:
        """None was ever acquired."""


class BlackGpu(GpuSession):
    """A processor that is through with everything at once. Buffers are memory, and the client's own."""

    def __init__(self, request: SessionRequest) -> None:
        self._account, self._runs = request.account, 0
        self._buffers: dict[int, RamDataspace] = {}
        self._complete = Transmitter()

    def info_dataspace(self) -> DataspaceCap | None:
        return None

    def alloc_vram(self, id: int, size: int) -> DataspaceCap:
        if id in self._buffers:
            raise ConflictingId(f"there is a buffer {id} already; free it first")
        if size <= 0:
            raise InvalidState(f"buffer {id} can't have a size of {size}")
        self._buffers[id] = RamDataspace(self._account, size)
        self._buffers[id].detach()
        return self._buffers[id].cap

    def free_vram(self, id: int) -> None:
        if id in self._buffers:
            self._buffers.pop(id).close()

    def map_cpu(self, id: int, access: Access) -> DataspaceCap:
        if id not in self._buffers:
            raise InvalidState(f"there is no buffer {id} to be mapped")
        return self._buffers[id].cap

    def unmap_cpu(self, id: int) -> None:
        """The client gives up its window by itself."""

    def map_gpu(self, id: int, size: int, offset: int, address: int) -> bool:
        return id in self._buffers

    def unmap_gpu(self, id: int, offset: int, address: int) -> None:
        """The processor never looked."""

    def set_tiling_gpu(self, id: int, offset: int, mode: int) -> bool:
        return id in self._buffers

    def export_vram(self, id: int) -> Capability[Vram]:
        raise InvalidState(f"buffer {id} can't be shared: nothing gets out of a black hole")

    def import_vram(self, buffer: Capability[Vram], id: int) -> None:
        raise InvalidState("a black hole has exported no buffer, so this is none of its own")

    def execute(self, id: int, offset: int) -> int:
        if id not in self._buffers:
            raise InvalidState(f"there is no buffer {id} with commands")
        self._runs += 1
        self._complete.submit()
        return self._runs

    def complete(self, run: int) -> bool:
        return run <= self._runs

    def completion_sigh(self, context: SignalCap | None) -> None:
        self._complete.context = context
