"""What a parent changes in the arguments and the affinity of a session request on its way to the server.

A child cannot leave the place it was given: whatever priority it asks for stays within its band, whatever affinity
within its location, and it cannot claim to manage the system unless its start node says so. All functions are pure:
arguments come and go as `dict[str, str]`, a changed key moves to the end as in every argument string, and warnings
are returned, not printed. This file does not know children, routes, or the syntax of argument strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bastide.base.errors import InsufficientRam
from bastide.base.label import SEPARATOR
from bastide.base.session import Affinity
from bastide.base.value import Bytes

PRIORITY_LIMIT = 1 << 16                # requested priorities are 0 (highest) … 65535
AFFINITY_LIMIT = 1 << 16                # nested spaces multiply: a finer grid than this helps nobody and only grows
PRIORITY_SERVICES = frozenset({"CPU", "VM"})


class Space(NamedTuple):
    """An abstract grid of CPUs."""

    width: int = 1
    height: int = 1


class Location(NamedTuple):
    """A rectangle within a space, in units of the space's grid."""

    xpos: int = 0
    ypos: int = 0
    width: int = 1
    height: int = 1


class Filtered(NamedTuple):
    """Arguments to pass on, and what to tell the user about the change."""

    args: dict[str, str]
    warnings: tuple[str, ...] = ()


def usable_prio_levels(levels: int) -> tuple[int, tuple[str, ...]]:
    """The number of priority bands in effect, 0 for none, with warnings."""
    if levels == 0 or (levels > 0 and levels & (levels - 1) == 0):
        return levels, ()
    return 0, ("prio levels is not power of two, priorities are disabled",)


def usable_priority(name: str, priority: int, prio_levels: int) -> tuple[int, tuple[str, ...]]:
    """The priority of child `name`, 0 or negative, with warnings. `prio_levels` is a usable number of bands."""
    lowest = -(prio_levels - 1) if prio_levels else 0
    if lowest <= priority <= 0:
        return priority, ()
    return lowest, (f"{name}: invalid priority, upgrading from {priority} to {lowest}",)


def filter_priority(args: Mapping[str, str], service: str, priority: int, prio_levels: int) -> Filtered:
    """Move the requested priority into the band of a child whose start node says `priority` (usable, so <= 0)."""
    if service not in PRIORITY_SERVICES or prio_levels == 0:
        return Filtered(dict(args))
    requested = min(max(_number(args.get("priority", "0")), 0), PRIORITY_LIMIT - 1)
    shift = prio_levels.bit_length() - 1
    scaled = requested >> shift
    lost = scaled << shift != requested
    filtered = _set(args, "priority", hex(scaled | -priority * (PRIORITY_LIMIT >> shift)))
    return Filtered(filtered, ("priority band too small, losing least-significant priority bits",) if lost else ())


def filter_managing_system(args: Mapping[str, str], service: str, permitted: bool, environment: bool) -> dict[str, str]:
    """Let only a permitted subsystem say `managing_system`; its own PD (`environment`) says it by definition."""
    if service != "PD" or (permitted and not environment):
        return dict(args)
    if permitted:
        return _set(args, "managing_system", "yes")
    return {key: value for key, value in args.items() if key != "managing_system"}


def prefix_label(args: Mapping[str, str], child: str) -> dict[str, str]:
    """Put the name of the child that asks in front of the label it chose."""
    return _set(args, "label", f"{child}{SEPARATOR}{args.get('label', '')}")


def deduct_session_cost(args: Mapping[str, str], cost: Bytes) -> dict[str, str]:
    """Keep back what the parent spends on the session. Raises InsufficientRam if less was donated."""
    donated = _number(args.get("ram_quota", "0"))
    if donated < cost:
        raise InsufficientRam(f"the session costs its parent {cost} of RAM, but ram_quota is {Bytes(donated)}: "
                              f"donate at least {Bytes(cost - donated)} more")
    return _set(args, "ram_quota", repr(int(donated - cost)))


def child_affinity(name: str, space: Space | None, location: Location | None) -> tuple[Affinity, tuple[str, ...]]:
    """Where child `name` may run, given the configured space and the child's location, with warnings."""
    warnings: tuple[str, ...] = ()
    if space is None and location is not None:
        warnings = (f"affinity-space configuration missing, but affinity defined for child {name}",)
    width, height = (space.width, space.height) if space is not None else (1, 1)
    whole = Affinity(width, height, 0, 0, width, height)
    if location is None:
        return whole, warnings
    affinity = Affinity(width, height, location.xpos, location.ypos, location.width, location.height)
    if not _inside(affinity):
        return whole, (*warnings, f"{name}: affinity location exceeds affinity-space boundary")
    return affinity, warnings


def scale_affinity(child: Affinity, session: Affinity) -> Affinity:
    """The affinity of a session in terms of the parent: the session's own space fills the child's location.

    A session affinity that is absent, reaches beyond its own space, or would need an unreasonably fine grid
    is replaced by the child's: never more than the child may use.
    """
    width, height = child.space_width * session.space_width, child.space_height * session.space_height
    if not _inside(session) or max(width, height) > AFFINITY_LIMIT:
        return child
    return Affinity(width, height,
                    child.xpos * session.space_width + session.xpos * child.width,
                    child.ypos * session.space_height + session.ypos * child.height,
                    session.width * child.width, session.height * child.height)


def _inside(affinity: Affinity) -> bool:
    """Whether the location is a non-empty part of its space."""
    return (affinity.xpos >= 0 and affinity.ypos >= 0 and affinity.width > 0 and affinity.height > 0
            and affinity.xpos + affinity.width <= affinity.space_width
            and affinity.ypos + affinity.height <= affinity.space_height)


def _set(args: Mapping[str, str], key: str, value: str) -> dict[str, str]:
    result = {other: kept for other, kept in args.items() if other != key}
    result[key] = value
    return result


def _number(text: str) -> int:
    """A number in an argument: decimal or 0x hex, with K, M or G. What is no number counts as 0."""
    try:
        return Bytes(text.removeprefix("+"))
    except ValueError:
        return 0
