"""Sandbox: children, their routes and quotas, as a library. init is a small program around it.

A sandbox is a `Host` like the parent: `LogSession.announce(sandbox, create)` offers a service to the children under the
route target `local`, with the very same server code that would be announced to the parent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bastide.base import Bytes, Env, Node, SignalHandler
from bastide.base.root import AnyRoot
from bastide.init.child import Child
from bastide.init.complaints import Complaints
from bastide.init.config import Config
from bastide.init.directory import Directory
from bastide.init.outside import Outside, ParentService
from bastide.init.program import UNPAID_COST
from bastide.init.route import Route
from bastide.init.services import LocalService
from bastide.init.start import Quota, StartNode
from bastide.init.surroundings import Surroundings

Identity = tuple[str, str]
"""Name and version."""


class Sandbox:
    def __init__(self, env: Env, state_changed: Callable[[], None]) -> None:
        """`state_changed` is called when a new state report is worth to be fetched."""
        self._env, self._state_changed = env, state_changed
        self._complaints = Complaints(env.log)
        self._directory = Directory(self._complaints)
        self._faults = SignalHandler(env, self._check_programs)
        self._around = Surroundings(env, self._complaints, self._directory, self._exited, self._faults.cap)
        self._outside = Outside(env)
        self._children: dict[Identity, Child] = {}
        self._config = Config.parse(Node("config"))

    def provide(self, root: AnyRoot) -> None:
        """Serve `root` to children whose routes name the target `local`."""
        self._directory.add_local(LocalService(self._env, root))

    def apply(self, config: Node) -> None:
        """Bring the children in line with `config`: start new ones, remove vanished ones, deliver inline configs."""
        old, new = self._config, Config.parse(config)
        self._config = new
        for warning in new.warnings:
            self._env.log.warning(warning)
        for error in new.errors:
            self._env.log.error(error)
        self._around.verbose = new.verbose
        if new.verbose and new.parent_provides != old.parent_provides:
            self._env.log("parent provides")
            for name in sorted(new.parent_provides):
                self._env.log(f'  service "{name}"')
        starts = {(start.name, start.version): start for start in new.starts}
        if new.complete:
            for identity in [known for known in self._children if known not in starts]:
                self._remove(identity)
        for identity, child in list(self._children.items()):
            if identity in starts and child.program.stuck and child.start != starts[identity]:
                self._remove(identity)              # nothing runs yet: begin anew, by what the config says now
            elif identity in starts:
                child.show(starts[identity])
        default_route = new.default_route or Route((), shared=True)
        for identity, start in starts.items():
            if identity not in self._children:
                self._children[identity] = Child(self._around, start, start.route or default_route, new.prio_levels)
                if new.verbose:
                    self._describe(start)
        parent = {name: ParentService(self._outside, name) for name in new.parent_provides}
        self._directory.arrange(parent, {child.name: child for child in self._children.values()}, new.aliases)
        self._begin([self._children[identity] for identity in starts])
        self._state_changed()

    def resources_available(self) -> None:
        """More quota arrived from the parent: try again what failed for want of it."""
        self._begin(self._children.values())

    def _describe(self, start: StartNode) -> None:
        for line in (f'child "{start.name}"', f"  RAM quota:  {start.ram}", f"  cap quota:  {start.caps}",
                     f"  ELF binary: {start.binary}", f"  priority:   {start.priority}",
                     *(f"  provides service {service}" for service in sorted(start.provides))):
            self._env.log(line)

    def _begin(self, children: Iterable[Child]) -> None:
        """Start those that are not, in order. All get their domains first: a later one may serve an earlier one."""
        founded = list[Child]()
        for child in children:
            if child.program.begun and not child.program.stuck:
                continue
            quota, unpaid = self._env.pd.quota(), len(founded)
            available = Quota(Bytes(max(0, quota.ram_avail - unpaid * UNPAID_COST.ram)),
                              max(0, quota.cap_avail - unpaid * UNPAID_COST.caps))
            spendable, errors = self._config.spendable(available)
            for error in errors:
                self._env.log.error(error)
            if child.program.begin(spendable):
                founded.append(child)
        for child in founded:
            child.program.complete()

    def _remove(self, identity: Identity) -> None:
        child = self._children.pop(identity)
        child.program.end()
        self._complaints.forget(child.name)
        self._directory.changed()

    def _exited(self, child: Child, value: int) -> None:
        child.program.exiting = True
        if child.exit_propagate:
            self._env.parent.exit(value)
            return
        self._env.log(f'child "{child.name}" exited with exit value {value}')
        child.exit_value = value
        child.program.end()
        self._directory.changed()
        self._state_changed()

    def _check_programs(self) -> None:
        for child in list(self._children.values()):
            if child.program.check():
                self._directory.changed()
                self._state_changed()
