"""Whether an annotation takes more or less than another: `str | None` is wider than `str`.

Unions, generics and literals are compared part by part. What cannot be compared is neither wider nor narrower.
"""

import ast
import enum
from collections.abc import Iterator, Mapping

# What each name is also: that of a narrower type, and the wider one. int for float is the type checkers' rule.
WIDER = {
    "bool": "int", "int": "float", "datetime.datetime": "datetime.date",
    "StrEnum": "str", "IntEnum": "int", "dict": "Mapping", "MutableMapping": "Mapping", "list": "Sequence",
    "Sequence": "Iterable", "Iterator": "Iterable",
}  # fmt: skip
ANYTHING = frozenset({"Any", "object"})

Bases = Mapping[str, list[str]]


class Relation(enum.Enum):
    SAME = "same"
    WIDER = "wider"
    NARROWER = "narrower"
    OTHER = "other"


def relation(old: str, new: str, bases: Bases) -> Relation:
    """What `new` is to `old`; `bases` are the bases of classes, by name."""
    before, after = parts(old), parts(new)
    grows, shrinks = fits(before, after, bases), fits(after, before, bases)
    if grows and shrinks:
        return Relation.SAME
    return Relation.WIDER if grows else Relation.NARROWER if shrinks else Relation.OTHER


def names(annotation: str) -> set[str]:
    """Every name in an annotation, without the modules before it."""
    return {
        node.id if isinstance(node, ast.Name) else node.attr
        for node in ast.walk(parse(annotation))
        if isinstance(node, ast.Name | ast.Attribute)
    }


def parts(annotation: str) -> list[ast.expr]:
    return [*alternatives(parse(annotation))]


def parse(annotation: str) -> ast.expr:
    try:
        return ast.parse(annotation, mode="eval").body
    except SyntaxError:
        return ast.Constant(annotation)


def alternatives(node: ast.expr) -> Iterator[ast.expr]:
    """The members of a union, however it is written."""
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from alternatives(left)
            yield from alternatives(right)
        case ast.Subscript(value=value, slice=inner) if name_of(value) in ("Union", "Optional"):
            for one in arguments(inner):
                yield from alternatives(one)
            if name_of(value) == "Optional":
                yield ast.Constant(None)
        case ast.Subscript(value=value, slice=inner) if name_of(value) == "Literal":
            for one in arguments(inner):
                yield ast.Subscript(value=ast.Name("Literal"), slice=one)
        case ast.Constant(value=str(text)):
            forward = parse(text)
            yield from [node] if isinstance(forward, ast.Constant) else alternatives(forward)
        case _:
            yield node


def fits(narrow: list[ast.expr], wide: list[ast.expr], bases: Bases) -> bool:
    return all(any(admits(one, other, bases) for other in wide) for one in narrow)


def admits(narrow: ast.expr, wide: ast.expr, bases: Bases) -> bool:
    """Whether every value of one member of a union is one of another."""
    if name_of(wide) in ANYTHING or ast.unparse(narrow) == ast.unparse(wide):
        return True
    match narrow, wide:
        case ast.Subscript(value=ast.Name("Literal"), slice=ast.Constant(value=value)), _:
            return not isinstance(wide, ast.Subscript) and name_of(wide) in ancestors(type(value).__name__, bases)
        case ast.Subscript(value=one, slice=inner), ast.Subscript(value=other, slice=outer):
            return name_of(other) in ancestors(name_of(one), bases) and all_fit(
                arguments(inner), arguments(outer), bases
            )
        case ast.Subscript(value=one), _:
            return name_of(wide) in ancestors(name_of(one), bases)
        case _, ast.Subscript():
            return False
    return name_of(wide) in ancestors(name_of(narrow), bases)


def all_fit(narrow: list[ast.expr], wide: list[ast.expr], bases: Bases) -> bool:
    pairs = zip(narrow, wide, strict=False)
    return len(narrow) == len(wide) and all(fits([*alternatives(a)], [*alternatives(b)], bases) for a, b in pairs)


def ancestors(name: str, bases: Bases) -> set[str]:
    """A class and all that it is also."""
    found: set[str] = set()
    new = {name}
    while new:
        found |= new
        new = {base for one in new for base in [*bases.get(one, []), WIDER.get(one, one)]} - found
    return found


def arguments(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


def name_of(node: ast.expr) -> str:
    """`datetime.datetime` in full, since `datetime.date` is another; else the last part of a dotted name."""
    text = ast.unparse(node)
    return text if text.startswith("datetime.") else text.rpartition(".")[2]
