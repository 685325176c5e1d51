"""RM: managed dataspaces, flat and without faults.

A map is an arrangement of dataspaces and itself a dataspace, which can be attached wherever one can, but in no other
map. Attaching it maps the regions of that moment: who wants to see a later change attaches again. There is nobody to
fill a hole when it is touched, so touching one is a plain fault. A region goes when its dataspace is freed, and all of
it when the session ends; windows that were attached before keep what they have, as far as that is not freed.

Maps and regions are charged to the session.
"""

from __future__ import annotations

from contextlib import ExitStack

from bastide.base import Account, Bytes, Capability, Dataspace, DataspaceCap, Resource, SessionRequest
from bastide.base.environment import Range, RegionAttr, RegionMap, RmSession
from bastide.base.errors import RegionConflict
from bastide.core.domain import PAGE, CoreDataspace, Office, pages
from bastide.core.platform import MAX_PIECES, Arrangement

MAP_COST, REGION_COST = 4096, 1024
"""RAM that a map and a region occupy in core, estimates on the safe side."""

LARGEST = 1 << 40
"""Size of a map: beyond what a component could attach anywhere."""


class Rm(RmSession):
    def __init__(self, office: Office, request: SessionRequest) -> None:
        self._office, self._account = office, request.account
        self._maps: set[Map] = set()

    def create(self, size: int) -> Capability[RegionMap]:
        if not 0 < size <= LARGEST:
            raise RegionConflict(f"a map of {size} bytes can't be had: the smallest is of one page, the largest of "
                                 f"{Bytes(LARGEST)}")
        made = Map(self._office, self._account, pages(size))
        self._maps.add(made)
        return made.cap

    def destroy(self, map: Capability[RegionMap]) -> None:
        known = self._office.ep.object_of(map, Map)
        if known is not None and known in self._maps:
            self._maps.remove(known)
            known.close()


class Map(RegionMap):
    def __init__(self, office: Office, account: Account, size: int) -> None:
        self._office, self._account = office, account
        self._arrangement = office.machine.create_arrangement(size)
        self._regions: dict[int, Region] = {}
        self._whole = ManagedDataspace(size)
        self._owned = ExitStack()
        try:
            self._owned.enter_context(account.reserve(ram=MAP_COST))
            for target in (self, self._whole):
                office.ep.manage(target, account)
                self._owned.callback(office.ep.dissolve, target)
        except BaseException:
            self._owned.close()
            raise
        office.machine.publish(self._whole.cap.handle, self._arrangement)

    def attach(self, dataspace: DataspaceCap, attr: RegionAttr) -> Range:
        target = self._dataspace(dataspace)
        size = pages(attr.size) if attr.size else target.size() - attr.offset
        if attr.offset % PAGE or attr.offset < 0:
            raise RegionConflict(f"offset {attr.offset} is not the start of a page: pages have {PAGE} bytes")
        if size <= 0 or attr.offset + size > target.size():
            raise RegionConflict(f"{max(attr.size, 0)} bytes from offset {attr.offset} do not lie within the dataspace "
                                 f"of {target.size()} bytes")
        if len(self._regions) >= MAX_PIECES:
            raise RegionConflict(f"the map has {MAX_PIECES} regions, and can have no more: detach some")
        start = self._free(size) if attr.at is None else self._asked_for(attr.at, size)
        region = Region(self._account, self._regions, self._arrangement, target, Range(start, size))
        self._arrangement.place(start, target.memory, attr.offset, size, attr.writeable)
        return region.range

    def detach(self, start: int) -> None:
        if (region := self._regions.get(start)) is not None:
            region.close()

    def dataspace(self) -> DataspaceCap:
        return self._whole.cap

    def close(self) -> None:
        for region in list(self._regions.values()):
            region.close()
        self._owned.close()

    def _dataspace(self, cap: DataspaceCap) -> CoreDataspace:
        found = self._office.ep.object_of(cap, CoreDataspace)
        if found is None and self._office.ep.object_of(cap, ManagedDataspace) is not None:
            raise RegionConflict("maps can't be nested: a managed dataspace can't be attached to a map; attach the "
                                 "dataspaces that it consists of")
        if found is None:
            raise RegionConflict("this capability is no dataspace of core, or its dataspace was freed")
        return found

    def _asked_for(self, start: int, size: int) -> int:
        if start % PAGE:
            raise RegionConflict(f"address {start} is not the start of a page: pages have {PAGE} bytes")
        if start < 0 or start + size > self._whole.size():
            raise RegionConflict(f"{size} bytes at {start} do not lie within the map of {self._whole.size()} bytes")
        for other in self._regions.values():
            if start < other.range.start + other.range.size and other.range.start < start + size:
                raise RegionConflict(f"{size} bytes at {start} overlap the region of {other.range.size} bytes at "
                                     f"{other.range.start}")
        return start

    def _free(self, size: int) -> int:
        """The first free place that is aligned as far as possible to the size."""
        gaps, begin = [], 0
        for start in sorted(self._regions):
            gaps.append((begin, start))
            begin = start + self._regions[start].range.size
        gaps.append((begin, self._whole.size()))
        for shift in range(size.bit_length() - 1, PAGE.bit_length() - 2, -1):
            for begin, end in gaps:
                start = -(-begin >> shift) << shift
                if start + size <= end:
                    return start
        raise RegionConflict(f"{size} bytes are free nowhere in the map of {self._whole.size()} bytes: "
                             "detach something")


class ManagedDataspace(Dataspace):
    """A map, as those see it who attach it."""

    def __init__(self, size: int) -> None:
        self._size = size

    def size(self) -> int:
        return self._size

    def writeable(self) -> bool:
        return True


class Region(Resource):
    """A dataspace in its place, until it is detached or freed, or the session ends."""

    def __init__(self, account: Account, regions: dict[int, Region], arrangement: Arrangement,
                 dataspace: CoreDataspace, range: Range) -> None:
        super().__init__(account, ram=REGION_COST)
        self.range = range
        self._regions, self._arrangement, self._dataspace = regions, arrangement, dataspace
        regions[range.start] = self
        dataspace.regions.add(self)

    def _release(self) -> None:
        del self._regions[self.range.start]
        self._arrangement.remove(self.range.start)
        self._dataspace.regions.discard(self)
