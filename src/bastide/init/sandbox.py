"""Sandbox: children, their routes and quotas, as a library. init is a small program around it.

    sandbox = Sandbox(env, state_changed)
    LogSession.announce(sandbox, create)        # a service for children whose routes name the target `local`
    sandbox.apply_config(node)                  # at the start, and at every change
    node = sandbox.generate_state_report()      # whenever `state_changed` was called

A sandbox is a `Host` like the parent: the very same server code can be announced to either. Even the PD and CPU
sessions of children can be served locally, as `interposed` does it. A component can have several sandboxes; they share
nothing but the component's quota. Nothing here blocks: a child, or the parent, answers when it can.
"""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import Bytes, Env, Node, SignalHandler
from bastide.base.environment import Resources
from bastide.base.root import AnyRoot
from bastide.init.budget import UNPAID_COST
from bastide.init.child import Child
from bastide.init.children import Children
from bastide.init.complaints import Complaints
from bastide.init.config import Config
from bastide.init.directory import Directory
from bastide.init.exports import Exports
from bastide.init.heartbeat import Monitor
from bastide.init.outside import Outside, ParentService
from bastide.init.schedule import Schedule
from bastide.init.services import LocalService
from bastide.init.session_state import SessionState
from bastide.init.start import Quota
from bastide.init.state import state_report
from bastide.init.surroundings import Surroundings
from bastide.init.waiting import Waiting


class Sandbox:
    def __init__(self, env: Env, state_changed: Callable[[], None], *, transparent: bool = False) -> None:
        """`state_changed` is called when a new state report should be fetched, as the `report` node of the config says.

        A `transparent` sandbox takes it that the parent provides whatever a child may ask for, beside what the config
        names: the parent will know.
        """
        self._env = env
        self._complaints = Complaints(env.log)
        self._outside = Outside(env)
        self._directory = Directory(self._complaints, self._parent_service if transparent else None)
        self._faults = SignalHandler(env, self._check_programs)
        self._schedule = Schedule(env.ep, state_changed, self._quotas_changed)
        self._around = Surroundings(env, self._complaints, self._directory, Waiting(env.ep, self._late), self._exited,
                                    self._faults.cap, self._means, self._schedule.changed)
        self._children = Children(self._around, self._parent_service)
        self._exports = Exports(env, self._directory, self._complaints)
        self._monitor = Monitor(env.ep, lambda: self._children, self._children.restart, self._schedule.changed,
                                self._complaints.warning)
        self._config = Config.parse(Node("config"))
        self._overdrawn: tuple[str, ...] = ()
        self._sampled: dict[int, Resources] = {}

    def provide(self, root: AnyRoot) -> None:
        """Serve `root` to children whose routes name the target `local`."""
        self._directory.add_local(LocalService(self._env, root))

    def apply_config(self, config: Node) -> None:
        """Bring the children in line with `config`. It changes what it must, and leaves the others alone."""
        old, new = self._config, Config.parse(config, self._config)
        self._config = new
        for warning in new.warnings:
            self._env.log.warning(warning)
        for error in new.errors:
            self._env.log.error(error)
        self._around.verbose = new.verbose
        self._schedule.configure(new.report)
        self._children.arrange(new)
        self._exports.follow(new.services)
        self._monitor.backoff.keep(start.identity for start in new.starts)
        self._monitor.configure(new.heartbeat)
        if new.version != old.version or new.report != old.report:
            self._schedule.changed(True)

    def generate_state_report(self) -> Node:
        """The state of all children, with the details that the `report` node of the config asks for."""
        settings = self._config.report
        own = self._env.pd.quota() if settings and (settings.init_ram or settings.init_caps) else None
        return state_report(self._config, own, self._children)

    def resources_available(self) -> None:
        """More quota arrived from the parent: try again what failed for want of it."""
        self._outside.retry()
        self._children.begin()
        self._exports.look()

    def _parent_service(self, name: str) -> ParentService:
        return ParentService(self._outside, name)

    def _means(self) -> Quota:
        """What can be given to children."""
        quota, unpaid = self._env.pd.quota(), self._around.unpaid
        spendable, errors = self._config.spendable(Quota(
            Bytes(max(0, quota.ram_avail - unpaid * UNPAID_COST.ram)),
            max(0, quota.cap_avail - unpaid * UNPAID_COST.caps)))
        if errors != self._overdrawn:
            self._overdrawn = errors
            for error in errors:
                self._env.log.error(error)
        return spendable

    def _exited(self, child: Child, value: int) -> None:
        child.program.exiting = True
        if child.start.exit_propagate:
            self._env.parent.exit(value)
            return
        self._env.log(f'child "{child.name}" exited with exit value {value}')
        child.exit_value = value
        child.program.end()
        self._schedule.changed(True)

    def _check_programs(self) -> None:
        for child in self._children:
            if child.program.check():
                self._schedule.changed(True)

    def _late(self, session: SessionState) -> None:
        """A server has not answered for a while."""
        client = session.client
        if isinstance(client, Child):
            client.problems["waiting"] = explanation = self._waits_for(session)
            self._complaints.info(client.name, f"{client.name}: {explanation}")
            self._schedule.changed()

    def _waits_for(self, session: SessionState) -> str:
        why = session.service.holdup(session)
        return f"waits for {session.service.name} (label=\"{session.label}\") of {session.service.source}, {why}"

    def _quotas_changed(self) -> bool:
        """Whether the quotas differ from those that were looked at last."""
        before, self._sampled = self._sampled, {}
        for child in self._children:
            quota = child.budget.look()
            if quota is not None:
                self._sampled[child.id] = Resources(quota.ram_limit - quota.ram_used, quota.cap_limit - quota.cap_used)
        return before != self._sampled
