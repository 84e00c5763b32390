"""What another JSON reader might understand otherwise is refused, and numbers are kept exact."""

import httpx
import pytest
from imprint_sandbox import Sandbox

JSON = {"Content-Type": "application/json"}
START = b'{"payment_method_id": "p", "partner_order_id": "o", '

REFUSED: dict[str, tuple[bytes, str | None]] = {
    "nothing but space": (b" ", None),
    "cut off": (START, None),
    "two values": (START + b'"total_order_amount": 1} {}', None),
    "not UTF-8": (START + b'"total_order_amount": 1, "x": "\xff"}', None),
    "UTF-16": ('{"total_order_amount": 1}'.encode("utf-16"), None),
    "byte order mark": (b"\xef\xbb\xbf" + START + b'"total_order_amount": 1}', None),
    "control character": (START + b'"total_order_amount": 1, "x": "\x01"}', None),
    "a member twice": (START + b'"total_order_amount": 1, "total_order_amount": 2}', "total_order_amount"),
    "a member of a line twice": (
        START + b'"total_order_amount": 0, "order_lines": [{"quantity": 1, "quantity": 2}]}',
        "order_lines[0].quantity",
    ),
    "NaN": (START + b'"total_order_amount": NaN}', "total_order_amount"),
    "Infinity": (START + b'"total_order_amount": 1, "x": [-Infinity]}', "x[0]"),
    "beyond 2**53 - 1": (START + b'"total_order_amount": 9007199254740992}', "total_order_amount"),
    "beyond -(2**53 - 1)": (START + b'"total_order_amount": -9007199254740992}', "total_order_amount"),
    "beyond 2**53 - 1 in a member that nobody knows": (START + b'"total_order_amount": 1, "x": 1e16}', "x"),
    "beyond any float": (START + b'"total_order_amount": 1e400}', "total_order_amount"),
    "beyond any decimal": (START + b'"total_order_amount": 1e99999999999999999999}', "total_order_amount"),
    "five thousand digits": (START + b'"total_order_amount": ' + b"1" * 5000 + b"}", "total_order_amount"),
    "a fraction lost in a float": (START + b'"total_order_amount": 274999.00000000000000001}', "total_order_amount"),
    "half a surrogate pair": (START + rb'"total_order_amount": 1, "x": "\ud800"}', "x"),
    "half a surrogate pair in a name": (START + rb'"total_order_amount": 1, "\udfff": 1}', None),
    "nested 65 deep": (START + b'"total_order_amount": 1, "x": ' + b"[" * 65 + b"]" * 65 + b"}", None),
    "nested beyond any stack": (b"[" * 200_000, None),
}


@pytest.mark.parametrize(("body", "param"), REFUSED.values(), ids=REFUSED.keys())
def test_a_body_that_is_not_exactly_one_thing_is_refused(
    api: httpx.Client, sandbox: Sandbox, body: bytes, param: str | None
) -> None:
    answer = api.post("/v2/orders", content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["error"].get("param") == param
    assert sandbox.orders == []


@pytest.mark.parametrize("written", ["274999", "274999.0", "274999.00", "2.74999e5", "27499900E-2"])
def test_a_whole_number_is_kept_as_the_integer_it_is(api: httpx.Client, sandbox: Sandbox, written: str) -> None:
    body = START + b'"total_order_amount": ' + written.encode() + b"}"
    assert b'"total_order_amount": 274999,' in api.post("/v2/orders", content=body, headers=JSON).content
    assert repr(sandbox.orders[0]["total_order_amount"]) == "274999"


@pytest.mark.parametrize("amount", [0, 1, -1, 2**53 - 1, 1 - 2**53])
def test_an_amount_is_kept_to_the_last_unit(api: httpx.Client, sandbox: Sandbox, amount: int) -> None:
    body = START + f'"total_order_amount": {amount}.0}}'.encode()
    assert api.post("/v2/orders", content=body, headers=JSON).json()["total_order_amount"] == amount
    assert sandbox.orders[0]["total_order_amount"] == amount


def test_content_type_may_have_parameters_and_capitals(api: httpx.Client) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert api.post("/v2/orders", content=START + b'"total_order_amount": 1}', headers=headers).status_code == 200
