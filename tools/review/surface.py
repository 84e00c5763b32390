"""What changes for a program that imports the Python packages.

griffe reads both versions without running them, and compares names and calls. What it does not compare is done here:
the annotations, in both directions (what is sent may take more, what is received may not be more), the values of enums,
what is new, and which modules differ although nothing public in them does.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import griffe

from tools.review.annotations import Bases, Relation, ancestors, names, relation
from tools.review.change import RECEIVED, SENT, Change, Direction, Impact
from tools.review.constructors import LABEL, Constructors

# Where each package is. Of the last two only what __all__ names is public, not what their modules have.
PACKAGES = {"imprint_api": "generated", "imprint_client": "overrides", "imprint_sandbox": "sandbox"}
FACADES = ("imprint_client", "imprint_sandbox")
MODELS = "imprint_api.models."
OPERATIONS = "imprint_api.api."
# Defaults with which nothing is sent.
NOTHING = ("UNSET", "None", "...", "{}", "()")

# griffe's words are for those who know griffe.
CALLS = {
    griffe.BreakageKind.PARAMETER_MOVED: "is at another position",
    griffe.BreakageKind.PARAMETER_REMOVED: "is gone",
    griffe.BreakageKind.PARAMETER_CHANGED_KIND: "is {new.kind.value}, was {old.kind.value}",
    griffe.BreakageKind.PARAMETER_CHANGED_DEFAULT: "is `{new.default}` if left out, was `{old.default}`",
    griffe.BreakageKind.PARAMETER_CHANGED_REQUIRED: "must be given",
    griffe.BreakageKind.PARAMETER_ADDED_REQUIRED: "is new, and must be given",
}


class SurfaceError(Exception):
    """A version cannot be read; the message says where. griffe would pass over it in silence."""


MEANING = {
    (Relation.WIDER, SENT): ": takes more",
    (Relation.NARROWER, SENT): ": takes less",
    (Relation.WIDER, RECEIVED): ": may be more",
    (Relation.NARROWER, RECEIVED): ": says more exactly what comes",
}


class Surface(NamedTuple):
    """The packages of one version, as griffe reads them."""

    tree: Path
    packages: dict[str, griffe.Module]
    bases: Bases
    directions: dict[str, Direction]
    """Of the classes that operations send or answer with."""


def read(tree: Path) -> Surface:
    """Read what is below `generated/`, `overrides/` and `sandbox/` of a tree."""
    refuse_what_is_not_python(tree)
    extensions = griffe.load_extensions(Constructors(), griffe.UnpackTypedDictExtension())
    places = [tree / folder for folder in PACKAGES.values()]
    loader = griffe.GriffeLoader(search_paths=places, extensions=extensions, allow_inspection=False)
    loaded = {name: loader.load(name) for name, folder in PACKAGES.items() if (tree / folder / name).is_dir()}
    loader.resolve_aliases(implicit=True)
    packages = {name: package for name, package in loaded.items() if isinstance(package, griffe.Module)}
    for package in packages.values():
        refuse_empty_imports(package)
    for name in packages.keys() & set(FACADES):
        for module in modules_of(packages[name]):
            module.public = False
    classes = {one.name: one for package in packages.values() for one in classes_of(package)}
    bases = {name: [class_in(base) for base in one.bases] for name, one in classes.items()}
    return Surface(tree, packages, bases, directions(packages, classes))


def compare(old: Surface, new: Surface) -> list[Change]:
    """What changes for a program that was right, and what is new for it."""
    found: list[Change] = []
    for name in PACKAGES:
        if name in old.packages and name in new.packages:
            found += Comparison(old, new).of_packages(old.packages[name], new.packages[name])
        elif name in new.packages:
            found.append(Change(name, "", Impact.ADDED, "is new", f"{name}: new"))
        elif name in old.packages:
            found.append(Change(name, "", Impact.BREAKING, "is gone", f"{name}: gone"))
    reported = {change.subject for change in found}
    return [*found, *(change for change in behind(old.tree, new.tree) if change.subject not in reported)]


# --- Reading ----------------------------------------------------------------------------------------------------------


def refuse_what_is_not_python(tree: Path) -> None:
    for name, folder in PACKAGES.items():
        for module in sorted((tree / folder / name).rglob("*.py")):
            try:
                ast.parse(module.read_bytes())
            except (SyntaxError, ValueError) as error:
                raise SurfaceError(f"{module.relative_to(tree).as_posix()} is not Python: {error}") from None


def refuse_empty_imports(package: griffe.Module) -> None:
    for member in package.members.values():
        if isinstance(member, griffe.Alias) and target(member) is None and root_of(member.target_path) in PACKAGES:
            raise SurfaceError(f"{package.path} imports {member.target_path}, and nothing is there")
    for module in modules_of(package):
        refuse_empty_imports(module)


def root_of(path: str) -> str:
    return path.partition(".")[0]


def modules_of(package: griffe.Module) -> list[griffe.Module]:
    """The modules that are in it, without those that it imports."""
    return [member for member in package.members.values() if isinstance(member, griffe.Module)]


def classes_of(parent: griffe.Module) -> Iterator[griffe.Class]:
    yield from (one for one in parent.members.values() if isinstance(one, griffe.Class))
    for module in modules_of(parent):
        yield from classes_of(module)


def class_in(base: griffe.Expr | str) -> str:
    """The name of a base, without its module and what it is a generic of."""
    return str(base).partition("[")[0].rpartition(".")[2]


def functions_of(parent: griffe.Module) -> Iterator[griffe.Function]:
    yield from (one for one in parent.members.values() if isinstance(one, griffe.Function) and one.is_public)
    for module in modules_of(parent):
        yield from functions_of(module)


def directions(packages: dict[str, griffe.Module], classes: dict[str, griffe.Class]) -> dict[str, Direction]:
    api = packages.get("imprint_api")
    operations = [one for one in functions_of(api) if one.path.startswith(OPERATIONS)] if api else []
    sent = within((one.annotation for operation in operations for one in operation.parameters), classes)
    received = within((operation.returns for operation in operations), classes)
    return {name: Direction(name in sent, name in received) for name in sent | received}


def within(annotations: Iterable[griffe.Expr | str | None], classes: dict[str, griffe.Class]) -> set[str]:
    """The classes that annotations name, and those that the members of these name."""
    found: set[str] = set()
    left = [*annotations]
    while left:
        for name in names(str(left.pop())) & classes.keys() - found:
            found.add(name)
            left += [one.annotation for one in classes[name].attributes.values()]
    return found


# --- Comparing --------------------------------------------------------------------------------------------------------


class Comparison:
    """One walk over both versions. What is exported twice is the same object, and compared once."""

    def __init__(self, old: Surface, new: Surface) -> None:
        self.old_bases, self.new_bases = old.bases, new.bases
        self.bases = {**old.bases, **new.bases}
        shown = {name for version in (old, new) for package in version.packages.values() for name in package.members}
        self.hidden = self.bases.keys() - shown
        self.directions = old.directions  # a program that exists knows only these
        self.seen: set[str] = set()

    def of_packages(self, old: griffe.Module, new: griffe.Module) -> Iterator[Change]:
        for breakage in griffe.find_breaking_changes(old, new):
            if not self.is_told_of_base(breakage.obj):
                yield from in_words(breakage)
        yield from self.of_members(old, new)

    def of_members(self, old: griffe.Object, new: griffe.Object) -> Iterator[Change]:
        for name, shown in old.all_members.items():
            # Still there, so that griffe does not miss it.
            if shown.is_public and name in new.all_members and not new.all_members[name].is_public:
                for one in leaves(shown):
                    yield change(one, Impact.BREAKING, "is gone", "no longer public")
        for name, after in new.all_members.items():
            before = old.all_members.get(name)
            if not after.is_public or (before is None and self.is_told_of_base(after)):
                continue
            if before is None:
                for one in leaves(after):
                    yield self.of_new(one)
            elif before.is_public and (was := target(before)) and (now := target(after)):
                yield from self.of_pair(was, now)

    def of_new(self, new: griffe.Object) -> Change:
        """What is new breaks nobody, unless it is sent although nobody asked for it."""
        parent = new.parent.name if new.parent else ""
        value = str(new.value) if isinstance(new, griffe.Attribute) and new.annotation and new.value else "UNSET"
        if value not in NOTHING and "(" not in value and self.directions.get(parent, RECEIVED).sent:
            return change(new, Impact.BREAKING, f"is new, and sent as `{value}` if left out", "new, with a default")
        return change(new, Impact.ADDED, "is new", "new")

    def of_pair(self, old: griffe.Object, new: griffe.Object) -> Iterator[Change]:
        if old.path in self.seen:
            return
        self.seen.add(old.path)
        if isinstance(old, griffe.Function) and isinstance(new, griffe.Function):
            if not {LABEL} & old.labels & new.labels:  # its parameters are the attributes of its class
                yield from self.of_functions(old, new)
        elif isinstance(old, griffe.Attribute) and isinstance(new, griffe.Attribute):
            yield from self.of_attributes(old, new)
        elif isinstance(old, griffe.Module | griffe.Class):
            if isinstance(old, griffe.Class) and isinstance(new, griffe.Class):
                yield from self.of_bases(old, new)
            yield from self.of_members(old, new)

    def of_bases(self, old: griffe.Class, new: griffe.Class) -> Iterator[Change]:
        was, now = ancestors(old.name, self.old_bases), ancestors(new.name, self.new_bases)
        for impact, verb, bases in (
            (Impact.BREAKING, "is no longer a subclass", was - now),
            (Impact.ADDED, "is a subclass, too,", now - was),
        ):
            if told := sorted(bases - self.hidden):
                words = f"{verb} of {', '.join(f'`{base}`' for base in told)}"
                yield change(new, impact, words, f"bases, {old.bases} -> {new.bases}")

    def is_told_of_base(self, member: griffe.Object | griffe.Alias) -> bool:
        """What comes or goes with a base, or in it, is told of that."""
        if not isinstance(member, griffe.Alias) or not member.inherited:
            return False
        owner = member.final_target.parent
        return owner is not None and owner.name not in self.hidden

    def of_functions(self, old: griffe.Function, new: griffe.Function) -> Iterator[Change]:
        before = {parameter.name: parameter for parameter in old.parameters}
        for after in new.parameters:
            if after.name in before:
                yield from self.of_types(new, before[after.name].annotation, after.annotation, SENT, after.name)
                if before[after.name].required and not after.required:
                    yield change(new, Impact.ADDED, "may be left out", "optional", after.name)
            elif not after.required and after.kind not in (
                griffe.ParameterKind.var_keyword,
                griffe.ParameterKind.var_positional,
            ):
                is_sent = new.path.startswith(OPERATIONS) and str(after.default) not in NOTHING
                yield (
                    change(
                        new, Impact.BREAKING, f"is new, and sent as `{after.default}` if left out", "new", after.name
                    )
                    if is_sent
                    else change(new, Impact.ADDED, "is new", "new", after.name)
                )
        yield from self.of_types(new, old.returns, new.returns, RECEIVED)

    def of_attributes(self, old: griffe.Attribute, new: griffe.Attribute) -> Iterator[Change]:
        owner = new.parent
        is_enum = isinstance(owner, griffe.Class) and any("Enum" in str(base) for base in owner.bases)
        if is_enum and str(old.value) != str(new.value):
            yield change(new, Impact.BREAKING, f"is `{new.value}`, was `{old.value}`", "another value")
        direction = RECEIVED if owner is None or "property" in new.labels else self.directions.get(owner.name, RECEIVED)
        yield from self.of_types(new, old.annotation, new.annotation, direction)

    def of_types(
        self,
        where: griffe.Object,
        old: griffe.Expr | str | None,
        new: griffe.Expr | str | None,
        direction: Direction,
        parameter: str = "",
    ) -> Iterator[Change]:
        if old is None or new is None or str(old) == str(new):
            return
        kind = relation(str(old), str(new), self.bases)
        if kind is Relation.SAME:
            return
        harmful = kind is Relation.OTHER or (direction.received if kind is Relation.WIDER else direction.sent)
        verb = "answers" if isinstance(where, griffe.Function) and not parameter else "is"
        words = f"{verb} `{new}`, was `{old}`{MEANING.get((kind, direction), '')}"
        impact = Impact.BREAKING if harmful else Impact.ADDED
        yield change(where, impact, words, f"{kind.value} type, {old} -> {new}", parameter)


def in_words(breakage: griffe.Breakage) -> Iterator[Change]:
    """What griffe found: a name that is gone, or a call that is no longer right."""
    kind, old, new = breakage.kind, breakage.old_value, breakage.new_value
    if kind in CALLS:
        words = CALLS[kind].format(old=old, new=new)
        yield change(breakage.obj, Impact.BREAKING, words, kind.value, (new or old).name)
    elif kind is griffe.BreakageKind.OBJECT_REMOVED:
        for one in leaves(breakage.obj):
            yield change(one, Impact.BREAKING, "is gone", kind.value)
    elif kind is not griffe.BreakageKind.CLASS_REMOVED_BASE:  # Comparison.of_bases says which
        yield change(breakage.obj, Impact.BREAKING, f"differs: {kind.value.lower()}", kind.value)


def target(member: griffe.Object | griffe.Alias) -> griffe.Object | None:
    """What an imported name stands for; None if that is not in our packages."""
    try:
        return member.final_target if isinstance(member, griffe.Alias) else member
    except griffe.GriffeError:
        return None


def leaves(member: griffe.Object | griffe.Alias) -> Iterator[griffe.Object]:
    """A folder of modules that is new or gone is its modules: each operation has one."""
    resolved = target(member)
    inner = modules_of(resolved) if isinstance(resolved, griffe.Module) else []
    for module in inner:
        yield from leaves(module)
    if resolved is not None and not inner:
        yield resolved


def change(where: griffe.Object, impact: Impact, words: str, raw: str, parameter: str = "") -> Change:
    """Whose change it is: that of an operation or a model if it is inside one, else that of the name itself."""
    path = where.path.replace(".__init__", "")
    package = root_of(path)
    if package in FACADES:  # which shows its names as its own, wherever they are
        path = package + path.removeprefix(where.module.path)
    owner, inner = path, ""
    if path.startswith(OPERATIONS):
        if where.parent is not None and not where.is_module:
            owner, inner = where.parent.path, where.name
        else:
            inner = path.removeprefix(OPERATIONS)
    elif path.startswith(MODELS):
        module, _, inner = path.removeprefix(MODELS).partition(".")
        owner, _, inner = inner.partition(".")
        owner = owner or module_subject(where, module)
    member = parameter if path.startswith(OPERATIONS) else parameter or inner
    name = parameter or inner
    words = f"`{name}` {words}" if name else words
    return Change(owner, member, impact, words, f"{where.path}{f'({parameter})' if parameter else ''}: {raw}")


def module_subject(module: griffe.Object, name: str) -> str:
    """A module of models has one class, and is named after it."""
    classes = module.members.items() if isinstance(module, griffe.Module) else ()
    return next((key for key, member in classes if isinstance(member, griffe.Class)), name)  # not one that it imports


# --- What is behind it ------------------------------------------------------------------------------------------------


def behind(before: Path, after: Path) -> Iterator[Change]:
    """Modules whose code or texts differ: what no comparison of names can judge, a reader must."""
    for package, folder in PACKAGES.items():
        old, new = (tree / folder / package for tree in (before, after))
        if not old.is_dir() or not new.is_dir():
            continue  # it is new or gone, and that was told
        for name in sorted({path.relative_to(tree) for tree in (old, new) for path in tree.rglob("*.py")}):
            if package not in FACADES and (name == Path("models", "__init__.py") or not both_have(name, old, new)):
                continue  # it has names only, or is new or gone: those were compared
            words = difference(name, old, new)
            if words:
                subject = subject_of(package, name, new if (new / name).is_file() else old)
                yield Change(subject, "", Impact.NOTED, words, f"{package}/{name.as_posix()}: {words}")


def both_have(name: Path, old: Path, new: Path) -> bool:
    return (old / name).is_file() and (new / name).is_file()


def difference(name: Path, old: Path, new: Path) -> str:
    """What differs between two versions of a module, in words; empty if nothing does."""
    if both_have(name, old, new):
        if (old / name).read_bytes() == (new / name).read_bytes():
            return ""
        was, now = (ast.parse((package / name).read_bytes()) for package in (old, new))
        if ast.dump(without_texts(was)) == ast.dump(without_texts(now)):
            return "another text, the same code"
    return "other code behind the same names: read its diff"


def subject_of(package: str, name: Path, tree: Path) -> str:
    path = ".".join((package, *name.with_suffix("").parts))
    if path.startswith(MODELS):
        module = ast.parse((tree / name).read_bytes())
        return next((node.name for node in module.body if isinstance(node, ast.ClassDef)), path)
    return path.removesuffix(".__init__")


def without_texts(module: ast.Module) -> ast.Module:
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [
                one for one in node.body if not isinstance(one, ast.Expr) or not isinstance(one.value, ast.Constant)
            ]
    return module
