"""Checks the names and values of a scenario against the schemas: of the runtime format, and of each component."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bastide.base.errors import InvalidNode
from bastide.base.node import Node
from bastide.tool.boot import CORE_SERVICES, OUTER_DRIVERS, TOOL_SERVICES
from bastide.tool.check.subject import Part, Subject
from bastide.tool.checkout import PACKAGE
from bastide.tool.finding import Finding
from bastide.tool.graph.plan import Component, Plan
from bastide.tool.scenario import SERVICES, ScenarioError
from bastide.tool.schema import Schema
from bastide.tool.suggestion import suggestion

FROM_OUTSIDE = CORE_SERVICES | TOOL_SERVICES | OUTER_DRIVERS.keys()
"""What a scenario can require."""

SCHEMA_LIMIT = 64 << 10
"""Bytes of a schema, each of whose nodes can take over each of its categories."""


def findings(subject: Subject, plan: Plan | None) -> Iterator[Finding]:
    if subject.runtime is None or subject.root is None:
        return
    schemas = _Schemas()
    yield from schemas.check(subject.runtime, PACKAGE / "tool" / "runtime.hsd")
    yield from _requirements(subject.runtime)
    for part in subject.root.all():
        if part.config is not None and (path := _schema_of(part, subject)) is not None:
            yield from schemas.check(part.config, path)
    if plan is not None:
        for component in plan:
            yield from _module(component, plan, subject.path, schemas)
    yield from schemas.flaws


def _module(component: Component, plan: Plan, path: str, schemas: _Schemas) -> Iterator[Finding]:
    """The config of a component that finds it in a ROM module of the scenario."""
    config = plan.config_of(component)
    if config is not None and config.place and not config.place.startswith(f"{path}:") and component.source is not None:
        folder = component.source[0]
        schema = folder / f"{folder.name}.hsd"
        if schema.is_file():
            yield from schemas.check(config, schema)


def _requirements(runtime: Node) -> Iterator[Finding]:
    for requires in runtime.sub_nodes("requires"):
        for node in requires.sub_nodes():
            if node.type not in SERVICES:
                yield Finding.at(node.place, f"nothing is known that provides '{node.type}'",
                                 suggestion(node.type, SERVICES).removeprefix("; "))
            elif SERVICES[node.type] not in FROM_OUTSIDE:
                yield Finding.at(node.place, f"nothing around a scenario can provide '{node.type}' yet",
                                 f"there are {', '.join(sorted(FROM_OUTSIDE))}; or let a component within provide it")


def _schema_of(part: Part, subject: Subject) -> Path | None:
    """The schema beside a component. Where there is none, whoever wrote the component knows best."""
    try:
        found = subject.modules.component(subject.module(part.binary))
    except ScenarioError:
        return None                     # told by who looks for modules
    path = found[0] / f"{found[0].name}.hsd" if found is not None else None
    return path if path is not None and path.is_file() else None


class _Schemas:
    """Schemas by their files, each read once."""

    def __init__(self) -> None:
        self.flaws: list[Finding] = []
        self._known: dict[Path, Schema | None] = {}

    def check(self, config: Node, path: Path) -> Iterator[Finding]:
        if path not in self._known:
            self._known[path] = self._read(path)
        schema = self._known[path]
        return schema.check(config) if schema is not None else iter(())

    def _read(self, path: Path) -> Schema | None:
        try:
            with path.open("rb") as file:
                content = file.read(SCHEMA_LIMIT + 1)
            if len(content) > SCHEMA_LIMIT:
                self.flaws.append(Finding(str(path), 1, 1, f"a schema has at most {SCHEMA_LIMIT >> 10} KiB"))
                return None
            schema = Schema(Node.parse(content, str(path), strict=True))
        except (InvalidNode, OSError) as error:
            self.flaws.append(Finding.of(error, str(path)))
            return None
        self.flaws += schema.flaws
        return schema
