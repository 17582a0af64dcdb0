"""Log densities as graphs: sums that cost few passes over the data, and ``logp(rv, value)``."""

import math

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Constant, Variable
from graphcore.model.distributions.base import RandomVariable, all_of, as_value, guarded
from graphcore.model.distributions.components import addends, row_of
from graphcore.model.distributions.derived import Derived


def logp(rv, value):
    """Log density of ``value`` under the distribution of a random variable.

    Parameters
    ----------
    rv : RandomVariable
        From ``Normal("x", ...)`` in a model or from ``Normal.dist(...)``; or an expression of
        variables made with ``.dist()``, whose density is derived: functions that can be inverted,
        ``clip``, the largest or smallest of independent elements, cumulative sums, choices.
    value : array or variable

    Returns
    -------
    Variable
        One entry per element of ``value``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> pm.logp(pm.Normal.dist(0, 1), [0.0, 1.0]).type.shape
    (2,)
    >>> round(float(pm.logp(pm.math.exp(pm.Normal.dist(0, 1)), 1.0).eval()), 6)
    -0.918939
    """
    return _distribution(rv).log_density(value)


def logcdf(rv, value):
    """Logarithm of the cumulative distribution function of a random variable at ``value``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> from graphcore.runtime.reference import evaluate
    >>> float(evaluate([pm.logcdf(pm.Uniform.dist(0, 1), 1.0)], {})[0])
    0.0
    """
    return _distribution(rv).log_cdf(value)


def logccdf(rv, value):
    """Logarithm of the probability that a random variable exceeds ``value``.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> float(pm.logccdf(pm.Exponential.dist(2), 3.0).eval())
    -6.0
    """
    return _distribution(rv).log_ccdf(value)


def icdf(rv, value):
    """The quantile of a probability: the inverse of the cumulative distribution function.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> float(pm.icdf(pm.Uniform.dist(2, 4), 0.25).eval())
    2.5
    """
    return _distribution(rv).inv_cdf(value)


def _distribution(rv):
    if isinstance(rv, RandomVariable):
        return rv.distribution
    if not isinstance(rv, Variable):
        raise TypeError(f"a random variable is needed, got {type(rv).__name__}")
    return Derived.of(rv.name or "logp", rv)


def check_total_size(total_size, label, shape):
    """Refuse a ``total_size`` that is not one, or does not fit a shape."""
    if total_size is None:
        return
    sizes = total_size if isinstance(total_size, list | tuple) else [total_size]
    good = all(n is None or n is Ellipsis or isinstance(n, int | np.integer) for n in sizes)
    if not good:
        raise TypeError(f"{label}: total_size must be a number of observations, got {total_size!r}")
    if not shape:
        raise ValueError(f"{label}: total_size needs an axis of observations; this is one number")
    if len([n for n in sizes if n is not Ellipsis]) > len(shape):
        raise ValueError(f"{label}: total_size has more entries than the shape {shape} has axes")


def scaling(total_size, rv):
    """By how much the density of a part of the data is multiplied to stand for all of them."""
    if total_size is None:
        return 1
    sizes = list(total_size) if isinstance(total_size, list | tuple) else [total_size]
    shape = rv.type.shape
    if Ellipsis in sizes:
        at = sizes.index(Ellipsis)
        missing = len(shape) - len(sizes) + 1
        sizes[at : at + 1] = [None] * missing
    factor = 1.0
    for total, n in zip(sizes, shape, strict=False):
        if total is not None and n:
            factor *= int(total) / n
    return factor


def summed_density(distribution, value, inside, checks=True):
    """``(scalar conditions, total)``: the density of all of ``value``, added up.

    ``checks=False`` leaves all tests out.  Conditions that are single numbers are handed back
    instead of being applied to every element, so that the sum stays a plain sum, which
    :func:`summed` can take apart.
    """
    value = as_value(value, distribution.label)
    tests = [c for _, _, _, c in distribution.conditions] if checks else []
    if checks and not inside:
        tests.append(distribution.support_condition(value))
    tests = [t for t in tests if t is not None]
    scalar = [t for t in tests if t.ndim == 0]
    total = distribution.summed_formula(value) if len(scalar) == len(tests) else None
    if total is not None and value.type.shape == distribution.shape:
        return scalar, total
    inner = guarded([t for t in tests if t.ndim], distribution.formula(value))
    missing = math.prod(distribution.batch_shape) // max(1, inner.type.size or 1)
    total = summed(inner)
    if inner.type.shape != distribution.batch_shape and missing > 1:
        total = total * float(missing)
    return scalar, total


def guarded_total(tests, total):
    """``total``, or -inf where one of the scalar conditions fails."""
    return tt.switch(all_of(tests), total, -math.inf) if tests else total


def summed(expr):
    """``expr.sum()``, taken apart so that little is left to do per element.

    The sum of ``-0.5 * ((y - mu) / sigma)**2 - log(sigma) - c`` over n observations becomes
    ``-0.5 / sigma**2 * ((y - mu)**2).sum() - n * log(sigma) - n * c``: terms that are the same
    for many elements are multiplied by their number, scalar factors are taken out, and terms of
    data alone stand apart, where constant folding finds them.
    """
    size = expr.type.size
    if not size or size == 1:
        return _scalar(expr) if size == 1 else tt.sum(expr)
    total = None
    for negative, v in addends(expr):
        factor, v = (None, v) if _of_data_alone(v) else _factored(v)
        part = _times(tt.sum(v) if v.type.size > 1 else _scalar(v), size // v.type.size)
        part = part if factor is None else factor * part
        if total is None:
            total = -part if negative else part
        else:
            total = total - part if negative else total + part
    return total


def _factored(v):
    """``(factor, rest)`` with ``v = factor * rest``, a scalar factor or None, and same shape."""
    squares = 0  # how many squares have been opened around ``v``
    factor = None
    while True:
        row = row_of(v)
        inputs = v.owner.inputs if row else ()
        if row in ("mul", "true_div"):
            a, b = inputs
            if b.type.size == 1 and a.type.shape == v.type.shape:
                inner, f = a, _scalar(b)
            elif row == "mul" and a.type.size == 1 and b.type.shape == v.type.shape:
                inner, f = b, _scalar(a)
            else:
                break
            for _ in range(squares):
                f = tt.sqr(f)
            if row == "mul":
                factor = f if factor is None else factor * f
            else:
                factor = 1 / f if factor is None else factor / f
            v = inner
        elif row == "sqr" and _scales(inputs[0]):
            v = inputs[0]
            squares += 1
        else:
            break
    for _ in range(squares):
        v = tt.sqr(v)
    return factor, v


def _scales(v):
    """Whether ``v`` is something times or divided by a scalar."""
    if row_of(v) not in ("mul", "true_div"):
        return False
    a, b = v.owner.inputs
    if b.type.size == 1 and a.type.shape == v.type.shape:
        return True
    return row_of(v) == "mul" and a.type.size == 1 and b.type.shape == v.type.shape


def _of_data_alone(v):
    """Whether a variable depends on constants only; stops at the first thing that is not one."""
    stack, seen = [v], set()
    while stack:
        v = stack.pop()
        if v in seen:
            continue
        seen.add(v)
        if v.owner is not None:
            stack.extend(v.owner.inputs)
        elif not isinstance(v, Constant):
            return False
    return True


def _scalar(v):
    """A variable of one element as a scalar."""
    return v if v.ndim == 0 else tt.reshape(v, ())


def _times(v, n):
    return v if n == 1 else v * float(n)
