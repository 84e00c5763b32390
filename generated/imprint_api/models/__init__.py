# Generated from openapi.yaml and openapi.overlay.yaml by openapi-python-client 0.29.1, with `make generate`.
# Do not edit: the next run would undo it, and `make check-generated` refuses it.

"""Contains all the data models used in inputs/outputs"""

from .address import Address
from .new_order import NewOrder
from .new_order_event import NewOrderEvent
from .order import Order
from .order_event import OrderEvent
from .order_event_type import OrderEventType
from .order_events_response import OrderEventsResponse
from .order_line import OrderLine
from .orders_response import OrdersResponse

__all__ = (
    "Address",
    "NewOrder",
    "NewOrderEvent",
    "Order",
    "OrderEvent",
    "OrderEventsResponse",
    "OrderEventType",
    "OrderLine",
    "OrdersResponse",
)
