"""Which annotation takes more than which."""

import pytest

from tools.review.annotations import Relation, relation

SAME, WIDER, NARROWER, OTHER = Relation
BASES = {"Colour": ["StrEnum"], "Level": ["IntEnum"], "Child": ["Parent"]}
TURNED = {SAME: SAME, WIDER: NARROWER, NARROWER: WIDER, OTHER: OTHER}
CASES = [
    ("str", "str", SAME),
    ("str", "int", OTHER),
    ("str", "str | None", WIDER),
    ("str | None", "None | str", SAME),
    ("str | Unset", "str | None", OTHER),
    ("Optional[str]", "str | None", SAME),
    ("Union[str, int]", "int | str", SAME),
    ("'Order' | None", "None | Order", SAME),
    ("'Order | None'", "Order", NARROWER),
    ("int", "float", WIDER),
    ("bool", "int", WIDER),
    ("int | str", "float | str", WIDER),
    ("str", "Any", WIDER),
    ("Any", "Any | None", SAME),
    ("Colour", "str", WIDER),
    ("Level", "int", WIDER),
    ("Colour", "int", OTHER),
    ("Child", "Parent", WIDER),
    ("datetime.datetime", "datetime.date", WIDER),
    ("datetime.datetime", "str", OTHER),
    ("list[str]", "list[str | None]", WIDER),
    ("list[str]", "list[int]", OTHER),
    ("list[str]", "Sequence[str]", WIDER),
    ("list[str]", "list[str] | Unset", WIDER),
    ("dict[str, Any]", "dict[str, int]", NARROWER),
    ("Response[Order]", "Response[Order | Problem]", WIDER),
    ("Literal['a']", "Literal['a', 'b']", WIDER),
    ("Literal['a']", "str", WIDER),
    ("Literal['a']", "Literal['b']", OTHER),
    ("Literal[1]", "float", WIDER),
    ("list", "list[str]", NARROWER),
    ("not an annotation", "not an annotation", SAME),
    ("not an annotation", "str", OTHER),
]


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_an_annotation_is_wider_narrower_or_neither(old: str, new: str, expected: Relation) -> None:
    assert relation(old, new, BASES) is expected
    assert relation(new, old, BASES) is TURNED[expected]
