"""Input points of covariance and mean functions: arrays of shape (points, dimensions)."""

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant
from graphcore.tensor.moving import moves


def points(X, name="X"):
    """Input points as a matrix of floating point numbers.

    Raises
    ------
    ValueError
        If ``X`` is not two-dimensional.
    """
    x = tt.as_tensor_variable(X)
    if x.ndim != 2:
        raise ValueError(
            f"{name} must have the shape (points, dimensions), got {x.ndim} axes; "
            "write x[:, None] for points on a line"
        )
    return x if x.type.dtype.startswith("float") else tt.cast(x, "float64")


def length(x):
    """Number of points: an int where it is known and stays what it is."""
    known = x.type.shape[0]
    return x.shape[0] if known is None or moves(x) else known


def ones(x, value=1.0):
    """The same number for every point."""
    return tt.as_tensor_variable(value) * tt.ones_like(x[:, 0])


def is_constant(*variables):
    return all(isinstance(v, Constant) for v in variables)


def differences(x, z):
    """Every coordinate of the first points less that of the second: one matrix per dimension."""
    if x.type.shape[1] is None:
        raise ValueError("the number of columns of the input points must be known")
    if is_constant(x, z):
        pairs = zip(x.data.T, z.data.T, strict=True)
        return [tt.constant(np.subtract.outer(a, b)) for a, b in pairs]
    return [x[:, d][:, None] - z[:, d][None, :] for d in range(x.type.shape[1])]


def root(square):
    """A square root whose derivative at zero is zero: distances of points from themselves."""
    apart = square > 0
    return tt.switch(apart, tt.sqrt(tt.switch(apart, square, 1.0)), 0.0)
