"""The generator of the kernel sources, and the table it reads."""

import importlib.util
import re
import runpy
from pathlib import Path

import pytest

from graphcore import kernels, optable

ROOT = Path(__file__).parents[2]
ROWS, REDUCTIONS = optable.ROWS, optable.REDUCTIONS
REQUIRED = """add sub mul true_div floor_div mod pow neg abs sign sqr sqrt reciprocal exp log log1p
expm1 log1mexp sigmoid softplus tanh sin cos tan erf erfc gammaln digamma trigamma maximum minimum
lt le gt ge eq ne and_ or_ xor not_ isnan isinf switch clip xlogy xlog1py logaddexp log_ndtr floor
ceil round arctan sinh cosh muladd""".split()


@pytest.fixture(scope="module")
def generator():
    path = ROOT / "build_tools" / "generate_kernels.py"
    spec = importlib.util.spec_from_file_location("generate_kernels", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_required_row_is_there():
    assert not set(REQUIRED) - set(ROWS)
    assert set(REDUCTIONS) >= {"sum", "prod", "max", "min", "any", "all", "dot"}


def test_table_needs_nothing_installed():
    """setup.py reads the table before NumPy is there."""
    text = (ROOT / "graphcore" / "optable.py").read_text(encoding="utf-8")
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", text, re.M))
    assert imported <= {"binascii", "collections", "dataclasses", "math"}


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
def test_rows_are_complete(row):
    assert row.doc.endswith(".")
    assert row.arity == len(row.domain) == len(row.typical)
    assert row.kernel
    assert all(len(sig) == row.arity and set(sig) <= {"d", "l"} for sig in row.kernel)
    assert row.d is None or len(row.d) == row.arity
    assert row.dtype in {"same", "number", "inexact", "bool", "bitwise", "integer", "switch"}
    assert set(row.rare) <= set(row.kernel)
    for (low, high), (least, most) in zip(row.typical, row.domain, strict=True):
        assert least <= low < high <= most


def test_public_names_are_unique():
    names = [r.public for r in [*ROWS.values(), *REDUCTIONS.values()] if r.public]
    names += [alias for r in [*ROWS.values(), *REDUCTIONS.values()] for alias in r.aliases]
    assert len(names) == len(set(names))


def test_two_rows_of_one_name_are_refused():
    table = runpy.run_path(optable.__file__)
    with pytest.raises(ValueError, match="two rows are called 'exp'"):
        table["unary"]("exp", doc="Again.", ref="numpy.exp", kernel={"d": "a"})


@pytest.mark.parametrize("level", kernels.available())
def test_everything_in_the_table_was_built(generator, level):
    names, opcodes = set(kernels.addresses(level)), kernels.load(level).opcodes()
    assert len(set(opcodes.values())) == len(opcodes)
    for row in ROWS.values():
        for sig in row.kernel:
            assert f"{row.name}_{sig}" in opcodes
            assert {f"{row.name}_{sig}_{form}" for form in generator.forms(row, sig)} <= names
    for row in REDUCTIONS.values():
        for sig in row.step:
            assert set(generator.reduction(row, sig)[0]) <= names


def test_sources_are_written_only_when_they_change(generator, tmp_path):
    table = ROOT / "graphcore" / "optable.py"
    path = Path(generator.generate(str(table), str(tmp_path), ["base"])["base"])
    before = path.stat().st_mtime_ns
    assert "cdef void add_dd_vs(" in path.read_text(encoding="utf-8")
    generator.generate(str(table), str(tmp_path), ["base"])
    assert path.stat().st_mtime_ns == before
