"""What changes for a program that imports the Python packages.

griffe reads both versions without running them, and compares names and calls. What it does not compare is done here:
the annotations, in both directions (what is sent may take more, what is received may not be more), the values of enums,
what is new, and which modules differ although nothing public in them does.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import griffe

from tools.review.annotations import Bases, Relation, ancestors, names, parts, relation
from tools.review.change import RECEIVED, SENT, Change, Direction, Impact
from tools.review.constructors import DEFAULTS, LABEL, Constructors, traits

# Where each package is. Of all but the first, only what __all__ names is public, not what their modules have.
PACKAGES = {
    "imprint_api": "generated",
    "imprint_client": "overrides",
    "imprint_sandbox": "sandbox",
    "imprint_bulk": "bulk",
}
FACADES = ("imprint_client", "imprint_sandbox", "imprint_bulk")
MODELS = "imprint_api.models."
OPERATIONS = "imprint_api.api."
# Defaults with which nothing is sent.
NOTHING = ("UNSET", "None", "...", "{}", "()")

# griffe's words are for those who know griffe.
CALLS = {
    griffe.BreakageKind.PARAMETER_MOVED: "is at another position",
    griffe.BreakageKind.PARAMETER_REMOVED: "is gone",
    griffe.BreakageKind.PARAMETER_CHANGED_KIND: "is {new.kind.value}, was {old.kind.value}",
    griffe.BreakageKind.PARAMETER_CHANGED_DEFAULT: "default changed from `{old.default}` to `{new.default}`",
    griffe.BreakageKind.PARAMETER_CHANGED_REQUIRED: "must be given",
    griffe.BreakageKind.PARAMETER_ADDED_REQUIRED: "is new, and must be given",
}
OTHER_TEXT = "another text, the same code"
OTHER_CODE = "other code behind the same names: read its diff"
# How a function is called or awaited.
LABELS = {"async": "`async def`", "classmethod": "a class method", "staticmethod": "a static method"}


class Surface(NamedTuple):
    """The packages of one version, as griffe reads them."""

    tree: Path
    packages: dict[str, griffe.Module]
    bases: Bases


def read(tree: Path) -> Surface:
    """Read the packages of a tree; one with a module that is not Python is left out, and mypy says where."""
    extensions = griffe.load_extensions(Constructors(), griffe.UnpackTypedDictExtension())
    places = [tree / folder for folder in PACKAGES.values()]
    loader = griffe.GriffeLoader(search_paths=places, extensions=extensions, allow_inspection=False)
    loaded = {name: loader.load(name) for name, folder in PACKAGES.items() if is_python(tree / folder / name)}
    loader.resolve_aliases(implicit=True)
    packages = {name: package for name, package in loaded.items() if isinstance(package, griffe.Module)}
    for name in packages.keys() & set(FACADES):
        for module in modules_of(packages[name]):
            module.public = False
    classes = {one.name: one for package in packages.values() for one in classes_of(package)}
    bases = {name: [class_in(base) for base in one.bases] for name, one in classes.items()}
    return Surface(tree, packages, bases)


def compare(old: Surface, new: Surface, directions: Mapping[str, Direction]) -> list[Change]:
    """What changes for a program that was right, and what is new for it; `directions` are those of the models."""
    found: list[Change] = []
    for name, folder in PACKAGES.items():
        if name in old.packages and name in new.packages:
            found += Comparison(old, new, directions).of_packages(old.packages[name], new.packages[name])
        elif name in new.packages:
            found.append(Change(name, "", Impact.ADDED, "is new"))
        elif name in old.packages and not (new.tree / folder / name).is_dir():
            found.append(Change(name, "", Impact.BREAKING, "is gone"))
    reported = {change.subject for change in found}
    return [*found, *(change for change in dict.fromkeys(behind(old, new)) if change.subject not in reported)]


# --- Reading ----------------------------------------------------------------------------------------------------------


def is_python(package: Path) -> bool:
    """Whether there is a package, and all of it can be read: griffe would pass over a module that cannot."""
    try:
        for module in package.rglob("*.py"):
            ast.parse(module.read_bytes())
    except (SyntaxError, ValueError):
        return False
    return package.is_dir()


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


def lineage(class_: griffe.Class, bases: Bases) -> set[str]:
    """All that a class is also: from its own bases, since two classes of a name may stand in two packages."""
    return {name for base in class_.bases for name in ancestors(class_in(base), bases)}


# --- Comparing --------------------------------------------------------------------------------------------------------


class Comparison:
    """One walk over both versions. What is exported twice is the same object, and compared once."""

    def __init__(self, old: Surface, new: Surface, directions: Mapping[str, Direction]) -> None:
        self.old_bases, self.new_bases = old.bases, new.bases
        self.bases = {**old.bases, **new.bases}
        shown = {name for version in (old, new) for package in version.packages.values() for name in package.members}
        self.hidden = self.bases.keys() - shown
        self.directions = directions
        self.seen: set[str] = set()

    def of_packages(self, old: griffe.Module, new: griffe.Module) -> Iterator[Change]:
        for breakage in griffe.find_breaking_changes(old, new):
            if not self.is_told_of_base(breakage.obj) and not self.is_never_called(breakage.obj, old, new):
                yield from in_words(breakage)
        yield from self.of_members(old, new)

    def of_members(self, old: griffe.Object, new: griffe.Object) -> Iterator[Change]:
        for name, shown in old.all_members.items():
            # Still there, so that griffe does not miss it.
            if shown.is_public and name in new.all_members and not new.all_members[name].is_public:
                yield from (change(one, Impact.BREAKING, "is gone") for one in leaves(shown))
        for name, after in new.all_members.items():
            before = old.all_members.get(name)
            if not after.is_public or (before is None and self.is_told_of_base(after)):
                continue
            if before is None and name.startswith("__"):
                continue  # nobody calls it by its name; `behind` tells of other code
            if before is None:
                yield from map(self.of_new, leaves(after))
            elif before.is_public and (was := target(before)):
                yield from self.of_pair(was, target(after), after.path)

    def of_new(self, new: griffe.Object) -> Change:
        """What is new breaks nobody, unless it is sent although nobody asked for it."""
        parent = new.parent.name if new.parent else ""
        value = str(new.value) if isinstance(new, griffe.Attribute) and new.annotation and new.value else "UNSET"
        if value not in NOTHING and "(" not in value and self.directions.get(parent, RECEIVED).sent:
            return change(new, Impact.BREAKING, f"is new, and sent as `{value}` if left out")
        return change(new, Impact.ADDED, "is new")

    def of_pair(self, old: griffe.Object, new: griffe.Object | None, path: str) -> Iterator[Change]:
        if new is None and root_of(path) in FACADES:  # it imports what is not there
            yield Change(path, "", Impact.BREAKING, "is gone")
        if new is None or old.path in self.seen:
            return
        self.seen.add(old.path)
        if isinstance(old, griffe.Function) and isinstance(new, griffe.Function):
            yield from of_labels(old, new)
            if not {LABEL} & old.labels & new.labels:  # its parameters are the attributes of its class
                yield from self.of_functions(old, new)
        elif isinstance(old, griffe.Attribute) and isinstance(new, griffe.Attribute):
            yield from self.of_attributes(old, new)
        elif isinstance(old, griffe.Module | griffe.Class):
            if isinstance(old, griffe.Class) and isinstance(new, griffe.Class):
                yield from self.of_bases(old, new)
                yield from of_traits(old, new)
            yield from self.of_members(old, new)

    def of_bases(self, old: griffe.Class, new: griffe.Class) -> Iterator[Change]:
        was, now = lineage(old, self.old_bases), lineage(new, self.new_bases)
        for impact, verb, bases in (
            (Impact.BREAKING, "is no longer a subclass", was - now),
            (Impact.ADDED, "is now also a subclass", now - was),
        ):
            if told := sorted(bases - self.hidden):
                yield change(new, impact, f"{verb} of {', '.join(f'`{base}`' for base in told)}")

    def is_never_called(self, member: griffe.Object | griffe.Alias, *versions: griffe.Module) -> bool:
        """Whether it is a constructor that takes what nobody can name, in one version at least."""
        if member.name != "__init__" or member.parent is None or root_of(member.path) not in FACADES:
            return False
        made = [version.all_members.get(member.parent.name) for version in versions]
        inits = [one.all_members.get("__init__") for one in made if one is not None]
        functions = [target(one) for one in inits if one is not None]
        parameters = [one for each in functions if isinstance(each, griffe.Function) for one in each.parameters]
        return any(names(str(one.annotation)) & self.hidden for one in parameters if one.annotation is not None)

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
                    yield change(new, Impact.ADDED, "may be left out", after.name)
            elif not after.required and after.kind not in (
                griffe.ParameterKind.var_keyword,
                griffe.ParameterKind.var_positional,
            ):
                is_sent = new.path.startswith(OPERATIONS) and str(after.default) not in NOTHING
                words = f"is new, and sent as `{after.default}` if left out" if is_sent else "is new"
                yield change(new, Impact.BREAKING if is_sent else Impact.ADDED, words, after.name)
        yield from self.of_types(new, old.returns, new.returns, RECEIVED)

    def of_attributes(self, old: griffe.Attribute, new: griffe.Attribute) -> Iterator[Change]:
        owner = new.parent
        is_enum = isinstance(owner, griffe.Class) and any("Enum" in str(base) for base in owner.bases)
        if is_enum and str(old.value) != str(new.value):
            yield change(new, Impact.BREAKING, f"is `{new.value}`, was `{old.value}`")
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
        impact = Impact.BREAKING if harmful else Impact.ADDED
        is_result = isinstance(where, griffe.Function) and not parameter
        verb = "return" if is_result else "be"
        more, less = (alternatives_beyond(*pair) for pair in ((old, new), (new, old)))
        if more and kind is Relation.WIDER:
            words = f"may now also {verb} {more}"
        elif less and kind is Relation.NARROWER:
            words = f"may no longer {verb} {less}"
        else:
            words = f"{'returns' if is_result else 'is'} `{new}`, was `{old}`"
        yield change(where, impact, words, parameter)


def of_labels(old: griffe.Function, new: griffe.Function) -> Iterator[Change]:
    for label, words in LABELS.items():
        if label in old.labels ^ new.labels:
            fate = "is no longer" if label in old.labels else "is now"
            yield change(new, Impact.BREAKING, f"{fate} {words}")


def of_traits(old: griffe.Class, new: griffe.Class) -> Iterator[Change]:
    was, now = traits(old), traits(new)
    for name in sorted(was.keys() | now.keys()):
        before, after = was.get(name, DEFAULTS[name]), now.get(name, DEFAULTS[name])
        if before != after:
            yield change(new, Impact.BREAKING, f"is made with `{name}={after}`, was `{name}={before}`")


def alternatives_beyond(old: griffe.Expr | str, new: griffe.Expr | str) -> str:
    """The members of a union that another does not have; that of a generic counts as the union itself."""
    was, now = ([ast.unparse(one) for one in parts(unwrapped(str(each)))] for each in (old, new))
    found = ["missing (`UNSET`)" if one == "Unset" else f"`{one}`" for one in now if one not in was]
    return " or ".join(found) if {*was} & {*now} else ""


def unwrapped(annotation: str) -> str:
    return annotation.removeprefix("Response[").removesuffix("]") if annotation.startswith("Response[") else annotation


def in_words(breakage: griffe.Breakage) -> Iterator[Change]:
    """What griffe found: a name that is gone, or a call that is no longer right."""
    kind, old, new = breakage.kind, breakage.old_value, breakage.new_value
    if kind in CALLS:
        words = CALLS[kind].format(old=old, new=new)
        yield change(breakage.obj, Impact.BREAKING, words, (new or old).name)
    elif kind is griffe.BreakageKind.OBJECT_REMOVED:
        for one in leaves(breakage.obj):
            yield change(one, Impact.BREAKING, "is gone")
    elif kind is not griffe.BreakageKind.CLASS_REMOVED_BASE:  # Comparison.of_bases says which
        yield change(breakage.obj, Impact.BREAKING, f"differs: {kind.value.lower()}")


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


def change(where: griffe.Object, impact: Impact, words: str, parameter: str = "") -> Change:
    """Whose change it is: that of an operation or a model if it is inside one, else that of the name itself."""
    path = where.path.replace(".__init__", "")
    package = root_of(path)
    if package in FACADES:  # which shows its names as its own, wherever they are
        path = package + path.removeprefix(where.module.path)
    owner, inner = path, ""
    if path.startswith(OPERATIONS):
        owner = where.parent.path if where.parent is not None and not where.is_module else path
        name = parameter or (where.name if owner != path else path.removeprefix(OPERATIONS))
        # The four functions of an operation return the same.
        is_of_all = words.startswith(("may ", "returns ")) and not parameter
        return Change(owner, parameter, impact, words if is_of_all else f"`{name}` {words}")
    if path.startswith(MODELS):
        module, _, inner = path.removeprefix(MODELS).partition(".")
        owner, _, inner = inner.partition(".")
        owner = owner or module_subject(where, module)
    is_method = isinstance(where, griffe.Function) and where.name != "__init__"
    member = f"{inner}({parameter})" if parameter and is_method else parameter or inner
    name = parameter or inner
    return Change(owner, member, impact, f"`{name}` {words}" if name else words)


def module_subject(module: griffe.Object, name: str) -> str:
    """A module of models has one class, and is named after it."""
    classes = module.members.items() if isinstance(module, griffe.Module) else ()
    return next((key for key, member in classes if isinstance(member, griffe.Class)), name)  # not one that it imports


# --- What is behind it ------------------------------------------------------------------------------------------------


def behind(before: Surface, after: Surface) -> Iterator[Change]:
    """Modules whose code or texts differ: what no comparison of names can judge, a reader must."""
    for package in before.packages.keys() & after.packages.keys():
        old, new = (version.tree / PACKAGES[package] / package for version in (before, after))
        for name in sorted({path.relative_to(tree) for tree in (old, new) for path in tree.rglob("*.py")}):
            if package not in FACADES and (name == Path("models", "__init__.py") or not both_have(name, old, new)):
                continue  # it has names only, or is new or gone: those were compared
            words = difference(name, old, new)
            if words:
                subject = subject_of(package, name, new if (new / name).is_file() else old)
                yield Change(subject, "", Impact.NOTED, words)


def both_have(name: Path, old: Path, new: Path) -> bool:
    return (old / name).is_file() and (new / name).is_file()


def difference(name: Path, old: Path, new: Path) -> str:
    """What differs between two versions of a module, in words; empty if nothing does."""
    if both_have(name, old, new):
        if (old / name).read_bytes() == (new / name).read_bytes():
            return ""
        was, now = (ast.parse((package / name).read_bytes()) for package in (old, new))
        if ast.dump(without_texts(was)) == ast.dump(without_texts(now)):
            return OTHER_TEXT
    return OTHER_CODE


def subject_of(package: str, name: Path, tree: Path) -> str:
    path = ".".join((package, *name.with_suffix("").parts))
    if package in FACADES:
        return package  # nobody is to know its modules
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
