"""All checks of one scenario, and the one line that is said of a clean one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bastide.base.value import Bytes
from bastide.init.start import Quota
from bastide.tool.boot import outside
from bastide.tool.check import content, names, quotas, told
from bastide.tool.check.subject import Subject, read
from bastide.tool.finding import Finding
from bastide.tool.scenario import Scenario


@dataclass(frozen=True)
class Result:
    """What was found, in the order of the file; `summary` says what there is, if nothing was found."""

    path: str
    findings: tuple[Finding, ...]
    summary: str = ""


def examine(path: Path, text: bytes, host: Quota) -> Result:
    """Check a scenario, of which `text` is the content of the file. `host` is what there is to give to a system."""
    subject = read(path, text)
    said = list(names.findings(subject))
    lines = {(finding.path, finding.line) for finding in said}
    # What a reader stumbles over first, and what init would say, is often what a schema finds as well.
    other = (finding for finding in (*subject.flaws, *told.findings(subject))
             if (finding.path, finding.line) not in lines)
    found = {finding.refined(subject.text)
             for finding in (*said, *other, *content.findings(subject), *quotas.findings(subject, host))}
    return Result(str(path), tuple(sorted(found)), "" if found else _summary(subject))


def _summary(subject: Subject) -> str:
    scenario, root = subject.scenario, subject.root
    assert scenario is not None and root is not None    # else there would be findings
    parts = list(root.all())[1:]
    if not parts:
        return f"{scenario.binary} alone, with {scenario.ram} RAM and {scenario.caps} caps{_needs(scenario)}"
    services = sum(len(part.start.provides) for part in parts if part.start is not None)
    out = quotas.given_out(root)
    words = [_count(len(parts), "child", "children"), _count(services, "service", "services"),
             f"{Bytes(out.ram)} of {scenario.ram} RAM and {out.caps} of {scenario.caps} caps given out"]
    return ", ".join(words) + _needs(scenario)


def _needs(scenario: Scenario) -> str:
    needed = outside(scenario)
    return f"; needs {', '.join(needed)} from outside" if needed else ""


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
