"""The sessions that a component will ask for, as its source says: nothing is run to find out.

The code of the component counts as a whole. Of what it imports from Bastide, a function counts if it is called, and a
method if its class is instantiated and its name is mentioned, so that `Timer(env)` is a Timer session, and one that
calls `.sleep` two. Labels are followed by `labels.py`. What is found is what can be asked for at most, except by who
hides it: sessions of a class that is chosen at run time are not seen. What the component opens below an `if`, or calls
only from there, may never be asked for, and says so. So does what is opened by handlers: that is asked for later.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from bastide.tool.graph.code import Class, Function, Library, Module, Routine
from bastide.tool.graph.labels import NOWHERE, Flow, Scope, Text, Texts
from bastide.tool.sources import Source

SESSION_REQUESTS = "session_requests"


@dataclass(frozen=True, slots=True)
class Wish:
    """A session that a component's source asks for.

    `label` is what the component says, with `*` for what is known at run time only. With an `attribute`, it is the
    value of any attribute of that name in the component's config, or of some `nodes` of it, as `labels.Text` has it.
    `perhaps`: only on some condition. `later`: not before the component has come up.
    """

    service: str
    label: str
    attribute: str = ""
    place: str = ""
    perhaps: bool = False
    later: bool = False
    nodes: tuple[str, ...] = ()
    unless: str = ""


def wishes(sources: Iterable[Source], library: Library | None = None,
           flags: Mapping[str, bool] = MappingProxyType({})) -> tuple[Wish, ...]:
    """What the component of these modules will ask for, without the sessions of its environment.

    `flags` are attributes of its config that are known: what depends on one of them is certain, or out of the question.
    """
    library = library or Library()
    walk = _Walk(library, flags)
    for module in library.component(sources):
        walk.own(module)
    return walk.found()


def flags(sources: Iterable[Source], library: Library) -> dict[str, bool]:
    """Attributes of the config that the component makes simple decisions by, with their defaults."""
    tests = (node.test for module in library.component(sources) for node in ast.walk(module.tree)
             if isinstance(node, ast.If))
    return dict(flag for test in tests if (flag := _flag(test)) is not None)


def announcements(sources: Iterable[Source], library: Library | None = None) -> frozenset[str]:
    """Services that the component of these modules will announce to its parent in any case, when it comes up."""
    library = library or Library()
    walk = _Walk(library)
    for module in library.component(sources):
        walk.own(module)
    return walk.announced()


@dataclass(frozen=True, eq=False)
class _Site:
    """Where a session is opened."""

    service: str
    label: ast.expr | str
    scope: Scope
    place: str
    conditional: bool


class _Walk:
    """All code that may run in one component."""

    def __init__(self, library: Library, flags: Mapping[str, bool] = MappingProxyType({})) -> None:
        self._library, self._flow, self._flags = library, Flow(library), flags
        self._sites: list[_Site] = []
        self._announced: list[tuple[str, Scope, bool]] = []
        self._mentioned: dict[str, bool] = {}
        self._alive: set[Function] = set()
        self._classes: dict[Class, None] = {}
        self._todo: list[Routine] = []
        self._methods: dict[Function, dict[Class, None]] = {}
        """Those of a library that are alive because their name is mentioned, and whose objects there are."""
        self._callers: dict[Function, list[tuple[Function | None, bool]]] = {}
        self._beginnings: list[Function | None] = [None]
        """What runs when the component comes up, beside what that calls. None: the level of modules."""
        self._calls: dict[Function | None, dict[Function | str, None]] = {}
        """What each function calls: a function, or whatever method has that name."""

    def own(self, module: Module) -> None:
        """All of a module of the component itself."""
        if (construct := self._construct(module)) is not None:
            self._beginnings.append(construct.node)
        for statement in module.tree.body:
            if isinstance(statement, ast.ClassDef):
                made = self._library.class_of(module, statement)
                self._classes[made] = None
                for item in statement.body:
                    if isinstance(item, Function):
                        self._revive(self._library.routine(module, item, made))
                    else:
                        self._visit(item, Scope(module))
            elif isinstance(statement, Function):
                self._revive(self._library.routine(module, statement))
            else:
                self._visit(statement, Scope(module))

    def found(self) -> tuple[Wish, ...]:
        """What it asks for, each once, in the order of the source."""
        self._settle()
        self._flow.certain, self._flow.at_start = self._certain(), self._at_start()
        certain, at_start = {None, *self._flow.certain}, {None, *self._flow.at_start}
        made: dict[tuple[str, Text], Wish] = {}
        for site in self._sites:
            conditional = site.conditional or _function(site.scope) not in certain
            handled = site.scope.nested or _function(site.scope) not in at_start
            for text, choice in self._texts(site).items():
                known = made.get((site.service, text))
                perhaps, later = conditional or choice.perhaps, handled or choice.later
                if known is None or (perhaps, later) < (known.perhaps, known.later):
                    made[site.service, text] = Wish(site.service, text.pattern, text.attribute,
                                                    choice.place or site.place, perhaps, later,
                                                    text.nodes, text.unless)
        return tuple(made.values())

    def announced(self) -> frozenset[str]:
        """The services that it announces on no condition, when it comes up."""
        self._settle()
        reached = {None, *self._certain() & self._at_start()}
        return frozenset(service for service, scope, conditional in self._announced
                         if not conditional and not scope.nested and _function(scope) in reached)

    def _texts(self, site: _Site) -> Texts:
        if isinstance(site.label, str):
            return {Text(site.label): NOWHERE}
        return self._flow.texts(site.label, site.scope)

    def _settle(self) -> None:
        while self._todo:
            while self._todo:
                routine = self._todo.pop(0)
                self._visit(routine.node, Scope(routine.module, routine, routine.owner))
            for made in list(self._classes):
                for owner in self._library.bases(made):
                    for name, method in owner.methods.items():
                        if name in self._mentioned or name.startswith("__"):
                            self._revive(self._library.routine(owner.module, method, owner))
                            if not owner.module.own:
                                self._methods.setdefault(method, {})[made] = None

    def _certain(self) -> set[Function]:
        """Functions that are called in any case, or by whom one can't tell."""
        for method, classes in self._methods.items():
            if not method.name.startswith("__"):
                begins = (self._library.method(made, "__init__") for made in classes)
                self._callers.setdefault(method, []).extend(
                    (begin.node if begin else None, not self._mentioned[method.name]) for begin in begins)
        certain = {node for node in self._alive if node not in self._callers}
        while more := {node for node in self._alive - certain for caller, conditional in self._callers.get(node, ())
                       if not conditional and (caller is None or caller in certain)}:
            certain |= more
        return certain

    def _at_start(self) -> set[Function]:
        """Functions that may be called before `construct` returns; handlers, which are merely named, are not."""
        methods: dict[str, list[Function]] = {}
        for made in self._classes:
            for name in {name for owner in self._library.bases(made) for name in owner.methods}:
                if (method := self._library.method(made, name)) is not None:
                    methods.setdefault(name, []).append(method.node)
        reached: set[Function] = set()
        todo = list(self._beginnings)
        while todo:
            for called in self._calls.get(todo.pop(), ()):
                further = {*methods.get(called, ())} if isinstance(called, str) else {called}
                todo += further - reached
                reached |= further
        return reached.union(node for node in self._beginnings if node is not None)

    def _construct(self, module: Module) -> Routine | None:
        """What is called when the component comes up, if the module says so."""
        made = self._library.look_up(module, ast.Name("construct"))
        if isinstance(made, tuple):
            made = self._library.look_up(*made)
        if isinstance(made, Class):
            return self._library.method(made, "__init__")
        return made if isinstance(made, Routine) else None

    def _revive(self, routine: Routine) -> None:
        if routine.node not in self._alive and not _opaque(routine.module):
            self._alive.add(routine.node)
            self._todo.append(routine)

    def _visit(self, code: ast.AST, around: Scope) -> None:
        within = replace(around, nested=True)
        for node, chosen, nested in _within(code, self._flags):
            scope = within if nested else around
            conditional = chosen and scope.module.own       # conditions of a library are its way to open things late
            if isinstance(node, ast.Attribute):
                self._mentioned[node.attr] = self._mentioned.get(node.attr, False) or not conditional
                if node.attr == "config" and _env(node.value):
                    self._ask("ROM", "config", scope, node, conditional)
                elif isinstance(method := self._called(node, scope), Routine):
                    self._refer(method, scope, conditional)
                    if method.node.decorator_list:      # a property, which is called by being named
                        self._calls_of(scope)[method.node] = None
            elif isinstance(node, ast.Call):
                self._call(node, scope, conditional)

    def _refer(self, routine: Routine, scope: Scope, conditional: bool) -> None:
        caller = _function(scope)
        if caller is not routine.node:
            self._callers.setdefault(routine.node, []).append((caller, conditional))

    def _calls_of(self, scope: Scope) -> dict[Function | str, None]:
        """What is called there, to be added to; of a nested function it is forgotten, for that may be a handler."""
        return {} if scope.nested else self._calls.setdefault(_function(scope), {})

    def _call(self, call: ast.Call, scope: Scope, conditional: bool) -> None:
        called = self._called(call.func, scope)
        at_once = [self._called(given, scope) for given in call.args if _called_at_once(call)]
        self._calls_of(scope).update((given.node, None) for given in at_once if isinstance(given, Routine))
        if isinstance(called, Class):
            self._classes[called] = None
            called = self._library.method(called, "__init__")
        if isinstance(called, Routine):
            self._flow.call(called, call, scope, conditional)
            self._refer(called, scope, conditional)
            self._calls_of(scope)[called.node] = None
            self._revive(called)
        elif isinstance(call.func, ast.Attribute):
            self._calls_of(scope)[call.func.attr] = None
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("connect", "announce"):
            kind = self._library.look_up(scope.module, call.func.value)
            service = self._service(kind) if isinstance(kind, Class) else ""
            if service and call.func.attr == "connect":
                self._ask(service, _label(call), scope, call, conditional)
            elif service:
                self._ask("ROM", SESSION_REQUESTS, scope, call, conditional)
                if call.args and _env(call.args[0]):
                    self._announced.append((service, scope, conditional))

    def _called(self, function: ast.expr, scope: Scope) -> Class | Routine | None:
        match function:
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if scope.owner is not None:
                return self._library.method(scope.owner, name)
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=name) if scope.owner is not None:
                return self._library.method(scope.owner, name, above=True)
        thing = self._library.look_up(scope.module, function)
        return thing if isinstance(thing, Class | Routine) else None

    def _ask(self, service: str, label: ast.expr | str, scope: Scope, node: ast.AST, conditional: bool) -> None:
        self._sites.append(_Site(service, label, scope, scope.module.place(node), conditional))

    def _service(self, kind: Class) -> str:
        """The service that a session class declares, empty if it is none."""
        for owner in self._library.bases(kind):
            for statement in owner.node.body:
                match statement:
                    case ast.Assign(targets=[ast.Name(id="service")], value=ast.Constant(value=str() as name)):
                        return name
                    case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id="service"), *_])],
                                    value=ast.Tuple(elts=[ast.Constant(value=str() as name), *_])):
                        return name
        return ""


def _function(scope: Scope) -> Function | None:
    return scope.routine.node if scope.routine is not None else None


def _within(code: ast.AST, flags: Mapping[str, bool]) -> Iterator[tuple[ast.AST, bool, bool]]:
    """All nodes; whether they are below a condition, and whether in a function or lambda within. What the `flags` rule
    out is left out, and what they bring about is below no condition.
    """
    todo = [(code, False, False)]
    while todo:
        node, conditional, nested = todo.pop()
        yield node, conditional, nested
        chosen: list[ast.AST] = []
        children = list(ast.iter_child_nodes(node))
        match node:
            case ast.If(test=test, body=body, orelse=orelse) if (flag := _flag(test)) is not None and flag[0] in flags:
                children = [test, *(body if flags[flag[0]] else orelse)]
            case ast.If(test=test, body=body, orelse=orelse):
                chosen = [] if _first_time(test) else [*body, *orelse]
            case ast.IfExp(body=body, orelse=orelse):
                chosen = [body, orelse]
            case ast.BoolOp(values=[_, *further]):
                chosen = [*further]
            case ast.ExceptHandler(body=body) | ast.match_case(body=body):
                chosen = [*body]
            case ast.Lambda(body=body):
                chosen = [body]
        nested |= node is not code and isinstance(node, ast.Lambda | Function)
        todo += [(child, conditional or child in chosen, nested)
                 for child in reversed(children)]


def _called_at_once(call: ast.Call) -> bool:
    """Whether a handler is given to what calls it at once, and again later."""
    return isinstance(call.func, ast.Attribute) and call.func.attr in ("follow", "watch")


def _flag(test: ast.expr) -> tuple[str, bool] | None:
    """Name and default, if the condition is whether an attribute at the top of the config is set."""
    match test:
        case ast.Call(func=ast.Attribute(value=ast.Attribute(value=ast.Attribute(attr="config"), attr="node"),
                                         attr="attribute" | "value"),
                      args=[ast.Constant(value=str() as name), ast.Constant(value=bool() as default)]):
            return name, default
    return None


def _first_time(test: ast.expr) -> bool:
    """Whether a condition asks if something is still to be opened, as in `if self._rom is None`."""
    return any(isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is | ast.NotIn) for node in ast.walk(test))


def _label(call: ast.Call) -> ast.expr | str:
    if len(call.args) > 1:
        return call.args[1]
    return next((keyword.value for keyword in call.keywords if keyword.arg == "label"), "")


def _opaque(module: Module) -> bool:
    """All that the component API opens by itself are ROMs, so the rest of it needs not be read."""
    return module.name.startswith("bastide.base.") and module.name != "bastide.base.rom"


def _env(expression: ast.expr) -> bool:
    """Whether it looks like the environment, which all components call so."""
    name = expression.id if isinstance(expression, ast.Name) else getattr(expression, "attr", "")
    return name.lstrip("_") == "env"
