"""The last gate: an emitted file is parsed again and held to an allow-list of syntax."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

IMPORTS = {"torch", "math", "typing"}
FORBIDDEN_NAMES = {
    "exec", "eval", "compile", "getattr", "setattr", "delattr", "globals", "locals", "vars",
    "open", "input", "breakpoint", "__import__", "object", "type",
}  # fmt: skip
ALLOWED = (
    ast.Module, ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign,
    ast.AnnAssign, ast.AugAssign, ast.For, ast.While, ast.If, ast.Raise, ast.Expr, ast.Pass,
    ast.Import, ast.ImportFrom, ast.alias, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.IfExp,
    ast.Dict, ast.ListComp, ast.DictComp, ast.comprehension, ast.GeneratorExp,
    ast.Compare, ast.Call, ast.keyword, ast.Constant, ast.JoinedStr, ast.FormattedValue,
    ast.Attribute, ast.Subscript, ast.Starred, ast.Name, ast.List, ast.Tuple, ast.Slice,
    ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop,
)  # fmt: skip


class AuditError(AssertionError):
    """An emitted file has syntax that it must not have."""


def audit(text: str, plugins: frozenset[str] = frozenset()) -> None:
    """Raise AuditError where `text` is more than classes and arithmetic over torch.

    plugins  packages of the user's own modules, which the file may import from
    """
    module = ast.parse(text)
    for node in ast.walk(module):
        if not isinstance(node, ALLOWED):
            raise AuditError(f"line {getattr(node, 'lineno', '?')}: {type(node).__name__}")
        _check(node, plugins)
    _check_bound(module)


def _check_bound(module: ast.Module) -> None:
    """Every name that a function reads is bound in it, or by the file, or built in."""
    known = {*dir(builtins), *_bound(module)}
    functions = [n for n in ast.walk(module) if isinstance(n, ast.FunctionDef)]
    for function in functions:
        inner = {*known, *(n.arg for n in ast.walk(function) if isinstance(n, ast.arg))}
        names = [n for n in ast.walk(function) if isinstance(n, ast.Name)]
        inner |= {n.id for n in names if isinstance(n.ctx, ast.Store)}
        for name in names:
            if name.id not in inner:
                raise AuditError(f"line {name.lineno}: nothing binds {name.id}")


def _bound(module: ast.Module) -> Iterator[str]:
    """What a file binds for all of its functions: imports, classes, functions, constants."""
    for node in module.body:
        match node:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from ((n.asname or n.name).split(".")[0] for n in names)
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (t.id for t in targets if isinstance(t, ast.Name))


def _check(node: ast.AST, plugins: frozenset[str]) -> None:
    match node:
        case ast.Import(names=names):
            _check_imports([n.name for n in names], plugins)
        case ast.ImportFrom(module=module, level=level):
            if level:
                raise AuditError("a relative import")
            _check_imports([module or ""], plugins)
        case ast.Name(id=name):
            if name in FORBIDDEN_NAMES or name.startswith("__"):
                raise AuditError(f"line {node.lineno}: the name {name}")
        case ast.Attribute(attr=name) if name.startswith("__") and name != "__init__":
            raise AuditError(f"line {node.lineno}: the attribute {name}")
        case ast.FunctionDef(name=name) if name.startswith("__") and name != "__init__":
            raise AuditError(f"line {node.lineno}: the method {name}")


def _check_imports(modules: list[str], plugins: frozenset[str]) -> None:
    for module in modules:
        if module.split(".")[0] not in IMPORTS and module not in plugins:
            raise AuditError(f"an import of {module}")
