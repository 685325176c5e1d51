"""What the doctor says about a host."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bastide.tool.doctor import main, missing, report


@dataclass(frozen=True)
class Layer:
    name: str
    active: bool
    reason: str = ""
    remedy: str = ""
    promised: bool = False


HOST = (Layer("seccomp", True, promised=True), Layer("Landlock", True, "ABI 3", promised=True),
        Layer("namespaces", False, "the host refuses them", "set the sysctl x=1"))


def test_each_layer_is_shown_with_the_reason_and_the_remedy() -> None:
    assert report(HOST) == """\
  ✓ seccomp
  ✓ Landlock            ABI 3
  ✗ namespaces          the host refuses them
                        what helps: set the sysctl x=1

Components are isolated as promised."""


def test_a_missing_promise_is_told() -> None:
    host = (*HOST, Layer("limits", False, "none", promised=True))
    assert missing(host) == ["limits"]
    assert report(host).endswith(
        "\n\nComponents can't be isolated as promised: limits missing. 'bastide run' will refuse.")


def test_the_doctor_takes_no_arguments_but_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: bastide doctor")
    assert main(["me"]) == 2
    assert capsys.readouterr().err.startswith("usage: bastide doctor")


def test_the_doctor_knows_this_host(capsys: pytest.CaptureFixture[str]) -> None:
    code = main([])
    shown = capsys.readouterr().out
    assert "seccomp" in shown
    assert code == (3 if "'bastide run' will refuse." in shown else 0)
