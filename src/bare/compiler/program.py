"""A whole program: its modules, the types of its classes, the instances of its functions, and what is reachable."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType

from bare.compiler import definition, tree, types
from bare.compiler.check.annotation import Annotations, open_type
from bare.compiler.check.context import Context, assigned_names, global_names
from bare.compiler.check.statement import block
from bare.compiler.declare import RESERVED, declare
from bare.compiler.machine_code import MachineCode, assemble
from bare.compiler.source import Mistake, Report, Source, located, parse
from bare.compiler.symbols import ClassSymbol, FunctionSymbol, Instance, Module, Symbol
from bare.compiler.types import Type

_PACKAGE = Path(__file__).resolve().parents[2]      # where `bare.std` is found


class Program:
    """What one compilation knows. `target` is what `TARGET` says."""

    def __init__(self, folder: Path, target: str) -> None:
        self.folder, self.target = folder, target
        self.report = Report()
        self.annotations = Annotations(self.settle)
        self.modules: dict[str, Module] = {}
        self.classes: list[ClassSymbol] = []
        self.globals: dict[str, definition.GlobalVariable] = {}
        self.functions: dict[str, definition.Function] = {}
        self.machine_code: dict[str, MachineCode] = {}
        self.python: dict[str, ModuleType] = {}     # modules that CPython has imported, for machine code
        self._loading: list[str] = []
        self._waiting: list[Instance] = []
        self._owners: dict[str, FunctionSymbol] = {}
        self._settling: set[tuple[ClassSymbol, tuple[Type, ...]]] = set()

    def check(self, path: Path) -> Module:
        """Check the module in a file with all that it imports. Raises Rejected."""
        main = self._read(path.stem, path)
        for symbol in self.classes:
            if not symbol.parameters:
                self._attempt(symbol, functools.partial(self.settle, symbol, ()))
        for function in list(self._functions()):
            open_class = function.owner is not None and function.owner.parameters
            if not function.generic and not open_class:
                self._attempt(function, functools.partial(self.instance, function, {}))
        while self._waiting:
            self._check(self._waiting.pop())
        self._recursion()
        self.report.conclude()
        return main

    def reachable(self, roots: Iterable[str]) -> tuple[list[definition.Function], list[MachineCode]]:
        """Functions that can be called from the given ones, in the order of their symbols."""
        seen: set[str] = set()
        waiting = list(roots)
        while waiting:
            symbol = waiting.pop()
            if symbol in seen:
                continue
            seen.add(symbol)
            if symbol in self.functions:
                waiting += self.functions[symbol].calls
            elif symbol in self.machine_code:
                waiting += self.machine_code[symbol].calls
        return ([self.functions[symbol] for symbol in sorted(seen) if symbol in self.functions],
                [self.machine_code[symbol] for symbol in sorted(seen) if symbol in self.machine_code])

    # Modules.

    def load(self, name: str, place: ast.stmt) -> Module:
        """The module of a name. Raises Mistake if there is none."""
        if name in self.modules:
            return self.modules[name]
        path = self._find(name)
        if path is None:
            raise Mistake(place, f"there is no module {name} in {self._shown(self.folder)}")
        return self._read(name, path)

    def imported(self, name: str, part: str, place: ast.stmt) -> Symbol:
        """What `from name import part` gives. Raises Mistake."""
        inner = f"{name}.{part}".lstrip(".")
        if name and (name in self.modules or self._find(name) is not None):
            module = self.load(name, place)
            if part in module.scope:
                return module.scope[part]
            if self._find(inner) is None:
                raise Mistake(place, f"{name} has no {part}" + (
                    ": the two modules import each other" if name in self._loading else ""))
        elif self._find(inner) is None:
            raise Mistake(place, f"there is no module {name} in {self._shown(self.folder)}")
        return self.load(inner, place)

    def _find(self, name: str) -> Path | None:
        folder = _PACKAGE if name.startswith("bare.") else self.folder
        path = folder.joinpath(*name.split("."))
        for candidate in (path.with_suffix(".py"), path / "__init__.py"):
            if candidate.is_file():
                return candidate
        return None

    def _read(self, name: str, path: Path) -> Module:
        shown = self._shown(path)
        module = self.modules[name] = Module(name, Source(shown, "", ()))
        if not all(part.isidentifier() for part in name.split(".")):
            self.report.add(module.source, None, f"a module is named like a variable, not {name!r}")
            return module
        try:
            module.source = Source.read(path, shown)
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "this is no UTF-8"
            self.report.add(module.source, None, f"can't be read: {reason}")
            return module
        node = parse(module.source, self.report)
        if node is not None:
            self._loading.append(name)
            declare(self, module, node.body)
            self._loading.pop()
        return module

    def _shown(self, path: Path) -> str:
        """A path as messages and line tables have it: the same on every machine."""
        for base in (self.folder, _PACKAGE):
            if path.is_relative_to(base) and path != base:
                return path.relative_to(base).as_posix()
        return path.name

    # Types.

    def settle(self, symbol: ClassSymbol, arguments: tuple[Type, ...]) -> Type:
        """The type that a class, with its arguments, stands for. Raises Mistake."""
        if symbol.kind != "struct":
            if symbol.type is None:
                with located(symbol.module.source):
                    symbol.type = self._enumeration(symbol) if symbol.kind == "enum" else self._bit_field(symbol)
            return symbol.type
        known = symbol.instances.get(arguments)
        if known is None:
            if not types.simple_enough(arguments):
                with located(symbol.module.source):
                    raise Mistake(symbol.node, f"{symbol.name} is needed for ever larger types: one leads to the next")
            known = symbol.instances[arguments] = types.Struct(symbol, arguments, packed=symbol.packed)
            bindings = dict(zip(symbol.parameters, arguments, strict=True))
            with located(symbol.module.source):
                self._fields(symbol, known, bindings)
        return known

    def _fields(self, symbol: ClassSymbol, struct: types.Struct, bindings: dict[str, Type]) -> None:
        key = (symbol, struct.arguments)
        self._settling.add(key)
        try:
            for part in symbol.node.body:
                self._field(symbol, struct, part, bindings)
        finally:
            self._settling.discard(key)

    def _field(self, symbol: ClassSymbol, struct: types.Struct, part: ast.stmt, bindings: dict[str, Type]) -> None:
        match part:
            case ast.AnnAssign(target=ast.Name(id=name), value=None, annotation=annotation):
                kind = self.annotations.resolve(annotation, symbol.module, bindings)
                if name in struct.fields or name in symbol.methods:
                    raise Mistake(part, f"{name} is defined already")
                if (types.refers(kind) and not types.aggregate(kind)) or kind in (types.NONE, types.NEVER):
                    raise Mistake(part, f"a field can't be {kind}: nothing says how long what it refers to lives")
                inner = kind
                while isinstance(inner, types.Array):
                    inner = inner.element
                if isinstance(inner, types.Struct) and (inner.symbol, inner.arguments) in self._settling:
                    raise Mistake(part, f"{symbol.name} would contain itself")
                if symbol.packed and types.aggregate(kind) and kind.alignment > 1:
                    raise Mistake(part, f"{kind} has an alignment, which it would lose in a packed struct")
                struct.fields[name] = kind
            case ast.FunctionDef() | ast.Pass() | ast.Expr(value=ast.Constant(value=str())):
                pass
            case ast.AnnAssign():
                raise Mistake(part, "fields have no defaults: zeroed(...) gives zeroes")
            case _:
                raise Mistake(part, "a struct has fields, like count: u32, and methods")

    def _enumeration(self, symbol: ClassSymbol) -> types.Enumeration:
        members: dict[str, int] = {}
        for part in symbol.node.body:
            match part:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=int() as number)) if (
                        type(number) is int and number >= 0):
                    if name in RESERVED["enum"] or name.startswith("_"):
                        raise Mistake(part, f"{name}: CPython has other plans for such names")
                    if number in members.values() or name in members:
                        raise Mistake(part, f"{name} is there twice, or its number")
                    members[name] = number
                case ast.FunctionDef() | ast.Pass() | ast.Expr(value=ast.Constant(value=str())):
                    pass
                case _:
                    raise Mistake(part, "an enumeration has members, like FREE = 0, and methods")
        highest = max(members.values(), default=0)
        if not members or highest >= 1 << 64:
            raise Mistake(symbol.node, f"{symbol.name} has no members" if not members else "a member needs 64 bits")
        return types.Enumeration(symbol, members, next(bits for bits in (8, 16, 32, 64) if highest < 1 << bits))

    def _bit_field(self, symbol: ClassSymbol) -> types.BitField:
        base_node = symbol.node.bases[0]
        if not isinstance(base_node, ast.Subscript):
            raise Mistake(base_node, "bit fields are of an integer: Bits[u64]")
        base = self.annotations.resolve(base_node.slice, symbol.module, {})
        if not isinstance(base, types.Int) or base.signed:
            raise Mistake(base_node, f"bit fields are of an unsigned integer, not of {base}")
        fields: dict[str, tuple[int, int, bool]] = {}
        for part in symbol.node.body:
            match part:
                case ast.Assign(targets=[ast.Name(id=name)],
                                value=ast.Call(func=ast.Name(id="bit" | "bits" as word), args=arguments)):
                    numbers = [argument.value for argument in arguments if isinstance(argument, ast.Constant)]
                    if len(numbers) != (1 if word == "bit" else 2) or not all(type(n) is int for n in numbers):
                        raise Mistake(part, "write bit(position), or bits(position, width), with literals")
                    if name in RESERVED["bits"] or name.startswith("_"):
                        raise Mistake(part, f"{name}: bit fields have something of this name already")
                    at, width = int(numbers[0]), 1 if word == "bit" else int(numbers[1])  # type: ignore[arg-type]
                    if at < 0 or width < 1 or at + width > base.bits:
                        raise Mistake(part, f"{name} is outside of {base}")
                    fields[name] = at, width, word == "bit"
                case ast.FunctionDef() | ast.Pass() | ast.Expr(value=ast.Constant(value=str())):
                    pass
                case _:
                    raise Mistake(part, "bit fields are like present = bit(0), or level = bits(9, 3)")
        return types.BitField(symbol, base, fields)

    # Functions.

    def instance(self, function: FunctionSymbol, bindings: dict[str, Type]) -> Instance:
        """A function with its types known; it will be checked. Raises Mistake."""
        key = tuple(sorted(bindings.items(), key=lambda binding: binding[0]))
        known = function.instances.get(key)
        if known is None:
            with located(function.module.source):
                known = function.instances[key] = self._instantiate(function, bindings)
            self._waiting.append(known)
        return known

    def _instantiate(self, function: FunctionSymbol, bindings: dict[str, Type]) -> Instance:
        node, owner = function.node, function.owner
        if not types.simple_enough(bindings.values()):
            raise Mistake(node, f"{function.name} is needed for ever larger types: one leads to the next")
        parameters: list[tuple[str, Type]] = []
        names = node.args.args
        if owner is not None:
            arguments = tuple(bindings[name] for name in owner.parameters)
            parameters.append(("self", self.settle(owner, arguments)))
            names = names[1:]
        for argument in names:
            assert argument.annotation is not None
            kind = self.annotations.parameter(argument.annotation, function.module, bindings)
            if open_type(kind):
                raise Mistake(argument, f"nothing says what {kind} is")
            parameters.append((argument.arg, kind))
        assert node.returns is not None
        result = self.annotations.resolve(node.returns, function.module, bindings)
        if open_type(result):
            raise Mistake(node.returns, f"nothing says what {result} is: no parameter has it")
        if isinstance(result, types.Cell):
            raise Mistake(node.returns, f"{result} can't be copied: return Ref[{result}]")
        signature = types.Function(tuple(kind for _, kind in parameters), result)
        symbol = _symbol(function, bindings)
        if self._owners.setdefault(symbol, function) is not function:
            raise Mistake(node, "there is another @entry" if function.attributes.entry else
                          f"there is another function with the symbol {symbol}")
        return Instance(symbol, function, bindings, parameters, result, signature)

    def _functions(self) -> Iterator[FunctionSymbol]:
        for module in self.modules.values():
            for symbol in module.scope.values():
                if isinstance(symbol, FunctionSymbol) and symbol.module is module:
                    yield symbol
                elif isinstance(symbol, ClassSymbol) and symbol.module is module:
                    yield from symbol.methods.values()

    def _check(self, instance: Instance) -> None:
        function = instance.function
        if function.machine_code:
            self._attempt(function, functools.partial(self._assemble, instance))
            return
        node, module = function.node, function.module
        names, of_module = {name for name, _ in instance.parameters}, global_names(node.body)
        cx = Context(self, module, instance, instance.bindings, names | assigned_names(node.body) - of_module,
                     of_module)
        variables = [tree.Variable(name, kind, at, tree.OUTER if types.refers(kind) else tree.NOWHERE, node.lineno)
                     for at, (name, kind) in enumerate(instance.parameters)]
        cx.variables = {variable.name: variable for variable in variables}
        cx.flow.assigned = set(cx.variables)
        body = block(cx, node.body)
        falls_through = not cx.flow.dead
        if falls_through and instance.result is not types.NONE:
            what = "returns, and says that it never does" if instance.result is types.NEVER else (
                f"may end without a {instance.result}")
            self.report.add(module.source, node, f"{function.name} {what}")
        self.functions[instance.symbol] = definition.Function(
            instance.symbol, module.source.path, node.lineno, variables, instance.signature, body,
            [*cx.variables.values(), *cx.temporaries], falls_through, cx.calls, function.attributes)

    def _assemble(self, instance: Instance) -> None:
        self.machine_code[instance.symbol] = assemble(self, instance)

    def _attempt(self, symbol: ClassSymbol | FunctionSymbol, action: Callable[[], object]) -> None:
        try:
            action()
        except Mistake as mistake:
            self.report.mistake(symbol.module.source, mistake)
        except RecursionError:
            self.report.add(symbol.module.source, symbol.node, f"{symbol.name} is nested too deeply")

    def _recursion(self) -> None:
        """Report functions that call themselves: a kernel's stack is small, and its depth has to be known."""
        state: dict[str, int] = {}
        for root in self.functions:
            path: list[tuple[str, Iterator[str]]] = []
            waiting: list[str] = [root]
            while waiting or path:
                if waiting:
                    symbol = waiting.pop()
                    if state.get(symbol) == 1:
                        self._report_cycle([name for name, _ in path], symbol)
                        continue
                    if symbol in state:
                        continue
                    state[symbol] = 1
                    function = self.functions.get(symbol)
                    path.append((symbol, iter(function.calls if function else ())))
                following = next(path[-1][1], None)
                if following is None:
                    state[path.pop()[0]] = 2
                else:
                    waiting.append(following)

    def _report_cycle(self, path: list[str], symbol: str) -> None:
        names = [*path[path.index(symbol):], symbol]
        caller = self.functions[path[-1]]
        module = next(module for module in self.modules.values() if module.source.path == caller.path)
        place = ast.Pass(lineno=caller.calls[symbol], col_offset=0)
        self.report.add(module.source, place, f"recursion: {' -> '.join(names)}; a kernel's stack has no room for it")


def _symbol(function: FunctionSymbol, bindings: dict[str, Type]) -> str:
    if function.attributes.export or function.attributes.entry:
        return function.attributes.export or "bare_entry"
    owner = function.owner
    of_class = owner.parameters if owner else ()
    inner = f"[{','.join(str(bindings[name]) for name in of_class)}]" if of_class else ""
    own = [str(kind) for name, kind in bindings.items() if name not in of_class]
    outer = f"[{','.join(own)}]" if own else ""
    prefix = f"{owner.qualified}{inner}" if owner else function.module.name
    return f"{prefix}.{function.name}{outer}".replace(" ", "")


