"""RAM dataspaces and their windows, on every kernel."""

from __future__ import annotations

from booted import Booted


def test_a_dataspace_is_zeroed_shared_by_all_windows_sealed_and_gone_after_closing(boot: Booted) -> None:
    assert boot.run("memory_use", "alone").lines == [
        "8192 8192 False 8192 True", "b'hello' True", "b'jello'", "sealed: True False False", "b'ello'",
        "the view is gone", "read IpcError", "attach IpcError", "size 0 OutOfRam", "size -5 OutOfRam"]


def test_who_holds_a_dataspace_of_another_uses_it_and_can_neither_free_nor_seal_it(boot: Booted) -> None:
    owner = boot.start("memory_use", "owner")
    boot.wait(lambda: owner.saw("shared"))
    assert boot.run("memory_use", "guest").lines == ["b'shared'", "b'SHARED' True"]


def test_a_dataspace_ends_with_the_component_that_paid_for_it(boot: Booted) -> None:
    owner = boot.start("memory_use", "owner")
    boot.wait(lambda: owner.saw("shared"))
    owner.destroy()
    guest = boot.run("memory_use", "guest")
    assert guest.exit_value == 1
    assert any("Error" in line for line in guest.lines)
