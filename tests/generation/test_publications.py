"""What Imprint may publish next, made the way it writes its document: it regenerates with nobody's help."""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.generate import main

from .support import PACKAGE, ROOT, copy_of_inputs, import_package, tree

Contract = dict[str, Any]
EVENTS = "/v2/order_events"


def schema(contract: Contract, name: str) -> dict[str, Any]:
    found: dict[str, Any] = contract["components"]["schemas"][name]
    return found


def amount(description: str, **words: Any) -> dict[str, Any]:
    return {
        "allOf": [
            {"$ref": "#/components/schemas/CurrencyAmount"},
            {"example": 100, "description": description, **words},
        ]
    }


def with_new_amounts(contract: Contract) -> None:
    reference = {"$ref": "#/components/schemas/CurrencyAmount"}
    schema(contract, "OrderEventBase")["properties"].update(
        tax_amount=amount("Tax"),
        tip_amount={**reference, "description": "Tip"},
        plain_amount=reference,
        old_nullable_amount=amount("Once nullable", nullable=True),
        outer_nullable_amount={**amount("Nullable"), "nullable": True},
        new_nullable_amount={"anyOf": [reference, {"type": "null"}], "description": "Now nullable"},
        fees={"type": "array", "items": amount("A fee")},
        nested={"type": "object", "properties": {"fee": amount("A nested fee")}},
    )


def with_another_text(contract: Contract) -> None:
    schema(contract, "OrderEventBase")["properties"]["amount"]["allOf"][1]["description"] = "What is to be moved"


def with_another_parameter_text(contract: Contract) -> None:
    contract["paths"][EVENTS]["get"]["parameters"][0]["description"] = "The one event to look for"


def with_nulls_of_3_1(contract: Contract) -> None:
    for name in ("OrderBase", "OrderLine"):
        for member in schema(contract, name)["properties"].values():
            if member.pop("nullable", False):
                member["type"] = [member["type"], "null"]


def with_orders_response_corrected(contract: Contract) -> None:
    schema(contract, "OrdersResponse")["required"] = ["data"]


def without_a_parameter(contract: Contract) -> None:
    parameters = contract["paths"][EVENTS]["get"]["parameters"]
    parameters[:] = [each for each in parameters if each.get("name") != "partner_event_id"]


def without_an_operation(contract: Contract) -> None:
    del contract["paths"][EVENTS]["post"]


def with_another_path(contract: Contract) -> None:
    contract["paths"] = {path.replace("/v2/orders", "/v3/orders"): item for path, item in contract["paths"].items()}


def with_shared_classes(contract: Contract) -> None:
    contract["components"]["schemas"]["Channel"] = {
        "type": "string",
        "enum": ["STORE", "WEB"],
        "nullable": True,
        "description": "Any channel",
    }
    schema(contract, "OrderBase")["properties"].update(
        channel={"allOf": [{"$ref": "#/components/schemas/Channel"}, {"description": "Where it was bought"}]},
        billing_address={"$ref": "#/components/schemas/Address", "type": "object", "description": "Where it is billed"},
        status={"type": "string", "enum": ["OPEN", "CLOSED"], "nullable": True, "description": "How it stands"},
    )
    contract["paths"][EVENTS]["get"]["parameters"].append(
        {
            "name": "channel",
            "in": "query",
            "description": "Only those of a channel",
            "schema": {"$ref": "#/components/schemas/Channel"},
        }
    )


def with_deprecations(contract: Contract) -> None:
    schema(contract, "OrderBase")["properties"]["customer_id"]["deprecated"] = True
    contract["paths"][EVENTS]["get"]["parameters"][1]["deprecated"] = True
    contract["paths"][EVENTS]["post"]["deprecated"] = True


def with_all_of_these(contract: Contract) -> None:
    """Each adds to another place, so that they can be generated at once."""
    with_new_amounts(contract)
    with_another_text(contract)
    with_another_parameter_text(contract)
    with_shared_classes(contract)
    with_deprecations(contract)


def publish(folder: Path, raw: Contract, change: Callable[[Contract], None]) -> Path:
    """A repository root in which Imprint has published the changed contract."""
    published = copy.deepcopy(raw)
    change(published)
    assert published != raw
    root = copy_of_inputs(folder)
    shutil.rmtree(root / PACKAGE)
    (root / "openapi.yaml").write_text(json.dumps(published), encoding="utf-8")
    return root


def regenerate(root: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["generate", "--root", str(root), *arguments])
    return main()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, raw: Contract) -> Callable[[Callable[[Contract], None]], Path]:
    """The package that one change of the contract gives; a change is generated once."""
    packages: dict[str, Path] = {}

    def make(change: Callable[[Contract], None]) -> Path:
        if change.__name__ not in packages:
            root = publish(tmp_path_factory.mktemp("next"), raw, change)
            with pytest.MonkeyPatch.context() as patch:
                assert regenerate(root, patch) == 0
            packages[change.__name__] = root / PACKAGE
        return packages[change.__name__]

    return make


Made = Callable[[Callable[[Contract], None]], Path]


def python_of(package: Path) -> dict[str, bytes | None]:
    return {name: content for name, content in tree(package).items() if name.endswith(".py")}


def docstring(package: Path, module: str) -> str:
    return " ".join((package / module).read_text().split())


def test_a_new_amount_is_an_integer_with_its_own_description_wherever_it_stands(made: Made) -> None:
    source = docstring(made(with_all_of_these), "models/new_order_event.py")

    for said in (
        "tax_amount (int | Unset): Tax Example: 100.",
        "tip_amount (int | Unset): Tip",
        "plain_amount (int | Unset): An amount in the smallest unit of the currency",
        "old_nullable_amount (int | None | Unset): Once nullable",
        "outer_nullable_amount (int | None | Unset): Nullable",
        "new_nullable_amount (int | None | Unset): Now nullable",
        "fees (list[int] | Unset)",
    ):
        assert said in source
    (nested,) = (made(with_all_of_these) / "models").glob("*nested.py")
    assert "fee (int | Unset): A nested fee" in nested.read_text()


@pytest.fixture(scope="module")
def with_amounts(made: Made) -> Any:
    return import_package(made(with_all_of_these), "api_with_all_of_these")


@pytest.mark.parametrize(
    "spoiled",
    [
        {"tax_amount": 1.5},
        {"tip_amount": 0.1},
        {"plain_amount": 1.5},
        {"old_nullable_amount": 1.5},
        {"outer_nullable_amount": 1.5},
        {"new_nullable_amount": 2**60},
        {"fees": [1, 1.5]},
        {"nested": {"fee": 1.5}},
    ],
    ids=lambda spoiled: next(iter(spoiled)),
)
def test_no_new_amount_is_read_as_a_float(spoiled: dict[str, Any], with_amounts: Any) -> None:
    api = with_amounts
    event = {"order_id": "o", "type": "CAPTURED", "amount": 1, "network_transaction_id": "n"}

    with pytest.raises(api.types.ContractError, match=next(iter(spoiled))):
        api.models.OrderEvent.from_dict(event | spoiled)


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("models/new_order_event.py", "amount (int): What is to be moved Example: 274999."),
        ("api/order_events/list_order_events.py", "order_event_id (str | Unset): The one event to look for"),
        ("models/new_order.py", "channel (Channel | None | Unset): Where it was bought"),
        ("models/new_order.py", "billing_address (Address | Unset): Where it is billed"),
        ("models/new_order.py", "status (NewOrderStatus | None | Unset): How it stands"),
        ("api/order_events/list_order_events.py", "channel (Channel | None | Unset): Only those of a channel"),
        ("models/new_order.py", "customer_id (str | Unset): Deprecated. Customer identifier"),
        ("api/order_events/list_order_events.py", "order_id (str | Unset): Deprecated. Enables searching"),
        ("api/order_events/post_order_event.py", "Deprecated. Create new order events"),
    ],
)
def test_the_texts_in_python_are_those_of_the_publication(module: str, said: str, made: Made) -> None:
    assert said in docstring(made(with_all_of_these), module)


def test_a_nullable_enum_is_one_class(made: Made) -> None:
    models = {path.stem for path in (made(with_all_of_these) / "models").glob("*.py")}

    assert {name for name in models if "channel" in name} == {"channel"}
    assert len({name for name in models if "status" in name}) == 1


def test_nulls_written_the_new_way_change_no_python(made: Made, regenerated: Path) -> None:
    assert python_of(made(with_nulls_of_3_1)) == python_of(regenerated)


@pytest.mark.parametrize(
    ("change", "gone", "kept"),
    [
        (without_a_parameter, None, "api/order_events/list_order_events.py"),
        (without_an_operation, "api/order_events/post_order_event.py", "models/new_order.py"),
        (with_another_path, None, "api/orders/create_order.py"),
    ],
)
def test_what_breaks_the_client_is_generated_all_the_same(
    change: Callable[[Contract], None], gone: str | None, kept: str, made: Made
) -> None:
    package = made(change)

    assert (package / kept).is_file()
    assert gone is None or not (package / gone).exists()


def test_a_mistake_that_imprint_corrects_stops_the_run_which_names_every_stale_action(
    tmp_path: Path, raw: Contract, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = publish(tmp_path, raw, with_orders_response_corrected)

    assert regenerate(root, monkeypatch) == 1

    said = capsys.readouterr().err.splitlines()
    assert [line.partition(" (")[0] for line in said] == [
        "generate: openapi.overlay.yaml: action 1",
        "generate: openapi.overlay.yaml: action 2",
    ]
    assert all("matches nothing; is it stale?" in line for line in said)


def test_drop_stale_deletes_what_imprint_has_corrected_says_so_and_goes_on(
    tmp_path: Path,
    raw: Contract,
    regenerated: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = publish(tmp_path, raw, with_orders_response_corrected)
    before = (root / "openapi.overlay.yaml").read_text()

    assert regenerate(root, monkeypatch, "--drop-stale") == 0

    said = capsys.readouterr().out.splitlines()
    after = (root / "openapi.overlay.yaml").read_text()
    assert [line.endswith("Deleted.") for line in said] == [True, True]
    assert "OrdersResponse" in said[0]
    assert set(after.splitlines()) < set(before.splitlines())
    assert [line for line in before.splitlines() if "#" in line and "target" not in line] == [
        line for line in after.splitlines() if "#" in line and "target" not in line
    ]
    assert "OrdersResponse" not in after
    assert python_of(root / PACKAGE) == python_of(regenerated)
    assert (ROOT / "openapi.overlay.yaml").read_text() == before


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("CurrencyAmount", {"type": "number"}, "CurrencyAmount is no integer"),
        ("Money", {"type": ["number", "null"]}, "the schema at #/components/schemas/Money is no integer"),
        ("Address", {"properties": {"tax_amount": {"type": "number"}}}, "tax_amount at #/components/schemas/Address"),
        ("OrderLine", {"properties": {"rate": {"type": ["number", "null"]}}, "required": []}, "rate at #/components"),
        ("Address", {"properties": {"amounts": {"type": "array", "items": {"type": "number"}}}}, "amounts at #/comp"),
    ],
)
def test_an_amount_that_is_published_as_a_number_is_refused(
    name: str,
    words: dict[str, Any],
    said: str,
    tmp_path: Path,
    raw: Contract,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = publish(tmp_path, raw, lambda contract: contract["components"]["schemas"].setdefault(name, {}).update(words))

    assert regenerate(root, monkeypatch) == 1

    assert said in capsys.readouterr().err
