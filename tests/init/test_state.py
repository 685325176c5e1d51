"""The state report: what it shows, and when."""

from __future__ import annotations

from init.hello import Greeter, greet, stay, try_to_ask
from init.puppet import Puppets
from init.test_quota import deliver, look_at_requests, open_session, respond
from init.town import PARENT_PROVIDES, ROUTE, Town

from bastide.base import Bytes, Env, Node, RamDataspace, SessionRequest, SignalCap, SignalHandler, milliseconds, seconds
from bastide.base.dataspace import DataspaceCap
from bastide.base.environment import Resources
from bastide.session.report import ReportArgs, ReportSession

DETAILS = "+ report | ids: yes | requested: yes | provided: yes | child_ram: yes | child_caps: yes\n"

CHILDREN = """
+ start server | + binary puppet
  + provides | + service Hello
+ start client | ram: 2M | version: 3 | + binary puppet
"""

Shown = dict[str, tuple[str, str]]


def sessions(child: Node, kind: str) -> Shown:
    """State and label of the sessions of a child by service."""
    listed = child.sub_node(kind)
    assert listed is not None
    return {session.name: (session.attributes["state"], session.attributes["label"])
            for session in listed.sub_nodes("session")}


def test_a_report_without_details_names_the_children_newest_first() -> None:
    with Puppets("") as puppets:
        puppets.apply("+ report\n+ alias desk | child: server\n" + CHILDREN, "version: 7\n" + PARENT_PROVIDES + ROUTE)
        assert puppets.sandbox.generate_state_report() == Node.parse("""state | version: 7
+ child client | binary: puppet | version: 3
+ child server | binary: puppet
+ alias desk | child: server
-
""")


def test_a_child_is_shown_with_its_quota_and_its_sessions() -> None:
    with Puppets(DETAILS + CHILDREN) as puppets:
        puppets.tell("client", open_session(20))
        client = puppets.state("client")
        assert list(client.attributes) == ["name", "binary", "version", "id"]
        assert (client.attributes["id"], client.attributes["version"]) == ("2", "3")
        ram, caps = client.sub_node("ram"), client.sub_node("caps")
        assert ram is not None and caps is not None
        assert list(ram.attributes) == list(caps.attributes) == ["assigned", "quota", "used", "avail"]
        assert ram.attributes["assigned"] == "2M"
        assert ram.attribute("quota", Bytes(0)) == (2 << 20) - 253952 - 16 * 80 - 8192
        assert caps.attributes["assigned"] == "100" and caps.attribute("quota", 0) == 100 - 28 - 6 - 2
        assert sessions(client, "requested") == {
            "PD": ("OK", "client"), "CPU": ("OK", "client"), "LOG": ("OK", "client"), "ROM": ("OK", "puppet"),
            "Hello": ("CREATING", "client -> desk")}
        assert sessions(puppets.state("server"), "provided") == {"Hello": ("CREATING", "client -> desk")}
        listed = puppets.state("server").sub_node("provided")
        assert listed is not None and next(listed.sub_nodes()).attributes == {
            "name": "Hello", "state": "CREATING", "label": "client -> desk", "ram": "8112", "caps": "2"}


def test_the_phases_of_a_session_are_shown_in_genode_s_words() -> None:
    def phase() -> str:
        return sessions(puppets.state("client"), "requested").get("Hello", ("gone", ""))[0]

    with Puppets(DETAILS + CHILDREN) as puppets:
        puppets.tell("client", open_session(20))
        puppets.tell("server", look_at_requests)
        puppets.tell("server", deliver())
        assert phase() == "AVAIL"
        puppets.tell("client", lambda env: env.parent.session_cap(20))
        assert phase() == "OK"
        puppets.tell("client", lambda env: env.parent.upgrade(20, Resources(4096, 1)))
        assert phase() == "UPGRADING"
        puppets.tell("client", lambda env: env.parent.close(20))
        assert phase() == "CLOSING"
        puppets.tell("client", open_session(21))
        puppets.tell("server", look_at_requests)
        from bastide.base.environment import Response
        puppets.tell("server", respond(Response.DENIED, 2))
        assert sessions(puppets.state("client"), "requested")["Hello"][0] == "DENIED"


def test_the_arguments_of_sessions_are_shown_on_request() -> None:
    with Puppets("+ report | requested: yes | session_args: yes\n" + CHILDREN) as puppets:
        puppets.tell("client", open_session(20))
        listed = puppets.state("client").sub_node("requested")
        assert listed is not None
        args = next(node for node in listed.sub_nodes() if node.name == "Hello").sub_node("args")
        assert args is not None and args.text == 'cap_quota=2, label="client -> desk", ram_quota=8112'


def test_the_report_is_hid_whatever_sessions_are_called() -> None:
    with Puppets("+ report | requested: yes | provided: yes | session_args: yes\n" + CHILDREN) as puppets:
        puppets.tell("client", open_session(20, label=""))
        state = puppets.sandbox.generate_state_report()
        assert sessions(puppets.state("server"), "provided") == {"Hello": ("CREATING", "client ->")}
        assert Node.parse(state.encode()) == state
        assert state.encode().startswith(b"state\n")


def test_own_quota_is_shown_on_request() -> None:
    with Puppets("+ report | init_ram: yes | init_caps: yes\n" + CHILDREN) as puppets:
        state = puppets.sandbox.generate_state_report()
        for kind, limit in (("ram", puppets.town.init_has.ram), ("caps", puppets.town.init_has.caps)):
            node = state.sub_node(kind)
            assert node is not None and node.attribute("quota", Bytes(0)) == limit
            assert node.attribute("avail", Bytes(0)) + node.attribute("used", Bytes(0)) == limit


def test_an_exited_child_is_shown_without_details() -> None:
    with Puppets(DETAILS + CHILDREN) as puppets:
        puppets.tell("client", lambda env: env.exit(4))
        client = puppets.state("client")
        assert client.attributes["exited"] == "4" and "state" not in client.attributes
        assert [node.type for node in client.children] == ["requested", "provided"]


def test_a_request_for_resources_is_shown_at_once_with_an_explanation() -> None:
    with Puppets(DETAILS.replace("\n", " | delay_ms: 2000\n") + CHILDREN) as puppets:
        puppets.wait(seconds(3))
        before = len(puppets.reports)
        puppets.tell("client", lambda env: env.parent.resource_request(Resources(5 << 20, 7)))
        assert len(puppets.reports) == before + 1
        client = puppets.reports[-1].sub_node("child", name="client")
        assert client is not None
        ram, caps, problem = client.sub_node("ram"), client.sub_node("caps"), client.sub_node("problem", name="quota")
        assert ram is not None and caps is not None and problem is not None
        assert (ram.attributes["requested"], caps.attributes["requested"]) == ("5M", "7")
        assert "asks for 5M of RAM more, has " in problem.text


def test_nothing_is_reported_without_a_report_node_or_with_a_delay_of_zero() -> None:
    for report in ("", "+ report | delay_ms: 0\n"):
        with Puppets(report + CHILDREN) as puppets:
            puppets.tell("client", lambda env: env.exit(4))
            puppets.wait(seconds(10))
            assert puppets.reports == []


def test_events_are_reported_once_per_delay_and_births_and_deaths_at_once() -> None:
    with Puppets("+ report | delay_ms: 500\n" + CHILDREN) as puppets:
        assert len(puppets.reports) == 1, "children were created"
        puppets.wait(seconds(2))
        before = len(puppets.reports)
        for id in range(20, 24):
            puppets.tell("client", open_session(id))
            puppets.wait(milliseconds(100))
        assert len(puppets.reports) == before
        puppets.wait(milliseconds(100))
        assert len(puppets.reports) == before + 1
        puppets.wait(milliseconds(10))
        puppets.tell("client", lambda env: env.exit(4))
        assert len(puppets.reports) == before + 2


def test_a_child_cannot_cause_reports_faster_than_every_ten_milliseconds() -> None:
    with Puppets("+ report\n" + CHILDREN) as puppets:
        puppets.wait(seconds(1))
        before = len(puppets.reports)
        for ram in range(1, 100):
            puppets.tell("client", lambda env, ram=ram: env.parent.resource_request(Resources(ram, 0)))  # type: ignore[misc]
        assert len(puppets.reports) == before + 1
        puppets.wait(milliseconds(10))
        assert len(puppets.reports) == before + 2


def test_a_new_version_is_reported_though_nothing_else_changed() -> None:
    with Puppets("version: 1\n+ report\n" + CHILDREN) as puppets:
        puppets.wait(seconds(1))
        puppets.apply("version: 2\n+ report\n" + CHILDREN, "version: 2\n" + PARENT_PROVIDES + ROUTE)
        assert puppets.reports[-1].attributes["version"] == "2"


def test_changed_quotas_are_noticed_within_a_second() -> None:
    with Puppets("+ report | child_ram: yes\n" + CHILDREN) as puppets:
        puppets.wait(seconds(5))
        before = len(puppets.reports)
        puppets.tell("client", lambda env: env.pd.alloc_ram(65536))
        puppets.wait(seconds(1.2))
        assert len(puppets.reports) == before + 1
        puppets.wait(seconds(5))
        assert len(puppets.reports) == before + 1


def test_a_denied_request_is_explained_in_the_report() -> None:
    with Puppets("+ report\n+ start client\n", {"client": try_to_ask}) as puppets:
        problem = puppets.state("client").sub_node("problem", name="denied")
        assert problem is not None
        assert problem.text.startswith('"client" asks for service "Hello" with label "client -> desk"')


def test_a_missing_binary_is_explained_in_the_report_until_it_is_there() -> None:
    with Puppets("+ report | requested: yes\n+ start ghost\n") as puppets:
        before = puppets.town.total
        ghost = puppets.state("ghost")
        assert sessions(ghost, "requested")["ROM"] == ("DENIED", "ghost")
        problem = ghost.sub_node("problem", name="environment")
        assert ghost.attributes["state"] == "incomplete" and problem is not None
        assert "there is no ROM module 'ghost'" in problem.text and "did you mean another one" in problem.text
        puppets.apply("+ report | requested: yes\n+ start ghost\n  + binary puppet\n")
        ghost = puppets.state("ghost")
        assert sessions(ghost, "requested")["ROM"] == ("OK", "puppet")
        assert puppets.town.total == before
        assert "state" not in ghost.attributes and ghost.sub_node("problem") is None


def test_who_waits_longer_than_a_second_is_named_with_the_reason() -> None:
    for server, reason in (("puppet", "which has not announced it"), ("sleepy", "which has not answered")):
        with Puppets(f"""+ report
+ start server | + binary {server}
  + provides | + service Hello
+ start client
""", {"client": stay, "sleepy": sleepy}) as puppets:
            puppets.wait(milliseconds(900))
            assert not puppets.town.said("waits for")
            puppets.wait(milliseconds(200))
            said = f'waits for Hello (label="client -> desk") of child "server", {reason}'
            assert puppets.town.lines("init") == [f"client: {said}"]
            problem = puppets.state("client").sub_node("problem", name="waiting")
            assert problem is not None and problem.text == said
            puppets.wait(seconds(100))
            assert len(puppets.town.lines("init")) == 1


def test_who_got_an_answer_in_the_end_waits_no_more() -> None:
    def late(env: Env) -> object:
        env.ep.alarm(env.ep.now().__class__(env.ep.now() + seconds(2)), lambda: kept.append(greet(env)))
        return env

    kept: list[object] = []
    with Puppets("+ report\n+ start late\n  + provides | + service Hello\n+ start client\n",
                 {"client": stay, "late": late}) as puppets:
        puppets.wait(seconds(1.5))
        assert puppets.state("client").sub_node("problem", name="waiting") is not None
        puppets.wait(seconds(1))
        assert puppets.state("client").sub_node("problem") is None


def sleepy(env: Env) -> object:
    """Announces, looks, and never answers."""
    from bastide.base import NotYet
    from bastide.session.hello import HelloSession

    def create(request: SessionRequest) -> Greeter:
        raise NotYet

    return HelloSession.announce(env, create)


class Board:
    """A server of Report, whose reports a test can read."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, str]] = []

    def __call__(self, env: Env) -> object:
        return ReportSession.announce(env, lambda request: _Pinned(self, request))


class _Pinned(ReportSession):
    def __init__(self, board: Board, request: SessionRequest) -> None:
        self._board, self._label = board, request.label
        self._memory = RamDataspace(request.account, request.args(ReportArgs).buffer_size)

    def dataspace(self) -> DataspaceCap:
        return self._memory.cap

    def submit(self, length: int) -> None:
        self._board.reports.append((self._label, bytes(self._memory.view[:length]).decode()))

    def response_sigh(self, context: SignalCap | None) -> None: ...

    def obtain_response(self) -> int:
        return 0


def nested(report: str, children: str, board: Board) -> Town:
    inner = "".join(f"    {line}\n" for line in (PARENT_PROVIDES + ROUTE + report + children).splitlines() if line)
    return Town({"board": board, "puppet": lambda env: SignalHandler(env, lambda: None)}, PARENT_PROVIDES + ROUTE + f"""
+ start board
  + provides | + service Report
+ start inner | ram: 32M | caps: 1000
  + binary init
  + config
{inner}""")


def test_init_writes_the_report_state() -> None:
    board = Board()
    with nested("+ report | delay_ms: 50\n", "+ start one | + binary puppet\n", board) as town:
        town.run()
        label, text = board.reports[-1]
        assert label == "inner -> state"
        assert Node.parse(text) == Node.parse("state\n+ child one | binary: puppet\n-\n")
        assert town.trouble == []


def test_a_report_that_exceeds_its_buffer_says_so_instead() -> None:
    board = Board()
    many = "".join(f"+ start child-{number} | + binary puppet\n" for number in range(6))
    with nested("+ report | buffer: 100\n", many, board) as town:
        town.run()
        assert "Error: state report exceeds maximum size" in town.lines("init -> inner")
        assert Node.parse(board.reports[-1][1]) == Node.parse("state | error: report buffer exceeded\n-\n")


def test_who_waits_for_its_environment_is_named_too() -> None:
    with Puppets("""+ report
+ start server | + binary puppet
  + provides | + service LOG
  + route | + any-service | + parent
+ start client
  + route
    + service LOG | + child server
    + any-service | + parent
""", {"client": stay}) as puppets:
        assert puppets.state("client").attributes["state"] == "incomplete"
        puppets.wait(milliseconds(1100))
        assert puppets.town.lines("init") == [
            'client: waits for LOG (label="client") of child "server", which has not announced it']
