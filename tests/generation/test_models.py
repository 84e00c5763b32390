"""What the generated models promise: keyword only, answers checked as they are read, nothing lost on the way."""

import copy
import json
import math
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imprint_api import models
from imprint_api.types import MAX_SAFE_INTEGER, UNSET, ContractError, faults_of

from .support import PACKAGE, ROOT

CONTRACT: dict[str, Any] = json.loads((ROOT / PACKAGE / "openapi.json").read_text())
SCHEMA_OF = {
    "Address": "Address",
    "NewOrder": "OrderBase",
    "NewOrderEvent": "OrderEventBase",
    "Order": "Order",
    "OrderEvent": "OrderEvent",
    "OrderEventsResponse": "OrderEventsResponse",
    "OrderLine": "OrderLine",
}
MODELS: dict[str, Any] = {name: getattr(models, name) for name in SCHEMA_OF}

LINE = {"name": "Couch Supreme", "quantity": 1, "rate": 274999, "rewards_rate": 2500}
EVENT = {
    "order_id": "77f60af4",
    "type": "CAPTURED",
    "amount": 274999,
    "network_transaction_id": "615e3ba0",
    "order_lines": [LINE],
}
ORDER = {
    "payment_method_id": "0144ea84",
    "partner_order_id": "o-c8a1",
    "total_order_amount": 274999,
    "id": "77f60af4",
    "created_at": "2025-02-13T19:08:07+00:00",
    "merchant_address": [{"city": "San Francisco"}],
    "order_lines": [LINE],
}
VALID: dict[str, dict[str, Any]] = {
    "Address": {"city": "San Francisco"},
    "NewOrder": ORDER,
    "NewOrderEvent": EVENT,
    "Order": ORDER,
    "OrderEvent": EVENT,
    "OrderEventsResponse": {"data": [EVENT], "has_more": False, "total": 1},
    "OrderLine": LINE,
}


def schema_at(pointer: str) -> dict[str, Any]:
    node: Any = CONTRACT
    for key in pointer.removeprefix("#/").split("/"):
        node = node[key]
    return flattened(node)


def flattened(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without `$ref` and `allOf` at its top."""
    if "$ref" in schema:
        return schema_at(schema["$ref"])
    parts = [flattened(part) for part in schema.get("allOf", [])]
    if not parts:
        return schema
    return {
        "type": "object",
        "properties": {name: member for part in parts for name, member in part.get("properties", {}).items()},
        "required": [name for part in parts for name in part.get("required", [])],
    }


def schema_of(model: str) -> dict[str, Any]:
    return schema_at(f"#/components/schemas/{SCHEMA_OF[model]}")


def types_of(member: dict[str, Any]) -> list[str]:
    stated = flattened(member)["type"]
    return stated if isinstance(stated, list) else [stated]


def members() -> list[tuple[str, str, dict[str, Any]]]:
    return [(model, *pair) for model in SCHEMA_OF for pair in schema_of(model)["properties"].items()]


def required_members() -> list[tuple[str, str]]:
    return [(model, name) for model in SCHEMA_OF for name in schema_of(model).get("required", [])]


def integer_members() -> list[tuple[str, str]]:
    return [(model, name) for model, name, member in members() if types_of(member) == ["integer"]]


def nullable_members() -> list[tuple[str, str]]:
    return [(model, name) for model, name, member in members() if "null" in types_of(member)]


def refused(model: str, value: Any) -> ContractError:
    with pytest.raises(ContractError) as refusal:
        MODELS[model].from_dict(value)
    return refusal.value


def attribute(name: str) -> str:
    return "type_" if name == "type" else name


# --- The constructor --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_members_are_given_by_keyword_only(model: str) -> None:
    fields = [field for field in attrs.fields(MODELS[model]) if field.init]

    with pytest.raises(TypeError, match="positional"):
        MODELS[model]("0144ea84")

    assert [field.name for field in fields if not field.kw_only] == []
    assert {field.name for field in fields} == {attribute(name) for name in schema_of(model)["properties"]}


@pytest.mark.parametrize("model", MODELS)
def test_a_model_made_of_what_the_contract_requires_sends_just_that(model: str) -> None:
    required = {name: VALID[model][name] for name in schema_of(model).get("required", [])}

    made = MODELS[model](**{attribute(name): value for name, value in required.items()})

    assert made.to_dict() == required


# --- What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "name"), required_members())
def test_a_required_member_that_is_missing_is_refused_by_name(model: str, name: str) -> None:
    without = {key: value for key, value in VALID[model].items() if key != name}

    error = refused(model, without)

    assert (error.path, error.problem) == (name, "is missing")


WRONG: dict[str, tuple[Any, ...]] = {
    "string": (1, 1.5, True, [], {}),
    "integer": ("1", "", True, False, [], {}),
    "boolean": ("true", 0, 1, [], {}),
    "array": ({}, "[]", 1, True),
}


@pytest.mark.parametrize(("model", "name", "member"), members(), ids=str)
def test_a_member_of_a_wrong_type_is_refused_by_name(model: str, name: str, member: dict[str, Any]) -> None:
    for kind in types_of(member):
        for wrong in WRONG.get(kind, ()):
            error = refused(model, VALID[model] | {name: wrong})

            assert error.path == name
            assert error.problem.startswith("is ")


@pytest.mark.parametrize(
    ("model", "name"), [(model, name) for model, name, member in members() if "null" not in types_of(member)]
)
def test_a_null_is_refused_where_the_contract_allows_none(model: str, name: str) -> None:
    error = refused(model, VALID[model] | {name: None})

    assert error.path == name
    assert error.problem.startswith("is null, not ")


@pytest.mark.parametrize(("model", "name"), nullable_members())
def test_a_null_is_read_where_the_contract_allows_it(model: str, name: str) -> None:
    read = MODELS[model].from_dict(VALID[model] | {name: None})

    assert getattr(read, attribute(name)) is None
    assert read.to_dict()[name] is None


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("value", [None, [], "{}", 1, True], ids=str)
def test_what_is_no_object_is_refused(model: str, value: Any) -> None:
    error = refused(model, value)

    assert error.path == ""
    assert str(error).startswith("the response is ")
    assert error.problem.endswith("not an object")


@pytest.mark.parametrize(
    ("spoil", "path"),
    [
        (lambda page: page["data"][3]["order_lines"][0].update(rate="x"), "data[3].order_lines[0].rate"),
        (lambda page: page["data"][3]["order_lines"][0].pop("rate"), "data[3].order_lines[0].rate"),
        (lambda page: page["data"][3]["order_lines"][0].update(rate=2749.99), "data[3].order_lines[0].rate"),
        (lambda page: page["data"][3]["order_lines"].insert(0, None), "data[3].order_lines[0]"),
        (lambda page: page["data"][3].update(order_lines=None), "data[3].order_lines"),
        (lambda page: page["data"][3].pop("type"), "data[3].type"),
        (lambda page: page["data"].insert(2, []), "data[2]"),
        (lambda page: page.update(data={}), "data"),
    ],
)
def test_an_error_deep_in_an_answer_has_the_whole_path(spoil: Callable[[Any], object], path: str) -> None:
    page = {"data": [copy.deepcopy(EVENT) for _ in range(5)]}
    spoil(page)

    error = refused("OrderEventsResponse", page)

    assert error.path == path
    assert str(error) == f"{path} {error.problem}"


def test_an_error_does_not_hold_the_value_that_it_refuses() -> None:
    error = refused("OrderEventsResponse", {"data": [EVENT | {"amount": "secret"}]})

    assert "secret" not in f"{error!s} {error!r} {error.args} {vars(error)}"


# --- Amounts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [2749.99, 0.1, 2**53, -(2**53), float(2**53), 1e300, math.nan, math.inf, -math.inf, 10**400, True],
    ids=lambda value: str(value)[:9],
)
def test_an_integer_is_refused_unless_it_is_whole_and_exact(value: Any) -> None:
    paths = [refused(model, VALID[model] | {name: value}).path for model, name in integer_members()]

    assert paths == [name for _, name in integer_members()]


@pytest.mark.parametrize(
    "value", [0, -1, 274999, 274999.0, -0.0, MAX_SAFE_INTEGER, -MAX_SAFE_INTEGER, float(MAX_SAFE_INTEGER)]
)
def test_a_whole_number_is_read_as_an_integer_however_it_is_written(value: float) -> None:
    for model, name in integer_members():
        read = getattr(MODELS[model].from_dict(VALID[model] | {name: value}), attribute(name))

        assert (read, type(read)) == (value, int)


# --- What comes through -----------------------------------------------------------------------------------------------

TEXT = st.text(max_size=8)
SCALARS: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6
)
# As the contract's readers write them back: whole minutes, and +00:00 for UTC.
INSTANTS = st.builds(
    lambda local, minutes: local.replace(tzinfo=timezone(timedelta(minutes=minutes))).isoformat(),
    st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)),  # noqa: DTZ001 - the offset comes later
    st.integers(-23 * 60, 23 * 60),
)


def documents(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Any JSON that fits a schema of the contract, with members and enum values that it does not list."""
    schema = flattened(schema)
    return st.one_of([of_type(schema, kind) for kind in types_of(schema)])


def of_type(schema: dict[str, Any], kind: str) -> st.SearchStrategy[Any]:
    match kind:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            whole = st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)
            return whole | whole.map(float)
        case "string" if schema.get("format") == "date-time":
            return INSTANTS
        case "string":
            return TEXT | st.sampled_from(schema.get("enum", ["", "x"]))
        case "array":
            return st.lists(documents(schema["items"]), max_size=3)
        case "object":
            known = {name: documents(member) for name, member in schema["properties"].items()}
            required = {name: known.pop(name) for name in schema.get("required", [])}
            unknown = st.dictionaries(TEXT.filter(lambda name: name not in schema["properties"]), JSON, max_size=2)
            fixed = st.fixed_dictionaries(required, optional=known)
            return st.builds(lambda members, others: {**others, **members}, fixed, unknown)
        case _:
            raise AssertionError(kind)


@settings(max_examples=settings().max_examples // 2, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
@pytest.mark.parametrize("model", MODELS)
def test_a_document_of_the_contract_comes_through_unaltered(model: str, data: st.DataObject) -> None:
    document = data.draw(documents(schema_of(model)))
    before = copy.deepcopy(document)

    read = MODELS[model].from_dict(document)

    assert read.to_dict() == document == before
    assert MODELS[model].from_dict(read.to_dict()) == read
    assert list(floats_in(read)) == []


def floats_in(model: Any) -> Iterator[str]:
    """The members that the contract knows and that hold a float, through every model inside this one."""
    for field in attrs.fields(type(model)):
        value = getattr(model, field.name)
        if field.name == "additional_properties":
            continue
        if isinstance(value, float):
            yield field.name
        for inner in value if isinstance(value, list) else [value]:
            if attrs.has(type(inner)):
                yield from floats_in(inner)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
@pytest.mark.parametrize("model", MODELS)
def test_any_json_is_read_or_refused_as_a_contract_error(model: str, data: st.DataObject) -> None:
    names = sorted(schema_of(model)["properties"])
    value = data.draw(JSON | st.dictionaries(st.sampled_from(names), JSON) | spoiled(VALID[model], names))

    try:
        kept = MODELS[model].from_dict(value).to_dict().keys()
    except ContractError:
        return

    assert kept == value.keys()


def spoiled(valid: dict[str, Any], names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """A valid document in which a few members are anything."""
    return st.dictionaries(st.sampled_from(names), JSON, max_size=2).map(lambda junk: valid | junk)


_values = st.one_of(
    st.sampled_from([UNSET, None, True, 0, 2**53, 1.0, "", "line\nend", b"x", {}, [], [{}], [None]]),
    st.sampled_from([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1), models.OrderEventType("NEW")]),  # noqa: DTZ001
    st.builds(
        lambda rate: [models.OrderLine(name="n", quantity=1, rate=rate, rewards_rate=0)], st.sampled_from([1, 1.5])
    ),
)


@pytest.mark.parametrize("model", MODELS)
@given(data=st.data())
def test_what_is_plain_at_a_glance_has_no_faults(model: str, data: st.DataObject) -> None:
    body = MODELS[model].from_dict(VALID[model])
    for name in data.draw(st.sets(st.sampled_from([field.name for field in attrs.fields(type(body))][:-1]))):
        setattr(body, name, data.draw(_values))

    assert not body._is_plain() or list(faults_of(body, MODELS[model])) == []


@pytest.mark.parametrize("model", MODELS)
def test_what_the_contract_allows_has_no_faults_and_is_plain_unless_it_holds_a_timestamp(model: str) -> None:
    body = MODELS[model].from_dict(VALID[model])

    assert list(faults_of(body, MODELS[model])) == []
    assert body._is_plain() == ("created_at" not in VALID[model])


@pytest.mark.parametrize("model", MODELS)
def test_a_deeply_nested_member_is_read_or_refused_like_any_other(model: str) -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]

    for name in schema_of(model)["properties"]:
        assert refused(model, VALID[model] | {name: deep}).path.startswith(name)
    read = MODELS[model].from_dict(VALID[model] | {"not listed": deep})
    assert read.to_dict()["not listed"] is deep


@pytest.mark.parametrize("model", MODELS)
def test_members_that_the_contract_does_not_list_are_kept(model: str) -> None:
    others = {"loyalty_tier": "gold", "nested": {"a": [1, None, {"b": 2.5}]}, "nothing": None}

    read = MODELS[model].from_dict(VALID[model] | others)

    assert read.additional_properties == others
    assert sorted(read.additional_keys) == sorted(others)
    assert read["loyalty_tier"] == "gold"
    assert "loyalty_tier" in read
    assert read.to_dict() == VALID[model] | others


class FrozenAnswer(Mapping[str, Any]):
    """A Mapping that is no dict, as some JSON readers give."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = members

    def __getitem__(self, name: str) -> Any:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)


@pytest.mark.parametrize("kind", [FrozenAnswer, MappingProxyType, type("Members", (dict,), {})])
@pytest.mark.parametrize("model", MODELS)
def test_any_mapping_can_be_read(model: str, kind: Callable[[Any], Any]) -> None:
    document = VALID[model] | {"not listed": 1}

    assert MODELS[model].from_dict(kind(document)) == MODELS[model].from_dict(document)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])  # noqa: S301
def test_a_copy_of_a_model_is_equal_and_sends_the_same(model: str, duplicate: Callable[[Any], Any]) -> None:
    read = MODELS[model].from_dict(VALID[model] | {"not listed": [1]})

    again = duplicate(read)

    assert again == read
    assert again is not read
    assert again.to_dict() == read.to_dict()


@pytest.mark.parametrize("model", MODELS)
def test_what_is_sent_is_json(model: str) -> None:
    read = MODELS[model].from_dict(VALID[model])

    assert json.loads(json.dumps(read.to_dict(), allow_nan=False)) == VALID[model]


# --- Timestamps -------------------------------------------------------------------------------------------------------

PUBLISHED_INSTANT = datetime(2025, 2, 13, 19, 8, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-02-13T19:08:07Z", PUBLISHED_INSTANT),
        ("2025-02-13t19:08:07z", PUBLISHED_INSTANT),
        ("2025-02-13T19:08:07+00:00", PUBLISHED_INSTANT),
        ("2025-02-13T19:08:07-00:00", PUBLISHED_INSTANT),
        ("2025-02-13T14:08:07-05:00", PUBLISHED_INSTANT),
        ("2025-02-14T00:38:07+05:30", PUBLISHED_INSTANT),
        ("2025-02-13T19:08:07.125Z", PUBLISHED_INSTANT.replace(microsecond=125000)),
        ("2025-02-13T19:08:07.123456+00:00", PUBLISHED_INSTANT.replace(microsecond=123456)),
        # Beyond what datetime holds: cut, as datetime does.
        ("2025-02-13T19:08:07.123456789Z", PUBLISHED_INSTANT.replace(microsecond=123456)),
    ],
)
def test_a_timestamp_of_rfc_3339_is_read_with_its_offset(text: str, instant: datetime) -> None:
    order = models.Order.from_dict(ORDER | {"created_at": text})

    assert isinstance(order.created_at, datetime)
    assert order.created_at == instant
    assert order.created_at.utcoffset() is not None
    assert models.Order.from_dict(order.to_dict()).created_at == instant


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "",
        "2025-02-13",
        "2025-02-13T19:08:07",
        "2025-02-13T19:08:07.125",
        "2025-13-13T19:08:07Z",
        "2025-02-30T19:08:07Z",
        "2025-02-13T25:08:07Z",
        "2025-02-13T19:08:07+24:00",
        "2025-02-13T19:08:07Z trailing",
        "2025-02-13T19:08:07z\n",
        "\uff12\uff10\uff12\uff15-02-13T19:08:07Z",
        "1739473687",
        "\ud800",
        "9" * 5000,
    ],
    ids=lambda text: ascii(text)[:40],
)
def test_what_is_no_timestamp_with_an_offset_is_refused(text: str) -> None:
    assert refused("Order", ORDER | {"created_at": text}).path == "created_at"


def test_dateutil_is_not_imported_before_the_first_timestamp_is_read() -> None:
    program = """
import sys
from imprint_api.models import Order
body = {"payment_method_id": "p", "partner_order_id": "o", "total_order_amount": 1, "id": "i"}
Order.from_dict(body)
Order.from_dict({**body, "created_at": None})
before = "dateutil" in sys.modules
Order.from_dict({**body, "created_at": "2025-02-13T19:08:07Z"})
print(before, "dateutil" in sys.modules)
"""

    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert run.stdout.split() == ["False", "True"]


# --- Absent members ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])  # noqa: S301
def test_unset_stays_the_one_object_that_it_is(duplicate: Callable[[Any], Any]) -> None:
    order = models.Order.from_dict(ORDER)

    again = duplicate(order)

    assert duplicate(UNSET) is UNSET
    assert duplicate([UNSET])[0] is UNSET
    assert again.currency is UNSET
    assert again.order_lines[0].product_url is UNSET
    assert "currency" not in again.to_dict()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_unset_survives_every_form_of_pickle(protocol: int) -> None:
    assert pickle.loads(pickle.dumps(UNSET, protocol)) is UNSET  # noqa: S301 - what was pickled here


def test_unset_is_false_and_shows_its_name() -> None:
    assert not UNSET
    assert repr(UNSET) == "UNSET"


def test_absent_null_and_empty_stay_three_things() -> None:
    bodies = [ORDER, ORDER | {"merchant_name": None}, ORDER | {"merchant_name": ""}]

    read = [models.Order.from_dict(body) for body in bodies]

    assert [order.merchant_name for order in read] == [UNSET, None, ""]
    assert [order.to_dict() for order in read] == bodies
