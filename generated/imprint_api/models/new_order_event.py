# Generated from openapi.yaml and openapi.overlay.yaml by openapi-python-client 0.29.1, with `make generate`.
# Do not edit: the next run would undo it, and `make check-generated` refuses it.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.order_event_type import OrderEventType
from ..types import (
    MAX_SAFE_INTEGER,
    MIN_SAFE_INTEGER,
    UNSET,
    Unset,
    are_plain,
    core_schema,
    explain_keywords,
    json_schema,
    read_int,
    read_member,
    read_models,
    read_object,
    read_str,
    shown,
    str_enum,
    write,
    write_models,
)

_MEMBERS = frozenset(
    (
        "order_id",
        "type",
        "amount",
        "network_transaction_id",
        "order_event_id",
        "partner_event_id",
        "rewards_amount",
        "currency",
        "order_lines",
    )
)

_KNOWN_type_ = {member.value: member for member in OrderEventType}


@explain_keywords
@_attrs_define(kw_only=True, repr=False)
class NewOrderEvent:
    """
    Attributes:
        order_id (str): The ID of the order to which the event is related Example: 77f60af4-185e-4867-b113-34e3cf7c6acd.
        type_ (OrderEventType): Type of order event Example: CAPTURED.
        amount (int): Total event amount ($2,699.99 + $50.00) Example: 274999.
        network_transaction_id (str): Card network transaction identifier Example: 615e3ba0-6b99-495b-ade4-1f584c40f376.
        order_event_id (str | Unset): The ID of the order event Example: 77f60af4-185e-4867-b113-34e3cf7c6acd.
        partner_event_id (str | Unset): Partner's event identifier Example: 7622c07d-eb2b-4345-a9a9-345d61d32bc2.
        rewards_amount (int | Unset): Total rewards amount for the event ($25 + $0) Example: 2500.
        currency (str | Unset): The 3-character currency code of the amount in ISO 4217 format (e.g., "USD") Example:
            USD.
        order_lines (list[OrderLine] | Unset): When provided, the API will require that the calculated sum of all the
            rates and rewards rates within (taking quantities into account) are equal to the `amount` and `rewards_amount`,
            respectively.
            It is important to note that the sums of all *event* amounts and *event* rewards amounts belonging to an order
            do not need to be equal to `total_order_amount` and `total_rewards_amount` in the order, as the data contained
            in events will serve as the final source of truth for the lifecycle of the order, as it actually transpired.
            Example: [{'name': 'Couch Supreme', 'product_url': 'www.restassured.com/couch-supreme', 'quantity': 1, 'rate':
            274999, 'rewards_rate': 2500}].
    """

    order_id: str
    type_: OrderEventType
    amount: int
    network_transaction_id: str
    order_event_id: str | Unset = UNSET
    partner_event_id: str | Unset = UNSET
    rewards_amount: int | Unset = UNSET
    currency: str | Unset = UNSET
    order_lines: list[OrderLine] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def _is_plain(self) -> bool:
        """Whether the contract surely allows this, if it is text that JSON can hold; if not, `faults_of` looks closer"""
        return (
            not self.additional_properties
            and (type(self.order_id) is str)
            and (type(self.type_) is OrderEventType)
            and (type(self.amount) is int and MIN_SAFE_INTEGER <= self.amount <= MAX_SAFE_INTEGER)
            and (type(self.network_transaction_id) is str)
            and (self.order_event_id is UNSET or type(self.order_event_id) is str)
            and (self.partner_event_id is UNSET or type(self.partner_event_id) is str)
            and (
                self.rewards_amount is UNSET
                or type(self.rewards_amount) is int
                and MIN_SAFE_INTEGER <= self.rewards_amount <= MAX_SAFE_INTEGER
            )
            and (self.currency is UNSET or type(self.currency) is str)
            and (self.order_lines is UNSET or are_plain(self.order_lines, OrderLine))
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: every field that is not UNSET, and the additional properties"""
        value: Any
        d: dict[str, Any] = {
            "order_id": self.order_id,
            "type": self.type_._value_ if type(self.type_) is OrderEventType else write(self.type_),
            "amount": self.amount,
            "network_transaction_id": self.network_transaction_id,
        }
        if (value := self.order_event_id) is not UNSET:
            d["order_event_id"] = value
        if (value := self.partner_event_id) is not UNSET:
            d["partner_event_id"] = value
        if (value := self.rewards_amount) is not UNSET:
            d["rewards_amount"] = value
        if (value := self.currency) is not UNSET:
            d["currency"] = value
        if (value := self.order_lines) is not UNSET:
            d["order_lines"] = write_models(value, OrderLine)
        if self.additional_properties:
            d = {**self.additional_properties, **d}
        return d

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a dict, and check each field as the contract says

        Raises:
            ContractError: A field is missing or wrong. It is a ValueError, and its `path` says where
        """
        d = src_dict if type(src_dict) is dict else read_object(src_dict)
        new = cls.__new__(cls)
        value = d.get("order_id", UNSET)
        new.order_id = value if type(value) is str else read_member("order_id", value, read_str)
        value = d.get("type", UNSET)
        new.type_ = (
            _KNOWN_type_[value]
            if type(value) is str and value in _KNOWN_type_
            else read_member("type", value, str_enum(OrderEventType))
        )
        value = d.get("amount", UNSET)
        new.amount = (
            value
            if type(value) is int and MIN_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER
            else read_member("amount", value, read_int)
        )
        value = d.get("network_transaction_id", UNSET)
        new.network_transaction_id = (
            value if type(value) is str else read_member("network_transaction_id", value, read_str)
        )
        value = d.get("order_event_id", UNSET)
        new.order_event_id = (
            value if value is UNSET or type(value) is str else read_member("order_event_id", value, read_str)
        )
        value = d.get("partner_event_id", UNSET)
        new.partner_event_id = (
            value if value is UNSET or type(value) is str else read_member("partner_event_id", value, read_str)
        )
        value = d.get("rewards_amount", UNSET)
        new.rewards_amount = (
            value
            if value is UNSET or type(value) is int and MIN_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER
            else read_member("rewards_amount", value, read_int)
        )
        value = d.get("currency", UNSET)
        new.currency = value if value is UNSET or type(value) is str else read_member("currency", value, read_str)
        value = d.get("order_lines", UNSET)
        new.order_lines = value if value is UNSET else read_models("order_lines", value, OrderLine.from_dict)
        new.additional_properties = (
            {} if _MEMBERS.issuperset(d) else {key: value for key, value in d.items() if key not in _MEMBERS}
        )
        return new

    def __repr__(self) -> str:
        return shown(self)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> dict[str, Any]:
        return core_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: Any) -> dict[str, Any]:
        return json_schema("OrderEventBase", "NewOrderEvent")

    def __dir__(self) -> list[str]:
        return [name for name in object.__dir__(self) if name != "additional_keys"]

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties


# Down here, since models may refer to one another.
from ..models.order_line import OrderLine  # noqa: E402
