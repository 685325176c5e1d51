"""Output is rationed: who floods loses lines, and takes none from others."""

from __future__ import annotations

from bastide.base import Account, Label, SessionRequest
from bastide.core.log import OWN_LINES, OWN_PACE, SHARED_LINES, SHARED_PACE, Log, Output

SECOND = 1_000_000


class Paper:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.now = 0
        self._output = Output(lambda label, text: self.lines.append((label, text)), lambda: self.now)

    def open(self, label: str) -> Log:
        account: Account | None = None      # LOG charges nothing
        return self._output.open(SessionRequest(Label(label), account, {}))  # type: ignore[arg-type]

    def shown(self, label: str) -> int:
        return sum(line[0] == label for line in self.lines)


def flooded(paper: Paper) -> Log:
    """A session that wrote more than it may."""
    flooder = paper.open("flooder")
    for _ in range(OWN_LINES + SHARED_LINES + 500):
        flooder.write("x\n")
    return flooder


def test_lines_come_with_their_label_and_without_newlines() -> None:
    paper = Paper()
    log = paper.open("init -> child -> ")
    log.write("one\n")
    log.write("two\nthree\n")
    log.write("y" * 300)
    assert paper.lines == [("init -> child", text) for text in ("one", "two", "three", "y" * 231)]


def test_a_flood_ends_when_the_store_does_and_its_length_is_told() -> None:
    paper = Paper()
    flooder = flooded(paper)
    assert len(paper.lines) == OWN_LINES + SHARED_LINES
    paper.now += SECOND
    flooder.write("later")
    assert paper.lines[-2:] == [
        ("flooder", "... 500 lines suppressed: more than this component's share"), ("flooder", "later")]


def test_what_was_suppressed_is_told_also_when_the_session_ends() -> None:
    paper = Paper()
    flooded(paper).close()
    assert paper.lines[-1][1].startswith("... 500 lines suppressed")


def test_who_keeps_its_pace_loses_nothing_while_another_one_floods_for_ever() -> None:
    paper = Paper()
    flooder, neighbour = flooded(paper), paper.open("neighbour")
    for _ in range(100):
        paper.now += SECOND
        for _ in range(1000):
            flooder.write("x")
        for _ in range(OWN_PACE):
            neighbour.write("something that matters")
    assert paper.shown("neighbour") == 100 * OWN_PACE


def test_for_ever_all_sessions_together_write_no_more_than_their_pace() -> None:
    paper = Paper()
    flooders = [flooded(paper) for _ in range(3)]
    before = paper.shown("flooder")
    for _ in range(50):
        paper.now += SECOND
        for flooder in flooders:
            for _ in range(1000):
                flooder.write("x")
    suppressed = sum("suppressed" in text for _, text in paper.lines)
    assert paper.shown("flooder") - before - suppressed <= 50 * (SHARED_PACE + 3 * OWN_PACE)


def test_rest_fills_the_store_and_no_more_than_that() -> None:
    paper = Paper()
    flooder = flooded(paper)
    paper.now += 10_000 * SECOND
    before = len(paper.lines)
    for _ in range(2 * SHARED_LINES):
        flooder.write("x")
    assert len(paper.lines) - before == OWN_LINES + SHARED_LINES + 1
