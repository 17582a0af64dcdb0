"""Batch normalisation."""

from graphcore.ops.elementwise import apply_row
from graphcore.ops.shape import dimshuffle
from graphcore.tensor.convert import as_tensor_variable, normal_axes
from graphcore.tensor.reductions import mean, var
from graphcore.tensor.windows import length


def _axes(axes, ndim):
    if axes == "per-activation":
        return (0,)
    if axes == "spatial":
        return (0, *range(2, ndim))
    return normal_axes(axes, ndim)


def _spread(p, x, axes):
    """A parameter with as many axes as the inputs."""
    p = as_tensor_variable(p)
    if p.type.ndim == x.type.ndim:
        return p
    kept = iter(range(p.type.ndim))
    return dimshuffle(p, ["x" if i in axes else next(kept) for i in range(x.type.ndim)])


def batch_normalization_train(inputs, gamma, beta, axes="per-activation", epsilon=1e-4,
                              running_average_factor=0.1, running_mean=None,
                              running_var=None):  # fmt: skip
    """Inputs with the mean and variance of the batch taken out, times ``gamma``, plus ``beta``.

    Parameters
    ----------
    inputs, gamma, beta : Variable
        The parameters have the axes of the inputs, or those that are not normalised over.
    axes : {"per-activation", "spatial"} or sequence of int
        Axes to normalise over: the first, all but the second, or as given.
    epsilon : float
        Added to the variance.
    running_average_factor : float
        Weight of this batch in the running averages.
    running_mean, running_var : Variable, optional

    Returns
    -------
    tuple
        Outputs, mean, 1 / standard deviation; then the new running averages that were asked for.
        All but the outputs have the axes of ``gamma``.
    """
    x, gamma = as_tensor_variable(inputs), as_tensor_variable(gamma)
    over = _axes(axes, x.type.ndim)
    center, spread = mean(x, over, keepdims=True), var(x, over, keepdims=True)
    inverse = 1 / apply_row("sqrt", spread + epsilon)
    y = (x - center) * (_spread(gamma, x, over) * inverse) + _spread(beta, x, over)
    found, f = [y, center, inverse], running_average_factor
    if running_mean is not None:
        found.append(_spread(running_mean, x, over) * (1 - f) + center * f)
    if running_var is not None:
        n = 1
        for i in over:
            n = n * length(x, i)
        n = n.astype("float64") if hasattr(n, "astype") else float(n)
        found.append(_spread(running_var, x, over) * (1 - f) + n / (n - 1) * spread * f)
    if gamma.type.ndim < x.type.ndim:
        kept = [i for i in range(x.type.ndim) if i not in over]
        found[1:] = [dimshuffle(v, kept) for v in found[1:]]
    return tuple(found)


def batch_normalization_test(inputs, gamma, beta, mean, var, axes="per-activation",
                             epsilon=1e-4):  # fmt: skip
    """Inputs normalised with given mean and variance; see :func:`batch_normalization_train`."""
    x = as_tensor_variable(inputs)
    over = _axes(axes, x.type.ndim)
    gamma, beta, mean, var = (_spread(p, x, over) for p in (gamma, beta, mean, var))
    return (x - mean) * gamma / apply_row("sqrt", var + epsilon) + beta


def batch_normalization(inputs, gamma, beta, mean, std, mode="low_mem"):
    """``(inputs - mean) * gamma / std + beta``.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.nnet.bn.batch_normalization([3.0], 2.0, 1.0, 1.0, 4.0).eval()
    array([2.])
    """
    inputs, gamma, beta, mean, std = map(as_tensor_variable, (inputs, gamma, beta, mean, std))
    return (inputs - mean) * (gamma / std) + beta


__all__ = ["batch_normalization", "batch_normalization_test", "batch_normalization_train"]
