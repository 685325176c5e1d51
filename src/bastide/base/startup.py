"""How a component comes to life: the platform calls `main` in a fresh protection domain.

The binary's main module is imported, its `construct` is called inside the initial entrypoint, and from then on the
component does nothing but react to calls and signals, until it exits.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType

from bastide.base.binary import load_main, mount_library, open_binary
from bastide.base.env import Construct, Env, Exit
from bastide.base.env import run as serve
from bastide.base.platform import IpcError, Start
from bastide.base.rpc import derive_all

FAILED = 1
"""Exit value of a component that could not even be constructed."""


def prepare(library: int) -> None:
    """Get ready once what all components share: the standard library in the archive `library`, and all interfaces."""
    mount_library(library)
    derive_all()


def main(start: Start) -> int:
    """Run the component whose binary is `start.binary`."""
    return run(start, lambda: _construct_of(_load(start), start.name))


def run(start: Start, find: Callable[[], Construct]) -> int:
    """Run the component that `find` returns; the result is its exit value."""
    try:
        env = Env(start.kernel, start.name, start.entrypoint, start.parent, start.heartbeat)
    except IpcError:                    # the parent is gone already, and all who could be told
        return FAILED
    try:
        try:
            keep = find()(env)
        except Exception as error:      # nobody is there yet to whom it could be told, but the log
            env.report(error)
            env.exit(FAILED)
        env.ep.end_activation()
        serve(env.ep)
        del keep
        return 0
    except Exit as exit:
        return exit.value


def _load(start: Start) -> ModuleType:
    archive = open_binary(start.binary, start.name)
    archive.install()
    return load_main(archive)


def _construct_of(module: ModuleType, name: str) -> Construct:
    construct = getattr(module, "construct", None)
    if construct is None:
        print(f"{name}: {module.__name__} defines no 'construct(env)'", file=sys.stderr)
        raise TypeError(f"the module {module.__name__} of '{name}' defines no 'construct': it needs a function "
                        "construct(env), or `construct = Main` with a class Main(env)")
    return construct  # type: ignore[no-any-return]  # whatever a module defines
