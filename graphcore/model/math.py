"""``pm.math``: the functions of ``graphcore.tensor`` under PyMC's names.

Examples
--------
>>> import graphcore.model as pm
>>> pm.math.invlogit(0.0).eval()
array(0.5)
"""

from graphcore.tensor import (
    abs,
    and_,
    ceil,
    clip,
    concatenate,
    constant,
    cos,
    cosh,
    dot,
    eq,
    erf,
    erfc,
    exp,
    floor,
    full,
    full_like,
    gammaln,
    ge,
    gt,
    invert,
    le,
    log,
    log1mexp,
    log1p,
    log_softmax,
    logaddexp,
    logit,
    logsumexp,
    lt,
    matmul,
    max,
    maximum,
    mean,
    min,
    minimum,
    neq,
    ones,
    ones_like,
    or_,
    prod,
    round,
    sigmoid,
    sign,
    sin,
    sinh,
    softmax,
    softplus,
    sqr,
    sqrt,
    stack,
    sum,
    switch,
    tan,
    tanh,
    where,
    xlogy,
    zeros,
    zeros_like,
)

invlogit = sigmoid
log1pexp = softplus

__all__ = [
    "abs", "and_", "ceil", "clip", "concatenate", "constant", "cos", "cosh", "dot", "eq", "erf",
    "erfc", "exp", "floor", "full", "full_like", "gammaln", "ge", "gt", "invert", "invlogit",
    "le", "log", "log1mexp", "log1p", "log1pexp", "log_softmax", "logaddexp", "logit",
    "logsumexp", "lt", "matmul", "max", "maximum", "mean", "min", "minimum", "neq", "ones",
    "ones_like", "or_", "prod", "round", "sigmoid", "sign", "sin", "sinh", "softmax", "softplus",
    "sqr", "sqrt", "stack", "sum", "switch", "tan", "tanh", "where", "xlogy", "zeros",
    "zeros_like",
]  # fmt: skip
