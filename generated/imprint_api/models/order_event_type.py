# Generated from openapi.yaml and openapi.overlay.yaml by openapi-python-client 0.29.1, with `make generate`.
# Do not edit: the next run would undo it, and `make check-generated` refuses it.

from enum import StrEnum
from typing import Self


class OrderEventType(StrEnum):
    """A value that the contract does not list is kept. It equals its string, and `known` is False."""

    CAPTURED = "CAPTURED"
    REFUNDED = "REFUNDED"

    @property
    def known(self) -> bool:
        """Whether the contract lists this value"""
        return any(self is member for member in type(self))

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_ = unknown._value_ = str(value)
        return unknown

    def __str__(self) -> str:
        return str(self.value)
