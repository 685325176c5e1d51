"""What every kernel has to do with arrangements, tested through the kernel interface alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from components.arrangement_entry import PAGE
from ports import MACHINES

from bastide.kernel.interface import (
    MAX_PIECES,
    Arrangement,
    Caps,
    Ending,
    Handle,
    IpcError,
    Machine,
    Memory,
    Placement,
)

PATIENCE = 30_000_000
"""Microseconds of the machine's time after which a test gives up."""


@pytest.fixture(params=MACHINES)
def core(request: pytest.FixtureRequest) -> Iterator[Core]:
    with MACHINES[request.param]("components.arrangement_entry:entry") as machine:
        yield Core(machine)


@pytest.fixture
def linux_core() -> Iterator[Core]:
    with MACHINES["linux"]("components.arrangement_entry:entry") as machine:
        yield Core(machine)


class Core:
    """As much of a core as the programs need: a parent that gives them one dataspace and takes reports."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.kernel = machine, machine.kernel
        self.gate = machine.kernel.gate(machine.entrypoint)
        self.reports: list[str] = []
        self.dataspace: Handle

    def memory(self, *content: int) -> Memory:
        """Pages that are filled with these bytes."""
        memory = self.machine.create_memory(len(content) * PAGE)
        memory.write(b"".join(bytes([value]) * PAGE for value in content))
        return memory

    def arrangement(self, pages: int) -> Arrangement:
        arrangement = self.machine.create_arrangement(pages * PAGE)
        self.dataspace = self.machine.domain.alloc_identity(self.machine.entrypoint)
        self.machine.publish(self.dataspace, arrangement)
        return arrangement

    def complete(self, program: str) -> Ending:
        """Run a program to its end."""
        self.reports.clear()
        domain = self.machine.create_domain(program)
        parent = self.machine.domain.alloc_identity(self.machine.entrypoint)
        self.gate.serve(parent, self._serve)
        binary = self.machine.create_memory(PAGE)
        binary.write(program.encode())
        endings: list[Ending] = []

        def ended(ending: Ending) -> None:
            endings.append(ending)
            self.gate.stop()

        domain.start(program, binary, parent, Placement(), ended)
        self.gate.alarm(self.kernel.now() + PATIENCE, self.gate.stop)
        self.gate.run()
        self.gate.alarm(None, self.gate.stop)
        domain.destroy()
        assert endings, "the program has not ended in time"
        return endings[0]

    def _serve(self, request: bytes, caps: Caps) -> tuple[bytes, Caps]:
        verb, _, argument = request.decode().partition(" ")
        if verb == "report":
            self.reports.append(argument)
            return b"", ()
        return b"", (self.dataspace,)


def test_pieces_appear_in_their_places_and_holes_read_as_zeros(core: Core) -> None:
    arrangement, memory = core.arrangement(6), core.memory(1, 2, 3)
    arrangement.place(0, memory, 2 * PAGE, PAGE, False)
    arrangement.place(4 * PAGE, core.memory(9), 0, PAGE, True)
    arrangement.place(PAGE, memory, 0, 2 * PAGE, False)
    content = core.kernel.read(core.dataspace)
    assert [content[at] for at in range(0, len(content), PAGE)] == [3, 1, 2, 0, 9, 0]
    assert core.kernel.read(core.dataspace, 3 * PAGE - 2, PAGE + 4) == b"\2\2" + bytes(PAGE) + b"\t\t"
    view = core.kernel.attach(core.dataspace, False)
    assert (view[0], view[PAGE], view[2 * PAGE], view[4 * PAGE], view.readonly) == (3, 1, 2, 9, True)


def test_an_arrangement_without_holes_is_attached_and_read_by_a_component(core: Core) -> None:
    arrangement = core.arrangement(3)
    for page, content in ((2, 5), (0, 6), (1, 7)):
        arrangement.place(page * PAGE, core.memory(content), 0, PAGE, False)
    assert core.complete("look") == Ending(0)
    assert core.reports == [f"{3 * PAGE} {3 * PAGE} True", "[6, 7, 5]", "attached True"]


def test_what_a_component_writes_to_a_piece_is_in_the_memory(core: Core) -> None:
    arrangement, memory = core.arrangement(3), core.memory(1, 2)
    arrangement.place(0, memory, PAGE, PAGE, True)
    assert core.complete("write") == Ending(0)
    assert core.reports == ["77"]
    assert memory.read(PAGE, 2) == b"\x4d\2"


def test_pieces_that_are_sealed_or_placed_so_are_read_only_where_the_others_are_writeable(linux_core: Core) -> None:
    core = linux_core
    for seal in (False, True):
        arrangement, memory = core.arrangement(2), core.memory(2)
        arrangement.place(0, core.memory(1), 0, PAGE, True)
        arrangement.place(PAGE, memory, 0, PAGE, seal)
        if seal:
            memory.seal()
        assert core.complete("write") == Ending(0)
        assert core.complete("overwrite").fault == "SIGSEGV"
        assert memory.read(0, 1) == b"\2"


def test_later_changes_are_seen_by_later_attachments_only(core: Core) -> None:
    arrangement = core.arrangement(2)
    arrangement.place(0, core.memory(1), 0, PAGE, True)
    arrangement.place(PAGE, core.memory(1), 0, PAGE, True)
    before = core.kernel.attach(core.dataspace, False)
    arrangement.remove(0)
    arrangement.remove(PAGE + 1)
    arrangement.place(0, core.memory(2), 0, PAGE, True)
    after = core.kernel.attach(core.dataspace, False)
    assert (before[0], after[0], after[PAGE]) == (1, 2, 1)
    arrangement.free()
    assert core.kernel.read(core.dataspace) == bytes(2 * PAGE)
    assert (before[0], after[0]) == (1, 2)


def test_freed_memory_leaves_a_hole(core: Core) -> None:
    arrangement, memory = core.arrangement(2), core.memory(1, 2)
    arrangement.place(0, memory, 0, 2 * PAGE, True)
    memory.free()
    assert core.kernel.read(core.dataspace) == bytes(2 * PAGE)


def test_touching_a_hole_is_a_fault_of_who_does(linux_core: Core) -> None:
    arrangement = linux_core.arrangement(2)
    assert linux_core.complete("touch").fault == "SIGSEGV"
    arrangement.place(PAGE, linux_core.memory(4), 0, PAGE, False)
    assert linux_core.complete("touch") == Ending(0)
    assert linux_core.reports == ["found 4"]


def test_holes_and_read_only_pieces_are_not_stored_to_and_are_no_fault(core: Core) -> None:
    arrangement, memory, sealed, freed = core.arrangement(6), core.memory(1, 2, 3), core.memory(4), core.memory(5)
    arrangement.place(0, memory, 0, 2 * PAGE, True)
    arrangement.place(2 * PAGE, memory, 2 * PAGE, PAGE, False)
    sealed.seal()
    arrangement.place(3 * PAGE, sealed, 0, PAGE, True)
    arrangement.place(5 * PAGE, freed, 0, PAGE, True)
    freed.free()
    assert core.complete("store") == Ending(0)
    assert [report.partition(":")[0] for report in core.reports[:3]] == [
        f"xyz at {PAGE - 3}", f"abcd at {PAGE - 2}", f"xyz at {2 * PAGE - 3}"]
    assert all("the dataspace can't be written" in report for report in core.reports[3:11])
    assert "do not lie within" in core.reports[11] and len(core.reports) == 12
    assert memory.read(PAGE - 3, 5) == b"xabcd"
    assert memory.read(2 * PAGE, PAGE) == b"\3" * PAGE and sealed.read() == b"\4" * PAGE


def test_as_many_pieces_as_are_allowed_are_attached_and_read(core: Core) -> None:
    arrangement, memory = core.arrangement(2 * MAX_PIECES), core.memory(*range(MAX_PIECES))
    for page in range(MAX_PIECES):
        arrangement.place(2 * page * PAGE, memory, page * PAGE, PAGE, page % 2 == 0)
    assert core.complete("add_up") == Ending(0)
    assert core.reports == [str(sum(range(MAX_PIECES)))]
    with pytest.raises(ValueError, match=f"too many pieces in one arrangement: {MAX_PIECES} is the limit"):
        arrangement.place(PAGE, memory, 0, PAGE, True)
    content = core.kernel.read(core.dataspace)
    assert list(content[2 * PAGE::2 * PAGE]) == list(range(1, MAX_PIECES))


def test_attaching_and_detaching_for_long_uses_up_nothing(core: Core) -> None:
    arrangement = core.arrangement(1 << 16)
    arrangement.place(0, core.memory(1), 0, PAGE, True)
    assert core.complete("repeat") == Ending(0)
    assert core.reports == ["done"]


def test_what_does_not_lie_within_an_arrangement_is_not_read(core: Core) -> None:
    core.arrangement(2)
    assert core.complete("wrongly") == Ending(0)
    assert core.reports == ["refused"] * 4


def test_an_arrangement_beyond_what_a_component_may_map_fails_with_a_reason(linux_core: Core) -> None:
    linux_core.arrangement(1 << 28).place(0, linux_core.memory(1), 0, PAGE, True)
    assert linux_core.complete("take_all") == Ending(0)
    assert linux_core.reports == [
        f"the dataspace of {1 << 40} bytes can't be attached: Cannot allocate memory",
        f"the dataspace can't be read: there is no room for a copy of {1 << 40} bytes"]


def test_nobody_reaches_an_arrangement_through_a_dissolved_dataspace(core: Core) -> None:
    core.arrangement(1)
    core.gate.serve(core.dataspace, lambda request, caps: (b"", ()))
    core.gate.dissolve(core.dataspace)
    with pytest.raises(IpcError):
        core.kernel.read(core.dataspace)
    with pytest.raises(IpcError):
        core.kernel.attach(core.dataspace, False)


@pytest.mark.parametrize(("at", "offset", "size", "complaint"), [
    (PAGE, 0, PAGE, "overlap"), (0, 0, 3 * PAGE, "overlap"), (3 * PAGE, 0, 2 * PAGE, "exceed the arrangement"),
    (-PAGE, 0, PAGE, "exceed the arrangement"), (2 * PAGE, 3 * PAGE, PAGE, "exceed the memory"),
    (2 * PAGE, -PAGE, PAGE, "exceed the memory"), (2 * PAGE, 0, 1, "not whole pages"),
    (2 * PAGE, 0, 0, "not whole pages"), (2 * PAGE + 1, 0, PAGE, "not whole pages"),
    (2 * PAGE, 1, PAGE, "not whole pages")])
def test_a_piece_that_does_not_fit_is_refused_and_nothing_changes(
        core: Core, at: int, offset: int, size: int, complaint: str) -> None:
    arrangement, memory = core.arrangement(4), core.memory(1, 2, 3)
    arrangement.place(PAGE, memory, 0, PAGE, False)
    with pytest.raises(ValueError, match=complaint):
        arrangement.place(at, memory, offset, size, False)
    content = core.kernel.read(core.dataspace)
    assert list(content[::PAGE]) == [0, 1, 0, 0]


def test_an_arrangement_takes_whole_pages(core: Core) -> None:
    for size in (0, -PAGE, PAGE + 1):
        with pytest.raises(ValueError, match="one or more whole pages"):
            core.machine.create_arrangement(size)
