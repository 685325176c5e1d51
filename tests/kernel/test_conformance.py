"""What every kernel has to do, tested through the kernel interface alone.

The test plays core: it makes domains, starts programs of `components/conformance_entry.py` in them, and serves as their
parent. Nothing here may know the kernel; a further one is a further entry in `ports.MACHINES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from ports import MACHINES

from bastide.kernel.interface import (
    MESSAGE_BYTES,
    MESSAGE_CAPS,
    Caps,
    Domain,
    Ending,
    Handle,
    IpcError,
    Machine,
    Memory,
    OutOfMachine,
    Placement,
)

ENTRY = "components.conformance_entry:entry"

PATIENCE = 30_000_000
"""Microseconds of the machine's time after which a test gives up."""


@pytest.fixture(params=MACHINES)
def machine_factory(request: pytest.FixtureRequest) -> Iterator[Callable[[], Machine]]:
    with ExitStack() as machines:
        yield lambda: machines.enter_context(MACHINES[request.param](ENTRY))


@pytest.fixture
def core(machine_factory: Callable[[], Machine]) -> Core:
    return Core(machine_factory())


class Child:
    """A program that core started, and what it reported."""

    def __init__(self, domain: Domain, parent: Handle) -> None:
        self.domain = domain
        self.parent = parent
        self.heartbeat: Handle | None = None
        self.reports: list[str] = []
        self.endings: list[Ending] = []


class Core:
    """As much of a core as the programs need: a parent for each, and a board on which they pin capabilities."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.kernel = machine.kernel
        self.entrypoint = machine.entrypoint
        self.gate = machine.kernel.gate(self.entrypoint)
        self.board: dict[str, Handle] = {}
        self.memory: Memory | None = None

    def start(self, program: str) -> Child:
        domain = self.machine.create_domain(program)
        child = Child(domain, self.machine.domain.alloc_identity(self.entrypoint))
        self.gate.serve(child.parent, lambda request, caps: self._serve(child, request.decode(), caps))
        binary = self.machine.create_memory(len(program) + 1)
        binary.write(f"{program}\n".encode())

        def ended(ending: Ending) -> None:
            child.endings.append(ending)
            self.gate.stop()

        child.heartbeat = domain.start(program, binary, child.parent, Placement(), ended)
        return child

    def run_until(self, condition: Callable[[], object]) -> None:
        late: list[bool] = []

        def expire() -> None:
            late.append(True)
            self.gate.stop()

        self.gate.alarm(self.kernel.now() + PATIENCE, expire)
        while not condition():
            self.gate.run()
            assert not late, "what the test waits for did not happen"
        self.gate.alarm(None, expire)

    def complete(self, program: str) -> Child:
        """Start a program and let it end."""
        child = self.start(program)
        self.run_until(lambda: child.endings)
        return child

    def start_server(self, program: str = "server") -> Child:
        child = self.start(program)
        self.run_until(lambda: "serving" in child.reports)
        return child

    def _serve(self, child: Child, request: str, caps: Caps) -> tuple[bytes, Caps]:
        self.gate.stop()
        verb, _, argument = request.partition(" ")
        if verb == "report":
            child.reports.append(argument)
        elif verb == "put":
            assert caps[0]
            self.board[argument] = caps[0]
        elif verb == "take":
            return b"", (self.board[argument],)
        elif verb == "identity":
            assert caps[0]
            return b"", (child.domain.alloc_identity(caps[0]),)
        elif verb == "context":
            assert caps[0]
            return b"", (child.domain.alloc_context(caps[0]),)
        elif verb == "entrypoint":
            return b"", (child.domain.alloc_entrypoint(),)
        elif verb == "submit":
            assert caps[0]
            self.kernel.submit(caps[0], int(argument))
        elif verb == "seal":
            assert self.memory
            self.memory.seal()
        elif verb == "free":
            assert self.memory
            self.memory.free()
        return b"", ()


def test_a_program_finds_its_name_and_its_binary_padded_with_zeros(core: Core) -> None:
    child = core.complete("born")
    assert child.reports == ["born True {0}"]


def test_the_exit_code_of_a_program_reaches_core_once(core: Core) -> None:
    child = core.complete("born")
    core.complete("born")
    assert child.endings == [Ending(7)]


def test_a_program_that_raises_ends_with_code_one(core: Core) -> None:
    assert core.complete("fail").endings == [Ending(1)]


def test_a_program_is_born_with_a_context_by_which_it_is_asked_for_its_heartbeat(core: Core) -> None:
    child = core.start("beat")
    assert child.heartbeat
    core.kernel.submit(child.heartbeat, 1)
    core.run_until(lambda: "asked 1" in child.reports)
    core.kernel.submit(child.heartbeat, 2)
    core.run_until(lambda: child.endings)
    assert child.reports[-1] == "asked 3"
    assert child.endings == [Ending(0)]


def test_a_call_carries_any_bytes_there_and_back(core: Core) -> None:
    core.start_server()
    assert core.complete("say").reports == ["True ()"]


def test_capabilities_travel_both_ways_in_order_and_stay_equal_to_themselves(core: Core) -> None:
    core.start_server()
    assert core.complete("pass_caps").reports == ["cba True False", "4"]


def test_a_server_recognises_its_own_capability_and_no_other(core: Core) -> None:
    core.start_server()
    assert core.complete("compare").reports == ["True", "yes", "no"]


def test_core_calls_and_compares_like_any_component(core: Core) -> None:
    core.start_server()
    server, mine = core.board["server"], core.machine.domain.alloc_identity(core.entrypoint)
    assert core.kernel.call(server, b"swap xy", (mine, None, server)) == (b"yx", (server, None, mine))


def test_what_is_no_handle_can_neither_be_called_nor_passed(core: Core) -> None:
    core.start_server()
    child = core.complete("forge")
    assert child.endings == [Ending(0)]
    assert len(child.reports) >= 9
    assert all("failed" in report for report in child.reports)


def test_illegal_messages_fail_naming_the_limit_and_the_server_goes_on(core: Core) -> None:
    core.start_server()
    request, caps, huge, many, forged, raised, legal = core.complete("misuse").reports
    assert request.startswith("request failed") and str(MESSAGE_BYTES) in request
    assert caps.startswith("caps failed") and str(MESSAGE_CAPS) in caps
    assert huge.startswith("huge failed") and str(MESSAGE_BYTES) in huge
    assert many.startswith("many failed") and str(MESSAGE_CAPS) in many
    assert forged.startswith("forge failed")
    assert raised.startswith("raise failed") and "secret" not in raised
    assert legal == f"{MESSAGE_BYTES - 5} bytes, {MESSAGE_CAPS} caps"


def test_a_dissolved_object_replies_to_who_dissolved_it_and_to_nobody_after(core: Core) -> None:
    core.start_server()
    replied, failed = core.complete("revoke").reports
    assert replied == "done"
    assert failed.startswith("call failed")


def test_an_object_without_dispatch_fails_its_callers(core: Core) -> None:
    assert core.complete("unserved").reports[0].startswith("call failed")


def test_freeing_an_identity_fails_its_callers(core: Core) -> None:
    server = core.start_server()
    server.domain.free_identity(core.board["server"])
    with pytest.raises(IpcError):
        core.kernel.call(core.board["server"], b"echo")


def test_a_domain_can_neither_free_nor_host_identities_of_another(core: Core) -> None:
    core.start_server()
    stranger = core.machine.create_domain("stranger")
    stranger.free_identity(core.board["server"])
    assert core.kernel.call(core.board["server"], b"echo still") == (b"still", ())
    with pytest.raises(IpcError):
        stranger.alloc_identity(core.entrypoint)
    with pytest.raises(IpcError):
        stranger.alloc_identity(core.board["server"])


def test_callers_of_a_destroyed_server_fail_whether_served_or_queued(core: Core) -> None:
    server = core.start_server()
    served = core.start("hang")
    core.run_until(lambda: "hanging" in server.reports)
    queued = core.start("hang")
    core.machine.create_domain("bystander").destroy()
    server.domain.destroy()
    core.run_until(lambda: served.endings and queued.endings)
    assert [child.reports[0].startswith("call failed") for child in (served, queued)] == [True, True]
    assert server.endings == []
    with pytest.raises(IpcError):
        core.kernel.call(core.board["server"], b"echo")


def test_callers_of_a_server_that_ends_by_itself_fail(core: Core) -> None:
    server = core.start_server("leaving_server")
    client = core.start("hang")
    core.run_until(lambda: "hanging" in server.reports)
    core.kernel.submit(core.board["leave"])
    core.run_until(lambda: client.endings and server.endings)
    assert client.reports[0].startswith("call failed")
    assert server.endings == [Ending(3)]


def test_a_gate_that_is_stopped_within_a_dispatch_replies_first(core: Core) -> None:
    server = core.start_server()
    assert core.complete("stop_server").reports == ["done"]
    core.run_until(lambda: server.endings)
    assert server.reports == ["serving", "stopped"]
    assert server.endings == [Ending(0)]


def test_a_destroyed_program_never_ends(core: Core) -> None:
    server = core.start_server()
    client = core.start("hang")
    core.run_until(lambda: "hanging" in server.reports)
    client.domain.destroy()
    core.complete("born")
    assert client.endings == []
    assert client.reports == []


def test_a_killed_program_ends_as_by_a_fault_and_its_callers_fail(core: Core) -> None:
    server = core.start_server()
    client = core.start("hang")
    core.run_until(lambda: "hanging" in server.reports)
    server.domain.kill()
    server.domain.kill()
    core.run_until(lambda: server.endings and client.endings)
    assert server.endings == [Ending(-9, "killed")]
    assert client.reports[0].startswith("call failed")
    server.domain.kill()
    server.domain.destroy()


def test_the_time_of_a_program_only_grows_and_that_of_none_is_nothing(core: Core) -> None:
    domain = core.machine.create_domain("empty")
    domain.kill()
    assert domain.cpu_time() == 0
    server = core.start_server()
    before = server.domain.cpu_time()
    core.kernel.call(core.board["server"], b"echo")
    assert 0 <= before <= server.domain.cpu_time()
    server.domain.kill()
    core.run_until(lambda: server.endings)
    assert server.domain.cpu_time() == 0


def test_signals_are_kept_until_somebody_listens_and_add_up_while_nobody_can_take_them(core: Core) -> None:
    child = core.complete("listen")
    assert child.reports == ["early 2", "three at once: 3"]
    assert child.endings == [Ending(0)]


def test_waiting_for_io_handles_io_signals_and_defers_the_others(core: Core) -> None:
    child = core.complete("wait_io")
    assert child.reports == ["poll False", "poll False", "io 4", "io 1", "poll True", "app 1", "io 1"]


def test_an_alarm_replaces_the_one_before_and_rings_in_time(core: Core) -> None:
    child = core.complete("ring")
    assert child.reports == ["first, in time: True", "second"]


def test_memory_is_attached_written_read_sealed_and_freed(core: Core) -> None:
    core.memory = core.machine.create_memory(4096)
    core.memory.write(b"hello")
    core.board["dataspace"] = core.machine.domain.alloc_identity(core.entrypoint)
    core.machine.publish(core.board["dataspace"], core.memory)
    child = core.complete("use_memory")
    assert child.reports[:4] == ["4096 B False b'hello' b''", "after", "slice in use: after", "sealed True True"]
    assert [report.split(":")[0] for report in child.reports[4:]] == [
        "outside failed", "read failed", "attach failed", "attach other failed"]


def test_memory_is_stored_to_whatever_happened_to_it(core: Core) -> None:
    core.memory = core.machine.create_memory(5 * 4096)
    core.board["dataspace"] = core.machine.domain.alloc_identity(core.entrypoint)
    core.machine.publish(core.board["dataspace"], core.memory)
    child = core.complete("store")
    assert child.endings == [Ending(0)]
    assert [report.split(":")[0] for report in child.reports] == [
        "True", "before failed", "behind failed", "read-only failed", "sealed failed", "freed failed", "freed failed",
        "detached"]
    assert "do not lie within a dataspace of 20480 bytes" in child.reports[1]
    assert all("the dataspace can't be written" in report for report in child.reports[3:-1])


def test_core_stores_like_any_component(core: Core) -> None:
    memory = core.machine.create_memory(4096)
    dataspace = core.machine.domain.alloc_identity(core.entrypoint)
    core.machine.publish(dataspace, memory)
    view = core.kernel.attach(dataspace, True)
    core.kernel.store(view, b"core", 2)
    assert memory.read(0, 8) == b"\0\0core\0\0"
    memory.free()
    with pytest.raises(IpcError, match="the dataspace can't be written"):
        core.kernel.store(view, b"core")


def test_core_sees_what_a_view_holder_wrote_and_nothing_through_a_dissolved_dataspace(core: Core) -> None:
    memory = core.machine.create_memory(5000)
    dataspace = core.machine.domain.alloc_identity(core.entrypoint)
    core.machine.publish(dataspace, memory)
    view = core.kernel.attach(dataspace, True)
    view[4999] = 7
    assert (memory.size, memory.read(4998, 3)) == (8192, b"\0\7\0")
    core.kernel.detach(view)
    core.gate.dissolve(dataspace)
    with pytest.raises(IpcError):
        core.kernel.attach(dataspace, True)
    with pytest.raises(IpcError):
        core.kernel.read(dataspace)
    assert memory.read(4999, 1) == b"\7"


def test_memory_that_the_machine_does_not_have_is_refused(core: Core) -> None:
    with pytest.raises(OutOfMachine):
        core.machine.create_memory(1 << 62)


def test_a_further_entrypoint_serves_in_a_thread_of_its_own(core: Core) -> None:
    assert core.complete("call_itself").reports == ["True True", "True"]


def test_the_machine_describes_itself(core: Core) -> None:
    assert core.machine.description["kernel"] in MACHINES
    assert core.machine.total_ram() > 0
    assert core.machine.total_caps() > 0
    assert core.machine.affinity_space()
