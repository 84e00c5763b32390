"""The contract, read from the `openapi.json` that ships in imprint_api: what operations there are and what each takes.

A request is checked against the contract itself, so that a new field or operation in it needs no new code here. The
file is found without importing imprint_api: a mistake in the client's code cannot hide in the sandbox.
"""

import importlib.util
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jsonschema_rs

from imprint_sandbox.refusals import RefusedError
from imprint_sandbox.strict_json import decode, path_text

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_LONGEST_MESSAGE = 300  # characters
# What OpenAPI means by it; to JSON Schema the format of a number says nothing.
_INT32 = {"minimum": -(2**31), "maximum": 2**31 - 1}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation; `location` is path, query or header."""

    name: str
    location: str
    required: bool
    schema: Mapping[str, Any]
    validator: jsonschema_rs.Validator

    def read(self, given: Sequence[str]) -> Any:
        """Return the value of this parameter, given each value that the request has for it; None when absent."""
        if not given:
            if self.required:
                raise RefusedError(400, f"The {self.location} parameter {self.name} is required.", self.name)
            return self.schema.get("default")
        if len(given) > 1:
            raise RefusedError(400, f"The {self.location} parameter {self.name} is given twice.", self.name)
        value: str | int | bool = given[0]
        match self.schema.get("type"):
            case "integer" if re.fullmatch(r"-?[0-9]{1,15}", given[0]):
                value = int(given[0])
            case "boolean" if given[0] in ("true", "false"):
                value = given[0] == "true"
            case _:
                pass
        for error in self.validator.iter_errors(value):
            raise RefusedError(400, _shortened(error.message), self.name)
        return value


@dataclass(frozen=True, slots=True)
class Call:
    """A request that the contract allows: its parameters by name (absent ones None or their default), and its body."""

    parameters: Mapping[str, Any]
    body: Any


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract. `method` is in capitals; `status` is that of its success (int)."""

    operation_id: str
    method: str
    path: str
    status: int
    parameters: tuple[Parameter, ...]
    body: jsonschema_rs.Validator | None
    body_required: bool

    @property
    def writes(self) -> bool:
        """Whether this operation changes what is kept."""
        return self.method != "GET"

    @property
    def pages(self) -> bool:
        """Whether this operation answers with pages of a list."""
        return any(parameter.name == "starting_after" for parameter in self.parameters)

    @property
    def has_body(self) -> bool:
        """Whether the answer of a success has a body."""
        return self.status != HTTPStatus.NO_CONTENT

    def check(
        self,
        *,
        path: Mapping[str, str],
        query: Sequence[tuple[str, str]],
        headers: Sequence[tuple[str, str]],
        body: bytes,
    ) -> Call:
        """Return what the request asks for, or raise RefusedError with the first thing the contract does not allow."""
        known = {parameter.name for parameter in self.parameters if parameter.location == "query"}
        for name, _ in query:
            if name not in known:
                raise RefusedError(400, f"The contract knows no query parameter {name!r} here.", name)
        given = {"path": tuple(path.items()), "query": query, "header": headers}
        parameters = {
            parameter.name: parameter.read([v for n, v in given[parameter.location] if n == parameter.name])
            for parameter in self.parameters
        }
        return Call(parameters, self._read_body(headers, body))

    def _read_body(self, headers: Sequence[tuple[str, str]], body: bytes) -> Any:
        if self.body is None:
            return None
        if not body:
            if self.body_required:
                raise RefusedError(400, "A body is required.")
            return None
        content_type = dict(headers).get("content-type", "")
        if content_type.partition(";")[0].strip().lower() != "application/json":
            raise RefusedError(415, f"The body must be application/json, not {content_type or 'of an unstated type'}.")
        value = decode(body)
        for error in self.body.iter_errors(value):
            path = list(error.instance_path)
            if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required):
                path.append(error.kind.property)
            raise RefusedError(400, _shortened(error.message), path_text(path))
        return value


def find_contract() -> Path:
    """Return the path of the contract that imprint_api ships."""
    spec = importlib.util.find_spec("imprint_api")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            "imprint_api is not installed; the sandbox reads its openapi.json", name="imprint_api"
        )
    return Path(spec.submodule_search_locations[0], "openapi.json")


@cache
def read_operations(contract: Path) -> Mapping[str, Operation]:
    """Return the operations of a contract, by operationId."""
    document = json.loads(contract.read_text("utf-8"))
    return {
        operation["operationId"]: _operation(document, method, path, item)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    }


def _operation(document: dict[str, Any], method: str, path: str, item: dict[str, Any]) -> Operation:
    operation = item[method]
    body = _resolved(document, operation.get("requestBody", {}))
    return Operation(
        operation_id=operation["operationId"],
        method=method.upper(),
        path=path,
        status=min(int(status) for status in operation["responses"] if status.startswith("2")),
        parameters=tuple(
            _parameter(document, _resolved(document, parameter))
            for parameter in (*item.get("parameters", ()), *operation.get("parameters", ()))
        ),
        body=_validator(document, body["content"]["application/json"]["schema"]) if body else None,
        body_required=body.get("required", False),
    )


def _parameter(document: dict[str, Any], parameter: dict[str, Any]) -> Parameter:
    location = parameter["in"]
    schema = _resolved(document, parameter["schema"])
    if schema.get("format") == "int32":
        schema = {**_INT32, **schema}
    return Parameter(
        # Names of headers arrive in small letters.
        name=parameter["name"].lower() if location == "header" else parameter["name"],
        location=location,
        required=parameter.get("required", False),
        schema=schema,
        validator=_validator(document, schema),
    )


def _resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def _validator(document: dict[str, Any], schema: dict[str, Any]) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for({**schema, "components": document["components"]}, validate_formats=True)


def _shortened(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}..."
