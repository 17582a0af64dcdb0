"""PyMC3's helpers around Theano, under their names: ``pm.theanof.floatX`` and others."""

import numpy as np

import graphcore.tensor as tt
from graphcore import config
from graphcore.autodiff import grad
from graphcore.graph.nodes import Constant, SharedVariable, Variable
from graphcore.graph.walk import inputs_of


def floatX(x):
    """Numbers or an expression with the floating point type of ``config.floatX``.

    Examples
    --------
    >>> floatX([1, 2]).dtype
    dtype('float64')
    """
    if isinstance(x, Variable):
        return tt.cast(x, config.floatX)
    return np.asarray(x, dtype=config.floatX)


floatX_array = floatX


def intX(x):
    """Numbers or an expression as whole numbers."""
    return tt.cast(x, "int64") if isinstance(x, Variable) else np.asarray(x, dtype="int64")


def inputvars(a):
    """The inputs of one or several expressions that are neither constant nor shared.

    Examples
    --------
    >>> x = tt.scalar("x")
    >>> inputvars(2 * x)
    [x]
    """
    graphs = list(a) if isinstance(a, list | tuple) else [a]
    return [v for v in inputs_of(graphs) if not isinstance(v, Constant | SharedVariable)]


def cont_inputs(a):
    """Those of :func:`inputvars` that hold floating point numbers."""
    return [v for v in inputvars(a) if v.dtype.startswith("float")]


def gradient(f, vars=None):
    """The derivatives of a scalar, flattened into one vector.

    Examples
    --------
    >>> x = tt.vector("x")
    >>> gradient((x**2).sum(), [x]).eval({x: [1.0, 2.0]})
    array([2., 4.])
    """
    vars = cont_inputs(f) if vars is None else list(vars)
    if not vars:
        return tt.zeros(0)
    return tt.concatenate([tt.flatten(g) for g in grad(f, vars, disconnected_inputs="ignore")])


def jacobian(f, vars=None):
    """The derivatives of the elements of a vector, a row for each of them.

    Examples
    --------
    >>> x = tt.vector("x", shape=(2,))
    >>> jacobian(x**2, [x]).eval({x: [1.0, 2.0]})
    array([[2., 0.],
           [0., 4.]])
    """
    from graphcore.autodiff import jacobian as matrix

    vars = cont_inputs(f) if vars is None else list(vars)
    f = tt.flatten(f)
    parts = matrix(f, vars, disconnected_inputs="ignore")
    return tt.concatenate([tt.reshape(p, (p.shape[0], -1)) for p in parts], axis=1)


def hessian(f, vars=None):
    """The negative of the matrix of second derivatives of a scalar, as PyMC3 has it.

    Examples
    --------
    >>> x = tt.vector("x", shape=(2,))
    >>> hessian((x**2).sum(), [x]).eval({x: [1.0, 2.0]})
    array([[-2., -0.],
           [-0., -2.]])
    """
    vars = cont_inputs(f) if vars is None else list(vars)
    return -jacobian(gradient(f, vars), vars)


__all__ = ["cont_inputs", "floatX", "gradient", "hessian", "inputvars", "intX", "jacobian"]
