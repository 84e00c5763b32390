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

from tools.contract import METHODS
from tools.review.change import RECEIVED, SENT, Change, Direction, Impact
from tools.review.places import Place, Places, resolved, steps_of

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
# Each with one that has all its numbers, and more.
WIDER = {("int32", "int64"), ("float", "double")}
# What holds others that have names of their own, with what the tool calls one of them.
ENTRIES = {
    "PathItem": "Operation",
    "ParameterList": "Parameter",
    "MediaTypesMap": "MediaType",
    "SchemaProperties": "Schema",
    "ServerList": "Server",
}
# It sends what it was asked, and asks for news, unless it is told not to.
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "REDOCLY_SUPPRESS_NOTIFICATIONS": "true"}


class WireError(Exception):
    """The wire cannot be compared; the message says what to do."""


def compare(before: Path, after: Path, folder: Path) -> list[Change]:
    """The changes between two contracts, given as files; `folder` is for the tool to work in."""
    said = run(before, after, folder)
    contracts = [json.loads(path.read_text(encoding="utf-8")) for path in (before, after)]
    places = Places(*contracts)
    found = [change for each in said for change in as_changes(each, places)]
    return [*of_first_server(*map(first_server, contracts)), *found]


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


def of_first_server(was: str, now: str) -> Iterator[Change]:
    if was != now:
        words = f"the first is `{now}`, was `{was}`: no `base_url` given, it goes there"
        yield Change("servers", "", Impact.BREAKING, words, f"#/servers/0/url: {was} -> {now}")


def first_server(contract: dict[str, Any]) -> str:
    return str(contract.get("servers", [{}])[0].get("url", ""))


# --- In words ---------------------------------------------------------------------------------------------------------


def as_changes(said: dict[str, Any], places: Places) -> Iterator[Change]:
    """A change in words: one for each thing that it is about."""
    rules = ", ".join(verdict["ruleId"] for verdict in said["verdicts"])
    raw = f"{said['impact']}: {said['kind']} {said['path']} {said.get('property', '')} {f'({rules})' if rules else ''}"
    for one in entries(said):
        place = places.of(one)
        impact, reason = judged(one, place.direction)
        for member, words in told(one, place, places):
            yield Change(place.subject, member, impact, words + reason, " ".join(raw.split()))


def entries(said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What is new with all that is in it is told entry by entry, and so are the operations of a path that is gone."""
    side = "base" if said["kind"] == "removed" else "revision"
    whole = value_of(said, side)
    is_path = said["typeName"] == "PathItem"
    if said["kind"] == "modified" or said["typeName"] not in ENTRIES or (side == "base" and not is_path):
        yield said
        return
    for key, value in whole.items() if isinstance(whole, dict) else enumerate(whole):
        step = "/" + str(key).replace("~", "~0").replace("/", "~1")
        where = {**said[side], "pointer": said[side]["pointer"] + step, "value": value}
        one = {**said, "typeName": ENTRIES[said["typeName"]], "path": said["path"] + step, "verdicts": [], side: where}
        if one["typeName"] == "Parameter" and said["kind"] == "added" and not value.get("required"):
            one["impact"] = "minor"
        if not is_path or key in METHODS:
            yield one


def judged(said: dict[str, Any], direction: Direction) -> tuple[Impact, str]:
    """The tool's class, or ours with the reason, where this client makes it another."""
    major = {verdict["ruleId"] for verdict in said["verdicts"] if verdict["impact"] == "major"}
    before, after = (value_of(said, side) for side in ("base", "revision"))
    if major == {"enum-values-added"} and isinstance(after, list) and all(isinstance(one, str) for one in after):
        return Impact.ADDED, " (breaking for other clients; this one keeps strings that it does not know)"
    if (said["typeName"], said["kind"]) == ("RequestBody", "added") and isinstance(after, dict):
        return (Impact.BREAKING, ": it must be sent") if after.get("required") else (Impact.ADDED, "")
    if said.get("property") == "format":
        if not {str(before), str(after)} & FORMATS:
            return Impact.NOTED, " (a format that says nothing)"
        if (before, after) in WIDER and direction == SENT:
            return Impact.NOTED, ": takes more"
        if (after, before) in WIDER and direction == RECEIVED:
            return Impact.NOTED, ": says more exactly what comes"
    # A schema that is sent and received is told of in one of the two places, so which it is cannot be seen here.
    if said.get("property") in ("readOnly", "writeOnly") and after is True:
        return Impact.BREAKING, ": it goes in one direction only"
    if said["typeName"] == "Server" and steps_of(said["path"])[0] == "paths":
        return Impact.BREAKING, ": it was where the rest goes"
    return IMPACTS[said["impact"]], ""


def told(said: dict[str, Any], place: Place, places: Places) -> Iterator[tuple[str, str]]:
    """Members with what is said of them. One change of `required` is of several."""
    before, after = (value_of(said, side) for side in ("base", "revision"))
    if said.get("property") == "required" and isinstance(before or after, list):
        was, now = set(before or []), set(after or [])
        for name in sorted(now ^ was):
            yield place.member or name, f"`{name}` is {'required' if name in now else 'no longer required'}"
        if was != now:
            return
    words = "; ".join(verdict["message"].removesuffix(".") for verdict in said["verdicts"])
    if words.endswith("was removed") and before is not None and "property" in said:
        words += f": it was {shown(before)}"
    words = words or described(said, place, places)
    # Of a schema's property the row has the name; of an operation it is the operation's.
    way = [place.member, *place.within] if "/" in place.subject else place.within
    unnamed = "/".join(step for step in way if step and f"`{step}`" not in words)
    yield place.member, f"`{unnamed}`: {words}" if unnamed else words


def described(said: dict[str, Any], place: Place, places: Places) -> str:
    """For what the tool has no words of its own."""
    before, after = (value_of(said, side) for side in ("base", "revision"))
    if "property" not in said:
        fate = "gone" if after is None else "new"
        if said["typeName"] == "Operation":
            is_called = steps_of(said["path"])[0] == "paths" and place.within == []  # else it calls, as a webhook does
            return f"the operation is {fate}" + (f": {summary(said, places)}" if is_called and after else "")
        name = [step for step in (place.subject, place.member, *place.within) if step][-1]
        required = said["typeName"] == "Parameter" and after is not None and after.get("required")
        return f"`{name}` is {fate}{', and required' if required else ''}"
    if said["property"] == "enum" and isinstance(before, list) and isinstance(after, list):
        gained, lost = [one for one in after if one not in before], [one for one in before if one not in after]
        if gained or lost:
            changes = [f"{verb} {', '.join(map(shown, of))}" for verb, of in (("gained", gained), ("lost", lost)) if of]
            return f"`enum` {' and '.join(changes)}"
    name = "path" if (said["typeName"], said["property"]) == ("PathItem", "key") else said["property"]
    return f"`{name}` is {shown(after)}, was {shown(before)}"


def summary(said: dict[str, Any], places: Places) -> str:
    """What a new operation takes, and what it answers with."""
    contract = places.contracts["revision"]
    _, path, method = steps_of(said["path"])
    item = contract["paths"][path]
    operation = item[method]
    stated = [resolved(contract, one) for one in [*item.get("parameters", []), *operation.get("parameters", [])]]
    named = {one["name"]: "" if one.get("required") else " (optional)" for one in stated}
    bodies = models(resolved(contract, operation.get("requestBody", {})))
    answers = {status: models(resolved(contract, one)) for status, one in operation["responses"].items()}
    successes = [model for status, found in answers.items() if status.startswith("2") for model in found]
    taken = [*(f"`{name}`{note}" for name, note in named.items()), *bodies]
    return f"takes {', '.join(taken) or 'nothing'}; answers {', '.join(successes) or 'nothing'}"


def models(holder: dict[str, Any]) -> list[str]:
    """What a body or an answer is."""
    return [*dict.fromkeys(model(media.get("schema", {})) for media in holder.get("content", {}).values())]


def model(schema: dict[str, Any]) -> str:
    if schema.get("type") == "array":
        return f"a list of {model(schema.get('items', {}))}"
    return f"`{schema['$ref'].rpartition('/')[2] if '$ref' in schema else schema.get('type', 'anything')}`"


def shown(value: object) -> str:
    return "not set" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


def value_of(said: dict[str, Any], side: str) -> Any:
    return (said.get(side) or {}).get("value")
