"""The Python layer: each mutation of the contract, and what only hand-written code can do."""

from pathlib import Path

import griffe
import pytest

from tools.review import surface
from tools.review.change import Impact

from .mutations import MUTATIONS, Mutation
from .packages import InPython

API = "imprint_api.api.orders."


# One of each kind of verdict, and those whose words are tested; the whole table takes long, and rarely fails.
QUICK = {mutation[2:]: mutation.name for mutation in reversed(MUTATIONS)}
CASES = [
    pytest.param(one, id=one.name, marks=[] if one.name in QUICK.values() else pytest.mark.thorough)
    for one in MUTATIONS
]


@pytest.mark.parametrize("mutation", CASES)
def test_a_mutation_of_the_contract_is_classed_for_python(mutation: Mutation, in_python: InPython) -> None:
    changes = in_python[mutation.name]

    assert max((change.impact for change in changes), default=None) == mutation.python, changes


TOLD = [
    ("a new required member, sent", "NewOrder", Impact.BREAKING, "`phone` is new, and must be given"),
    (
        "a new member with a default, sent",
        "NewOrder",
        Impact.BREAKING,
        "`phone` is new, and sent as `'none'` if left out",
    ),
    ("a member made required, sent", "NewOrder", Impact.BREAKING, "`note` must be given"),
    ("a member renamed, received", "Order", Impact.BREAKING, "`note` is gone"),
    ("a member renamed, received", "Order", Impact.ADDED, "`remark` is new"),
    ("a member made optional, sent", "NewOrder", Impact.ADDED, "`amount` may now also be missing (`UNSET`)"),
    ("a member made optional, received", "Order", Impact.BREAKING, "`amount` may now also be missing (`UNSET`)"),
    ("a number becomes an integer, sent", "NewOrder", Impact.BREAKING, "`share` may no longer be `float`"),
    ("null no longer allowed, both", "Line", Impact.BREAKING, "`url` may no longer be `None`"),
    ("a value added to an enum, received", "OrderKind", Impact.ADDED, "`C` is new"),
    ("a value removed from an enum, received", "OrderKind", Impact.BREAKING, "`A` is gone"),
    (
        "another default of a parameter",
        f"{API}list_orders",
        Impact.BREAKING,
        "`limit` default changed from `10` to `20`",
    ),
    ("another operationId", f"{API}list_orders", Impact.BREAKING, "`orders.list_orders` is gone"),
    ("another operationId", f"{API}find_orders", Impact.ADDED, "`orders.find_orders` is new"),
    ("another tag", "imprint_api.api.lists.list_orders", Impact.ADDED, "`lists.list_orders` is new"),
    ("one more failure, typed", f"{API}create_order", Impact.BREAKING, "may now also return `Problem`"),
    ("another description of a model, sent", "NewOrder", Impact.NOTED, "another text, the same code"),
    ("another path", f"{API}list_orders", Impact.NOTED, "other code behind the same names: read its diff"),
]


@pytest.mark.thorough
def test_no_class_that_a_module_imports_is_told_to_change(in_python: InPython) -> None:
    assert not {one.subject for mutation in MUTATIONS for one in in_python[mutation.name]}.intersection(
        ["Unset", "UNSET", "StrEnum", "annotations"]
    )


@pytest.mark.parametrize(("mutation", "subject", "impact", "words"), TOLD)
def test_a_change_is_told_in_words(
    mutation: str, subject: str, impact: Impact, words: str, in_python: InPython
) -> None:
    assert (subject, impact, words) in [(one.subject, one.impact, one.words) for one in in_python[mutation]]


# What hand-written code can do, and contracts cannot: (before, after, the gravest impact)
EDITS = {
    "an attrs class takes keywords only": (
        "@define\nclass A:\n    x: int",
        "@define(kw_only=True)\nclass A:\n    x: int",
        Impact.BREAKING,
    ),
    "a field moves": (
        "@define\nclass A:\n    x: int\n    y: int",
        "@define\nclass A:\n    y: int\n    x: int",
        Impact.BREAKING,
    ),
    "a field moves, by keyword": (
        "@define(kw_only=True)\nclass A:\n    x: int\n    y: int",
        "@define(kw_only=True)\nclass A:\n    y: int\n    x: int",
        Impact.NOTED,
    ),
    "a field without a default is new": (
        "@define\nclass A:\n    x: int",
        "@define\nclass A:\n    x: int\n    y: int",
        Impact.BREAKING,
    ),
    "a field with a default is new": (
        "@define\nclass A:\n    x: int",
        "@define\nclass A:\n    x: int\n    y: int = 1",
        Impact.ADDED,
    ),
    "a field with a factory is new": (
        "@define\nclass A:\n    x: int",
        "@define\nclass A:\n    x: int\n    y: list[int] = field(factory=list)",
        Impact.ADDED,
    ),
    "a field that no constructor takes is new": (
        "@define\nclass A:\n    x: int",
        "@define\nclass A:\n    x: int\n    y: int = field(init=False)",
        Impact.ADDED,
    ),
    "a field leaves the constructor": (
        "@define\nclass A:\n    x: int = 1",
        "@define\nclass A:\n    x: int = field(init=False, default=1)",
        Impact.BREAKING,
    ),
    "a field loses its default": (
        "@define\nclass A:\n    x: int = 1",
        "@define\nclass A:\n    x: int",
        Impact.BREAKING,
    ),
    "a private field has a public keyword": (
        "@define\nclass A:\n    _x: int = 1",
        "@define\nclass A:\n    _x: int",
        Impact.BREAKING,
    ),
    "another alias": (
        "@define\nclass A:\n    x: int = field(alias='a')",
        "@define\nclass A:\n    x: int = field(alias='b')",
        Impact.BREAKING,
    ),
    "a base's field is new": (
        "@define\nclass B:\n    x: int\n@define\nclass A(B):\n    pass",
        "@define\nclass B:\n    x: int\n    y: int\n@define\nclass A(B):\n    pass",
        Impact.BREAKING,
    ),
    "a named tuple has one more": (
        "class A(NamedTuple):\n    x: int",
        "class A(NamedTuple):\n    x: int\n    y: int",
        Impact.BREAKING,
    ),
    "an option is gone": (
        "class O(TypedDict, total=False):\n    x: int\n    y: int\nclass A:\n    def f(self, **o: Unpack[O]): ...",
        "class O(TypedDict, total=False):\n    x: int\nclass A:\n    def f(self, **o: Unpack[O]): ...",
        Impact.BREAKING,
    ),
    "an option is new": (
        "class O(TypedDict, total=False):\n    x: int\nclass A:\n    def f(self, **o: Unpack[O]): ...",
        "class O(TypedDict, total=False):\n    x: int\n    y: int\nclass A:\n    def f(self, **o: Unpack[O]): ...",
        Impact.ADDED,
    ),
    "a method answers more": (
        "class A:\n    def f(self) -> int: ...",
        "class A:\n    def f(self) -> int | None: ...",
        Impact.BREAKING,
    ),
    "a method answers less": (
        "class A:\n    def f(self) -> int | None: ...",
        "class A:\n    def f(self) -> int: ...",
        Impact.ADDED,
    ),
    "a method takes more": (
        "class A:\n    def f(self, x: int): ...",
        "class A:\n    def f(self, x: int | str): ...",
        Impact.ADDED,
    ),
    "a method takes less": (
        "class A:\n    def f(self, x: int | str): ...",
        "class A:\n    def f(self, x: int): ...",
        Impact.BREAKING,
    ),
    "a property may be None": (
        "class A:\n    @property\n    def f(self) -> int: ...",
        "class A:\n    @property\n    def f(self) -> int | None: ...",
        Impact.BREAKING,
    ),
    "a base of a base is gone": (
        "class D(Exception): ...\nclass B(D): ...\nclass A(B): ...",
        "class D(Exception): ...\nclass B(Exception): ...\nclass A(B): ...",
        Impact.BREAKING,
    ),
    "another base": ("class A(KeyError): ...", "class A(ValueError): ...", Impact.BREAKING),
    "one more base": ("class A(KeyError): ...", "class A(KeyError, ValueError): ...", Impact.ADDED),
    "a base is a generic of something else": ("class A(list[int]): ...", "class A(list[str]): ...", Impact.NOTED),
    "a function must be awaited": (
        "class A:\n    def f(self) -> int: ...",
        "class A:\n    async def f(self) -> int: ...",
        Impact.BREAKING,
    ),
    "a function must no longer be awaited": (
        "class A:\n    async def f(self) -> int: ...",
        "class A:\n    def f(self) -> int: ...",
        Impact.BREAKING,
    ),
    "a class method is none any more": (
        "class A:\n    @classmethod\n    def f(cls): ...",
        "class A:\n    def f(cls): ...",
        Impact.BREAKING,
    ),
    "a static method is a class method": (
        "class A:\n    @staticmethod\n    def f(): ...",
        "class A:\n    @classmethod\n    def f(cls): ...",
        Impact.BREAKING,
    ),
    "a class is frozen": ("@define\nclass A:\n    x: int", "@frozen\nclass A:\n    x: int", Impact.BREAKING),
    "a class is frozen by another name": (
        "@define(frozen=True)\nclass A:\n    x: int",
        "@frozen\nclass A:\n    x: int",
        Impact.NOTED,
    ),
    "a class is compared by identity": (
        "@define\nclass A:\n    x: int",
        "@define(eq=False)\nclass A:\n    x: int",
        Impact.BREAKING,
    ),
    "a data class is frozen": (
        "@dataclass\nclass A:\n    x: int",
        "@dataclass(frozen=True)\nclass A:\n    x: int",
        Impact.BREAKING,
    ),
    "what is private is gone": ("class A:\n    def _f(self): ...", "class A: ...", Impact.NOTED),
    "the same names do something else": ("class A:\n    _n = 1", "class A:\n    _n = 2", Impact.NOTED),
    "a name is no longer exported": ("class A: ...", "class A: ...\nclass B: ...\n__all__ = ['B']", Impact.BREAKING),
    "nothing differs": ("class A: ...", "class A: ...", None),
}
IMPORTS = """\
from dataclasses import dataclass
from typing import NamedTuple, TypedDict, Unpack
from attrs import define, field, frozen
__all__ = ['A']
"""


@pytest.mark.parametrize(("before", "after", "impact"), EDITS.values(), ids=EDITS)
def test_an_edit_of_hand_written_code_is_classed(
    before: str, after: str, impact: Impact | None, tmp_path: Path
) -> None:
    trees = []
    for name, source in (("before", before), ("after", after)):
        package = tmp_path / name / "overrides" / "imprint_client"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(IMPORTS + source)
        trees.append(surface.read(tmp_path / name))

    changes = surface.compare(trees[0], trees[1], {})

    assert max((change.impact for change in changes), default=None) == impact, changes


def compared(tmp_path: Path, *versions: str) -> list[tuple[str, Impact, str]]:
    """What is told of two versions of a package that shows A and B, beside the note that they differ."""
    trees = []
    for name, source in zip(("before", "after"), versions, strict=True):
        package = tmp_path / name / "overrides" / "imprint_client"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("from .inside import A, B\n__all__ = ['A', 'B']\n")
        (package / "inside.py").write_text(source)
        trees.append(surface.read(tmp_path / name))
    told = [(one.subject, one.impact, one.words) for one in surface.compare(trees[0], trees[1], {})]
    return [one for one in told if one[0] != "imprint_client"]


def test_the_bases_of_a_class_are_its_own_whatever_another_package_calls_so(tmp_path: Path) -> None:
    for name in ("before", "after"):
        for room, package in (("overrides", "imprint_client"), ("sandbox", "imprint_sandbox")):
            folder = tmp_path / name / room / package
            folder.mkdir(parents=True)
            (folder / "__init__.py").write_text("class A(Exception): ...\n__all__ = ['A']\n")
    (tmp_path / "after/sandbox/imprint_sandbox/__init__.py").write_text("class A: ...\n__all__ = ['A']\n")

    changes = surface.compare(surface.read(tmp_path / "before"), surface.read(tmp_path / "after"), {})

    told = [(one.subject, one.words) for one in changes if "subclass" in one.words]
    assert told == [("imprint_sandbox.A", "is no longer a subclass of `Exception`")]


HIDDEN = "class Hidden:\n    def f(self): ...\n"
BASE = "class B(Exception):\n    x: int\n    def f(self): ...\n"
A, B = "imprint_client.A", "imprint_client.B"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            f"{BASE}class A(B): ...",
            f"{BASE}class A(Exception): ...",
            [(A, Impact.BREAKING, "is no longer a subclass of `B`")],
        ),
        (
            f"{BASE}class A(B): ...",
            f"{BASE}class A: ...",
            [(A, Impact.BREAKING, "is no longer a subclass of `B`, `Exception`")],
        ),
        (
            f"{BASE}class A: ...",
            f"{BASE}class A(B): ...",
            [(A, Impact.ADDED, "is now also a subclass of `B`, `Exception`")],
        ),
        (
            f"{BASE}class A(B): ...",
            f"{BASE}    def g(self): ...\nclass A(B): ...",
            [(f"{B}.g", Impact.ADDED, "is new")],
        ),
        # A base that nobody can name is nothing but what it holds.
        (
            f"{HIDDEN}class B: ...\nclass A(Hidden): ...",
            f"{HIDDEN}class B: ...\nclass A: ...",
            [("imprint_client.Hidden.f", Impact.BREAKING, "is gone")],
        ),
    ],
)
def test_what_comes_or_goes_with_a_base_is_told_of_the_base(
    before: str, after: str, told: list[tuple[str, Impact, str]], tmp_path: Path
) -> None:
    assert compared(tmp_path, before, after) == told


def test_only_what_a_facade_exports_is_public(tmp_path: Path) -> None:
    trees = []
    for name, source in (("before", "class Inside: ...\nclass Shown: ..."), ("after", "class Shown: ...")):
        package = tmp_path / name / "sandbox" / "imprint_sandbox"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("from .inside import Shown\n__all__ = ['Shown']\n")
        (package / "inside.py").write_text(source)
        trees.append(surface.read(tmp_path / name))

    assert [(one.subject, one.impact, one.words) for one in surface.compare(trees[0], trees[1], {})] == [
        ("imprint_sandbox", Impact.NOTED, "other code behind the same names: read its diff")
    ]


@pytest.mark.parametrize("folder", ["overrides/imprint_client", "sandbox/imprint_sandbox"])
def test_a_private_module_that_comes_or_goes_is_told(folder: str, tmp_path: Path) -> None:
    with_it, without = tmp_path / "with" / folder, tmp_path / "without" / folder
    for package in (with_it, without):
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
    (with_it / "inside.py").touch()
    both = surface.read(tmp_path / "with"), surface.read(tmp_path / "without")

    for old, new in (both, reversed(both)):
        assert [one.impact for one in surface.compare(old, new, {})] == [Impact.NOTED]


def test_a_package_that_is_not_python_is_left_out_and_not_called_gone(tmp_path: Path) -> None:
    trees = []
    for name, source in (("before", "class Shown: ..."), ("after", "class")):
        package = tmp_path / name / "overrides" / "imprint_client"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(source)
        trees.append(surface.read(tmp_path / name))

    assert surface.compare(trees[0], trees[1], {}) == []


def test_a_constructor_that_nobody_can_call_may_take_something_else(tmp_path: Path) -> None:
    before, after = (
        f"class Hidden: ...\nclass B: ...\nclass A:\n    def __init__(self, {takes}): ..."
        for takes in ("x: int, run: Hidden", "run: Hidden, y: int")
    )

    assert compared(tmp_path, before, after) == []


def test_an_export_of_what_is_not_there_is_gone(tmp_path: Path) -> None:
    told = compared(tmp_path, "class A: ...\nclass B: ...", "class A: ...")

    assert told == [("imprint_client.B", Impact.BREAKING, "is gone")]


def test_every_breakage_that_griffe_knows_has_words() -> None:
    of_calls = {kind for kind in griffe.BreakageKind if kind.name.startswith("PARAMETER_")}

    assert set(surface.CALLS) == of_calls
