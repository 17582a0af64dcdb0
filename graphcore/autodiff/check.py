"""Symbolic gradients compared with numerical ones."""

import numpy as np

from graphcore.autodiff.reverse import grad
from graphcore.errors import GradientError
from graphcore.graph.nodes import Variable
from graphcore.ops.operands import constant, graph
from graphcore.tensor.creation import tensor


def verify_grad(
    fun,
    pt,
    n_tests=2,
    rng=None,
    eps=None,
    out_type=None,
    abs_tol=None,
    rel_tol=None,
    mode=None,
    cast_to_output_type=False,
    no_debug_ref=True,
):
    """Check the symbolic gradient of a function against central differences.

    Parameters
    ----------
    fun : callable
        Makes one symbolic result of symbolic arrays.
    pt : sequence of array_like
        Where to differentiate; one float array per argument of ``fun``.
    n_tests : int
        How many projections are tried.
    rng : numpy.random.Generator or numpy.random.RandomState, optional
        Draws the random direction onto which the result is projected.
    eps : float, optional
        Step of the differences; by default 1e-4, relative to ``max(1, |x|)``.
    abs_tol, rel_tol : float, optional
        By default 1e-8 and 1e-6.
    out_type, mode, cast_to_output_type, no_debug_ref
        Accepted for programs written for Theano; everything is computed in float64.

    Raises
    ------
    GradientError
        Naming the argument, the element and both gradients.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> graphcore.verify_grad(lambda x: tt.exp(x).sum(), [[0.5, 1.0]])
    """
    rng = np.random.default_rng(0) if rng is None else rng
    abs_tol = 1e-8 if abs_tol is None else abs_tol
    rel_tol = 1e-6 if rel_tol is None else rel_tol
    points = [np.array(p, dtype="float64") for p in pt]
    inputs = [tensor("float64", p.shape, f"argument {i}") for i, p in enumerate(points)]
    output = fun(*inputs)
    if not isinstance(output, Variable):
        raise TypeError("verify_grad: fun must return one symbolic variable")
    shape = output.eval(dict(zip(inputs, points, strict=True))).shape
    for _ in range(n_tests):
        weight = rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape)
        product = graph.mul(output, constant(weight))
        cost = graph.sum(product, tuple(range(output.type.ndim)))
        _compare(cost, inputs, points, eps, rel_tol, abs_tol)


def _compare(cost, inputs, points, eps, rel_tol, abs_tol):
    gradients = grad(cost, inputs, disconnected_inputs="ignore")
    given = dict(zip(inputs, points, strict=True))

    def value(i, p):
        return float(cost.eval({**given, inputs[i]: p}))

    for i, g in enumerate(gradients):
        symbolic = g.eval(given)
        if symbolic.shape != points[i].shape:
            raise GradientError(
                f"the gradient of {inputs[i].name} has shape {symbolic.shape}, "
                f"not {points[i].shape}"
            )
        for at in np.ndindex(points[i].shape):
            numerical, noise = _central_difference(lambda p, i=i: value(i, p), points[i], at, eps)
            error = abs(symbolic[at] - numerical)
            if not error <= abs_tol + noise + rel_tol * max(abs(numerical), abs(symbolic[at])):
                raise GradientError(
                    f"gradient with respect to {inputs[i].name} at {at}: symbolic "
                    f"{symbolic[at]:.10g}, numerical {numerical:.10g}"
                )


def _central_difference(f, point, at, eps):
    """Derivative by extrapolated central differences, and a bound of its rounding error."""
    estimates, noise = [], 0.0
    whole = 1e-4 * max(1.0, abs(point[at])) if eps is None else eps
    for step in (whole, whole / 2):
        low, high = point.copy(), point.copy()
        low[at] -= step
        high[at] += step
        above, below = f(high), f(low)
        estimates.append((above - below) / (high[at] - low[at]))
        noise += 8 * np.finfo(float).eps * max(abs(above), abs(below)) / step
    return (4 * estimates[1] - estimates[0]) / 3, noise
