"""black_hole: sound, which is the one thing that takes its time there."""

from __future__ import annotations

from typing import Any

from init.puppet import Puppets

from bastide.base import Attached, Bytes, Env, SessionDenied, SignalHandler
from bastide.base.value import Duration
from bastide.driver.timer.main import construct as timer
from bastide.server.black_hole.main import construct as black_hole
from bastide.session.audio import (
    FLAGS,
    PACKET,
    PACKET_TIME,
    PACKETS_IN,
    POSITIONS,
    AudioInSession,
    AudioOutSession,
    AudioSession,
)
from bastide.session.play import PlaySession, Window
from bastide.session.record import LARGEST, RecordSession

CONFIG = """
+ start timer
  + provides | + service Timer
  + route | + any-service | + parent
+ start black_hole | ram: 2M
  + provides
    + service Audio_in
    + service Audio_out
    + service Play
    + service Record
  + route
    + service Timer | + child timer
    + any-service | + parent
  + config
    + audio_in
    + audio_out
    + play
    + record
+ start client | ram: 8M
  + binary puppet
  + route
    + service Audio_in | + child black_hole
    + service Audio_out | + child black_hole
    + service Play | + child black_hole
    + service Record | + child black_hole
    + any-service | + parent
"""


class Space(Puppets):
    def __init__(self, config: str = CONFIG) -> None:
        super().__init__(config, {"black_hole": black_hole, "timer": timer})

    def leave(self) -> None:
        self.apply("")
        assert self.town.init_has == self.before
        assert self.town.trouble == []


class Stream:
    """A client's end of either session, and how often it was told something."""

    def __init__(self, env: Env, session: AudioSession) -> None:
        self.session, self.told = session, 0
        self._window = Attached(env.account, session.dataspace())
        self._handler = SignalHandler(env, self._count)
        session.progress_sigh(self._handler.cap)

    def _count(self) -> None:
        self.told += 1

    @property
    def positions(self) -> tuple[Any, ...]:
        return POSITIONS.unpack_from(self._window.view)

    def put(self, server: int, client: int) -> None:
        POSITIONS.pack_into(self._window.view, 0, server, client)

    def flags(self, packet: int) -> tuple[Any, ...]:
        return FLAGS.unpack_from(self._window.view, POSITIONS.size + packet * PACKET)

    def more(self, env: Env) -> None:
        cap = self.session.data_avail_sigh()
        env.kernel.submit(cap.handle, 1)


def later(packets: float) -> Duration:
    return Duration(PACKET_TIME * packets)


def test_packets_are_played_one_after_the_other_and_then_the_server_rests() -> None:
    with Space() as space:
        stream: Stream = space.tell("client", lambda env: Stream(env, AudioOutSession.connect(env)))
        stream.put(0, 3)
        space.wait(later(2))
        assert stream.positions == (0, 3)
        space.tell("client", lambda env: stream.session.start())
        space.wait(later(1.5))
        assert (stream.positions, stream.told) == ((1, 3), 1)
        space.wait(later(10))
        assert (stream.positions, stream.told) == ((3, 3), 3)
        stream.put(3, 4)
        space.wait(later(10))
        assert stream.positions == (3, 4), "it was not told that there is more"
        space.tell("client", stream.more)
        space.wait(later(1.5))
        assert stream.positions == (4, 4)
        space.leave()


def test_a_stream_that_was_stopped_stays_where_it_is() -> None:
    with Space() as space:
        stream: Stream = space.tell("client", lambda env: Stream(env, AudioOutSession.connect(env)))
        stream.put(0, 200)
        space.tell("client", lambda env: stream.session.start())
        space.wait(later(2.5))
        space.tell("client", lambda env: stream.session.stop())
        space.tell("client", stream.more)
        space.wait(later(10))
        assert stream.positions == (2, 200)
        space.leave()


def test_silence_is_recorded_until_the_client_has_no_room_and_goes_on_when_it_has() -> None:
    lost = list[int]()

    def act(env: Env) -> Stream:
        session = AudioInSession.connect(env)
        session.overrun_sigh(SignalHandler(env, lambda: lost.append(1)).cap)
        session.start()
        return Stream(env, session)

    with Space() as space:
        stream: Stream = space.tell("client", act)
        space.wait(later(1.5))
        assert (stream.positions, stream.flags(0), stream.flags(1)) == ((1, 0), (1, 0), (0, 0))
        space.wait(later(2 * PACKETS_IN))
        assert (stream.positions, lost) == ((PACKETS_IN - 1, 0), [1])
        stream.put(PACKETS_IN - 1, PACKETS_IN - 1)
        space.tell("client", stream.more)
        space.wait(later(1.5))
        assert stream.positions == (0, PACKETS_IN - 1)
        space.leave()


def test_positions_that_make_no_sense_harm_nobody() -> None:
    with Space() as space:
        stream: Stream = space.tell("client", lambda env: Stream(env, AudioInSession.connect(env)))
        stream.put((1 << 32) - 1, 1 << 31)
        space.tell("client", lambda env: stream.session.start())
        space.wait(later(1.5))
        server, client = stream.positions
        assert server < PACKETS_IN
        assert client == 1 << 31, "the client's own position is not the server's to write, for it may change meanwhile"
        space.leave()


def test_windows_follow_one_another_whatever_the_client_says() -> None:
    def act(env: Env) -> tuple[Window, ...]:
        session, windows = PlaySession.connect(env, "left"), list[Window]()
        for previous, duration in ((Window(), 10), (Window(7, 20), 0), (Window(-5, -1), -1), (Window(0, 1 << 62), 1)):
            windows.append(session.schedule(previous, Duration(duration), LARGEST))
        return tuple(windows)

    with Space() as space:
        assert space.tell("client", act) == (
            Window(1, 11), Window(20, 21), Window((1 << 32) - 1, (1 << 32) - 2), Window(1, 2))
        space.leave()


def test_who_records_gets_as_much_silence_as_it_wants() -> None:
    def act(env: Env) -> bool:
        session = RecordSession.connect(env, "left")
        first, second = session.record(LARGEST), session.record(LARGEST)
        assert first and second and second.start == first.end
        session.record_at(first, LARGEST)
        return any(Attached(env.account, session.dataspace(), writeable=False).view)

    with Space() as space:
        assert space.tell("client", act) is False
        space.leave()


def test_packets_without_a_timer_are_denied_and_sound_without_packets_is_not() -> None:
    with Space(CONFIG.replace("    + service Timer | + child timer\n", "")) as space:
        assert isinstance(space.tell("client", lambda env: AudioOutSession.connect(env)), SessionDenied)
        assert isinstance(space.tell("client", lambda env: AudioInSession.connect(env)), SessionDenied)
        assert isinstance(space.tell("client", lambda env: PlaySession.connect(env, "left")), PlaySession)
        space.leave()


def test_the_donation_pays_for_the_packets() -> None:
    assert Bytes(AudioOutSession.ram_quota) > 512 << 10
    with Space(CONFIG.replace("start client | ram: 8M", "start client | ram: 900K")) as space:
        space.tell("client", lambda env: AudioOutSession.connect(env))
        assert "OutOfRam" in repr(space.tell("client", lambda env: AudioInSession.connect(env)))
        space.leave()
