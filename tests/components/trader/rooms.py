"""Rooms for rent: a service that is paid by its guests as any other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bastide.base import Env, NotYet, RamDataspace, Session, SessionDenied, SessionRequest, rpc
from bastide.base.root import Root


class RoomSession(Session):
    service = "Room"

    @rpc
    def size(self) -> int: ...


class Room(RoomSession):
    """`request.account` is the guest's donation, and pays for the furniture."""

    def __init__(self, request: SessionRequest) -> None:
        self.request = request
        self.furniture: list[RamDataspace] = []

    def size(self) -> int:
        return len(self.furniture)

    def furnish(self, size: int) -> None:
        self.furniture.append(RamDataspace(self.request.account, size))


@dataclass
class Person:
    """Lets rooms; while it is `slow` it does not answer requests, while it is `unkind` it denies them."""

    env: Env
    root: Root[RoomSession] = field(init=False)
    slow: bool = False
    unkind: bool = False
    rooms: dict[str, Room] = field(default_factory=dict)
    owned: list[Any] = field(default_factory=list)

    def rent(self, request: SessionRequest) -> Room:
        if self.slow:
            raise NotYet
        if self.unkind:
            raise SessionDenied("not today")
        room = self.rooms[request.label.last_element] = Room(request)
        return room
