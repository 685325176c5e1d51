"""Raw system calls by name, as an attacker makes them: past Python's checks and past the C library's.

Owns the numbers, on both architectures. The tables of the sandbox itself list just what it allows.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from typing import Any

_X86_64 = platform.machine() == "x86_64"

# name, number on x86_64, on aarch64; -: does not exist there
_CALLS = """
access 21 -|acct 163 89|add_key 248 217|adjtimex 159 171|alarm 37 -|arch_prctl 158 -|bind 49 200|bpf 321 280|brk 12 214
capget 125 90|capset 126 91|chdir 80 49|chmod 90 -|chown 92 -|chroot 161 51|clock_getres 229 114|clock_gettime 228 113
clock_settime 227 112|clone 56 220|clone3 435 435|close_range 436 436|connect 42 203|creat 85 -|dup 32 23|dup2 33 -
dup3 292 24|epoll_create1 291 20|eventfd2 290 19|execve 59 221|execveat 322 281|faccessat 269 48|faccessat2 439 439
fallocate 285 47|fanotify_init 300 262|fchmod 91 52|fchmodat 268 53|fchmodat2 452 452|fchown 93 55|fchownat 260 54
fcntl 72 25|flock 73 32|fork 57 -|fsopen 430 430|ftruncate 77 46|futex 202 98|futex_waitv 449 449|futimesat 261 -
get_robust_list 274 100|getcwd 79 17|getpeername 52 205|getpgid 121 155|getpid 39 172|getppid 110 173
getpriority 140 141|getrlimit 97 163|getsockname 51 204|getsockopt 55 209|init_module 175 105|inotify_init1 294 26
io_setup 206 0|io_uring_setup 425 425|ioctl 16 29|ioperm 173 -|ioprio_set 251 30|kcmp 312 272|kexec_load 246 104
keyctl 250 219|kill 62 129|landlock_create_ruleset 444 444|lchown 94 -|link 86 -|linkat 265 37|listmount 458 458
listxattr 194 11|lstat 6 -|lsm_list_modules 461 461|madvise 28 233|mbind 237 235|memfd_create 319 279
memfd_secret 447 447|mincore 27 232|mkdir 83 -|mkdirat 258 34|mknod 133 -|mknodat 259 33|mlock 149 228|mlock2 325 284
mlockall 151 230|mmap 9 222|modify_ldt 154 -|mount 165 40|move_pages 279 239|mprotect 10 226|mq_open 240 180
mq_unlink 241 181|msgctl 71 187|semctl 66 191|shmctl 31 195
mremap 25 216|mseal 462 462|msgget 68 186|msync 26 227|munmap 11 215
name_to_handle_at 303 264|newfstatat 262 79|open 2 -
open_by_handle_at 304 265|open_tree 428 428|openat 257 56|openat2 437 437|perf_event_open 298 241|personality 135 92
pidfd_getfd 438 438|pidfd_open 434 434|pidfd_send_signal 424 424|pipe 22 -|pipe2 293 59|pivot_root 155 41
pkey_alloc 330 289|pkey_mprotect 329 288|prctl 157 167|preadv2 327 286|prlimit64 302 261|process_madvise 440 440
process_vm_readv 310 270|process_vm_writev 311 271|ptrace 101 117|pwrite64 18 68|pwritev2 328 287|read 0 63
readlink 89 -|readlinkat 267 78|reboot 169 142|recvmmsg 299 243|remap_file_pages 216 234|rename 82 -|renameat 264 38
renameat2 316 276|request_key 249 218|rmdir 84 -|rt_sigqueueinfo 129 138|rt_tgsigqueueinfo 297 240
sched_getaffinity 204 123|sched_setaffinity 203 122|sched_setattr 314 274|sched_setscheduler 144 119|seccomp 317 277
semget 64 190|sendfile 40 71|sendmmsg 307 269|sendmsg 46 211|sendto 44 206|set_mempolicy 238 237
set_robust_list 273 99|set_tid_address 218 96|setgid 106 144|setgroups 116 159|sethostname 170 161|setitimer 38 103
setns 308 268|setpgid 109 154|setpriority 141 140|setresuid 117 147|setrlimit 160 164|setsid 112 157|setsockopt 54 208
setuid 105 146|setxattr 188 5|shmget 29 194|shutdown 48 210|signalfd4 289 74|socket 41 198|socketpair 53 199
splice 275 76|stat 4 -|statfs 137 43|statx 332 291|symlink 88 -|symlinkat 266 36|sysinfo 99 179|syslog 103 116
tee 276 77|tgkill 234 131|timer_create 222 107|timerfd_create 283 85|times 100 153|tkill 200 130|truncate 76 45
umask 95 166|umount2 166 39|uname 63 160|unlink 87 -|unlinkat 263 35|unshare 272 97|userfaultfd 323 282|utime 132 -
fspick 433 433|getxattr 191 8|inotify_add_watch 254 27|lgetxattr 192 9|llistxattr 195 12|lremovexattr 198 15
lsetxattr 189 6|mount_setattr 442 442|move_mount 429 429|quotactl 179 60|removexattr 197 14|swapoff 168 225
swapon 167 224|utimensat 280 88|utimes 235 -|vmsplice 278 75|wait4 61 260|waitid 247 95|write 1 64
"""

NUMBERS = {name: int(x86_64 if _X86_64 else aarch64)
           for name, x86_64, aarch64 in (entry.split() for entry in _CALLS.strip().replace("\n", "|").split("|"))
           if (x86_64 if _X86_64 else aarch64) != "-"}

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def call(name: str, *arguments: Any) -> int:
    """Make the call. Raises OSError. Numbers, bytes, and objects of ctypes are passed; what is missing is 0."""
    return numbered(NUMBERS[name], *arguments)


def numbered(number: int, *arguments: Any) -> int:
    passed = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    result: int = _libc.syscall(ctypes.c_long(number), *passed, *[ctypes.c_long(0)] * (6 - len(passed)))
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def room(size: int = 4096) -> ctypes.Array[ctypes.c_char]:
    """Zeroed memory for the kernel to read or write."""
    return ctypes.create_string_buffer(size)


def filled(layout: str, *values: Any) -> ctypes.Array[ctypes.c_char]:
    """A structure for the kernel to read."""
    content = struct.pack(layout, *values)
    return ctypes.create_string_buffer(content, len(content))


def address(memory: Any) -> int:
    return ctypes.addressof(memory)


def pages(count: int = 1, rights: int = 3, flags: int = 0x22, descriptor: int = -1) -> int:
    """Map memory, private and anonymous unless said otherwise; its address."""
    return call("mmap", 0, 4096 * count, rights, flags, descriptor, 0)
