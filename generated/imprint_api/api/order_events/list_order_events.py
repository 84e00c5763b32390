# Generated from openapi.yaml and openapi.overlay.yaml by openapi-python-client 0.29.1, with `make generate`.
# Do not edit: the next run would undo it, and `make check-generated` refuses it.

from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.order_events_response import OrderEventsResponse
from ...types import (
    UNSET,
    Response,
    Unset,
    check_parameters,
)

# What the contract limits of the parameters and the body beside their types: words of JSON Schema.
_LIMITS: dict[str, Any] = {
    "limit": {"minimum": 1, "maximum": 2147483647},
}


def _get_kwargs(
    *,
    order_event_id: str | Unset = UNSET,
    order_id: str | Unset = UNSET,
    partner_event_id: str | Unset = UNSET,
    network_transaction_id: str | Unset = UNSET,
    limit: int | Unset = 10,
    starting_after: str | Unset = UNSET,
) -> dict[str, Any]:
    check_parameters(_LIMITS, limit=limit)

    params: dict[str, Any] = {}

    params["order_event_id"] = order_event_id

    params["order_id"] = order_id

    params["partner_event_id"] = partner_event_id

    params["network_transaction_id"] = network_transaction_id

    params["limit"] = limit

    params["starting_after"] = starting_after

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v2/order_events",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> OrderEventsResponse | None:
    if response.status_code == 200:
        return OrderEventsResponse.from_dict(response.json())
    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[OrderEventsResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    order_event_id: str | Unset = UNSET,
    order_id: str | Unset = UNSET,
    partner_event_id: str | Unset = UNSET,
    network_transaction_id: str | Unset = UNSET,
    limit: int | Unset = 10,
    starting_after: str | Unset = UNSET,
) -> Response[OrderEventsResponse]:
    """Retrieve order events

     Get a list of order events

    Args:
        order_event_id (str | Unset): An order event ID. If provided, the response will only have
            a maximum of one result.
        order_id (str | Unset): Enables searching for events by order ID
        partner_event_id (str | Unset): The identifier of the order event in the partner system.
            If provided, the response will only have a maximum of one result.
        network_transaction_id (str | Unset): The network's unique identifier for the transaction.
            Examples include Visa Transaction ID, Mastercard Trace ID, and American Express Network
            Reference ID
        limit (int | Unset): Limits the number of returned results Default: 10.
        starting_after (str | Unset): A cursor for use in pagination. An id that defines your
            place in the list.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OrderEventsResponse]
    """

    kwargs = _get_kwargs(
        order_event_id=order_event_id,
        order_id=order_id,
        partner_event_id=partner_event_id,
        network_transaction_id=network_transaction_id,
        limit=limit,
        starting_after=starting_after,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    order_event_id: str | Unset = UNSET,
    order_id: str | Unset = UNSET,
    partner_event_id: str | Unset = UNSET,
    network_transaction_id: str | Unset = UNSET,
    limit: int | Unset = 10,
    starting_after: str | Unset = UNSET,
) -> OrderEventsResponse | None:
    """Retrieve order events

     Get a list of order events

    Args:
        order_event_id (str | Unset): An order event ID. If provided, the response will only have
            a maximum of one result.
        order_id (str | Unset): Enables searching for events by order ID
        partner_event_id (str | Unset): The identifier of the order event in the partner system.
            If provided, the response will only have a maximum of one result.
        network_transaction_id (str | Unset): The network's unique identifier for the transaction.
            Examples include Visa Transaction ID, Mastercard Trace ID, and American Express Network
            Reference ID
        limit (int | Unset): Limits the number of returned results Default: 10.
        starting_after (str | Unset): A cursor for use in pagination. An id that defines your
            place in the list.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OrderEventsResponse
    """

    return sync_detailed(
        client=client,
        order_event_id=order_event_id,
        order_id=order_id,
        partner_event_id=partner_event_id,
        network_transaction_id=network_transaction_id,
        limit=limit,
        starting_after=starting_after,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    order_event_id: str | Unset = UNSET,
    order_id: str | Unset = UNSET,
    partner_event_id: str | Unset = UNSET,
    network_transaction_id: str | Unset = UNSET,
    limit: int | Unset = 10,
    starting_after: str | Unset = UNSET,
) -> Response[OrderEventsResponse]:
    """Retrieve order events

     Get a list of order events

    Args:
        order_event_id (str | Unset): An order event ID. If provided, the response will only have
            a maximum of one result.
        order_id (str | Unset): Enables searching for events by order ID
        partner_event_id (str | Unset): The identifier of the order event in the partner system.
            If provided, the response will only have a maximum of one result.
        network_transaction_id (str | Unset): The network's unique identifier for the transaction.
            Examples include Visa Transaction ID, Mastercard Trace ID, and American Express Network
            Reference ID
        limit (int | Unset): Limits the number of returned results Default: 10.
        starting_after (str | Unset): A cursor for use in pagination. An id that defines your
            place in the list.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OrderEventsResponse]
    """

    kwargs = _get_kwargs(
        order_event_id=order_event_id,
        order_id=order_id,
        partner_event_id=partner_event_id,
        network_transaction_id=network_transaction_id,
        limit=limit,
        starting_after=starting_after,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    order_event_id: str | Unset = UNSET,
    order_id: str | Unset = UNSET,
    partner_event_id: str | Unset = UNSET,
    network_transaction_id: str | Unset = UNSET,
    limit: int | Unset = 10,
    starting_after: str | Unset = UNSET,
) -> OrderEventsResponse | None:
    """Retrieve order events

     Get a list of order events

    Args:
        order_event_id (str | Unset): An order event ID. If provided, the response will only have
            a maximum of one result.
        order_id (str | Unset): Enables searching for events by order ID
        partner_event_id (str | Unset): The identifier of the order event in the partner system.
            If provided, the response will only have a maximum of one result.
        network_transaction_id (str | Unset): The network's unique identifier for the transaction.
            Examples include Visa Transaction ID, Mastercard Trace ID, and American Express Network
            Reference ID
        limit (int | Unset): Limits the number of returned results Default: 10.
        starting_after (str | Unset): A cursor for use in pagination. An id that defines your
            place in the list.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OrderEventsResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            order_event_id=order_event_id,
            order_id=order_id,
            partner_event_id=partner_event_id,
            network_transaction_id=network_transaction_id,
            limit=limit,
            starting_after=starting_after,
        )
    ).parsed
