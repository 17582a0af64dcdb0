"""Every operation on its own examples: types, shapes, gradients of first and second order."""

import itertools
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import pytest

import graphcore.ops
from graphcore.graph.nodes import Op
from graphcore.ops import elementwise, index, linalg, reduce, shape, user
from graphcore.optable import ROWS, unknown
from graphcore.testing import check_gradient, check_op, check_shapes, check_types

MODULES = [import_module(f"graphcore.ops.{m.name}") for m in iter_modules(graphcore.ops.__path__)]
CLASSES = sorted(
    {
        cls
        for module in MODULES
        for cls in vars(module).values()
        if isinstance(cls, type) and issubclass(cls, Op) and not cls.__name__.startswith("_")
    }
    - {Op, user.UserOp, user.FromFunctionOp},
    key=lambda cls: cls.__name__,
)
STRUCTURED = [c for c in CLASSES if c is not elementwise.Elemwise]
ROW_CASES = itertools.groupby(elementwise.Elemwise.cases(), key=lambda case: case[0].row_name)
ROW_CASES = {name: [arrays for _, arrays in cases] for name, cases in ROW_CASES}


def test_every_class_has_cases():
    assert len(CLASSES) >= 16
    for cls in CLASSES:
        cases = list(cls.cases())
        assert cases
        assert all(type(op) is cls for op, _ in cases)


@pytest.mark.parametrize("cls", STRUCTURED, ids=lambda c: c.__name__)
def test_structured_operations(cls):
    for op, arrays in cls.cases():
        check_op(op, arrays)


@pytest.mark.parametrize("name", ROWS)
def test_rows(name):
    row = ROWS[name]
    for arrays in ROW_CASES[name]:
        op = elementwise.elemwise(name)
        arrays = [np.asarray(a) for a in arrays]
        found = (op.reference(*arrays),)
        check_types(op, arrays, found)
        check_shapes(op, arrays, found)
        if row.d is not None and found[0].dtype.kind == "f" and _second_order(row):
            check_gradient(op, arrays)


def _second_order(row):
    """Derivatives by shapes and orders have no rule, or none of their own.

    An anchor has none on purpose: what is shifted by it does not depend on it.
    """
    return unknown not in row.d and not row.name.startswith(("gammainc", "betainc", "anchor"))


@pytest.mark.parametrize("name", ROWS)
def test_rows_of_integers_and_float32(name):
    row = ROWS[name]
    op = elementwise.elemwise(name)
    for dtypes in [("float32",) * 3, ("int8",) * 3, ("int32", "float64", "bool"), ("bool",) * 3]:
        if row.dtype in ("bitwise", "integer") and "float" in "".join(dtypes[: row.arity]):
            continue
        arrays = [np.array([1, 0, 1], dtype=d) for d in dtypes[: row.arity]]
        if row.dtype == "switch":
            arrays[0] = arrays[0] > 0
        check_types(op, arrays, (op.reference(*arrays),))


@pytest.mark.parametrize(
    ("name", "dtypes", "result"),
    [
        ("add", ("int8", "int32"), "int32"),
        ("add", ("bool", "bool"), "bool"),
        ("sub", ("bool", "bool"), "int8"),
        ("true_div", ("int8", "int8"), "float64"),
        ("exp", ("float32",), "float32"),
        ("exp", ("int8",), "float64"),
        ("lt", ("float32", "int64"), "bool"),
        ("switch", ("bool", "int8", "float64"), "float64"),
        ("mul", ("float32", "int64"), "float64"),
    ],
)
def test_dtype_rules(name, dtypes, result):
    assert elementwise.signature(name, dtypes)[1] == result
    arrays = [np.ones(2, dtype=d) for d in dtypes]
    assert elementwise.elemwise(name).reference(*arrays).dtype == result


def test_bitwise_rows_refuse_floats():
    with pytest.raises(TypeError, match="defined for bools and integers"):
        elementwise.signature("and_", ("float64", "bool"))


@pytest.mark.parametrize(
    ("op", "shapes", "message"),
    [
        (elementwise.elemwise("add"), [(3,), (4,)], r"add: shapes \(3,\) and \(4,\) do not"),
        (linalg.Dot(), [(2, 3), (2, 3)], r"dot: shapes \(2, 3\) and \(2, 3\) do not match"),
        (shape.Concatenate(1), [(2, 3), (3, 3)], r"shapes \(2, 3\), \(3, 3\) differ in axis 0"),
        (shape.Dimshuffle((0,)), [(2, 3)], r"axis 1 cannot be dropped, its length is 3"),
        (reduce.Reduce("max", (0,)), [(0,)], r"has no elements along axes \(0,\)"),
        (index.Subtensor((5,)), [(3,)], r"index 5 is out of bounds for axis 0 with size 3"),
        (shape.SumLike(), [(2, 3), (2,)], r"shape \(2, 3\) does not go with shape \(2,\)"),
        (index.IncSubtensor((index.Slice(),), True), [(3,), (2,)], r"does not fit into a part"),
    ],
)
def test_wrong_shapes_are_named(op, shapes, message):
    arrays = [np.zeros(s) for s in shapes]
    with pytest.raises((ValueError, IndexError), match=message):
        op.reference(*arrays)
    with pytest.raises((ValueError, IndexError), match=message):
        check_types(op, arrays, ())


def test_set_take_with_repeated_positions_sends_the_gradient_to_the_last():
    from graphcore import grad
    from graphcore import tensor as tt

    x, v, i = tt.vector("x"), tt.vector("v"), tt.lvector("i")
    cost = (tt.set_subtensor(x[i], v) * [1.0, 2.0, 3.0]).sum()
    given = {x: np.zeros(3), v: np.ones(3), i: [2, 0, -1]}
    gx, gv = (g.eval(given) for g in grad(cost, [x, v]))
    np.testing.assert_array_equal(gx, [0, 2, 0])
    np.testing.assert_array_equal(gv, [0, 1, 3])
