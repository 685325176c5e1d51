"""What is found out about a host."""

from __future__ import annotations

from bastide.tool.host import available_memory, descriptors, emulators, interpreters, memory


def test_a_low_limit_of_descriptors_is_told_with_what_it_is_enough_for() -> None:
    low = descriptors(256, 1024)
    assert not low.good
    assert not low.needed
    assert low.text == "1,024 at most (256 to begin with), enough for about 170 components"
    assert "ulimit -Hn" in low.remedy
    assert descriptors(16, 16).needed
    assert descriptors(1024, 1 << 20).good


def test_too_little_memory_stands_in_the_way() -> None:
    tight = memory(10 << 20)
    assert tight.needed
    assert not tight.good
    assert memory(8 << 30).text == "8,192 MiB available, enough for about 2,048 small components"


def test_the_memory_of_this_host_is_known() -> None:
    assert available_memory() > 16 << 20


def test_the_interpreter_that_runs_is_among_those_found() -> None:
    assert next(iter(interpreters())).name == "this one"


def test_emulators_are_named_with_the_package_that_brings_them() -> None:
    found = {finding.name: finding for finding in emulators(lambda name: "/usr/bin/bochs" if name == "bochs" else None)}
    assert found["bochs"].good
    assert found["bochs"].text == "/usr/bin/bochs"
    assert found["qemu-system-aarch64"].remedy == "apt install qemu-system-arm"
