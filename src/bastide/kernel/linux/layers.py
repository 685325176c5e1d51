"""Which layers of isolation this host can provide, and what stands in the way of those it cannot.

Owns the words that `doctor` and the start-up check print. Knows how to ask the kernel, not how components are started.

seccomp, Landlock, no_new_privs and resource limits are promised: without them nothing starts, unless whoever boots
allows it by name (seccomp cannot be waived). Namespaces, private user ids, Landlock's scoping and cgroups are further
walls that some hosts do not allow; their absence is reported.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from bastide.kernel.linux import landlock, namespaces, privileges, seccomp
from bastide.kernel.linux.syscall import ARCHITECTURES, native


@dataclass(frozen=True)
class Isolation:
    """What whoever boots asks of the sandbox. Components have no say in it."""

    user_namespaces: bool = True
    """Use namespaces of every kind if the host allows them; False: none at all."""
    landlock: bool = True
    landlock_scope: bool = True
    private_uids: bool = True
    """As root, give each component a user id of its own."""
    profile: str = "default"
    nofile: int = 4096
    address_space: int = 16 << 30
    """Bytes that a component may map altogether."""
    allow_missing: bool = False
    """Start although a promised layer, other than seccomp, is missing."""

    def __post_init__(self) -> None:
        if self.profile not in seccomp.PROFILES:
            raise ValueError(
                f"unknown isolation profile {self.profile!r}: the profiles are {', '.join(seccomp.PROFILES)}")


class Layer(NamedTuple):
    """One layer of isolation: is it active, if not: why, and what would help."""

    name: str
    active: bool
    reason: str = ""
    remedy: str = ""
    promised: bool = False
    """Nothing starts without it."""


class IsolationError(Exception):
    """A promised layer cannot be had. Names the layer, the reason and the remedy."""

    def __init__(self, layer: Layer) -> None:
        super().__init__(f"cannot isolate components: {layer.name} is not available: {layer.reason}; {layer.remedy}")
        self.layer = layer


def detect(options: Isolation) -> tuple[Layer, ...]:
    """All layers, as components started now would get them. Tries namespaces in a process of their own."""
    inside = namespace_layer(options, _try_namespaces)
    return (*promised(options), scope(options), inside, uids(options, inside.active)[0], cgroups())


def check(layers: tuple[Layer, ...], options: Isolation) -> None:
    """Raise IsolationError if a promised layer is missing and was not waived."""
    for layer in layers:
        waived = options.allow_missing and layer.name != "seccomp"
        if layer.promised and not layer.active and not waived:
            raise IsolationError(layer)


def promised(options: Isolation) -> tuple[Layer, ...]:
    return (_seccomp(), _landlock(options), Layer("no_new_privs", True, promised=True),
            Layer("resource limits", True, promised=True))


def _seccomp() -> Layer:
    if native() is None:
        return Layer("seccomp", False, f"no filter is known for the architecture {os.uname().machine}",
                     f"run on {' or '.join(ARCHITECTURES)}", promised=True)
    try:
        seccomp.available()
    except OSError as error:
        return Layer("seccomp", False, f"the kernel refuses filters ({error.strerror})",
                     "use a kernel with CONFIG_SECCOMP_FILTER, 5.13 or newer", promised=True)
    return Layer("seccomp", True, promised=True)


def _landlock(options: Isolation) -> Layer:
    if not options.landlock:
        return Layer("Landlock", False, "switched off by whoever boots", "remove that option")
    try:
        version = landlock.abi()
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            return Layer("Landlock", False, "it is built into the kernel but not enabled",
                         "add 'landlock' to the kernel parameter lsm=", promised=True)
        return Layer("Landlock", False, f"the kernel does not offer it ({error.strerror})",
                     "use a kernel with CONFIG_SECURITY_LANDLOCK, 5.13 or newer; in a container, allow the landlock_* "
                     "calls in its seccomp profile", promised=True)
    return Layer("Landlock", True, f"ABI {version}", promised=True)


def scope(options: Isolation) -> Layer:
    """Landlock's scoping of signals and abstract sockets."""
    name = "Landlock scoping"
    if not (options.landlock and options.landlock_scope):
        return Layer(name, False, "switched off by whoever boots", "remove that option")
    try:
        version = landlock.abi()
    except OSError:
        return Layer(name, False, "there is no Landlock", "see Landlock")
    if version < landlock.SCOPE_ABI:
        return Layer(name, False, f"Landlock's ABI is {version}, scoping came with {landlock.SCOPE_ABI}",
                     "use kernel 6.12 or newer")
    return Layer(name, True)


def namespace_layer(options: Isolation, attempt: Callable[[], OSError | None]) -> Layer:
    """Namespaces, judged by what `attempt` to enter them came to."""
    name = "namespaces"
    if not options.user_namespaces:
        return Layer(name, False, "switched off by whoever boots", "remove that option")
    error = attempt()
    if error is None:
        return Layer(name, True)
    return Layer(name, False, f"the host refuses them ({error.strerror or error})", _namespace_remedy())


def _try_namespaces() -> OSError | None:
    child = os.fork()
    if child == 0:
        code = 255
        try:
            namespaces.unshare()
            code = 0
        except OSError as error:
            code = error.errno or code
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return OSError(code, os.strerror(code)) if code else None


def _namespace_remedy() -> str:
    if _number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1:
        return ("give the Python interpreter an AppArmor profile with 'userns,', or set the sysctl "
                "kernel.apparmor_restrict_unprivileged_userns=0")
    if _number("/proc/sys/kernel/unprivileged_userns_clone") == 0:
        return "set the sysctl kernel.unprivileged_userns_clone=1"
    if _number("/proc/sys/user/max_user_namespaces") == 0:
        return "set the sysctl user.max_user_namespaces to 1000 or more"
    if any(map(os.path.exists, ("/.dockerenv", "/run/.containerenv"))):
        return "start the container with a seccomp profile that allows unshare (--security-opt seccomp=FILE)"
    return "allow unprivileged user namespaces in the security policy of this host"


def uids(options: Isolation, inside: bool) -> tuple[Layer, range]:
    """Whether each component gets a user id of its own, and the host's ids set aside for that, the zygote's first.

    `inside`: they live in a user namespace, where core, as its owner, may do anything to them.
    """
    name = "private user ids"
    if not options.private_uids:
        return Layer(name, False, "switched off by whoever boots", "remove that option"), range(0)
    needed = _TO_CHANGE_IDS if inside else _TO_CHANGE_IDS | _TO_RULE_OTHER_IDS
    missing = [known for known, bit in needed.items() if not _effective_capabilities() >> bit & 1]
    if missing:
        return Layer(name, False, f"core lacks {', '.join(missing)}",
                     "start as root (in a container, add these capabilities)"), range(0)
    # several cores on one host must not meet, so the process id picks a slice
    first = _FIRST_UID + os.getpid() % _UID_SLICES * UIDS
    mapped = [line.split() for line in _read("/proc/self/uid_map").splitlines()]
    if not any(int(start) <= first and first + UIDS <= int(start) + int(count) for start, _, count in mapped):
        return Layer(name, False, f"ids from {first} on do not exist in the container that core runs in",
                     f"give the container more ids, up to {_FIRST_UID + _UID_SLICES * UIDS}"), range(0)
    return Layer(name, True, f"{first} to {first + UIDS - 1}"), range(first, first + UIDS)


def cgroups() -> Layer:
    """Memory is limited without them, but not the processor time; they are reported for whoever wants to add that."""
    unified = next((line[3:] for line in _read("/proc/self/cgroup").splitlines() if line[:3] == "0::"), None)
    delegated = unified is not None and os.access(f"/sys/fs/cgroup{unified}/cgroup.subtree_control", os.W_OK)
    if delegated:
        return Layer("cgroups", False, "one is delegated, but components are not put into cgroups of their own")
    return Layer("cgroups", False, "none is delegated to this user",
                 "start below systemd-run --user --scope -p Delegate=yes")


UIDS = 4096
"""Ids per core: one for the zygote, one for each component that lives."""

# systemd's table of user ids leaves 0x70000000 to 0x7FFDFFFF to nobody
_FIRST_UID = 0x70000000
_UID_SLICES = 65504

_TO_CHANGE_IDS = {"CAP_SETUID": privileges.CAP_SETUID, "CAP_SETGID": privileges.CAP_SETGID}
_TO_RULE_OTHER_IDS = {"CAP_KILL": privileges.CAP_KILL, "CAP_SYS_NICE": privileges.CAP_SYS_NICE,
                      "CAP_SYS_RESOURCE": privileges.CAP_SYS_RESOURCE}


def _effective_capabilities() -> int:
    lines = _read("/proc/self/status").splitlines()
    return next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff:"))


def _number(path: str) -> int | None:
    try:
        return int(_read(path))
    except (OSError, ValueError):
        return None


def _read(path: str) -> str:
    with open(path) as file:
        return file.read()
