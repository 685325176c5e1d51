"""What browsers are told: everything to who listens, the newest to who is slow, and the end to all."""

from __future__ import annotations

import json

from tool.web.recorded import Client, Recorded, allowed

from bastide.tool.graph.model import System
from bastide.tool.live.backlog import LINES
from bastide.tool.live.excerpt import Line
from bastide.tool.web.application import MOST_BROWSERS
from bastide.tool.web.server import PageServer


def texts(data: str) -> list[str]:
    return [line["text"] for line in json.loads(data)["lines"]]


def came(data: str) -> int:
    """Lines that an event brings, or says to be lost."""
    return len(texts(data)) + int(json.loads(data)["lost"])


def test_a_browser_sees_the_system_and_what_becomes_of_it(client: Client, run: Recorded) -> None:
    events = client.listen()
    assert System.from_json(json.loads(events.next("state"))) == run.system
    run.system = allowed(run.system)
    assert System.from_json(json.loads(events.next("state"))) == run.system
    events.close()


def test_the_log_comes_from_its_beginning_and_as_it_grows(client: Client, run: Recorded) -> None:
    run.said.append(Line("init -> clock", "tick"))
    events = client.listen()
    assert json.loads(events.next("log")) == {
        "lost": 0, "lines": [{"label": "init -> clock", "text": "tick", "note": False}]}
    run.said.append(Line("", "tock"))
    assert texts(events.next("log")) == ["tock"]
    events.close()


def test_who_comes_back_hears_what_he_missed_and_how_much_is_lost(client: Client, run: Recorded) -> None:
    run.said += [Line("a", str(number)) for number in range(10)]
    run.first = 6
    events = client.listen(**{"Last-Event-ID": "4"})
    told = events.next("log")
    assert json.loads(told)["lost"] == 2 and texts(told) == ["6", "7", "8", "9"]
    events.close()


def test_a_number_that_no_browser_was_told_is_no_harm(client: Client, run: Recorded) -> None:
    run.said.append(Line("", "here"))
    for number in ("-1", "x", "9" * 5000, "٣", "999999"):
        events = client.listen(**{"Last-Event-ID": number})
        assert json.loads(events.next("state"))["name"] == "small"
        events.close()


def test_any_text_arrives_as_it_is(client: Client, run: Recorded) -> None:
    wild = "<script>\n\r\n\nevent: ended\ndata: {}\n\n\x00\u2028 \ud800"
    run.said.append(Line(wild, wild))
    events = client.listen()
    assert json.loads(events.next("log"))["lines"] == [{"label": wild, "text": wild, "note": False}]
    events.close()


def test_who_does_not_read_keeps_nobody_waiting_and_is_told_what_he_missed(client: Client, run: Recorded) -> None:
    slow, quick = client.listen(), client.listen()
    run.said += [Line("flood", "x" * 900)] * 40_000
    received = 0
    while received < 40_000:
        received += came(quick.next("log"))
    run.said.append(Line("", "still there"))
    assert texts(quick.next("log")) == ["still there"]
    seen, lost = 0, 0
    while seen < 40_001:
        told = slow.next("log")
        seen += came(told)
        lost += json.loads(told)["lost"]
    assert lost > LINES, "nobody kept for him what he did not take"
    slow.close()
    quick.close()


def test_a_run_that_does_not_answer_is_told_and_looked_at_again(client: Client, run: Recorded) -> None:
    run.trouble = "core is busy"
    events = client.listen()
    assert json.loads(events.next("trouble")) == {"reason": "core is busy"}
    run.trouble = ""
    assert json.loads(events.next("state"))["name"] == "small"
    events.close()


def test_a_run_that_ended_is_asked_nothing_more(client: Client, run: Recorded) -> None:
    events = client.listen()
    events.next("state")
    run.said.append(Line("", "last words"))
    run.ended = True
    assert json.loads(events.next("ended")) == {"reason": "the run ended"}
    looks = run.looks
    again = client.listen()
    assert json.loads(again.next("ended")) == {"reason": "the run ended"}
    assert run.looks == looks
    events.close()
    again.close()


def test_nobody_looks_at_the_run_while_no_browser_is_there(client: Client, run: Recorded) -> None:
    assert client.ask().status == 200
    assert run.looks == 0


def test_one_browser_too_many_is_told_so_and_has_its_turn_later(client: Client) -> None:
    all_of_them = [client.listen() for _ in range(MOST_BROWSERS)]
    for events in all_of_them:
        events.next("state")
    assert client.ask("events").body == f"{MOST_BROWSERS} pages are open already: close one.\n".encode()
    for events in all_of_them:
        events.close()


def test_all_browsers_are_told_the_end(client: Client, page: PageServer) -> None:
    events = client.listen()
    events.next("state")
    page.close("it was interrupted")
    assert json.loads(events.next("ended")) == {"reason": "it was interrupted"}
    events.close()
