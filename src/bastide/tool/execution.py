"""A run: a scenario that is executed until its criteria decide, its top component exits, or somebody interrupts it."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from bastide.base.errors import BastideError, SessionDenied
from bastide.core.main import System
from bastide.kernel.interface import OutOfMachine
from bastide.kernel.linux.layers import Isolation, IsolationError
from bastide.kernel.linux.machine import LinuxMachine
from bastide.tool.boot import Machine, boot, crowded, load, prefix_of
from bastide.tool.configuration import QUOTAS, SESSIONS, Configuration
from bastide.tool.criteria import Judge, Outcome, Verdict
from bastide.tool.live.backlog import Backlog
from bastide.tool.live.entrance import Entrance
from bastide.tool.log import Form, LogOutput
from bastide.tool.main import INTERRUPTED, NO_ISOLATION, SCENARIO_FAILED, SUCCESS, USAGE
from bastide.tool.record import Recorder
from bastide.tool.scenario import Scenario, named_scenario

if TYPE_CHECKING:
    from bastide.tool.web.beside import Page

_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def execute(options: argparse.Namespace) -> int:
    """Do what the command line of `run` says; the result is the exit code."""
    try:
        scenario = named_scenario(options.scenario)
        modules = load(scenario)
        isolation = Isolation(user_namespaces=not options.no_namespaces, allow_missing=options.allow_missing_isolation,
                              profile=options.profile)
        recorder = None
        if options.record:
            recorder = Recorder(Path(options.record), scenario.path.read_bytes())
        form = Form.JSON if options.json else Form.fitting(sys.stdout.fileno())
        kind = Run
        if options.watch:
            from bastide.tool.watch import WatchedRun as kind
        page = None
        if options.web is not None:
            from bastide.tool.web.beside import Page
            page = Page(options.web)
        return kind(scenario, modules, isolation, form, options.ram, options.caps, recorder, page,
                    lasting=options.watch or page is not None).execute()
    except IsolationError as error:
        print(f"bastide run: {error}", file=sys.stderr)
        return NO_ISOLATION
    except (SessionDenied, OutOfMachine) as error:      # nothing was wrong with the scenario, but nothing came to life
        print(f"bastide run: {error}", file=sys.stderr)
        return SCENARIO_FAILED
    except (BastideError, ValueError) as error:
        print(f"bastide run: {error}", file=sys.stderr)
        return USAGE


@dataclass(repr=False)
class Run:
    """One run. Core's thread is the one that executes it; what arrives from others only stops it, or wakes it."""

    scenario: Scenario
    modules: dict[str, bytes]
    isolation: Isolation
    form: Form
    ram: int | None
    caps: int | None
    recorder: Recorder | None = None
    page: Page | None = None
    lasting: bool = False
    """Verdicts are told and end nothing: the run goes on until it is interrupted, or its top component exits."""
    output: LogOutput = field(init=False)
    began: float = field(default_factory=time.time)
    """Seconds since 1970."""
    backlog: Backlog = field(default_factory=Backlog)
    reports: dict[str, bytes] = field(default_factory=dict)
    """The newest of each label."""
    told: threading.Event = field(default_factory=threading.Event)
    """Set by each report."""
    verdict: Verdict | None = None
    _told: Verdict | None = field(init=False, default=None)
    exit_value: int | None = None
    trouble: str = ""
    interrupted: bool = False

    def execute(self) -> int:
        began = time.monotonic()
        criteria = self.scenario.criteria
        if criteria.problem:
            raise BastideError(f"{self.scenario.path}: {criteria.problem}")
        self.output = LogOutput(sys.stdout.fileno(), self.form)
        self.judge = Judge(criteria, prefix_of(self.scenario))
        self.configuration = Configuration(self.scenario)
        if self.recorder is not None:
            self.configuration.report_state({**SESSIONS, **QUOTAS})
        machine: Machine | None = None
        system: System | None = None
        entrance: Entrance | None = None
        deadline: threading.Timer | None = None
        for number in _INTERRUPTIONS:
            signal.signal(number, self._interrupt)
        try:
            machine = Machine(self.isolation, lambda line: self.output.line("stderr", line), crowded(self.scenario),
                              self.modules)
            machine.machine.gate.wake_for_signals(True)
            for layer in machine.zygote.layers:
                if layer.promised and not layer.active:
                    self.note(f"warning: {layer.name} is missing: {layer.reason}; {layer.remedy}")
            if machine.zygote.unrehearsed:
                self.note(f"note: components take more memory than usual: {machine.zygote.unrehearsed}")
            system = boot(machine.machine, self.configuration.scenario, self.modules, self.show, self.exited,
                          self.reported, ram=self.ram, caps=self.caps)
            self.system = system
            if self.recorder is not None and self.configuration.config is not None:
                self.recorder.config(str(self.configuration.scenario.config).encode())
            machine.machine.watch.readable(machine.zygote.pidfd, self._zygote_ended)
            entrance = Entrance(self, machine.machine)
            self.begun(machine.machine)
            if self.page is not None:
                self.page.begin(prefix_of(self.scenario))
                self.output.note(f"the page of this run: {self.page.address.url}")      # in no recording: it is secret
                if not entrance.offered:
                    self.note("warning: the page can't see this run, for no folder can be trusted with its socket; "
                              "what helps: XDG_RUNTIME_DIR, set to a folder of yours that nobody else can enter")
            if criteria.deadline is not None and not self.lasting:
                deadline = threading.Timer(criteria.deadline, system.stop)
                deadline.daemon = True
                deadline.start()
            if not self._decided() and not self.interrupted:
                system.run()
        finally:
            if deadline is not None:
                deadline.cancel()
            for number in _INTERRUPTIONS:
                signal.signal(number, signal.SIG_IGN)       # what is begun is finished; a second Ctrl-C ends it too
            self.ending()
            if entrance is not None:
                entrance.close()
            if self.page is not None:
                self.page.close()
            if machine is not None:
                machine.machine.gate.wake_for_signals(False)
                machine.machine.watch.forget(machine.zygote.pidfd)
                machine.close()
        return self._conclude(time.monotonic() - began, system)

    def begun(self, machine: LinuxMachine) -> None:
        """The system is booted, and not yet served."""

    def ending(self) -> None:
        """Nothing is served any more; all processes are about to end."""

    def configure(self) -> None:
        """Tell the system its configuration, which was changed. In core's entrypoint."""
        if (top := self.configuration.top) is None:
            return
        content = str(top).encode()
        self.system.change_module("config", content)
        if self.recorder is not None:
            self.recorder.config(content)

    def show(self, label: str, text: str) -> None:
        self.output.line(label, text)
        self.backlog.line(label, text)
        if self.recorder is not None:
            self.recorder.line(label, text)
        if label and self.verdict is None:
            self.decide(self.judge.line(label, text))

    def reported(self, label: str, content: bytes) -> None:
        self.reports[label] = content
        self.told.set()
        if self.recorder is not None:
            self.recorder.report(label, content)

    def note(self, text: str) -> None:
        """Say something as the tool itself."""
        self.output.note(text)
        self.backlog.note(text)
        if self.recorder is not None:
            self.recorder.note(text)

    def exited(self, value: int) -> None:
        if self.exit_value is None:
            self.exit_value = value
            if self.system.fault and not self.verdict:
                self.trouble = f"'{self.system.name}' ended: {self.system.fault}; the run can't go on without it"
            self.decide(self.judge.exited(value))
            self.system.stop()

    def decide(self, verdict: Verdict | None) -> None:
        """End the run if there is a verdict, or tell it."""
        if verdict is not None and self.lasting:
            if verdict is not self._told:
                self._told = verdict
                self.note(f"{self.scenario.name}: {verdict.outcome.value} ({verdict.reason})")
        elif verdict is not None and self.verdict is None:
            self.verdict = verdict
            if hasattr(self, "system"):
                self.system.stop()

    def _decided(self) -> bool:
        return self.verdict is not None or self.exit_value is not None

    def _zygote_ended(self) -> None:
        self.trouble = "the process that starts components ended; the run can't go on"
        self.system.stop()

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        """Raises nothing: an exception in the middle of starting a process would lose it, and the end waits for all."""
        self.interrupted = True
        if hasattr(self, "system"):
            self.system.stop()

    def _conclude(self, seconds: float, system: System | None) -> int:
        for error in system.office.trouble if system else ():
            self.note(f"trouble in core: {type(error).__name__}: {error}")
        if self.trouble:
            self.note(f"error: {self.trouble}")
        if self.interrupted:
            self.note("interrupted")
            code = INTERRUPTED
        elif self.trouble:
            code = SCENARIO_FAILED
        else:
            verdict = self.verdict or (self.judge.log_ended() if self.exit_value is not None else self.judge.deadline())
            assert verdict is not None, "a run ends by a verdict, an exit, or its deadline"
            code = SUCCESS if verdict.outcome is Outcome.OK else SCENARIO_FAILED
            detail = f"; {verdict.detail}" if verdict.detail else ""
            self.note(f"{self.scenario.name}: {verdict.outcome.value} after {seconds:.2f} s "
                             f"({verdict.reason}){detail}")
        self.output.close()
        if self.recorder is not None:
            self.recorder.close()
            if self.recorder.failure:
                print(f"bastide run: {self.recorder.failure}", file=sys.stderr)
        if self.output.failure:
            lost = f"the log is incomplete, for it can't be written: {self.output.failure}"
            if code == SUCCESS:             # which nobody who was to see it could read
                code, lost = SCENARIO_FAILED, f"{lost}; that counts as a failure, although the scenario succeeded"
            print(f"bastide run: {lost}", file=sys.stderr)
        return code
