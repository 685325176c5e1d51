"""The rulesets of each ABI version, and that the newest one this kernel knows denies files."""

from __future__ import annotations

import errno
import os
import struct

import pytest

from bastide.kernel.linux import landlock, privileges


@pytest.mark.parametrize(("version", "words"), [
    (1, (0x1FFF,)),
    (2, (0x3FFF,)),
    (3, (0x7FFF,)),
    (4, (0x7FFF, 3)),
    (5, (0xFFFF, 3)),
    (6, (0xFFFF, 3, 3)),
    (7, (0xFFFF, 3, 3)),
    (12, (0xFFFF, 3, 3)),
])
def test_each_abi_gives_up_all_that_it_knows(version: int, words: tuple[int, ...]) -> None:
    assert landlock.ruleset(version) == struct.pack(f"={len(words)}Q", *words)


def test_scoping_can_be_left_out() -> None:
    assert landlock.ruleset(7, scope=False) == struct.pack("=QQ", 0xFFFF, 3)


def test_no_file_can_be_opened_afterwards() -> None:
    child = os.fork()
    if child == 0:
        code = 255
        try:
            privileges.no_new_privs()
            landlock.deny_all(landlock.ruleset(landlock.abi()))
            os.listdir("/")
        except OSError as error:
            code = error.errno or 254
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == errno.EACCES
