"""Give both layers one name for one thing, so that a reader sees side by side what each says of it.

The wire speaks of schemas and operations, Python of classes and modules: here a schema gets the name of its class, a
module that of its operation, and the enum of a property becomes that property's.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from tools import naming
from tools.contract import METHODS
from tools.review.change import Change

API = "imprint_api.api."


class Subjects:
    """What each thing is called; where both versions have it, as the newer one calls it."""

    def __init__(self, contracts: tuple[dict[str, Any], dict[str, Any]], overrides: dict[str, str]) -> None:
        self.overrides = overrides
        self.schemas = {name for contract in contracts for name in schemas_of(contract)}
        self.operations: dict[str, str] = {}
        self.inner: dict[str, tuple[str, str]] = {}
        for contract in contracts:
            for path, item in contract.get("paths", {}).items():
                for method in (one for one in METHODS if one in item):
                    module = naming.module_of(item[method]).with_suffix("")
                    self.operations[API + ".".join(module.parts)] = f"{method.upper()} {path}"
            for name, schema in schemas_of(contract).items():
                for inner in schema.get("properties", {}):
                    class_ = self.class_of(name)
                    self.inner[naming.class_name(f"{class_}_{inner}", overrides)] = class_, naming.member(inner)

    def of_wire(self, change: Change) -> Change:
        subject = self.class_of(change.subject) if change.subject in self.schemas else change.subject
        member = naming.member(change.member) if change.member else ""
        words = re.sub(r"(?<=`)\w+(?=`)", self.as_class, change.words)
        return change._replace(subject=subject, member=member, words=words)

    def as_class(self, quoted: re.Match[str]) -> str:
        return self.class_of(quoted[0]) if quoted[0] in self.schemas else quoted[0]

    def of_python(self, change: Change) -> Change:
        if change.subject in self.inner:
            subject, member = self.inner[change.subject]
            return change._replace(subject=subject, member=member, words=f"`{change.subject}`: {change.words}")
        return change._replace(subject=self.operations.get(change.subject, change.subject))

    def class_of(self, schema: str) -> str:
        return naming.class_name(schema, self.overrides)


def moved(changes: Iterable[Change]) -> Iterator[Change]:
    """An operation's module that is gone, and one that is new for the same operation, are one that has moved."""
    changes = list(changes)
    gone, new = ({one.subject: one for one in changes if is_module(one, fate)} for fate in ("gone", "new"))
    for one in changes:
        if one in gone.values() and one.subject in new:
            words = f"{new[one.subject].words.removesuffix(' is new')} takes the place of {one.words.split(' ')[0]}"
            yield one._replace(words=words)
        elif not (one in new.values() and one.subject in gone):
            yield one


def is_module(change: Change, fate: str) -> bool:
    return "/" in change.subject and not change.member and bool(re.fullmatch(rf"`\w+\.\w+` is {fate}", change.words))


def schemas_of(contract: dict[str, Any]) -> dict[str, Any]:
    found = contract.get("components", {}).get("schemas", {})
    return {name: schema for name, schema in found.items() if isinstance(schema, dict)}
