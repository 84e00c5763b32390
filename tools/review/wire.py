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

from tools.contract import METHODS, operations
from tools.review.canonical import canonical
from tools.review.change import RECEIVED, SENT, Change, Direction, Impact
from tools.review.places import Place, Places, steps_of

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
ENTRIES = {"PathItem": "Operation", "MediaTypesMap": "MediaType", "SchemaProperties": "Schema", "ServerList": "Server"}
# Nothing that this client sends or reads depends on them.
UNUSED = frozenset({
    "Server", "ServerList", "Contact", "License", "TagList", "Tag", "ExternalDocs", "Discriminator", "WebhooksMap",
    "HeadersMap", "Header", "LinksMap", "Link", "CallbacksMap", "Callback",
})  # fmt: skip
LOGINS = ("tokenUrl", "authorizationUrl", "refreshUrl", "openIdConnectUrl")
# What a value must also be, of which the tool has no rule.
CONDITIONS = ("patternProperties", "if", "then", "else", "unevaluatedItems", "dependentSchemas")
# It sends what it was asked, and asks for news, unless it is told not to.
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "REDOCLY_SUPPRESS_NOTIFICATIONS": "true"}


class WireError(Exception):
    """The wire cannot be compared; the message says what to do."""


def compare(before: dict[str, Any], after: dict[str, Any], folder: Path) -> list[Change]:
    """The changes between two contracts; `folder` is for the tool to work in."""
    old, new = canonical(before), canonical(after)
    security = [*of_security(old, new)]
    for contract, name in ((old, "before.json"), (new, "after.json")):
        for holder in (contract, *(operation for _, _, operation, _ in operations(contract))):
            holder.pop("security", None)  # judged here: the tool looks at each list of them by itself
        name_parameters(contract)
        (folder / name).write_text(json.dumps(contract), encoding="utf-8")
    said = run(folder / "before.json", folder / "after.json", folder)
    places = Places(old, new)
    found = [
        change for each in said if not each["path"].startswith("#/x-parameters/") for change in as_changes(each, places)
    ]
    gravest: dict[tuple[str, str, str], Change] = {}
    for change in [*of_first_server(first_server(old), first_server(new)), *security, *found]:
        key = (change.subject, change.member, change.words)
        gravest[key] = max(gravest.get(key, change), change, key=lambda one: one.impact)
    return [*gravest.values()]


def name_parameters(contract: dict[str, Any]) -> None:
    """Refer to each parameter by its name: the tool pairs equal references, and other entries of lists by likeness."""
    named = contract["x-parameters"] = {}
    for _, name, operation, _ in operations(contract):
        own = operation.get("operationId", name)
        keys = [f"{own} {one.get('in')} {one.get('name')}".encode().hex() for one in operation["parameters"]]
        if not named.keys() & {*keys}:  # two operations with one ID
            named.update(zip(keys, operation["parameters"], strict=True))
            operation["parameters"] = [{"$ref": f"#/x-parameters/{key}"} for key in keys]


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
        yield Change("servers", "", Impact.BREAKING, words)


def first_server(contract: dict[str, Any]) -> str:
    return str(contract.get("servers", [{}])[0].get("url", ""))


def of_security(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    """How operations that both contracts have let a caller in; one row if it is the same for all."""
    was, now = security_of(old), security_of(new)
    changes = {name: judged_security(was[name], now[name]) for name in was if name in now}
    told = {name: change for name, change in changes.items() if change}
    if len(told) == len(changes) and len({*told.values()}) == 1:
        told = {"security": next(iter(told.values()))}
    for name, (impact, words) in told.items():
        yield Change(name, "", impact, words)


def security_of(contract: dict[str, Any]) -> dict[str, list[dict[str, list[str]]]]:
    shared = contract.get("security", [])
    return {name: operation.get("security", shared) or [{}] for _, name, operation, _ in operations(contract)}


def judged_security(old: list[dict[str, list[str]]], new: list[dict[str, list[str]]]) -> tuple[Impact, str] | None:
    was, now = ([frozenset((name, *scopes) for name, scopes in one.items()) for one in each] for each in (old, new))
    if {*was} == {*now}:
        return None
    still = all(any(one <= given for one in now) for given in was)
    more = any(not any(one <= given for given in was) for one in now)
    impact = Impact.BREAKING if not still else Impact.ADDED if more else Impact.NOTED
    return impact, f"authentication is now {ways_in(new)}, was {ways_in(old)}"


def ways_in(alternatives: list[dict[str, list[str]]]) -> str:
    return " or ".join(" and ".join(f"`{name}`" for name in one) or "none" for one in alternatives)


# --- In words ---------------------------------------------------------------------------------------------------------


def as_changes(said: dict[str, Any], places: Places) -> Iterator[Change]:
    """A change in words: one for each thing that it is about."""
    if exchanged := places.exchanged(said):
        place, words = exchanged
        yield Change(place.subject, place.member, IMPACTS[said["impact"]], f"{quoted(place)}{words}")
        return
    if (said["typeName"], said.get("property")) == ("PathItem", "key"):
        yield from renamed(said, places.contracts["revision"])
        return
    for one in entries(said):
        place = places.of(one)
        impact, reason = judged(one, place.direction)
        for member, words in told(one, place):
            yield Change(place.subject, member, impact, words + reason)


def renamed(said: dict[str, Any], contract: dict[str, Any]) -> Iterator[Change]:
    """A path with another text is told of each of its operations."""
    before, after = (value_of(said, side) for side in ("base", "revision"))
    for method in METHODS:
        if method in contract["paths"].get(after, {}):
            words = f"path changed from `{before}` to `{after}`"
            yield Change(f"{method.upper()} {after}", "", IMPACTS[said["impact"]], words)


def quoted(place: Place) -> str:
    unnamed = "/".join(place.within) or place.member
    return f"`{unnamed}` " if unnamed else ""


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
        if not is_path or key in METHODS:
            yield one


def judged(said: dict[str, Any], direction: Direction) -> tuple[Impact, str]:
    """The tool's class, or ours with the reason, where this client makes it another."""
    major = {verdict["ruleId"] for verdict in said["verdicts"] if verdict["impact"] == "major"}
    before, after = (value_of(said, side) for side in ("base", "revision"))
    steps, type_name, name = steps_of(said["path"]), said["typeName"], said.get("property")
    if major == {"enum-values-added"} and isinstance(after, list) and all(isinstance(one, str) for one in after):
        return Impact.ADDED, " (breaking for other clients; this one keeps strings that it does not know)"
    if (type_name, said["kind"]) == ("RequestBody", "added") and isinstance(after, dict):
        return (Impact.BREAKING, ": it must be sent") if after.get("required") else (Impact.ADDED, "")
    if name == "format" and (words := harmless_format(before, after, direction)):
        return Impact.NOTED, words
    # A schema that is sent and received is told of in one of the two places, so which it is cannot be seen here.
    if name in ("readOnly", "writeOnly") and after is True:
        return Impact.BREAKING, ": it goes in one direction only"
    if name in LOGINS:
        return Impact.BREAKING, ": callers log in there"
    if steps[-1] in CONDITIONS and not major:
        harmful = direction.received if said["kind"] == "removed" else direction.sent
        return (Impact.BREAKING, ": not every value fits") if harmful else (Impact.NOTED, "")
    if type_name == "Server" and steps[0] == "paths":
        return Impact.BREAKING, ": it was where the rest goes"
    if steps[0] in ("webhooks", "servers", "info", "tags") or (type_name in UNUSED and said["impact"] == "minor"):
        return Impact.NOTED, ""
    return IMPACTS[said["impact"]], ""


def harmless_format(before: Any, after: Any, direction: Direction) -> str:
    """Why another format breaks nobody; empty if it may."""
    if not {str(before), str(after)} & FORMATS:
        return " (a format that says nothing)"
    if (before, after) in WIDER and direction == SENT:
        return ": takes more"
    return ": says more exactly what comes" if (after, before) in WIDER and direction == RECEIVED else ""


def told(said: dict[str, Any], place: Place) -> Iterator[tuple[str, str]]:
    """Members with what is said of them. One change of `required` is of several."""
    before, after = (value_of(said, side) for side in ("base", "revision"))
    if said.get("property") == "required" and isinstance(before or after, list):
        was, now = set(before or []), set(after or [])
        for name in sorted(now ^ was):
            yield place.member or name, f"`{name}` is {'required' if name in now else 'no longer required'}"
        if was != now:
            return
    is_harmless = said.get("property") == "format" and bool(harmless_format(before, after, place.direction))
    has_words = not is_harmless and (said["typeName"], said["kind"]) != ("Operation", "removed")
    words = "; ".join(verdict["message"].removesuffix(".") for verdict in said["verdicts"] if has_words)
    if words.endswith("was removed") and before is not None and "property" in said:
        words += f": it was {shown(before)}"
    words = words or described(said, place)
    # Of a schema's property the row has the name; of an operation it is the operation's.
    way = [place.member, *place.within] if "/" in place.subject else place.within
    unnamed = "/".join(step for step in way if step and f"`{step}`" not in words)
    yield place.member, f"`{unnamed}`: {words}" if unnamed else words


def described(said: dict[str, Any], place: Place) -> str:
    """For what the tool has no words of its own."""
    before, after = (value_of(said, side) for side in ("base", "revision"))
    if "property" not in said:
        fate = "gone" if after is None else "new"
        if said["typeName"] == "Operation":
            return f"the operation is {fate}"
        name = [step for step in (place.subject, place.member, *place.within) if step][-1]
        required = said["typeName"] == "Parameter" and after is not None and after.get("required")
        return f"`{name}` is {fate}{', and required' if required else ''}"
    if said["property"] == "enum" and isinstance(before, list) and isinstance(after, list):
        gained, lost = [one for one in after if one not in before], [one for one in before if one not in after]
        if gained or lost:
            changes = [f"{verb} {', '.join(map(shown, of))}" for verb, of in (("gained", gained), ("lost", lost)) if of]
            return f"`enum` {' and '.join(changes)}"
    name = said["property"]
    if name == "key":
        return f"renamed: it was {shown(before)}"
    if before is None:
        return f"{name} is now {shown(after)}"
    return (
        f"{name} changed from {shown(before)} to {shown(after)}"
        if after is not None
        else f"{name} is no longer {shown(before)}"
    )


def shown(value: object) -> str:
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def value_of(said: dict[str, Any], side: str) -> Any:
    return (said.get(side) or {}).get("value")
