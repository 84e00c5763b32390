"""The pages that `make docs` makes from the contract and the command, and the diagrams that it draws."""

import copy
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import imprint_client
import imprint_sandbox
import pytest
from imprint_bulk.cli import app
from ruamel.yaml import YAML

from tools.docs.command import command_page
from tools.docs.contract import METHODS, MISSING, contract_page, corrections
from tools.docs.sequence import SequenceError, draw
from tools.docs.versions import with_versions

ROOT = Path(__file__).resolve().parent.parent.parent
CONTRACT: dict[str, Any] = json.loads((ROOT / "generated/imprint_api/openapi.json").read_text(encoding="utf-8"))
PUBLISHED = {"components": {"schemas": {"Pets": {"required": ["pets"], "properties": {"data": {"type": "array"}}}}}}


def overlay(*actions: dict[str, Any]) -> dict[str, Any]:
    return {"overlay": "1.0.0", "actions": [{"description": f"Reason {n}", **a} for n, a in enumerate(actions, 1)]}


@pytest.fixture(scope="module")
def page() -> str:
    return contract_page(ROOT)


def test_the_contract_page_has_every_operation_parameter_schema_and_field(page: str) -> None:
    for path, item in CONTRACT["paths"].items():
        for method in item.keys() & set(METHODS):
            assert f"### {method.upper()} {path} {{" in page
            assert f"`{item[method]['operationId']}`" in page
    for name, schema in CONTRACT["components"]["schemas"].items():
        section = page.partition(f"### {name} ")[2].partition("\n### ")[0]
        assert section
        for field in schema.get("properties", {}):
            assert f"| `{field}` |" in section


def test_each_link_of_the_contract_page_leads_to_a_section_of_it(page: str) -> None:
    anchors = set(re.findall(r"\{ #([\w-]+) \}", page)) | {"the-contract"}

    links = re.findall(r"\]\(#([\w-]+)\)", page)

    assert links
    assert set(links) <= anchors


def test_each_action_of_the_overlay_is_on_the_contract_page_with_its_reason(page: str) -> None:
    text = YAML(typ="safe", pure=True).load((ROOT / "openapi.overlay.yaml").read_text(encoding="utf-8"))

    for action in text["actions"]:
        assert " ".join(action["description"].split()).replace("<", "&lt;") in page


def test_actions_that_share_a_place_are_one_correction_between_what_was_published_and_the_end() -> None:
    place = "$.components.schemas.Pets.required"
    both = overlay({"target": place, "update": "data"}, {"target": f"{place}[?@ == 'pets']", "remove": True})

    [correction] = corrections(copy.deepcopy(PUBLISHED), both)

    assert correction.pointer == "/components/schemas/Pets/required"
    assert (correction.published, correction.corrected) == (["pets"], ["data"])
    assert correction.reasons == ["Reason 1", "Reason 2"]


def test_what_a_correction_adds_was_not_published() -> None:
    added = overlay({"target": "$.components.schemas.Pets", "update": {"description": "All of them"}})

    [correction] = corrections(copy.deepcopy(PUBLISHED), added)

    assert (correction.published, correction.corrected) == (MISSING, "All of them")


def test_the_page_of_the_command_has_every_command_and_option() -> None:
    page = command_page()

    for command in app.registered_commands:
        assert f"## imprint {command.name}\n" in page
    assert "`--dry-run`" in page
    assert "`--settle-wait SECONDS`" in page


def drawn(source: str) -> ElementTree.Element:
    return ElementTree.fromstring(draw(source))  # noqa: S314 - our own


def test_every_public_name_is_in_the_reference() -> None:
    reference = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs/reference").glob("*.md"))
    documented = set(re.findall(r"^::: (imprint_client|imprint_sandbox)\.(\w+)$", reference, re.M))

    public = {(package.__name__, name) for package in (imprint_client, imprint_sandbox) for name in package.__all__}
    explained = {("imprint_client", name) for name in ("UNSET", "API_VERSION", "__version__")}
    assert documented - {("imprint_client", "errors")} == public - explained
    assert all(f"`{name}`" in reference or f"`imprint_client.{name}`" in reference for _, name in explained)


def test_a_diagram_has_its_participants_arrows_and_notes_and_can_be_read_aloud() -> None:
    svg = drawn("Client -> Imprint: POST\nnote Imprint: records it\nImprint x Client: 200\n")

    texts = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["Client", "Imprint", "POST", "records it", "200"]
    assert (
        svg.get("aria-label") == "Client to Imprint: POST; Imprint: records it; Imprint to Client: 200 (never arrives)"
    )


def test_texts_of_a_diagram_are_escaped() -> None:
    svg = drawn('A -> B: <script>alert("1")</script> & more')

    assert not list(svg.iter("{http://www.w3.org/2000/svg}script"))
    assert "alert" in (svg.get("aria-label") or "")


def test_what_is_not_a_step_of_a_diagram_is_refused_with_its_line() -> None:
    with pytest.raises(SequenceError, match="A => B: hello"):
        draw("A -> B: hello\nA => B: hello")


def test_each_package_of_a_table_of_versions_is_one_that_is_tested() -> None:
    requirements = ROOT / "tests/ecosystem/requirements.txt"

    shown = with_versions((ROOT / "docs/guides/monitoring.md").read_text(encoding="utf-8"), requirements)

    rows = re.findall(r"^\| ([\w-]+) \| (\d[\w.]+) \|$", shown, re.M)
    assert "sentry-sdk" in dict(rows)
    assert all(f"{name}=={version} " in requirements.read_text(encoding="utf-8") for name, version in rows)
    with pytest.raises(KeyError, match="nobody"):
        with_versions("<!-- versions: nobody -->", requirements)


def test_the_site_asks_nothing_of_other_hosts() -> None:
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    style = (ROOT / "docs/assets/site.css").read_text(encoding="utf-8")

    assert "font: false" in settings
    assert "extra_javascript" not in settings
    assert "url(" not in style
    assert "http" not in style
