"""The words about what isolates components, and what would help where something is missing."""

from __future__ import annotations

import errno
import os

import pytest

from bastide.kernel.linux import landlock, layers
from bastide.kernel.linux.layers import Isolation, Layer


def fails_with(code: int) -> OSError:
    return OSError(code, os.strerror(code))


def test_every_layer_is_reported_once_and_explains_its_absence() -> None:
    found = layers.detect(Isolation())
    assert [layer.name for layer in found] == [
        "seccomp", "Landlock", "no_new_privs", "resource limits", "Landlock scoping", "namespaces", "private user ids",
        "cgroups"]
    assert [layer.name for layer in found if not layer.active and not layer.reason] == []


def test_only_what_holds_everywhere_is_promised() -> None:
    promised = {layer.name for layer in layers.detect(Isolation()) if layer.promised}
    assert promised == {"seccomp", "Landlock", "no_new_privs", "resource limits"}


def test_what_is_switched_off_says_who_did_it() -> None:
    options = Isolation(user_namespaces=False, landlock=False, private_uids=False)
    off = {layer.name for layer in layers.detect(options) if layer.reason == "switched off by whoever boots"}
    assert off == {"Landlock", "Landlock scoping", "namespaces", "private user ids"}


@pytest.mark.parametrize(("setting", "value", "remedy"), [
    ("apparmor_restrict_unprivileged_userns", 1,
     "give the Python interpreter an AppArmor profile with 'userns,', or set the sysctl "
     "kernel.apparmor_restrict_unprivileged_userns=0"),
    ("unprivileged_userns_clone", 0, "set the sysctl kernel.unprivileged_userns_clone=1"),
    ("max_user_namespaces", 0, "set the sysctl user.max_user_namespaces to 1000 or more"),
])
def test_the_setting_that_is_in_the_way_of_namespaces_is_named(
        monkeypatch: pytest.MonkeyPatch, setting: str, value: int, remedy: str) -> None:
    monkeypatch.setattr(layers, "_number", lambda path: value if path.endswith(f"/{setting}") else None)
    layer = layers.namespace_layer(Isolation(), lambda: fails_with(errno.EPERM))
    assert layer == Layer("namespaces", False, "the host refuses them (Operation not permitted)", remedy)


def test_a_container_is_told_which_flag_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "_number", lambda path: None)
    monkeypatch.setattr(os.path, "exists", lambda path: path == "/.dockerenv")
    layer = layers.namespace_layer(Isolation(), lambda: fails_with(errno.EPERM))
    assert layer.remedy == ("start the container with a seccomp profile that allows unshare "
                            "(--security-opt seccomp=FILE)")


def test_a_landlock_that_is_not_enabled_is_told_from_one_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def disabled() -> int:
        raise fails_with(errno.EOPNOTSUPP)

    monkeypatch.setattr(landlock, "abi", disabled)
    layer = layers.promised(Isolation())[1]
    assert (layer.active, layer.reason) == (False, "it is built into the kernel but not enabled")
    assert layer.remedy == "add 'landlock' to the kernel parameter lsm="


def test_scoping_names_the_kernel_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 4)
    layer = layers.scope(Isolation())
    assert (layer.active, layer.reason) == (False, "Landlock's ABI is 4, scoping came with 6")
    assert layer.remedy == "use kernel 6.12 or newer"


def test_private_user_ids_without_privileges_name_the_capabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "_effective_capabilities", lambda: 1 << 7)
    inside, ids = layers.uids(Isolation(), inside=True)
    assert (inside.active, inside.reason, len(ids)) == (False, "core lacks CAP_SETGID", 0)
    outside, _ = layers.uids(Isolation(), inside=False)
    assert outside.reason == "core lacks CAP_SETGID, CAP_KILL, CAP_SYS_NICE, CAP_SYS_RESOURCE"


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown isolation profile 'open': the profiles are default, native"):
        Isolation(profile="open")
