"""Who gets no page: whoever has no token, comes by a foreign name, from a foreign page, or for what is not there."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tool.web.recorded import CONFIG, Client, Recorded, served

from bastide.tool.web.address import Address
from bastide.tool.web.application import LARGEST_BODY
from bastide.tool.web.guard import CONFINEMENT

PATHS = ["", "events", "config", "assets/app.js", "nothing"]
CHANGES = {"config": json.dumps({"text": CONFIG + " "}).encode(), "kill": b'{"label": "init -> clock"}'}


@pytest.fixture(scope="module")
def run() -> Recorded:
    return Recorded()


@pytest.fixture(scope="module")
def client(run: Recorded) -> Iterator[Client]:
    """One page for all, as none of them may leave a trace."""
    page = served(run)
    yield Client(page.address)
    page.close()


def untouched(run: Recorded) -> bool:
    return run.text == CONFIG and run.killed == []


def test_the_token_of_the_url_is_traded_for_a_cookie_that_opens_the_page(client: Client) -> None:
    answer = client.ask(f"?token={client.address.token}", cookie=None, origin=None)
    assert (answer.status, answer.headers["location"]) == (303, client.address.path)
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=strict", f"Path={client.address.path}"} <= set(attributes)
    page = client.ask(cookie=cookie, origin=None)
    assert page.status == 200 and b"<title>Bastide</title>" in page.body
    assert client.address.token.encode() not in page.body


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("cookie", [
    None, "", "bastide=1", "bastide-{port}=", "bastide-{port}={wrong}", "\xff=\xff; a=\"", "bastide-{port}={token}x",
    "other-{port}={token}"])
def test_without_the_token_there_is_nothing(path: str, cookie: str | None, client: Client) -> None:
    if cookie is not None:
        cookie = cookie.format(port=client.address.port, token=client.address.token, wrong="A" * 43)
    answer = client.ask(path, cookie=cookie)
    assert answer.status == 403
    assert answer.body == b"Open the page by the address that 'bastide run --web' printed: it has a token.\n"


@pytest.mark.parametrize("query", [
    "?token=", "?token=wrong", "?token=%C3%A9", "?Token={token}", "?token={token}&token={token}",
    "?" + "token=1&" * 999,
])
def test_a_wrong_token_opens_nothing(query: str, client: Client) -> None:
    answer = client.ask(query.format(token=client.address.token), cookie=None)
    assert answer.status == 403 and "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/?token={token}", "/elsewhere/", "/{place}", "//{place}/"])
def test_the_page_is_nowhere_but_at_its_place(path: str, client: Client) -> None:
    raw = path.format(token=client.address.token, place=client.address.place)
    assert client.send("GET", raw, None, {}).status == 403


@pytest.mark.parametrize("path", [*PATHS, "?token={token}"])
@pytest.mark.parametrize("host", [None, "", "evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1",
                                  "127.0.0.1:{port}.evil.example", "0.0.0.0:{port}", "[::1]:{port}"])
def test_a_name_that_was_made_to_point_here_is_refused(path: str, host: str | None, client: Client) -> None:
    name = None if host is None else host.format(port=client.address.port)
    answer = client.ask(path.format(token=client.address.token), host=name)
    assert answer.status in (400, 421) and "set-cookie" not in answer.headers


def test_the_other_name_of_the_loopback_interface_is_good(client: Client) -> None:
    name = f"localhost:{client.address.port}"
    assert client.ask(host=name, origin=f"http://{name}").status == 200
    assert client.ask(host=name, origin=f"http://{client.host}").status == 403, "names of one server, but two origins"


@pytest.mark.parametrize("path", CHANGES)
@pytest.mark.parametrize("headers", [
    {"origin": None}, {"origin": "null"}, {"origin": "http://evil.example"}, {"origin": "http://127.0.0.1"},
    {"origin": "https://127.0.0.1:{port}"}, {"origin": "http://127.0.0.1:1"},
    {"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"}, {"origin": None, "sec_fetch_site": "none"},
])
def test_another_page_changes_nothing(path: str, headers: dict[str, str | None], client: Client, run: Recorded) -> None:
    sent = {name: value and value.format(port=client.address.port) for name, value in headers.items()}
    answer = client.post(path, CHANGES[path], **sent)
    assert (answer.status, answer.body) == (403, b"Only the page itself may ask for this.\n")
    assert untouched(run)


@pytest.mark.parametrize("headers", [{"origin": None}, {"origin": "http://evil.example"},
                                     {"origin": None, "sec_fetch_site": "same-site"}])
def test_another_page_hears_nothing(headers: dict[str, str | None], client: Client, run: Recorded) -> None:
    before = run.looks
    assert client.ask("events", **headers).status == 403
    assert run.looks == before


def test_the_page_hears_by_what_browsers_say_of_it(client: Client) -> None:
    events = client.listen(**{"Origin": f"http://{client.host}", "Sec-Fetch-Site": "same-origin"})
    assert json.loads(events.next("state"))["name"] == "small"
    events.close()


@pytest.mark.parametrize("path", [
    "assets/../server.py", "assets/..%2fserver.py", "assets/%2e%2e/server.py", "assets/../../../../../../etc/passwd",
    "assets//etc/passwd", "assets/%00", "assets/vendor", "assets/", "assets/app.js/", "assets\\app.js", "..%2f..",
    "assets/" + "a" * 8000, "../", "..", "./assets/app.js/..",
])
def test_only_files_of_the_page_are_handed_out(path: str, client: Client) -> None:
    answer = client.ask(path)
    assert answer.status == 404 or (path == "assets/" and b"<title>Bastide</title>" in answer.body)


@pytest.mark.parametrize(("path", "body", "status"), [
    ("config", b"x" * (LARGEST_BODY + 1), 413), ("config", b"{", 400), ("config", b"[]", 400), ("config", b"{}", 400),
    ("config", b'{"text": 1}', 400), ("config", b"[" * 100_000, 400), ("kill", b'{"label": []}', 400),
    ("kill", b"\xff", 400), ("kill", b'{"label": "\\ud800"}', 400), ("config", b'{"text": "bad \\ud800"}', 400),
    ("kill", b'{"label": "nobody"}', 422), ("nothing", b"{}", 404), ("events", b"{}", 405),
    ("", b"{}", 405),
])
def test_what_makes_no_sense_is_refused(path: str, body: bytes, status: int, client: Client, run: Recorded) -> None:
    assert client.post(path, body).status == status
    assert untouched(run)


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_form_can_send_is_refused(kind: str | None, client: Client, run: Recorded) -> None:
    assert client.post("kill", CHANGES["kill"], content_type=kind).status == 415
    assert untouched(run)


@pytest.mark.parametrize("cookie", [True, False])
def test_every_answer_confines_the_page(cookie: bool, client: Client) -> None:
    answer = client.ask() if cookie else client.ask(cookie=None)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy and policy.startswith("default-src 'none'; script-src 'self'; ")
    assert {name: answer.headers[name.lower()] for name in CONFINEMENT} == CONFINEMENT
    assert not {name.lower() for name in answer.headers} & {"access-control-allow-origin", "server"}


def test_each_run_has_its_own_place_and_token() -> None:
    one, other = Address(1), Address(1)
    assert one.token != other.token and one.place != other.place and len(one.token) == 43
    assert one.token not in repr(one)
