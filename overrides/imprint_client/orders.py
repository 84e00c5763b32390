"""Orders: what a customer bought, told to Imprint once, before its events."""

import httpx
from imprint_api.api.orders import create_order
from imprint_api.models import NewOrder, Order

from .delivery import Call, RetryPolicy, settle
from .runner import AsyncRunner, CallFlow, Options, Runner
from .totals import check_body


def _create(order: NewOrder, options: Options) -> CallFlow[Order]:
    check_body(order, NewOrder, options.check_totals)
    # The contract has no way to look an order up.
    return settle(Call("orders.create", create_order, {"body": order}, options.budget), order, lookup=None)


class Orders:
    """`imprint.orders`."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def create(
        self,
        order: NewOrder,
        *,
        check_totals: bool | None = None,
        timeout: float | httpx.Timeout | None = None,
        retry: RetryPolicy | None = None,
    ) -> Order:
        """Tell Imprint about an order (POST /v2/orders). Keep the `id` of what comes back: its events need it.

        Args:
            order: Its amounts are integers of minor units: 274999 is $2,749.99.
            check_totals: False sends it even if its amounts are not the sums of its lines; None: as the client says.
            timeout: Seconds, or an httpx.Timeout; None: as the client says.
            retry: None: as the client says.

        Raises:
            InvalidRequestError: Nothing was sent; TotalsMismatchError if all that is wrong is sums.
            OutcomeUnknownError: It may or may not be recorded: the contract has no way to look it up.
            APIError: It was not recorded.
        """
        options = self._runner.defaults.options(check_totals, timeout, retry)
        return self._runner.run(_create(order, options), options.timeout)


class AsyncOrders:
    """`imprint.orders` of an AsyncImprint."""

    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def create(
        self,
        order: NewOrder,
        *,
        check_totals: bool | None = None,
        timeout: float | httpx.Timeout | None = None,
        retry: RetryPolicy | None = None,
    ) -> Order:
        """As `Orders.create`: the same arguments (amounts in minor units), results and exceptions."""
        options = self._runner.defaults.options(check_totals, timeout, retry)
        return await self._runner.run(_create(order, options), options.timeout)
