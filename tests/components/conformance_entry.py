"""Programs of the conformance tests, written against the kernel interface alone.

The first line of the binary names the program. Each talks to its parent in words: it reports what it saw, and gets
identities from it, and capabilities that others put there under a name.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Hashable
from typing import Any

from bastide.kernel.interface import (
    MESSAGE_BYTES,
    MESSAGE_CAPS,
    Caps,
    Gate,
    Handle,
    IpcError,
    Start,
)


def entry(start: Start) -> int:
    name = bytes(start.binary).split(b"\n", 1)[0].decode()
    return PROGRAMS[name](Program(start))


class Program:
    """A running program, its initial gate, and its ways to talk to its parent."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.kernel = start.kernel
        self.gate: Gate = start.kernel.gate(start.entrypoint)

    def ask(self, words: str, *caps: Handle | None) -> Caps:
        return self.kernel.call(self.start.parent, words.encode(), caps)[1]

    def report(self, text: object) -> None:
        self.ask(f"report {text}")

    def put(self, name: str, capability: Handle) -> None:
        self.ask(f"put {name}", capability)

    def take(self, name: str) -> Handle:
        return valid(self.ask(f"take {name}")[0])

    def identity(self, entrypoint: Handle | None = None) -> Handle:
        return valid(self.ask("identity", entrypoint or self.start.entrypoint)[0])

    def entrypoint(self) -> Handle:
        return valid(self.ask("entrypoint")[0])

    def context(self, deliver: Callable[[int], None] | None, io: bool = False) -> Handle:
        """Without `deliver`, nobody listens to it yet."""
        context = valid(self.ask("context", self.start.entrypoint)[0])
        if deliver is not None:
            self.gate.listen(context, deliver, io)
        return context

    def report_failure(self, what: str, function: Callable[[], object]) -> None:
        try:
            function()
        except IpcError as error:
            self.report(f"{what} failed: {error}")
        else:
            self.report(f"{what} succeeded")


def valid(handle: Handle | None) -> Handle:
    assert handle is not None
    return handle


def server(program: Program) -> int:
    gate = program.gate
    served = program.identity()
    program.context(lambda count: None, io=True)

    def dispatch(request: bytes, caps: Caps) -> tuple[bytes, Caps]:
        verb, _, rest = request.partition(b" ")
        if verb == b"echo":
            return rest, caps
        if verb == b"swap":
            return rest[::-1], caps[::-1]
        if verb == b"own":
            return (b"yes" if caps[0] == served else b"no"), ()
        if verb == b"raise":
            raise ValueError("the server's secret")
        if verb == b"huge":
            return bytes(MESSAGE_BYTES + 1), ()
        if verb == b"many":
            return b"", (served,) * (MESSAGE_CAPS + 1)
        if verb == b"forge":
            return b"", (Handle(object()),)
        if verb == b"dissolve":
            gate.dissolve(served)
        elif verb == b"stop":
            gate.stop()
        elif verb == b"hang":
            program.report("hanging")
            gate.wait_io()
        return b"done", ()

    gate.serve(served, dispatch)
    program.put("server", served)
    program.report("serving")
    gate.run()
    program.report("stopped")
    return 0


def leaving_server(program: Program) -> int:
    """Hangs in the dispatch of a further entrypoint, and ends when the initial one is told so."""
    place = program.entrypoint()
    gate = program.kernel.gate(place)
    served = program.identity(place)

    def dispatch(request: bytes, caps: Caps) -> tuple[bytes, Caps]:
        program.report("hanging")
        gate.wait_io()
        return b"", ()

    gate.serve(served, dispatch)
    program.kernel.start_thread(gate.run, "second")
    program.put("leave", program.context(lambda count: program.gate.stop()))
    program.put("server", served)
    program.report("serving")
    program.gate.run()
    return 3


def say(program: Program) -> int:
    reply, caps = program.kernel.call(program.take("server"), b"echo " + bytes(range(256)))
    program.report(f"{reply == bytes(range(256))} {caps}")
    return 0


def pass_caps(program: Program) -> int:
    server = program.take("server")
    mine, other = program.identity(), program.identity()
    reply, caps = program.kernel.call(server, b"swap abc", (mine, None, other, server))
    program.report(f"{reply.decode()} {caps == (server, other, None, mine)} {mine == other}")
    program.report(len({mine, other, server, *caps}))
    return 0


def compare(program: Program) -> int:
    server = program.take("server")
    program.report(server == program.take("server"))
    for candidate in (server, program.identity()):
        program.report(program.kernel.call(server, b"own", (candidate,))[0].decode())
    return 0


def forge(program: Program) -> int:
    server = program.take("server")
    kind: Any = type(server)
    forgeries: list[Hashable] = [object(), "server", 1, (1, 2), None]
    with contextlib.suppress(TypeError):
        forgeries.append(kind())
    for forged in forgeries:
        handle = Handle(forged)
        program.kernel.submit(handle)
        program.report_failure("call", lambda handle=handle: program.kernel.call(handle, b"echo"))  # type: ignore[misc]
        if forged is not None:
            program.report_failure("pass", lambda handle=handle:  # type: ignore[misc]
                                   program.kernel.call(server, b"echo", (handle,)))
    return 0


def misuse(program: Program) -> int:
    server, call = program.take("server"), program.kernel.call
    program.report_failure("request", lambda: call(server, bytes(MESSAGE_BYTES + 1)))
    program.report_failure("caps", lambda: call(server, b"", (server,) * (MESSAGE_CAPS + 1)))
    for verb in ("huge", "many", "forge", "raise"):
        program.report_failure(verb, lambda verb=verb: call(server, verb.encode()))  # type: ignore[misc]
    longest = b"echo " + bytes(MESSAGE_BYTES - 5)
    reply, caps = call(server, longest, (server,) * MESSAGE_CAPS)
    program.report(f"{len(reply)} bytes, {len(caps)} caps")
    return 0


def revoke(program: Program) -> int:
    server = program.take("server")
    program.report(program.kernel.call(server, b"dissolve")[0].decode())
    program.report_failure("call", lambda: program.kernel.call(server, b"echo"))
    program.kernel.submit(server)
    return 0


def hang(program: Program) -> int:
    program.report_failure("call", lambda: program.kernel.call(program.take("server"), b"hang"))
    return 0


def stop_server(program: Program) -> int:
    program.report(program.kernel.call(program.take("server"), b"stop")[0].decode())
    return 0


def unserved(program: Program) -> int:
    """Calls an object of its own that another thread's gate could serve, but does not."""
    place = program.entrypoint()
    gate = program.kernel.gate(place)
    program.kernel.start_thread(gate.run, "second")
    served = program.identity(place)
    program.report_failure("call", lambda: program.kernel.call(served, b""))
    return 0


def listen(program: Program) -> int:
    """Has signals submitted while it cannot take them: before it listens, and while it handles one."""
    early = program.context(None)
    program.ask("submit 2", early)

    def deliver_early(count: int) -> None:
        program.report(f"early {count}")
        for _ in range(3):
            program.ask("submit 1", context)

    def deliver(count: int) -> None:
        program.report(f"three at once: {count}")
        program.gate.dissolve(context)
        program.ask("submit 1", context)
        program.ask("submit 1", last)

    context = program.context(deliver)
    last = program.context(lambda count: program.gate.stop())
    program.gate.listen(early, deliver_early, False)
    program.gate.run()
    return 0


def beat(program: Program) -> int:
    """Ends when it is asked for its heartbeat for the third time."""
    counts: list[int] = []

    def deliver(count: int) -> None:
        counts.append(count)
        program.report(f"asked {sum(counts)}")
        if sum(counts) == 3:
            program.gate.stop()

    program.gate.listen(program.start.heartbeat, deliver, True)
    program.report("listening")
    program.gate.run()
    return 0


def wait_io(program: Program) -> int:
    def deliver_io(count: int) -> None:
        program.report(f"io {count}")

    def deliver_app(count: int) -> None:
        program.report(f"app {count}")
        program.ask("submit 1", io)
        program.gate.wait_io()
        program.gate.stop()

    app = program.context(deliver_app)
    io = program.context(deliver_io, io=True)
    program.report(f"poll {program.gate.poll_io()}")
    program.ask("submit 1", app)
    program.report(f"poll {program.gate.poll_io()}")
    program.ask("submit 4", io)
    program.gate.wait_io()
    program.ask("submit 1", io)
    program.report(f"poll {program.gate.poll_io()}")
    program.gate.run()
    return 0


def ring(program: Program) -> int:
    """Sets alarms that are replaced, withdrawn and already due, and tells which ones rang."""
    kernel, gate = program.kernel, program.gate
    begun = kernel.now()

    def first() -> None:
        program.report(f"first, in time: {kernel.now() >= begun + 300}")
        gate.alarm(kernel.now() - 1, second)

    def second() -> None:
        program.report("second")
        gate.alarm(kernel.now() + 100, lambda: program.report("withdrawn"))
        gate.alarm(None, lambda: program.report("never"))
        gate.stop()

    gate.alarm(begun + 100, lambda: program.report("replaced"))
    gate.alarm(begun + 300, first)
    gate.run()
    program.kernel.start_thread(lambda: None, "idle")
    gate.alarm(kernel.now() + 1000, gate.stop)
    gate.run()
    return 0


def use_memory(program: Program) -> int:
    kernel, dataspace = program.kernel, program.take("dataspace")
    view = kernel.attach(dataspace, True)
    program.report(f"{len(view)} {view.format} {view.readonly} {bytes(view[:5])!r} {bytes(view[5:]).strip(bytes(1))!r}")
    part = view[100:105]
    part[:] = b"after"
    program.report(kernel.read(dataspace, 100, 5).decode())
    with contextlib.suppress(BufferError):
        kernel.detach(view)
    program.report(f"slice in use: {bytes(part).decode()}")
    part.release()
    with contextlib.suppress(ValueError):
        kernel.detach(view)
    program.ask("seal")
    sealed = kernel.attach(dataspace, True)
    program.report(f"sealed {sealed.readonly} {kernel.attach(dataspace, False).readonly}")
    program.report_failure("outside", lambda: kernel.read(dataspace, len(sealed) - 1, 2))
    kernel.detach(sealed)
    program.ask("free")
    program.report_failure("read", lambda: kernel.read(dataspace, 0, 1))
    program.report_failure("attach", lambda: kernel.attach(dataspace, False))
    program.report_failure("attach other", lambda: kernel.attach(program.identity(), False))
    return 0


def store(program: Program) -> int:
    """Writes to memory in pieces of any size, then to what it may not write, and to what is gone."""
    kernel, dataspace = program.kernel, program.take("dataspace")
    view, content = kernel.attach(dataspace, True), bytes(range(251)) * 40
    kernel.store(view, b"")
    kernel.store(view, content, 11)
    kernel.store(view, b"end", len(view) - 3)
    program.report(kernel.read(dataspace) == bytes(11) + content + bytes(len(view) - len(content) - 14) + b"end")
    program.report_failure("before", lambda: kernel.store(view, b"end", -1))
    program.report_failure("behind", lambda: kernel.store(view, b"end", len(view) - 2))
    program.report_failure("read-only", lambda: kernel.store(kernel.attach(dataspace, False), b"x"))
    program.ask("seal")
    program.report_failure("sealed", lambda: kernel.store(kernel.attach(dataspace, True), b"x"))
    program.ask("free")
    program.report_failure("freed", lambda: kernel.store(view, content))
    program.report_failure("freed", lambda: kernel.store(view, b"x", len(view) - 1))
    kernel.detach(view)
    try:
        kernel.store(view, b"x")
    except ValueError:
        program.report("detached")
    return 0


def call_itself(program: Program) -> int:
    """Serves itself at a further entrypoint, and has capabilities of its own sent there and back."""
    place = program.entrypoint()
    gate = program.kernel.gate(place)
    served = program.identity(place)

    def dispatch(request: bytes, caps: Caps) -> tuple[bytes, Caps]:
        program.report(f"{threading.current_thread() is not initial} {caps == (served, program.start.parent)}")
        gate.stop()
        return b"", caps

    initial = threading.current_thread()
    gate.serve(served, dispatch)
    program.kernel.start_thread(gate.run, "second")
    caps = program.kernel.call(served, b"", (served, program.start.parent))[1]
    program.report(caps == (served, program.start.parent))
    return 0


def born(program: Program) -> int:
    program.report(f"{program.start.name} {program.start.binary.readonly} {set(bytes(program.start.binary)[5:])}")
    return 7


def fail(program: Program) -> int:
    raise ValueError("nobody expects this")


PROGRAMS: dict[str, Callable[[Program], int]] = {
    function.__name__: function
    for function in (server, leaving_server, say, pass_caps, compare, forge, misuse, revoke, hang, stop_server,
                     unserved, listen, beat, wait_io, ring, use_memory, store, call_itself, born, fail)
}
