"""clipboard: what one component copies, others paste, as far as information may flow between their domains."""

from __future__ import annotations

from bastide.base import Env, Node, Rom, SessionRequest, select_policy
from bastide.lib.report_writer import ReportWriter
from bastide.lib.rom_module import Module
from bastide.session.report import ReportSession
from bastide.session.rom import RomSession

CLEARED = Node("clipboard")
OWN_LABEL = " -> clipboard"


class Main:
    """All that changes leads to one function, which shows each reader what it may see now, if that is something new."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._config, self._focus = Node("config"), Node("focus")
        self._readers: dict[Module, str] = {}
        self._origin: ReportWriter | None = None        # whoever copied last
        self._content = b""
        env.config.watch(self._apply)
        self._focus_rom = Rom(env, "focus")
        self._focus_rom.follow(self._focus_changed)
        ReportSession.announce(env, self._open_report)
        RomSession.announce(env, self._open_rom)

    def _apply(self, config: Node) -> None:
        self._config = config
        self._show()

    def _focus_changed(self, focus: Node) -> None:
        self._focus = focus
        self._show()

    def _open_report(self, request: SessionRequest) -> ReportSession:
        request.policy(self._config)
        return ReportWriter(request, self._copied, self._writer_left)

    def _open_rom(self, request: SessionRequest) -> RomSession:
        request.policy(self._config)
        module = Module(self._env.encode(CLEARED))
        self._readers[module] = request.label
        self._show()
        return module.open(request.account, lambda: self._readers.pop(module))

    def _copied(self, writer: ReportWriter, content: bytes) -> None:
        domain = self._domain(writer.label)
        allowed = domain != "" and domain == self._focused_domain and self._in_focus(writer.label)
        if self._config.value("verbose", False):
            self._env.log(f"'{writer.label}' of domain '{domain}' copies: " + ("accepted" if allowed else "refused"))
        if allowed:
            self._origin, self._content = writer, content
            self._show()

    def _writer_left(self, writer: ReportWriter) -> None:
        """Whoever copied pays for the content, and takes it along."""
        if writer is self._origin:
            self._origin, self._content = None, b""
            self._show()

    def _show(self) -> None:
        """A reader whose view stays the same learns nothing, not even that something was copied."""
        cleared = self._env.encode(CLEARED)
        for module, label in self._readers.items():
            view = self._content if self._may_read(label) else cleared
            if view != module.content:
                module.show(view)

    def _may_read(self, label: str) -> bool:
        if self._origin is None or not self._in_focus(label):
            return False
        source, target = self._domain(self._origin.label), self._domain(label)
        if "" in (source, target):
            return False
        return source == target or self._config.sub_node("flow", **{"from": source, "to": target}) is not None

    def _domain(self, label: str) -> str:
        policy = select_policy(self._config, label)
        return policy.value("domain", "") if policy else ""

    @property
    def _focused_domain(self) -> str:
        return self._focus.value("domain", "") if self._focus.value("active", False) else ""

    def _in_focus(self, label: str) -> bool:
        if not self._config.value("match_labels", False):
            return True
        return self._focus.value("active", False) and self._focus.value("label", "").startswith(
            label.removesuffix(OWN_LABEL))


construct = Main
