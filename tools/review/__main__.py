"""Say what changed in the API since BASE, on the wire and in Python, and which version that asks for.

Exit 0: nothing is left to do. 1: a person must set the version, write the changelog, or mend what no longer fits.
2: no review could be made, or the wire was not compared.
"""

import argparse
import sys
import tempfile
import traceback
from pathlib import Path

import griffe

from tools.generate import ROOT, GenerateError, class_overrides
from tools.review import base, fresh, mend, report, requirements, surface, wire
from tools.review.base import BaseError
from tools.review.canonical import canonical
from tools.review.change import FOLLOWS, UNSEEN, Change, Impact
from tools.review.places import directions
from tools.review.report import Review
from tools.review.subjects import Subjects, moved
from tools.review.version import VersionError, verdict
from tools.text import printable

OUTPUT = "review.md"
CACHE = ".mypy_cache/review"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.review", description=__doc__)
    parser.add_argument("base", help="the commit, branch or tag to compare with; empty: HEAD")
    parser.add_argument("--changelog", action="store_true", help="print a draft for CHANGELOG.md instead")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    try:
        return told(arguments.root, arguments.base, arguments.changelog)
    except (BaseError, GenerateError, VersionError, mend.MendError, OSError, griffe.GriffeError) as error:
        print(f"review: {printable(' '.join(str(error).split()))}", file=sys.stderr)
    except Exception:  # noqa: BLE001 - 1 says that something is to be done, and is Python's own word for a crash
        traceback.print_exc()
    return 2


def told(root: Path, given: str, is_draft: bool) -> int:
    """Review, and say what came of it; the status with which the program ends."""
    (root / OUTPUT).unlink(missing_ok=True)  # whatever happens, what it says of something else goes
    with tempfile.TemporaryDirectory() as folder:
        result = review(root, given, Path(folder))
    (root / OUTPUT).write_text(report.markdown(result), encoding="utf-8")
    print(report.changelog(result) if is_draft else report.plain(result), end="")
    if not is_draft:
        print(f"{OUTPUT} has all of it, for a pull request.", flush=True)
    if result.failed:
        return 2
    return 0 if result.verdict.fits and not result.mend else 1


def review(root: Path, given: str, folder: Path) -> Review:
    """Compare the working tree of `root`, as generation gives it now, with the commit that it began from."""
    began = base.find(root, given)
    before, after = folder / "before", folder / "after"
    base.extract(root, began, before)
    now = fresh.build(root, after)
    contracts = fresh.contracts(before, after, now.is_complete)
    old, new = map(canonical, contracts)
    subjects = Subjects((old, new), class_overrides(root))
    failed, on_wire = "", []
    try:
        on_wire = [subjects.of_wire(change) for change in wire.compare(*contracts, folder)]
    except wire.WireError as error:
        failed = str(error)
    ways = {subjects.class_of(schema): direction for schema, direction in directions(old, new).items()}
    found = surface.compare(surface.read(before), surface.read(after), ways)
    in_python = [*moved(map(subjects.of_python, found)), *requirements.compare(before, after)]
    if now.is_complete:
        told_of = {change[:2] for change in in_python if change.impact is not Impact.NOTED}
        follows = {change.subject for change in in_python if change.words == surface.OTHER_CODE}
        changed = {change.subject for change in in_python if change.words != surface.OTHER_TEXT}
        breaks = {change[:2] for change in on_wire if change.impact is Impact.BREAKING and change[:2] not in told_of}
        in_python += [
            Change(subject, member, Impact.NOTED, FOLLOWS if subject in follows else UNSEEN)
            for subject, member in sorted(breaks)
            if (member and subject in follows) or subject not in changed
        ]
    ours, programs = mend.type_errors(before, after, root / CACHE)
    by_hand = dict.fromkeys([*now.mend, *ours, *mend.named(old, new, after)])
    gravest = report.gravest(on_wire, in_python, programs)
    notes = [began.words, *([now.note] if now.note else [])]
    judged = verdict(gravest, before, after)
    return Review(began.given, on_wire, in_python, ways, judged, notes, [*by_hand], programs, failed)


if __name__ == "__main__":
    sys.exit(main())
