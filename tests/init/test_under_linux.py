"""init on the Linux port: scenarios of real components, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bastide.tool.checkout import CHECKOUT

SECONDS = 60
"""Until a run that hangs is a failure."""

HEAD = """runtime | ram: 64M | caps: 2000 | binary: init
+ content
  + rom init
  + rom under_init
  + rom hello_server
  + rom hello_client
  + rom report_rom
+ config
"""

PROVIDES = """
+ parent-provides
  + service ROM
  + service CPU
  + service PD
  + service LOG
+ default | ram: 4M | caps: 100
+ default-route
  + any-service
    + parent
    + any-child
"""


def start(name: str, provides: str = "") -> str:
    """A child that plays the part of its name."""
    return f"+ start {name}\n  + binary under_init\n" + f"  + provides | + service {provides}\n" * bool(provides)


def run(folder: Path, config: str, succeed: str, head: str = HEAD) -> str:
    """The log of a scenario, which has to succeed."""
    indented = "".join(f"  {line}\n" for line in (PROVIDES + config).splitlines() if line)
    criteria = "".join(f"  : {line}\n" for line in succeed.splitlines())
    path = folder / "runtime"
    path.write_text(f"{head}{indented}+ succeed\n{criteria}+ fail | after_seconds: 20\n-\n")
    done = subprocess.run([sys.executable, "-m", "bastide.tool.main", "run", str(path)], cwd=CHECKOUT / "src",
                          capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_request_that_a_server_cannot_answer_yet_stays_until_it_can(tmp_path: Path) -> None:
    log = run(tmp_path, start("hesitant", "Hello") + start("door") + start("key"), "[door] 2 + 5 = 7")
    said = [line.removeprefix("[init -> hesitant] ") for line in log.splitlines() if "[init -> hesitant]" in line]
    assert sorted(said[:2]) == ["door is asked for", "key is asked for"]
    assert said[2:] == ["key is given", "door is given"]


@pytest.mark.parametrize(("server", "end"), [
    ("exiting", 'child "exiting" exited with exit value 0'), ("faulting", 'child "faulting" faulted: SIGSEGV')])
def test_a_client_that_waits_for_a_server_that_ends_gets_an_error_and_goes_on(
        tmp_path: Path, server: str, end: str) -> None:
    log = run(tmp_path, start(server, "Hello") + start("caller"), '[caller] going on\nchild "caller" exited')
    assert "[init -> caller] IpcError\n" in log
    assert end in log


def test_requests_cross_two_levels_of_nested_inits(tmp_path: Path) -> None:
    provides = PROVIDES.replace("service LOG", "service LOG\n  + service Hello")

    def nested(name: str, ram: str, config: str) -> str:
        inner = "".join(f"    {line}\n" for line in (provides + config).splitlines() if line)
        return f"+ start {name} | ram: {ram} | caps: 600\n  + binary init\n  + config\n{inner}"

    inner = nested("inner", "16M", "+ start hello_client\n")
    log = run(tmp_path, "+ start hello_server\n  + provides | + service Hello\n" + nested("outer", "32M", inner),
              "[outer -> inner -> hello_client] 2 + 5 = 7\n"
              '[outer -> inner] child "hello_client" exited with exit value 0')
    assert "[init -> hello_server] I am here... Hello.\n" in log


def test_a_second_entrypoint_is_served_while_the_first_one_is_busy(tmp_path: Path) -> None:
    run(tmp_path, start("desk", "Desk") + start("visitor"), "[visitor] through")


def test_a_domain_that_a_component_serves_its_own_child_is_watched_and_works(tmp_path: Path) -> None:
    log = run(tmp_path, start("watchful").replace("watchful", "watchful | ram: 8M | caps: 400"),
              '[watchful -> eater] ate 307200\n[watchful] child "eater" exited with exit value 0')
    assert "[init -> watchful] eater takes 307200\n" in log


def test_a_child_that_waits_for_resources_says_so_and_its_parent_too(tmp_path: Path) -> None:
    log = run(tmp_path, start("poor"), 'child "poor" requests resources: ram_quota=8392704, cap_quota=0')
    assert "[init -> poor] Warning: waiting for resources of the parent: ram_quota=8392704, cap_quota=0\n" in log
    assert "got it" not in log


def test_an_init_that_starts_many_children_at_once_reports_them(tmp_path: Path) -> None:
    children = "".join(f"+ start idle-{number}\n  + binary hello_server\n  + provides | + service Hello\n"
                       for number in range(30))
    whole = "+ report | delay_ms: 1 | buffer: 16K\n" + PROVIDES + children
    inner = "".join(f"    {line}\n" for line in whole.splitlines() if line)
    log = run(tmp_path, f"""
+ start report_rom
  + provides | + service Report
  + config | verbose: yes
+ start inner | ram: 128M | caps: 4000
  + binary init
  + config
{inner}""", "[report_rom]   + child idle-29 | binary: hello_server",
              HEAD.replace("ram: 64M | caps: 2000", "ram: 256M | caps: 8000"))
    assert "a call failed" not in log
