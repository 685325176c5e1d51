"""Components of a busy system are killed, stopped, replaced, or fault: nobody else comes to harm, and nothing is left.

A seed chooses victims and ways to die; the moments are the host's scheduler's. The suite always uses the same seed. In
runs by hand, where `BASTIDE_DEATHS` says how many components have to die at least, it is new each time, unless
`BASTIDE_SEED` says which one to use again.
"""

from __future__ import annotations

import os
import random
import re
import signal
from collections.abc import Collection

import pytest
from components.mortal.beat import Beat
from death.people import HERALDS
from death.realm import Census, Realm, realm

DEATHS = int(os.environ.get("BASTIDE_DEATHS", "16"))
BY_HAND = {"BASTIDE_DEATHS", "BASTIDE_ENDS"} & os.environ.keys()
SEED = int(os.environ.get("BASTIDE_SEED", random.SystemRandom().randrange(1 << 32) if BY_HAND else 11))

DEADLY = {"fault": "faulted: SIGSEGV", "abort": "faulted: SIGSEGV", "overflow": "faulted: SIGSEGV",
          "vanish": "ended with code 3 without asking its parent to exit", "leave": "exited with exit value 4"}
HARMLESS = ("raise", "recurse")
SIGNALS = {signal.SIGKILL: "faulted: killed", signal.SIGSEGV: "faulted: SIGSEGV", signal.SIGBUS: "faulted: SIGBUS"}
LAST_STEP = 8

_LOSS = re.compile(r"Warning: (\w+): could not revert session")


class Doom:
    """Lets something happen to a realm, and has it mended."""

    def __init__(self, realm: Realm, dice: random.Random) -> None:
        self._realm, self._dice = realm, dice
        self.deaths = 0
        self.history: list[str] = []
        self._known_inits: Collection[int] = ()
        self._acquaint()
        self._whole = realm.census()

    def strike(self) -> None:
        """Some are killed by a signal."""
        number = self._dice.choice(list(SIGNALS))
        victims = self._victims()
        self._realm.beat()
        self._let_pass()
        for name in victims:
            self._realm.strike(name, number)
        self._mourn(dict.fromkeys(victims, SIGNALS[number]))

    def kill_the_stopped(self) -> None:
        """One stops, and who does not need it goes on; then it is killed."""
        victim = self._stop()
        self._realm.strike(victim, signal.SIGKILL)
        self._mourn({victim: SIGNALS[signal.SIGKILL]})

    def continue_the_stopped(self) -> None:
        """One stops, and who does not need it goes on; then it continues, and nobody has noticed."""
        victim = self._stop()
        self._realm.strike(victim, signal.SIGCONT)
        self._realm.wait_for(self._realm.workers)
        assert not any(self._realm.reports.values())
        self._compare(self._whole)

    def fate(self) -> None:
        """Some die by what they do themselves."""
        names = self._victims()
        needy = set().union(*(self._realm.dependants(name) - {name} for name in names))    # they die before they call
        victims = {name: self._dice.choice(list(DEADLY)) for name in names
                   if self._realm.people[name].works and name not in needy}
        self._realm.beat(**{name: self._beat(how) for name, how in victims.items()})
        self._mourn({name: DEADLY[how] for name, how in victims.items()})

    def mishap(self) -> None:
        """Some do what would be deadly elsewhere, and live on."""
        victims = [name for name in self._victims() if self._realm.people[name].works]
        self._realm.beat(**{name: self._beat(self._dice.choice(HARMLESS)) for name in victims})
        self._realm.wait_for(self._realm.workers)
        self._blame(victims)
        self._compare(self._whole)

    def exhaust(self) -> None:
        """Some use up their memory. An interpreter may survive that or not, so they are killed in the end."""
        victims = [name for name in self._victims() if self._realm.people[name].works]
        self._realm.beat(**{name: self._beat("hoard") for name in victims})
        self._realm.wait_for(self._realm.workers - self._gone(victims))
        for name in victims:
            if name in self._realm.living().values():
                self._realm.strike(name, signal.SIGKILL)
        self._mourn(dict.fromkeys(victims, ""), robbers=True)

    def replace(self) -> None:
        """Some are replaced while they are at work."""
        victims = self._victims()
        self._realm.beat()
        self._let_pass()
        self._realm.renew(*victims)
        concerned = set().union(*(self._realm.restarted(name) for name in victims))
        self._realm.wait_for(self._realm.workers - concerned)
        assert not any(trouble for name, trouble in self._realm.reports.items() if name not in concerned)
        self._restored()

    def stillbirth(self) -> None:
        """Some end before they were constructed."""
        victims = [name for name in self._victims() if self._realm.people[name].works]
        self._realm.renew(*victims, stillborn=True)
        self._realm.wait_for_life(self._realm.workers - self._gone(victims))
        self._bury(dict.fromkeys(victims, "exited with exit value 1"))
        for name in victims:
            self._realm.revive(name)
        self._mend(victims)

    # how it goes on

    def _stop(self) -> str:
        victim, = self._victims(1)
        self._realm.beat()
        self._let_pass()
        self._realm.strike(victim, signal.SIGSTOP)
        self._realm.wait_for(self._realm.workers - self._realm.dependants(victim))
        return victim

    def _mourn(self, ends: dict[str, str], robbers: bool = False) -> None:
        """All others do their work, and learn of the death if they needed the dead.

        Who served, and used up what others had donated, leaves them poor if they had left before it died.
        """
        self._realm.wait_for(self._realm.workers - self._gone(ends))
        self._blame(ends)
        self._bury(ends)
        robbed = self._robbed(ends) if robbers else set()
        self._mend({*ends, *robbed})

    def _bury(self, ends: dict[str, str]) -> None:
        """What init has to say about each, and what remains."""
        realm, gone = self._realm, self._gone(ends)
        self.history = [str(ends)]
        self.deaths += len(gone)
        for name, end in ends.items():
            if realm.people[name].home not in gone:
                realm.wait_for_line(f'child "{name}" {end}')
        realm.beat()
        realm.wait_for(realm.workers - gone)
        self._blame(ends)
        rest = realm.census()
        assert rest.people == self._whole.people - gone
        assert rest.total == self._whole.total

    def _robbed(self, robbers: Collection[str]) -> set[str]:
        """Who did not get back a donation, with the inits that it lives in: these have less, too."""
        found = {match[1] for line in self._realm.log if (match := _LOSS.search(line))}
        assert found <= self._needy(robbers) | HERALDS.keys()
        return found

    def _note(self) -> None:
        """For who has to understand a failure."""
        realm = self._realm
        self.history += [f"beat {realm.number}", *realm.log, *(f"{k}: {v}" for k, v in realm.reports.items() if v)]
        realm.log.clear()

    def _mend(self, dead: Collection[str]) -> None:
        """With the dead back, all is as it was."""
        self._note()
        self._realm.renew(*dead)
        self._restored()

    def _restored(self) -> None:
        self._realm.settle()
        self._acquaint()
        self._compare(self._whole)

    def _acquaint(self) -> None:
        """Let each new init lose a child: from its first one on, core has a channel to it to tell of others."""
        realm = self._realm
        inits = {pid: name for pid, name in realm.living().items() if name in HERALDS}
        heralds = [HERALDS[name] for pid, name in inits.items() if pid not in self._known_inits]
        self._known_inits = inits.keys()
        for name in heralds:
            realm.strike(name, signal.SIGKILL)
            realm.wait_for_line(f'child "{name}" faulted: killed')
        if heralds:
            realm.renew(*heralds)
            realm.settle()

    def _compare(self, before: Census) -> None:
        now = self._realm.census()
        assert not (found := now.differences(before)), "\n".join((*found, *self.history))
        assert list(self._realm.system.office.trouble) == []

    def _blame(self, victims: Collection[str]) -> None:
        """Only who needed the victims may have had trouble."""
        needed = self._needy(victims)
        assert {name: trouble for name, trouble in self._realm.reports.items() if trouble and name not in needed} == {}

    def _needy(self, victims: Collection[str]) -> set[str]:
        """The victims, and all who can't work without them."""
        return set().union(*(self._realm.dependants(name) for name in victims))

    def _gone(self, victims: Collection[str]) -> set[str]:
        return set().union(*(self._realm.household(name) for name in victims))

    def _victims(self, most: int = 3) -> list[str]:
        names = self._dice.sample(sorted(self._realm.people), self._dice.randint(1, most))
        inner = set().union(*(self._realm.household(name) - {name} for name in names))
        return [name for name in names if name not in inner]

    def _let_pass(self) -> None:
        """Until so many have done their work."""
        count = self._dice.randrange(len(self._realm.workers) // 2)
        self._realm.wait(lambda: len(self._realm.reports) >= count, f"{count} are done")

    def _beat(self, fate: str) -> Beat:
        return Beat(self._realm.number + 1, fate, self._dice.randrange(LAST_STEP))


DOOMS = (Doom.strike, Doom.kill_the_stopped, Doom.continue_the_stopped, Doom.fate, Doom.mishap, Doom.exhaust,
         Doom.replace, Doom.stillbirth)


@pytest.mark.parametrize("namespaces", [True, False], ids=["everything", "no namespaces"])
def test_whoever_dies_and_however_nobody_else_comes_to_harm_and_nothing_is_left(namespaces: bool) -> None:
    dice = random.Random(f"{SEED} {namespaces}")
    with realm(namespaces) as made:
        doom, rounds = Doom(made, dice), 0
        while doom.deaths < DEATHS:
            way = DOOMS[rounds % len(DOOMS)]
            rounds += 1
            print(f"BASTIDE_SEED={SEED}: round {rounds}, {way.__name__}, {doom.deaths} deaths", flush=True)
            way(doom)
