"""Special functions that are made of those of the table."""

from graphcore.ops.elementwise import apply_row, cast
from graphcore.ops.hypergeometric import Hyp2F1
from graphcore.tensor.arranging import broadcast_arrays
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.elementwise import FUNCTIONS
from graphcore.tensor.reductions import log_softmax, softmax  # noqa: F401

betaln, logit = FUNCTIONS["betaln"], FUNCTIONS["logit"]


def beta(a, b):
    """The beta function of positive numbers.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> round(float(tt.beta(2.0, 3.0).eval()), 12)
    0.083333333333
    """
    return apply_row("exp", betaln(a, b))


def factorial(n):
    """``gamma(n + 1)``: the product of the numbers from 1 to ``n``.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.factorial([0, 1, 4]).eval()
    array([ 1.,  1., 24.])
    """
    return apply_row("gamma", as_tensor_variable(n) + 1.0)


def poch(z, m):
    """Rising factorial ``gamma(z + m) / gamma(z)`` of positive numbers.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> round(float(tt.poch(3.0, 2.0).eval()), 9)
    12.0
    """
    z, m = as_tensor_variable(z), as_tensor_variable(m)
    return apply_row("exp", apply_row("gammaln", z + m) - apply_row("gammaln", z))


def gammal(k, x):
    """Lower incomplete gamma function: the integral of ``t**(k - 1) * exp(-t)`` from 0 to ``x``.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> round(float(tt.gammal(1.0, 2.0).eval()), 9)
    0.864664717
    """
    return apply_row("gammainc", k, x) * apply_row("gamma", k)


def gammau(k, x):
    """Upper incomplete gamma function: the integral of ``t**(k - 1) * exp(-t)`` from ``x`` on.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> round(float(tt.gammau(1.0, 2.0).eval()), 9)
    0.135335283
    """
    return apply_row("gammaincc", k, x) * apply_row("gamma", k)


def chi2sf(x, k):
    """Probability that a chi-squared variable of ``k`` degrees of freedom exceeds ``x``.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> round(float(tt.chi2sf(2.0, 2.0).eval()), 9)
    0.367879441
    """
    return apply_row("gammaincc", as_tensor_variable(k) / 2.0, as_tensor_variable(x) / 2.0)


def hyp2f1(a, b, c, z):
    """Gauss's hypergeometric function, in float64.

    Parameters
    ----------
    a, b, c : array_like or variable
        First derivatives with respect to these are power series, NaN for ``z`` above 0.999 or
        below -999; there are no second ones.
    z : array_like or variable
        Real; from 1 on the function is infinite or complex for most parameters.

    Returns
    -------
    TensorVariable
        The operands broadcast.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> round(float(tt.hyp2f1(1.0, 1.0, 2.0, 0.5).eval()), 9)  # -log(1 - z) / z
    1.386294361
    """
    a, b, c, z = broadcast_arrays(a, b, c, z)
    return Hyp2F1()(a, b, c, cast(z, "float64"))


#: What ``graphcore.tensor`` offers too; the other names are those of PyTensor's module.
__all__ = ["beta", "chi2sf", "factorial", "gammal", "gammau", "hyp2f1", "poch"]
