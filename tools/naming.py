"""The names that the generator gives things. All calls of its naming functions are here."""

import json
from pathlib import Path
from typing import Any

from openapi_python_client.config import ConfigFile
from openapi_python_client.strings import ClassName, PythonIdentifier, in_double_quote_literal

FIELD_PREFIX = "field_"
TAKEN = frozenset({"to_dict", "to_multipart", "from_dict", "additional_properties", "additional_keys"})
"""What a model has beside its members."""

LOCAL = frozenset({"params", "headers", "cookies", "quote"})
"""What a generated function calls things of its own, so that no parameter may be called that."""


def class_overrides(config: Any) -> dict[str, str]:
    """The class names of a generator configuration, by the names that they replace.

    Raises ValueError for an unknown option, which the generator itself would ignore.
    """
    if not isinstance(config, dict) or config.keys() - ConfigFile.model_fields.keys():
        raise ValueError(f"its options are {', '.join(ConfigFile.model_fields)}")
    overrides = ConfigFile(**config).class_overrides or {}
    return {name: o.class_name.get_untrusted_value() for name, o in overrides.items() if o.class_name is not None}


def class_name(schema: str, overrides: dict[str, str]) -> str:
    name = str(ClassName(schema, FIELD_PREFIX))
    return overrides.get(name, name)


def member(name: str) -> str:
    """The Python name of a property."""
    return str(PythonIdentifier(name, FIELD_PREFIX))


def module_of(operation: dict[str, Any]) -> Path:
    """The module of an operation, under `api/`."""
    tag = (operation.get("tags") or ["default"])[0]
    return Path(PythonIdentifier(tag, "tag"), f"{PythonIdentifier(operation['operationId'], FIELD_PREFIX)}.py")


def is_kept(name: str) -> bool:
    """Whether the generator writes a path, a parameter or a content type unchanged."""
    return bool(json.loads(f'"{in_double_quote_literal(name)}"') == name)
