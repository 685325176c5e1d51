"""What the tests of the sandbox run inside of it. `entry` does what its payload says, and writes the result as JSON."""

from __future__ import annotations

import ctypes
import importlib.abc
import importlib.util
import json
import mmap
import os
import platform
import random
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

# name, number on x86_64, on aarch64 (-: does not exist), arguments: p the path "/", m a path that does not exist, b a
# zeroed buffer, c AT_FDCWD, n -1, s SIGCHLD, digits are themselves. Missing arguments are -1.
CALLS = """
open 2 - p0|openat 257 56 cp00|openat2 437 437 cpb|creat 85 - m0|stat 4 - pb|lstat 6 - pb|newfstatat 262 79 cpb0
statx 332 291 cp00b|access 21 - p0|faccessat 269 48 cp0|faccessat2 439 439 cp00|readlink 89 - pb1|readlinkat 267 78 cpb1
mkdir 83 - m0|mkdirat 258 34 cm0|rmdir 84 - m|unlink 87 - m|unlinkat 263 35 cm0|rename 82 - mm|renameat 264 38 cmcm
renameat2 316 276 cmcm0|link 86 - mm|linkat 265 37 cmcm0|symlink 88 - pm|symlinkat 266 36 pcm|mknod 133 - m00
mknodat 259 33 cm00|chmod 90 - m0|fchmod 91 52 n0|fchmodat 268 53 cm0|fchmodat2 452 452 cm00|chown 92 - m00
lchown 94 - m00|fchown 93 55 n00|fchownat 260 54 cm000|utime 132 - m0|utimes 235 - m0|utimensat 280 88 cm00
futimesat 261 - cm0|truncate 76 45 m0|ftruncate 77 46 n0|fallocate 285 47 n000|statfs 137 43 pb|fstatfs 138 44 nb
chdir 80 49 p|fchdir 81 50 n|chroot 161 51 p|getcwd 79 17 b9|getdents 78 - nb9|getdents64 217 61 nb9
mount 165 40 mm000|umount2 166 39 m0|pivot_root 155 41 mm|swapon 167 224 m0|swapoff 168 225 m|acct 163 89 m
quotactl 179 60 00m0|name_to_handle_at 303 264 cpbb0|open_by_handle_at 304 265 nb0|open_tree 428 428 cp0
move_mount 429 429 cmcm0|fsopen 430 430 m0|fsmount 432 432 n00|fspick 433 433 cm0|mount_setattr 442 442 cm0b0
setxattr 188 5 mmb00|getxattr 191 8 ppb0|listxattr 194 11 pb0|removexattr 197 14 mm|fgetxattr 193 10 npb0
inotify_init1 294 26 0|inotify_add_watch 254 27 np1|fanotify_init 300 262 00|execve 59 221 m00|execveat 322 281 cm000
socket 41 198 110|socketpair 53 199 110b|bind 49 200 nb0|listen 50 201 n1|accept 43 202 n00|accept4 288 242 n000
connect 42 203 nb0|getsockname 51 204 nbb|getpeername 52 205 nbb|sendto 44 206 nb1000|sendmsg 46 211 nb0
sendmmsg 307 269 nb10|recvmmsg 299 243 nb100|shutdown 48 210 n0|setsockopt 54 208 n11b4|getsockopt 55 209 n11bb
pipe 22 - b|pipe2 293 59 b0|eventfd 284 - 0|eventfd2 290 19 00|epoll_create 213 - 1|epoll_create1 291 20 0
epoll_ctl 233 21 n11b|epoll_wait 232 - nb10|epoll_pwait 281 22 nb100|timerfd_create 283 85 00|signalfd4 289 74 nb80
memfd_create 319 279 p0|memfd_secret 447 447 0|userfaultfd 323 282 1|dup 32 23 0|dup2 33 - 00|dup3 292 24 090
ioctl 16 29 00b|flock 73 32 n0|splice 275 76 n0n010|tee 276 77 nn10|vmsplice 278 75 nb10|sendfile 40 71 nn00
copy_file_range 326 285 n0n010|pwrite64 18 68 nb10|preadv 295 69 nb10|pwritev 296 70 nb10|preadv2 327 286 nb100
pwritev2 328 287 nb100|fsync 74 82 n|syncfs 306 267 n|io_uring_setup 425 425 1b|io_setup 206 0 0b
close_range 436 436 990|fadvise64 221 223 n000|pselect6 270 72 0000b0|select 23 - 0000b
fork 57 -|vfork 58 -|clone 56 220 s0000|clone3 435 435 b9|wait4 61 260 n010|waitid 247 95 00b40|kill 62 129 00
tkill 200 130 00|tgkill 234 131 000|rt_sigqueueinfo 129 138 00n|rt_tgsigqueueinfo 297 240 000b|pidfd_open 434 434 10
pidfd_send_signal 424 424 n000|pidfd_getfd 438 438 n00|process_vm_readv 310 270 1b0b00|process_vm_writev 311 271 1b0b00
process_madvise 440 440 nb000|process_mrelease 448 448 n0|ptrace 101 117 n000|kcmp 312 272 00000|setpgid 109 154 00
getpgid 121 155 0|setsid 112 157|getsid 124 156 0|getppid 110 173|prlimit64 302 261 020b|setrlimit 160 164 nb
getrlimit 97 163 2b|setpriority 141 140 00n|getpriority 140 141 00|sched_setaffinity 203 122 00b|sched_setscheduler
144 119 00b|sched_setparam 142 118 0b|sched_setattr 314 274 0b0|ioprio_set 251 30 n00|personality 135 92 n
unshare 272 97 0|setns 308 268 n0|setuid 105 146 n|setgid 106 144 n|setresuid 117 147 nnn|setgroups 116 159 0b
capset 126 91 bb|capget 125 90 bb|prctl 157 167 30000|seccomp 317 277 20b|landlock_create_ruleset 444 444 001
landlock_restrict_self 446 446 n0|rt_sigpending 127 136 b8|alarm 37 - 0|setitimer 38 103 0b0|timer_create 222 107 00b
times 100 153 b|getrusage 98 165 0b|sysinfo 99 179 b|uname 63 160 b|getgroups 115 158 00|umask 95 166 7
bpf 321 280 nb0|perf_event_open 298 241 bnnnn|keyctl 250 219 0n0|add_key 248 217 mmb00|request_key 249 218 mm00
init_module 175 105 b0p|finit_module 313 273 np0|delete_module 176 106 m0|kexec_load 246 104 0000|syslog 103 116 n00
settimeofday 164 170 bb|clock_settime 227 112 nb|adjtimex 159 171 b|sethostname 170 161 bn|mlockall 151 230 0
mlock 149 228 b1|msync 26 227 010|mincore 27 232 0nb|remap_file_pages 216 234 00000|mbind 237 235 000000
move_pages 279 239 000000|pkey_mprotect 329 288 000n|pkey_alloc 330 289 00|mseal 462 462 00n|shmget 29 194 n10
shmat 30 196 n00|semget 64 190 n00|msgget 68 186 n0|mq_open 240 180 m000|set_tid_address 218 96 b
get_robust_list 274 100 0bb|futex_waitv 449 449 00000
"""

_libc = ctypes.PyDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_SIGCHLD = 17
_COLUMN = {"x86_64": 0, "aarch64": 1}


def entry(descriptors: list[int], payload: bytes) -> int:
    request = json.loads(payload)
    function: Callable[..., Any] = globals()[request.pop("do")]
    result = function(descriptors, **request)
    os.write(descriptors[0], json.dumps(result).encode())
    return int(request.get("code", 0))


def table() -> dict[str, tuple[int, str]]:
    """Number and argument letters of each call that exists on this architecture."""
    result = {}
    column = _COLUMN[platform.machine()]
    for item in CALLS.replace("sched_setscheduler\n", "sched_setscheduler ").strip().replace("\n", "|").split("|"):
        name, *numbers = item.split()
        if numbers[column] != "-":
            result[name] = int(numbers[column]), "".join(numbers[2:])
    return result


_TABLE = table()


def raw(number: int, letters: str) -> int:
    """Make a call; the errno, 0 for success."""
    buffer = ctypes.create_string_buffer(4096)
    values = {"p": ctypes.c_char_p(b"/"), "m": ctypes.c_char_p(b"/bastide-missing/x"), "b": buffer,
              "c": ctypes.c_long(-100), "n": ctypes.c_long(-1), "s": ctypes.c_long(_SIGCHLD)}
    arguments = [values[letter] if letter in values else ctypes.c_long(int(letter)) for letter in letters]
    arguments += [ctypes.c_long(-1)] * (6 - len(arguments))
    ctypes.set_errno(0)
    return ctypes.get_errno() if _libc.syscall(ctypes.c_long(number), *arguments) == -1 else 0


def try_calls(descriptors: list[int]) -> dict[str, int]:
    return {name: raw(*call) for name, call in _TABLE.items()}


def map_memory(descriptors: list[int], prot: int, flags: int) -> int:
    """Errno of mapping a page: of descriptor 4, or anonymous."""
    _libc.mmap.restype = ctypes.c_void_p
    number = -1 if flags & 0x20 else descriptors[1]
    place = _libc.mmap(None, ctypes.c_size_t(4096), prot, flags, number, ctypes.c_long(0))
    return ctypes.get_errno() if place == ctypes.c_void_p(-1).value else 0


def protect_memory(descriptors: list[int], prot: int) -> int:
    page = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE)
    place = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.get_errno() if _libc.mprotect(ctypes.c_void_p(place), ctypes.c_size_t(4096), prot) else 0


def try_python(descriptors: list[int]) -> list[str]:
    """Which exception each attempt to get out ends in."""
    attempts: list[Callable[[], object]] = [
        lambda: os.open("/etc/passwd", os.O_RDONLY), lambda: os.listdir("/"), lambda: os.stat("/"),
        lambda: socket.socket(), socket.socketpair, os.fork, lambda: os.kill(1, 0),
        lambda: os.execv("/bin/true", ["true"]), os.pipe, lambda: os.memfd_create("x"), lambda: mmap.mmap(-1, 4096),
        lambda: os.sched_setaffinity(0, {0})]
    return [_outcome(attempt) for attempt in attempts]


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except Exception as error:
        return type(error).__name__
    return "succeeded"


def restored(descriptors: list[int]) -> list[int]:
    """How many pages there are to be restored, and how many of them are as the image's."""
    from bastide.kernel.linux import image  # this file also runs alone

    image.restore()
    chosen = [(page, original) for page, original in zip(image._chosen.pages, image._chosen.originals, strict=True)
              if page]
    return [len(chosen), sum(not image.differ(page, original, 4096) for page, original in chosen)]


def live(descriptors: list[int]) -> dict[str, object]:
    """What an ordinary program does."""
    answers: list[int] = []
    threads = [threading.Thread(target=answers.append, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shared = mmap.mmap(descriptors[1], 4096)
    shared[:5] = b"hello"
    before = time.monotonic_ns()
    time.sleep(0.000001)
    return {"threads": sorted(answers), "slept": time.monotonic_ns() > before, "random": len(os.urandom(16)),
            "json": json.loads("[1.5]"), "zlib": importlib.util.find_spec("zlib") is not None,
            "thread name": threading.current_thread().name, "id": threading.get_native_id() == os.getpid()}


def import_module(descriptors: list[int], name: str) -> str:
    return _outcome(lambda: __import__(name))


def nest(descriptors: list[int]) -> list[str]:
    """What comes of a deeply nested message, in the main thread and in another one."""
    outcomes: list[str] = []

    def parse() -> None:
        outcomes.append(_outcome(lambda: json.loads("[" * 100_000)))

    thread = threading.Thread(target=parse)
    thread.start()
    thread.join()
    parse()
    return outcomes


def open_descriptors(descriptors: list[int]) -> list[int]:
    """Of a component that is constructed."""
    from bastide.kernel.linux import newborn  # this file also runs alone

    newborn.constructed()
    return [number for number in range(256) if _libc.fcntl(number, 1) != -1]


def random_numbers(descriptors: list[int]) -> list[float]:
    return [random.random() for _ in range(4)]


def identity(descriptors: list[int]) -> list[int]:
    return [os.getuid(), os.geteuid(), os.getgid(), os.getegid()]


def crash(descriptors: list[int]) -> int:
    return ctypes.string_at(0)[0]


def fail(descriptors: list[int]) -> None:
    raise LookupError("nothing to be found")


def leave(descriptors: list[int], status: int) -> None:
    raise SystemExit(status)


def answer(descriptors: list[int], code: int = 0) -> str:
    return "here"


def leave_cradle(descriptors: list[int]) -> str:
    """What comes of writing into it; then core may know that we live."""
    from bastide.kernel.linux import newborn  # this file also runs alone

    try:
        os.write(newborn._cradle, b"x")
        return "written"
    except OSError as error:
        return type(error).__name__
    finally:
        newborn.constructed()


def complain(descriptors: list[int]) -> int:
    return os.write(2, b"a last word\n")


def wait(descriptors: list[int]) -> None:
    """Until whoever holds the other end of descriptor 4 closes it."""
    os.write(descriptors[0], b"ready")
    os.read(descriptors[1], 1)


def allocate(descriptors: list[int], size: int) -> str:
    """Answer, wait for a byte, then take memory and answer again."""
    os.write(descriptors[0], b"ready")
    os.read(descriptors[1], 1)
    taken: list[bytearray] = []
    outcome = _outcome(lambda: taken.append(bytearray(size)))
    os.write(descriptors[0], outcome.encode())
    os.read(descriptors[1], 1)
    return outcome


def writeable_code() -> list[str]:
    with open("/proc/self/maps") as maps:
        return [line for line in maps if "wx" in line.split()[1]]


WRITEABLE_CODE = writeable_code()


def report_writeable_code(descriptors: list[int]) -> list[str]:
    return WRITEABLE_CODE


def make_importable(library: int) -> None:
    """A library hook: the content of the library becomes the module `from_library`."""
    source = os.pread(library, 1 << 16, 0).decode()

    class Finder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
        def find_spec(self, fullname: str, path: object = None, target: object = None) -> Any:
            return importlib.util.spec_from_loader(fullname, self) if fullname == "from_library" else None

        def get_source(self, fullname: str) -> str:
            return source

    sys.meta_path.append(Finder())


def outside() -> None:
    """Make the same calls without a sandbox, each in a process of its own, and print the errnos."""
    result = {}
    for name, call in _TABLE.items():
        if name in ("fork", "vfork", "clone"):      # that is what we do here anyway
            continue
        child = os.fork()
        if child == 0:
            os._exit(min(raw(*call), 255))
        result[name] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps(result))


if __name__ == "__main__":
    outside()
