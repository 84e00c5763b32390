"""Write openapi.yaml from Imprint's publication: the operations this client supports, and all they refer to.

Reads Imprint's whole OpenAPI document, or pages of its documentation that quote parts of it in ```yaml blocks. Order,
wording and defects stay as published; openapi.overlay.yaml corrects the defects. Comments are not kept. A publication
with the same contents does not touch openapi.yaml, so it makes no diff.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.tag import Tag

from tools.contract import METHODS
from tools.download import DownloadError, download, without_secrets
from tools.text import one_line, printable

ROOT = Path(__file__).resolve().parent.parent
PATHS = ("/v2/orders", "/v2/order_events")
"""The operations that the client speaks: those of these paths, and of the paths below them."""
MOST_BYTES = 16 * 2**20
MOST_VALUES = 1_000_000
"""Counted with every alias written out."""
FENCE = re.compile(r"^(`{3,})(?:yaml|yml|json)\b[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
HEAD = """\
# The Orders and Order Events part of Imprint's public API, cut out of {sources} by `make vendor`.
# Order, wording and defects are as published; openapi.overlay.yaml corrects the defects. The texts are Imprint's
# (https://docs.imprint.co); the licence of this project does not cover them.
"""


class VendorError(Exception):
    """The publication cannot be used; the message is one line that says why."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make vendor", description=__doc__)
    parser.add_argument("sources", nargs="+", metavar="FROM", help="a file or an https URL; several pages at once")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    target = arguments.root / "openapi.yaml"
    sources = " and ".join(printable(shown(source)) for source in arguments.sources)
    try:
        contract = vendored(arguments.sources)
        text = HEAD.format(sources=sources) + written(contract)
        before = current(target)
        is_new = as_json(before) != as_json(contract)
        if is_new:
            replace(target, text)
    except (VendorError, DownloadError, OSError) as error:
        print(f"vendor: {printable(one_line(str(error)))}; openapi.yaml is unchanged", file=sys.stderr)
        return 1
    for operation in missing(before, contract):
        print(f"vendor: {printable(operation)} is gone: the publication no longer has it")
    for operation in missing(contract, before):
        print(f"vendor: {printable(operation)} is new")
    said = "openapi.yaml now has" if is_new else "openapi.yaml says the same already:"
    print(f"vendor: {said} the {len(operations(contract))} operations of {sources}")
    return 0


def vendored(sources: list[str]) -> Any:
    """The part of the contract in `sources` that this client uses.

    Raises:
        VendorError, DownloadError: They hold no usable contract.
    """
    pages = [document for source in sources for document in documents(source)]
    try:
        contract = cut_out(merged(pages))
        if not operations(contract):
            raise VendorError(f"the publication has no operation of {' or '.join(PATHS)}")
        return contract
    except (AttributeError, TypeError, KeyError) as error:
        raise VendorError(f"the publication is not built as an OpenAPI document is ({error})") from None
    except RecursionError:
        raise VendorError("the publication is nested too deep") from None


# --- Reading ----------------------------------------------------------------------------------------------------------


def documents(source: str) -> Iterator[tuple[str, Any]]:
    """The OpenAPI documents in a file or at an address, each with the name of its source."""
    name = shown(source)
    try:
        text = read(source).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise VendorError(f"{name} is not UTF-8 text") from None
    if text.lstrip().lower().startswith(("<!doctype", "<html")):
        raise VendorError(f"{name} is a web page; give the OpenAPI document, or a page as Markdown with a yaml block")
    blocks = [found[2] for found in FENCE.finditer(text)]
    found = [document for document in (parsed(block, name) for block in blocks or [text]) if is_openapi(document)]
    if not found:
        what = "has no block with an OpenAPI 3 document" if blocks else "is not an OpenAPI 3 document"
        raise VendorError(f"{name} {what} (one begins with `openapi: 3.`)")
    for document in found:
        yield name, document


def shown(source: str) -> str:
    """The name of a source for messages and the head of openapi.yaml: no local path, no secret."""
    return without_secrets(source) if is_url(source) else Path(source).name


def is_url(source: str) -> bool:
    return "://" in source


def read(source: str) -> bytes:
    if is_url(source):
        return download(source, MOST_BYTES)
    path = Path(source)
    if not path.is_file():
        raise VendorError(f"{path.name or source} is not a file")
    if path.stat().st_size > MOST_BYTES:
        raise VendorError(f"{path.name} is larger than {MOST_BYTES // 2**20} MiB")
    return path.read_bytes()


def is_openapi(document: Any) -> bool:
    return isinstance(document, dict) and str(document.get("openapi", "")).startswith("3.")


def parsed(text: str, name: str) -> Any:
    """A parsed document. YAML keeps its formatting styles; JSON has none."""
    kind = "JSON" if text.lstrip().startswith("{") else "YAML"
    try:
        document = json.loads(text, object_pairs_hook=without_twins) if kind == "JSON" else yaml().load(text)
        if count(document, {}) > MOST_VALUES:
            raise VendorError(f"{name} has aliases that stand for more than {MOST_VALUES:,} values")
        json.loads(as_json(document), object_pairs_hook=without_twins)  # as YAML, 200 and '200' are two names
        return without_comments(document)
    except (YAMLError, ValueError, TypeError) as error:
        raise VendorError(f"{name} is not {kind} that a contract can be in: {one_line(str(error))[:300]}") from None
    except RecursionError:
        raise VendorError(f"{name} is nested too deep, or holds itself") from None


def without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("an object has the same name twice")
    return dict(pairs)


class AsWritten(VersionedResolver):
    """Reads a timestamp as text, as in JSON."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        tag = super().resolve(kind, value, implicit)
        return Tag(suffix="tag:yaml.org,2002:str") if str(tag) == "tag:yaml.org,2002:timestamp" else tag


def yaml() -> YAML:
    both_ways = YAML(pure=True)
    both_ways.Resolver = AsWritten
    both_ways.preserve_quotes = True
    both_ways.width = 4096
    both_ways.indent(mapping=2, sequence=4, offset=2)
    return both_ways


def plain_yaml() -> YAML:
    """What `make generate` reads with: it refuses tags that the other keeps."""
    plain = YAML(typ="safe", pure=True)
    plain.Resolver = AsWritten
    return plain


def count(node: Any, known: dict[int, int]) -> int:
    """The values in a document with every alias written out, each counted once however often it is referred to."""
    if not isinstance(node, dict | list):
        return 1
    if id(node) not in known:
        known[id(node)] = 1 + sum(count(inner, known) for inner in (node.values() if isinstance(node, dict) else node))
    return known[id(node)]


def without_comments(node: Any) -> Any:
    if isinstance(node, CommentedMap | CommentedSeq):
        node.ca.items.clear()
        node.ca.comment, node.ca.end = None, []
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        without_comments(inner)
    return node


def as_json(document: Any, *, sort: bool = False) -> str:
    return json.dumps(document, allow_nan=False, sort_keys=sort)


# --- Several pages ----------------------------------------------------------------------------------------------------

# Objects to which each page may add its own part. Other values at the root or at a path, such as `security` or
# `parameters`, apply to a whole page, so they must be the same on every page.
PARTS = re.compile(r"|/paths(/[^/]+)?|/components(/[^/]+)?")
OWN = {"paths", "components", "webhooks", *METHODS}


def merged(pages: list[tuple[str, Any]]) -> Any:
    """Merge all pages into one document.

    Raises:
        VendorError: Two pages disagree about the same place.
    """
    (first, whole), *others = pages
    origins = {"": first}
    for name, page in others:
        merge(whole, page, "", origins, name)
    return whole


def merge(whole: Any, page: Any, at: str, origins: dict[str, str], name: str) -> None:
    is_list_of_parts = at == "/paths" or at.startswith("/components")
    for key in [*page, *({*whole} - {*page} - OWN if not is_list_of_parts else ())]:
        here = f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}"
        one, other = whole.get(key), page.get(key)
        if key not in whole and (is_list_of_parts or key in OWN):
            whole[key], origins[here] = other, name
        elif PARTS.fullmatch(here) and isinstance(one, dict) and isinstance(other, dict):
            merge(one, other, here, origins, name)
        elif as_json(one, sort=True) != as_json(other, sort=True):
            origin = next(origins[place] for place in sorted(origins, key=len, reverse=True) if here.startswith(place))
            raise VendorError(f"{origin} and {name} contradict each other at {difference(one, other, here)}")


def difference(one: Any, other: Any, at: str) -> str:
    """The first place at which two values differ, with both."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *other]:
            if one.get(key) != other.get(key):
                return difference(one.get(key), other.get(key), f"{at}/{key}")
    return f"{at}: {one!r:.100} and {other!r:.100}"


# --- Cutting out ------------------------------------------------------------------------------------------------------


def cut_out(contract: Any) -> Any:
    """The document with only the operations of PATHS, and the components and tags that they use."""
    paths = contract.get("paths")
    if not isinstance(paths, dict) or not any(map(is_wanted, paths)):
        raise VendorError(f"the publication has no operation of {' or '.join(PATHS)}")
    keep(paths, set(filter(is_wanted, paths)))
    contract.pop("webhooks", None)
    reached = components_reached(contract)
    sections = contract.get("components", {})
    for section, components in sections.items():
        keep(components, {name for name in components if (section, str(name)) in reached})
    keep(sections, {section for section, components in sections.items() if components})
    used = {tag for item in paths.values() for method in METHODS for tag in item.get(method, {}).get("tags", [])}
    if isinstance(contract.get("tags"), list):
        contract["tags"][:] = [tag for tag in contract["tags"] if tag.get("name") in used]
    for empty in [key for key in ("components", "tags") if key in contract and not contract[key]]:
        del contract[empty]
    return contract


def is_wanted(path: object) -> bool:
    return isinstance(path, str) and any(path == known or path.startswith(f"{known}/") for known in PATHS)


def keep(mapping: Any, wanted: set[Any]) -> None:
    for key in [key for key in mapping if key not in wanted]:
        del mapping[key]


def components_reached(contract: Any) -> set[tuple[str, str]]:
    """The components that the paths and the security of a contract refer to, as (section, name)."""
    reached: set[tuple[str, str]] = set()
    waiting: list[Any] = [contract["paths"], {"security": contract.get("security")}]
    while waiting:
        for section, name in references(waiting.pop()):
            component = contract.get("components", {}).get(section, {}).get(name)
            if component is not None and (section, name) not in reached:
                reached.add((section, name))
                waiting.append(component)
    return reached


def references(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        mapping = node.get("mapping")
        for reference in [node.get("$ref"), *(mapping.values() if isinstance(mapping, dict) else ())]:
            if isinstance(reference, str):
                yield reference_to(reference)
        if isinstance(node.get("security"), list):
            yield from (("securitySchemes", name) for needed in node["security"] for name in needed)
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from references(inner)


def reference_to(reference: str) -> tuple[str, str]:
    """The component that a `$ref`, or a value of a discriminator's mapping, names."""
    root, _, rest = reference.partition("#/components/")
    if root or not rest:
        return "schemas", reference
    section, _, name = rest.partition("/")
    return section, unquote(name.split("/")[0]).replace("~1", "/").replace("~0", "~")


def operations(contract: Any) -> list[str]:
    paths = contract.get("paths", {})
    return [f"{method.upper()} {path}" for path in paths for method in METHODS if method in paths[path]]


def missing(before: Any, after: Any) -> list[str]:
    return [operation for operation in operations(before) if operation not in operations(after)]


def current(path: Path) -> Any:
    """The current contents of openapi.yaml; empty if it cannot be read."""
    try:
        return yaml().load(path.read_text(encoding="utf-8")) or {}
    except (OSError, YAMLError, ValueError):
        return {}


# --- Writing ----------------------------------------------------------------------------------------------------------


def written(contract: Any) -> str:
    stream = StringIO()
    yaml().dump(contract, stream)
    text = stream.getvalue()
    try:
        again = [as_json(reader.load(text)) for reader in (yaml(), plain_yaml())]
    except (YAMLError, ValueError, RecursionError):
        again = []
    if again != [as_json(contract)] * 2:
        raise VendorError("the publication uses YAML that cannot be written again as it is")
    return text


def replace(path: Path, text: str) -> None:
    """Replace the file completely or not at all."""
    part = path.with_suffix(".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
