# Generated from openapi.yaml and openapi.overlay.yaml by openapi-python-client 0.29.1, with `make generate`.
# Do not edit: the next run would undo it, and `make check-generated` refuses it.

from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.orders_response import OrdersResponse
from ...types import (
    UNSET,
    Response,
    Unset,
)


def _get_kwargs(
    *,
    id: str | Unset = UNSET,
    partner_order_id: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["id"] = id

    params["partner_order_id"] = partner_order_id

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v2/orders",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> OrdersResponse | None:
    if response.status_code == 200:
        return OrdersResponse.from_dict(response.json())
    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[OrdersResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    id: str | Unset = UNSET,
    partner_order_id: str | Unset = UNSET,
) -> Response[OrdersResponse]:
    """Retrieve orders

    Args:
        id (str | Unset): The ID of an order. With it, at most one order comes back.
        partner_order_id (str | Unset): The identifier of the order in the partner system

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OrdersResponse]
    """

    kwargs = _get_kwargs(
        id=id,
        partner_order_id=partner_order_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    id: str | Unset = UNSET,
    partner_order_id: str | Unset = UNSET,
) -> OrdersResponse | None:
    """Retrieve orders

    Args:
        id (str | Unset): The ID of an order. With it, at most one order comes back.
        partner_order_id (str | Unset): The identifier of the order in the partner system

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OrdersResponse
    """

    return sync_detailed(
        client=client,
        id=id,
        partner_order_id=partner_order_id,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    id: str | Unset = UNSET,
    partner_order_id: str | Unset = UNSET,
) -> Response[OrdersResponse]:
    """Retrieve orders

    Args:
        id (str | Unset): The ID of an order. With it, at most one order comes back.
        partner_order_id (str | Unset): The identifier of the order in the partner system

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OrdersResponse]
    """

    kwargs = _get_kwargs(
        id=id,
        partner_order_id=partner_order_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    id: str | Unset = UNSET,
    partner_order_id: str | Unset = UNSET,
) -> OrdersResponse | None:
    """Retrieve orders

    Args:
        id (str | Unset): The ID of an order. With it, at most one order comes back.
        partner_order_id (str | Unset): The identifier of the order in the partner system

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OrdersResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            id=id,
            partner_order_id=partner_order_id,
        )
    ).parsed
