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
    are_plain,
    core_schema,
    explain_keywords,
    json_schema,
    read_bool,
    read_int,
    read_member,
    read_models,
    read_object,
    shown,
    write_models,
)

_MEMBERS = frozenset(
    (
        "data",
        "has_more",
        "total",
    )
)


@explain_keywords
@_attrs_define(kw_only=True, repr=False)
class OrderEventsResponse:
    """
    Attributes:
        data (list[OrderEvent]): List of order events
        has_more (bool | Unset):
        total (int | Unset):
    """

    data: list[OrderEvent]
    has_more: bool | Unset = UNSET
    total: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def _is_plain(self) -> bool:
        """Whether the contract surely allows this, if it is text that JSON can hold; if not, `faults_of` looks closer"""
        return (
            not self.additional_properties
            and (are_plain(self.data, OrderEvent))
            and (self.has_more is UNSET or type(self.has_more) is bool)
            and (self.total is UNSET or type(self.total) is int and MIN_SAFE_INTEGER <= self.total <= MAX_SAFE_INTEGER)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: every field that is not UNSET, and the additional properties"""
        value: Any
        d: dict[str, Any] = {
            "data": write_models(self.data, OrderEvent),
        }
        if (value := self.has_more) is not UNSET:
            d["has_more"] = value
        if (value := self.total) is not UNSET:
            d["total"] = value
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
        new.data = read_models("data", value, OrderEvent.from_dict)
        value = d.get("has_more", UNSET)
        new.has_more = value if value is UNSET or type(value) is bool else read_member("has_more", value, read_bool)
        value = d.get("total", UNSET)
        new.total = (
            value
            if value is UNSET or type(value) is int and MIN_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER
            else read_member("total", value, read_int)
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
        return json_schema("OrderEventsResponse", "OrderEventsResponse")

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
from ..models.order_event import OrderEvent  # noqa: E402
