"""What others stand on falls: init with all below it, the zygote, the first process of the namespace."""

from __future__ import annotations

import os
import random
import select
import signal

from death.realm import PATIENCE, realm
from death.test_components import DEATHS, SEED

from bastide.kernel.interface import Ending

MOMENTS = ("in its first moments", "while all come to life", "at work")


def test_whenever_init_dies_all_below_it_go_and_everything_returns() -> None:
    dice = random.Random(SEED)
    with realm() as made:
        whole = made.census()
        for number in range(max(len(MOMENTS), DEATHS // 8)):
            moment, how = MOMENTS[number % len(MOMENTS)], dice.choice([signal.SIGKILL, signal.SIGSEGV])
            print(f"BASTIDE_SEED={SEED}: init gets {how.name} {moment}", flush=True)
            made.bury_init()
            assert made.census().people == frozenset()
            made.start_init()
            pid, = made.living()            # it may have no name yet
            if moment == "while all come to life":
                made.wait_for_life(dice.sample(sorted(made.workers), 1))
            if moment == "at work":
                made.settle()
                made.beat()
            os.kill(pid, how)
            made.wait(lambda: made.init.ended is not None, "core learns that init has ended")
            assert made.init.ended is not None
            assert made.init.ended.fault == ("killed" if how is signal.SIGKILL else "SIGSEGV")
            made.bury_init()
            made.start_init()
            made.settle()
            assert not (found := made.census().differences(whole)), "\n".join(found)


def test_an_init_that_stopped_for_a_while_has_missed_nothing() -> None:
    with realm() as made:
        whole = made.census()
        made.beat()
        made.strike("init", signal.SIGSTOP)
        made.strike("clerk", signal.SIGKILL)
        made.strike("timer", signal.SIGKILL)
        made.strike("init", signal.SIGCONT)
        for name in ("clerk", "timer"):
            made.wait_for_line(f'child "{name}" faulted: killed')
        made.renew("clerk", "timer")
        made.settle()
        assert made.census().people == whole.people


def test_without_a_zygote_all_go_on_and_what_can_not_start_is_told() -> None:
    with realm() as made:
        os.kill(made.machine.zygote.pids[0], signal.SIGKILL)
        select.select([made.machine.zygote.pidfd], [], [], PATIENCE)
        assert made.machine.zygote.ended() == Ending(-signal.SIGKILL, "killed")
        assert made.work() == {}
        made.renew("greedy")
        made.wait_for_line("cannot start greedy: the zygote has ended (killed); core has to be restarted")
        made.beat()
        made.wait_for(made.workers - {"greedy"})
        assert not any(made.reports.values())


def test_when_the_first_process_of_the_namespace_is_killed_all_end_and_everything_returns() -> None:
    with realm() as made:
        namespaces = next(layer for layer in made.machine.zygote.layers if layer.name == "namespaces")
        if not namespaces.active:
            assert namespaces.reason        # so there is no such process on this host
            return
        made.beat()
        os.kill(made.machine.zygote.pids[1], signal.SIGKILL)
        made.wait(lambda: made.init.ended is not None, "core learns that init has ended")
        made.bury_init()
        assert made.census().people == frozenset()
