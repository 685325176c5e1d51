"""black_hole: what the scenario of Genode's test does not look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from init.puppet import Puppets

from bastide.base import Bytes, Capability, Env, SessionDenied, SessionRequest, SignalHandler
from bastide.lib.nic import ServedUplink
from bastide.server.black_hole.main import construct as black_hole
from bastide.session.capture import Area, CaptureSession, Rect
from bastide.session.gpu import Access, GpuSession
from bastide.session.nic import SLOT
from bastide.session.packet_stream import PacketChannel
from bastide.session.terminal import TerminalSession
from bastide.session.uplink import UplinkArgs, UplinkSession
from bastide.session.usb import UsbSession

CONFIG = """
+ start black_hole | ram: 2M
  + provides
    + service Capture
    + service Gpu
    + service Terminal
    + service Uplink
    + service Usb
  + route | + any-service | + parent
  + config
    + capture
    + gpu
    + terminal
    + uplink
    + usb
    + sun
+ start client | ram: 8M
  + binary puppet
  + route
    + service Capture | + child black_hole
    + service Gpu | + child black_hole
    + service Terminal | + child black_hole
    + service Uplink | + child black_hole
    + service Usb | + child black_hole
    + any-service | + parent
"""


class Space(Puppets):
    def __init__(self) -> None:
        super().__init__(CONFIG, {"black_hole": black_hole})


def test_a_service_that_it_does_not_know_is_told() -> None:
    with Space() as space:
        assert space.town.said("there is no 'sun' to be swallowed, but audio_in, audio_out, capture, event, gpu, log, "
                               "nic, play, record, report, rom, terminal, uplink, uplink_client, usb")


def test_a_terminal_says_that_it_is_there() -> None:
    def act(env: Env) -> Any:
        session = TerminalSession.connect(env)
        handler = SignalHandler(env, lambda: env.log("connected"))
        session.connected_sigh(handler.cap)
        return session.write(1 << 40), session.write(-1), session.read(100), session.size().columns

    with Space() as space:
        assert space.tell("client", act) == (4096, 0, 0, 0)
        assert space.town.lines("init -> client") == ["connected"]


def test_a_screen_has_the_buffer_that_was_asked_for_last_if_any() -> None:
    def act(env: Env) -> list[int | None]:
        session, sizes = CaptureSession.connect(env), list[int | None]()
        for width, height in ((0, 0), (100, 100), (1, 1), (-1, 5), (1 << 40, 1)):
            session.buffer(Area(width, height), Area(0, 0), Rect(0, 0, 1, 1))
            cap = session.dataspace()
            sizes.append(env.pd.ram_size(cap) if cap else None)
        return sizes

    with Space() as space:
        sizes = space.tell("client", act)
        assert [size is not None for size in sizes] == [False, True, True, False, False]
        space.apply("")
        assert space.town.init_has == space.before
        assert space.town.trouble == []


@pytest.mark.parametrize("mac", ["", "02:00:00:00:00", "02:00:00:00:00:0g", "02:00:00:00:00:001", "0200000000001"])
def test_a_device_without_a_proper_address_is_denied(mac: str) -> None:
    with Space() as space:
        args = UplinkArgs(Bytes(SLOT), Bytes(SLOT), mac)
        assert isinstance(space.tell("client", lambda env: UplinkSession.connect(env, args=args)), SessionDenied)
        assert space.town.said("the mac_address of 'client -> ' has to be such as 02:00:00:00:00:01, not ")


def test_a_bus_without_devices_says_so() -> None:
    def act(env: Env) -> Any:
        usb = UsbSession.connect(env)
        content = usb.devices_rom().client().dataspace()
        assert content is not None
        return env.kernel.read(content.handle).rstrip(b"\0"), usb.acquire_device("a"), usb.acquire_single_device()

    with Space() as space:
        assert space.tell("client", act) == (b"devices\n-\n", None, None)
        space.apply("")
        assert space.town.init_has == space.before


def test_buffers_of_the_graphics_processor_are_paid_by_the_client_until_it_frees_them() -> None:
    def act(env: Env) -> Any:
        gpu = GpuSession.connect(env)
        before = env.pd.quota()
        gpu.alloc_vram(1, 100 << 10)
        gpu.alloc_vram(2, 100 << 10)
        assert gpu.map_gpu(1, 4096, 0, 0) and not gpu.map_gpu(3, 4096, 0, 0)
        assert env.pd.ram_size(gpu.map_cpu(1, Access())) == 100 << 10
        done = gpu.execute(1, 0)
        assert gpu.complete(done) and not gpu.complete(done + 1)
        gpu.free_vram(1)
        gpu.free_vram(1)
        gpu.alloc_vram(1, 100 << 10)
        return before == env.pd.quota()     # all of it came out of the session's donation

    with Space() as space:
        assert space.tell("client", act) is True
        space.apply("")
        assert space.town.init_has == space.before
        assert space.town.trouble == []


@pytest.mark.parametrize(("use", "complaint"), [
    (lambda gpu: gpu.alloc_vram(1, 1), "there is a buffer 1 already; free it first"),
    (lambda gpu: gpu.alloc_vram(2, -1), "buffer 2 can't have a size of -1"),
    (lambda gpu: gpu.map_cpu(2, Access()), "there is no buffer 2 to be mapped"),
    (lambda gpu: gpu.execute(2, 0), "there is no buffer 2 with commands"),
    (lambda gpu: gpu.export_vram(1), "buffer 1 can't be shared: nothing gets out of a black hole"),
])
def test_what_makes_no_sense_to_a_graphics_processor_is_refused(use: Callable[[GpuSession], object], complaint: str
                                                                ) -> None:
    def act(env: Env) -> None:
        gpu = GpuSession.connect(env)
        gpu.alloc_vram(1, 4096)
        use(gpu)

    with Space() as space:
        assert complaint in str(space.tell("client", act))


def test_frames_for_its_own_device_are_taken_and_forgotten() -> None:
    config = """
+ start switch | ram: 4M
  + provides | + service Uplink
  + route | + any-service | + parent
+ start black_hole | ram: 4M
  + config | + uplink_client
  + route
    + service Uplink | + child switch
    + any-service | + parent
"""
    switches = list[Switch]()

    def switch(env: Env) -> None:
        UplinkSession.announce(env, lambda request: Switch(env, request, switches))

    with Puppets(config, {"black_hole": black_hole, "switch": switch}) as space:
        space.town.run()
        [port] = switches
        assert (port.mac.hex(":"), port.taken, port.frames.broken) == ("02:00:00:00:00:01", 10, "")
        space.apply("")
        assert space.town.init_has == space.before
        assert space.town.trouble == []


class Switch(ServedUplink):
    """Sends ten frames to the device, and counts what it takes."""

    def __init__(self, env: Env, request: SessionRequest, all: list[Switch]) -> None:
        super().__init__(env, request, self._progress)
        self.taken = 0
        all.append(self)

    def rx(self) -> Capability[PacketChannel]:
        self.frames.received.submit(self.frames.received.allocate(100, 10))
        self.frames.wakeup()
        return super().rx()

    def _progress(self) -> None:
        taken = self.frames.received.collect()
        self.frames.received.release(taken)
        self.taken += len(taken)
