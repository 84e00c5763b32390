"""Record events from a Celery queue. What makes redelivery safe is said where it is done.

Broker settings: on Redis, a `visibility_timeout` longer than twice the wait; on RabbitMQ, a `consumer_timeout` longer
than it (the default, 30 minutes, is). A shorter one delivers a job again while it waits.
"""

import os
from collections.abc import Mapping
from typing import Any

from celery import Celery
from imprint_client import (
    APIConnectionError,
    APIResponseValidationError,
    Imprint,
    InternalServerError,
    NewOrderEvent,
    OutcomeUnknownError,
    RateLimitError,
    RetryPolicy,
)
from kombu import Queue
from redis import Redis

SETTLE_SECONDS = float(os.environ.get("SETTLE_SECONDS", "900"))  # how long a first request may still be running
LATER_SECONDS = 30
LOCK_SECONDS = float(os.environ.get("LOCK_SECONDS", "120"))  # longer than a call takes: its deadline is 60 s

QUEUE = os.environ.get("QUEUE", "imprint")
app = Celery("imprint", broker=os.environ.get("BROKER_URL", "amqp://guest:guest@127.0.0.1//"))
app.conf.update(
    task_acks_late=True,  # a job is acknowledged when it has ended, so that none is lost ...
    task_reject_on_worker_lost=True,  # ... and is delivered again when its worker dies
    worker_prefetch_multiplier=1,
    broker_transport_options={"visibility_timeout": 3 * SETTLE_SECONDS} if "REDIS" in os.environ else {},
    task_queues=[Queue(QUEUE, durable=True, queue_arguments={"x-expires": 3_600_000})],
    task_default_queue=QUEUE,
)
locks = Redis.from_url(os.environ.get("LOCKS_URL", "redis://127.0.0.1/0"))
imprint = Imprint(retry=RetryPolicy(deadline=60.0))  # one for each worker process


@app.task(bind=True, max_retries=None)  # type: ignore[untyped-decorator]
def record_event(self: Any, body: Mapping[str, Any]) -> None:
    """Record one event, however often its job is delivered."""
    if self.request.delivery_info["redelivered"] and SETTLE_SECONDS:
        # The worker before may have sent it a moment ago. It may land after any look: wait before `ensure`.
        raise self.retry(countdown=SETTLE_SECONDS)
    event = NewOrderEvent.from_dict(body)
    is_first = not self.request.retries and not self.request.delivery_info["redelivered"]
    send = imprint.order_events.create if is_first else imprint.order_events.ensure
    # Two `ensure` of one id at once can both find nothing: one worker at a time.
    with locks.lock(f"imprint {event.partner_event_id}", timeout=LOCK_SECONDS):
        try:
            send(event)
        except OutcomeUnknownError as error:
            raise self.retry(exc=error, countdown=SETTLE_SECONDS) from None
        except (APIConnectionError, RateLimitError, InternalServerError, APIResponseValidationError) as error:
            raise self.retry(exc=error, countdown=LATER_SECONDS) from None
        # Any other exception fails the job: a person must look at it.
