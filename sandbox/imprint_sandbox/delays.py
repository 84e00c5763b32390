"""Answers that are kept waiting, and how the wait is ended early."""

import asyncio


class Delays:
    """The waits under way in one event loop. `end` and `close` may be called by any thread."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[bool]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let answers wait in `loop`."""
        self._loop = loop

    async def wait(self, seconds: float) -> bool:
        """Wait for `seconds`, or until `end`; return whether the answer is to be sent."""
        if self._loop is None:
            return False
        future = self._loop.create_future()
        self._waiting.add(future)
        try:
            return await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return True
        finally:
            self._waiting.discard(future)

    def end(self, *, send: bool) -> None:
        """End every wait; `send` says whether the answers are sent or their connections closed."""
        if self._loop is not None:
            # In the loop, so that a request which has been noted but not yet put to wait is not missed.
            self._loop.call_soon_threadsafe(self._end, send)

    def close(self) -> None:
        """End every wait, and let no answer wait any more. To be called in the loop."""
        self._loop = None
        self._end(send=False)

    def _end(self, send: bool) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(send)
