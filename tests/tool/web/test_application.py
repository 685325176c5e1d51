"""What the page can have done: a config applied or refused with places, a component ended."""

from __future__ import annotations

import json
import socket

import pytest
from tool.web.recorded import CONFIG, Client, Recorded

from bastide.tool.web import application


def test_the_config_comes_with_the_places_of_start_nodes(client: Client) -> None:
    assert json.loads(client.ask("config").body) == {"text": CONFIG, "places": {
        "init": [1, 7], "init -> clock": [3, 4], "init -> guest": [5, 7], "init -> guest -> inner": [7, 7]}}


def test_a_config_is_applied(client: Client, run: Recorded) -> None:
    changed = CONFIG.replace("+ start guest", "+ start guest\n  + route | + service Timer | + child clock")
    answer = client.post("config", json.dumps({"text": changed}).encode())
    assert answer.status == 200 and json.loads(answer.body)["places"]["init -> guest"] == [5, 8]
    assert run.text == changed


def test_a_refused_config_names_places_and_changes_nothing(client: Client, run: Recorded) -> None:
    answer = client.post("config", json.dumps({"text": "config\n+ bad\n-"}).encode())
    assert answer.status == 422
    assert json.loads(answer.body)["findings"] == [
        {"line": 2, "column": 3, "message": "expected 'start', got 'bad'"},
        {"line": 0, "column": 0, "message": "and that is all"}]
    assert run.text == CONFIG


def test_a_component_is_ended(client: Client, run: Recorded) -> None:
    assert client.post("kill", b'{"label": "init -> clock"}').status == 200
    assert run.killed == ["init -> clock"]


def test_a_component_that_is_not_there_is_explained(client: Client, run: Recorded) -> None:
    answer = client.post("kill", b'{"label": "init -> nobody"}')
    assert (answer.status, json.loads(answer.body)["message"]) == (422, "there is no component 'init -> nobody'")


def test_half_a_request_changes_nothing_and_is_not_waited_for(
        client: Client, run: Recorded, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(application, "_PATIENCE", 0.1)
    head = "".join(f"{name}: {value}\r\n" for name, value in {
        **client.own, "Content-Type": "application/json", "Content-Length": "100"}.items())
    half = f"POST {client.address.path}config HTTP/1.1\r\n{head}\r\n{{\"text\"".encode()
    for hung_up in (False, True):
        with socket.create_connection(("127.0.0.1", client.address.port), timeout=30) as connection:
            connection.sendall(half)
            if hung_up:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while data := connection.recv(65536):
                answer += data
        assert hung_up or (answer.startswith(b"HTTP/1.1 408 ") and b"it did not arrive within 0.1 s" in answer)
    assert run.text == CONFIG
    assert client.ask("config").status == 200
    assert capfd.readouterr().err == ""
