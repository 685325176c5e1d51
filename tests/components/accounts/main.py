"""Buys, sells and runs out."""

from __future__ import annotations

from collections.abc import Callable

from components.contracts import Echo

from bastide.base import Account, Env, Interface, OutOfCaps, OutOfRam, RamDataspace, Resource, SignalHandler
from bastide.base.environment import PdSession, Resources


class Noted(Resource):
    """Logs when it is released."""

    def __init__(self, account: Account, name: str, log: Callable[[object], None]) -> None:
        self._name, self._log = name, log
        super().__init__(account, ram=10, caps=1)

    def _release(self) -> None:
        self._log(f"released {self._name}")


class Server(Echo):
    def echo(self, text: str) -> str:
        return text

    def keep(self, cap: object) -> bool:
        return False


class Main:
    def __init__(self, env: Env) -> None:
        self.env, self.log = env, env.log
        self.log("")
        getattr(self, env.name)()
        env.exit()

    def own(self) -> None:
        """An account releases what it owns, newest first, and returns the books to what they were."""
        env, before = self.env, self._books()
        with env.account.sub(ram="1M", caps=20) as account:
            first = Noted(account, "first", self.log)
            dataspace = RamDataspace(account, 5000)
            SignalHandler(env, lambda: None, account)
            env.ep.manage(Server(), account)
            inner = account.sub(ram="10K", caps=2)
            Noted(inner, "inner", self.log)
            Noted(account, "last", self.log)
            first.close()
            first.close()
            self.log(dataspace.size, account.ram.used, account.caps.used)
        self.log("balanced:", self._books() == before, account.ram.used, account.caps.used)

    def half_done(self) -> None:
        """What a constructor bought before it failed is released with its account."""
        before = self._books()
        try:
            with self.env.account.sub(ram="64K", caps=3) as account:
                RamDataspace(account, 4096)
                self.env.ep.manage(Server(), account)
                SignalHandler(self.env, lambda: None, account)
                SignalHandler(self.env, lambda: None, account)
        except OutOfCaps as error:
            self.log(f"OutOfCaps: {error}")
        self.log("balanced:", self._books() == before)

    def run_out(self) -> None:
        """Neither dataspaces nor objects beyond the quota, and all of it afterwards again."""
        env, before = self.env, self._books()
        bought: list[Resource] = []
        try:
            while True:
                bought.append(RamDataspace(env.account, 1 << 20))
        except OutOfRam as error:
            self.log(f"OutOfRam: {error}")
        for resource in bought:
            resource.close()
        objects: list[Interface] = []
        try:
            while True:
                server = Server()
                env.ep.manage(server, env.account)
                objects.append(server)
        except OutOfCaps as error:
            self.log(f"OutOfCaps: {error}")
        for target in objects:
            env.ep.dissolve(target)
        self.log("balanced:", self._books() == before)

    def poor_domain(self) -> None:
        """A domain of one's own that was given too little is told so, and takes no more by itself."""
        env = self.env
        pd = PdSession.connect(env, "own")
        pd.ref_account(env.pd_cap)
        env.pd.transfer_quota(pd.cap, Resources(8192, 4))
        before = env.pd.quota()
        for size in (8193, 1 << 20):
            try:
                pd.alloc_ram(size)
            except OutOfRam as error:
                self.log(f"OutOfRam: {error}")
        pd.alloc_ram(8192)
        self.log("untouched:", env.pd.quota() == before)

    def wait(self) -> None:
        """The patient account says what it waits for."""
        amount = self.env.account.ram.avail + 5
        self.env.log(amount)
        self.env.patient.charge(amount, 0)

    def _books(self) -> tuple[int, int, int, int]:
        quota, account = self.env.pd.quota(), self.env.account
        return quota.ram_used, quota.cap_used, account.ram.used, account.caps.used


construct = Main
