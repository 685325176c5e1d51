"""Where the attacks of the catalogue are tried: inside a sandbox, next to a neighbour, and outside of any."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from attacks.attack import SUCCEEDS, Attack, World, outcome
from attacks.catalogue import ALL
from attacks.raw import call

from bastide.kernel.linux import control
from bastide.kernel.linux.memory import PAGE, Dataspace
from bastide.kernel.linux.process import Process
from bastide.kernel.linux.spawner import Zygote

QUOTA = 64 << 20
"""Bytes of heap that an attacker may have."""

TESTS = Path(__file__).parents[1]
ENTRY = "attacks.arena:component"


def component(descriptors: list[int], payload: bytes) -> int:
    """Inside: try the attacks that the payload names, and tell how each came out, line by line. Without any: wait."""
    answers, leash, memory, sealed, bell, reply, control_end = descriptors
    order = json.loads(payload)
    os.write(answers, b"\n")
    os.read(leash, 1)
    world = World(memory, sealed, bell, reply, control_end, order["victim"], order["folder"])
    for name in order["attacks"]:
        os.write(answers, json.dumps([name, outcome(ALL[name], world)]).encode() + b"\n")
    return 0


def inside(zygote: Zygote, names: Sequence[str]) -> dict[str, str]:
    """How each attack came out in components of `zygote`. Their neighbour must not have noticed."""
    together = [name for name in names if not ALL[name].deadly]
    alone = [name for name in names if ALL[name].deadly]
    with _folder() as folder:
        neighbour = _Component(zygote, [], 0, folder)
        found: dict[str, str] = {}
        for group in (together, *([name] for name in alone)):
            attacker = _Component(zygote, group, _seen_within(neighbour.process), folder)
            told, fault = attacker.attack()
            found |= told
            found |= {name: fault for name in group if name not in told}
        assert neighbour.attack() == ({}, ""), "the neighbour of the attackers was harmed"
        assert sorted(os.listdir(folder)) == CONTENT and Path(folder, "file").read_bytes() == b"content"
    return found


def outside(names: Sequence[str]) -> dict[str, str]:
    """How each attack comes out without a sandbox. Each is made by a process of its own, with plain descriptors."""
    assert all(ALL[name].outside for name in names), "nobody should do that to a host"
    command = [sys.executable, "-m", "attacks.arena", *names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60,
                          env={"PYTHONPATH": os.pathsep.join((str(TESTS), str(TESTS.parent / "src")))})
    assert done.returncode == 0, done.stderr
    told: dict[str, str] = json.loads(done.stdout)
    return told


class _Component:
    """A component with what it would hold in a real system, made the way core makes it."""

    def __init__(self, zygote: Zygote, attacks: list[str], victim: int, folder: str) -> None:
        self._answers, answers = os.pipe()
        leash, self._leash = os.pipe()
        memory, sealed = Dataspace(PAGE), Dataspace(PAGE)
        sealed.seal()
        self._core, far = control.pair()
        bell, reply = os.pipe(), os.pipe()
        os.set_blocking(bell[1], False)
        given = [answers, leash, memory.descriptor(True), sealed.descriptor(True), bell[1], reply[0], far.detach()]
        self._kept = [*bell[:1], *reply[1:]]
        self._memory = memory, sealed
        order = {"attacks": attacks, "victim": victim, "folder": folder}
        self.process = zygote.spawn("attacker", given, json.dumps(order).encode())
        for descriptor in given:
            os.close(descriptor)
        assert os.read(self._answers, 1) == b"\n"
        self.process.limit_data(self.process.data_bytes() + QUOTA)

    def attack(self) -> tuple[dict[str, str], str]:
        """Let it try: how its attacks came out, and what it died of."""
        os.write(self._leash, b"!")
        with os.fdopen(self._answers) as answers:
            told = dict(json.loads(line) for line in answers)
        fault = self.process.join().fault
        self.process.close()
        for descriptor in (self._leash, *self._kept):
            os.close(descriptor)
        self._core.close()
        for memory in self._memory:
            memory.free()
        return told, fault


def _seen_within(process: Process) -> int:
    """The process id that the neighbours of a process know it by."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("NStgid:")).split()[-1])


CONTENT = ["empty", "file", "link", "program"]


@contextmanager
def _folder() -> Iterator[str]:
    """A folder of the host with which everybody may do everything."""
    folder = Path(tempfile.mkdtemp(prefix="attacked-"))
    try:
        (folder / "file").write_bytes(b"content")
        (folder / "link").symlink_to("file")
        (folder / "empty").mkdir()
        shutil.copy(shutil.which("true") or "/bin/true", folder / "program")
        for path, rights in ((folder, 0o777), (folder / "file", 0o666), (folder / "empty", 0o777)):
            path.chmod(rights)
        yield str(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _alone(attack: Attack, folder: str) -> str:
    """Make an attack in a process of its own, without a sandbox."""
    victim = _forked(lambda: signal.pause())
    attacker = _forked(lambda: _attack(attack, victim, folder))
    code = os.waitstatus_to_exitcode(os.waitpid(attacker, 0)[1])
    with suppress(ProcessLookupError):
        os.kill(victim, signal.SIGKILL)
    os.waitpid(victim, 0)
    if code < 0:
        return signal.Signals(-code).name
    return errno.errorcode.get(code, "no error of the kernel") if code else SUCCEEDS


def _forked(function: object) -> int:
    pid = os.fork()
    if pid == 0:
        code = 255
        try:
            code = function() or 0  # type: ignore[operator]
        finally:
            os._exit(code)
    return pid


def _attack(attack: Attack, victim: int, folder: str) -> int:
    """The errno. Whoever may do so leaves the host's own mounts and names alone."""
    if attack.privileged:
        _leave_the_host()
    memory = os.memfd_create("plain", os.MFD_ALLOW_SEALING)
    os.ftruncate(memory, PAGE)
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    near.send(b"x")
    bell, reply = os.pipe(), os.pipe()
    ring, answer = (os.open(f"/proc/self/fd/{end}", os.O_RDWR | os.O_NONBLOCK) for end in (bell[1], reply[0]))
    for end in (ring, answer):
        os.write(end, b"!")
    found = outcome(attack, World(memory, os.dup(memory), ring, answer, far.fileno(), victim, folder))
    return 0 if found == SUCCEEDS else getattr(errno, found, 254)


def _leave_the_host() -> None:
    """Mounts and the host's name of our own, which end with us."""
    call("unshare", 0x00020000 | 0x04000000)                        # CLONE_NEWNS | CLONE_NEWUTS
    call("mount", None, b"/", None, 0x4000 | 1 << 18, None)         # MS_REC | MS_PRIVATE


if __name__ == "__main__":
    result = {}
    for attack_name in sys.argv[1:]:
        with _folder() as own_folder:
            result[attack_name] = _alone(ALL[attack_name], own_folder)
    print(json.dumps(result))
