"""The requests of a parent to a server, which arrive in the ROM `session_requests`, and their answers.

The ROM always holds all open requests. An entry stays until it is answered, so reading it twice does no harm, and a
server may answer as late as it likes.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bastide.base.args import parse
from bastide.base.environment import Response
from bastide.base.errors import InsufficientCaps, InsufficientRam, InvalidNode, NotYet, SessionDenied
from bastide.base.node import Node
from bastide.base.rom import Rom
from bastide.base.root import AnyRoot, done
from bastide.base.session import ANYWHERE, Affinity
from bastide.base.signal import SignalHandler

if TYPE_CHECKING:
    from bastide.base.env import Env


class Services:
    """What a component offers to its parent."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._roots: dict[str, AnyRoot] = {}
        self._serving: dict[int, AnyRoot] = {}
        self._donated: dict[int, tuple[int, int]] = {}
        self._requests = Rom(env, "session_requests", trusted=True)
        self._changed = SignalHandler(env, self._update)
        self._requests.sigh(self._changed.cap)

    def provide(self, root: AnyRoot) -> None:
        root.attach(self._env.ep)
        root.retry = self._changed.submit
        self._roots[root.service] = root
        self._env.parent.announce(root.service)
        self._changed.submit()

    @property
    def donated(self) -> tuple[int, int]:
        """RAM and capabilities that clients donated to the sessions that exist."""
        return sum(ram for ram, _ in self._donated.values()), sum(caps for _, caps in self._donated.values())

    def _update(self) -> None:
        self._requests.update()
        try:
            requests = self._requests.node
        except InvalidNode as error:
            self._env.log.error(f"session requests can't be read: {error}")
            return
        for request in requests.sub_nodes("upgrade"):
            self._upgrade(request)
        for request in requests.sub_nodes("close"):
            self._close(request)
        for request in requests.sub_nodes("create"):
            self._create(request)

    def _upgrade(self, request: Node) -> None:
        id, ram, caps = request.attribute("id", 0), request.attribute("ram_quota", 0), request.attribute("cap_quota", 0)
        root = self._serving.get(id)                # None: it is for somebody else in this component
        if root is not None and done(self._env.ep, partial(root.upgrade, id, ram, caps)):
            before = self._donated[id]
            self._donated[id] = (before[0] + ram, before[1] + caps)
            self._env.parent.session_response(id, Response.OK)

    def _close(self, request: Node) -> None:
        id = request.attribute("id", 0)
        root = self._serving.get(id)
        if root is not None and done(self._env.ep, partial(root.close, id)):
            del self._serving[id]
            del self._donated[id]
            self._env.parent.session_response(id, Response.CLOSED)

    def _create(self, request: Node) -> None:
        id, service = request.attribute("id", 0), request.attribute("service", "")
        root = self._roots.get(service)
        if root is None or id in self._serving:
            return                          # not announced yet, or answered already
        parent = self._env.parent
        try:
            args = parse(next((node.text for node in request.sub_nodes("args")), ""))
            cap = root.session(id, args, affinity_of(request))
        except NotYet:
            return
        except InsufficientRam:
            parent.session_response(id, Response.INSUFFICIENT_RAM)
        except InsufficientCaps:
            parent.session_response(id, Response.INSUFFICIENT_CAPS)
        except Exception as error:          # whatever a server's code raises, its client gets an answer
            if isinstance(error, SessionDenied):
                self._env.log.warning(f"{service} session denied: {error}")
            else:
                self._env.report(error)
            parent.session_response(id, Response.DENIED)
        else:
            account = root.account(id)
            self._serving[id] = root
            self._donated[id] = (account.ram.limit, account.caps.limit)
            parent.deliver_session_cap(id, cap)


def affinity_of(request: Node) -> Affinity:
    """Where the session is to run, as a request says it."""
    given = next(request.sub_nodes("affinity"), None)
    space = given.sub_node("space") if given else None
    location = given.sub_node("location") if given else None
    if space is None or location is None:
        return ANYWHERE
    return Affinity(*(space.attribute(name, 0) for name in ("width", "height")),
                    *(location.attribute(name, 0) for name in ("xpos", "ypos", "width", "height")))
