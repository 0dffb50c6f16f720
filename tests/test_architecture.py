"""The shape of the package: imports point down, the light parts stay light, files stay short."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import moderation
from moderation.errors import MissingExtra

PACKAGE = Path(moderation.__file__).parent
ROOT = PACKAGE.parent

# From top to bottom; a part imports only what stands in a line below its own. Parts in one line import none of the
# others in it, but for those in BESIDE.
LAYERS = (
    ("__main__",),
    ("cli",),
    ("service", "review", "batch", "training", "evaluation"),
    ("scorer", "golden"),
    ("formats", "classifiers", "corpora"),
    ("extraction", "policy", "bundle", "text", "fetching"),
    ("atomic", "compiling", "shipped", "directories", "markdown"),
    ("labels", "types", "errors"),
)
BESIDE = {("review", "service")}
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}

# scipy as a whole is not in it: numba takes scipy.linalg where it is installed, which nothing here can change.
HEAVY = {"sklearn", "scipy.sparse", "torch", "pandas", "datasets", "joblib", "trafilatura", "lxml"}


def modules() -> dict[str, Path]:
    """Return every module of the package by its dotted name."""
    return {
        ".".join((PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
        for path in sorted(PACKAGE.rglob("*.py"))
        if "_shipped" not in path.parts
    }


MODULES = modules()


def imported(name: str, path: Path) -> set[str]:
    """Return the project's modules that the module `name` imports anywhere, also inside functions."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package.rsplit(".", node.level - 1)[0] if node.level else ""
            module = ".".join(part for part in (start, node.module) if part)
            found.update({f"{module}.{alias.name}" for alias in node.names} & MODULES.keys() or {module})
    return {module for module in found if module.split(".")[0] == "moderation"}


def part(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("name", [n for n in MODULES if part(n)])
def test_imports_point_down(name: str) -> None:
    own = part(name)
    assert own in LEVEL, f"{own} has no place in the layers"
    for target in imported(name, MODULES[name]):
        other = part(target)
        if other and other != own and (own, other) not in BESIDE:
            assert LEVEL[own] < LEVEL[other], f"{name} imports {target}"


def test_the_scan_sees_imports() -> None:
    assert "moderation.scorer" in imported("moderation.batch.score", MODULES["moderation.batch.score"])
    assert "moderation.training" in imported("moderation.cli.train", MODULES["moderation.cli.train"])
    assert "moderation.types" in imported("moderation", MODULES["moderation"])


def test_no_import_cycle() -> None:
    graph = {name: imported(name, path) & MODULES.keys() for name, path in MODULES.items() if part(name)}
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " > ".join((*above, name))
        if name not in done:
            for target in graph.get(name, ()):
                visit(target, (*above, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize(
    "path",
    [p for folder in ("moderation", "tests", "benchmarks") for p in sorted((ROOT / folder).rglob("*.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_file_is_longer_than_500_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


@pytest.mark.parametrize("name", [n for n, path in MODULES.items() if "__all__ = " in path.read_text(encoding="utf-8")])
def test_every_public_name_exists(name: str) -> None:
    try:
        module = importlib.import_module(name)
    except MissingExtra as error:
        pytest.skip(str(error))
    assert len(set(module.__all__)) == len(module.__all__)
    for public in module.__all__:
        assert getattr(module, public) is not None


def loaded_after(code: str) -> set[str]:
    script = f"import sys; {code}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


SCORING = (
    "from moderation import Scorer; "
    "verdict, = Scorer.load({!r}).score(['You are a pathetic idiot.']); assert verdict.scores"
)


def test_scoring_loads_nothing_heavy(bundle_dir: Path) -> None:
    loaded = loaded_after(SCORING.format(str(bundle_dir)))
    assert "numba" in loaded
    assert not HEAVY & loaded


def test_scoring_needs_nothing_heavy(bundle_dir: Path) -> None:
    absent = dict.fromkeys(sorted(HEAVY | {"scipy"}))  # importing what is None here is an ImportError
    loaded_after(f"sys.modules.update({absent}); " + SCORING.format(str(bundle_dir)))


def test_the_package_alone_loads_nothing() -> None:
    assert not (HEAVY | {"numpy", "numba", "rich", "typer"}) & loaded_after("import moderation")


def test_the_command_line_loads_nothing_heavy() -> None:
    assert not (HEAVY | {"numpy", "numba"}) & loaded_after("import moderation.cli")


def test_a_page_of_html_loads_no_model_of_lines() -> None:
    loaded = loaded_after("from moderation import extract; extract('<p>An article.', format='html')")
    assert "lxml" in loaded
    assert "numba" not in loaded
