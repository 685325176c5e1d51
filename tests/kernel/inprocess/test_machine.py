from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator

import pytest

from bastide.kernel.inprocess import Deadlock, Machine
from bastide.kernel.inprocess.domain import Domain
from bastide.kernel.interface import Caps, Ending, Handle, IpcError, Placement, Start


class Town:
    """A machine whose programs are functions of the test, and whose core serves each of them `core`."""

    def __init__(self) -> None:
        self.course: list[str] = []
        self.programs: dict[str, Callable[[Start], int]] = {}
        self.machine = Machine(lambda start: self.programs[start.name](start), trace=self._trace)
        self.entrypoint = self.machine.domain.alloc_entrypoint()
        self.gate = self.machine.kernel.gate(self.entrypoint)
        self.binary = self.machine.create_memory(1)
        self.endings: list[tuple[str, Ending]] = []

    def start(self, name: str, program: Callable[[Start], int], serve: Callable[[bytes, Caps], tuple[bytes, Caps]]
              = lambda request, caps: (b"", ())) -> Domain:
        self.programs[name] = program
        domain = self.machine.create_domain(name)
        parent = self.machine.domain.alloc_identity(self.entrypoint)
        self.gate.serve(parent, serve)
        domain.start(name, self.binary, parent, Placement(), lambda ending: self.endings.append((name, ending)))
        return domain

    def _trace(self, now: int, thread: str, waits_for: str) -> None:
        self.course.append(f"{now} {thread} {waits_for}")


@pytest.fixture
def town() -> Iterator[Town]:
    town = Town()
    with town.machine:
        yield town


def tick(start: Start, period: int, ticks: list[int]) -> int:
    gate = start.kernel.gate(start.entrypoint)

    def again() -> None:
        ticks.append(start.kernel.now())
        gate.alarm(start.kernel.now() + period, again)

    gate.alarm(start.kernel.now() + period, again)
    gate.run()
    return 0


def test_core_in_its_own_thread_can_be_watched_step_by_step(town: Town) -> None:
    ticks: list[int] = []
    town.machine.spawn_core(town.gate.run)
    town.start("ticker", lambda start: tick(start, 100, ticks))
    town.machine.settle()
    assert ticks == []
    town.machine.advance(250)
    assert (ticks, town.machine.kernel.now()) == ([100, 200], 250)
    town.machine.advance(50)
    assert ticks == [100, 200, 300]
    town.machine.run_until(lambda: len(ticks) == 7)
    assert town.machine.kernel.now() == 700


def test_waiting_for_what_does_not_happen_in_time_fails_at_that_time(town: Town) -> None:
    town.start("ticker", lambda start: tick(start, 100, []))
    with pytest.raises(TimeoutError, match="within 1050 us of virtual time"):
        town.machine.run_until(lambda: False, 1050)
    assert town.machine.kernel.now() == 1050


def test_the_observer_calls_core_like_a_component_does(town: Town) -> None:
    identity = town.machine.domain.alloc_identity(town.entrypoint)
    town.gate.serve(identity, lambda request, caps: (request * 2, caps))
    town.machine.spawn_core(town.gate.run)
    assert town.machine.kernel.call(identity, b"ab", (identity,)) == (b"abab", (identity,))


def test_what_core_raises_comes_out_at_the_observer(town: Town) -> None:
    town.machine.spawn_core(lambda: town.gate.serve(town.entrypoint, lambda request, caps: (b"", ())))
    with pytest.raises(IpcError, match="cannot serve object 1 of 'core' at this gate"):
        town.machine.settle()
    town.machine.settle()


def test_a_chain_of_callers_that_nobody_serves_is_a_deadlock_that_names_them(town: Town) -> None:
    def serve_by_calling(start: Start) -> int:
        start.kernel.call(start.parent, b"back")
        return 0

    town.start("child", serve_by_calling, lambda request, caps: town.machine.kernel.call(never, b"", ()))
    never = town.machine.domain.alloc_identity(town.machine.domain.alloc_entrypoint())
    with pytest.raises(Deadlock) as caught:
        town.gate.run()
    assert str(caught.value) == (
        "nobody can run and no alarm is set: main waits for object 4 of 'core', whose gate nobody runs;"
        " child waits for object 2 of 'core', served by main")


def test_a_call_to_oneself_is_a_deadlock_for_who_waits_outside(town: Town) -> None:
    town.machine.spawn_core(town.gate.run)

    def call_oneself(start: Start) -> int:
        gate = start.kernel.gate(start.entrypoint)
        own = start.kernel.call(start.parent, b"", (start.entrypoint,))[1][0]
        assert own
        gate.serve(own, lambda request, caps: start.kernel.call(own, b""))
        start.kernel.start_thread(lambda: start.kernel.call(own, b"") and None, "caller")
        gate.run()
        return 0

    domain = town.start("selfish", call_oneself, lambda request, caps: (b"", (domain.alloc_identity(caps[0] or own),)))
    own: Handle = town.entrypoint
    with pytest.raises(Deadlock, match="selfish waits for object 3 of 'selfish', served by selfish"):
        town.machine.run_until(lambda: False)


def test_a_gate_with_nobody_left_to_use_it_does_not_hang(town: Town) -> None:
    with pytest.raises(Deadlock, match="main waits for calls and signals"):
        town.gate.run()


def test_a_handle_of_one_component_means_nothing_in_another(town: Town) -> None:
    stolen: list[Handle] = []
    refused: list[str] = []

    def use(start: Start) -> int:
        for use in (lambda: start.kernel.call(stolen[0], b""),
                    lambda: start.kernel.call(start.parent, b"", (stolen[0],)),
                    lambda: start.kernel.attach(stolen[0], False), lambda: start.kernel.gate(stolen[0])):
            try:
                use()
            except IpcError as error:
                refused.append(str(error))
        return 0

    def lose(start: Start) -> int:
        stolen.append(start.parent)
        return 0

    town.start("victim", lose)
    town.start("thief", use)
    town.machine.settle()
    assert refused == ["'thief' used LocalHandle as a handle that is none of its own:"
                       " handles come with messages only"] * 4


def test_a_copied_handle_is_a_forged_one(town: Town) -> None:
    identity = town.machine.domain.alloc_identity(town.entrypoint)
    with pytest.raises(IpcError, match="none of its own"):
        town.machine.kernel.call(copy.copy(identity), b"")


def test_a_gate_can_be_taken_once_and_only_by_its_owner(town: Town) -> None:
    with pytest.raises(IpcError, match="it was taken before, and each can be taken once"):
        town.machine.kernel.gate(town.entrypoint)
    foreign = town.machine.create_domain("other").alloc_entrypoint()
    with pytest.raises(IpcError, match="a gate of object 1 of 'other': it is no entrypoint of its own"):
        town.machine.kernel.gate(foreign)
    freed = town.machine.domain.alloc_entrypoint()
    town.machine.domain.free_identity(freed)
    with pytest.raises(IpcError, match="it was dissolved"):
        town.machine.kernel.gate(freed)


def test_freeing_an_entrypoint_fails_the_callers_of_all_it_serves(town: Town) -> None:
    entrypoint = town.machine.domain.alloc_entrypoint()
    identity = town.machine.domain.alloc_identity(entrypoint)
    refused: list[str] = []

    def wait() -> None:
        try:
            town.machine.kernel.call(identity, b"")
        except IpcError as error:
            refused.append(str(error))

    town.machine.kernel.start_thread(wait, "waiting")
    town.machine.settle()
    town.machine.domain.free_identity(entrypoint)
    town.machine.settle()
    assert refused == ["object 3 of 'core' did not reply: it was dissolved"]


def test_signals_are_delivered_by_first_pending_submission(town: Town) -> None:
    delivered: list[tuple[str, int]] = []
    contexts = {}
    for name in "abc":
        contexts[name] = town.machine.domain.alloc_identity(town.entrypoint)
        town.gate.listen(contexts[name], lambda count, name=name: delivered.append((name, count)), False)  # type: ignore[misc]
    for name in "bacab":
        town.machine.kernel.submit(contexts[name])
    town.machine.kernel.submit(contexts["c"], -5)
    town.gate.alarm(town.machine.kernel.now(), town.gate.stop)
    town.gate.run()
    assert delivered == [("b", 2), ("a", 2), ("c", 1)]


def test_a_signal_handler_that_raises_ends_run_and_loses_nothing_else(town: Town) -> None:
    context = town.machine.domain.alloc_identity(town.entrypoint)

    def fail(count: int) -> None:
        raise ValueError(f"{count} is too much")

    town.gate.listen(context, fail, False)
    town.machine.kernel.submit(context)
    with pytest.raises(ValueError, match="1 is too much"):
        town.gate.run()
    town.gate.stop()
    town.gate.run()


def test_a_gate_is_run_by_one_thread_at_a_time(town: Town) -> None:
    town.machine.spawn_core(town.gate.run)
    town.machine.settle()
    with pytest.raises(RuntimeError, match="a gate of 'core' runs already"):
        town.gate.run()
    with pytest.raises(RuntimeError, match="thread 'main' cannot handle what arrives at a gate of 'core'"):
        town.gate.poll_io()


def test_polling_lets_those_run_who_are_polled_for(town: Town) -> None:
    taken: list[int] = []
    context = town.machine.domain.alloc_identity(town.entrypoint)
    town.gate.listen(context, taken.append, True)
    town.machine.kernel.start_thread(lambda: town.machine.kernel.submit(context, 3), "submitter")
    assert town.gate.poll_io()
    assert taken == [3]


def test_failures_keep_the_traceback_of_programs_threads_and_dispatches(town: Town) -> None:
    def program(start: Start) -> int:
        start.kernel.start_thread(lambda: [][0], "broken")
        start.kernel.gate(start.entrypoint).alarm(1, lambda: None)
        try:
            start.kernel.call(start.parent, b"")
        except IpcError as error:
            raise LookupError(str(error)) from None
        return 0

    def serve(request: bytes, caps: Caps) -> tuple[bytes, Caps]:
        raise ZeroDivisionError("in the dispatch")

    town.machine.spawn_core(town.gate.run)
    town.start("program", program, serve)
    town.machine.settle()
    heads = [(failure.split(":")[0], failure.strip().splitlines()[-1]) for failure in town.machine.failures]
    assert heads == [
        ("program.broken", "IndexError: list index out of range"),
        ("core", "ZeroDivisionError: in the dispatch"),
        ("program", "LookupError: object 2 of 'core' failed to serve the call"),
    ]
    assert town.endings == [("program", Ending(1))]


def test_a_program_that_returns_no_exit_code_fails(town: Town) -> None:
    town.machine.spawn_core(town.gate.run)
    town.start("confused", lambda start: "done")  # type: ignore[arg-type, return-value]
    town.machine.settle()
    assert town.endings == [("confused", Ending(1))]
    assert "the entry of 'confused' returned 'done', which is no exit code" in town.machine.failures[0]


def test_an_ending_that_core_has_not_seen_yet_is_void_after_destroy(town: Town) -> None:
    domain = town.start("quick", lambda start: 0)
    town.machine.settle()
    domain.destroy()
    town.machine.spawn_core(town.gate.run)
    town.machine.settle()
    assert town.endings == []


def test_destroying_a_domain_leaves_neither_threads_nor_identities_nor_alarms(town: Town) -> None:
    town.machine.spawn_core(town.gate.run)
    town.machine.settle()
    threads, native, identities = town.machine.threads, threading.active_count(), town.machine.identities
    cleaned: list[str] = []

    def program(start: Start) -> int:
        def tick_aside() -> None:
            tick(start, 10, [])

        start.kernel.start_thread(tick_aside, "ticking")
        try:
            start.kernel.call(start.parent, b"hang")
        finally:
            cleaned.append("up")
        return 0

    def serve(request: bytes, caps: Caps) -> tuple[bytes, Caps]:
        town.gate.wait_io()
        return b"", ()

    domain = town.start("guest", program, serve)
    town.machine.advance(25)
    domain.alloc_identity(domain.alloc_entrypoint())
    assert len(town.machine.threads) == len(threads) + 2
    domain.destroy()
    domain.destroy()
    town.machine.settle()
    assert town.machine.threads == threads
    assert town.machine.identities == identities + 1, "core's own parent object remains"
    assert cleaned == ["up"]
    town.machine.close()
    assert threading.active_count() == native - 1, "core's thread ended too"


def test_callers_of_a_destroyed_server_learn_why_at_once(town: Town) -> None:
    refused: list[str] = []

    def serve(start: Start) -> int:
        gate = start.kernel.gate(start.entrypoint)
        own = start.kernel.call(start.parent, b"", (start.entrypoint,))[1][0]
        assert own

        def hang(request: bytes, caps: Caps) -> tuple[bytes, Caps]:
            gate.wait_io()
            return b"", ()

        gate.serve(own, hang)
        gate.run()
        return 0

    def adopt(request: bytes, caps: Caps) -> tuple[bytes, Caps]:
        assert caps[0]
        objects.append(domain.alloc_identity(caps[0]))
        return b"", (objects[0],)

    def use() -> None:
        try:
            town.machine.kernel.call(objects[0], b"")
        except IpcError as error:
            refused.append(str(error))

    objects: list[Handle] = []
    town.machine.spawn_core(town.gate.run)
    domain = town.start("server", serve, adopt)
    town.machine.settle()
    town.machine.kernel.start_thread(use, "served")
    town.machine.kernel.start_thread(use, "queued")
    town.machine.settle()
    domain.destroy()
    use()
    town.machine.settle()
    assert refused == ["object 3 of 'server' cannot be called: its component was destroyed",
                       "object 3 of 'server' did not reply: its component was destroyed",
                       "object 3 of 'server' did not reply: its component was destroyed"]


def test_the_queued_call_of_a_caller_that_is_no_more_is_not_served(town: Town) -> None:
    served: list[bytes] = []

    def use(start: Start) -> int:
        start.kernel.call(start.parent, b"late")
        return 0

    def serve(request: bytes, caps: Caps) -> tuple[bytes, Caps]:
        served.append(request)
        return b"", ()

    domain = town.start("impatient", use, serve)
    town.machine.settle()
    domain.destroy()
    town.machine.settle()
    town.machine.spawn_core(town.gate.run)
    town.machine.settle()
    assert served == []


def test_an_alarm_that_is_due_but_was_replaced_does_not_ring(town: Town) -> None:
    rung: list[str] = []
    town.gate.alarm(0, lambda: rung.append("old"))
    town.gate.alarm(0, lambda: rung.append("new"))
    town.machine.spawn_core(town.gate.run)
    town.machine.settle()
    assert rung == ["new"]


def test_a_domain_runs_one_program_in_its_life(town: Town) -> None:
    domain = town.start("single", lambda start: 0)
    with pytest.raises(RuntimeError, match="domain 'single' cannot start 'again': it runs, or has run, a program"):
        domain.start("again", town.binary, town.entrypoint, Placement(), lambda ending: None)
    with pytest.raises(RuntimeError, match="core's own domain cannot be destroyed"):
        town.machine.domain.destroy()


def test_what_only_other_kernels_can_enforce_is_recorded(town: Town) -> None:
    domain = town.machine.create_domain("modest")
    domain.limit_heap(4096)
    assert (domain.heap_used(), domain.heap_limit, town.machine.affinity_space()) == (0, 4096, (0,))
    assert town.machine.description == {"kernel": "inprocess", "isolation": "none", "clock": "virtual"}


def test_a_view_of_freed_memory_reads_as_zeros(town: Town) -> None:
    memory = town.machine.create_memory(10)
    identity = town.machine.domain.alloc_identity(town.entrypoint)
    town.machine.publish(identity, memory)
    memory.write(b"content")
    view = town.machine.kernel.attach(identity, False)
    memory.free()
    assert not any(view)
    with pytest.raises(IpcError, match="the memory of 4096 bytes was freed"):
        memory.read()


def test_a_view_can_be_detached_once(town: Town) -> None:
    identity = town.machine.domain.alloc_identity(town.entrypoint)
    town.machine.publish(identity, town.machine.create_memory(10))
    view = town.machine.kernel.attach(identity, True)
    town.machine.kernel.detach(view)
    with pytest.raises(ValueError, match="'core' cannot detach this view"):
        town.machine.kernel.detach(view)


def test_core_publishes_memory_under_identities_of_its_own_only(town: Town) -> None:
    other = town.machine.create_domain("other")
    foreign = other.alloc_identity(other.alloc_entrypoint())
    with pytest.raises(IpcError, match="memory cannot be published as object 2 of 'other'"):
        town.machine.publish(foreign, town.machine.create_memory(1))


def test_the_same_program_takes_the_same_course_twice() -> None:
    assert busy_course() == busy_course()


def busy_course() -> list[str]:
    """Clients that call, tick and signal each other through core, and one that is destroyed in the middle."""
    town = Town()
    contexts: list[Handle] = []

    def program(start: Start) -> int:
        gate = start.kernel.gate(start.entrypoint)
        context = start.kernel.call(start.parent, b"context", (start.entrypoint,))[1][0]
        assert context
        gate.listen(context, lambda count: gate.alarm(start.kernel.now() + 7 * count, ring), False)
        rings: list[int] = []

        def ring() -> None:
            rings.append(start.kernel.now())
            start.kernel.call(start.parent, b"ring")
            if len(rings) == 3:
                gate.stop()

        gate.alarm(start.kernel.now() + 5, ring)
        gate.run()
        return 0

    with town.machine:
        town.machine.spawn_core(town.gate.run)
        domains: list[Domain] = []
        for number in range(5):
            def serve(request: bytes, caps: Caps, number: int = number) -> tuple[bytes, Caps]:
                if request == b"context":
                    contexts.append(domains[number].alloc_identity(caps[0] or town.entrypoint))
                    return b"", (contexts[-1],)
                for context in contexts:
                    town.machine.kernel.submit(context)
                return b"", ()

            domains.append(town.start(f"program {number}", program, serve))
        town.machine.advance(9)
        domains[2].destroy()
        town.machine.run_until(lambda: len(town.endings) == 4)
    assert town.machine.failures == []
    assert len(town.course) > 30
    return [*town.course, repr(town.endings)]
