"""Tables of correctly rounded values that NumPy and SciPy bring along, where they are installed."""

from pathlib import Path

import numpy as np
import pytest
import scipy.special

import graphcore
import graphcore.tensor as tt

NUMPY = Path(np.__file__).parent / "_core/tests/data"
BOOST = Path(scipy.special.__file__).parent / "tests/data/boost.npz"
FUNCTIONS = (
    "arccos arccosh arcsin arcsinh arctan arctanh cos cosh exp exp2 expm1 log log10 log1p log2 sin "
    "sinh tan tanh"
).split()


def numpy_rows(name, dtype):
    """Arguments, nearest values and allowed errors in ulp, of one element type."""
    path = NUMPY / f"umath-validation-set-{name}.csv"
    if not path.exists():
        pytest.skip("this NumPy comes without its tables")
    bits = {"float32": np.uint32, "float64": np.uint64}[dtype]
    rows = [
        line.split(",") for line in path.read_text().splitlines() if line.startswith(f"np.{dtype}")
    ]
    given, wanted = (
        np.array([int(row[i], 16) for row in rows], dtype=bits).view(dtype) for i in (1, 2)
    )
    return given, wanted, np.array([float(row[3]) for row in rows])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_rows_of_numpy(name, dtype):
    given, wanted, allowed = numpy_rows(name, dtype)
    x = tt.vector("x", dtype=dtype)
    found = graphcore.function([x], getattr(tt, name)(x))(given)
    finite = np.isfinite(wanted) & np.isfinite(found)
    np.testing.assert_array_equal(found[~finite], wanted[~finite])
    unit = np.spacing(np.abs(wanted[finite])).astype("float64")
    error = np.abs(found[finite].astype("float64") - wanted[finite]) / unit
    allowed = allowed[finite]
    worst = np.argmax(error - allowed)
    assert error[worst] <= allowed[worst], (given[finite][worst], error[worst])


# the function, the table, its columns of arguments and of the value, the largest relative error
TABLES = [
    ("digamma", "digamma_data", (0,), 1, 1e-15),
    ("digamma", "digamma_neg_data", (0,), 1, 1e-12),
    ("digamma", "digamma_root_data", (0,), 1, 1e-13),
    ("digamma", "digamma_small_data", (0,), 1, 1e-15),
    ("erf", "erf_data", (0,), 1, 1e-15),
    ("erf", "erf_small_data", (0,), 1, 1e-15),
    ("erfc", "erf_data", (0,), 2, 1e-15),
    ("erfc", "erf_large_data", (0,), 2, 1e-15),
    ("erfinv", "erf_inv_data", (0,), 1, 1e-15),
    ("erfcinv", "erfc_inv_data", (0,), 1, 1e-15),
    ("gammaln", "test_gamma_data:factorials", (0,), 2, 1e-15),
    ("gammaln", "test_gamma_data:near_0", (0,), 2, 1e-15),
    ("gammaln", "test_gamma_data:near_1", (0,), 2, 1e-15),
    ("gammaln", "test_gamma_data:near_2", (0,), 2, 1e-15),
    ("gammaln", "test_gamma_data:near_m10", (0,), 2, 1e-13),
    ("gammaln", "test_gamma_data:near_m55", (0,), 2, 1e-13),
    ("log1p", "log1p_expm1_data", (0,), 1, 1e-15),
    ("expm1", "log1p_expm1_data", (0,), 2, 1e-15),
    ("gammainc", "igamma_small_data", (0, 1), 5, 1e-13),
    ("gammainc", "igamma_med_data", (0, 1), 5, 1e-12),
    ("gammainc", "igamma_int_data", (0, 1), 5, 1e-12),
    ("gammaincc", "igamma_small_data", (0, 1), 3, 1e-13),
    ("gammaincc", "igamma_med_data", (0, 1), 3, 1e-12),
    ("gammaincc", "igamma_int_data", (0, 1), 3, 1e-12),
    ("betainc", "ibeta_small_data", (0, 1, 2), 5, 1e-13),
    ("betainc", "ibeta_data", (0, 1, 2), 5, 1e-12),
    ("betainc", "ibeta_int_data", (0, 1, 2), 5, 1e-12),
    ("betainc", "ibeta_large_data", (0, 1, 2), 5, 1e-9),
]


@pytest.mark.parametrize(("name", "table", "arguments", "value", "rtol"), TABLES)
def test_tables_of_boost(name, table, arguments, value, rtol):
    if not BOOST.exists():
        pytest.skip("this SciPy comes without its tables")
    file, _, part = table.partition(":")
    with np.load(BOOST) as tables:
        rows = tables[f"{file}_ipp-{part or file}"]
    inputs = [tt.vector(f"x{i}") for i in range(len(arguments))]
    found = graphcore.function(inputs, getattr(tt, name)(*inputs))(*(rows[:, i] for i in arguments))
    np.testing.assert_allclose(found, rows[:, value], rtol=rtol, atol=1e-300)
