"""The zygote: a clean interpreter in an empty world, from which every component is forked.

Components must not inherit core's memory, and must not pay for starting an interpreter. So core starts this program
once. It loads what components need, and then becomes up to three processes, all of them children of core:

    X  the program as started. Loads modules, rehearses the start of a component (`rehearsal.py`), enters new
       namespaces, makes the other two, and is gone.
    R  process 1 of the new PID namespace. When it ends, the kernel ends everybody within, so it ends with core: when
       its pipe from core closes, or by the parent-death signal. It takes no other part; a process 1 could not fork
       children for core. Without a PID namespace there is no R.
    Z  the zygote proper. Makes its memory an image (`image.py`), and serves one kind of request: fork a process for a
       component.

A component is a child of core too (CLONE_PARENT), so that core waits for it without asking anybody. What it is to be,
core tells it (`newborn.py`). No foreign code runs in the processes of this file.

This file owns both sides' message formats.
"""

from __future__ import annotations

import errno
import gc
import importlib
import json
import os
import posix
import signal
import socket
import struct
import sys
import threading
import traceback
from array import array
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from os import close
from typing import Any, NamedTuple, NoReturn

from bastide.kernel.linux import image, namespaces, newborn, pools, privileges, rehearsal, seccomp, stack, traces
from bastide.kernel.linux.fork import Fork
from bastide.kernel.linux.layers import Isolation
from bastide.kernel.linux.newborn import Entry, Newborn, cradle
from bastide.kernel.linux.syscall import prepared
from bastide.kernel.linux.traces import Learnt

# X to core while starting: one byte, then text, or descriptors beside it
NAMESPACES_REFUSED = b"N"   # text: why. Goes on without; core answers YES or NO: private user ids nevertheless?
NAMESPACES_BROKEN = b"B"    # text: why. Gives up; core may start another one without
MAP_IDS = b"M"              # core maps a range of ids and answers YES, or why not
STARTED = b"S"              # pidfds of Z and, if there is one, R
READY = b"R"                # from Z; text: why components share less memory than they could, if so
FAILED = b"F"               # text: why. Gives up

YES, NO = b"Y", b"N"

REQUEST = struct.Struct("=I?")
"""User id to take, 0: none. Whether nobody waits for it yet."""
REPLY = struct.Struct("=i")
"""Errno; 0: beside it lie a pidfd and core's end of the newborn's cradle."""
_FORKED = REPLY.pack(0)

CONFIG_BYTES = 1 << 17
REHEARSAL_SECONDS = 2
"""Then X ends by SIGALRM, and core may start another one without a play. It takes some hundredth of that."""
NOBODY = 65534

# plain ints: those of `socket` are enums, whose operators are Python
_RIGHTS = int(socket.SOL_SOCKET), int(socket.SCM_RIGHTS)

# stacks count as memory of the component; CPython 3.12 and 3.13 count recursion in C without regard to the stack's size
THREAD_STACK_BYTES = 2 << 20 if (3, 12) <= sys.version_info < (3, 14) else 1 << 18
THREADS_OF_ONE_COMPONENT = 128
THREADS_OF_ALL_COMPONENTS = 4096

# Extension modules that must be loaded now, since components cannot map code, and modules that most programs use. What
# this interpreter was built without is left out.
STANDARD = (
    "_bisect", "_blake2", "_contextvars", "_csv", "_datetime", "_heapq", "_json", "_md5", "_opcode", "_pickle",
    "_queue", "_random", "_sha1", "_sha2", "_sha256", "_sha3", "_sha512", "_socket", "_statistics", "_struct",
    "_zoneinfo", "array", "binascii", "cmath", "fcntl", "math", "mmap", "select", "unicodedata", "zlib", "abc",
    "base64", "bisect", "codecs", "collections.abc", "contextlib", "copy", "dataclasses", "datetime", "enum",
    "functools", "heapq", "inspect", "io", "itertools", "json", "linecache", "operator", "random", "re", "selectors",
    "string", "struct", "textwrap", "threading", "time", "traceback", "types", "typing", "weakref", "_decimal",
    "_bz2", "_lzma", "pyexpat", "_elementtree",
)
ENCODINGS = ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-le", "utf-32", "unicode_escape", "raw_unicode_escape",
             "cp437")


def main(control_number: int) -> NoReturn:
    """X: what core runs. `control_number` is the descriptor of a SOCK_SEQPACKET socket, connected to core."""
    control = socket.socket(fileno=control_number)
    try:
        _start(control)
    except BaseException:
        with suppress(OSError):
            control.send(FAILED + traceback.format_exc().encode()[-CONFIG_BYTES:])
    finally:
        os._exit(1)


class _World(NamedTuple):
    """What Z needs to know of how things came out."""

    options: Isolation
    private_uids: bool
    namespaces: bool
    threads: int
    """How many there were on the host when we started."""
    proc: int                   # the folder /proc
    learnt: Learnt | None
    unrehearsed: str            # why nothing was learnt, if something should have been


def _start(control: socket.socket) -> None:
    privileges.die_with_parent()        # until our ids change: core may end while we rehearse
    message, descriptors, _, _ = socket.recv_fds(control, CONFIG_BYTES, 2, socket.MSG_CMSG_CLOEXEC)
    config = json.loads(message)
    options = Isolation(**config["options"])
    alive = descriptors[0]
    os.environ.clear()
    os.register_at_fork = posix.register_at_fork    # see `spawner._PROGRAM`
    _preload(config["preload"])
    entry: Entry = _function(config["entry"])
    if len(descriptors) > 1:
        _function(config["library_hook"])(descriptors[1])
        os.close(descriptors[1])
    component = Newborn(entry, options)
    gc.disable()
    proc, learnt, unrehearsed = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), None, ""
    try:
        if config["play"]:
            learnt = _rehearse(config["play"], proc, component, NOBODY if config["private_uids"] else 0)
    except OSError as error:    # components take more memory, and that is all
        unrehearsed = str(error)
    _forget_paths()

    threads = privileges.threads_of_host()
    privileges.plain_personality()
    stack.make_ordinary()
    inside, private_uids = False, config["private_uids"]
    if config["namespaces"]:
        inside, private_uids = _enter_namespaces(control, private_uids)
    if not inside:
        os.chdir("/")
    os.umask(0o077)
    threading.stack_size(THREAD_STACK_BYTES)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)

    fork = Fork()
    gc.collect()
    pools.leave_no_room()
    gc.freeze()     # else the first collection in each process would copy all that we share

    made = []
    if inside:
        pid, pidfd = fork()
        if pid == 0:
            _reap(alive, options)
        made.append(pidfd)
    pid, pidfd = fork()
    if pid == 0:
        os.close(alive)
        for other in made:
            os.close(other)
        _serve(control, fork, component, _World(options, private_uids, inside, threads, proc, learnt,
                                                unrehearsed))
    socket.send_fds(control, [STARTED], [pidfd, *made])
    os._exit(0)


def _rehearse(play: str, proc: int, component: Newborn, uid: int) -> Learnt:
    """Before there are namespaces: in them, X could make no child but process 1."""
    fork, component.parent = Fork(sibling=False), os.getpid()

    def begin(payload: bytes, descriptors: list[int], run: Entry) -> int:
        near, far = newborn.cradle()
        with closing(near), closing(far):
            pid, pidfd = fork()
            if pid == 0:
                privileges.no_new_privs()
                component.live(uid, far.fileno(), (_own("pagemap", proc),), run)
            os.close(pidfd)
            near.sendmsg((newborn.message("scout", len(descriptors), False, payload),),
                         ((*_RIGHTS, array("i", descriptors)),))
        return pid

    performed, maps = importlib.import_module(play), _own("maps", proc)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, REHEARSAL_SECONDS)
    try:
        return rehearsal.rehearse(performed, maps, begin)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _own(name: str, proc: int) -> int:
    """A descriptor of a file about this process."""
    return os.open(f"self/{name}", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)


def _preload(modules: Sequence[str]) -> None:
    for name in STANDARD:
        with suppress(ModuleNotFoundError):
            importlib.import_module(name)
    gc.collect()
    pools.leave_no_room()
    for name in modules:
        importlib.import_module(name)
    for encoding in ENCODINGS:
        "".encode(encoding)


def _function(name: str) -> Callable[..., Any]:
    module, _, attribute = name.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return function


def _forget_paths() -> None:
    """No import looks at the file system any more. Built-in and frozen modules stay, and what a library hook added."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if getattr(finder, "__name__", "") != "PathFinder"]
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()
    sys.path.clear()
    sys.argv[:] = [""]


def _enter_namespaces(control: socket.socket, private_uids: bool) -> tuple[bool, bool]:
    """Whether we are in namespaces now, and whether components get user ids of their own."""
    uid, gid = os.getuid(), os.getgid()
    try:
        namespaces.unshare()
    except OSError as error:
        control.send(NAMESPACES_REFUSED + str(error.strerror).encode())
        return False, control.recv(1) == YES
    try:
        if private_uids:
            control.send(MAP_IDS)
            if problem := control.recv(CONFIG_BYTES).removeprefix(YES):
                raise OSError(errno.EPERM, problem.decode())
            privileges.become(0)
        else:
            namespaces.map_own_id(1, uid, gid)
        namespaces.empty_root()
    except OSError as error:
        control.send(NAMESPACES_BROKEN + str(error.strerror).encode())
        os._exit(1)
    return True, private_uids


def _reap(alive: int, options: Isolation) -> NoReturn:
    """R. Orphans are nobody's business, so the kernel may forget them at once."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        newborn.arrange([alive], prepared("close_range"))
        newborn.renounce(b"bastide-reaper", options, ())
        seccomp.install(seccomp.encode(seccomp.program(newborn.architecture())))
        while os.read(newborn.FIRST_DESCRIPTOR, 1):
            pass
    finally:
        os._exit(0)


def _serve(control: socket.socket, fork: Fork, component: Newborn, world: _World) -> NoReturn:
    """Z: fork components until core is gone."""
    try:
        capabilities = (privileges.CAP_SETGID, privileges.CAP_SETUID) if world.private_uids else ()
        privileges.dumpable()
        maps, pagemap = (_own(name, world.proc) for name in ("maps", "pagemap"))
        os.close(world.proc)
        newborn.renounce(b"bastide-zygote", world.options, capabilities)
        threads = (THREADS_OF_ONE_COMPONENT if world.private_uids
                   else THREADS_OF_ALL_COMPONENTS if world.namespaces
                   else THREADS_OF_ALL_COMPONENTS + world.threads)      # those of the user that core has, too
        unrehearsed = world.unrehearsed
        try:
            if world.learnt is not None:
                traces.adopt(world.learnt, maps, pagemap)
        except (OSError, AttributeError) as error:
            unrehearsed = str(error)
        # components inherit them; setting them in each would take a tenth of its start
        privileges.limit_resources(world.options.nofile, world.options.address_space, threads)
        component.parent = os.getppid()     # 0 if core is outside of our PID namespace
        control.send(READY + unrehearsed.encode())
        while _serve_one(control, fork, component):
            pass
    except BaseException:
        with suppress(OSError):
            control.send(FAILED + traceback.format_exc().encode()[-CONFIG_BYTES:])
    finally:
        os._exit(0)


def _serve_one(control: socket.socket, fork: Fork, component: Newborn) -> bool:
    """What is written to here, between two forks, becomes each component's own memory. So it is the bare minimum."""
    request = control.recv(REQUEST.size)
    if not request:
        return False
    try:
        near, far = cradle()
        try:
            pid, pidfd = fork()
            if pid == 0:
                uid, ahead = REQUEST.unpack(request)
                if ahead:
                    image.bring()
                component.live(uid, far.fileno())
            control.sendmsg((_FORKED,), ((*_RIGHTS, array("i", (pidfd, near.fileno()))),))
            close(pidfd)
        finally:
            near.close()
            far.close()
    except OSError as error:
        control.send(REPLY.pack(error.errno))
    return True
