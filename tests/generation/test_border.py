"""The border: `generated/imprint_api` is what `make generate` gives, to the byte; `make check-generated` proves it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.generate import main, marker, report_differences

from .support import PACKAGE, ROOT, copy_of_inputs, tree

COMMAND = "Run `make generate`"


def edit(path: Path) -> None:
    path.write_text(path.read_text() + "# a small improvement\n")


def replace(old: str, new: str) -> Callable[[Path], None]:
    def edit_in_place(path: Path) -> None:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return edit_in_place


def make(text: str = "") -> Callable[[Path], None]:
    def make_file(path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    return make_file


def test_the_tree_is_what_generation_gives(regenerated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = report_differences(ROOT / PACKAGE, regenerated)

    assert capsys.readouterr().out == ""
    assert status == 0


def test_a_fresh_package_is_accepted_and_nothing_is_changed(
    tmp_path: Path, regenerated: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = copy_of_inputs(tmp_path)
    shutil.rmtree(root / PACKAGE)
    shutil.copytree(regenerated, root / PACKAGE)
    before = tree(root)
    monkeypatch.setattr(sys, "argv", ["generate", "--root", str(root), "--check"])

    status = main()

    assert (status, *capsys.readouterr()) == (0, "", "")
    assert tree(root) == before


@pytest.mark.parametrize(
    ("name", "spoil", "said"),
    [
        ("models/order.py", edit, "+++ generated/imprint_api/models/order.py regenerated"),
        ("models/order.py", edit, "-# a small improvement"),
        ("types.py", replace("2**53", "2**63"), "+MAX_SAFE_INTEGER = 2**53 - 1"),
        ("openapi.json", replace('"integer"', '"number"'), "generated/imprint_api/openapi.json"),
        ("api/orders/create_order.py", Path.unlink, "generated/imprint_api/api/orders/create_order.py is missing"),
        ("py.typed", Path.unlink, "generated/imprint_api/py.typed is missing"),
        ("models/helper.py", make("# by hand\n"), "generated/imprint_api/models/helper.py is not generated"),
        ("extra/notes.txt", make(), "generated/imprint_api/extra/notes.txt is not generated"),
        (".ruff_cache/CACHEDIR.TAG", make(), "generated/imprint_api/.ruff_cache/CACHEDIR.TAG is not generated"),
        (
            "models/order.py",
            lambda path: path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n")),
            "models/order.py",
        ),
        ("models/order.py", lambda path: path.write_bytes(path.read_bytes().rstrip(b"\n")), "models/order.py"),
        ("models/order.py", lambda path: path.write_bytes(b"\xff" + path.read_bytes()), "models/order.py"),
    ],
)
def test_a_file_edited_deleted_or_added_by_hand_is_reported_with_the_command_that_mends_it(
    name: str,
    spoil: Callable[[Path], None],
    said: str,
    tmp_path: Path,
    regenerated: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    package = tmp_path / "imprint_api"
    shutil.copytree(regenerated, package)
    spoil(package / name)

    status = report_differences(package, regenerated)

    printed = capsys.readouterr()
    assert status == 1
    assert said in printed.out
    assert COMMAND in printed.err


def test_what_python_leaves_beside_modules_is_no_difference(tmp_path: Path, regenerated: Path) -> None:
    package = tmp_path / "imprint_api"
    shutil.copytree(regenerated, package)
    make("bytecode")(package / "__pycache__" / "types.cpython-311.pyc")

    assert report_differences(package, regenerated) == 0


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (
            "openapi.yaml",
            replace("Payment method identifier", "Payment method"),
            "+        payment_method_id (str): Payment",
        ),
        ("openapi.overlay.yaml", replace("required: [id]", "required: [id, currency]"), "+    currency: str"),
        ("generator-config.yaml", replace("class_name: NewOrder\n", "class_name: FreshOrder\n"), "+class FreshOrder:"),
        (
            "generator-templates/str_enum.py.jinja",
            replace("def known(", "def listed("),
            "+    def listed(self) -> bool:",
        ),
    ],
    ids=["contract", "overlay", "config", "template"],
)
def test_a_changed_input_without_regeneration_is_reported(
    name: str,
    change: Callable[[Path], None],
    said: str,
    tmp_path: Path,
    regenerated: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = copy_of_inputs(tmp_path)
    shutil.rmtree(root / PACKAGE)
    shutil.copytree(regenerated, root / PACKAGE)
    change(root / name)
    monkeypatch.setattr(sys, "argv", ["generate", "--root", str(root), "--check"])

    status = main()

    printed = capsys.readouterr()
    assert status == 1
    assert said in printed.out
    assert COMMAND in printed.err
    assert tree(root / PACKAGE) == tree(regenerated)


@pytest.fixture(scope="module")
def second_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root regenerated by another process, elsewhere in the world, with sets that come in another order."""
    root = copy_of_inputs(tmp_path_factory.mktemp("second"))
    command = [sys.executable, "-m", "tools.generate", "--root", str(root)]
    environment = {**os.environ, "PYTHONHASHSEED": "1", "TZ": "Pacific/Apia"}
    run = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    return root


def test_two_runs_give_the_same_bytes(second_root: Path, regenerated: Path) -> None:
    assert tree(second_root / PACKAGE) == tree(regenerated)


def test_generation_replaces_the_old_package_whole_and_touches_nothing_else(
    second_root: Path, regenerated: Path, tmp_path: Path
) -> None:
    expected = copy_of_inputs(tmp_path)
    shutil.rmtree(expected / PACKAGE)
    shutil.copytree(regenerated, expected / PACKAGE)

    assert tree(second_root) == tree(expected)


def test_only_code_its_contract_and_the_mark_of_typing_are_generated(regenerated: Path) -> None:
    files = {name for name, content in tree(regenerated).items() if content is not None}

    assert {name for name in files if not name.endswith(".py")} == {"py.typed", "openapi.json"}
    assert {path.name for path in regenerated.rglob("*") if path.is_dir()} == {
        "api",
        "models",
        "orders",
        "order_events",
    }


def test_each_module_says_what_it_was_generated_from_and_by_which_command(regenerated: Path) -> None:
    modules = list(regenerated.rglob("*.py"))

    unmarked = [module.name for module in modules if not module.read_text().startswith(marker())]

    assert len(modules) > 10
    assert unmarked == []
    for said in ("openapi.yaml", "openapi.overlay.yaml", "openapi-python-client 0.", "`make generate`", "Do not edit"):
        assert said in marker()


def test_the_contract_that_ships_is_the_corrected_one(regenerated: Path, corrected: dict[str, Any]) -> None:
    shipped = json.loads((regenerated / "openapi.json").read_text())

    assert shipped == corrected


@pytest.mark.parametrize(
    "name",
    [
        "NewOrder",
        "Order",
        "NewOrderEvent",
        "OrderEvent",
        "OrderEventType",
        "OrderEventsResponse",
        "OrderLine",
        "Address",
    ],
)
def test_the_models_have_the_names_that_people_see(name: str, regenerated: Path) -> None:
    exports = (regenerated / "models" / "__init__.py").read_text()

    assert f'    "{name}",\n' in exports
