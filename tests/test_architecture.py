"""The plan of the house, as far as a program can check it: docstrings, sizes, who may import what, completeness."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from cnncalc.layers import KINDS
from cnncalc.layers import layer_class as class_of
from cnncalc.spec.shipped import SHIPPED

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "cnncalc"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)
LONGEST = 400


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def within(path: Path, places: tuple[str, ...]) -> bool:
    return name_of(path).startswith(places)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(node: ast.AST, deep: bool) -> Iterator[str]:
    """The modules that are imported when the module is (or, deep, anywhere in it), without those for type checkers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield child.module or ""
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            for other in child.orelse:
                yield from imports(other, deep)
        elif deep or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imports(child, deep)


def uses(path: Path, library: str, deep: bool = False) -> bool:
    return any(name.partition(".")[0] == library for name in imports(tree(path), deep))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(tree(path))
    assert docstring, "a module says what it is for"
    assert len(text.splitlines()) <= LONGEST
    assert path.name not in ("utils.py", "util.py", "helpers.py", "common.py", "misc.py")
    calls = {
        node.func.id for node in ast.walk(tree(path)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not calls & {"eval", "exec", "compile", "__import__"}, "spec text is data"


# library -> where it may be imported at the top of a module, and where at all
PLACES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sympy": (
        tuple(f"cnncalc/core/{name}.py" for name in ("symbolic", "floors", "order", "wording")),
        ("cnncalc/core/",),
    ),
    "torch": (
        ("cnncalc/verify/", "cnncalc/importers/"),
        ("cnncalc/verify/", "cnncalc/importers/", "cnncalc/exporters/onnx.py"),
    ),
    "numpy": (
        ("cnncalc/verify/", "cnncalc/importers/"),
        ("cnncalc/core/arrays.py", "cnncalc/verify/", "cnncalc/importers/"),
    ),
    "typer": (("cnncalc/cli/",), ("cnncalc/cli/",)),
    "rich": (("cnncalc/report/formats/terminal.py", "cnncalc/cli/"), ("cnncalc/report/formats/", "cnncalc/cli/")),
    "yaml": (("cnncalc/spec/yaml.py",), ("cnncalc/spec/yaml.py",)),
    "pygls": (("cnncalc/lsp/server.py",), ("cnncalc/lsp/server.py",)),
    "lsprotocol": (("cnncalc/lsp/",), ("cnncalc/lsp/",)),
}


@pytest.mark.parametrize("library", PLACES)
def test_libraries_stay_in_their_rooms(library: str) -> None:
    top, anywhere = PLACES[library]
    assert [name_of(path) for path in MODULES if uses(path, library) and not within(path, top)] == []
    assert [name_of(path) for path in MODULES if uses(path, library, deep=True) and not within(path, anywhere)] == []


def test_the_check_sees_what_it_should() -> None:
    assert uses(PACKAGE / "core" / "floors.py", "sympy")
    assert uses(PACKAGE / "spec" / "yaml.py", "yaml")
    assert not uses(PACKAGE / "core" / "dims.py", "sympy", deep=True)  # for type checkers only
    assert not uses(PACKAGE / "core" / "arrays.py", "numpy")
    assert uses(PACKAGE / "core" / "arrays.py", "numpy", deep=True)


FLOORS = (
    {"core"},
    {"layers"},
    {"spec"},
    {"graph"},
    {"analysis"},
    {"lint", "verify", "solve", "importers", "exporters"},
    {"report"},
    {"lsp"},
    {"cli"},
)
"""From the ground up: a room imports only itself and rooms on lower floors; rooms of one floor are blind to each other."""


def floor_of(room: str) -> int | None:
    return next((level for level, rooms in enumerate(FLOORS) if room in rooms), None)


def test_imports_go_downward() -> None:
    wrong = []
    for path in MODULES:
        room = path.relative_to(PACKAGE).parts[0]
        here = floor_of(room)
        for name in imports(tree(path), deep=True):
            other = name.split(".")[1] if name.startswith("cnncalc.") else ""
            there = floor_of(other)
            if here is not None and there is not None and other != room and there >= here:
                wrong.append(f"{name_of(path)} imports {name}")
    assert wrong == []


def test_every_room_has_a_floor() -> None:
    rooms = {path.relative_to(PACKAGE).parts[0] for path in MODULES if len(path.relative_to(PACKAGE).parts) > 1}
    assert sorted(room for room in rooms if floor_of(room) is None) == []


def test_the_witness_knows_nothing_of_the_formulas() -> None:
    blind = [
        path
        for path in MODULES
        if within(path, ("cnncalc/verify/twins", "cnncalc/verify/build", "cnncalc/verify/measure"))
    ]
    for path in blind:
        for name in imports(tree(path), deep=True):
            assert not name.startswith(("cnncalc.analysis", "cnncalc.layers.window")), name_of(path)


def test_every_kind_is_documented_where_it_is_defined() -> None:
    for kind in KINDS:
        layer = class_of(kind)
        assert layer.kind == kind
        assert layer.__doc__
        assert len(layer.__doc__.strip().splitlines()[0]) > 10
        assert ">>>" in layer.__doc__, f"{kind} has no example"


def test_every_kind_and_block_is_in_the_language_reference() -> None:
    reference = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    shown = [(f"`{kind}`", f"[{kind}](") for kind in (*KINDS, "stack", *SHIPPED)]
    assert [names for names in shown if not any(name in reference for name in names)] == []


def test_every_kind_has_test_rows() -> None:
    rows = tree(ROOT / "tests" / "layers" / "test_rows.py")
    words = {node.value for node in ast.walk(rows) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert [kind for kind in KINDS if kind not in words] == []


def test_every_shipped_block_has_a_file_and_every_file_is_shipped() -> None:
    assert {path.stem for path in (PACKAGE / "blocks").glob("*.yaml")} == set(SHIPPED)
