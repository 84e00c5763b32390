"""Programs that watch the client with one tool each, and print what the tool saw as JSON.

`python -m tests.ecosystem.watchers NAME`: in a process of its own, since each tool replaces parts of httpx for good.
Every tool is told to keep what it sees; nothing leaves the machine.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from imprint_client import AsyncImprint, Imprint

Seen = dict[str, Any]
"""What a tool saw: `spans` as [method, status code or None], one for each request; more as the tool has it."""


def clients() -> tuple[Imprint, AsyncImprint]:
    return Imprint(), AsyncImprint()


def look(imprint: Imprint, async_imprint: AsyncImprint) -> None:
    """One request of each flavour."""
    with imprint:
        imprint.order_events.find(partner_event_id="sync")

    async def find() -> None:
        async with async_imprint:
            await async_imprint.order_events.find(partner_event_id="async")

    asyncio.run(find())


def sentry(run: Callable[[], None]) -> Seen:
    import sentry_sdk
    from sentry_sdk.envelope import Envelope
    from sentry_sdk.transport import Transport

    kept: list[dict[str, Any]] = []

    class Keep(Transport):
        def capture_envelope(self, envelope: Envelope) -> None:
            kept.extend(item.payload.json for item in envelope.items if item.payload.json)

    sentry_sdk.init(dsn="http://key@127.0.0.1:9/1", transport=Keep, traces_sample_rate=1.0)
    with sentry_sdk.start_transaction(name="a checkout"):
        run()
        sentry_sdk.capture_message("a message")
    [transaction] = [one for one in kept if one.get("type") == "transaction"]
    [message] = [one for one in kept if one.get("message") or one.get("logentry")]
    spans = [span for span in transaction["spans"] if span["op"] == "http.client"]
    crumbs = [crumb for crumb in message["breadcrumbs"]["values"] if crumb.get("category") == "httplib"]
    return {
        "spans": [[span["description"].split()[0], int(span["data"]["http.response.status_code"])] for span in spans],
        "breadcrumbs": len(crumbs),
        "header": "sentry-trace",
    }


def datadog(run: Callable[[], None]) -> Seen:
    os.environ |= {"DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false", "DD_REMOTE_CONFIGURATION_ENABLED": "false"}
    import ddtrace
    from ddtrace.trace import TraceFilter, tracer

    kept: list[Any] = []

    class Keep(TraceFilter):
        def process_trace(self, trace: Any) -> None:
            kept.extend(trace)  # and nothing is left to be sent

    tracer.configure(trace_processors=[Keep()])
    ddtrace.patch(httpx=True)
    run()
    spans = [span for span in kept if span.name == "http.request"]
    return {
        "spans": [[span.get_tag("http.method"), int(span.get_tag("http.status_code") or 0)] for span in spans],
        "header": "x-datadog-trace-id",
    }


def new_relic(run: Callable[[], None]) -> Seen:
    os.environ |= {
        "NEW_RELIC_DEVELOPER_MODE": "true",
        "NEW_RELIC_LICENSE_KEY": "0" * 40,
        "NEW_RELIC_APP_NAME": "a service",
        "NEW_RELIC_DISTRIBUTED_TRACING_ENABLED": "true",
        "NEW_RELIC_LOG": "stderr",
    }
    import newrelic.agent
    from newrelic.core.agent import agent_instance

    newrelic.agent.initialize()

    application = newrelic.agent.register_application(timeout=10)
    with newrelic.agent.BackgroundTask(application, name="a job"):
        run()
    kept = agent_instance().application("a service")._stats_engine.stats_table
    metrics = {name: getattr(stats, "call_count", 0) for (name, scope), stats in kept.items() if not scope}
    host = os.environ["IMPRINT_BASE_URL"].removeprefix("http://")
    print({m: v for m, v in metrics.items() if "xternal" in m}, file=sys.stderr)
    # Its metrics have no status code.
    return {"spans": [["GET", 200]] * metrics.get(f"External/{host}/httpx/GET", 0), "header": "traceparent"}


def elastic_apm(run: Callable[[], None]) -> Seen:
    import elasticapm

    kept: list[Any] = []

    class Keep(elasticapm.Client):
        def queue(self, event_type: str, data: Any, flush: bool = False) -> None:
            kept.append((event_type, data))

    client = Keep(
        service_name="a service", central_config=False, metrics_interval="0s", server_url="http://127.0.0.1:9"
    )
    elasticapm.instrument()
    client.begin_transaction("job")
    run()
    client.end_transaction("a job", "success")
    spans = [data for kind, data in kept if kind == "span" and data["type"].startswith("external")]
    return {
        "spans": [[span["name"].split()[0], span["context"]["http"].get("status_code")] for span in spans],
        "header": "traceparent",
    }


def opentelemetry(run: Callable[[], None]) -> Seen:
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    HTTPXClientInstrumentor().instrument(tracer_provider=provider)
    run()
    spans = [dict(span.attributes or {}) for span in kept.get_finished_spans()]
    return {"spans": [[span["http.method"], span["http.status_code"]] for span in spans], "header": "traceparent"}


def logfire(run: Callable[[], None]) -> Seen:
    import logfire
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    logfire.configure(send_to_logfire=False, console=False, additional_span_processors=[SimpleSpanProcessor(kept)])
    logfire.instrument_httpx()
    run()
    spans = [dict(span.attributes or {}) for span in kept.get_finished_spans()]
    return {"spans": [[span["http.method"], span["http.status_code"]] for span in spans], "header": "traceparent"}


WATCHERS = {
    "sentry-sdk": sentry,
    "ddtrace": datadog,
    "newrelic": new_relic,
    "elastic-apm": elastic_apm,
    "opentelemetry-instrumentation-httpx": opentelemetry,
    "logfire": logfire,
}


def main(name: str, first: str) -> None:
    if first == "clients":
        imprints = clients()
        seen = WATCHERS[name](lambda: look(*imprints))
    else:
        seen = WATCHERS[name](lambda: look(*clients()))
    print(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
