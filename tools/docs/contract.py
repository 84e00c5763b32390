"""The contract page: every operation and schema, with each correction beside what was published."""

import io
import json
import re
import textwrap
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from tools.overlay import apply_overlay

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
LIMITS = "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern minItems maxItems"
SHOWN = (*LIMITS.split(), "uniqueItems", "default", "const")
INTRODUCTION = """\
---
hide: [navigation]
---
# The contract

What Imprint publishes for orders and order events, as this version of the client reads it. This page is generated: the
operations and schemas come from `imprint_api/openapi.json`, which ships in the wheel, and the corrections from
`openapi.overlay.yaml`.

| title | {title} |
|---|---|
| version of the API | {version} |
| server | {servers} |
| authentication | {security} |

## Corrections

What we correct in Imprint's document, and why. The sections below show each correction beside what was published.

"""


class Correction(NamedTuple):
    """What the overlay makes of one place in the published document, and why."""

    pointer: str
    reasons: list[str]
    published: Any
    corrected: Any


class _Missing:
    """Stands for a value that is not there."""


MISSING = _Missing()


def contract_page(root: Path) -> str:
    """The page, in Markdown."""
    published, overlay = (_read_yaml(root / name) for name in ("openapi.yaml", "openapi.overlay.yaml"))
    contract = json.loads((root / "generated/imprint_api/openapi.json").read_text(encoding="utf-8"))
    classes = {
        schema: each["class_name"]
        for schema, each in (_read_yaml(root / "generator-config.yaml").get("class_overrides") or {}).items()
    }
    page = _Page(contract, classes, corrections(published, overlay))
    return "\n".join([*page.introduction(), *page.operations(), *page.schemas()]) + "\n"


def corrections(published: dict[str, Any], overlay: dict[str, Any]) -> list[Correction]:
    """What the overlay changes, place by place. An action sees what those before it did: several may share a place."""
    reasons: dict[str, list[str]] = {}
    before = published
    for action in overlay["actions"]:
        after = apply_overlay(before, {**overlay, "actions": [action]})
        for pointer in _differences(before, after):
            reasons.setdefault(pointer, []).append(" ".join(action["description"].split()))
        before = after
    return [Correction(each, said, _at(published, each), _at(before, each)) for each, said in reasons.items()]


def _differences(old: Any, new: Any, pointer: str = "") -> Iterator[str]:
    """Where two documents differ; a list that differs is one place."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            escaped = str(key).replace("~", "~0").replace("/", "~1")
            yield from _differences(old.get(key, MISSING), new.get(key, MISSING), f"{pointer}/{escaped}")
    elif old is MISSING or new is MISSING or old != new:
        yield pointer


def _at(document: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        if document is not MISSING:
            document = document.get(part.replace("~1", "/").replace("~0", "~"), MISSING)
    return document


class _Page:
    def __init__(self, contract: dict[str, Any], classes: dict[str, str], made: list[Correction]) -> None:
        self._contract, self._classes, self._corrections = contract, classes, made

    def introduction(self) -> Iterator[str]:
        info, components = self._contract["info"], self._contract.get("components", {})
        yield INTRODUCTION.format(
            title=_cell(info["title"]),
            version=_cell(info["version"]),
            servers="<br>".join(f"`{each['url']}`" for each in self._contract.get("servers", [])),
            security=", ".join(
                f"`{name}` (HTTP {each.get('scheme', each['type'])})"
                for name, each in components.get("securitySchemes", {}).items()
            ),
        )
        for correction in self._corrections:
            title, anchor = _section_of(correction.pointer)
            yield f"- [{title}](#{anchor}): {_prose(correction.reasons[0])}"
        yield ""

    def operations(self) -> Iterator[str]:
        yield "## Operations\n"
        for path, item in self._contract["paths"].items():
            for method in (each for each in METHODS if each in item):
                operation = item[method]
                title, anchor = _operation_title(method, path)
                yield f"### {title} {{ #{anchor} }}\n"
                yield f"`{operation['operationId']}`{' (**deprecated**)' if operation.get('deprecated') else ''}\n"
                for text in dict.fromkeys(filter(None, (operation.get("summary"), operation.get("description")))):
                    yield f"{_prose(text)}\n"
                yield from self._parameters([*item.get("parameters", []), *operation.get("parameters", [])])
                yield from self._bodies(operation)
                yield from self._corrected(anchor)

    def _parameters(self, parameters: list[dict[str, Any]]) -> Iterator[str]:
        if not parameters:
            return
        yield "| parameter | in | type | | description |"
        yield "|---|---|---|---|---|"
        for parameter in map(self._resolved, parameters):
            schema = parameter.get("schema", {})
            required = "required" if parameter.get("required") else ""
            described = self._described({**schema, **{k: v for k, v in parameter.items() if k != "schema"}})
            yield f"| `{parameter['name']}` | {parameter['in']} | {self._type(schema)} | {required} | {described} |"
        yield ""

    def _bodies(self, operation: dict[str, Any]) -> Iterator[str]:
        yield "| | body | description |"
        yield "|---|---|---|"
        if body := self._resolved(operation.get("requestBody", {})):
            needed = "request" if body.get("required") else "request, optional"
            yield f"| {needed} | {self._content(body)} | {_cell(body.get('description', ''))} |"
        for status, response in operation.get("responses", {}).items():
            answer = self._resolved(response)
            yield f"| response {status} | {self._content(answer)} | {_cell(answer.get('description', ''))} |"
        yield ""

    def _content(self, holder: dict[str, Any]) -> str:
        content = holder.get("content", {})
        kinds = [
            f"{self._type(media.get('schema', {}))}{'' if kind == 'application/json' else f' as `{kind}`'}"
            for kind, media in content.items()
        ]
        return "<br>".join(kinds) or "none"

    def schemas(self) -> Iterator[str]:
        yield "## Schemas\n"
        yield "If the name in Python is a different one, it is in brackets.\n"
        for name, schema in self._contract["components"]["schemas"].items():
            alias = self._classes.get(name)
            _, anchor = _schema_title(name)
            yield f"### {name}{f' ({alias})' if alias else ''} {{ #{anchor} }}\n"
            if "description" in schema:
                yield f"{_prose(schema['description'])}\n"
            yield from self._schema(schema)
            yield from self._corrected(anchor)

    def _schema(self, schema: dict[str, Any]) -> Iterator[str]:
        parts = [each for each in schema.get("allOf", []) if "$ref" in each]
        required = list(schema.get("required", []))
        properties = dict(schema.get("properties", {}))
        for part in schema.get("allOf", []):
            properties.update(part.get("properties", {}))
            required += part.get("required", [])
        if parts:
            base = " and ".join(self._type(part) for part in parts)
            more = ", ".join(f"`{name}`" for name in required if name not in properties)
            yield f"Has all fields of {base}{f'; {more} is always there' if more else ''}.\n"
        if properties:
            yield "| field | type | | description |"
            yield "|---|---|---|---|"
            for name, each in properties.items():
                is_required = "required" if name in required else ""
                yield f"| `{name}` | {self._type(each)} | {is_required} | {self._described(each)} |"
            yield ""
        elif not parts:
            yield f"{self._type(schema)}\n"

    def _type(self, schema: dict[str, Any]) -> str:
        """What a value is, in words."""
        if "$ref" in schema:
            title, anchor = _schema_title(schema["$ref"].rpartition("/")[2])
            return f"[{title}](#{anchor})"
        for word, joint in (("allOf", " and "), ("oneOf", " or "), ("anyOf", " or ")):
            if shown := [self._type(part) for part in schema.get(word, []) if part.keys() - {"description", "example"}]:
                return joint.join(shown)
        kinds = schema.get("type", "object" if "properties" in schema else "any value")
        shown = []
        for kind in [kinds] if isinstance(kinds, str) else kinds:
            if kind == "array":
                shown.append(f"list of {self._type(schema.get('items', {}))}")
            else:
                shown.append(f"{kind} ({schema['format']})" if "format" in schema and kind != "null" else kind)
        if schema.get("nullable"):
            shown.append("null")
        text = " or ".join(shown)
        values = ", ".join(f"`{json.dumps(value)}`" for value in schema.get("enum", []))
        return f"{text}: {values}" if values else text

    def _described(self, schema: dict[str, Any]) -> str:
        words = [_cell(schema["description"])] if "description" in schema else []
        words += ["**Deprecated.**"] if schema.get("deprecated") else []
        words += [f"{_spaced(key)}: `{_cell(json.dumps(schema[key]))}`" for key in SHOWN if key in schema]
        if isinstance(schema.get("example"), str | int | float):
            words.append(f"Example: `{_cell(str(schema['example']))}`")
        return "<br>".join(words)

    def _corrected(self, anchor: str) -> Iterator[str]:
        for correction in (each for each in self._corrections if _section_of(each.pointer)[1] == anchor):
            yield f'!!! note "Corrected at `{correction.pointer}`"'
            yield from (f"    {_prose(reason)}\n" for reason in correction.reasons)
            yield '    <div class="correction" markdown>\n'
            for said, value in (("Published", correction.published), ("Corrected", correction.corrected)):
                yield f"    <div markdown>\n\n    {said}\n\n    ```yaml"
                yield from (f"    {line}" for line in _as_yaml(value).splitlines())
                yield "    ```\n\n    </div>\n"
            yield "    </div>\n"

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        found: Any = node
        while "$ref" in found:
            target: Any = self._contract
            for part in found["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            found = target
        return dict(found)


def _section_of(pointer: str) -> tuple[str, str]:
    """The title and anchor of the section that a change belongs to."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    if parts[:2] == ["components", "schemas"] and len(parts) > 2:
        return _schema_title(parts[2])
    if parts[:1] == ["paths"] and len(parts) > 2 and parts[2] in METHODS:
        return _operation_title(parts[2], parts[1])
    return "the document", "the-contract"


def _schema_title(name: str) -> tuple[str, str]:
    return name, f"schema-{name.lower()}"


def _operation_title(method: str, path: str) -> tuple[str, str]:
    return f"{method.upper()} {path}", re.sub(r"\W+", "-", f"{method}{path}").strip("-").lower()


def _prose(text: str) -> str:
    """A text of the contract as Markdown: its own paragraphs, and no HTML."""
    return "\n\n".join(escape(" ".join(part.split()), quote=False) for part in text.strip().split("\n\n"))


def _cell(text: str) -> str:
    return escape(" ".join(text.split()), quote=False).replace("|", "\\|")


def _spaced(name: str) -> str:
    return re.sub("[A-Z]", lambda found: f" {found[0].lower()}", name)


def _as_yaml(value: Any) -> str:
    if value is MISSING:
        return "# nothing"
    stream = io.StringIO()
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(value, stream)
    return textwrap.dedent(stream.getvalue()).removesuffix("...\n")


def _read_yaml(path: Path) -> Any:
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)
    return yaml.load(path.read_text(encoding="utf-8"))
