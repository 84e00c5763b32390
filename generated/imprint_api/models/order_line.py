# Generated from openapi.yaml and openapi.overlay.yaml by openapi-python-client 0.29.1, with `make generate`.
# Do not edit: the next run would undo it, and `make check-generated` refuses it.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import (
    MAX_SAFE_INTEGER,
    MIN_SAFE_INTEGER,
    UNSET,
    Unset,
    core_schema,
    explain_keywords,
    json_schema,
    one_of,
    read_int,
    read_member,
    read_none,
    read_object,
    read_str,
    shown,
)

_MEMBERS = frozenset(
    (
        "name",
        "quantity",
        "rate",
        "rewards_rate",
        "product_url",
    )
)


@explain_keywords
@_attrs_define(kw_only=True, repr=False)
class OrderLine:
    """
    Attributes:
        name (str): Name of the order line item Example: Couch Supreme.
        quantity (int): Quantity of the item Example: 1.
        rate (int): An amount in the smallest unit of the currency Example: 274999.
        rewards_rate (int): An amount in the smallest unit of the currency Example: 2500.
        product_url (None | str | Unset): URL to the product Example: www.restassured.com/couch-supreme.
    """

    name: str
    quantity: int
    rate: int
    rewards_rate: int
    product_url: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def _is_plain(self) -> bool:
        """Whether the contract surely allows this, if it is text that JSON can hold; if not, `faults_of` looks closer"""
        return (
            not self.additional_properties
            and (type(self.name) is str)
            and (type(self.quantity) is int and MIN_SAFE_INTEGER <= self.quantity <= MAX_SAFE_INTEGER)
            and (type(self.rate) is int and MIN_SAFE_INTEGER <= self.rate <= MAX_SAFE_INTEGER)
            and (type(self.rewards_rate) is int and MIN_SAFE_INTEGER <= self.rewards_rate <= MAX_SAFE_INTEGER)
            and (self.product_url is UNSET or type(self.product_url) is str or self.product_url is None)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: every field that is not UNSET, and the additional properties"""
        value: Any
        d: dict[str, Any] = {
            "name": self.name,
            "quantity": self.quantity,
            "rate": self.rate,
            "rewards_rate": self.rewards_rate,
        }
        if (value := self.product_url) is not UNSET:
            d["product_url"] = value
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
        value = d.get("name", UNSET)
        new.name = value if type(value) is str else read_member("name", value, read_str)
        value = d.get("quantity", UNSET)
        new.quantity = (
            value
            if type(value) is int and MIN_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER
            else read_member("quantity", value, read_int)
        )
        value = d.get("rate", UNSET)
        new.rate = (
            value
            if type(value) is int and MIN_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER
            else read_member("rate", value, read_int)
        )
        value = d.get("rewards_rate", UNSET)
        new.rewards_rate = (
            value
            if type(value) is int and MIN_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER
            else read_member("rewards_rate", value, read_int)
        )
        value = d.get("product_url", UNSET)
        new.product_url = (
            value
            if value is UNSET or type(value) is str or value is None
            else read_member("product_url", value, one_of(read_str, read_none))
        )
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
        return json_schema("OrderLine", "OrderLine")

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
