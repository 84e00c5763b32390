"""What MkDocs calls: it adds the pages and tables that are made from code."""

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File  # pyright: ignore[reportMissingImports] - only the environment of make docs has it

from tools.docs.command import command_page
from tools.docs.contract import contract_page
from tools.docs.versions import with_versions

ROOT = Path(__file__).resolve().parent.parent.parent


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages."""
    for uri, content in (("reference/contract.md", contract_page(ROOT)), ("reference/command.md", command_page())):
        files.append(File.generated(config, uri, content=content))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put tables of tested versions in the place of their markers."""
    return with_versions(markdown, ROOT / "tests/ecosystem/requirements.txt")
