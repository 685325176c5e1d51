"""Networks that lead nowhere: for clients of Nic, for drivers, and for a server of Uplink sessions."""

from __future__ import annotations

from bastide.base import Env, SessionRequest
from bastide.lib.nic import ServedFrames, ServedNic, ServedUplink, Uplink
from bastide.session.uplink import UplinkArgs

MAC = "02:00:00:00:00:01"


class BlackNic(ServedNic):
    def __init__(self, env: Env, request: SessionRequest) -> None:
        super().__init__(env, request, bytes.fromhex(MAC.replace(":", "")), lambda: _swallow(self.frames))


class BlackUplink(ServedUplink):
    def __init__(self, env: Env, request: SessionRequest) -> None:
        super().__init__(env, request, lambda: _swallow(self.frames))


class BlackDevice:
    """A network device on which nothing ever arrives, and whose cable hangs in the air."""

    def __init__(self, env: Env) -> None:
        self._uplink = Uplink(env, "", self._swallow, UplinkArgs(mac_address=MAC))

    def _swallow(self) -> None:
        self._uplink.rx.acknowledge(self._uplink.rx.take())
        self._uplink.wakeup()


def _swallow(frames: ServedFrames) -> None:
    frames.sent.acknowledge(frames.sent.take())
    frames.wakeup()
