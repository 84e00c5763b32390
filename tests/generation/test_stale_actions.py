"""Deleting stale actions from the text of an overlay leaves everything else in it as it is."""

import pytest

from tools.generate import load_yaml
from tools.overlay import OverlayError, apply_overlay, without_actions

from .support import ROOT

TEXT = """\
# At the head.
overlay: 1.0.0
info: {title: Corrections, version: '1'}
actions:
  # About the first.
  - target: $.a
    description: >-
      Folded text
      # that looks like a comment.
    remove: true  # at its end

  # About the second.
  - target: $.b   # odd   spacing
    description: "Second"
    update: {x: [1,   2]}
  - target: $.c
    description: Third
    # Inside the third.
    remove: true
  # At the end.
"""


def lines_without(*gone: int) -> str:
    return "".join(line for number, line in enumerate(TEXT.splitlines(keepends=True), 1) if number not in gone)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({1}, lines_without(6, 7, 8, 9, 10)),
        ({2}, lines_without(13, 14, 15)),
        ({3}, lines_without(16, 17, 18, 19)),
        ({1, 3}, lines_without(6, 7, 8, 9, 10, 16, 17, 18, 19)),
        (set(), TEXT),
    ],
    ids=str,
)
def test_an_action_goes_with_its_own_lines_and_nothing_else(numbers: set[int], expected: str) -> None:
    assert without_actions(TEXT, numbers) == expected


def test_an_overlay_whose_last_action_goes_is_still_one() -> None:
    text = without_actions(TEXT, {1, 2, 3})

    assert "actions: []\n" in text
    assert [line.strip() for line in text.splitlines() if line.strip().startswith("#")] == [
        "# At the head.",
        "# About the first.",
        "# About the second.",
        "# At the end.",
    ]


def test_actions_on_one_line_are_left_to_a_person() -> None:
    with pytest.raises(OverlayError, match="by hand"):
        without_actions("overlay: 1.0.0\nactions: [{target: $.a, description: A, remove: true}]\n", {1})


def test_each_action_that_fails_is_named_and_what_can_be_deleted_is_known() -> None:
    def action(target: str, **words: object) -> dict[str, object]:
        return {"target": target, "description": "Because.", **words}

    overlay = {
        "overlay": "1.0.0",
        "actions": [
            action("$.nothing", remove=True),
            action("$.a", update={"b": 1}),
            action("$.a", update={"b": []}),
            action("$.a", update={"b": 1}),
            action("$.a.b", remove=True),
            action("$.a.b", remove=True),
        ],
    }

    with pytest.raises(OverlayError) as stopped:
        apply_overlay({"a": {}}, overlay)

    assert [(each.number, each.is_stale) for each in stopped.value.failures] == [
        (1, True),
        (3, False),
        (4, True),
        (6, True),
    ]
    assert len(str(stopped.value).splitlines()) == 4


def test_our_overlay_is_a_short_list_of_imprints_mistakes() -> None:
    actions = load_yaml(ROOT / "openapi.overlay.yaml")["actions"]

    assert 0 < len(actions) <= 6
    assert all(len(action["description"]) > 20 for action in actions)
