"""Random rows of large data, other ones at every evaluation: ``Minibatch``.

The rows come from a generator that is a shared variable and advances with every call of a function
that uses them, so a function of ``model.logp()`` with updates trains on other rows at each step.
Samplers need a density that stays the same and refuse such models.
"""

import numpy as np

import graphcore.tensor as tt
from graphcore.graph.nodes import Variable
from graphcore.graph.walk import inputs_of
from graphcore.model.data import advances, is_data
from graphcore.model.observed import data_array
from graphcore.tensor.random import RandomStream


def Minibatch(variable, *variables, batch_size=None, random_seed=42):
    """The same random rows of one or several arrays, others at every evaluation.

    Rows are drawn with replacement.  Say ``total_size=`` of the observed variable, so that its
    density stands for all rows.  Calls with the same seed, number of rows and batch size draw
    the same rows, as in PyMC3, as long as every function uses all of them.

    Parameters
    ----------
    variable, *variables : array or Data
        Arrays of as many rows each.
    batch_size : int
        How many rows; may follow a single array by position, as in PyMC3.
    random_seed : int or None

    Returns
    -------
    TensorVariable or tuple of TensorVariable
        One for each array, of ``batch_size`` rows.

    Raises
    ------
    TypeError
        Without a batch size, or for symbolic variables that are not data.
    ValueError
        When the arrays have different numbers of rows.

    Examples
    --------
    >>> import numpy as np
    >>> import graphcore.model as pm
    >>> x, y = np.arange(1000.0), 2 * np.arange(1000.0)
    >>> xs, ys = pm.Minibatch(x, y, batch_size=50)
    >>> with pm.Model() as model:
    ...     slope = pm.Normal("slope")
    ...     seen = pm.Normal("seen", slope * xs, 1, observed=ys, total_size=1000)
    >>> f = model.compile_logp()
    >>> bool(f({"slope": 1.0}) != f({"slope": 1.0}))
    True
    """
    arrays = [variable, *variables]
    if batch_size is None and len(arrays) == 2 and isinstance(arrays[1], int | np.integer):
        batch_size = arrays.pop()
    if isinstance(batch_size, bool) or not isinstance(batch_size, int | np.integer):
        raise TypeError(f"Minibatch: batch_size must be a number of rows, got {batch_size!r}")
    if batch_size < 1:
        raise ValueError(f"Minibatch: batch_size must be at least 1, got {batch_size}")
    arrays = [_rows(a, f"array {i} of Minibatch") for i, a in enumerate(arrays)]
    counts = [a.type.shape[0] for a in arrays]
    if len(set(counts)) > 1:
        raise ValueError(f"Minibatch: the arrays have different numbers of rows: {counts}")
    if counts[0] == 0:
        raise ValueError("Minibatch: there are no rows to choose from")
    chosen = RandomStream(random_seed).integers(0, arrays[0].shape[0], size=(int(batch_size),))
    batches = tuple(a[chosen] for a in arrays)
    return batches[0] if len(batches) == 1 else batches


def refuse_batches(graphs, what):
    """Complain when graphs have other values at every evaluation."""
    if any(advances(v) for v in inputs_of(graphs)):
        raise ValueError(
            f"{what} needs a density that stays the same, but this one is of random rows "
            "(pm.Minibatch), others at every evaluation; use the whole data here, or train with "
            "a graphcore.function of model.logp() and updates"
        )


def _rows(data, name):
    if isinstance(data, Variable):
        if not is_data(data):
            raise TypeError(f"{name} must be data (an array or pm.Data), got a symbolic variable")
    else:
        data = tt.constant(data_array(name, data))
    if data.ndim == 0:
        raise ValueError(f"{name} needs an axis of rows; this is one number")
    return data
