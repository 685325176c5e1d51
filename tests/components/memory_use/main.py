"""Uses RAM dataspaces: attached, shared, sealed, closed; as owner and as somebody else."""

from __future__ import annotations

from components.contracts import BoardSession

from bastide.base import Attached, Capability, Dataspace, Env, IpcError, OutOfRam, RamDataspace


class Main:
    def __init__(self, env: Env) -> None:
        self.env, self.log = env, env.log
        getattr(self, env.name)()

    def alone(self) -> None:
        env, log = self.env, self.log
        with RamDataspace(env.account, 5000) as own:
            own.view[:5] = b"hello"
            log(own.size, len(own.view), any(own.view[5:]), own.cap.client().size(), own.cap.client().writeable())
            with Attached(env.account, own.cap, writeable=False) as window:
                log(bytes(window.view[:5]), window.view.readonly)
                own.view[0:1] = b"j"
                log(bytes(window.view[:5]))
            kept, slice = own.view, own.view[:5]
            own.seal()
            with Attached(env.account, own.cap) as sealed:
                log("sealed:", sealed.view.readonly, own.view.readonly, own.cap.client().writeable())
            log(env.kernel.read(own.cap.handle, 1, 4))
            slice.release()
        try:
            kept[0]
        except ValueError:
            log("the view is gone")
        self.failure("read", lambda: env.kernel.read(own.cap.handle))
        self.failure("attach", lambda: Attached(env.account, own.cap))
        for size in (0, -5):
            self.failure(f"size {size}", lambda size=size: RamDataspace(env.account, size))
        env.exit()

    def owner(self) -> None:
        """Shares a dataspace for reading, and frees it when it is told to."""
        own = self.own = RamDataspace(self.env.account, 4096)
        own.view[:6] = b"shared"
        BoardSession.connect(self.env).put("memory", Capability(own.cap.handle, Dataspace, self.env.kernel))
        self.log("shared")

    def guest(self) -> None:
        """Reads what somebody else shares, and can't free it."""
        found = BoardSession.connect(self.env).take("memory")
        assert found is not None
        memory = Capability[Dataspace](found.handle, Dataspace, self.env.kernel)
        with Attached(self.env.account, memory, writeable=True) as window:
            self.log(bytes(window.view[:6]))
            window.view[:6] = b"SHARED"
        self.env.pd.free_ram(memory)
        self.env.pd.seal_ram(memory)
        self.log(self.env.kernel.read(memory.handle, 0, 6), memory.client().writeable())
        self.env.exit()

    def failure(self, what: str, call: object) -> None:
        try:
            call()  # type: ignore[operator]
        except (IpcError, OutOfRam, ValueError) as error:
            self.log(what, type(error).__name__)
        else:
            self.log(what, "SUCCEEDED")


construct = Main
