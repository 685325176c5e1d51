"""What core knows of all protection domains, whoever made them."""

from __future__ import annotations

import pytest
from init.hello import greet
from init.town import PARENT_PROVIDES, ROUTE, Town

from bastide.core import main

TWO = PARENT_PROVIDES + ROUTE + """
+ start greeter
  + binary greet
+ start other
  + binary greet
"""


def config(text: str) -> bytes:
    return f"config\n{text}\n-\n".encode()


def test_core_knows_the_domains_of_all_depths_and_how_often_each_was_made() -> None:
    with Town({"greet": greet}, TWO) as town:
        town.run()
        assert [str(pd.label) for pd in town.system.domains] == ["init", "init -> greeter", "init -> other"]
        assert town.system.births == {"init": 1, "init -> greeter": 1, "init -> other": 1}
        town.system.change_module("config", config(TWO.replace("start other", "start other | version: 2")))
        town.run()
        assert town.system.births["init -> other"] == 2
        assert len(town.system.domains) == 3


def test_labels_beyond_the_known_ones_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "KNOWN_LABELS", 2)
    with Town({"greet": greet}, TWO) as town:
        town.run()
        assert list(town.system.births) == ["init", "init -> greeter"]
        assert len(town.system.domains) == 3
