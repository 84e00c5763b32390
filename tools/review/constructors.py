"""Teach griffe the constructors that attrs and NamedTuple make: their keywords, required or with a default."""

from typing import Any

import griffe

ATTRS = ("attrs.define", "attrs.frozen", "attrs.mutable", "attr.define", "attr.frozen", "attr.s", "attr.attrs")
FIELDS = ("attrs.field", "attr.field", "attr.ib", "attr.attrib")
LABEL = "made-constructor"
DEFAULTS = {"frozen": "False", "eq": "True", "order": "False", "unsafe_hash": "False", "hash": "None"}
"""Of what a class may be told, and its users notice."""


class Constructors(griffe.Extension):
    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        for class_ in classes(pkg):
            if "__init__" not in class_.members and (keyword_only := made(class_)) is not None:
                set_constructor(class_, keyword_only)


def classes(parent: griffe.Module | griffe.Class) -> list[griffe.Class]:
    """All of a package, those in classes too."""
    found: list[griffe.Class] = []
    for member in parent.members.values():
        if isinstance(member, griffe.Class):
            found.append(member)
        if isinstance(member, griffe.Module | griffe.Class):
            found += classes(member)
    return found


def made(class_: griffe.Class) -> bool | None:
    """Whether its constructor takes only keywords; None if nothing makes one."""
    for decorator in class_.decorators:
        if isinstance(decorator.value, griffe.Expr) and decorator.value.canonical_path in ATTRS:
            return options(decorator.value).get("kw_only") == "True"
    return False if any(str(base).endswith("NamedTuple") for base in class_.bases) else None


def traits(class_: griffe.Class) -> dict[str, str]:
    """What its decorator says of all its objects, where that is not the default."""
    found: dict[str, str] = {}
    for decorator in class_.decorators:
        path = decorator.value.canonical_path if isinstance(decorator.value, griffe.Expr) else ""
        if path in (*ATTRS, "dataclasses.dataclass"):
            found |= {"frozen": "True"} if path.endswith(".frozen") else {}
            found |= {name: value for name, value in options(decorator.value).items() if name in DEFAULTS}
    return {name: value for name, value in found.items() if value != DEFAULTS[name]}


def set_constructor(class_: griffe.Class, keyword_only: bool) -> None:
    parameters = [griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword)]
    for parent in [*reversed(class_.mro()), class_]:
        parameters += [
            parameter for field in parent.attributes.values() if (parameter := as_parameter(field, keyword_only))
        ]
    init = griffe.Function("__init__", parameters=griffe.Parameters(*parameters), returns="None")
    init.labels.add(LABEL)
    class_.set_member("__init__", init)


def as_parameter(field: griffe.Attribute, keyword_only: bool) -> griffe.Parameter | None:
    is_field = field.annotation is not None and "instance-attribute" in field.labels
    said = options(field.value) if is_field_call(field.value) else {}
    if not is_field or said.get("init") == "False":
        return None
    default: Any = field.value
    if is_field_call(field.value):
        default = said.get("default", said.get("factory"))
    by_keyword = keyword_only or said.get("kw_only") == "True"
    kind = griffe.ParameterKind.keyword_only if by_keyword else griffe.ParameterKind.positional_or_keyword
    name = said["alias"].strip("'\"") if "alias" in said else field.name.lstrip("_")
    return griffe.Parameter(name, annotation=field.annotation, kind=kind, default=default)


def is_field_call(value: Any) -> bool:
    return isinstance(value, griffe.ExprCall) and value.canonical_path in FIELDS


def options(call: Any) -> dict[str, str]:
    """The keywords of a call, as they are written."""
    given = call.arguments if isinstance(call, griffe.ExprCall) else []
    return {one.name: str(one.value) for one in given if isinstance(one, griffe.ExprKeyword)}
