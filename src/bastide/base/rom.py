"""A ROM session seen as content that changes.

The server can take the memory back at any time, and change what is in it. So a node, or text, is a copy that the server
has no power over: what can't be copied is an error, while a mapping would be a fault. Content in place is for those who
trust the server with their life.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bastide.base.account import Account
from bastide.base.dataspace import Attached, DataspaceCap
from bastide.base.environment import RomSession
from bastide.base.errors import InvalidNode, IpcError
from bastide.base.node import Node
from bastide.base.signal import SignalCap, SignalHandler

if TYPE_CHECKING:
    from bastide.base.env import Env


class Rom:
    """The content of a ROM module, stable until the next `update` or the next activation of `watch`."""

    def __init__(self, env: Env, label: str, *, payer: Account | None = None, trusted: bool = False) -> None:
        """`trusted`: it comes from the parent, who has power over our life anyway; then reading it asks nobody."""
        self._env, self.label, self._payer, self._trusted = env, label, payer or env.account, trusted
        self.session = RomSession.connect(env, label, payer=self._payer)
        self._cap: DataspaceCap | None = None
        self._window: Attached | None = None
        self.update()

    @property
    def content(self) -> memoryview:
        """The bytes, in place: padded with zeros to whole pages. Raises IpcError."""
        if self._window is None and self._cap is not None:
            self._window = Attached(self._payer, self._cap, writeable=False)
        return self._window.view if self._window else memoryview(b"")

    @property
    def copy(self) -> bytes:
        """The bytes, as private as `text`: padded with zeros to whole pages. Raises IpcError."""
        if self._cap is None:
            return b""
        return bytes(self.content) if self._trusted else self._env.kernel.read(self._cap.handle)

    @property
    def text(self) -> bytes:
        """A private copy of the content, up to the first zero. Raises IpcError."""
        return self.copy.partition(b"\0")[0]

    @property
    def node(self) -> Node:
        """The content as a node; one of type `empty` as long as there is none. Raises InvalidNode."""
        try:
            text = self.text
            return Node.parse(text, self.label) if text.strip() else Node("empty", place=self.label)
        except IpcError as error:
            raise InvalidNode(f"{self.label}: its content can't be had: {error}") from None
        except (MemoryError, SystemError):      # CPython loses a MemoryError here and there
            raise InvalidNode(f"{self.label}: there is not enough memory for its content; give this component more RAM"
                              ) from None

    def update(self) -> None:
        """Take over the newest content."""
        if self._cap and self.session.update():
            return
        self._close_window()
        self._cap = self.session.dataspace()

    def sigh(self, context: SignalCap | None) -> None:
        """Where to tell about changes; whoever handles it calls `update`."""
        self.session.sigh(context)

    def watch(self, apply: Callable[[Node], object]) -> None:
        """Call `apply` with the current content, and again whenever it changed.

        State, not events: versions may be skipped, the newest never is. If `apply` raises InvalidNode on a change, the
        message is logged and the component stays with what it had; the first time it is the caller's to handle.
        """
        handler = self._handler(apply)
        apply(self.node)
        self.session.sigh(handler.cap)

    def follow(self, apply: Callable[[Node], object]) -> None:
        """Like `watch`, for what others write: the first content, too, may be such that it is logged and ignored."""
        handler = self._handler(apply)
        self._try(apply)
        self.session.sigh(handler.cap)

    def _handler(self, apply: Callable[[Node], object]) -> SignalHandler:
        def changed() -> None:
            self.update()
            self._try(apply)

        return SignalHandler(self._env, changed, self._payer)

    def _try(self, apply: Callable[[Node], object]) -> None:
        try:
            apply(self.node)
        except InvalidNode as error:
            self._env.log.error(f"{error}; keeping the previous content of '{self.label}'")

    def close(self) -> None:
        self._close_window()
        self._cap = None
        self.session.close()

    def _close_window(self) -> None:
        if self._window:
            self._window.close()
            self._window = None
