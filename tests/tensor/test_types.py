"""Element types and constructors: every type through functions, and what makes variables."""

import numpy as np
import pytest

import graphcore
import graphcore.tensor as tt

DTYPES = {
    "b": "int8", "w": "int16", "i": "int32", "l": "int64", "f": "float32", "d": "float64",
    "c": "complex64", "z": "complex128",
}  # fmt: skip
KINDS = ["scalar", "vector", "matrix", "row", "col", *(f"tensor{n}" for n in range(3, 8))]


@pytest.mark.parametrize("prefix", ["", *DTYPES])
def test_every_short_form_makes_its_type(prefix):
    for ndim, kind in zip([0, 1, 2, 2, 2, 3, 4, 5, 6, 7], KINDS, strict=True):
        v = getattr(tt, prefix + kind)("v")
        assert (v.dtype, v.ndim, v.name) == (DTYPES.get(prefix, "float64"), ndim, "v")
        assert v.broadcastable == {"row": (True, False), "col": (False, True)}.get(
            kind, (False,) * ndim
        )


def test_several_variables_at_once():
    assert [v.name for v in tt.dvectors("x", "y")] == ["x", "y"]
    assert [v.name for v in tt.scalars("a b c")] == ["a", "b", "c"]
    assert [v.name for v in tt.scalars("ab")] == ["a", "b"]
    assert [v.type for v in tt.imatrices(3)] == [tt.imatrix().type] * 3
    assert tt.lscalars("n").type == tt.lscalar("n").type


def test_types_by_shape_or_by_broadcastable():
    assert tt.TensorType("float64", (False, True)).shape == (None, 1)
    assert tt.TensorType("float64", (np.True_, 3)).shape == (1, 3)
    assert tt.TensorType("int8", broadcastable=[True]).shape == (1,)
    t = tt.TensorType("float32", (None, 1))
    assert t.broadcastable == (False, True)
    assert t.clone(dtype="int64") == tt.TensorType("int64", (None, 1))
    assert t("x").type == t == t.make_variable("x").type
    assert tt.tensor("float64", broadcastable=(True, False)).type.shape == (1, None)
    with pytest.raises(AttributeError):
        tt.TensorType("float64", ("a",))


VALUES = {
    "bool": [True, False, True],
    "uint64": [2**63 + 5, 3, 2**64 - 1],
    "int64": [-(2**40), 5, 2**63 - 1],
    "complex64": [1j, 2, -1 - 1j],
    "complex128": [1j, 2, -1 - 1j],
}
NUMERIC = [
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
    "complex64", "complex128", "bool",
]  # fmt: skip
OPERATIONS = {
    "add": lambda x, y: x + y,
    "mul": lambda x, y: x * y,
    "less": lambda x, y: x < y,
    "divide": lambda x, y: x / y,
    "floor_divide": lambda x, y: x // y,
    "sum": lambda x, y: x.sum(),
    "prod": lambda x, y: y.prod(),
    "max": lambda x, y: x.max(),
    "mean": lambda x, y: x.mean(),
    "reversed": lambda x, y: x[::-1],
    "astype": lambda x, y: x.astype("float64"),
    "number": lambda x, y: x + 3,
    "float": lambda x, y: y * 0.5,
}


@pytest.mark.parametrize("dtype", NUMERIC)
@pytest.mark.parametrize("name", OPERATIONS)
def test_element_types_follow_numpy(name, dtype):
    if np.dtype(dtype).kind == "c" and name in ("floor_divide", "astype"):
        pytest.skip("not defined for complex numbers")
    x, y = tt.vector("x", dtype=dtype), tt.vector("y", dtype=dtype)
    a = np.array(VALUES.get(dtype, [1, 7, 100]), dtype=dtype)
    b = np.array([1, 2, 3], dtype=dtype)
    with np.errstate(all="ignore"):
        expected = OPERATIONS[name](a, b)
    found = OPERATIONS[name](x, y)
    assert found.dtype == expected.dtype
    f = graphcore.function([x, y], found, on_unused_input="ignore")
    for value in (found.eval({x: a, y: b}), f(a, b)):
        assert value.dtype == expected.dtype
        np.testing.assert_allclose(value, expected, rtol=1e-6)


def test_shared_takes_theanos_arguments():
    s = graphcore.shared(np.zeros((1, 3)), "s", strict=True, broadcastable=(True, False))
    assert s.type.shape == (1, None)
    data = np.arange(3.0)
    assert graphcore.shared(data, borrow=True).get_value(borrow=True) is data


def test_arrays_without_an_element_type_are_of_floatx():
    made = (tt.zeros, tt.ones, tt.empty, tt.eye, tt.identity, tt.tri)
    with graphcore.config.change_flags(floatX="float32"):
        assert {f(2).dtype for f in made} == {"float32"}
        assert tt.eye(2).eval().dtype == tt.eye(tt.iscalar()).dtype == "float32"
    assert {f(2).dtype for f in made} == {"float64"}
    assert {f(2, dtype="int8").dtype for f in made} == {"int8"}
