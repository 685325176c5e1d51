"""Children that do what they should not: init answers, goes on, and nobody else pays."""

from __future__ import annotations

from typing import Any

import pytest
from init.hello import ask, greet
from init.puppet import Action, Puppets
from init.test_quota import deliver, look_at_requests, open_session, respond

from bastide.base import Capability, Env, IpcError, SessionDenied
from bastide.base.environment import EnvSession, Progress, Resources, Response
from bastide.base.session import ANYWHERE, Affinity

CHILDREN = """
+ start server | + binary puppet
  + provides | + service Hello
+ start other | + binary puppet
  + provides | + service Other
+ start client | + binary puppet
+ start rogue | + binary puppet
"""


def close(id: int) -> Action:
    return lambda env: env.parent.close(id)


def call_parent(message: bytes) -> Action:
    return lambda env: env.kernel.call(env.parent.cap.handle, message)


def request(args: str, service: str = "LOG", id: int = 30, affinity: Affinity = ANYWHERE) -> Any:
    return lambda env: env.parent.session(id, service, args, affinity)


@pytest.mark.parametrize("args", [
    "", "label=", "label", '"', "=,=", "ram_quota=-5, cap_quota=1", "ram_quota=8K, cap_quota=-1", "ram_quota=1e9",
    "ram_quota=8192, cap_quota=x", "label=\"" + "a" * 250 + "\", ram_quota=8192, cap_quota=2", "a=" * 600, "\0" * 100,
    "ram_quota=99999999999999999999999, cap_quota=2", 'label="\u2028\u200b", ram_quota=79, cap_quota=2'])
def test_garbage_as_arguments_is_denied_and_costs_nobody_anything(args: str) -> None:
    with Puppets(CHILDREN) as puppets:
        total, before = puppets.town.total, puppets.town.init_has
        for service in ("LOG", "Hello"):
            answer = puppets.tell("rogue", request(args, service))
            assert isinstance(answer, Exception) and not isinstance(answer, IpcError)
        assert (puppets.town.total, puppets.town.init_has) == (total, before)
        assert puppets.tell("client", request('label="x", ram_quota=8192, cap_quota=2')) is not None


@pytest.mark.parametrize("service", ["", "LOG\n[init -> core] all is well", "x" * 65, "x" * 1300, "é" * 64, "\x1b[2J"])
def test_odd_names_of_services_are_denied_and_do_no_harm_in_the_log(service: str) -> None:
    with Puppets(CHILDREN) as puppets:
        assert isinstance(puppets.tell("rogue", request("ram_quota=8192, cap_quota=2", service)), SessionDenied)
        assert all(line.isprintable() for line in puppets.town.log)
        assert not any(line.startswith("[init -> core]") for line in puppets.town.log)


def test_an_odd_affinity_ends_within_the_child_s_own() -> None:
    with Puppets(CHILDREN) as puppets:
        for affinity in (Affinity(-1, -1, -5, 3, 1 << 40, 1), Affinity(1 << 62, 1 << 62, 0, 0, 1 << 62, 1 << 62)):
            puppets.tell("rogue", request('label="x", ram_quota=8192, cap_quota=2', id=40, affinity=affinity))
            puppets.tell("rogue", lambda env: env.parent.close(40))
        assert puppets.town.trouble == []


def test_what_is_not_its_own_cannot_be_closed_or_picked_up() -> None:
    with Puppets(CHILDREN) as puppets:
        puppets.tell("client", open_session(20))
        puppets.tell("server", deliver(1))
        for id in (20, -1, 0, *EnvSession, 1 << 60):
            assert puppets.tell("rogue", close(id)) is Progress.DONE
        assert isinstance(puppets.tell("rogue", lambda env: env.parent.session_cap(20)), SessionDenied)
        assert puppets.tell("rogue", lambda env: env.parent.session_cap(EnvSession.LOG)) is not None
        assert puppets.tell("client", lambda env: env.parent.session_cap(20)) is not None


def test_answers_count_for_the_server_s_own_requests_only() -> None:
    with Puppets(CHILDREN) as puppets:
        puppets.tell("client", open_session(20))
        for name in ("other", "rogue", "client"):
            puppets.tell(name, deliver(1))
            puppets.tell(name, respond(Response.DENIED))
        assert puppets.tell("client", lambda env: env.parent.session_cap(20)) is None


def test_a_second_answer_changes_nothing() -> None:
    with Puppets(CHILDREN) as puppets:
        puppets.tell("client", open_session(20))
        puppets.tell("server", deliver(1))
        first = puppets.tell("client", lambda env: env.parent.session_cap(20))
        for action in (respond(Response.DENIED), respond(Response.OK), respond(Response.INSUFFICIENT_CAPS), deliver(1)):
            puppets.tell("server", action)
        assert puppets.tell("client", lambda env: env.parent.session_cap(20)) == first
        for action in (respond(Response.CLOSED), respond(Response.CLOSED), deliver(1), respond(Response.OK)):
            puppets.tell("server", action)
        assert puppets.tell("client", lambda env: env.parent.close(20)) is Progress.DONE
        assert puppets.town.trouble == []


def test_a_service_that_the_config_does_not_grant_cannot_be_announced() -> None:
    with Puppets(CHILDREN) as puppets:
        puppets.tell("rogue", lambda env: env.parent.announce("Hello"))
        assert puppets.town.lines("init") == ['Error: rogue: illegal announcement of service "Hello"']
        puppets.tell("client", open_session(20))
        assert puppets.tell("client", lambda env: env.parent.session_cap(20)) is None


def test_an_upgrade_in_an_invalid_state_moves_nothing() -> None:
    with Puppets(CHILDREN) as puppets:
        total, init = puppets.town.total, puppets.town.init_has
        assert puppets.tell("rogue", lambda env: env.parent.upgrade(77, Resources(4096, 1))) is Progress.PENDING
        assert puppets.town.lines("init") == ["Warning: rogue: attempt to upgrade session in invalid state"]
        assert (puppets.town.total, puppets.town.init_has) == (total, init)


def test_thousands_of_requests_do_not_keep_others_from_being_served() -> None:
    def flood(env: Env) -> int:
        denied = 0
        for id in range(100, 2600):
            try:
                env.parent.session(id, "Hello", 'label="flood", ram_quota=80, cap_quota=0', ANYWHERE)
            except SessionDenied:
                denied += 1
        return denied

    with Puppets(CHILDREN) as puppets:
        total = puppets.town.total
        assert puppets.tell("rogue", flood) == 1504
        assert "rogue: has 1000 sessions, which is the limit" in puppets.town.lines("init")[0]
        assert len(puppets.town.lines("init")) <= 102
        text = puppets.tell("server", look_at_requests)
        assert len(text) <= 16384 and text.count("+ create") > 10
        assert puppets.tell("client", request('label="x", ram_quota=8192, cap_quota=2')) is not None
        for id in range(1, 997):
            puppets.tell("server", respond(Response.INSUFFICIENT_RAM, id))
        puppets.tell("client", open_session(20))
        puppets.tell("server", deliver(997))
        assert puppets.tell("client", lambda env: env.parent.session_cap(20)) is not None
        puppets.apply("")
        assert puppets.town.total == total and puppets.town.init_has == puppets.before


def test_a_flood_of_local_roms_is_paid_by_who_causes_it() -> None:
    def flood(env: Env) -> str:
        for id in range(100, 2600):
            try:
                env.parent.session(id, "ROM", 'label="config", ram_quota=6144, cap_quota=3', ANYWHERE)
            except Exception as error:
                return type(error).__name__
        return "never refused"

    with Puppets(CHILDREN + "  + config | + greeting hello\n") as puppets:
        before = puppets.town.init_has
        assert puppets.tell("rogue", flood) in ("OutOfRam", "OutOfCaps")
        used = puppets.town.system.account
        assert used.caps.limit >= before.caps and used.ram.limit - used.ram.used >= before.ram
        puppets.apply("")
        assert puppets.town.init_has == puppets.before


def test_local_roms_without_donation_are_refused() -> None:
    with Puppets(CHILDREN + "  + config | + greeting hello\n") as puppets:
        for donation, error in (("ram_quota=80, cap_quota=3", "InsufficientRam"),
                                ("ram_quota=6144, cap_quota=0", "InsufficientCaps")):
            answer = puppets.tell("rogue", request(f'label="config", {donation}', "ROM"))
            assert type(answer).__name__ == error


def test_the_reserved_parts_of_the_interface_accept_anything() -> None:
    def nonsense(env: Env) -> None:
        parent = env.parent
        parent.session_sigh(None)
        parent.resource_avail_sigh(None)
        parent.resource_request(Resources(-1, -(1 << 62)))
        parent.yield_sigh(None)
        parent.heartbeat_sigh(Capability(env.pd_cap.handle, env.pd_cap.interface, env.pd_cap.kernel))
        parent.yield_response()
        parent.heartbeat_response()
        assert parent.yield_request() == Resources()

    with Puppets(CHILDREN) as puppets:
        assert puppets.tell("rogue", nonsense) is None
        assert puppets.town.trouble == []


def test_a_bad_message_to_the_parent_is_the_caller_s_problem_alone() -> None:
    with Puppets(CHILDREN) as puppets:
        for message in (b"", b"\xff\xff", b"\x03\x00", b"\x03\x00" + b"\xff" * 40, b"\x09\x00\x01"):
            answer = puppets.tell("rogue", call_parent(message))
            assert isinstance(answer, IpcError)
        assert puppets.tell("client", request('label="x", ram_quota=8192, cap_quota=2')) is not None


def test_the_log_about_one_child_is_bounded() -> None:
    def noise(env: Env) -> None:
        for _ in range(300):
            env.parent.announce("Nonsense")

    with Puppets(CHILDREN) as puppets:
        puppets.tell("rogue", noise)
        lines = puppets.town.lines("init")
        assert len(lines) == 101
        assert lines[-1] == "Warning: rogue: 100 messages were enough, no more are shown until its config changes"
        puppets.tell("client", lambda env: env.parent.announce("Nonsense"))
        assert puppets.town.lines("init")[-1] == 'Error: client: illegal announcement of service "Nonsense"'


def test_a_server_can_serve_itself() -> None:
    with Puppets("""
+ start server | + binary puppet
  + provides | + service Hello
""") as puppets:
        puppets.tell("server", open_session(20))
        puppets.tell("server", deliver(1))
        assert puppets.tell("server", lambda env: env.parent.session_cap(20)) is not None
        puppets.tell("server", lambda env: env.exit(0))
        puppets.apply("")
        assert puppets.town.init_has == puppets.before


def test_well_behaved_children_meet_while_others_misbehave() -> None:
    rogue = "+ start rogue | + binary puppet\n"
    with Puppets(rogue, {"greet": greet, "ask": ask}) as puppets:
        puppets.tell("rogue", request("\0" * 100))
        puppets.apply(rogue + """
+ start greet
  + provides | + service Hello
+ start ask
""")
        assert puppets.town.lines("init -> ask") == ["2 + 5 = 7"]


def test_a_server_that_answers_nothing_holds_up_neither_its_clients_nor_init() -> None:
    server = "+ start server | + binary puppet\n  + provides | + service Hello\n"

    def client(version: int) -> str:
        return f"+ start client | version: {version} | + binary puppet\n"

    with Puppets(server + client(0)) as puppets:
        total = puppets.town.total
        for version in range(1, 20):
            for id in (20, 21, 22):
                puppets.tell("client", open_session(id))
            puppets.tell("server", look_at_requests)
            number = 3 * version - 2
            puppets.tell("server", deliver(number))
            puppets.tell("server", deliver(number + 1))
            puppets.tell("client", lambda env: env.parent.session_cap(20))
            puppets.tell("client", lambda env: env.parent.upgrade(20, Resources(4096, 1)))
            assert puppets.tell("client", close(21)) is Progress.PENDING
            puppets.apply(server + client(version))
            assert puppets.town.total == total
        assert puppets.ids == {"server": 1, "client": 21}
        puppets.apply("")
        assert puppets.town.total == total and puppets.town.init_has == puppets.before
        assert puppets.town.trouble == []
