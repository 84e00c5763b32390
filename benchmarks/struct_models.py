"""The contract's events as msgspec Structs; in a module of its own, so that importing it can be measured."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType


class OrderLine(msgspec.Struct):
    name: str
    quantity: int
    rate: int
    rewards_rate: int
    product_url: str | UnsetType | None = UNSET


class NewOrderEvent(msgspec.Struct):
    order_id: str
    type: Literal["CAPTURED", "REFUNDED"]
    amount: int
    network_transaction_id: str
    order_event_id: str | UnsetType = UNSET
    partner_event_id: str | UnsetType = UNSET
    rewards_amount: int | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    order_lines: list[OrderLine] | UnsetType = UNSET


class OrderEvent(NewOrderEvent):
    pass


class OrderEventsResponse(msgspec.Struct):
    data: list[OrderEvent]
    has_more: bool | UnsetType = UNSET
    total: int | UnsetType = UNSET
