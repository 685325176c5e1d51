"""Boot modules that change while they are read."""

from __future__ import annotations

from init.town import PARENT_PROVIDES, ROUTE, Program, Town

from bastide.base import Env, Rom, SignalHandler
from bastide.base.environment import RomSession

READER = PARENT_PROVIDES + ROUTE + "+ start reader\n"


def follow(env: Env) -> object:
    """Logs the content of a module, now and whenever it changes."""
    rom = Rom(env, "words")

    def show() -> None:
        rom.update()
        env.log(rom.text.decode())

    handler = SignalHandler(env, show)
    rom.sigh(handler.cap)
    show()
    return rom, handler


def town(program: Program = follow) -> Town:
    made = Town({"reader": program}, READER)
    made.files["words"] = b"one"
    made.run()
    return made


def test_readers_are_told_of_a_new_content() -> None:
    with town() as system:
        system.system.change_module("words", b"two")
        system.run()
        assert system.lines("init -> reader") == ["one", "two"]
        system.system.change_module("words", b"a" * 5000 + b"\0")
        assert system.run()[-1].endswith("aaa")
        assert system.trouble == []


def test_what_was_attached_before_stays_as_it_was() -> None:
    def hold(env: Env) -> object:
        rom = Rom(env, "words")

        def compare() -> None:
            before = rom.text
            rom.update()
            env.log(f"{before.decode()} {rom.text.decode()}")

        handler = SignalHandler(env, compare)
        rom.sigh(handler.cap)
        return rom, handler

    with town(hold) as system:
        system.system.change_module("words", b"two")
        assert system.run()[-1] == "[init -> reader] one two"


def test_a_content_that_nobody_reads_any_more_is_freed() -> None:
    with town() as system:
        system.system.change_module("words", b"0")
        system.run()
        before = system.machine.identities
        for number in range(1, 6):
            system.system.change_module("words", b"%d" % number)
            system.run()
        assert system.machine.identities == before
        assert system.lines("init -> reader") == ["one", "0", "1", "2", "3", "4", "5"]


def test_a_reader_that_is_late_is_told_when_it_registers() -> None:
    def late(env: Env) -> object:
        session = RomSession.connect(env, "words")
        kept = session.dataspace()
        handler = SignalHandler(env, lambda: env.log("changed"))
        start = SignalHandler(env, lambda: session.sigh(handler.cap))
        strings.append(start)
        return session, kept, handler

    strings: list[SignalHandler] = []
    with town(late) as system:
        system.system.change_module("words", b"two")
        system.run()
        assert not system.said("changed")
        strings[0].submit()
        system.run()
        assert system.lines("init -> reader") == ["changed"]


def test_a_change_of_a_module_that_nobody_asked_for_is_what_the_first_reader_sees() -> None:
    with Town({"reader": follow}, READER) as system:
        system.system.change_module("words", b"new")
        system.run()
        assert system.lines("init -> reader") == ["new"]


def test_whoever_changes_a_module_learns_when_all_have_taken_it_over() -> None:
    with town() as system:
        taken: list[str] = []
        system.system.change_module("words", b"two", lambda: taken.append("two"))
        assert taken == []
        system.run()
        assert taken == ["two"]
        system.system.change_module("unread", b"new", lambda: taken.append("unread"))
        assert taken == ["two", "unread"]
