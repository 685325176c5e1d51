"""Nic sessions and their streams between components, of which one may be hostile."""

from __future__ import annotations

import struct
from collections.abc import Callable

from init.puppet import Puppets

from bastide.base import Attached, Bytes, Env, SessionDenied, SessionRequest, SignalHandler
from bastide.lib.nic import FRAMES, Nic, ServedNic
from bastide.server.nic_loopback.main import construct as nic_loopback
from bastide.session.nic import SLOT, NicArgs, NicSession

CONFIG = """
+ start nic_loopback | ram: 4M
  + provides | + service Nic
  + route | + any-service | + parent
"""

ACTOR = """
+ start {name} | ram: 8M
  + binary puppet
  + route
    + service Nic | + child nic_loopback
    + any-service | + parent
"""


class Cable(ServedNic):
    """A network whose link a test cuts and mends."""

    def __init__(self, env: Env, request: SessionRequest) -> None:
        super().__init__(env, request, bytes(6), lambda: None)


class Network(Puppets):
    def __init__(self) -> None:
        self._text = CONFIG + ACTOR.format(name="alice") + ACTOR.format(name="mallory")
        super().__init__(self._text, {"nic_loopback": nic_loopback})
        self.nics: dict[str, Nic] = {}

    def open(self, name: str, args: NicArgs | None = None) -> None:
        """Let a component log the frames that it hears."""
        def act(env: Env) -> None:
            def progress() -> None:
                nic = self.nics[name]
                nic.tx.release(nic.tx.collect())
                for frame in (frames := nic.rx.take()):
                    env.log(bytes(nic.rx.content(frame)).decode())
                nic.rx.acknowledge(frames)
                nic.rx.wakeup()

            self.nics[name] = Nic(env, "", progress, args)

        assert self.tell(name, act) is None

    def send(self, name: str, *texts: str) -> None:
        def act(env: Env) -> None:
            tx = self.nics[name].tx
            for text in texts:
                [frame] = tx.allocate(len(text))
                tx.content(frame)[:] = text.encode()
                tx.submit([frame])
            tx.wakeup()

        assert self.tell(name, act) is None

    def tampered(self, write: Callable[[memoryview], None]) -> list[str]:
        """What the server says after mallory wrote something into the shared memory and rang."""
        def act(env: Env) -> None:
            channel = self.nics["mallory"].session.tx().client()
            with Attached(env.account, channel.dataspace()) as window:
                write(window.view)
            signal = channel.progress()
            signal.kernel.submit(signal.handle, 1)

        assert self.tell("mallory", act) is None
        return self.town.lines("init -> nic_loopback")


def test_frames_come_back_in_order_and_every_client_hears_its_own() -> None:
    with Network() as network:
        network.open("alice")
        network.open("mallory")
        network.send("alice", "one", "two")
        network.send("mallory", "three")
        network.send("alice", "four")
        assert network.town.lines("init -> alice") == ["one", "two", "four"]
        assert network.town.lines("init -> mallory") == ["three"]
        assert network.town.trouble == []


def test_clients_have_addresses_of_their_own_and_a_link() -> None:
    def look(env: Env) -> tuple[bytes, bool]:
        with NicSession.connect(env, args=NicArgs()) as session:
            return session.mac_address(), session.link_state()

    with Network() as network:
        first, second = network.tell("alice", look), network.tell("alice", look)
        assert first == (bytes.fromhex("020202000001"), True) and second == (bytes.fromhex("020202000002"), True)


def test_a_buffer_that_holds_no_frame_is_denied() -> None:
    with Network() as network:
        error = network.tell("alice", lambda env: NicSession.connect(env, args=NicArgs(Bytes(SLOT - 1), Bytes(SLOT))))
        assert isinstance(error, SessionDenied)
        assert network.town.said("a buffer of 'alice -> ' holds no frame: give tx_buf_size and rx_buf_size, 1600 bytes")


def test_frames_for_which_the_receiver_has_no_room_are_lost_and_the_sender_goes_on() -> None:
    with Network() as network:
        network.open("alice", NicArgs(Bytes(8 * SLOT), Bytes(2 * SLOT)))
        network.send("alice", *"abcdef")
        assert network.town.lines("init -> alice") == ["a", "b"]
        network.send("alice", "g")
        assert network.town.lines("init -> alice") == ["a", "b", "g"]


def test_nonsense_in_the_queues_cuts_off_who_wrote_it_and_nobody_else() -> None:
    with Network() as network:
        network.open("alice")
        network.open("mallory")
        assert network.tampered(lambda view: struct.pack_into("<I", view, 0, 5000)) == [
            "Warning: the session of 'mallory -> ' carries nothing any more: the source's end of the submit queue is "
            "nowhere"]
        network.send("mallory", "unheard")
        network.send("alice", "heard")
        assert network.town.lines("init -> alice") == ["heard"] and network.town.lines("init -> mallory") == []
        assert len(network.tampered(lambda view: struct.pack_into("<I", view, 0, 7))) == 1
        assert network.town.trouble == []


def test_a_frame_outside_of_the_buffer_is_nobodys_memory() -> None:
    with Network() as network:
        network.open("mallory")
        assert network.tampered(lambda view: struct.pack_into("<IIII", view, 0, 1, 0, 1 << 31, 64))[0].endswith(
            "a packet lies outside of the buffer")
        assert network.town.lines("init -> mallory") == []


def test_frames_of_no_or_of_absurd_size_are_dropped() -> None:
    def write(view: memoryview) -> None:
        struct.pack_into("<IIIIII", view, 0, 2, 0, FRAMES.overhead, 0, FRAMES.overhead, 100_000)

    with Network() as network:
        network.open("mallory")
        assert network.tampered(write) == []
        assert network.town.trouble == []


def test_who_rings_for_ever_is_served_like_others() -> None:
    with Network() as network:
        network.open("mallory")
        network.open("alice")

        def ring(env: Env) -> None:
            signal = network.nics["mallory"].session.tx().client().progress()
            for _ in range(1000):
                signal.kernel.submit(signal.handle, 1)

        network.tell("mallory", ring)
        network.send("alice", "heard")
        assert network.town.lines("init -> alice") == ["heard"]


def test_all_memory_returns_when_clients_close_or_vanish() -> None:
    with Network() as network:
        network.apply("")
        before = network.town.init_has
        network.apply(network._text)
        for _ in range(2):
            network.open("alice")
            network.send("alice", "x")
            network.tell("alice", lambda env: network.nics.pop("alice").close())
        spare = network.tell("alice", lambda env: (env.account.ram.used, env.account.caps.used))
        network.open("alice")
        network.tell("alice", lambda env: network.nics.pop("alice").close())
        assert network.tell("alice", lambda env: (env.account.ram.used, env.account.caps.used)) == spare
        network.open("alice")
        network.send("alice", "x")
        network.apply(CONFIG)
        network.apply("")
        assert network.town.init_has == before
        assert network.town.trouble == []



def test_a_client_is_told_when_the_link_changes_and_not_else() -> None:
    cables, strings, states = list[Cable](), list[SignalHandler](), [False, True, True]

    def serve(env: Env) -> None:
        def create(request: SessionRequest) -> Cable:
            cables.append(Cable(env, request))
            return cables[-1]

        strings.append(SignalHandler(env, lambda: cables[0].change_link(states.pop(0))))
        NicSession.announce(env, create)

    def listen(env: Env) -> None:
        nic = NicSession.connect(env)
        changed = SignalHandler(env, lambda: env.log("up" if nic.link_state() else "down"))
        nic.link_state_sigh(changed.cap)
        assert nic.link_state()

    config = CONFIG.replace("nic_loopback", "cable") + ACTOR.format(name="alice").replace("nic_loopback", "cable")
    with Puppets(config, {"cable": serve}) as network:
        assert network.tell("alice", listen) is None
        for seen in (["down"], ["down", "up"], ["down", "up"]):
            strings[0].submit()
            network.town.run()
            assert network.town.lines("init -> alice") == seen
