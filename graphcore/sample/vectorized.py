"""Expressions of a model at all draws of a posterior, as expressions."""

from graphcore.graph.walk import inputs_of
from graphcore.model.distributions.base import RandomVariable
from graphcore.sample import traces
from graphcore.tensor import constant
from graphcore.tensor.vectorize import vectorize_graph


def vectorize_over_posterior(
    outputs, posterior, input_rvs, input_tensors=(), allow_rvs_in_graph=True,
    sample_dims=("chain", "draw"),
):  # fmt: skip
    """Expressions with the axes of the draws in front, in which draws stand for random variables.

    Parameters
    ----------
    outputs : list of Variable
    posterior : Dataset, Group or dict of arrays
        Draws by name, such as ``idata.posterior``.
    input_rvs : list of RandomVariable
        The variables that draws stand for.
    input_tensors : list of Variable, optional
        Other variables with a name that draws stand for.
    allow_rvs_in_graph, sample_dims
        PyMC's.  Random variables besides ``input_rvs`` are an error here: ``draw`` and
        ``sample_posterior_predictive`` draw them.

    Returns
    -------
    list of Variable

    Examples
    --------
    >>> import numpy as np
    >>> import graphcore.model as pm
    >>> with pm.Model():
    ...     x = pm.Normal("x")
    >>> (doubled,) = vectorize_over_posterior([2 * x], {"x": np.ones((2, 3))}, [x])
    >>> doubled.eval()
    array([[2., 2., 2.],
           [2., 2., 2.]])
    """
    draws, _ = traces.draws_of(posterior)
    chosen = [*input_rvs, *input_tensors]
    if missing := [v.name for v in chosen if v.name not in draws]:
        raise KeyError(f"the draws have no values of {', '.join(missing)}")
    for v in inputs_of(list(outputs), stop=set(chosen)):
        if isinstance(v, RandomVariable) and v not in chosen:
            raise ValueError(
                f"vectorize_over_posterior: {v.name or v!r} is random too; add it to input_rvs, or "
                "draw it with sample_posterior_predictive"
            )
    return vectorize_graph(list(outputs), {v: constant(draws[v.name]) for v in chosen})


__all__ = ["vectorize_over_posterior"]
