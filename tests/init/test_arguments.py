"""What a parent makes of priority, affinity, labels and donations on the way to the server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.base.errors import InsufficientRam
from bastide.base.session import ANYWHERE, Affinity
from bastide.base.value import Bytes
from bastide.init.arguments import (
    AFFINITY_LIMIT,
    Location,
    Space,
    child_affinity,
    deduct_session_cost,
    filter_managing_system,
    filter_priority,
    prefix_label,
    scale_affinity,
    usable_prio_levels,
    usable_priority,
)

LOST_BITS = "priority band too small, losing least-significant priority bits"


# -- priority ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("levels", [0, 1, 2, 16, 65536])
def test_a_power_of_two_is_a_usable_number_of_bands(levels: int) -> None:
    assert usable_prio_levels(levels) == (levels, ())


@pytest.mark.parametrize("levels", [3, 6, -1, -2])
def test_another_number_of_bands_disables_priorities(levels: int) -> None:
    assert usable_prio_levels(levels) == (0, ("prio levels is not power of two, priorities are disabled",))


@pytest.mark.parametrize(("priority", "levels"), [(0, 0), (0, 4), (-1, 4), (-3, 4)])
def test_a_priority_within_the_bands_is_kept(priority: int, levels: int) -> None:
    assert usable_priority("x", priority, levels) == (priority, ())


@pytest.mark.parametrize(("priority", "levels", "used"), [(-4, 4, -3), (-1, 0, 0), (-1, 1, 0), (1, 4, -3), (2, 0, 0)])
def test_a_priority_beyond_the_bands_becomes_the_lowest(priority: int, levels: int, used: int) -> None:
    assert usable_priority("x", priority, levels) == (
        used, (f"x: invalid priority, upgrading from {priority} to {used}",))


@pytest.mark.parametrize("service", ["CPU", "VM"])
def test_the_requested_priority_moves_into_the_band_of_the_child(service: str) -> None:
    filtered = filter_priority({"priority": "0x40", "label": "x"}, service, -1, 2)
    assert filtered.args == {"label": "x", "priority": hex(0x20 | 0x8000)}
    assert filtered.warnings == ()


def test_a_rewritten_priority_is_the_last_argument() -> None:
    assert list(filter_priority({"priority": "1", "label": "x"}, "CPU", 0, 1).args) == ["label", "priority"]


def test_without_a_requested_priority_the_child_gets_the_top_of_its_band() -> None:
    assert filter_priority({}, "CPU", -3, 4).args == {"priority": hex(3 * 0x4000)}


def test_lost_priority_bits_are_reported() -> None:
    filtered = filter_priority({"priority": "5"}, "CPU", 0, 2)
    assert filtered.args == {"priority": "0x2"}
    assert filtered.warnings == (LOST_BITS,)


def test_priorities_of_other_services_are_left_alone() -> None:
    assert filter_priority({"priority": "5"}, "Timer", -1, 2).args == {"priority": "5"}


def test_without_bands_the_priority_is_left_alone() -> None:
    assert filter_priority({"priority": "5"}, "CPU", 0, 0).args == {"priority": "5"}


@pytest.mark.parametrize(("text", "value"), [("-7", 0), ("many", 0), ("", 0), ("9" * 5000, 0), ("99999", 0xffff),
                                             ("1K", 1024), ("0x10", 16), ("+3", 3)])
def test_a_senseless_priority_counts_as_the_nearest_valid_one_or_as_none(text: str, value: int) -> None:
    assert filter_priority({"priority": text}, "CPU", 0, 1).args == {"priority": hex(value)}


@given(st.text(max_size=8) | st.integers(-9, 1 << 20).map(str), st.integers(0, 16), st.data())
def test_no_request_leaves_the_band_of_the_child(text: str, shift: int, data: st.DataObject) -> None:
    band = data.draw(st.integers(0, (1 << shift) - 1))
    size = 65536 >> shift
    value = int(filter_priority({"priority": text}, "VM", -band, 1 << shift).args["priority"], 16)
    assert band * size <= value < (band + 1) * size


# -- managing_system --------------------------------------------------------------------------------------------------

def test_the_environment_pd_of_a_permitted_child_manages_the_system() -> None:
    assert filter_managing_system({}, "PD", True, True) == {"managing_system": "yes"}
    assert filter_managing_system({"managing_system": "no"}, "PD", True, True) == {"managing_system": "yes"}


@pytest.mark.parametrize("args", [{"managing_system": "yes"}, {"managing_system": "no"}, {}])
def test_a_permitted_subsystem_decides_for_its_own_pds(args: dict[str, str]) -> None:
    assert filter_managing_system(args, "PD", True, False) == args


@pytest.mark.parametrize("environment", [True, False])
def test_nobody_else_manages_the_system(environment: bool) -> None:
    assert filter_managing_system({"managing_system": "yes", "label": "x"}, "PD", False, environment) == {"label": "x"}


def test_managing_system_means_nothing_to_other_services() -> None:
    assert filter_managing_system({"managing_system": "yes"}, "CPU", False, False) == {"managing_system": "yes"}


# -- label and costs --------------------------------------------------------------------------------------------------

def test_the_name_of_the_child_is_put_in_front_of_its_label() -> None:
    assert prefix_label({"label": "a -> b", "ram_quota": "1"}, "x") == {"ram_quota": "1", "label": "x -> a -> b"}


def test_an_absent_label_counts_as_empty() -> None:
    assert prefix_label({}, "x") == {"label": "x -> "}


def test_the_cost_of_a_session_is_kept_back() -> None:
    assert deduct_session_cost({"ram_quota": "8K"}, Bytes("2K")) == {"ram_quota": "6144"}
    assert deduct_session_cost({"ram_quota": "2048"}, Bytes("2K")) == {"ram_quota": "0"}


@pytest.mark.parametrize(("donated", "counted", "missing"), [
    ("1K", "1K", "1K"), ("", "0", "2K"), ("-4096", "0", "2K"), ("0x3ff", "1023", "1025")])
def test_a_donation_below_the_cost_is_insufficient(donated: str, counted: str, missing: str) -> None:
    with pytest.raises(InsufficientRam) as refusal:
        deduct_session_cost({"ram_quota": donated}, Bytes("2K"))
    assert str(refusal.value) == (f"the session costs its parent 2K of RAM, but ram_quota is {counted}: "
                                  f"donate at least {missing} more")


# -- affinity ---------------------------------------------------------------------------------------------------------

def test_a_child_without_location_may_use_the_whole_space() -> None:
    assert child_affinity("x", Space(4, 2), None) == (Affinity(4, 2, 0, 0, 4, 2), ())
    assert child_affinity("x", None, None) == (Affinity(1, 1, 0, 0, 1, 1), ())


def test_a_location_within_the_space_is_taken() -> None:
    assert child_affinity("x", Space(4, 2), Location(1, 1, 3, 1)) == (Affinity(4, 2, 1, 1, 3, 1), ())


def test_a_location_without_space_is_reported_and_a_space_of_one_is_used() -> None:
    assert child_affinity("x", None, Location()) == (
        Affinity(1, 1, 0, 0, 1, 1), ("affinity-space configuration missing, but affinity defined for child x",))


@pytest.mark.parametrize("location", [Location(2, 0, 3, 1), Location(0, 2, 1, 1), Location(0, 0, 0, 1),
                                      Location(-1, 0, 1, 1), Location(0, 0, 1, 3)])
def test_a_location_beyond_the_space_is_reported_and_the_whole_space_is_used(location: Location) -> None:
    assert child_affinity("x", Space(4, 2), location) == (
        Affinity(4, 2, 0, 0, 4, 2), ("x: affinity location exceeds affinity-space boundary",))


CHILD = Affinity(4, 1, 2, 0, 2, 1)


def test_a_session_without_affinity_gets_that_of_the_child() -> None:
    assert scale_affinity(CHILD, ANYWHERE) == CHILD


def test_the_space_of_a_session_fills_the_location_of_the_child() -> None:
    # The right half of four CPUs, seen as two: the second of them is the fourth CPU.
    assert scale_affinity(CHILD, Affinity(2, 1, 1, 0, 1, 1)) == Affinity(8, 1, 6, 0, 2, 1)


def test_a_session_that_reaches_beyond_its_own_space_gets_the_affinity_of_the_child() -> None:
    assert scale_affinity(CHILD, Affinity(2, 1, 1, 0, 2, 1)) == CHILD
    assert scale_affinity(CHILD, Affinity(2, 1, -1, 0, 1, 1)) == CHILD


def test_an_unreasonably_fine_grid_is_replaced_by_the_affinity_of_the_child() -> None:
    assert scale_affinity(CHILD, Affinity(AFFINITY_LIMIT, 1, 0, 0, 1, 1)) == CHILD


@st.composite
def affinities(draw: st.DrawFn) -> Affinity:
    width, height = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    xpos, ypos = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return Affinity(width, height, xpos, ypos, draw(st.integers(1, width - xpos)), draw(st.integers(1, height - ypos)))


NUMBERS = st.integers(-3, 70_000)


@given(affinities(), affinities() | st.builds(Affinity, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS))
def test_no_session_leaves_the_location_of_the_child(child: Affinity, session: Affinity) -> None:
    scaled = scale_affinity(child, session)
    # Compared as fractions of the space, without rounding.
    for size, low, extent in (("space_width", "xpos", "width"), ("space_height", "ypos", "height")):
        mine, theirs = getattr(child, size), getattr(scaled, size)
        assert getattr(child, low) * theirs <= getattr(scaled, low) * mine
        end_of_child = getattr(child, low) + getattr(child, extent)
        assert (getattr(scaled, low) + getattr(scaled, extent)) * mine <= end_of_child * theirs
        assert getattr(scaled, extent) > 0
