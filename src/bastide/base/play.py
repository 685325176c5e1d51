"""A play for the platform to rehearse: how a component comes to life, and whom it talks to meanwhile.

A platform that copies one prepared process for each component starts one beforehand, for practice: what happens at
first use has then happened, and the platform knows what a start touches. It is this module that it is told of.
"""

from __future__ import annotations

import linecache
import marshal
import sys
from collections.abc import Callable
from typing import Any, Protocol

from bastide.base import env
from bastide.base.binary import FORMAT, PYTHON, BinaryFinder
from bastide.base.capability import Capability
from bastide.base.environment import EnvSession, LogSession, Parent, PdQuota, PdSession
from bastide.base.platform import Dispatch, Handle, Kernel
from bastide.base.rpc import Interface, dispatcher
from bastide.base.session import Session
from bastide.base.signal import SignalCap, SignalContext, Transmitter

ENTRY = "bastide.base.startup:main"

_NAME = "practice"


class Stage(Protocol):
    """Where the component's counterparts live: another process of the platform."""

    @property
    def kernel(self) -> Kernel: ...

    def serve(self, dispatch: Dispatch) -> Handle:
        """A new object."""
        ...

    def context(self, entrypoint: Handle) -> Handle:
        """A new signal context at an entrypoint of the component."""
        ...

    def end(self) -> None:
        """The component wants to exit."""
        ...


def binary() -> bytes:
    """The component `practice`, packed. Called on the stage."""
    from bastide.base import practice
    loader: Any = practice.__loader__
    code = marshal.dumps(loader.get_code(practice.__name__))
    manifest = f"main {_NAME}\nmodule {_NAME} {len(code)} 0 {_NAME}.py\n".encode()
    return f"{FORMAT} {PYTHON} {len(manifest)} {len(code)}\n".encode() + manifest + code


def cast(stage: Stage) -> Handle:
    """The component's parent, and all that it leads to. Called on the stage."""
    from bastide.base.practice import PracticeSession
    kernel, answered = stage.kernel, Transmitter()

    def role(interface: type[Interface], **lines: Callable[..., object]) -> Capability[Any]:
        silent: dict[str, Any] = dict.fromkeys(interface.__abstractmethods__, lambda *arguments: None)
        actor: Interface = type(interface.__name__, (interface,), silent | lines)()
        return Capability(stage.serve(dispatcher(actor, kernel)), interface, kernel)

    def alloc_context(this: PdSession, entrypoint: Capability[Interface]) -> SignalCap:
        return Capability(stage.context(entrypoint.handle), SignalContext, kernel)

    def session_sigh(this: Parent, context: SignalCap | None) -> None:
        answered.context = context

    def session(this: Parent, *request: object) -> None:
        """Pending, as usual."""
        answered.submit()

    def session_cap(this: Parent, id: int) -> Capability[Session]:
        return pd if id == EnvSession.PD else log if id == EnvSession.LOG else practice

    pd = role(PdSession, quota=lambda this: PdQuota(1 << 30, 0, 1 << 20, 0), alloc_context=alloc_context)
    log = role(LogSession)
    practice = role(PracticeSession, proceed=lambda this, context: Transmitter(context).submit())
    return role(Parent, session=session, session_cap=session_cap, session_sigh=session_sigh,
                exit=lambda this, value: stage.end()).handle


def forget() -> None:
    """Undo what the component leaves behind in the interpreter."""
    env.forget_entrypoint()
    sys.meta_path[:] = [finder for finder in sys.meta_path
                        if not (isinstance(finder, BinaryFinder) and finder.archive.main == _NAME)]
    sys.modules.pop(_NAME, None)
    linecache.cache.pop(f"{_NAME}.py", None)
