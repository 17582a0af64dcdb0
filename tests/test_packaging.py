"""What is installed, how it is built, and what happens when it does not fit the machine."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from graphcore import config, kernels, optable

ROOT = Path(__file__).parents[1]


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def run_python(code, **environment):
    env = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True
    )


def test_only_numpy_and_scipy_are_required():
    names = [re.match(r"[\w-]+", d).group() for d in project()["project"]["dependencies"]]
    assert names == ["numpy", "scipy"]


def test_extras_and_command():
    extras = project()["project"]["optional-dependencies"]
    assert {"test", "arviz", "plot", "all"} <= set(extras)
    assert project()["project"]["scripts"] == {"graphcore": "graphcore.cli:main"}


def test_build_requires_what_is_cimported():
    required = " ".join(project()["build-system"]["requires"])
    for name in ("setuptools", "cython", "numpy", "scipy"):
        assert name in required


def test_every_folder_with_modules_is_a_package():
    """Discovery takes packages only; a folder without __init__.py would be left out silently."""
    folders = {path.parent for path in (ROOT / "graphcore").rglob("*.py")}
    missing = [str(folder) for folder in folders if not (folder / "__init__.py").exists()]
    assert not missing


def test_version_has_one_source():
    import graphcore

    assert graphcore.__version__ == config.__version__
    try:
        installed = importlib.metadata.version("graphcore")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("running from a checkout built in place")
    assert installed == graphcore.__version__


def test_compiler_flags_keep_ieee_arithmetic():
    text = (ROOT / "setup.py").read_text(encoding="utf-8")
    flags = re.findall(r'"(-[fO][\w-]*(?:=\w+)?)"', text)
    assert "-ffp-contract=off" in flags
    assert not {"-ffast-math", "-Ofast", "-funsafe-math-optimizations"} & set(flags)


def test_generated_sources_are_not_committed():
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    generated = re.compile(r"^build/|_kernels_\w+\.(pyx|c)$|^src/.*\.c$|\.so$")
    assert not [name for name in tracked if generated.search(name)]


def test_show_config(capsys):
    config.show_config()
    shown = capsys.readouterr().out
    for word in ("graphcore", "numpy", "scipy", "blas", "threads", kernels.active()):
        assert word in shown


@pytest.mark.parametrize("level", kernels.available())
def test_target_is_chosen_by_the_environment(level):
    code = "from graphcore import kernels; print(kernels.active(), kernels.load().__name__)"
    result = run_python(code, GRAPHCORE_TARGET=level)
    assert result.stdout.split() == [level, f"graphcore._kernels_{level}"], result.stderr


def test_unknown_target(monkeypatch):
    monkeypatch.setenv("GRAPHCORE_TARGET", "sse17")
    with pytest.raises(ValueError, match=r"GRAPHCORE_TARGET=sse17: .* levels base"):
        kernels.load()


def test_changed_table_is_noticed(monkeypatch):
    """Kernels built from another table must not run."""
    monkeypatch.setattr(optable, "kernel_hash", lambda: "another")
    kernels._import.cache_clear()
    with pytest.raises(ImportError, match=r"op table changed .* rebuild"):
        kernels.load()
    kernels._import.cache_clear()


def test_missing_extensions_say_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "graphcore._cpu", None)
    monkeypatch.delattr("graphcore._cpu", raising=False)
    kernels.available.cache_clear()
    with pytest.raises(ImportError, match="pip install"):
        kernels.available()
    kernels.available.cache_clear()


@pytest.mark.slow
def test_wheel_from_sdist(tmp_path):
    """The source distribution builds a wheel with every module, its data and no sources."""
    pytest.importorskip("build")
    pytest.importorskip("Cython")
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        str(tmp_path),
        str(ROOT),
    ]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    (sdist,), (wheel,) = tmp_path.glob("*.tar.gz"), tmp_path.glob("*.whl")
    with tarfile.open(sdist) as archive:
        shipped = {name.partition("/")[2] for name in archive.getnames()}
    assert {"graphcore/optable.py", "src/graphcore/gk_math.h", "tests/test_packaging.py"} <= shipped
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "graphcore").rglob("*.py")}
    assert modules <= set(names)
    assert "graphcore/py.typed" in names
    assert "graphcore/demos/data/kidiq.csv" in names
    for path in (ROOT / "src/graphcore").glob("*.pyx"):
        assert any(name.startswith(f"graphcore/{path.stem}.") for name in names), path.stem
    allowed = ("graphcore/", "graphcore-")
    assert not [name for name in names if not name.startswith(allowed)]
    assert not [name for name in names if name.endswith((".pyx", ".pxd", ".c", ".h"))]
