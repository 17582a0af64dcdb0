"""Mean functions (``pm.gp.mean``): a number for every input point."""

import graphcore.tensor as tt
from graphcore.model.gp.inputs import ones, points

__all__ = ["Add", "Constant", "Linear", "Mean", "Prod", "Zero"]


class Mean:
    """A mean function: ``mean(X)`` for ``X`` of shape (n, d) has the shape (n,)."""

    def __call__(self, X):
        raise NotImplementedError(f"{type(self).__name__} has no values")

    def __add__(self, other):
        return Add(self, other)

    def __mul__(self, other):
        return Prod(self, other)


class Zero(Mean):
    """Zero everywhere."""

    def __call__(self, X):
        return tt.zeros_like(points(X)[:, 0])


class Constant(Mean):
    """The number ``c`` everywhere."""

    def __init__(self, c=0):
        self.c = c

    def __call__(self, X):
        return ones(points(X), self.c)


class Linear(Mean):
    """``X @ coeffs + intercept``."""

    def __init__(self, coeffs, intercept=0):
        self.coeffs, self.intercept = coeffs, intercept

    def __call__(self, X):
        x, coeffs = points(X), tt.as_tensor_variable(self.coeffs)
        if coeffs.ndim == 2:
            coeffs = coeffs[:, 0]
        if coeffs.ndim == 0:
            return x[:, 0] * coeffs + self.intercept
        return tt.dot(x, coeffs) + self.intercept


class Add(Mean):
    """The sum of two mean functions."""

    def __init__(self, first_mean, second_mean):
        self.first, self.second = first_mean, second_mean

    def __call__(self, X):
        return self.first(X) + self.second(X)


class Prod(Mean):
    """The product of two mean functions."""

    def __init__(self, first_mean, second_mean):
        self.first, self.second = first_mean, second_mean

    def __call__(self, X):
        return self.first(X) * self.second(X)
