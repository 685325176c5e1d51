"""Declaration of RPC interfaces: one class for the contract, from which stub and dispatch are derived.

An interface is a class with annotated functions marked `@rpc`. The marker is `abc.abstractmethod` to type checkers and
at run time, which gives three checks for nothing: a body of `...` is accepted, a server that forgets a function can't
be instantiated, and one whose signature differs is an error of mypy. Opcodes are positions, those of the base first;
with several bases, those of the first base come first.

A request is its opcode and the arguments; a reply is 0 and the result, or n and the text of the n-th exception that the
function declares. What else goes wrong at the server is not told to the caller: it gets an IpcError.
"""

from __future__ import annotations

import typing
from abc import ABCMeta, abstractmethod
from collections.abc import Callable
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, Self, TypeVar

from bastide.base.capability import Capability
from bastide.base.codec import HEAD, Layout
from bastide.base.platform import MESSAGE_BYTES, Caps, Dispatch, IpcError, Kernel

__all__ = ["Interface", "derive_all", "dispatcher", "raises", "rpc"]

F = TypeVar("F", bound=Callable[..., Any])

_DONE = bytes(HEAD)
"""Head of a reply with the result."""

if TYPE_CHECKING:
    from abc import abstractmethod as rpc
else:
    def rpc(function: F) -> F:
        """Mark a function of an interface as callable through a capability."""
        function.__rpc__ = True
        return abstractmethod(function)


def raises(*errors: type[Exception]) -> Callable[[F], F]:
    """Declare the exceptions of an RPC function that reach the caller as themselves."""
    def declare(function: F) -> F:
        vars(function)["__raises__"] = errors
        return function
    return declare


class Interface(metaclass=ABCMeta):  # noqa: B024  # the derived classes declare the functions
    """Base of everything that can be called through a capability, at both ends."""

    _cap: Capability[Any] | None = None

    @property
    def cap(self) -> Capability[Self]:
        """The capability of this object: what a stub calls, or the identity under which an entrypoint manages it."""
        if self._cap is None:
            raise IpcError(f"{type(self).__name__} is not managed by an entrypoint")
        return self._cap

    @classmethod
    def stub(cls, cap: Capability[Any]) -> Self:
        """An instance of this interface whose functions call the object behind `cap`."""
        if "_stub" not in cls.__dict__:
            cls.derive()
        stub: Self = cls._stub(Capability(cap.handle, cls, cap.kernel))
        return stub

    @classmethod
    def derive(cls) -> None:
        """Derive the class of the stubs, once."""
        remote = {function.name: function.stub(opcode) for opcode, function in enumerate(_functions(cls))}
        cls._stub = type(f"{cls.__name__}Client", (cls,), remote | {"__init__": _connect_stub, "_stub": None})

    _stub: typing.ClassVar[Any] = None

    def pay(self, error: Exception) -> bool:
        """Stub: the object asked for more resources by `error`. True: they were given, repeat the call."""
        return False


def dispatcher(target: Interface, kernel: Kernel) -> Dispatch:
    """What serves requests to `target`: every part of a message is checked before code of the server sees it."""
    table = _functions(type(target))
    count = len(table)

    def dispatch(request: bytes, caps: Caps) -> tuple[bytes, Caps]:
        opcode = request[0] | request[1] << 8 if len(request) > 1 else count
        if opcode >= count:
            raise IpcError(f"{type(target).__name__}: invalid opcode {opcode}")
        function = table[opcode]
        arguments = function.arguments.unpack(request, caps, kernel)
        try:
            result = function.implementation(target, *arguments)
        except function.errors as error:
            place = 1 + next(function.errors.index(kind) for kind in type(error).__mro__ if kind in function.errors)
            return place.to_bytes(HEAD, "little") + str(error).encode()[:MESSAGE_BYTES - HEAD], ()
        return function.result.pack(_DONE, (result,))

    return dispatch


def derive_all() -> None:
    """Derive stubs and dispatch tables of all interfaces that exist now, for all processes that are forked later."""
    pending = list(Interface.__subclasses__())
    while pending:
        interface = pending.pop()
        stub = interface.__dict__.get("_stub", interface)
        if stub is not None:                        # else it is a stub itself
            pending += interface.__subclasses__()
            if stub is interface:
                interface.derive()


class _Function:
    """One RPC function, as derived from its declaration and the class that implements it."""

    def __init__(self, declaration: Callable[..., Any], implementation: Callable[..., Any]) -> None:
        hints = typing.get_type_hints(declaration)
        result = hints.pop("return", type(None))
        self.name, self.implementation = declaration.__name__, implementation
        self.signature = signature(declaration)
        for parameter in self.signature.parameters.values():
            if parameter.kind is not Parameter.POSITIONAL_OR_KEYWORD:
                raise TypeError(f"{declaration.__qualname__}: the parameter '{parameter}' can't travel: arguments of "
                                "RPC functions have a position, so there can be no '*' or '/'")
        self.count = len(hints)
        self.arguments, self.result = Layout(list(hints.values())), Layout([result])
        self.errors: tuple[type[Exception], ...] = getattr(declaration, "__raises__", ())

    def stub(self, opcode: int) -> Callable[..., Any]:
        count, pack, unpack = self.count, self.arguments.pack, self.result.unpack
        head = opcode.to_bytes(HEAD, "little")

        def call(this: Interface, *values: Any, **named: Any) -> Any:
            if named or len(values) != count:
                values = self._bound(this, values, named)
            cap = this._cap
            assert cap is not None, "a stub is born with its capability"
            kernel = cap.kernel
            request, caps = pack(head, values)
            while True:
                reply, back = kernel.call(cap.handle, request, caps)
                if reply[:HEAD] == _DONE:
                    return unpack(reply, back, kernel)[0]
                error = self._error(reply)
                if not this.pay(error):
                    raise error

        call.__name__ = self.name
        return call

    def _bound(self, this: Interface, values: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        bound = self.signature.bind(this, *values, **named)
        bound.apply_defaults()
        return bound.args[1:]

    def _error(self, reply: bytes) -> Exception:
        code = int.from_bytes(reply[:HEAD], "little") if len(reply) >= HEAD else -1
        if not 1 <= code <= len(self.errors):
            return IpcError(f"{self.name}: the server answered with the unknown code {code}")
        return self.errors[code - 1](reply[HEAD:].decode(errors="replace"))


def _functions(interface: type[Interface]) -> list[_Function]:
    """The RPC functions of a class, by opcode; derived once."""
    known: list[_Function] | None = interface.__dict__.get("_rpc_functions")
    if known is None:
        declared: dict[str, Callable[..., Any]] = {}
        _declare(interface, declared)
        known = [_Function(function, getattr(interface, name)) for name, function in declared.items()]
        type.__setattr__(interface, "_rpc_functions", known)
    return known


def _declare(cls: type, declared: dict[str, Callable[..., Any]]) -> None:
    for base in cls.__bases__:
        _declare(base, declared)
    for name, function in vars(cls).items():
        if getattr(function, "__rpc__", False):
            declared.setdefault(name, function)


def _connect_stub(self: Interface, cap: Capability[Any]) -> None:
    self._cap = cap
