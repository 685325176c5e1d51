"""Arranges dataspaces in maps. Its name decides what it tries: see the functions."""

from __future__ import annotations

from collections.abc import Callable

from components.contracts import BoardSession

from bastide.base import Attached, Capability, Dataspace, Env, OutOfRam, RamDataspace
from bastide.base.environment import RegionAttr, RmSession
from bastide.base.errors import RegionConflict

PAGE = 4096


def construct(env: Env) -> None:
    PARTS[env.name](env)
    env.exit()


def share(env: Env) -> None:
    """Sees through a map what is in two dataspaces, and the other way round."""
    with RmSession.connect(env) as rm, RamDataspace(env.account, 2 * PAGE) as first, \
            RamDataspace(env.account, PAGE) as second:
        map = rm.create(4 * PAGE).client()
        first.view[PAGE], second.view[0] = 1, 2
        at = [map.attach(first.cap, RegionAttr(offset=PAGE, at=3 * PAGE)).start,
              map.attach(second.cap, RegionAttr(writeable=True)).start]
        env.log("placed", at)
        whole = map.dataspace()
        env.log("whole", whole.client().size(), whole.client().writeable())
        with Attached(env.account, whole) as window:
            window.view[1] = 3
            env.log("found", window.view[3 * PAGE], bytes(window.view[:2]), bytes(second.view[:2]))
            map.detach(3 * PAGE)
            env.log("window keeps", window.view[3 * PAGE])
        env.log("detached", env.kernel.read(whole.handle, 3 * PAGE, 1))
        second.close()
        env.log("freed", env.kernel.read(whole.handle, 0, 2))


def exhaust(env: Env) -> None:
    """Has regions until the session's donation is used up, and donates more. Maps are paid for on demand."""
    with RmSession.connect(env) as rm, RamDataspace(env.account, PAGE) as ram:
        map = rm.create(256 * PAGE).client()
        count = 0
        try:
            while True:
                map.attach(ram.cap, RegionAttr())
                count += 1
        except OutOfRam:
            env.log("short of RAM after some:", count > 10)
        rm.upgrade(ram=256 << 10)
        try:
            while True:
                map.attach(ram.cap, RegionAttr())
                count += 1
        except RegionConflict as error:
            env.log(count, error)
        more = [rm.create(PAGE) for _ in range(20)]
        rm.destroy(more[0])
        env.log("maps", len(set(more)))


def nest(env: Env) -> None:
    with RmSession.connect(env) as rm:
        inner, outer = rm.create(PAGE).client(), rm.create(PAGE).client()
        try:
            outer.attach(inner.dataspace(), RegionAttr())
        except RegionConflict as error:
            env.log(error)


def lend(env: Env) -> None:
    """Puts a map on the board, for another component."""
    rm, ram = RmSession.connect(env), RamDataspace(env.account, PAGE)
    map = rm.create(2 * PAGE).client()
    map.attach(ram.cap, RegionAttr(at=0))
    map.attach(ram.cap, RegionAttr(at=PAGE, writeable=True))
    ram.view[:4] = b"lent"
    BoardSession.connect(env).put("map", map.dataspace())


def borrow(env: Env) -> None:
    found = BoardSession.connect(env).take("map")
    assert found is not None
    cap = Capability[Dataspace](found.handle, Dataspace, env.kernel)
    with Attached(env.account, cap) as window:
        env.log(bytes(window.view[:4]))
        window.view[PAGE + 1] = ord("i")
        env.log(env.kernel.read(cap.handle, 0, 4))


def fault(env: Env) -> None:
    """Has one region of two pages in a map of three."""
    rm, ram = RmSession.connect(env), RamDataspace(env.account, 2 * PAGE)
    map = rm.create(3 * PAGE).client()
    if env.name == "write to a sealed dataspace":
        ram.seal()
    map.attach(ram.cap, RegionAttr(at=0, writeable=env.name != "write to a read-only region"))
    window = Attached(env.account, map.dataspace()).view
    ram.view[0] = window[0] + 1
    env.log("ready")
    if env.name == "use what was freed":
        ram.close()
        env.log(window[0])
    elif env.name == "look into a hole":
        env.log(window[2 * PAGE])
    else:
        window[0] = 1
    env.log("went on")


PARTS: dict[str, Callable[[Env], None]] = {
    "share": share, "exhaust": exhaust, "nest": nest, "lend": lend, "borrow": borrow,
    "write to a read-only region": fault, "write to a sealed dataspace": fault, "look into a hole": fault,
    "use what was freed": fault}
