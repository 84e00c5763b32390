"""A checkout: a web service that creates the order at Imprint."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from imprint_client import (
    APIError,
    AsyncImprint,
    InvalidRequestError,
    MismatchError,
    NewOrder,
    OrderLine,
    OutcomeUnknownError,
    RetryPolicy,
    sum_lines,
)
from pydantic import BaseModel


class Line(BaseModel):
    name: str
    quantity: int
    rate: int
    rewards_rate: int


class Basket(BaseModel):
    number: str
    payment_method_id: str
    lines: list[Line]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # One client, for as long as the service runs.
    async with AsyncImprint(retry=RetryPolicy(deadline=5)) as imprint:
        app.state.imprint = imprint
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/checkout", status_code=201)
async def checkout(basket: Basket, request: Request) -> dict[str, str]:
    imprint: AsyncImprint = request.app.state.imprint
    lines = [OrderLine(**line.model_dump()) for line in basket.lines]
    totals = sum_lines(lines)
    order = await imprint.orders.create(
        NewOrder(
            payment_method_id=basket.payment_method_id,
            partner_order_id=basket.number,
            order_lines=lines,
            total_order_amount=totals.amount,
            total_rewards_amount=totals.rewards_amount,
        )
    )
    return {"order_id": order.id}  # store it: events need it


@app.exception_handler(InvalidRequestError)
async def refused(_: Request, error: InvalidRequestError) -> JSONResponse:
    return JSONResponse(
        {"faults": [str(fault) for fault in error.faults]}, status_code=422
    )


@app.exception_handler(OutcomeUnknownError)
async def unknown(_: Request, error: OutcomeUnknownError) -> JSONResponse:
    # A worker settles it with `ensure`.
    return JSONResponse({"status": "pending"}, status_code=202)


@app.exception_handler(MismatchError)
async def taken(_: Request, error: MismatchError) -> JSONResponse:
    # A different order has this number. A person must look.
    return JSONResponse({"status": "number already used"}, status_code=409)


@app.exception_handler(APIError)
async def unavailable(_: Request, error: APIError) -> JSONResponse:
    return JSONResponse({"status": "not recorded"}, status_code=503)
