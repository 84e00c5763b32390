"""The packages of all mutations take some seconds, so they are made once."""

import pytest

from tools.review.change import Change

from .mutations import MUTATIONS
from .packages import changes_of_all


@pytest.fixture(scope="session")
def in_python(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Change]]:
    """What the Python layer says of each mutation, by its name."""
    found = changes_of_all(tmp_path_factory.mktemp("mutations"))
    return {mutation.name: changes for mutation, changes in zip(MUTATIONS, found, strict=True)}
