"""What the doctor says about a host."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bastide.tool.doctor import ISOLATED, REFUSED, WEAKENED, main, missing, report, verdict, weakened
from bastide.tool.host import Finding


@dataclass(frozen=True)
class Layer:
    name: str
    active: bool
    reason: str = ""
    remedy: str = ""
    promised: bool = False


NAMESPACES = Layer("namespaces", False, "the host refuses them", "set the sysctl x=1")
HOST = (Layer("seccomp", True, promised=True), Layer("Landlock", True, "ABI 3", promised=True), NAMESPACES,
        Layer("cgroups", False, "none is delegated"))
FINDINGS = (Finding("limits", "memory", True, "64 MiB"),
            Finding("emulators", "bochs", False, "not installed", "apt install bochs"))


def test_each_layer_is_shown_with_the_reason_and_the_remedy() -> None:
    assert report(HOST, FINDINGS) == """\
isolation
  ✓ seccomp
  ✓ Landlock            ABI 3
  ✗ namespaces          the host refuses them
                        what helps: set the sysctl x=1
  ✗ cgroups             none is delegated

limits
  ✓ memory              64 MiB

emulators
  - bochs               not installed
                        what helps: apt install bochs

Components are isolated as promised, without further walls behind: namespaces."""


def test_a_missing_promise_is_told() -> None:
    host = (*HOST, Layer("limits", False, "none", promised=True))
    assert missing(host) == ["limits"]
    assert verdict(host) == (
        REFUSED, "Components can't be isolated as promised: limits missing. 'bastide run' will refuse.")


def test_the_verdict_tells_a_full_set_of_walls_from_one_with_gaps() -> None:
    assert weakened(HOST) == ["namespaces"]
    assert verdict(HOST)[0] == WEAKENED
    host = tuple(replace(layer, active=True) if layer is NAMESPACES else layer for layer in HOST)
    assert verdict(host) == (ISOLATED, "Components are isolated as promised, with every further wall there is.")


def test_the_doctor_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: bastide doctor")
    with pytest.raises(SystemExit) as ended:
        main(["me"])
    assert ended.value.code == 2
    assert "'me' is one argument too many" in capsys.readouterr().err


def test_the_doctor_knows_this_host(capsys: pytest.CaptureFixture[str]) -> None:
    code = main([])
    shown = capsys.readouterr().out
    for expected in ("seccomp", "descriptors", "memory", sys.executable, "qemu-system-riscv64"):
        assert expected in shown
    assert (code == REFUSED) == ("'bastide run' will refuse." in shown)


def test_programs_get_the_same_as_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["runs"] == (code != REFUSED)
    assert told["isolated"] == (code == ISOLATED)
    assert {"name", "active", "promised", "reason", "remedy"} == set(told["layers"][0])
    assert {finding["topic"] for finding in told["host"]} >= {"limits", "interpreters", "emulators"}


def test_the_verdict_is_what_run_does(tmp_path: Path) -> None:
    code = main([])
    scenario = tmp_path / "runtime"
    scenario.write_text("runtime | ram: 8M | caps: 200 | binary: test_log\n+ fail | after_seconds: 20\n-\n")
    done = subprocess.run([sys.executable, "-m", "bastide.tool.main", "run", str(scenario)], capture_output=True,
                          text=True, timeout=60)
    assert (done.returncode == 3) == (code == REFUSED), done.stderr
