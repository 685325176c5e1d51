"""test_log: writes what a LOG service has to cope with: warnings, errors, several lines at once, long lines."""

from bastide.base import Env


def construct(env: Env) -> None:
    env.log(f"decimal {42}, hexadecimal {42:#x}, padded {42:#06x}, negative {-7}")
    env.log("quoted 'a -> b', accented Grüße")
    env.log.warning("a warning looks like this")
    env.log.error("an error looks like this")
    env.log("first of two lines\nsecond of two lines")
    env.log("long line:", *range(100), "end of the long line")
    env.log("an escape \x1b[2J that must not clear the screen")
    env.log("Test done.")
    env.exit()
