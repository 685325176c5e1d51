"""The children that exist, and how they follow the config.

A new config changes exactly what it must. First the children take over what their start nodes say: new ones are made,
those whose node vanished are abandoned. Then the sessions of all whose routes may have changed are looked at again:

- If a session has no route any more, the child is *stuck*: it goes on without what it may not have any more, and is
  shown as incomplete until things change.
- If a session would be routed differently, the child is restarted, and so is every client of a restarted server, and
  the clients of these. Each child is restarted once at most.
- If the child was stuck, and lost nothing but time, it goes on; else it is restarted.

Then whoever has not started does so, in the order of the start nodes, and quotas are moved: downgrades first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import count

from bastide.base import Node
from bastide.init.child import Child
from bastide.init.config import Config
from bastide.init.environment import KINDS
from bastide.init.outside import ParentService
from bastide.init.route import Route
from bastide.init.session_state import REFUSED
from bastide.init.start import Identity, StartNode
from bastide.init.surroundings import Surroundings

NO_ROUTE = Route((), shared=True)


class Children:
    """`parent_service` makes what stands for a service of the parent."""

    def __init__(self, around: Surroundings, parent_service: Callable[[str], ParentService]) -> None:
        self._around, self._parent_service = around, parent_service
        self._living: dict[Identity, Child] = {}
        self._parent: dict[str, ParentService] = {}
        self._config = Config.parse(Node("config"))
        self._ids = count(1)

    def __iter__(self) -> Iterator[Child]:
        """In the order of their creation."""
        return iter(sorted(self._living.values(), key=lambda child: child.id))

    def arrange(self, config: Config) -> None:
        """Follow a new config."""
        aliases, self._config = self._config.aliases, config
        starts = {start.identity: start for start in config.starts}
        default = config.default_route or NO_ROUTE
        created, servers_changed = list[Child](), self._follow_parent(config) or config.aliases != aliases
        for identity, start in starts.items():
            child = self._living.get(identity)
            if child is None:
                created.append(self._create(start))
            elif child.start is not start and child.start != start and not child.ended:
                servers_changed |= child.update(start, start.route or default)
            if child is not None and child.stuck and child.start.route is None and child.route != default:
                child.route, child.uncertain = default, True        # it has nothing to lose by the new one
        abandoned = [child for identity, child in self._living.items()
                     if identity not in starts] if config.complete else []
        for child in abandoned:
            del self._living[child.start.identity]
        self._living = {identity: self._living[identity] for identity in (*starts, *self._living)
                        if identity in self._living}
        if created or abandoned:
            self._around.changed(True)
        if servers_changed or any(child.services for child in (*created, *abandoned)):
            self._around.changed(servers_changed)
            for child in self._living.values():
                child.uncertain = True
        self._list()
        self.restart(self._to_restart(), abandoned)
        for child in self._living.values():
            child.budget.shrink()
        for child in self._living.values():
            child.budget.expand()

    def restart(self, children: Collection[Child], abandoned: Collection[Child] = ()) -> None:
        """End these children and all that depend on them, and start them again by what the config says now."""
        waves = [list(children)] if children else []
        chosen = set(children)
        while waves and waves[-1]:
            gone = {service for child in waves[-1] for service in child.services.values()}
            # also by services that it does not provide any more
            served = {session for child in waves[-1] for session in child.requests.sessions.values()}
            waves.append([child for child in self._living.values() if child not in chosen and not child.ended
                          and any(session.service in gone or session in served for session in child.sessions.values())])
            chosen.update(waves[-1])
        going = [*(child for wave in reversed(waves) for child in wave), *abandoned]
        for child in going:
            child.program.halt()
        for child in going:
            child.program.end()
            self._around.complaints.forget(child.name)
        for child in (child for wave in waves for child in wave):
            if self._living.get(child.start.identity) is child:
                self._create(child.start)
        if chosen:
            self._list()
            self._around.changed(True)
        self.begin()

    def begin(self) -> None:
        """Start those that have not started. All get their domains first: a later one may serve an earlier one."""
        new = [child for child in self._living.values()
               if not (child.program.running or child.ended or child.stuck or child.program.waiting)]
        for child in new:
            child.program.begin()
        for child in new:
            child.program.complete()
            self._judge_environment(child)

    def _create(self, start: StartNode) -> Child:
        config = self._config
        child = Child(self._around, next(self._ids), start, start.route or config.default_route or NO_ROUTE,
                      config.common.prio_levels)
        self._living[start.identity] = child
        if self._around.verbose:
            self._describe(start)
        return child

    def _follow_parent(self, config: Config) -> bool:
        """Whether the parent provides other services than before."""
        if self._parent.keys() == config.parent_provides:
            return False
        self._parent = {name: self._parent.get(name) or self._parent_service(name)
                        for name in sorted(config.parent_provides)}
        if self._around.verbose:
            self._around.env.log("parent provides")
            for name in self._parent:
                self._around.env.log(f'  service "{name}"')
        return True

    def _list(self) -> None:
        children: Mapping[str, Child] = {child.name: child for child in self._living.values()}
        self._around.directory.arrange(self._parent, children, self._config.aliases)

    def _to_restart(self) -> list[Child]:
        """Look at the sessions of those whose routes may have changed."""
        result = []
        for child in self._living.values():
            if child.uncertain and not child.ended:
                child.uncertain = False
                if self._restart_needed(child):
                    result.append(child)
        return result

    def _restart_needed(self, child: Child) -> bool:
        lost, moved = [], False
        for session in child.sessions.values():
            if session.phase in REFUSED and not session.environment:
                continue                # the client does not know yet that there is none
            found = self._around.directory.look(child, session.service.name, session.client_label)
            if found is None:
                lost.append(session)
            elif found != (session.service, session.label):
                moved = True
        environment = child.program.environment
        missing = [id for id in environment.missing
                   if self._around.directory.look(child, KINDS[id].service, child.name) is None]
        if lost or missing:
            self._get_stuck(child, [f"{session.service.name} \"{session.client_label}\"" for session in lost]
                            + [f"{KINDS[id].service} \"{child.name}\"" for id in missing])
            for session in lost:
                if not session.environment:
                    child.revoke(session)
            return False
        if moved or (child.stuck and (child.bereft or not child.program.running)):
            return True
        if child.stuck:
            child.stuck = False
            child.problems.pop("no route", None)
            self._around.changed()
        return False

    def _judge_environment(self, child: Child) -> None:
        """What has no route at the start is as bad as what lost it."""
        environment = child.program.environment
        if environment.missing:
            self._get_stuck(child, [f"{KINDS[id].service} \"{child.name}\"" for id in sorted(environment.missing)])
        elif not child.program.running:
            child.uncertain = True      # some server is yet to answer

    def _get_stuck(self, child: Child, uses: Iterable[str]) -> None:
        if not child.stuck:
            self._around.changed()
        child.stuck = True
        child.problems["no route"] = "no route to " + ", ".join(uses)

    def _describe(self, start: StartNode) -> None:
        for line in (f'child "{start.name}"', f"  RAM quota:  {start.ram}", f"  cap quota:  {start.caps}",
                     f"  ELF binary: {start.binary}", f"  priority:   {start.priority}",
                     *(f"  provides service {service}" for service in sorted(start.provides))):
            self._around.env.log(line)

