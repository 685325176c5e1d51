"""Core's side of the zygote: starts it in a sandbox, asks it for components, and ends everything with it.

Owns the zygote's life and the user ids that components get. Knows nothing of what components are or hold.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import resource
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from bastide.kernel.interface import Ending, OutOfMachine
from bastide.kernel.linux import layers, namespaces, newborn, zygote
from bastide.kernel.linux.layers import Isolation, IsolationError, Layer
from bastide.kernel.linux.process import Process

__all__ = ["Isolation", "IsolationError", "Layer", "SpawnError", "Zygote"]

ANSWER_SECONDS = 30.0
STRAY_MILLISECONDS = 500
"""How long a killed process is waited for, before it is looked what keeps it."""

_DESCRIPTORS_PER_PROCESS = 4    # pidfd, cradle, statm, and one for a moment to read the process id

_DESCRIPTORS_OF_NEWBORNS = 4    # standard ones, cradle

_DESCRIPTORS_OF_A_CROWD = 4096

_PID = re.compile(rb"^Pid:\s+(-?\d+)$", re.MULTILINE)

_FOUND_AT_ONCE = {"LD_BIND_NOW": "1"}
"""Functions of libraries are then looked up once, instead of in each component that calls them first."""

# What `threading` does after a fork concerns threads that are no more and locks they held: the zygote has none, and
# components can't fork. Only the random numbers must differ, and the zygote sees to that. So fewer
# pages are written to. `threading.main_thread().native_id` stays the zygote's; no call of a component takes one.
_PROGRAM = ("import os, sys; os.register_at_fork = lambda **hooks: None; sys.path[:0] = sys.argv[2:]; "
            "from bastide.kernel.linux import zygote; zygote.main(int(sys.argv[1]))")


class SpawnError(OutOfMachine):
    """A component, or the zygote itself, could not be started."""


class _Endless(Exception):
    """The rehearsal came to no end."""


class Zygote:
    """Starts components.

    Construct it in a thread that lives as long as core does: when that thread ends, the kernel ends the zygote and all
    components. `entry` and `library_hook` are written 'module:function'. `search` are the folders to import from while
    starting; `preload` is imported before the first component. `library_hook` is called once with `library_fd`, and may
    install a finder for what components import later; it must map what it needs, since the descriptor is closed after
    it. `play` is a module to rehearse a start with (`rehearsal.Play`). `log_fd` becomes descriptor 2 of components and
    of the zygote.
    """

    def __init__(self, entry: str, preload: Sequence[str], search: Sequence[str], library_fd: int | None,
                 options: Isolation, log_fd: int, library_hook: str = "",
                 play: str = "") -> None:
        _check_log(log_fd)
        _make_room_for_descriptors(log_fd)
        if library_fd is not None and not library_hook:
            raise ValueError("a library needs a library_hook that makes it importable")
        self._lock = threading.Lock()
        self._processes: dict[int, Process] = {}
        self._children: tuple[Process, ...] = ()
        self._log_fd = log_fd
        self._search = search
        promised = layers.promised(options)
        layers.check(promised, options)
        self._options = options
        self._uids = range(0)
        self._serial = 0
        self._asked = 0                         # the serial of a process that the zygote is to fork, or 0
        self._ahead: Process | None = None      # that was forked, and not yet told what to be
        config = {"entry": entry, "preload": list(preload), "library_hook": library_hook, "play": play,
                  "options": asdict(options)}
        self.unrehearsed = ""
        """Why components take more memory than they need to, if they do."""
        try:
            refused = self._start_anyhow(config, library_fd)
        except _Endless:
            refused = self._start_anyhow({**config, "play": ""}, library_fd)
            self.unrehearsed = f"the rehearsal of a start took more than {zygote.REHEARSAL_SECONDS} seconds"
        self.layers = (*promised, layers.scope(options), layers.namespace_layer(options, lambda: refused),
                       self._uid_layer, layers.cgroups())
        """What isolates the components of this zygote, and what does not."""
        self._inside = options.user_namespaces and refused is None

    @property
    def pidfd(self) -> int:
        """Readable once the zygote has ended, for epoll."""
        return self._children[0].pidfd

    @property
    def pids(self) -> tuple[int, ...]:
        """Host process ids of the zygote and, if it has one, of its reaper."""
        return tuple(child.pid for child in self._children)

    def ended(self) -> Ending | None:
        """How the zygote ended; None while it serves. Components outlive it, unless core ends."""
        return self._children[0].ended()

    def spawn(self, name: str, descriptors: Sequence[int], payload: bytes, log_fd: int | None = None) -> Process:
        """Run the entry function in a new component, which gets copies of `descriptors` as 3, 4, 5...

        `name` is for the host's process list. `log_fd` replaces the zygote's. Raises SpawnError.
        """
        if log_fd is not None:
            _check_log(log_fd)
        passed = [*([] if log_fd is None else [log_fd]), *descriptors]
        most = min(newborn.DESCRIPTORS, self._options.nofile - _DESCRIPTORS_OF_NEWBORNS)
        if len(passed) > most or len(payload) > newborn.PAYLOAD_BYTES:
            raise SpawnError(f"cannot start {name}: {len(passed)} descriptors and {len(payload)} bytes are to be "
                             f"passed, at most {most} and {newborn.PAYLOAD_BYTES} can be")
        message = newborn.message(name, len(passed), log_fd is not None, payload)
        with self._lock:
            if self.ended() is not None:
                self._discard()
                raise SpawnError(f"cannot start {name}: {self._explain(None)}")
            try:
                for number in passed:       # once there is a newborn, one of its descriptors could have that number
                    fcntl.fcntl(number, fcntl.F_GETFD)
                process = self._newborn(name)
                if not _tell(process, message, passed):     # it was killed while it waited
                    self._discard()
                    process = self._newborn(name)
                    _tell(process, message, passed)         # and should this one be dead, that is how it ended
            except OSError as error:
                raise SpawnError(f"cannot start {name}: {self._explain(error)}") from error
            self._ahead = None
            return process

    def prepare(self) -> None:
        """Have a process forked ahead for the next component. It is asked for, not waited for."""
        with self._lock, suppress(OSError, SpawnError):     # whoever needs one will be told
            if self._children and self._ahead is None and not self._asked:
                self._ask("a component", ahead=True)

    def dismiss(self) -> None:
        """End the process that was forked ahead."""
        with self._lock, suppress(OSError, SpawnError):
            if self._asked:
                self._newborn("the next component")
            self._discard()

    def close(self) -> None:
        """End the zygote and all its components."""
        for process in (*self._children, *self._processes.values()):
            process.kill()
        if self._children:
            self._await(self._children[0])
            self._take_last()
        for process in (*self._processes.values(), *self._children):
            self._await(process)
        self._discard()
        for child in self._children:
            child.close()
        self._children = ()
        self._control.close()
        os.close(self._alive)

    def _newborn(self, name: str) -> Process:
        """The one that was forked ahead, or one forked now; it stays in `_ahead` until it is told what to be."""
        if self._ahead is None:
            try:
                self._reserve()
                if not self._asked:
                    self._ask(name)
                self._ahead = self._answered(name)
            except TimeoutError as error:
                self._children[0].kill()    # its answer, if it came later, would be taken for that to another request
                waited = self._control.gettimeout()
                raise SpawnError(f"cannot start {name}: the zygote did not answer within {waited:g} seconds and was "
                                 "ended; core has to be restarted") from error
            except OSError as error:
                raise SpawnError(f"cannot start {name}: {self._explain(error)}") from error
        return self._ahead

    def _ask(self, name: str, ahead: bool = False) -> None:
        serial = self._free_serial(name)
        uid = 0 if not self._uids else serial if self._inside else self._uids[serial]
        self._control.send(zygote.REQUEST.pack(uid, ahead))
        self._asked = serial

    def _answered(self, name: str) -> Process:
        answer, received, _, _ = socket.recv_fds(self._control, 64, 2, socket.MSG_CMSG_CLOEXEC)
        serial, self._asked = self._asked, 0
        if not answer:
            raise SpawnError(f"cannot start {name}: {self._explain(None)}")
        code = zygote.REPLY.unpack(answer)[0]
        if code or len(received) < 2:
            for number in received:
                os.close(number)
            raise SpawnError(f"cannot start {name}: the zygote could not fork: {os.strerror(code or errno.EMFILE)}")
        return self._adopt(received[0], received[1], serial)

    def _discard(self) -> None:
        if (process := self._ahead) is not None:
            self._ahead = None
            process.kill()
            process.join()
            process.close()

    def _take_last(self) -> None:
        """End also what the zygote forked at last, if we did not wait to be told."""
        if self._asked:
            self._control.settimeout(0)
            with suppress(OSError, SpawnError):
                self._ahead = self._answered("the last one")
                self._ahead.kill()

    def _await(self, process: Process) -> None:
        while not process.ends_within(STRAY_MILLISECONDS):
            self._reap_strays()

    def _reap_strays(self) -> None:
        """Reap components whose pidfd never arrived, for a spawn was torn: R can't end before they are reaped."""
        known = {process.pid for process in (*self._processes.values(), *self._children)}
        for thread in os.listdir("/proc/self/task"):
            for child in Path(f"/proc/self/task/{thread}/children").read_text().split():
                status = Path(f"/proc/{child}/status").read_text()
                within = next(line for line in status.splitlines() if line.startswith("NStgid:"))
                if int(child) not in known and len(within.split()) > 2:     # its ids: here, and in our namespace
                    os.waitpid(int(child), os.WNOHANG)

    def _reserve(self) -> None:
        """Find out now if core has no descriptors left: a component whose pidfd got lost could not be ended."""
        spare = []
        try:
            for _ in range(_DESCRIPTORS_PER_PROCESS):
                spare.append(os.dup(self._alive))
        finally:
            for number in spare:
                os.close(number)

    def _free_serial(self, name: str) -> int:
        for _ in range(layers.UIDS - 1):
            self._serial = self._serial % (layers.UIDS - 1) + 1
            if self._serial not in self._processes and self._serial != self._asked:
                return self._serial
        raise SpawnError(f"cannot start {name}: {layers.UIDS - 1} components live already, and there can be no more")

    def _adopt(self, pidfd: int, cradle: int, serial: int) -> Process:
        def forget() -> None:
            self._processes.pop(serial, None)

        end = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, fileno=cradle)
        process = self._processes[serial] = Process(pidfd, _host_pid(pidfd), forget, end)
        return process

    def _explain(self, error: OSError | None) -> str:
        ending = self.ended()
        if ending is not None:
            return f"the zygote has ended ({ending.fault or f'exit code {ending.code}'}); core has to be restarted"
        if error is not None and error.errno == errno.EBADF:
            return "a descriptor to be passed is not open"
        if error is not None and error.errno == errno.EMFILE:
            return "core has no descriptors left; raise the limit of open files (RLIMIT_NOFILE)"
        if error is not None and error.errno == errno.ETOOMANYREFS:
            return "this user has too many descriptors in flight; raise the limit of open files (RLIMIT_NOFILE)"
        return "the zygote closed its socket" if error is None else str(error)

    def _start_anyhow(self, config: Mapping[str, object], library_fd: int | None) -> OSError | None:
        """With namespaces if possible; the result is why there are none."""
        refused = self._start(config, library_fd, True) if self._options.user_namespaces else None
        if not self._children:
            self._start(config, library_fd, False)
        return refused

    def _start(self, config: Mapping[str, object], library_fd: int | None, inside: bool) -> OSError | None:
        """Start X and wait for Z. The result is why there are no namespaces; without `_children`, try again without."""
        self._uid_layer, self._uids = layers.uids(self._options, inside)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(ANSWER_SECONDS)
        alive, self._alive = os.pipe()
        with theirs:
            program = subprocess.Popen(
                [_interpreter(), "-I", "-S", "-B", "-X", "utf8", "-c", _PROGRAM, str(theirs.fileno()), *self._search],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._log_fd, pass_fds=[theirs.fileno()],
                env=_FOUND_AT_ONCE if config["play"] else {}, cwd="/", start_new_session=True)
        try:
            message = json.dumps({**config, "namespaces": inside, "private_uids": bool(self._uids)}).encode()
            socket.send_fds(self._control, [message], [alive, *([] if library_fd is None else [library_fd])])
            return self._follow(program)
        except BaseException:
            program.kill()
            self.close()
            raise
        finally:
            program.wait()
            os.close(alive)

    def _follow(self, program: subprocess.Popen[bytes]) -> OSError | None:
        """Follow the start message by message."""
        refused, ready = None, False
        while not (ready and self._children):   # X tells of the children, Z that it is ready, in either order
            message, received, _, _ = socket.recv_fds(self._control, zygote.CONFIG_BYTES, 2, socket.MSG_CMSG_CLOEXEC)
            kind, text = message[:1], message[1:].decode(errors="replace")
            if kind == zygote.READY:
                ready, self.unrehearsed = True, text
            elif kind == zygote.STARTED:
                self._children = tuple(Process(pidfd, _host_pid(pidfd)) for pidfd in received)
            elif kind == zygote.MAP_IDS:
                self._control.send(self._map_ids(program.pid))
            elif kind == zygote.NAMESPACES_REFUSED:
                refused = OSError(text)
                self._uid_layer, self._uids = layers.uids(self._options, False)
                self._control.send(zygote.YES if self._uids else zygote.NO)
            elif kind == zygote.NAMESPACES_BROKEN:
                self._control.close()
                os.close(self._alive)
                return OSError(text)
            elif not message and program.wait() == -signal.SIGALRM:
                raise _Endless
            else:
                raise SpawnError(f"the zygote could not start: {text or 'its interpreter ended early, see the log'}")
        return refused

    def _map_ids(self, pid: int) -> bytes:
        try:
            namespaces.map_range(pid, 0, self._uids.start, len(self._uids))
        except OSError as error:
            return str(error).encode()
        return zygote.YES


def _tell(process: Process, message: bytes, descriptors: Sequence[int]) -> bool:
    """Whether there was somebody to be told."""
    assert process.cradle is not None
    try:
        socket.send_fds(process.cradle, [message], descriptors)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def _make_room_for_descriptors(descriptor: int) -> None:
    """The kernel's table of them is doubled when it is full, which takes ten milliseconds once there are threads."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError):             # it can do without
        os.close(fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, min(allowed, _DESCRIPTORS_OF_A_CROWD) - 1))


def _check_log(log_fd: int) -> None:
    """A component could fill a disk through a file, and read what is typed into a terminal."""
    writeable_only = fcntl.fcntl(log_fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY
    if not (stat.S_ISFIFO(os.fstat(log_fd).st_mode) and writeable_only):
        raise ValueError("the log of components must be the write end of a pipe")


def _interpreter() -> str:
    """The program behind virtual environments and version managers' wrappers."""
    return os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)


def _host_pid(pidfd: int) -> int:
    file = os.open(f"/proc/self/fdinfo/{pidfd}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        found = _PID.search(os.read(file, 4096))
    finally:
        os.close(file)
    assert found is not None, "that is what is told of every pidfd"
    return int(found[1])
