# Generated from openapi.yaml and openapi.overlay.yaml by openapi-python-client 0.29.1, with `make generate`.
# Do not edit: the next run would undo it, and `make check-generated` refuses it.

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import (
    MAX_SAFE_INTEGER,
    MIN_SAFE_INTEGER,
    UNSET,
    Unset,
    are_plain,
    core_schema,
    explain_keywords,
    json_schema,
    one_of,
    read_datetime,
    read_int,
    read_member,
    read_models,
    read_none,
    read_object,
    read_str,
    shown,
    write,
    write_models,
)

_MEMBERS = frozenset(
    (
        "payment_method_id",
        "partner_order_id",
        "total_order_amount",
        "id",
        "customer_id",
        "merchant_id",
        "merchant_name",
        "merchant_address",
        "order_lines",
        "total_rewards_amount",
        "currency",
        "created_at",
        "updated_at",
    )
)


@explain_keywords
@_attrs_define(kw_only=True, repr=False)
class Order:
    """
    Attributes:
        payment_method_id (str): Payment method identifier Example: 0144ea84-3c39-4382-a37a-03c699b77646.
        partner_order_id (str): Partner's order identifier Example: o-c8a1fe46bbff4a18ba1d.
        total_order_amount (int): Total order amount ($2,699.99 + $50.00) Example: 274999.
        id (str): Unique identifier for the order Example: 77f60af4-185e-4867-b113-34e3cf7c6acd.
        customer_id (str | Unset): Customer identifier Example: 1bb0ab64-ed57-4f2f-bd8d-ab04d1a365c5.
        merchant_id (None | str | Unset): Merchant identifier Example: m-123456789.
        merchant_name (None | str | Unset): Merchant name Example: Rest Assured.
        merchant_address (list[Address] | Unset): List of merchant addresses
        order_lines (list[OrderLine] | Unset): An array of items that make up the order, used for the purpose of
            establishing the items, amounts, and rewards that are expected to be included in events sent to Imprint
            following order creation. Changes made to orders after the order is created can be implicitly communicated to
            Imprint through the event creation process following the creation of the order; modifying the order itself is
            not necessary. The set of events sent to Imprint after order creation serve as the final source of truth for
            transaction amounts, rewards, order lines, etc. When provided, the API will require that the calculated sum of
            all the rates and rewards rates within (taking quantities into account) are equal to the total_order_amount and
            total_rewards_amount, respectively. Example: [{'name': 'Couch Supreme', 'product_url':
            'www.restassured.com/couch-supreme', 'quantity': 1, 'rate': 274999, 'rewards_rate': 2500}].
        total_rewards_amount (int | Unset): Total rewards amount ($25 + $0) Example: 2500.
        currency (str | Unset): The 3-character currency code of the amount in ISO 4217 format (e.g., "USD") Example:
            USD.
        created_at (datetime.datetime | None | Unset): The RFC-3339 timestamp when the order was created Example:
            2025-02-13T19:08:07Z.
        updated_at (datetime.datetime | None | Unset): The RFC-3339 timestamp when the order was last updated Example:
            2025-02-13T19:08:07Z.
    """

    payment_method_id: str
    partner_order_id: str
    total_order_amount: int
    id: str
    customer_id: str | Unset = UNSET
    merchant_id: None | str | Unset = UNSET
    merchant_name: None | str | Unset = UNSET
    merchant_address: list[Address] | Unset = UNSET
    order_lines: list[OrderLine] | Unset = UNSET
    total_rewards_amount: int | Unset = UNSET
    currency: str | Unset = UNSET
    created_at: datetime.datetime | None | Unset = UNSET
    updated_at: datetime.datetime | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def _is_plain(self) -> bool:
        """Whether the contract surely allows this, if it is text that JSON can hold; if not, `faults_of` looks closer"""
        return (
            not self.additional_properties
            and (type(self.payment_method_id) is str)
            and (type(self.partner_order_id) is str)
            and (
                type(self.total_order_amount) is int and MIN_SAFE_INTEGER <= self.total_order_amount <= MAX_SAFE_INTEGER
            )
            and (type(self.id) is str)
            and (self.customer_id is UNSET or type(self.customer_id) is str)
            and (self.merchant_id is UNSET or type(self.merchant_id) is str or self.merchant_id is None)
            and (self.merchant_name is UNSET or type(self.merchant_name) is str or self.merchant_name is None)
            and (self.merchant_address is UNSET or are_plain(self.merchant_address, Address))
            and (self.order_lines is UNSET or are_plain(self.order_lines, OrderLine))
            and (
                self.total_rewards_amount is UNSET
                or type(self.total_rewards_amount) is int
                and MIN_SAFE_INTEGER <= self.total_rewards_amount <= MAX_SAFE_INTEGER
            )
            and (self.currency is UNSET or type(self.currency) is str)
            and (self.created_at is UNSET)
            and (self.updated_at is UNSET)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: every field that is not UNSET, and the additional properties"""
        value: Any
        d: dict[str, Any] = {
            "payment_method_id": self.payment_method_id,
            "partner_order_id": self.partner_order_id,
            "total_order_amount": self.total_order_amount,
            "id": self.id,
        }
        if (value := self.customer_id) is not UNSET:
            d["customer_id"] = value
        if (value := self.merchant_id) is not UNSET:
            d["merchant_id"] = value
        if (value := self.merchant_name) is not UNSET:
            d["merchant_name"] = value
        if (value := self.merchant_address) is not UNSET:
            d["merchant_address"] = write_models(value, Address)
        if (value := self.order_lines) is not UNSET:
            d["order_lines"] = write_models(value, OrderLine)
        if (value := self.total_rewards_amount) is not UNSET:
            d["total_rewards_amount"] = value
        if (value := self.currency) is not UNSET:
            d["currency"] = value
        if (value := self.created_at) is not UNSET:
            d["created_at"] = write(value)
        if (value := self.updated_at) is not UNSET:
            d["updated_at"] = write(value)
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
        value = d.get("payment_method_id", UNSET)
        new.payment_method_id = value if type(value) is str else read_member("payment_method_id", value, read_str)
        value = d.get("partner_order_id", UNSET)
        new.partner_order_id = value if type(value) is str else read_member("partner_order_id", value, read_str)
        value = d.get("total_order_amount", UNSET)
        new.total_order_amount = (
            value
            if type(value) is int and MIN_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER
            else read_member("total_order_amount", value, read_int)
        )
        value = d.get("id", UNSET)
        new.id = value if type(value) is str else read_member("id", value, read_str)
        value = d.get("customer_id", UNSET)
        new.customer_id = value if value is UNSET or type(value) is str else read_member("customer_id", value, read_str)
        value = d.get("merchant_id", UNSET)
        new.merchant_id = (
            value
            if value is UNSET or type(value) is str or value is None
            else read_member("merchant_id", value, one_of(read_str, read_none))
        )
        value = d.get("merchant_name", UNSET)
        new.merchant_name = (
            value
            if value is UNSET or type(value) is str or value is None
            else read_member("merchant_name", value, one_of(read_str, read_none))
        )
        value = d.get("merchant_address", UNSET)
        new.merchant_address = value if value is UNSET else read_models("merchant_address", value, Address.from_dict)
        value = d.get("order_lines", UNSET)
        new.order_lines = value if value is UNSET else read_models("order_lines", value, OrderLine.from_dict)
        value = d.get("total_rewards_amount", UNSET)
        new.total_rewards_amount = (
            value
            if value is UNSET or type(value) is int and MIN_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER
            else read_member("total_rewards_amount", value, read_int)
        )
        value = d.get("currency", UNSET)
        new.currency = value if value is UNSET or type(value) is str else read_member("currency", value, read_str)
        value = d.get("created_at", UNSET)
        new.created_at = value if value is UNSET else read_member("created_at", value, one_of(read_datetime, read_none))
        value = d.get("updated_at", UNSET)
        new.updated_at = value if value is UNSET else read_member("updated_at", value, one_of(read_datetime, read_none))
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
        return json_schema("Order", "Order")

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
from ..models.address import Address  # noqa: E402
from ..models.order_line import OrderLine  # noqa: E402
