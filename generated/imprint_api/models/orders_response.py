# Generated from openapi.yaml and openapi.overlay.yaml by openapi-python-client 0.29.1, with `make generate`.
# Do not edit: the next run would undo it, and `make check-generated` refuses it.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import (
    UNSET,
    are_plain,
    core_schema,
    explain_keywords,
    json_schema,
    read_models,
    read_object,
    shown,
    write_models,
)

_MEMBERS = frozenset(("data",))


@explain_keywords
@_attrs_define(kw_only=True, repr=False)
class OrdersResponse:
    """
    Attributes:
        data (list[Order]): List of orders
    """

    data: list[Order]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def _is_plain(self) -> bool:
        """Whether the contract surely allows this, if it is text that JSON can hold; if not, `faults_of` looks closer"""
        return not self.additional_properties and (are_plain(self.data, Order))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: every field that is not UNSET, and the additional properties"""
        d: dict[str, Any] = {
            "data": write_models(self.data, Order),
        }
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
        value = d.get("data", UNSET)
        new.data = read_models("data", value, Order.from_dict)
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
        return json_schema("OrdersResponse", "OrdersResponse")

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
from ..models.order import Order  # noqa: E402
