"""Programs of the tests of arrangements, written against the kernel interface alone. The binary names the program.

Each finds the dataspace `arranged`, two pages long where it matters, by asking its parent for it.
"""

from __future__ import annotations

from collections.abc import Callable

from bastide.kernel.interface import Handle, IpcError, Kernel, Start

PAGE = 4096


def entry(start: Start) -> int:
    name = bytes(start.binary).rstrip(b"\0").decode()
    arranged = start.kernel.call(start.parent, b"arranged")[1][0]
    assert arranged is not None

    def report(text: object) -> None:
        start.kernel.call(start.parent, f"report {text}".encode())

    return PROGRAMS[name](start.kernel, arranged, report)


Report = Callable[[object], None]


def look(kernel: Kernel, arranged: Handle, report: Report) -> int:
    """Tells size and the first byte of each page, first copied, then attached."""
    view = kernel.attach(arranged, False)
    copy = kernel.read(arranged)
    report(f"{len(copy)} {len(view)} {view.readonly}")
    report([copy[at] for at in range(0, len(copy), PAGE)])
    report(f"attached {copy == bytes(view)}")
    return 0


def write(kernel: Kernel, arranged: Handle, report: Report) -> int:
    """Writes through one window, and keeps what it sees through another one."""
    view, second = kernel.attach(arranged, True), kernel.attach(arranged, False)
    view[0] = 77
    part = second[:PAGE]
    kernel.detach(view)
    report(part[0])
    part.release()
    kernel.detach(second)
    return 0


def overwrite(kernel: Kernel, arranged: Handle, report: Report) -> int:
    """Writes to a piece that must not be written."""
    kernel.attach(arranged, True)[PAGE] = 77
    report("written")
    return 0


def store(kernel: Kernel, arranged: Handle, report: Report) -> int:
    """Stores to the end of each page, and across their borders."""
    view = kernel.attach(arranged, True)
    for end in range(PAGE, len(view) + 1, PAGE):
        for offset, content in ((end - 3, b"xyz"), (end - 2, b"abcd")):
            try:
                kernel.store(view, content, offset)
                report(f"{content.decode()} at {offset}")
            except IpcError as error:
                report(error)
    return 0


def touch(kernel: Kernel, arranged: Handle, report: Report) -> int:
    """Reads the last page."""
    view = kernel.attach(arranged, False)
    report(f"found {view[len(view) - 1]}")
    return 0


def add_up(kernel: Kernel, arranged: Handle, report: Report) -> int:
    """The first bytes of every other page."""
    view = kernel.attach(arranged, False)
    report(sum(view[at] for at in range(0, len(view), 2 * PAGE)))
    return 0


def repeat(kernel: Kernel, arranged: Handle, report: Report) -> int:
    """Attaches more often than descriptors or addresses would last if any were kept."""
    for _ in range(300):
        kernel.detach(kernel.attach(arranged, True))
    report("done")
    return 0


def wrongly(kernel: Kernel, arranged: Handle, report: Report) -> int:
    size = len(kernel.read(arranged))
    for offset, wanted in ((-1, 1), (0, size + 1), (size, 1), (0, -1)):
        try:
            kernel.read(arranged, offset, wanted)
        except IpcError:
            report("refused")
    return 0


def take_all(kernel: Kernel, arranged: Handle, report: Report) -> int:
    """Attaches and copies more than fits."""
    for what in (lambda: kernel.attach(arranged, True), lambda: kernel.read(arranged)):
        try:
            report(len(what()))
        except IpcError as error:
            report(error)
    return 0


PROGRAMS: dict[str, Callable[[Kernel, Handle, Report], int]] = {
    function.__name__: function
    for function in (look, write, overwrite, store, touch, add_up, repeat, wrongly, take_all)
}
