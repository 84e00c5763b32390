"""What the generator calls things: its own functions, asked in one place."""

from pathlib import Path
from typing import Any

from openapi_python_client.config import ConfigFile
from openapi_python_client.strings import ClassName, PythonIdentifier

FIELD_PREFIX = "field_"


def class_overrides(config: Path) -> dict[str, str]:
    """The `class_overrides` of a generator configuration: the class name by the name it replaces."""
    overrides = ConfigFile.load_from_path(config).class_overrides or {}
    return {name: o.class_name.get_untrusted_value() for name, o in overrides.items() if o.class_name is not None}


def class_name(schema: str, overrides: dict[str, str]) -> str:
    name = str(ClassName(schema, FIELD_PREFIX))
    return overrides.get(name, name)


def module_of(operation: dict[str, Any]) -> Path:
    """The module of an operation, below `api/`."""
    tag = (operation.get("tags") or ["default"])[0]
    return Path(PythonIdentifier(tag, "tag"), f"{PythonIdentifier(operation['operationId'], FIELD_PREFIX)}.py")
