"""Files, queues and the terminal: the `imprint` command, and an outbox for many machines.

Everything here is built on `imprint_client`, which makes every decision about sending something twice. `imprint --help`
lists the commands; `imprint_bulk.outbox` has the tasks for Procrastinate.
"""
