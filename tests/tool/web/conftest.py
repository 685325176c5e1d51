"""A page of a run that tests write themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tool.web.recorded import Client, Recorded, served

from bastide.tool.web.server import PageServer


@pytest.fixture
def run() -> Recorded:
    return Recorded()


@pytest.fixture
def page(run: Recorded) -> Iterator[PageServer]:
    server = served(run)
    yield server
    server.close()


@pytest.fixture
def client(page: PageServer) -> Client:
    return Client(page.address)
