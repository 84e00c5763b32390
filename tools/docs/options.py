"""Show the options of a method in its signature, where `**options: Unpack[SendOptions]` says little."""

from collections.abc import Iterator
from typing import Any

from griffe import Class, Expr, ExprSubscript, Extension, Function, Module, Parameter, ParameterKind, Parameters


class Options(Extension):
    """Griffe's own extension for this leaves out what a TypedDict inherits, and the docstring of the options."""

    def on_package(self, *, pkg: Module, **_: Any) -> None:
        for function in _functions(pkg):
            _show_options(function)


def _functions(holder: Module | Class) -> Iterator[Function]:
    for member in holder.members.values():
        if isinstance(member, Function):
            yield member
        elif isinstance(member, Module | Class):
            yield from _functions(member)


def _show_options(function: Function) -> None:
    shown: list[Parameter] = []
    for parameter in function.parameters:
        annotation = parameter.annotation
        if (
            parameter.kind is ParameterKind.var_keyword
            and isinstance(annotation, ExprSubscript)
            and annotation.canonical_path == "typing.Unpack"
            and isinstance(annotation.slice, Expr)
        ):
            options = function.modules_collection[annotation.slice.canonical_path]
            for each in reversed([options, *options.mro()]):
                shown += [_option(name, field) for name, field in each.attributes.items()]
        else:
            shown.append(parameter)
    function.parameters = Parameters(*shown)


def _option(name: str, field: Any) -> Parameter:
    return Parameter(name, kind=ParameterKind.keyword_only, annotation=field.annotation, default="...")
