"""A module imports only from the layers before it."""

import ast
from pathlib import Path

import pytest

import graphcore

ROOT = Path(graphcore.__file__).parent

# lowest first; the names on one line may import each other
LAYERS = [
    ["errors", "optable", "_version"],
    ["kernels"],
    ["config"],
    ["graph"],
    ["updates"],
    ["ops"],
    ["tensor"],
    ["sparse", "sparse_elementwise", "sparse_inputs"],
    ["autodiff", "rewrite"],
    ["lower"],
    ["gradient", "ifelse", "printing", "scan_module", "gof", "raise_op", "sandbox", "scalar",
     "places"],
    ["runtime"],
    ["compile"],
    ["model"],
    ["sample"],
    ["interop", "testing"],
    ["__init__"],
    ["demos"],
    ["cli"],
    ["__main__"],
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
SIBLINGS = {("autodiff", "rewrite"), ("rewrite", "autodiff")}
EXCEPTIONS = {
    ("model/__init__.py", "sample"),  # one import for users: the face of models also samples
    ("model/__init__.py", "interop"),  # and hands on ArviZ's plots
    ("sample/traces.py", "interop"),  # the result is ArviZ's type where ArviZ is installed
}


def _layer(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def _imports(path):
    """First name below ``graphcore`` of everything a file imports, with the line."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [(a.name, None) for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            names = [(node.module, a.name) for a in node.names]
        else:
            continue
        for module, name in names:
            parts = module.split(".")
            if parts[0] == "graphcore":
                yield (parts[1] if len(parts) > 1 else name or "__init__"), node.lineno


FILES = sorted(p for p in ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down(path):
    own = _layer(path)
    assert own in LEVEL, f"{own} has no place in the list of layers"
    for name, line in _imports(path):
        if name.startswith("_") and name not in LEVEL:
            continue  # a compiled module
        target = name if name in LEVEL else "__init__"
        allowed = LEVEL[target] <= LEVEL[own] and (own, target) not in SIBLINGS
        allowed |= (str(path.relative_to(ROOT)), target) in EXCEPTIONS
        assert allowed, f"{path.name}:{line}: {own} imports {target}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_scipy_is_imported_inside_functions_only(path):
    for node in ast.parse(path.read_text()).body:
        names = []
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module]
        assert not [n for n in names if n.split(".")[0] == "scipy"], f"{path}:{node.lineno}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_stay_short(path):
    limit = 1700 if path.name == "optable.py" else 600
    assert len(path.read_text().splitlines()) <= limit
