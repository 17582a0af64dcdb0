"""PyMC's helpers around expressions: ``pm.pytensorf.floatX``, in PyMC3 ``pm.theanof.floatX``."""

import numpy as np

import graphcore.tensor as tt
from graphcore import config
from graphcore.autodiff import grad
from graphcore.graph.nodes import Constant, SharedVariable, Variable
from graphcore.graph.walk import inputs_of, replace
from graphcore.model.data import advances
from graphcore.ops.random import state_of
from graphcore.runtime.function import function


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


def collect_default_updates(outputs, *, inputs=None, must_be_shared=True):
    """The next states of the generators of random numbers that expressions depend on, as a dict.

    Random variables made with ``.dist()`` have none: a loop draws those of its step anew in every
    step.  ``inputs`` and ``must_be_shared`` are PyMC's and have no effect.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> collect_default_updates([pm.Normal.dist(0, 1)])
    {}
    """
    graphs = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
    shared = [v for v in inputs_of(graphs) if isinstance(v, SharedVariable)]
    return {v: v.default_update for v in shared if v.default_update is not None}


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


def hessian(f, vars=None, negate_output=True):
    """The matrix of second derivatives of a scalar; its negative unless asked otherwise.

    Examples
    --------
    >>> x = tt.vector("x", shape=(2,))
    >>> hessian((x**2).sum(), [x]).eval({x: [1.0, 2.0]})
    array([[-2., -0.],
           [-0., -2.]])
    """
    vars = cont_inputs(f) if vars is None else list(vars)
    found = jacobian(gradient(f, vars), vars)
    return -found if negate_output else found


def hessian_diag(f, vars=None, negate_output=True):
    """The diagonal of :func:`hessian`.

    Examples
    --------
    >>> x = tt.vector("x", shape=(2,))
    >>> hessian_diag((x**3).sum(), [x], negate_output=False).eval({x: [1.0, 2.0]})
    array([ 6., 12.])
    """
    return tt.diagonal(hessian(f, vars, negate_output))


def compile(inputs, outputs, random_seed=None, mode=None, **options):
    """:func:`graphcore.function`, with a seed for the random numbers that are drawn.

    Parameters
    ----------
    inputs : list of Variable
    outputs : Variable or list of Variable
    random_seed : int, optional
        Generators of the graph (:class:`~graphcore.tensor.random.RandomStream`) start from it.
    mode : str, optional
    **options
        Those of ``graphcore.function``.

    Examples
    --------
    >>> x = tt.scalar("x")
    >>> compile([x], x**2)(3.0)
    array(9.)
    """
    made = function(inputs, outputs, mode=mode, **options)
    if random_seed is not None:
        generators = [v for v in made.get_shared() if advances(v)]
        streams = np.random.SeedSequence(random_seed).spawn(len(generators))
        for v, stream in zip(generators, streams, strict=True):
            v.container[0] = state_of(np.random.Generator(np.random.PCG64(stream)))
    return made


def join_nonshared_inputs(point, outputs, inputs, shared_inputs=None, make_inputs_shared=False):
    """Expressions as functions of one vector that holds the elements of several inputs.

    Parameters
    ----------
    point : dict of str to array
        Values of the inputs by name: their shapes, and where the vector starts if it is shared.
    outputs, inputs : list of Variable
    shared_inputs : dict of Variable to Variable, optional
        What else is replaced.
    make_inputs_shared : bool
        Whether the vector is a shared variable.

    Returns
    -------
    (list of Variable, Variable)
        The expressions, and the vector.

    Examples
    --------
    >>> x, y = tt.scalar("x"), tt.vector("y")
    >>> [z], joined = join_nonshared_inputs({"x": 0.0, "y": np.zeros(2)}, [x + y], [x, y])
    >>> z.eval({joined: [1.0, 2.0, 3.0]})
    array([3., 4.])
    """
    if not inputs:
        raise ValueError("inputs is empty: there is nothing to join")
    values = [np.asarray(point[v.name]) for v in inputs]
    start = np.concatenate([np.ravel(x) for x in values]).astype(config.floatX)
    name = "joined_inputs"
    joined = tt.shared(start, name) if make_inputs_shared else tt.vector(name, shape=start.shape)
    swap, first = dict(shared_inputs or {}), 0
    for v, x in zip(inputs, values, strict=True):
        part = tt.reshape(joined[first : first + x.size], x.shape)
        swap[v] = tt.cast(part, v.dtype)
        first += x.size
    return replace(list(outputs), swap), joined


def make_shared_replacements(point, vars, model):
    """Shared variables in the place of all value variables of a model but some.

    Parameters
    ----------
    point : dict of str to array
    vars : list of Variable
        Value variables that stay.
    model : Model

    Returns
    -------
    dict of Variable to Variable

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     a, b = pm.Normal("a"), pm.Normal("b")
    >>> found = make_shared_replacements({"a": 1.0, "b": 2.0}, [model.rvs_to_values[a]], model)
    >>> {v.name: float(s.get_value()) for v, s in found.items()}
    {'b': 2.0}
    """
    kept = set(vars)
    return {
        v: tt.shared(np.asarray(point[v.name], v.dtype), f"{v.name}_shared")
        for v in model.value_vars if v not in kept
    }  # fmt: skip


__all__ = [
    "collect_default_updates", "compile", "cont_inputs", "floatX", "gradient", "hessian",
    "hessian_diag", "inputvars", "intX", "jacobian", "join_nonshared_inputs",
    "make_shared_replacements",
]  # fmt: skip
