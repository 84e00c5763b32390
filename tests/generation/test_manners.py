"""What a model says of itself to people: in errors, in its repr, in completion."""

import inspect
import pickle
from typing import Any

import pytest
from imprint_api.models import NewOrder, NewOrderEvent, OrderLine, OrdersResponse

LINE: dict[str, Any] = {"name": "Couch", "quantity": 1, "rate": 5, "rewards_rate": 0}


@pytest.mark.parametrize(
    ("model", "members", "said"),
    [
        (
            OrderLine,
            LINE | {"rewards_rat": 1},
            "unexpected keyword argument 'rewards_rat'. Did you mean 'rewards_rate'?",
        ),
        (OrderLine, {"nmae": "x"}, "unexpected keyword argument 'nmae'. Did you mean 'name'?"),
        (NewOrderEvent, {"type": "CAPTURED"}, "unexpected keyword argument 'type'. Did you mean 'type_'?"),
        (OrderLine, LINE | {"zzz": 1}, "'zzz'; it takes name, quantity, rate, rewards_rate, product_url"),
        (
            OrderLine,
            {"name": "x", "rate": 1},
            "missing 2 required keyword-only arguments: 'quantity' and 'rewards_rate'",
        ),
        (OrdersResponse, {"additional_properties": {}}, "unexpected keyword argument 'additional_properties'"),
    ],
)
def test_a_keyword_that_a_model_does_not_take_is_a_type_error_with_advice(
    model: Any, members: dict[str, Any], said: str
) -> None:
    with pytest.raises(TypeError) as refusal:
        model(**members)

    assert said in str(refusal.value)
    assert str(refusal.value).startswith(f"{model.__name__}.__init__() ")


def test_a_repr_leaves_out_what_is_unset() -> None:
    line = OrderLine(**LINE)
    order = NewOrder(payment_method_id="p", partner_order_id="o", total_order_amount=5, order_lines=[line])

    assert repr(line) == "OrderLine(name='Couch', quantity=1, rate=5, rewards_rate=0)"
    assert repr(order) == (
        f"NewOrder(payment_method_id='p', partner_order_id='o', total_order_amount=5, order_lines=[{line!r}])"
    )
    assert eval(repr(order)) == order  # noqa: S307 - what was shown just now


def test_a_repr_shows_null_and_what_the_contract_does_not_list() -> None:
    line = OrderLine.from_dict(LINE | {"product_url": None, "other": [1]})

    assert repr(line).endswith("rewards_rate=0, product_url=None, additional_properties={'other': [1]})")


def test_the_repr_of_a_model_that_holds_itself_ends() -> None:
    line = OrderLine(**LINE)
    line["itself"] = line

    assert "'itself': ..." in repr(line)


def test_completion_shows_members_and_what_people_call() -> None:
    shown = {name for name in dir(OrderLine(**LINE)) if not name.startswith("_")}

    members = {"name", "quantity", "rate", "rewards_rate", "product_url"}
    assert shown == members | {"additional_properties", "to_dict", "from_dict"}


def test_what_explains_keywords_leaves_pickles_and_signatures_as_they_were() -> None:
    line = OrderLine(**LINE)

    assert pickle.loads(pickle.dumps(line)) == line  # noqa: S301 - what was pickled here
    assert list(inspect.signature(OrderLine).parameters)[:2] == ["name", "quantity"]
