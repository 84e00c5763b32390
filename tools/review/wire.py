"""What changes on the wire: `redocly diff` of the two corrected contracts.

Its classes are kept, but for what `judged` has. It calls a new value of an enum breaking when it is received: this
client keeps strings that it does not know (the policy in CHANGELOG.md). It calls any other `format` breaking: one that
nobody knows says nothing. It does not call breaking a new body that must be sent, a member that goes in one direction
only, or another server for an operation. Which server is the first it does not ask, and this client goes there.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.generate import METHODS
from tools.review.change import Change, Impact

HERE = Path(__file__).resolve().parent
CLI = HERE / "node_modules" / "@redocly" / "cli" / "bin" / "cli.js"
NODE = "Node.js 20.19, or 22.12 or newer, with npm"
SECONDS = 120
SAID = 300
"""Characters of what the tool said, when it fails."""
IMPACTS = {"major": Impact.BREAKING, "minor": Impact.ADDED, "patch": Impact.NOTED}
# What JSON Schema, OpenAPI and the generator know; of any other format nobody can tell what it asks for.
FORMATS = frozenset({
    "date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri",
    "uri-reference", "uri-template", "iri", "iri-reference", "uuid", "json-pointer", "relative-json-pointer", "regex",
    "int32", "int64", "float", "double", "byte", "binary", "password",
})  # fmt: skip
# It sends what it was asked, and asks for news, unless it is told not to.
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "REDOCLY_SUPPRESS_NOTIFICATIONS": "true"}


class WireError(Exception):
    """The wire cannot be compared; the message says what to do."""


def compare(before: Path, after: Path, folder: Path) -> list[Change]:
    """The changes between two contracts, given as files; `folder` is for the tool to work in."""
    found = [change for said in run(before, after, folder) for change in as_changes(said)]
    return [*of_first_server(before, after), *found]


def run(before: Path, after: Path, folder: Path) -> list[dict[str, Any]]:
    """What the tool says, as it says it."""
    if shutil.which("node") is None or not CLI.is_file():
        raise WireError(f"the wire was not compared. Install {NODE}, and run `make review` again")
    command = ["node", str(CLI), "diff", str(before), str(after), "--format", "json", "--fail-on", "none"]
    try:
        # In a folder without a configuration, so that nothing nearby changes what it says.
        environment = {**os.environ, **QUIET}
        done = subprocess.run(command, check=False, capture_output=True, cwd=folder, timeout=SECONDS, env=environment)
    except subprocess.TimeoutExpired:
        raise WireError(f"the wire was not compared: redocly diff took more than {SECONDS} s") from None
    try:
        changes: list[dict[str, Any]] = json.loads(done.stdout)["changes"]
    except (ValueError, KeyError):
        said = " ".join(done.stderr.decode(errors="replace").split())[-SAID:]
        raise WireError(f"the wire was not compared: redocly diff ended with {done.returncode}: {said}") from None
    return changes


def of_first_server(before: Path, after: Path) -> Iterator[Change]:
    was, now = (first_server(json.loads(path.read_text(encoding="utf-8"))) for path in (before, after))
    if was != now:
        words = f"the first is `{now}`, was `{was}`: no `base_url` given, it goes there"
        yield Change("servers", "", Impact.BREAKING, words, f"#/servers/0/url: {was} -> {now}")


def first_server(contract: dict[str, Any]) -> str:
    return str(contract.get("servers", [{}])[0].get("url", ""))


# --- In words ---------------------------------------------------------------------------------------------------------


def as_changes(said: dict[str, Any]) -> Iterator[Change]:
    """A change in words. One of `required` is told of each member, one of a path of each operation."""
    impact, reason = judged(said)
    rules = ", ".join(verdict["ruleId"] for verdict in said["verdicts"])
    raw = f"{said['impact']}: {said['kind']} {said['path']} {said.get('property', '')} {f'({rules})' if rules else ''}"
    subject, member = place(said)
    before, after = (value_of(said, side) for side in ("base", "revision"))
    if said.get("property") == "required" and isinstance(before or after, list):
        was, now = set(before or []), set(after or [])
        for name in sorted(now ^ was):
            words = f"`{name}` is {'required' if name in now else 'no longer required'}"
            yield Change(subject, member or name, impact, words + reason, " ".join(raw.split()))
        if was != now:
            return
    whole = before if after is None else after
    if said["typeName"] == "PathItem" and "property" not in said and isinstance(whole, dict):
        for method in (method for method in METHODS if method in whole):
            words = f"the operation is {'gone' if after is None else 'new'}"
            yield Change(f"{method.upper()} {subject}", "", impact, words, " ".join(raw.split()))
        return
    words = "; ".join(verdict["message"].removesuffix(".") for verdict in said["verdicts"]) or described(said)
    yield Change(subject, member, impact, words + reason, " ".join(raw.split()))


def judged(said: dict[str, Any]) -> tuple[Impact, str]:
    """The tool's class, or ours with the reason, where this client makes it another."""
    major = {verdict["ruleId"] for verdict in said["verdicts"] if verdict["impact"] == "major"}
    values = value_of(said, "revision")
    if major == {"enum-values-added"} and isinstance(values, list) and all(isinstance(one, str) for one in values):
        return Impact.ADDED, " (breaking for other clients; this one keeps strings that it does not know)"
    if (said["typeName"], said["kind"]) == ("RequestBody", "added") and isinstance(values, dict):
        return (Impact.BREAKING, ": it must be sent") if values.get("required") else (Impact.ADDED, "")
    if said.get("property") == "format" and not {str(value_of(said, "base")), str(values)} & FORMATS:
        return Impact.NOTED, " (a format that says nothing)"
    # A schema that is sent and received is told of in one of the two places, so which it is cannot be seen here.
    if said.get("property") in ("readOnly", "writeOnly") and values is True:
        return Impact.BREAKING, ": it goes in one direction only"
    if said["typeName"] in ("Server", "ServerList") and steps_of(said["path"])[0] == "paths":
        return Impact.BREAKING, ": it was where the rest goes"
    return IMPACTS[said["impact"]], ""


def described(said: dict[str, Any]) -> str:
    """For what the tool has no words of its own."""
    before, after = (value_of(said, side) for side in ("base", "revision"))
    steps = steps_of(said["path"])
    if "property" not in said:
        value = before if after is None else after
        if said["typeName"] == "Operation":
            return f"the operation is {'new' if said['kind'] == 'added' else 'gone'}"
        name = (
            value.get("name", steps[-1]) if said["typeName"] == "Parameter" and isinstance(value, dict) else steps[-1]
        )
        return f"`{name}` is {'new' if said['kind'] == 'added' else 'gone'}"
    inner = "/".join(steps[3:]) if " /" in place(said)[0] else ""  # of an operation
    return f"`{said['property']}`{f' of `{inner}`' if inner else ''} is {shown(after)}, was {shown(before)}"


def shown(value: object) -> str:
    return "not set" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


def value_of(said: dict[str, Any], side: str) -> Any:
    return (said.get(side) or {}).get("value")


def place(said: dict[str, Any]) -> tuple[str, str]:
    """Whose change it is: a schema's if it has a name, else an operation's, else the document's."""
    match steps_of((said.get("revision") or said.get("base") or {}).get("pointer", "")):
        case ["components", "schemas", schema, "properties", name, *_]:
            return schema, name
        case ["components", "schemas", schema, *_]:
            return schema, ""
    match steps_of(said["path"]):
        case ["paths", path, method, *_] if method in METHODS:
            return f"{method.upper()} {path}", ""
        case ["paths", path, *_]:
            return path, ""
        case ["components", kind, name, *_]:
            return f"{kind} {name}", ""
        case [first, *_] if first:
            return first, ""
    return "the document", ""


def steps_of(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.removeprefix("#/").split("/")]
