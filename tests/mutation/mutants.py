"""Python modules with one thing changed: an operator, a number, a condition, a statement.

Tests that still pass with a mutant do not hold what the mutant changed. Left alone is what says
nothing of behaviour: docstrings, annotations, decorators, assertions, and what only type checkers
read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    **{ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE)},
    **{ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE)},
    **{ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,)},
    **{ast.In: (ast.NotIn,), ast.NotIn: (ast.In,)},
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult},
    **{ast.Pow: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult},
    **{ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr},
}
_FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_SILENT = frozenset({"annotation", "returns", "decorator_list"})
# What is told of a statement to the left and to the right of a change, in characters.
_CONTEXT = 60
# Without these statements a module does not even load, or does what it did.
_KEPT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Pass)


@dataclass(frozen=True)
class Mutant:
    """A module with one change.

    function: where the change is, empty at the top of the module. source: what became of it.
    """

    file: str
    line: int
    function: str
    change: str
    source: str

    @property
    def place(self) -> str:
        """File and function."""
        return f"{self.file}:{self.function}"


@dataclass(frozen=True)
class _Place:
    """Where a node hangs in the tree, and the statement and function that it is part of."""

    parent: ast.AST
    field: str
    index: int | None
    statement: ast.stmt
    function: str

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def mutants(source: str, file: str) -> Iterator[Mutant]:
    """Every mutant of a module."""
    tree = ast.parse(source)
    for place, node in list(_places(tree)):
        for other in _others(place, node):
            place.put(other)
            mutated = ast.unparse(tree)
            place.put(node)
            line = getattr(node, "lineno", place.statement.lineno)
            yield Mutant(file, line, place.function, _told(place, node, other), mutated)


def _places(tree: ast.Module) -> Iterator[tuple[_Place, ast.AST]]:
    for index, statement in enumerate(tree.body):
        place = _Place(tree, "body", index, statement, "")
        yield from _below(place, statement)


def _below(place: _Place, node: ast.AST) -> Iterator[tuple[_Place, ast.AST]]:
    """The node and all nodes in it that a mutant may change."""
    if isinstance(node, ast.Assert) or _for_type_checkers(node) or _is_docstring(node):
        return
    yield place, node
    function = place.function
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        function = f"{function}.{node.name}".lstrip(".")
    for field, value in ast.iter_fields(node):
        if field in _SILENT:
            continue
        listed = value if isinstance(value, list) else [value]
        for index, child in enumerate(listed):
            if isinstance(child, ast.AST):
                at = index if isinstance(value, list) else None
                statement = child if isinstance(child, ast.stmt) else place.statement
                yield from _below(_Place(node, field, at, statement, function), child)


def _for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _others(place: _Place, node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in a node's place."""
    match node:
        case ast.Compare(left, ops, comparators):
            for at, other in _comparisons(ops):
                yield ast.Compare(left, [*ops[:at], other, *ops[at + 1 :]], comparators)
        case ast.BinOp(left, op, right) if type(op) in _ARITHMETIC:
            yield ast.BinOp(left, _ARITHMETIC[type(op)](), right)
        case ast.AugAssign(target, op, value) if type(op) in _ARITHMETIC:
            yield ast.AugAssign(target, _ARITHMETIC[type(op)](), value)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for at in range(len(values)):
                rest = [*values[:at], *values[at + 1 :]]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield operand
        case ast.Constant(value):
            yield from map(ast.Constant, _constants(value))
        case ast.Name(name, ast.Load()) if name in _FUNCTIONS:
            yield ast.Name(_FUNCTIONS[name], ast.Load())
    if place.field in ("test", "ifs") and isinstance(node, ast.expr) and not _has_opposite(node):
        yield ast.UnaryOp(ast.Not(), node)
    if isinstance(node, ast.stmt) and place.function and _is_removable(place, node):
        yield ast.Pass()


def _has_opposite(node: ast.expr) -> bool:
    """Whether another change of the node is its negation already."""
    match node:
        case ast.UnaryOp(ast.Not()):
            return True
        case ast.Compare(_, [op]):
            return len(_COMPARISONS[type(op)]) == 1
    return False


def _comparisons(ops: list[ast.cmpop]) -> Iterator[tuple[int, ast.cmpop]]:
    for at, op in enumerate(ops):
        for other in _COMPARISONS[type(op)]:
            yield at, other()


def _constants(value: object) -> tuple[bool | int | float, ...]:
    match value:
        case bool():
            return (not value,)
        case int():
            return (value + 1, value - 1)
        case float():
            return (value * 1.25, value * 0.8) if value else (1.0,)
    return ()


def _is_removable(place: _Place, node: ast.stmt) -> bool:
    """Whether a module without the statement may do something else and still run.

    The last return of a function and the only assignment of a name are not: what comes without
    them is seen by whatever calls the function.
    """
    if isinstance(node, _KEPT) or isinstance(place.parent, ast.ClassDef):
        return False
    if isinstance(place.parent, ast.FunctionDef):
        if isinstance(node, ast.Return):
            return False
        earlier = place.parent.body[: place.index]
        return bool(_assigned([node]) <= _assigned(earlier))
    return True


def _assigned(statements: Iterable[ast.stmt]) -> set[str]:
    """Names that simple assignments among the statements give a value."""
    return {
        name.id
        for statement in statements
        if isinstance(statement, (ast.Assign, ast.AnnAssign))
        for name in ast.walk(statement)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }


def _told(place: _Place, before: ast.AST, after: ast.AST) -> str:
    """The first line of the statement, with both in the place where they differ."""
    mark = f"[{_line(before)} -> {_line(after)}]"
    if before is place.statement:
        return mark
    place.put(ast.Name(mark, ast.Load()))
    left, _, right = _line(place.statement).partition(mark)
    place.put(before)
    shortened = left if len(left) <= _CONTEXT else f"…{left[-_CONTEXT:]}"
    return f"{shortened}{mark}{right[:_CONTEXT]}"


def _line(node: ast.AST) -> str:
    return ast.unparse(node).splitlines()[0]
