"""The statements of a module, in their order: imports, classes, functions, constants, globals, static assertions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from bare.compiler import constant, definition, tree, types
from bare.compiler.check import expression as expressions
from bare.compiler.check.context import Context, coerce
from bare.compiler.source import Mistake
from bare.compiler.symbols import (
    WORDS,
    AliasSymbol,
    BuildTime,
    ClassSymbol,
    ConstantSymbol,
    FunctionSymbol,
    GlobalSymbol,
    Module,
    Symbol,
    TypeVariable,
    Word,
)
from bare.compiler.types import Type

if TYPE_CHECKING:
    from bare.compiler.program import Program

# What CPython's classes of the kind have themselves.
RESERVED = {"enum": ("raw", "of", "name", "value", "mro"), "bits": ("raw", "set")}
_BASES = {"Struct": "struct", "Enum": "enum", "Bits": "bits"}


def declare(program: Program, module: Module, body: list[ast.stmt]) -> None:
    """Fill the scope of a module. Mistakes are reported, and the next statement is looked at."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            _early(program, module, node)
    for node in body:
        try:
            _statement(program, module, node)
        except Mistake as mistake:
            program.report.mistake(module.source, mistake)
        except RecursionError:
            program.report.add(module.source, node, "nested too deeply")


def _early(program: Program, module: Module, node: ast.ClassDef) -> None:
    """Classes are known from the start, for annotations may name them before they come."""
    if node.name not in module.scope:
        module.scope[node.name] = ClassSymbol(node.name, module, node, "struct")


def _statement(program: Program, module: Module, node: ast.stmt) -> None:
    match node:
        case ast.Import() | ast.ImportFrom():
            _import(program, module, node)
        case ast.ClassDef():
            _class(program, module, node)
        case ast.FunctionDef():
            of_compiler = any(_build_time(module, argument.annotation) for argument in node.args.args)
            _define(module, node, node.name,
                    BuildTime(node.name) if of_compiler else _function(module, node, None))
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            _assign(program, module, node, name, value)
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value) if value is not None:
            _annotated(program, module, node, name, annotation, value)
        case ast.Assert(test=test):
            _static_assert(program, module, node, test)
        case ast.If(test=test):
            chosen = node.body if _target_test(program, module, test) else node.orelse
            declare(program, module, chosen)
        case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
            pass
        case ast.AsyncFunctionDef():
            raise Mistake(node, "there are no coroutines")
        case _:
            raise Mistake(node, "a module declares things; what happens belongs into a function")


def _build_time(module: Module, node: ast.expr | None) -> bool:
    """Whether something uses what exists only while the program is compiled, so that the same holds for itself."""
    return node is not None and any(isinstance(module.scope.get(part.id), BuildTime)
                                    for part in ast.walk(node) if isinstance(part, ast.Name))


def _define(module: Module, place: ast.stmt, name: str, symbol: Symbol) -> None:
    if name in module.scope and module.scope[name] is not symbol:
        raise Mistake(place, f"{name} is defined already")
    module.scope[name] = symbol


def _import(program: Program, module: Module, node: ast.Import | ast.ImportFrom) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.partition(".")[0] in ("bare", "typing") and not alias.name.startswith("bare.std."):
                raise Mistake(node, f"write: from {alias.name} import ...")
            if "." in alias.name and not alias.asname:
                raise Mistake(node, f"write: import {alias.name} as ...")
            _define(module, node, alias.asname or alias.name, program.load(alias.name, node))
        return
    name = _absolute(module, node)
    if name == "bare.unsafe":
        module.unsafe = True
    for alias in node.names:
        if alias.name == "*":
            raise Mistake(node, "name what is imported: a reader wants to find it")
        given = alias.asname or alias.name
        if name in WORDS:
            if (name == "__future__" and alias.name != "annotations") or alias.name not in WORDS[name]:
                raise Mistake(node, f"{name} has no {alias.name} that the compiler knows")
            _define(module, node, given, Word(alias.name))
        elif name.startswith("bare.encode"):
            _define(module, node, given, BuildTime(alias.name))
        else:
            found = program.imported(name, alias.name, node)
            if isinstance(found, GlobalSymbol) and not types.aggregate(found.variable.type):
                raise Mistake(node, f"{alias.name} changes, and CPython would import what it is now: import {name}, "
                                    f"and write {name}.{alias.name}")
            _define(module, node, given, found)


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")[:-node.level]
    if len(module.name.split(".")) < node.level + 1:
        raise Mistake(node, "this leads out of the program's folder")
    return ".".join([*parts, *([node.module] if node.module else [])])


def _class(program: Program, module: Module, node: ast.ClassDef) -> None:
    symbol = module.scope[node.name]
    if not isinstance(symbol, ClassSymbol) or symbol.node is not node:
        raise Mistake(node, f"{node.name} is defined already")
    if node.decorator_list:
        raise Mistake(node.decorator_list[0], "classes have no decorators")
    for part in ast.walk(node):
        if isinstance(part, (ast.Name, ast.Attribute)):
            name = part.id if isinstance(part, ast.Name) else part.attr
            if name.startswith("__") and not name.endswith("__"):
                raise Mistake(part, f"{name}: in a class, CPython gives such names another one")
    kinds = []
    for base in node.bases:
        inner = base.value if isinstance(base, ast.Subscript) else base
        word = program.annotations.symbol(inner, module)
        if isinstance(word, Word) and word.name in _BASES:
            kinds.append(_BASES[word.name])
        elif word == Word("Generic") and isinstance(base, ast.Subscript):
            symbol.parameters = _parameters(program, module, base)
        else:
            raise Mistake(base, "a class is a Struct, an Enum or Bits[...], and inherits from nothing else")
    if len(kinds) != 1:
        raise Mistake(node, f"say what {node.name} is: a Struct, an Enum or Bits[...]")
    symbol.kind = kinds[0]
    for keyword in node.keywords:
        if keyword.arg != "packed" or not isinstance(keyword.value, ast.Constant) or symbol.kind != "struct":
            raise Mistake(keyword.value, "a struct may be packed=True, and nothing else")
        symbol.packed = keyword.value.value is True
    for part in node.body:
        if isinstance(part, ast.FunctionDef):
            if part.name in symbol.methods:
                raise Mistake(part, f"{part.name} is defined already")
            if part.name in RESERVED.get(symbol.kind, ()):
                raise Mistake(part, f"{part.name} is something that all of its kind have")
            symbol.methods[part.name] = _function(module, part, symbol)
    program.classes.append(symbol)


def _parameters(program: Program, module: Module, base: ast.Subscript) -> tuple[str, ...]:
    names = []
    for part in base.slice.elts if isinstance(base.slice, ast.Tuple) else [base.slice]:
        variable = program.annotations.symbol(part, module)
        if not isinstance(variable, TypeVariable):
            raise Mistake(part, "Generic takes type variables")
        names.append(variable.name)
    return tuple(names)


def _function(module: Module, node: ast.FunctionDef, owner: ClassSymbol | None) -> FunctionSymbol:
    arguments = node.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
        raise Mistake(node, f"{node.name}: parameters are plain names with types")
    if arguments.defaults:
        raise Mistake(arguments.defaults[0], "parameters have no defaults")
    names = arguments.args
    if owner is not None:
        if not names or names[0].arg != "self" or names[0].annotation is not None:
            raise Mistake(node, f"{node.name}: the first parameter of a method is self")
        names = names[1:]
        if node.name.startswith("__"):
            raise Mistake(node, f"{node.name}: classes have no special methods")
    for argument in names:
        if argument.annotation is None:
            raise Mistake(argument, f"{argument.arg} needs a type")
    if node.returns is None:
        raise Mistake(node, f"{node.name} needs a result type: -> None, if there is none")
    if getattr(node, "type_params", None):
        raise Mistake(node, "type variables are declared by TypeVar")
    attributes, machine_code = _decorators(module, node)
    own = set(owner.parameters) if owner is not None else set()
    annotations = [argument.annotation for argument in names if argument.annotation is not None]
    generic = any(isinstance(part, ast.Name) and part.id not in own
                  and isinstance(module.scope.get(part.id), TypeVariable)
                  for annotation in annotations for part in ast.walk(annotation))
    return FunctionSymbol(node.name, module, node, owner, attributes, machine_code, generic)


def _decorators(module: Module, node: ast.FunctionDef) -> tuple[definition.Attributes, bool]:
    given: dict[str, str | int | bool] = {}
    machine_code = False
    for decorator in node.decorator_list:
        function, arguments = decorator, []
        if isinstance(decorator, ast.Call):
            function, arguments = decorator.func, decorator.args
        symbol = module.scope.get(function.id) if isinstance(function, ast.Name) else None
        word = symbol.name if isinstance(symbol, Word) else ""
        match word, arguments:
            case "instructions", [_, *_]:
                machine_code = True
            case "export", [ast.Constant(value=str() as text)] if _plain(text, "_$"):
                given[word] = text
            case "section", [ast.Constant(value=str() as text)] if _plain(text, "._-$"):
                given[word] = text
            case "align", [ast.Constant(value=int() as number)] if _alignment(number):
                given[word] = number
            case ("entry" | "panic" | "inline" | "noinline"), []:
                given[word] = True
            case _:
                raise Mistake(decorator, f"@{ast.unparse(decorator)} is no decorator of the language")
    return definition.Attributes(**given), machine_code  # type: ignore[arg-type]


def _plain(text: str, others: str) -> bool:
    """Whether a text can be a symbol or a section: letters, digits, and what else is allowed."""
    return bool(text) and all(letter.isascii() and (letter.isalnum() or letter in others) for letter in text)


def _alignment(number: int) -> bool:
    """Whether a number can be an alignment: a power of two, up to the largest page."""
    return 0 < number <= 1 << 30 and number & number - 1 == 0


def _assign(program: Program, module: Module, node: ast.Assign, name: str, value: ast.expr) -> None:
    if isinstance(value, ast.Call) and program.annotations.symbol(value.func, module) == Word("TypeVar"):
        _define(module, node, name, TypeVariable(name))
        return
    if _build_time(module, value):
        _define(module, node, name, BuildTime(name))
        return
    if _names_type(program, module, value):
        program.annotations.resolve(value, module, {})
        _define(module, node, name, AliasSymbol(module, value))
        return
    cx = Context(program, module)
    initial = expressions.expression(cx, value)
    if initial.type is types.LITERAL:
        raise Mistake(node, f"a literal has no width: write {name} = u64(...), or {name}: Final = ...")
    if initial.type is types.NONE:
        raise Mistake(node, f"say what {name} can be besides None: {name}: u64 | None = None")
    _global(program, module, node, name, initial, initial.type, ast.Name(name))


def _names_type(program: Program, module: Module, node: ast.expr) -> bool:
    symbol = program.annotations.symbol(node.value if isinstance(node, ast.Subscript) else node, module)
    return isinstance(symbol, (ClassSymbol, AliasSymbol)) or (
        isinstance(symbol, Word) and (isinstance(node, ast.Subscript) or symbol.name in types.INTEGERS))


def _annotated(program: Program, module: Module, node: ast.AnnAssign, name: str, annotation: ast.expr,
               value: ast.expr) -> None:
    cx = Context(program, module)
    final = _final(program, module, annotation)
    if final and not isinstance(annotation, ast.Subscript):
        initial = expressions.expression(cx, value)
        kind = initial.type
    else:
        kind = program.annotations.resolve(annotation, module, {})
        if kind is types.UNKNOWN:
            return
        initial = expressions.expression(cx, value, kind)
        if kind is not types.LITERAL:
            initial = coerce(value, initial, kind)
    if final and not types.aggregate(kind) and isinstance(kind, (types.Int, types.Simple, types.Enumeration,
                                                                 types.BitField)):
        _define(module, node, name, ConstantSymbol(kind, _number(value, initial)))
        return
    _global(program, module, node, name, initial, kind, annotation, not final)


def _final(program: Program, module: Module, annotation: ast.expr) -> bool:
    inner = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return program.annotations.symbol(inner, module) == Word("Final")


def _number(place: ast.expr, value: tree.Expression) -> int:
    try:
        return constant.number(value)
    except constant.NotConstant as reason:
        raise Mistake(place, str(reason)) from None


def _global(program: Program, module: Module, node: ast.Assign | ast.AnnAssign, name: str, initial: tree.Expression,
            kind: Type, annotation: ast.expr, writable: bool = True) -> None:
    assert node.value is not None
    if (types.refers(kind) and not types.aggregate(kind)) or isinstance(kind, (types.Tuple, types.Outcome)):
        raise Mistake(node, f"a global can't be {kind}: declare what it refers to")
    try:
        value = constant.evaluate(initial)
    except constant.NotConstant as reason:
        raise Mistake(node.value, str(reason)) from None
    section, align = _placement(program, module, annotation)
    variable = definition.GlobalVariable(f"{module.name}.{name}", kind, value, module.source.path, node.lineno, section,
                                   align, writable)
    _define(module, node, name, GlobalSymbol(variable, module))
    program.globals[variable.symbol] = variable


def _placement(program: Program, module: Module, annotation: ast.expr) -> tuple[str, int]:
    """What `Annotated` says of the place of a global."""
    section, alignment = "", 0
    while isinstance(annotation, ast.Subscript):
        word = program.annotations.symbol(annotation.value, module)
        parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        if word == Word("Annotated"):
            for part in parts[1:]:
                called = program.annotations.symbol(part.func, module) if isinstance(part, ast.Call) else None
                match called, part:
                    case Word("section"), ast.Call(args=[ast.Constant(value=str() as text)]) if _plain(text, "._-$"):
                        section = text
                    case Word("align"), ast.Call(args=[ast.Constant(value=int() as number)]) if _alignment(number):
                        alignment = number
                    case _:
                        raise Mistake(part, "a global is placed by section('...') and align(...)")
        elif word != Word("Final"):
            break
        annotation = parts[0]
    return section, alignment


def _static_assert(program: Program, module: Module, node: ast.Assert, test: ast.expr) -> None:
    value = expressions.condition(Context(program, module), test)
    if not _number(test, value):
        message = str(node.msg.value) if isinstance(node.msg, ast.Constant) else ""
        raise Mistake(node, f"assertion failed{f': {message}' if message else ''}")


def _target_test(program: Program, module: Module, test: ast.expr) -> bool:
    """`TARGET == "x86_64"`, `TARGET != ...`, `TARGET in (...)`."""
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() as operator],
                         comparators=[ast.Constant(value=str() as wanted)]):
            if program.annotations.symbol(left, module) == Word("TARGET"):
                return (program.target == wanted) == isinstance(operator, ast.Eq)
        case ast.Compare(left=left, ops=[ast.In()], comparators=[ast.Tuple(elts=names)]):
            if program.annotations.symbol(left, module) == Word("TARGET"):
                return any(isinstance(name, ast.Constant) and name.value == program.target for name in names)
        case ast.BoolOp(op=operator, values=values):
            answers = [_target_test(program, module, value) for value in values]
            return any(answers) if isinstance(operator, ast.Or) else all(answers)
    raise Mistake(test, 'a module asks for its TARGET only: if TARGET == "x86_64"')


