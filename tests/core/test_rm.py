"""Managed dataspaces as core's service: the rules, and then their use by components on any kernel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from booted import Booted
from hypothesis import given, settings
from hypothesis import strategies as st

from bastide.base import Env, OutOfCaps, OutOfRam, startup
from bastide.base.environment import Range, RegionAttr, RmSession
from bastide.base.errors import RegionConflict
from bastide.base.root import SESSION_COST, AnyRoot
from bastide.core.domain import PAGE, CoreDataspace, Office
from bastide.core.main import System
from bastide.core.rm import LARGEST, MAP_COST, REGION_COST, Map, Rm
from bastide.kernel.inprocess import Machine
from bastide.kernel.interface import MAX_PIECES, IpcError, Start


class House:
    """An office of core with the RM service alone, and one session at it."""

    def __init__(self, machine: Machine, ram: str = "1M", caps: int = 20) -> None:
        self.office = Office(machine)
        self.kernel = machine.kernel
        self.root = RmSession.announce(self, lambda request: Rm(self.office, request))
        self.root.session(1, {"label": "test", "ram_quota": ram, "cap_quota": str(caps)})
        self.rm = self.root.sessions[0]
        self.account = self.root.account(1)

    def provide(self, root: AnyRoot) -> None:
        root.attach(self.office.ep)

    def memory(self, *content: int) -> CoreDataspace:
        """A dataspace of pages that are filled with these bytes."""
        memory = self.office.machine.create_memory(len(content) * PAGE)
        memory.write(b"".join(bytes([value]) * PAGE for value in content))
        return self.office.dataspace(memory)

    def map(self, pages: int) -> Map:
        made = self.office.ep.object_of(self.rm.create(pages * PAGE), Map)
        assert made is not None
        return made

    def pages(self, map: Map) -> list[int]:
        """The first byte of each page, as those see it who read the whole."""
        return list(self.kernel.read(map.dataspace().handle)[::PAGE])


@pytest.fixture
def machine() -> Iterator[Machine]:
    with Machine(lambda start: 0) as machine:
        yield machine


@pytest.fixture
def house(machine: Machine) -> House:
    return House(machine)


def test_a_region_is_the_part_of_the_dataspace_that_was_asked_for(house: House) -> None:
    map, dataspace = house.map(8), house.memory(1, 2, 3, 4)
    assert map.attach(dataspace.cap, RegionAttr(offset=PAGE, at=PAGE)) == Range(PAGE, 3 * PAGE)
    assert map.attach(dataspace.cap, RegionAttr(size=PAGE, offset=PAGE, at=5 * PAGE)) == Range(5 * PAGE, PAGE)
    assert map.attach(dataspace.cap, RegionAttr(size=1, at=0)) == Range(0, PAGE)
    assert house.pages(map) == [1, 2, 3, 4, 0, 2, 0, 0]


def test_a_place_is_found_that_is_aligned_to_the_size_as_far_as_possible(house: House) -> None:
    map, one, two, four = house.map(8), house.memory(1), house.memory(2, 2), house.memory(4, 4, 4, 4)
    starts = [map.attach(dataspace.cap, RegionAttr()).start // PAGE for dataspace in (one, two, one, four)]
    assert starts == [0, 2, 1, 4]
    map.detach(PAGE)
    map.detach(4 * PAGE)
    map.attach(one.cap, RegionAttr(at=7 * PAGE))
    assert map.attach(house.memory(3, 3, 3).cap, RegionAttr()).start == 4 * PAGE
    with pytest.raises(RegionConflict, match="8192 bytes are free nowhere in the map of 32768 bytes: detach something"):
        map.attach(two.cap, RegionAttr())


def test_an_unaligned_gap_is_taken_if_there_is_no_other(house: House) -> None:
    map, one = house.map(4), house.memory(1)
    for page in (0, 3):
        map.attach(one.cap, RegionAttr(at=page * PAGE))
    assert map.attach(house.memory(2, 2).cap, RegionAttr()) == Range(PAGE, 2 * PAGE)


@pytest.mark.parametrize(("attr", "complaint"), [
    (RegionAttr(at=PAGE), "4096 overlap the region of 8192 bytes at 8192"),
    (RegionAttr(at=3 * PAGE), "12288 overlap the region of 8192 bytes at 8192"),
    (RegionAttr(at=7 * PAGE), "do not lie within the map of 32768 bytes"),
    (RegionAttr(at=-PAGE), "do not lie within the map"),
    (RegionAttr(at=5), "address 5 is not the start of a page"),
    (RegionAttr(at=(1 << 63) - PAGE), "do not lie within the map"),
    (RegionAttr(offset=PAGE, size=2 * PAGE), "8192 bytes from offset 4096 do not lie within the dataspace of 8192"),
    (RegionAttr(offset=1), "offset 1 is not the start of a page"),
    (RegionAttr(offset=-PAGE), "offset -4096 is not the start of a page"),
    (RegionAttr(offset=2 * PAGE), "do not lie within the dataspace"),
    (RegionAttr(size=-PAGE), "do not lie within the dataspace"),
    (RegionAttr(size=(1 << 63) - 1), "do not lie within the dataspace")])
def test_what_does_not_fit_is_refused_and_costs_nothing(house: House, attr: RegionAttr, complaint: str) -> None:
    map, dataspace = house.map(8), house.memory(1, 2)
    map.attach(dataspace.cap, RegionAttr(at=2 * PAGE))
    used = house.account.ram.used
    with pytest.raises(RegionConflict, match=complaint):
        map.attach(dataspace.cap, attr)
    assert house.account.ram.used == used
    assert house.pages(map) == [0, 0, 1, 2, 0, 0, 0, 0]


def test_only_plain_dataspaces_of_core_can_be_attached_to_a_map(house: House) -> None:
    outer, inner, freed = house.map(4), house.map(1), house.memory(1)
    cap = freed.cap
    house.office.free(freed)
    with pytest.raises(RegionConflict, match=r"maps can't be nested.*attach the dataspaces that it consists of"):
        outer.attach(inner.dataspace(), RegionAttr())
    for stranger in (cap, inner.cap):
        with pytest.raises(RegionConflict, match="no dataspace of core, or its dataspace was freed"):
            outer.attach(stranger, RegionAttr())  # type: ignore[arg-type]  # what a client may claim


@pytest.mark.parametrize("size", [0, -1, LARGEST + 1])
def test_a_map_of_no_sensible_size_is_refused(house: House, size: int) -> None:
    with pytest.raises(RegionConflict, match=f"a map of {size} bytes can't be had.*the largest of 1024G"):
        house.rm.create(size)


def test_a_freed_dataspace_vanishes_from_all_maps_and_is_charged_no_more(house: House) -> None:
    maps, dataspace, other = [house.map(4), house.map(4)], house.memory(1, 2), house.memory(3)
    used = house.account.ram.used
    for map in maps:
        map.attach(dataspace.cap, RegionAttr(at=PAGE))
        map.attach(dataspace.cap, RegionAttr(at=3 * PAGE, size=PAGE))
    house.office.free(dataspace)
    assert house.account.ram.used == used
    assert [house.pages(map) for map in maps] == [[0] * 4] * 2
    assert maps[0].attach(other.cap, RegionAttr(at=PAGE)) == Range(PAGE, PAGE)


def test_maps_and_regions_are_charged_and_what_is_missing_is_named(machine: Machine) -> None:
    house = House(machine, ram=str(SESSION_COST + MAP_COST + 2 * REGION_COST), caps=4)
    map, dataspace = house.map(4), house.memory(1)
    with pytest.raises(OutOfRam, match="4K needed, 2K of"):
        house.map(1)
    for _ in range(2):
        map.attach(dataspace.cap, RegionAttr())
    with pytest.raises(OutOfRam, match="1K needed, 0 of"):
        map.attach(dataspace.cap, RegionAttr())
    assert house.pages(map) == [1, 1, 0, 0]
    house.root.upgrade(1, REGION_COST + MAP_COST, 0)
    map.attach(dataspace.cap, RegionAttr())
    with pytest.raises(OutOfCaps, match="1 capabilities needed, 0 of 4 left"):
        house.map(1)
    map.detach(0)
    assert (house.account.ram.avail, house.account.caps.avail) == (REGION_COST + MAP_COST, 1)


def test_a_map_has_a_limited_number_of_regions(house: House) -> None:
    map, dataspace = house.map(2 * MAX_PIECES), house.memory(1)
    for _ in range(MAX_PIECES):
        map.attach(dataspace.cap, RegionAttr())
    with pytest.raises(RegionConflict, match=f"the map has {MAX_PIECES} regions, and can have no more: detach some"):
        map.attach(dataspace.cap, RegionAttr())


def test_a_destroyed_map_is_gone_and_paid_for_no_more(machine: Machine, house: House) -> None:
    before = house.account.ram.used, house.account.caps.used, machine.identities
    map, dataspace = house.map(2), house.memory(1)
    cap, whole = map.cap, map.dataspace()
    map.attach(dataspace.cap, RegionAttr())
    house.rm.destroy(cap)
    house.rm.destroy(cap)
    house.office.free(dataspace)
    assert (house.account.ram.used, house.account.caps.used, machine.identities) == before
    with pytest.raises(IpcError):
        house.kernel.read(whole.handle)


def test_a_session_does_not_destroy_the_maps_of_another(house: House) -> None:
    map = house.map(1)
    house.root.session(2, {"label": "stranger", "ram_quota": "64K", "cap_quota": "2"})
    house.root.sessions[1].destroy(map.cap)
    assert house.pages(map) == [0]


def test_closing_a_session_releases_its_maps_and_leaves_the_dataspaces(machine: Machine, house: House) -> None:
    maps, dataspace = [house.map(2) for _ in range(3)], house.memory(1)
    for map in maps:
        map.attach(dataspace.cap, RegionAttr())
    identities = machine.identities
    house.root.close(1)
    assert (house.account.ram.used, house.account.caps.used) == (0, 0)
    assert machine.identities == identities - 7
    assert dataspace.regions == set()
    assert house.kernel.read(dataspace.cap.handle, 0, 1) == b"\1"


ACTIONS = st.lists(st.tuples(st.sampled_from(("attach", "place", "detach", "free")), st.integers(0, 8),
                             st.integers(0, 4), st.integers(0, 3)), max_size=30)


@given(ACTIONS)
@settings(max_examples=60)
def test_a_map_shows_what_a_plain_list_of_pages_would(actions: list[tuple[str, int, int, int]]) -> None:
    with Machine(lambda start: 0) as machine:
        house = House(machine)
        map, model = house.map(8), [(0, 0)] * 8             # of each page: which dataspace, which of its pages
        kept: dict[int, CoreDataspace] = {}
        regions: dict[int, int] = {}
        for step, (action, place, size, offset) in enumerate(actions, 1):
            if action == "detach":
                map.detach(place * PAGE)
                for page in range(place, place + regions.pop(place, 0)):
                    model[page] = (0, 0)
            elif action == "free" and kept:
                number, dataspace = kept.popitem()
                house.office.free(dataspace)
                regions = {start: length for start, length in regions.items() if model[start][0] != number}
                model = [page if page[0] != number else (0, 0) for page in model]
            elif action in ("attach", "place"):
                dataspace = kept[step] = house.memory(10, 11, 12, 13)
                at = place * PAGE if action == "place" else None
                length = size or 4 - offset
                fits = offset + length <= 4
                free = [start for start in range(9 - length)
                        if not any(number for number, _ in model[start:start + length])]
                if not fits or (place not in free if at is not None else not free):
                    with pytest.raises(RegionConflict):
                        map.attach(dataspace.cap, RegionAttr(size * PAGE, offset * PAGE, at))
                    continue
                start = map.attach(dataspace.cap, RegionAttr(size * PAGE, offset * PAGE, at)).start // PAGE
                assert start in free
                regions[start] = length
                model[start:start + length] = [(step, offset + page) for page in range(length)]
            assert house.pages(map) == [10 + page if number else 0 for number, page in model]
            assert house.account.ram.used == SESSION_COST + MAP_COST + len(regions) * REGION_COST


@pytest.fixture
def system(boot: Booted) -> Booted:
    RmSession.announce(boot, lambda request: Rm(boot.office, request))
    return boot


def test_a_component_shares_memory_through_a_map_until_it_detaches_or_frees_it(system: Booted) -> None:
    assert system.run("regions", "share").lines == [
        "placed [12288, 0]", "whole 16384 True", r"found 1 b'\x02\x03' b'\x02\x03'", "window keeps 1",
        r"detached b'\x00'", r"freed b'\x00\x00'"]


def test_a_component_that_is_short_of_metadata_donates_more(system: Booted) -> None:
    assert system.run("regions", "exhaust").lines == [
        "short of RAM after some: True",
        f"{MAX_PIECES} the map has {MAX_PIECES} regions, and can have no more: detach some", "maps 20"]


def test_a_component_learns_why_a_map_cannot_be_attached_to_a_map(system: Booted) -> None:
    assert system.run("regions", "nest").lines == [
        "maps can't be nested: a managed dataspace can't be attached to a map; attach the dataspaces that it consists "
        "of"]


def test_a_map_is_shared_between_components(system: Booted) -> None:
    system.run("regions", "lend")
    assert system.run("regions", "borrow").lines == ["b'lent'", "b'lint'"]


def test_what_was_borrowed_ends_with_its_lender(system: Booted) -> None:
    system.run("regions", "lend").destroy()
    borrower = system.run("regions", "borrow")
    assert borrower.exit_value == startup.FAILED
    assert [line.startswith("Error: a call failed") for line in borrower.lines] == [True]


@pytest.mark.parametrize("port", ["linux"])
@pytest.mark.parametrize("part", ["write to a read-only region", "write to a sealed dataspace", "look into a hole",
                                  "use what was freed"])
def test_a_window_to_a_map_faults_where_there_is_nothing_to_have(system: Booted, part: str) -> None:
    child = system.run("regions", part)
    assert child.lines == ["ready"]
    assert child.ended is not None and child.ended.fault in ("SIGSEGV", "SIGBUS")


def test_core_offers_the_service_to_init() -> None:
    def construct(env: Env) -> None:
        with RmSession.connect(env) as rm:
            env.log(rm.create(1).client().dataspace().client().size())
        env.exit(7)

    def entry(start: Start) -> int:
        return startup.run(start, lambda: construct)

    lines: list[str] = []
    exits: list[int] = []
    with Machine(entry) as machine:
        def exited(value: int) -> None:
            exits.append(value)
            core.stop()

        core = System(machine, lambda name: b"init", lambda label, text: lines.append(text), exited)
        core.run()
        core.close()
    assert (exits, lines[1:], list(core.office.trouble)) == ([7], [str(PAGE)], [])
