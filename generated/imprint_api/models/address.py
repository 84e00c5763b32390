# Generated from openapi.yaml and openapi.overlay.yaml by openapi-python-client 0.29.1, with `make generate`.
# Do not edit: the next run would undo it, and `make check-generated` refuses it.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import (
    UNSET,
    Unset,
    core_schema,
    explain_keywords,
    json_schema,
    read_member,
    read_object,
    read_str,
    shown,
)

_MEMBERS = frozenset(
    (
        "street_line1",
        "street_line2",
        "city",
        "state",
        "postal_code",
        "country",
    )
)


@explain_keywords
@_attrs_define(kw_only=True, repr=False)
class Address:
    """A postal address

    Attributes:
        street_line1 (str | Unset): First line of the street address Example: 123 Main St.
        street_line2 (str | Unset): Second line of the street address, such as the apartment Example: Apt 4B.
        city (str | Unset): City Example: San Francisco.
        state (str | Unset): State Example: CA.
        postal_code (str | Unset): Postal code Example: 94105.
        country (str | Unset): Country, as an ISO 3166-1 alpha-3 code Example: USA.
    """

    street_line1: str | Unset = UNSET
    street_line2: str | Unset = UNSET
    city: str | Unset = UNSET
    state: str | Unset = UNSET
    postal_code: str | Unset = UNSET
    country: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def _is_plain(self) -> bool:
        """Whether the contract surely allows this, if it is text that JSON can hold; if not, `faults_of` looks closer"""
        return (
            not self.additional_properties
            and (self.street_line1 is UNSET or type(self.street_line1) is str)
            and (self.street_line2 is UNSET or type(self.street_line2) is str)
            and (self.city is UNSET or type(self.city) is str)
            and (self.state is UNSET or type(self.state) is str)
            and (self.postal_code is UNSET or type(self.postal_code) is str)
            and (self.country is UNSET or type(self.country) is str)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: every field that is not UNSET, and the additional properties"""
        value: Any
        d: dict[str, Any] = {}
        if (value := self.street_line1) is not UNSET:
            d["street_line1"] = value
        if (value := self.street_line2) is not UNSET:
            d["street_line2"] = value
        if (value := self.city) is not UNSET:
            d["city"] = value
        if (value := self.state) is not UNSET:
            d["state"] = value
        if (value := self.postal_code) is not UNSET:
            d["postal_code"] = value
        if (value := self.country) is not UNSET:
            d["country"] = value
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
        value = d.get("street_line1", UNSET)
        new.street_line1 = (
            value if value is UNSET or type(value) is str else read_member("street_line1", value, read_str)
        )
        value = d.get("street_line2", UNSET)
        new.street_line2 = (
            value if value is UNSET or type(value) is str else read_member("street_line2", value, read_str)
        )
        value = d.get("city", UNSET)
        new.city = value if value is UNSET or type(value) is str else read_member("city", value, read_str)
        value = d.get("state", UNSET)
        new.state = value if value is UNSET or type(value) is str else read_member("state", value, read_str)
        value = d.get("postal_code", UNSET)
        new.postal_code = value if value is UNSET or type(value) is str else read_member("postal_code", value, read_str)
        value = d.get("country", UNSET)
        new.country = value if value is UNSET or type(value) is str else read_member("country", value, read_str)
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
        return json_schema("Address", "Address")

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
