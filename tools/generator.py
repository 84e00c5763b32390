"""Run openapi-python-client in this process: it starts faster, and the templates get what its parser drops."""

import contextlib
import copy
import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError, ParseError
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.schema import UntrustedString

from tools.contract import all_schemas, operations, properties_of, resolve
from tools.limits import limits_of, limits_of_model
from tools.text import one_line

PLACE = "x-place"


class GeneratorFailedError(Exception):
    """The generator failed on the contract; the message is one line that says why."""


def run(contract: dict[str, Any], package: Path, config: dict[str, Any], templates: Path) -> None:
    """Generate the package from a normalized contract into a new folder."""
    # The post hooks call ruff by name, and must find the one beside this interpreter.
    path = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), path])
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints where it writes
            errors = _generate(contract, package, config, templates)
    except Exception as failure:  # it may raise anything for somebody else's document, or in our templates
        raise GeneratorFailedError(one_line(str(failure)) or type(failure).__name__) from failure
    finally:
        os.environ["PATH"] = path
    if errors:
        raise GeneratorFailedError(one_line(" ".join(map(_said, errors))) or "it gave no reason")


def _generate(contract: dict[str, Any], package: Path, config: dict[str, Any], templates: Path) -> list[GeneratorError]:
    settings = Config.from_sources(
        ConfigFile(**config), MetaType.NONE, Path("openapi.json"), "utf-8", overwrite=False, output_path=package
    )
    data = GeneratorData.from_dict(_with_places(contract), config=settings)
    if isinstance(data, GeneratorError):
        return [data]
    places = {slot.place: slot.value for slot in all_schemas(contract)}
    schemas = {str(model.class_info.name): places[(model.data.model_extra or {})[PLACE]] for model in data.models}
    project = Project(openapi=data, config=settings, custom_template_path=templates)
    project.env.globals["components"] = {
        str(model.class_info.name): name
        for model in data.models
        for name, schema in contract.get("components", {}).get("schemas", {}).items()
        if schema is schemas[str(model.class_info.name)]
    }
    project.env.globals["limits"] = {name: limits_of_model(contract, schema) for name, schema in schemas.items()}
    project.env.globals["parameter_limits"] = _parameter_limits(contract, data)
    project.env.globals["deprecated_operations"] = {
        name for _, name, operation, _ in operations(contract) if operation.get("deprecated") is True
    }
    _describe(contract, data, schemas)
    return list(project.build())


def _with_places(contract: dict[str, Any]) -> dict[str, Any]:
    """The contract with each schema's place added, which connects a generated class to its schema."""
    marked = copy.deepcopy(contract)
    for slot in all_schemas(marked):
        if "$ref" not in slot.value and slot.value:
            slot.value[PLACE] = slot.place
    return marked


def _describe(contract: dict[str, Any], data: GeneratorData, schemas: dict[str, Any]) -> None:
    """Give a property or parameter whose type is a class its own description.

    The parser uses the class's description instead; no upstream issue is known. Delete this when it reads the nearer
    one.
    """
    for model in data.models:
        said = properties_of(contract, schemas[model.class_info.name])
        for member in [*(model.required_properties or []), *(model.optional_properties or [])]:
            _describe_one(member, said.get(member.name.get_untrusted_value()))
    used = _parameters(contract)
    for name, endpoint in _endpoints(data):
        for place, parameter in endpoint.iter_all_parameters():
            said = used[name].get((place.value, parameter.name.get_untrusted_value()), {})
            _describe_one(parameter, said.get("schema"))


def _parameter_limits(contract: dict[str, Any], data: GeneratorData) -> dict[str, dict[str, Any]]:
    """The limits of each operation's parameters and of its body, by their names in Python. A model has its own."""
    used = _parameters(contract)
    found: dict[str, dict[str, Any]] = {name: {} for name in used}
    for name, endpoint in _endpoints(data):
        for place, parameter in endpoint.iter_all_parameters():
            said = used[name].get((place.value, parameter.name.get_untrusted_value()), {})
            found[name][parameter.python_name] = limits_of(contract, said.get("schema"))
    for _, name, operation, _ in operations(contract):
        body = resolve(contract, operation.get("requestBody")) or {}
        for media in body.get("content", {}).values():
            found[name]["body"] = limits_of(contract, media.get("schema"))
    return {name: {each: limits for each, limits in limited.items() if limits} for name, limited in found.items()}


def _endpoints(data: GeneratorData) -> Iterator[tuple[str, Endpoint]]:
    for collection in data.endpoint_collections_by_tag.values():
        for endpoint in collection.endpoints:
            yield f"{endpoint.method.upper()} {endpoint.path.get_untrusted_value()}", endpoint


def _parameters(contract: dict[str, Any]) -> dict[str, dict[tuple[str, str], dict[str, Any]]]:
    """The parameters of each operation by place and name; one of its path counts where it has none of its own."""
    found: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
    for _, name, operation, item in operations(contract):
        each = [resolve(contract, one) for one in (*item.get("parameters", ()), *operation.get("parameters", ()))]
        found[name] = {(one["in"], one["name"]): one for one in each}
    return found


def _describe_one(member: Any, schema: Any) -> None:
    if isinstance(schema, dict) and "allOf" in schema and isinstance(schema.get("description"), str):
        member.description = UntrustedString(schema["description"])


def _said(error: GeneratorError) -> str:
    """The generator's error message, without the part of the document that it quotes."""
    said = f"{error.header or ''} {error.detail or ''}"
    if isinstance(error, ParseError) and error.data is not None and not said.strip():
        said = type(error.data).__name__
    return re.sub(r"<\S+ object at 0x\w+>", "...", said)
