"""Children of init: what they get, what they are refused, and how they end."""

from __future__ import annotations

import re
from typing import Any

from init.hello import Greeter, ask, greet, stay, try_to_ask
from init.town import PARENT_PROVIDES, ROUTE, Town

from bastide.base import (
    Env,
    InsufficientRam,
    NotYet,
    OutOfRam,
    RamDataspace,
    SessionDenied,
    SessionRequest,
    SignalHandler,
)
from bastide.base.environment import EnvSession, LogSession, Resources, RomSession, ThreadRun, ThreadState
from bastide.session.hello import HelloSession

SERVER = """
+ start server
  + provides | + service Hello
"""


def test_clients_meet_their_server() -> None:
    with Town({"server": greet, "client": ask}, PARENT_PROVIDES + ROUTE + SERVER + """
+ start one | + binary client
+ start client
""") as town:
        town.run()
        assert town.lines("init -> one") == town.lines("init -> client") == ["2 + 5 = 7"]
        assert {"open 'one -> desk'", "hello 'one -> desk'", "close 'one -> desk'"} <= set(
            town.lines("init -> server"))
        assert town.lines("init") == ['child "one" exited with exit value 0', 'child "client" exited with exit value 0']
        assert town.trouble == []


def test_a_client_that_starts_before_its_server_waits_for_it() -> None:
    with Town({"server": greet, "client": ask}, PARENT_PROVIDES + ROUTE + "+ start client" + SERVER) as town:
        town.run()
        assert town.lines("init -> client") == ["2 + 5 = 7"]


def test_a_request_stays_pending_until_the_service_is_announced() -> None:
    announce: list[Any] = []

    def late(env: Env) -> object:
        handler = SignalHandler(env, lambda: announce.append(greet(env)))
        announce.append(handler.submit)
        return handler

    with Town({"server": late, "client": ask}, PARENT_PROVIDES + ROUTE + SERVER + "+ start client") as town:
        town.run()
        assert town.lines("init -> client") == []
        announce[0]()
        town.run()
        assert town.lines("init -> client") == ["2 + 5 = 7"]


def test_a_server_may_answer_when_it_can() -> None:
    ready: list[bool] = []
    kept: list[object] = []

    def hesitant(env: Env) -> object:
        def create(request: SessionRequest) -> HelloSession:
            if not ready:
                raise NotYet
            return Greeter(env, request)
        root = HelloSession.announce(env, create)
        kept.append(root)
        return root

    with Town({"server": hesitant, "client": ask}, PARENT_PROVIDES + ROUTE + SERVER + "+ start client") as town:
        town.run()
        assert town.lines("init -> client") == []
        ready.append(True)
        kept[0].retry()  # type: ignore[attr-defined]
        town.run()
        assert town.lines("init -> client") == ["2 + 5 = 7"]


def test_an_unroutable_request_is_denied_with_the_reason() -> None:
    with Town({"client": try_to_ask}, PARENT_PROVIDES + ROUTE + "+ start client") as town:
        town.run()
        denied = "".join(town.lines("init -> client"))
        assert denied.startswith('denied: "client" asks for service "Hello" with label "client -> desk"')
        warnings = "".join(town.lines("init"))
        assert 'Warning: client: no route to service "Hello" (label="client -> desk")' in warnings
        assert "nobody provides \"Hello\": name it in parent-provides" in warnings


def test_a_rule_that_refuses_is_named_in_the_log() -> None:
    with Town({"client": try_to_ask}, PARENT_PROVIDES + """
+ start client
  + route
    + service Hello | + child butler
    + any-service | + parent
""") as town:
        town.run()
        said = "".join(town.lines("init"))
        assert "refused by rule" in said and "'+ service Hello | + child butler'" in said
        assert 'there is no child "butler"' in said


def test_what_the_parent_denies_is_denied_with_its_reason() -> None:
    def curious(env: Env) -> None:
        try:
            RomSession.connect(env, "nothing")
        except SessionDenied as error:
            env.log(f"denied: {error}")

    with Town({"client": curious}, PARENT_PROVIDES + ROUTE + "+ start client") as town:
        town.run()
        assert town.lines("init -> client") == ["denied: there is no ROM module 'nothing'"]
        assert town.lines("init") == ["Warning: client: parent denied a ROM session with label \"client -> nothing\": "
                                      "there is no ROM module 'nothing'"]


def test_a_route_can_rewrite_the_label() -> None:
    with Town({"server": greet, "client": ask}, PARENT_PROVIDES + SERVER.rstrip() + """
  + route | + any-service | + parent
+ start client
  + route
    + service Hello | + child server | label: front -> door
    + any-service | + parent
""") as town:
        town.run()
        assert "open 'front -> door'" in town.lines("init -> server")


def test_a_label_that_node_syntax_cannot_express_reaches_the_server_unharmed() -> None:
    def odd(env: Env) -> None:
        HelloSession.connect(env, "a | service: LOG | + close").close()
        env.exit(0)

    with Town({"server": greet, "client": odd}, PARENT_PROVIDES + ROUTE + SERVER + "+ start client") as town:
        town.run()
        assert "open 'client -> a | service: LOG | + close'" in town.lines("init -> server")
        assert town.said('child "client" exited with exit value 0')


def test_a_session_can_be_upgraded() -> None:
    def generous(env: Env) -> None:
        hello = HelloSession.connect(env, "desk")
        hello.upgrade(ram=4096, caps=3)
        env.log("upgraded")
        hello.close()
        env.exit(0)

    with Town({"server": greet, "client": generous}, PARENT_PROVIDES + ROUTE + SERVER + "+ start client") as town:
        town.run()
        assert "upgrade 'client -> desk' by 4096 and 3" in town.lines("init -> server")
        assert town.lines("init -> client") == ["upgraded"]
        assert town.said("exited with exit value 0")


def test_a_client_that_donates_too_little_donates_more_until_it_cannot() -> None:
    def greedy(env: Env) -> object:
        def create(request: SessionRequest) -> HelloSession:
            raise InsufficientRam("never enough")
        return HelloSession.announce(env, create)

    def client(env: Env) -> None:
        try:
            HelloSession.connect(env)
        except OutOfRam:
            env.log("gave up")
        env.exit(0)

    with Town({"server": greedy, "client": client}, PARENT_PROVIDES + ROUTE + SERVER + "+ start client") as town:
        town.run()
        assert town.lines("init -> client") == ["gave up"]


def test_an_exit_is_told_with_its_value_and_what_the_child_had_returns() -> None:
    with Town({"server": greet, "client": lambda env: env.exit(3)}, PARENT_PROVIDES + ROUTE) as town:
        town.run()
        before = town.init_has
    with Town({"client": lambda env: env.exit(3)}, PARENT_PROVIDES + ROUTE + "+ start client") as town:
        town.run()
        assert town.lines("init") == ['child "client" exited with exit value 3']
        assert town.init_has == before


def test_an_exit_is_passed_on_where_the_config_says_so() -> None:
    with Town({"client": lambda env: env.exit(5)}, PARENT_PROVIDES + ROUTE + """
+ start client
  + exit | propagate: yes
""") as town:
        town.run()
        assert town.exits == [5]
        assert town.lines("init") == []


def test_a_child_that_ends_without_asking_is_told_and_closed() -> None:
    class Sudden(BaseException):
        """Not an error that the framework reports."""

    def crash(env: Env) -> None:
        HelloSession.connect(env)
        raise Sudden

    with Town({"server": greet, "client": crash}, PARENT_PROVIDES + ROUTE + SERVER + "+ start client") as town:
        town.run()
        assert 'Error: child "client" ended with code 1 without asking its parent to exit' in town.lines("init")
        assert "close 'client -> '" in town.lines("init -> server")


def test_a_fault_is_told_with_its_name() -> None:
    from bastide.core.cpu import Running
    with Town({"client": greet}, PARENT_PROVIDES + ROUTE + SERVER.replace("server", "client")) as town:
        town.run()
        running = next(managed.target for managed in town.system.office.ep._objects.values()
                       if isinstance(managed.target, Running) and managed.target.pd.label == "init -> client")
        running._state = ThreadState(ThreadRun.FAULTED, 139, "SIGSEGV")
        running._session.changed(running)
        town.run()
        assert town.lines("init")[-1] == 'Error: child "client" faulted: SIGSEGV'


def test_a_missing_binary_is_told_with_what_would_help() -> None:
    with Town({}, PARENT_PROVIDES + ROUTE + "+ start ghost") as town:
        town.run()
        line = "".join(town.lines("init"))
        assert line.startswith('Error: ghost: environment ROM session denied '
                               '(label="ghost", ram_quota=6144, cap_quota=3)'
                               ": there is no ROM module 'ghost': is it among the ROMs of the system")


def test_an_environment_session_without_route_is_told() -> None:
    with Town({"client": ask}, """
+ parent-provides | + service PD
+ default | ram: 1M | caps: 100
+ start client
  + route | + any-service | + parent
""") as town:
        town.run()
        assert any("client: environment CPU session denied (label=" in line for line in town.lines("init"))


def test_a_sibling_can_provide_the_log_and_the_binary() -> None:
    class Writer(LogSession):
        def __init__(self, env: Env, request: SessionRequest) -> None:
            self._env, self._label = env, request.label

        def write(self, text: str) -> None:
            self._env.log(f"<{self._label}> {text.rstrip()}")

    def relay(env: Env) -> object:
        class Module(RomSession):
            def __init__(self) -> None:
                self._rom = RomSession.connect(env, "client")

            def dataspace(self):  # type: ignore[no-untyped-def]
                return self._rom.dataspace()

            def update(self) -> bool:
                return True

            def sigh(self, context: object) -> None: ...

        return LogSession.announce(env, lambda request: Writer(env, request)), RomSession.announce(
            env, lambda request: Module())

    with Town({"relay": relay, "client": lambda env: env.log("here I am")}, PARENT_PROVIDES + """
+ start client
  + route
    + service LOG | + child relay
    + service ROM | unscoped_label: client | + child relay
    + any-service | + parent
+ start relay
  + provides
    + service LOG
    + service ROM
  + route | + any-service | + parent
""") as town:
        town.run()
        assert town.lines("init -> relay") == ["<client> here I am"]
        assert town.trouble == []


def test_init_nests() -> None:
    with Town({"server": greet, "client": ask}, PARENT_PROVIDES + ROUTE + SERVER + """
+ start inner | ram: 16M | caps: 1000
  + binary init
  + config
    + parent-provides
      + service ROM
      + service CPU
      + service PD
      + service LOG
      + service Hello
    + default-route | + any-service | + parent
    + start client | ram: 1M | caps: 100
""") as town:
        town.run()
        assert town.lines("init -> inner -> client") == ["2 + 5 = 7"]
        assert "open 'inner -> client -> desk'" in town.lines("init -> server")
        assert town.lines("init -> inner") == ['child "client" exited with exit value 0']
        assert town.trouble == []


def test_quota_that_exceeds_what_there_is_gives_what_is_left() -> None:
    def tell(env: Env) -> None:
        quota = env.pd.quota()
        env.log(f"{quota.ram_limit} {quota.cap_limit}")

    with Town({"small": tell, "slack": tell}, PARENT_PROVIDES + ROUTE + """
+ start small
+ start slack | ram: 10G | caps: 100000
""") as town:
        town.run()
        assert town.lines("init -> small") == [f"{(1 << 20) - 253952 - 16 * 80} {100 - 28 - 6}"]
        warnings = town.lines("init")
        _, caps = town.lines("init -> slack")[0].split()
        assert warnings[0].startswith("Warning: slack: configured RAM exceeds available RAM, proceed with ")
        assert warnings[1] == f"Warning: slack: configured caps exceed available caps, proceed with {caps}"
        assert town.init_has.ram >= 40 * 8 * 1024 and town.init_has.caps >= 20


def test_a_child_without_quota_is_warned_about() -> None:
    with Town({"client": stay}, PARENT_PROVIDES.replace("ram: 1M | caps: 100", "ram: 100K | caps: 10") + ROUTE
              + "+ start client") as town:
        town.run()
        assert town.lines("init")[:2] == ["Warning: client: no valid RAM quota defined",
                                          "Warning: client: no valid capability quota defined"]


def test_a_resource_request_is_logged() -> None:
    def want(env: Env) -> None:
        env.parent.resource_request(Resources(8192, 4))

    with Town({"client": want}, PARENT_PROVIDES + ROUTE + "+ start client") as town:
        town.run()
        said, explained = town.lines("init")
        assert said == 'child "client" requests resources: ram_quota=8192, cap_quota=4'
        assert explained.startswith("client: asks for 8K of RAM more, has ")
        assert "asks for 4 caps more" in explained and "init could give " in explained
        assert explained.endswith(": raise the quota at config:14:1")


def test_a_dead_server_takes_its_sessions_with_it() -> None:
    def patient(env: Env) -> object:
        hello = HelloSession.connect(env, "desk")

        def later() -> None:
            try:
                hello.say_hello()
            except Exception as error:
                env.log(type(error).__name__)
            hello.close()
            quota = env.pd.quota()
            env.log(f"closed, {quota.ram_limit - before.ram_limit} bytes more")

        before = env.pd.quota()
        handler = SignalHandler(env, later)
        poke.append(handler.submit)
        return handler

    def mortal(env: Env) -> object:
        handler = SignalHandler(env, lambda: env.exit(1))
        poke.append(handler.submit)
        return greet(env), handler

    poke: list[object] = []
    with Town({"server": mortal, "client": patient}, PARENT_PROVIDES + ROUTE + SERVER + "+ start client") as town:
        town.run()
        for function in poke:
            function()  # type: ignore[operator]
            town.run()
        assert town.lines("init -> client") == ["IpcError", "closed, 16384 bytes more"]
        assert town.lines("init") == ['child "server" exited with exit value 1']


def test_a_request_to_a_server_that_ended_says_so() -> None:
    def late(env: Env) -> object:
        handler = SignalHandler(env, lambda: try_to_ask(env))
        poke.append(handler)
        return handler

    poke: list[SignalHandler] = []
    with Town({"server": lambda env: env.exit(0), "client": late},
              PARENT_PROVIDES + ROUTE + SERVER + "+ start client") as town:
        town.run()
        poke[0].submit()
        town.run()
        assert 'child "server" provided it, but has ended' in "".join(town.lines("init"))


def test_the_linker_is_answered_with_the_binary() -> None:
    def look(env: Env) -> None:
        env.log(str(env.parent.session_cap(EnvSession.LINKER) == env.parent.session_cap(EnvSession.BINARY)))

    with Town({"client": look}, PARENT_PROVIDES + ROUTE + "+ start client") as town:
        town.run()
        assert town.lines("init -> client") == ["True"]


def test_verbose_init_tells_what_it_starts() -> None:
    with Town({"server": greet}, "verbose: yes\n" + PARENT_PROVIDES + ROUTE + SERVER) as town:
        town.run()
        assert town.lines("init") == [
            "parent provides", '  service "CPU"', '  service "LOG"', '  service "PD"', '  service "ROM"',
            'child "server"', "  RAM quota:  1M", "  cap quota:  100", "  ELF binary: server", "  priority:   0",
            "  provides service Hello", 'child "server" announces service "Hello"']


def test_what_a_component_donated_is_not_counted_twice_when_it_looks_for_more() -> None:
    def spend(env: Env) -> None:
        kept = [LogSession.connect(env, f"line {number}") for number in range(10)]
        left = env.account.ram.avail
        try:
            RamDataspace(env.account, 1 << 30)
        except OutOfRam:
            env.log(f"{env.account.ram.avail - left} more, {len(kept)} sessions")

    with Town({"client": spend}, PARENT_PROVIDES + ROUTE + "+ start client") as town:
        town.run()
        assert town.lines("init -> client") == ["0 more, 10 sessions"]


def test_a_child_whose_environment_cannot_be_paid_is_not_started_and_the_log_says_why() -> None:
    def idle(env: Env) -> None: ...

    with Town({"greedy": idle, "late": idle}, PARENT_PROVIDES + ROUTE + """
+ start greedy | caps: 9000
+ start late
""") as town:
        town.run()
        [warning, error] = town.lines("init")
        assert warning.startswith("Warning: greedy: configured caps exceed available caps, proceed with ")
        assert re.fullmatch("Error: late: not started: its environment costs 248K and 28 caps, but init can spend only "
                            "[0-9]+K and [0-9] caps: give less to others, or more to init", error)
