"""sequence: what comes next, depending on how a child ended."""

from __future__ import annotations

import pytest
from init.town import PARENT_PROVIDES, ROUTE, Town

from bastide.app.sequence.main import construct as sequence
from bastide.base import Env, milliseconds
from bastide.server.hello_server.main import construct as hello_server
from bastide.session.hello import HelloSession


def work(env: Env) -> None:
    """Say something and exit with a value."""
    env.log("works")
    env.exit(env.config.node.attribute("value", 0))


class WishSession(HelloSession):
    service = "Wish"


def wish(env: Env) -> None:
    WishSession.connect(env).say_hello()


def greet(env: Env) -> None:
    HelloSession.connect(env).say_hello()
    env.exit(0)


CONFIG = PARENT_PROVIDES + ROUTE + """
+ start hello_server | + provides | + service Hello
+ start sequence | ram: 8M | caps: 400
  + config{attributes}
{children}
"""


def town(attributes: str, *children: str) -> Town:
    text = "".join(f"    {line}\n" for child in children for line in child.splitlines())
    programs = {"work": work, "greet": greet, "wish": wish, "hello_server": hello_server, "sequence": sequence}
    return Town(programs, CONFIG.format(attributes=attributes, children=text))


def child(name: str, value: int = 0, binary: str = "work") -> str:
    return f"+ start {name}\n  + binary {binary}\n  + config | value: {value}"


def ran(system: Town) -> list[str]:
    """Names of the children, in the order in which they worked."""
    return [line.partition("]")[0].rpartition(" -> ")[2] for line in system.log if line.endswith("works")]


def result(system: Town) -> str:
    return next(line for line in system.lines("init") if line.startswith('child "sequence" exited'))


@pytest.mark.parametrize(("attributes", "values", "expected", "value"), [
    ("", (0, 0, 0), "abc", 0),
    ("", (0, 7, 0), "ab", 7),
    (" | keep_going: yes", (0, 7, 0), "abc", 0),
    ("", (), "", 0),
    (" | repeat: yes", (0, 0, 3), "abc", 3),
    (" | repeat: yes", (), "", 0),
])
def test_children_run_in_order_until_one_fails(attributes: str, values: tuple[int, ...], expected: str,
                                               value: int) -> None:
    with town(attributes, *map(child, "abc", values)) as system:
        system.run()
        system.machine.advance(milliseconds(200))
        assert "".join(ran(system)) == expected
        assert result(system) == f'child "sequence" exited with exit value {value}'
        assert system.trouble == []


@pytest.mark.parametrize(("attributes", "expected"), [
    (" | repeat: yes", "abcabcabc"), (" | keep_going: yes | restart: yes", "ababababa")])
def test_it_begins_again_if_it_is_told_to(attributes: str, expected: str) -> None:
    values = (0, 7, 0) if "restart" in attributes else (0, 0, 0)
    with town(attributes, *map(child, "abc", values)) as system:
        system.run()
        system.machine.advance(milliseconds(400))
        assert "".join(ran(system)).startswith(expected)


def test_children_reach_whatever_service_the_parent_of_the_sequence_has() -> None:
    with town("", child("a", binary="greet")) as system:
        system.run()
        system.machine.advance(milliseconds(100))
        assert system.lines("init -> hello_server") == ["I am here... Hello."]
        assert result(system) == 'child "sequence" exited with exit value 0'



def test_a_service_that_the_parent_does_not_have_is_denied_by_the_parent() -> None:
    with town("", child("a", binary="wish")) as system:
        system.run()
        system.machine.advance(milliseconds(100))
        assert system.said("[init] Warning: session denied: \"sequence\" asks for service \"Wish\"")
        assert result(system) == 'child "sequence" exited with exit value 1'
