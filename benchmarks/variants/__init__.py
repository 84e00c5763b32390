"""Whom we compare: each module `make`s one Variant, which does the same work in its own way."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, ExitStack

import attrs

Create = Callable[[], object]
AsyncCreate = Callable[[], Awaitable[object]]


@attrs.frozen(kw_only=True)
class Variant:
    """One way to do the work; None where there is none."""

    name: str
    imports: str
    """The statement that a program begins with."""
    decode: Callable[[bytes], object]
    """From the bytes of a page to its events."""
    encoder: Callable[[dict[str, object]], Callable[[], str | bytes]]
    """Makes of an event, as JSON has it, what encodes it: the model is ready before."""
    create: Create | None
    """Sends one event, and returns what was recorded."""
    count: Callable[[int, int], int] | None
    """Lists so many events, in pages of such a size, and counts them."""
    connect: Callable[[], AbstractAsyncContextManager[AsyncCreate]] | None
    """Opens an asynchronous client, whose `create` sends one event."""
    has_sniffio: bool = False
    """Whether it requires sniffio, which spares httpcore four failing imports a call; from others it is hidden."""


Make = Callable[[str, ExitStack], Variant]
"""Makes a variant for the server at this address; what must be closed goes onto the stack."""
