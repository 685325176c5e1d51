"""ROM modules as content that changes, on every kernel."""

from __future__ import annotations

from booted import Booted, ChangingRom


def test_content_is_read_in_place_padded_and_read_only_and_costs_nothing_afterwards(boot: Booted) -> None:
    ChangingRom(boot, "state", b'<state size="3"/>')
    *lines, denied = boot.run("roms", "read").lines
    assert lines == ["4096 True b'<state size=\"3\"/>' 3", "True 0"]
    assert "nowhere/else" in denied


def test_whoever_watches_sees_each_change_and_keeps_what_he_had_when_it_is_none(boot: Booted) -> None:
    rom = ChangingRom(boot, "state", b'<state size="1"/>')
    child = boot.start("roms", "watch")
    boot.wait(lambda: child.saw("watching"))
    rom.change(b'<state size="2"/>')
    boot.wait(lambda: child.saw("size 2"))
    rom.change(b'<state size=')
    boot.wait(lambda: child.lines[-1].endswith("keeping the previous content of 'state'"))
    rom.change(None)
    boot.wait(lambda: child.saw("size -1"))
    rom.change(b'<state size="4"/>')
    boot.wait(lambda: child.saw("size 4"))
    assert [line for line in child.lines if line.startswith("size")] == ["size 1", "size 2", "size -1", "size 4"]


def test_the_first_content_is_the_callers_to_handle(boot: Booted) -> None:
    ChangingRom(boot, "state", b"<broken")
    assert boot.run("roms", "strict").lines == ["refused at first"]


def test_who_follows_what_others_write_begins_with_anything(boot: Booted) -> None:
    rom = ChangingRom(boot, "state", b"<broken")
    child = boot.start("roms", "tolerant")
    boot.wait(lambda: child.saw("following"))
    assert child.lines[0].endswith("keeping the previous content of 'state'")
    rom.change(b'<state size="2"/>')
    boot.wait(lambda: child.saw("size 2"))


def test_content_that_its_server_took_back_can_not_be_had_and_no_more(boot: Booted) -> None:
    rom = ChangingRom(boot, "state", b'<state size="1"/>')
    child = boot.start("roms", "late")
    boot.wait(lambda: child.saw("opened"))
    rom.take_back()
    rom.change(b'<state size="2"/>')
    boot.wait(lambda: child.lines[1:])
    assert child.lines[1].startswith("state: its content can't be had: ")


def test_a_copy_harms_nobody_although_the_content_was_mapped_when_its_server_took_it_back(boot: Booted) -> None:
    rom = ChangingRom(boot, "state", b'<state size="1"/>')
    child = boot.start("roms", "careful")
    boot.wait(lambda: child.saw("opened 4096"))
    rom.take_back()
    rom.change(b'<state size="2"/>')
    boot.wait(lambda: child.lines[1:] or child.ended)
    assert child.lines[1].startswith("IpcError: ")
