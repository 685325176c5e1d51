"""PD and CPU sessions of children that the program around a sandbox serves itself, to watch what children do with them.

    class Watched(InterposedPd):
        def alloc_ram(self, size): ...          # look, refuse, or do as usual: super().alloc_ram(size)

    Watched.announce(sandbox, lambda request: Watched(env, request))
    CpuSession.announce(sandbox, lambda request: InterposedCpu(env, request))

Both services have to be routed to `local`. Behind each session is one of the parent's, to which all is passed on. Quota
moves between the real accounts, for the sandbox looks behind the session, and a program runs in the real domain. The
debug monitor of Genode works that way.
"""

from __future__ import annotations

from bastide.base import (
    Affinity,
    Capability,
    DataspaceCap,
    Env,
    Interface,
    SessionDenied,
    SessionRequest,
    SignalCap,
    SignalContext,
)
from bastide.base.environment import (
    CpuSession,
    NativeEntrypoint,
    Parent,
    PdAccount,
    PdQuota,
    PdSession,
    Resources,
    Thread,
)


class InterposedPd(PdSession):
    """Passes on whatever a derived class does not keep to itself."""

    def __init__(self, env: Env, request: SessionRequest) -> None:
        self.real = PdSession.connect(env, request.label, payer=request.account, affinity=request.affinity)

    def close(self) -> None:
        self.real.close()

    def transfer_quota(self, to: Capability[PdAccount], amount: Resources) -> None:
        self.real.transfer_quota(to, amount)

    def alloc_entrypoint(self) -> Capability[NativeEntrypoint]:
        return self.real.alloc_entrypoint()

    def free_entrypoint(self, entrypoint: Capability[NativeEntrypoint]) -> None:
        self.real.free_entrypoint(entrypoint)

    def alloc_context(self, entrypoint: Capability[NativeEntrypoint]) -> Capability[SignalContext]:
        return self.real.alloc_context(entrypoint)

    def free_context(self, context: SignalCap) -> None:
        self.real.free_context(context)

    def alloc_rpc_cap(self, entrypoint: Capability[NativeEntrypoint]) -> Capability[Interface]:
        return self.real.alloc_rpc_cap(entrypoint)

    def free_rpc_cap(self, cap: Capability[Interface]) -> None:
        self.real.free_rpc_cap(cap)

    def ref_account(self, account: Capability[PdAccount]) -> None:
        self.real.ref_account(account)

    def relay_quota(self, source: Capability[PdAccount], target: Capability[PdAccount], taken: Resources,
                    given: Resources) -> None:
        self.real.relay_quota(source, target, taken, given)

    def alloc_ram(self, size: int) -> DataspaceCap:
        return self.real.alloc_ram(size)

    def free_ram(self, dataspace: DataspaceCap) -> None:
        self.real.free_ram(dataspace)

    def seal_ram(self, dataspace: DataspaceCap) -> None:
        self.real.seal_ram(dataspace)

    def ram_size(self, dataspace: DataspaceCap) -> int:
        return self.real.ram_size(dataspace)

    def quota(self) -> PdQuota:
        return self.real.quota()


class InterposedCpu(CpuSession):
    """Starts programs in the domains behind interposed ones. Programs in other domains are no concern of it."""

    def __init__(self, env: Env, request: SessionRequest) -> None:
        self._env = env
        self.real = CpuSession.connect(env, request.label, payer=request.account, affinity=request.affinity)

    def close(self) -> None:
        self.real.close()

    def start(self, pd: Capability[PdSession], name: str, binary: DataspaceCap, parent: Capability[Parent],
              affinity: Affinity) -> Capability[Thread]:
        own = self._env.ep.object_of(pd, InterposedPd)
        if own is None:
            raise SessionDenied(f"'{name}' can't start: its CPU session is interposed, its PD session is not; route "
                                "both to the same place")
        return self.real.start(own.real.cap, name, binary, parent, affinity)

    def kill_thread(self, thread: Capability[Thread]) -> None:
        self.real.kill_thread(thread)

    def exception_sigh(self, context: SignalCap | None) -> None:
        self.real.exception_sigh(context)

    def affinity_space(self) -> Affinity:
        return self.real.affinity_space()
