"""Show the options of a method in its signature, where `**options: Unpack[...]` says little."""

from typing import Any

from griffe import Function, UnpackTypedDictExtension


class Options(UnpackTypedDictExtension):
    """Griffe's own, but for docstrings: ours say already what the options mean."""

    def on_function(self, *, func: Function, **kwargs: Any) -> None:
        docstring, func.docstring = func.docstring, None
        super().on_function(func=func, **kwargs)
        func.docstring = docstring
