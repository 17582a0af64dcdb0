"""Theano's functions that overwrite their first operand."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import graphcore.tensor as tt

X = np.random.default_rng(1).uniform(0.1, 0.9, (2, 2))
WHOLE = np.array([[1, 2], [3, 1]])
PAIRS = set(
    "add arctan2 chi2sf eq fill ge gt int_div iv jv le lt maximum minimum mod mul neq pow second "
    "sub true_div".split()
)


@pytest.mark.parametrize("name", tt.inplace.__all__)
def test_value_and_element_type(name):
    plain = name.removesuffix("_inplace")
    x = WHOLE if plain in ("and_", "or_", "xor", "invert") else X + 1.0 * (plain == "arccosh")
    pair = plain in PAIRS or plain in ("and_", "or_", "xor")
    operands = [x, x[0]] if pair else [x]
    y = getattr(tt.inplace, name)(*operands)
    assert y.type.dtype == x.dtype.name
    wanted = getattr(tt, plain)(*operands).eval()
    assert_array_equal(y.eval(), wanted.astype(x.dtype))
    assert np.isfinite(wanted).all() and getattr(tt.inplace, name).__name__ in (name, plain)


def test_the_shape_is_that_of_the_first_operand():
    with pytest.raises(ValueError, match=r"add_inplace: the result .* has another shape"):
        tt.inplace.add_inplace(tt.vector("x"), tt.matrix("y"))
    with pytest.raises(ValueError, match="use mul"):
        tt.inplace.mul_inplace(tt.row("x"), np.ones((3, 2)))
