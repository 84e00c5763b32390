"""The overlay applier: the semantics of OpenAPI Overlay 1.0, and more strictness than it asks for."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.overlay import OverlayError, apply_overlay


def document() -> dict[str, Any]:
    return {
        "info": {"title": "Things", "version": "1"},
        "tags": ["a", "b", "c", "d"],
        "paths": {
            "/a": {"get": {"parameters": [{"name": "x", "in": "query"}, {"name": "y", "in": "query"}]}},
            "/b": {"get": {"parameters": [{"name": "x", "in": "header"}]}},
        },
    }


def overlay(*actions: Any) -> dict[str, Any]:
    return {"overlay": "1.0.0", "info": {"title": "Corrections", "version": "1"}, "actions": list(actions)}


def update(target: Any, value: Any) -> dict[str, Any]:
    return {"target": target, "description": "Because.", "update": value}


def remove(target: Any) -> dict[str, Any]:
    return {"target": target, "description": "Because.", "remove": True}


def changed(**members: Any) -> dict[str, Any]:
    return document() | members


PARAMETERS = document()["paths"]


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        pytest.param(
            [update("$.info", {"title": "Other", "contact": {"name": "Me"}})],
            changed(info={"title": "Other", "version": "1", "contact": {"name": "Me"}}),
            id="objects are merged, scalars in them replaced",
        ),
        pytest.param(
            [update("$", {"paths": {"/b": {"get": {"deprecated": True}}}})],
            changed(paths=PARAMETERS | {"/b": {"get": {**PARAMETERS["/b"]["get"], "deprecated": True}}}),
            id="objects are merged however deep",
        ),
        pytest.param([update("$.tags", "e")], changed(tags=[*"abcde"]), id="an update of a list is one item appended"),
        pytest.param(
            [update("$.tags", ["e", "f"])], changed(tags=[*"abcd", ["e", "f"]]), id="a list is one item of a list"
        ),
        pytest.param(
            [update("$", {"tags": ["e", "f"]})], changed(tags=[*"abcdef"]), id="a list inside an update is appended"
        ),
        pytest.param(
            [update("$.info", {"version": None})],
            changed(info={"title": "Things", "version": None}),
            id="null is a value like another",
        ),
        pytest.param(
            [update("$.info", {"version": 1})],
            changed(info={"title": "Things", "version": 1}),
            id="a scalar may become one of another type",
        ),
        pytest.param(
            [remove("$.tags")], {k: v for k, v in document().items() if k != "tags"}, id="a member is removed"
        ),
        pytest.param([remove("$.tags[0, 2]")], changed(tags=["b", "d"]), id="items are removed without shifting"),
        pytest.param([remove("$.tags[?@ != 'c']")], changed(tags=["c"]), id="items are removed by a filter"),
        pytest.param(
            [remove("$.tags[0, 0]")], changed(tags=["b", "c", "d"]), id="what is matched twice is removed once"
        ),
        pytest.param([update("$['tags', 'tags']", "e")], changed(tags=[*"abcde"]), id="and updated once"),
        pytest.param([remove("$.tags[*]")], changed(tags=[]), id="all items are removed"),
        pytest.param(
            [remove("$.paths[*].get.parameters[?@.name == 'x']")],
            changed(
                paths={"/a": {"get": {"parameters": [{"name": "y", "in": "query"}]}}, "/b": {"get": {"parameters": []}}}
            ),
            id="every match is removed",
        ),
        pytest.param(
            [remove("$.paths..*")], changed(paths={}), id="a match inside another match does not disturb its removal"
        ),
        pytest.param(
            [update("$.paths[*].get", {"tags": ["Things"]})],
            changed(paths={path: {"get": item["get"] | {"tags": ["Things"]}} for path, item in PARAMETERS.items()}),
            id="every match is updated",
        ),
        pytest.param(
            [update("$", {"x": {"a": 1}}), update("$.x", {"b": 2}), remove("$.x.a")],
            changed(x={"b": 2}),
            id="an action sees what those before it did",
        ),
        pytest.param(
            [remove("$.info.version"), update("$.info", {"version": ["1", "2"]})],
            changed(info={"title": "Things", "version": ["1", "2"]}),
            id="what was removed may come back as another kind",
        ),
        pytest.param(
            [remove("$.info") | {"x-was": dict(reversed(document()["info"].items()))}],
            {key: value for key, value in document().items() if key != "info"},
            id="what was there is compared without the order of its members",
        ),
        pytest.param([], document(), id="no action, no change"),
    ],
)
def test_actions_do_what_overlay_1_0_says(actions: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    assert apply_overlay(document(), overlay(*actions)) == expected


@pytest.mark.parametrize(
    ("action", "problem"),
    [
        (update("$.nothing", {"a": 1}), "matches nothing"),
        (remove("$.paths[*].get.parameters[?@.name == 'z']"), "matches nothing"),
        (update("$.info", {"title": "Things"}), "changes nothing"),
        (update("$.info", {}), "changes nothing"),
        (update("$", {"tags": []}), "changes nothing"),
        (update("$", {"tags": "e"}), "cannot merge a scalar with a list at tags"),
        (update("$", {"info": ["e"]}), "cannot merge a list with an object at info"),
        (update("$", {"info": {"title": {"en": "Things"}}}), "cannot merge an object with a scalar at info.title"),
        (update("$", {"info": {"title": ["Things"]}}), "cannot merge a list with a scalar at info.title"),
        (update("$.info", "Things"), "cannot merge a scalar into an object"),
        (update("$.info", ["Things"]), "cannot merge a list into an object"),
        (update("$.info", None), "cannot merge a scalar into an object"),
        (update("$.info.title", "Other"), "an update needs an object or a list"),
        (remove("$"), "cannot remove the whole document"),
        ({"target": "$.info", "update": {"a": 1}}, "needs a target and a description"),
        ({"target": "$.info", "description": "", "update": {"a": 1}}, "needs a target and a description"),
        ({"description": "Because.", "update": {"a": 1}}, "needs a target and a description"),
        (update(3, {"a": 1}), "needs a target and a description"),
        ("remove everything", "needs a target and a description"),
        (None, "needs a target and a description"),
        (update("$.info", {"a": 1}) | {"remove": True}, "either an update or `remove: true`"),
        (update("$.info", {"a": 1}) | {"remove": False}, "either an update or `remove: true`"),
        ({"target": "$.info", "description": "Because."}, "either an update or `remove: true`"),
        (remove("$.info") | {"remove": False}, "either an update or `remove: true`"),
        (remove("$.info") | {"remove": "yes"}, "either an update or `remove: true`"),
        (remove("$.info["), "not a JSONPath"),
        (remove("info.title"), "not a JSONPath"),
        (remove(""), "not a JSONPath"),
        (remove("$."), "not a JSONPath"),
        (remove("$.info.title") | {"x-was": "Other"}, "something else than its `x-was`"),
        (remove("$.info.title") | {"x-was": None}, "something else than its `x-was`"),
        (remove("$.tags[?nosuch(@)]"), "not a JSONPath"),
    ],
    ids=str,
)
def test_an_action_that_cannot_be_meant_stops_the_run_and_is_named(action: Any, problem: str) -> None:
    fits = update("$.info", {"x-first": True})
    target = action.get("target") if isinstance(action, dict) else None

    with pytest.raises(OverlayError) as stopped:
        apply_overlay(document(), overlay(fits, action, fits))

    assert str(stopped.value).startswith(f"action 2 ({target}): ")
    assert problem in str(stopped.value)


def test_an_action_made_stale_by_one_before_it_stops_the_run() -> None:
    action = remove("$.info.title")

    with pytest.raises(OverlayError, match=r"^action 2 \(\$\.info\.title\): matches nothing"):
        apply_overlay(document(), overlay(action, action))


@pytest.mark.parametrize(
    "what",
    [
        None,
        [],
        "overlay: 1.0.0",
        {},
        {"overlay": "1.0.0"},
        {"overlay": "1.0.0", "actions": {}},
        {"overlay": "1.0.0", "actions": None},
        {"overlay": "1.1.0", "actions": []},
        {"overlay": 1.0, "actions": []},
        {"openapi": "3.1.0", "actions": []},
    ],
    ids=str,
)
def test_what_is_no_overlay_is_refused(what: Any) -> None:
    with pytest.raises(OverlayError, match=r"not an OpenAPI Overlay 1\.0\.0 document"):
        apply_overlay(document(), what)


def test_neither_the_document_nor_the_overlay_is_changed() -> None:
    contract = document()
    corrections = overlay(
        update("$", {"x": {"a": [1]}}),
        update("$.tags", {"name": "e"}),
        update("$.x", {"a": [2], "b": {"c": 3}}),
        update("$.x.b", {"d": 4}),
        remove("$.paths"),
    )
    before = copy.deepcopy((contract, corrections))

    result = apply_overlay(contract, corrections)
    result["x"]["b"]["c"] = result["tags"][4]["name"] = "changed by whoever holds the result"

    assert (contract, corrections) == before


def test_each_match_gets_a_value_of_its_own() -> None:
    result = apply_overlay(document(), overlay(update("$.paths[*].get", {"x": {"a": 1}})))

    result["paths"]["/a"]["get"]["x"]["a"] = 2

    assert result["paths"]["/b"]["get"]["x"] == {"a": 1}


@settings(deadline=None)
@given(kept=st.lists(st.integers(0, 9)), at=st.lists(st.integers(0, 9), min_size=1))
def test_a_filter_removes_the_items_it_matches_and_keeps_the_others_in_order(kept: list[int], at: list[int]) -> None:
    items = list(kept)
    for position in at:
        items.insert(position, -1)

    result = apply_overlay({"items": items}, overlay(remove("$.items[?@ < 0]")))

    assert result == {"items": kept}
