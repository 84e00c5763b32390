"""The package of a mutation takes a tenth of a second, so that each is made when it is first asked for, and once."""

import pytest

from .packages import InPython


@pytest.fixture(scope="session")
def in_python(tmp_path_factory: pytest.TempPathFactory) -> InPython:
    """What the Python layer says of each mutation, by its name."""
    return InPython(tmp_path_factory.mktemp("mutations"))
