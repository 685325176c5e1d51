"""A new config: children come and go, inline configs change under running children, the rest stays untouched."""

from __future__ import annotations

from init.hello import greet, stay, try_to_ask
from init.puppet import Puppets
from init.town import PARENT_PROVIDES, ROUTE, Town

from bastide.base import DataspaceCap, Env, Node, RamDataspace, SignalCap, SignalHandler, Transmitter
from bastide.base.environment import RomSession


def reader(env: Env) -> object:
    """Tell each config."""
    env.config.watch(lambda node: env.log(f"greeting {node.attribute('greeting', 'none')}"))
    return env


def start(name: str, greeting: str = "", binary: str = "reader") -> str:
    config = f"\n  + config | greeting: {greeting}" if greeting else ""
    return f"\n+ start {name} | + binary {binary}{config}\n"


def test_a_changed_inline_config_is_signalled_and_the_child_goes_on() -> None:
    with Puppets(start("one", "hello") + start("two", "hi"), {"reader": reader}) as puppets:
        puppets.apply(start("one", "bye") + start("two", "hi"))
        puppets.apply(start("one", "bye") + start("two", "hi"))
        assert puppets.town.lines("init -> one") == ["greeting hello", "greeting bye"]
        assert puppets.town.lines("init -> two") == ["greeting hi"]
        assert puppets.town.lines("init") == []


def test_an_inline_config_can_outgrow_its_memory() -> None:
    with Puppets(start("one", "hello"), {"reader": reader}) as puppets:
        puppets.apply(start("one", "g" * 150 + " | more: " + "x" * 9000))
        puppets.apply(start("one", "small"))
        assert puppets.town.lines("init -> one") == ["greeting hello", "greeting " + "g" * 150, "greeting small"]


def test_a_config_that_only_xml_can_express_arrives_in_xml() -> None:
    config = Node.parse("""<config>
    <parent-provides>
        <service name="ROM"/> <service name="CPU"/> <service name="PD"/> <service name="LOG"/>
    </parent-provides>
    <default ram="1M" caps="100"/> <default-route> <any-service> <parent/> </any-service> </default-route>
    <start name="one"> <binary name="reader"/> <config greeting="a | b"/> </start> </config>""")
    with Puppets("", {"reader": reader}) as puppets:
        puppets.tell("house", lambda env: puppets.sandbox.apply_config(config))
        assert puppets.town.lines("init -> one") == ["greeting a | b"]


def test_children_come_and_go_and_the_others_stay() -> None:
    with Puppets(start("one", "hello") + start("two", "hi"), {"reader": reader}) as puppets:
        puppets.apply(start("two", "hi") + start("three", "salve"))
        assert puppets.town.lines("init -> three") == ["greeting salve"]
        assert puppets.town.lines("init -> two") == ["greeting hi"]
        assert not any("one" in name for name in puppets.town.machine.threads)
        puppets.apply("")
        assert puppets.town.init_has == puppets.before


def test_a_new_version_is_a_new_child() -> None:
    with Puppets(start("one", "hello"), {"reader": reader}) as puppets:
        puppets.apply(start("one", "hello").replace("one |", "one | version: 2 |"))
        assert puppets.town.lines("init -> one") == ["greeting hello", "greeting hello"]


def test_an_exited_child_stays_exited() -> None:
    with Puppets(start("one", "x", "leave"), {"leave": lambda env: env.exit(1)}) as puppets:
        puppets.apply(start("one", "x", "leave"))
        assert puppets.town.lines("init") == ['child "one" exited with exit value 1']


def test_a_server_that_appears_is_found_by_those_that_ask_later() -> None:
    server = "\n+ start greet\n  + provides | + service Hello\n"
    with Puppets(start("client", binary="puppet"), {"greet": greet}) as puppets:
        puppets.tell("client", try_to_ask)
        puppets.apply(start("client", binary="puppet") + server)
        puppets.tell("client", try_to_ask)
        assert puppets.town.lines("init -> client")[-1] == "granted"


def test_a_child_whose_environment_was_incomplete_starts_when_it_can() -> None:
    programs = {"reader": reader}
    with Puppets(start("one", "hello"), {}) as puppets:
        assert "environment ROM session denied" in "".join(puppets.town.lines("init"))
        puppets.town.programs.update(programs)
        puppets.apply(start("one", "hello"))
        assert puppets.town.lines("init -> one") == ["greeting hello"]
        puppets.apply("")
        assert puppets.town.init_has == puppets.before


def test_init_keeps_its_config_when_the_new_one_is_malformed() -> None:
    texts = [f"config\n{PARENT_PROVIDES}{ROUTE}{start('one', 'hello')}\n-\n", "config\n+ start two\n bad line\n-\n",
             f"config\n{PARENT_PROVIDES}{ROUTE}{start('one', 'bye')}\n-\n"]
    change: list[SignalHandler] = []

    class Module(RomSession):
        def __init__(self, env: Env) -> None:
            self._env, self._changed = env, Transmitter()
            self._memory = RamDataspace(env.account, 4096)
            change.append(SignalHandler(env, lambda: self._changed.submit()))

        def dataspace(self) -> DataspaceCap | None:
            self.update()
            return self._memory.cap

        def update(self) -> bool:
            text = texts[0].encode() + b"\0"
            self._memory.view[:len(text)] = text
            return True

        def sigh(self, context: SignalCap | None) -> None:
            self._changed.context = context

    def store(env: Env) -> object:
        return RomSession.announce(env, lambda request: Module(env))

    with Town({"reader": reader, "store": store}, PARENT_PROVIDES + """
+ start store
  + provides | + service ROM
  + route | + any-service | + parent
+ start inner | ram: 8M | caps: 500
  + binary init
  + route
    + service ROM | label_last: config | + child store
    + any-service | + parent
""") as town:
        town.run()
        for _ in range(2):
            texts.pop(0)
            change[0].submit()
            town.run()
        assert town.lines("init -> inner") == [
            "Error: config:3:2: expected 'tag: value', '+ node' or '-', got 'bad line'; "
            "keeping what is, until the config is valid"]
        assert town.lines("init -> inner -> one") == ["greeting hello", "greeting bye"]


def log_by(name: str, target: str, binary: str = "puppet", provides: str = "") -> str:
    return (f"+ start {name} | + binary {binary}\n" + f"  + provides | + service {provides}\n" * bool(provides)
            + f"  + route\n    + service LOG | + child {target}\n    + any-service | + parent\n")


def test_whoever_is_served_by_an_alias_follows_it() -> None:
    servers = start("one", binary="puppet") + "  + provides | + service LOG\n  + route | + any-service | + parent\n"
    servers += servers.replace("start one", "start two")
    client = log_by("client", "desk")
    with Puppets(servers + client + "+ alias desk | child: one\n") as puppets:
        assert puppets.ids == {"one": 1, "two": 2, "client": 3}
        puppets.apply(servers + client + "+ alias desk | child: one\n")
        assert puppets.ids["client"] == 3
        puppets.apply(servers + client + "+ alias desk | child: two\n")
        assert puppets.ids == {"one": 1, "two": 2, "client": 4}


def test_the_default_route_counts_for_those_who_start_later_and_for_those_who_got_stuck() -> None:
    nothing = "+ default-route\n  + service LOG | + parent\n"
    with Puppets("", {"reader": reader}) as puppets:
        puppets.apply(start("one", "x"))
        puppets.apply(start("one", "x") + start("two", "y"), PARENT_PROVIDES + nothing)
        assert puppets.state("two").attributes["state"] == "incomplete"
        assert "state" not in puppets.state("one").attributes and puppets.ids == {"one": 1, "two": 2}
        puppets.apply(start("one", "x") + start("two", "y"))
        assert puppets.town.lines("init -> two") == ["greeting y"]
        assert puppets.ids == {"one": 1, "two": 3}


def test_a_child_whose_inline_config_vanishes_is_restarted_if_it_used_it() -> None:
    with Puppets(start("one", "x") + start("two", binary="puppet").rstrip() + "\n  + config | greeting: y\n",
                 {"reader": reader}) as puppets:
        puppets.town.files["config"] = b"config | greeting: from the parent\n-\n"
        puppets.apply(start("one") + start("two", binary="puppet"))
        assert puppets.ids == {"one": 3, "two": 2}


def test_a_route_taken_away_closes_what_it_led_to_and_given_back_it_restarts_the_child() -> None:
    server = "+ start server | + binary greet\n  + provides | + service Hello\n"
    client = ("+ start client | + binary stay\n  + route\n    + service Hello | + child server\n"
              "    + any-service | + parent\n")
    with Puppets(server + client, {"greet": greet, "stay": stay}) as puppets:
        puppets.apply(server + client.replace("+ child server", "+ local"))
        assert puppets.town.lines("init -> server") == ["open 'client -> desk'", "close 'client -> desk'"]
        client_state = puppets.state("client")
        assert client_state.attributes["state"] == "incomplete"
        problem = client_state.sub_node("problem", name="no route")
        assert problem is not None and problem.text == 'no route to Hello "client -> desk"'
        assert puppets.ids["client"] == 2
        puppets.apply(server + client)
        assert puppets.ids["client"] == 3
        assert puppets.town.lines("init -> server")[2:] == ["open 'client -> desk'"]
        puppets.apply("")
        assert puppets.town.init_has == puppets.before


def test_an_exited_child_starts_again_with_another_version_or_as_a_new_node() -> None:
    with Puppets(start("one", "x", "leave"), {"leave": lambda env: env.exit(1)}) as puppets:
        told = 'child "one" exited with exit value 1'
        puppets.apply(start("one", "y", "leave"))
        assert puppets.town.lines("init") == [told]
        puppets.apply(start("one", "y", "leave").replace("one |", "one | version: 2 |"))
        assert puppets.town.lines("init") == [told] * 2
        puppets.apply("")
        puppets.apply(start("one", "y", "leave").replace("one |", "one | version: 2 |"))
        assert puppets.town.lines("init") == [told] * 3
        puppets.apply("")
        assert puppets.town.init_has == puppets.before


def test_what_the_parent_provides_no_more_is_missed_by_who_uses_it() -> None:
    without = PARENT_PROVIDES.replace("  + service LOG\n", "")
    assert without != PARENT_PROVIDES
    with Puppets(start("one", binary="puppet")) as puppets:
        puppets.apply(start("one", binary="puppet") + start("two", binary="puppet"), without + ROUTE)
        assert puppets.state("two").attributes["state"] == "incomplete"
        puppets.apply(start("one", binary="puppet") + start("two", binary="puppet"))
        assert "state" not in puppets.state("one").attributes and "state" not in puppets.state("two").attributes
        puppets.apply("")
        assert puppets.town.init_has == puppets.before


def test_what_counts_for_the_next_incarnation_restarts_nobody() -> None:
    plain = start("one", binary="puppet")
    header = "prio_levels: 4\n+ affinity-space | width: 2\n" + PARENT_PROVIDES + ROUTE
    with Puppets(plain) as puppets:
        for changed in ("one | priority: -1 |", "one | managing_system: yes |", "one | ld: no |"):
            puppets.apply(plain.replace("one |", changed), header)
        puppets.apply(plain.rstrip() + "\n  + affinity | xpos: 1\n", header)
        puppets.apply(plain.rstrip() + "\n  + heartbeat\n", header)
        assert puppets.ids == {"one": 1}


def test_where_an_exit_goes_is_looked_up_when_the_child_exits() -> None:
    def leave(env: Env) -> None:
        env.exit(3)

    plain = start("one", binary="puppet").rstrip()
    for before, after, exits in (("", "\n  + exit | propagate: yes\n", [3]), ("\n  + exit | propagate: yes\n", "", [])):
        with Puppets(plain + before) as puppets:
            puppets.apply(plain + after)
            puppets.tell("one", leave)
            assert puppets.town.exits == exits
            assert puppets.town.lines("init") == ([] if exits else ['child "one" exited with exit value 3'])
