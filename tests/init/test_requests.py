"""What a server gets to see of the requests that wait for it."""

from __future__ import annotations

from typing import Any

from init.puppet import Puppets
from init.test_quota import CHILDREN, deliver, look_at_requests, open_session, respond

from bastide.base import Env, Node
from bastide.base.environment import Resources, Response
from bastide.base.session import Affinity
from bastide.init.requests import LARGEST, RequestTable
from bastide.init.session_state import SessionState


class Hello:
    """A service, as far as a table of requests looks at it."""

    name = "Hello"


def session(label: str = "client -> desk", affinity: Affinity | None = None) -> SessionState:
    service: Any = Hello()
    args = {"ram_quota": "8112", "cap_quota": "2", "label": label}
    return SessionState(None, 1, service, label, label, args, 8112, 2, affinity or Affinity())


def shown(table: RequestTable, limit: int = LARGEST) -> Node:
    text, _ = table.text(limit)
    assert len(text) <= limit
    return Node.parse(text.rstrip(b"\0"))


def test_a_request_to_create_tells_all_that_the_server_needs() -> None:
    table = RequestTable()
    table.create(session(affinity=Affinity(4, 2, 1, 0, 2, 1)))
    [create] = shown(table).sub_nodes()
    assert create.type == "create"
    assert create.attributes == {"id": "1", "service": "Hello", "label": "client -> desk"}
    [args, affinity] = create.sub_nodes()
    assert args.text == 'ram_quota=8112, cap_quota=2, label="client -> desk"'
    assert [dict(node.attributes) for node in affinity.sub_nodes()] == [
        {"width": "4", "height": "2"}, {"xpos": "1", "ypos": "0", "width": "2", "height": "1"}]


def test_upgrades_and_closes_come_first_and_vanish_when_answered() -> None:
    table, first, second = RequestTable(), session(), session()
    table.create(first)
    table.settled(first)
    table.create(second)
    table.upgrade(first, Resources(4096, 1))
    assert [node.type for node in shown(table).sub_nodes()] == ["upgrade", "create"]
    assert shown(table).sub_node("upgrade", id="1", ram_quota="4096", cap_quota="1")
    table.close(first)
    assert [node.type for node in shown(table).sub_nodes()] == ["close", "create"]
    table.forget(first)
    table.settled(second)
    assert list(shown(table).sub_nodes()) == []


def test_what_does_not_fit_waits_for_its_turn_the_oldest_first() -> None:
    table, sessions = RequestTable(), [session() for _ in range(300)]
    for one in sessions:
        table.create(one)
    numbers = [node.attribute("id", 0) for node in shown(table, 1000).sub_nodes()]
    assert numbers == list(range(1, len(numbers) + 1)) and 1 < len(numbers) < 100
    for one in sessions[:len(numbers)]:
        table.settled(one)
    assert next(shown(table, 1000).sub_nodes()).attribute("id", 0) == len(numbers) + 1


def test_only_a_request_that_the_server_has_not_seen_can_be_withdrawn() -> None:
    table, seen, unseen = RequestTable(), session(), session()
    table.create(seen)
    shown(table)
    table.create(unseen)
    assert not table.withdraw(seen)
    assert table.withdraw(unseen)
    assert [node.attribute("id", 0) for node in shown(table).sub_nodes()] == [1]


def test_labels_that_hid_cannot_express_are_told_in_the_arguments_alone() -> None:
    table = RequestTable()
    table.create(session("client -> a | id: 7"))
    [create] = shown(table).sub_nodes()
    assert create.attributes == {"id": "1", "service": "Hello"}
    assert 'label="client -> a | id: 7"' in next(create.sub_nodes("args")).text


def test_the_memory_of_the_rom_stays_in_place_until_it_must_grow() -> None:
    def watch(env: Env) -> None:
        from bastide.base.environment import RomSession
        watched.append(RomSession.connect(env, "session_requests"))
        watched.append(watched[0].dataspace())

    def look(env: Env) -> tuple[bool, int]:
        fits = watched[0].update()
        return fits, env.kernel.read(watched[1].handle).count(b"+ create")

    watched: list[Any] = []
    with Puppets(CHILDREN) as puppets:
        puppets.tell("server", watch)
        puppets.tell("client", open_session(20))
        assert puppets.tell("server", look) == (True, 1)
        for id in range(21, 70):
            puppets.tell("client", open_session(id, ram=80, caps=0))
        fits, visible = puppets.tell("server", look)
        assert not fits and 1 < visible < 50
        assert puppets.tell("server", look_at_requests).count("+ create") == 50


def test_a_server_that_answers_all_at_once_leaves_nothing_to_ask() -> None:
    with Puppets(CHILDREN) as puppets:
        for id in range(20, 25):
            puppets.tell("client", open_session(id))
        for number in range(1, 6):
            puppets.tell("server", deliver(number) if number % 2 else respond(Response.DENIED, number))
        assert "create" not in puppets.tell("server", look_at_requests)


def test_the_server_is_told_again_as_soon_as_there_is_room_for_what_had_to_wait() -> None:
    told: list[str] = []

    class Rom:
        """A ROM of the table, as far as the table looks at it."""

        class changed:
            @staticmethod
            def submit() -> None:
                told.append("signal")

    table, sessions = RequestTable(), [session() for _ in range(300)]
    rom: Any = Rom()
    table.roms.append(rom)
    for each in sessions:
        table.create(each)
    assert len(list(shown(table).sub_nodes())) < len(sessions)
    told.clear()
    table.settled(sessions[0])
    assert told == ["signal"]
    table.settled(sessions[1])
    assert told == ["signal"]           # once for each look that did not see everything
