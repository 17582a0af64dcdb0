"""Checks that a new operation keeps the promises every operation makes.

The tests of graphcore call these on every operation; they are public for operations of users.
"""

import numpy as np

from graphcore.autodiff import grad, verify_grad
from graphcore.graph.nodes import new_variable
from graphcore.graph.types import TensorType
from graphcore.ops.operands import constant, graph, is_float
from graphcore.runtime.reference import evaluate


def check_op(op, arrays, differentiable=True):
    """Check one operation on one set of inputs.

    Checked are the types it promises, for known and for unknown lengths; the shapes it infers;
    that it leaves its inputs alone; that equal operations are equal; and its gradient, first and
    second, against differences.

    Parameters
    ----------
    op : Op
    arrays : sequence of ndarray
    differentiable : bool
        Whether to check gradients, where inputs and outputs are floats.

    Examples
    --------
    >>> import numpy as np
    >>> from graphcore.ops.linalg import Dot
    >>> check_op(Dot(), [np.ones((2, 3)), np.ones(3)])
    """
    arrays = [np.asarray(a) for a in arrays]
    before = [a.copy() for a in arrays]
    with np.errstate(all="ignore"):
        found = op.reference(*arrays)
    found = found if isinstance(found, tuple) else (found,)
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b, err_msg=f"{op!r} changed its input")
    check_types(op, arrays, found)
    check_shapes(op, arrays, found)
    assert op == op and hash(op) == hash(op), f"{op!r} is not equal to itself"
    if differentiable and is_float(found[0].dtype.name):
        check_gradient(op, arrays)


def check_types(op, arrays, found):
    """The promised types hold, whether or not lengths are known."""
    for known in (True, False):
        variables = _symbols(op, arrays, known)
        node = op.apply(*variables)
        assert len(node.outputs) == len(found), f"{op!r} promised {len(node.outputs)} outputs"
        for v, y in zip(node.outputs, found, strict=True):
            assert v.type.dtype == y.dtype.name, f"{op!r} promised {v.type!r}, gave {y.dtype}"
            assert v.type.accepts(y.shape), f"{op!r} promised {v.type!r}, gave {y.shape}"
            if known:
                assert v.type.is_static, f"{op!r} does not know its shape: {v.type!r}"


def check_shapes(op, arrays, found):
    """The inferred shapes are those of the value."""
    values = [a if i in op.shape_inputs else None for i, a in enumerate(arrays)]
    inferred = op.infer_shape([a.shape for a in arrays], values)
    assert [tuple(s) for s in inferred] == [y.shape for y in found], (
        f"{op!r} inferred {inferred}, gave {[y.shape for y in found]}"
    )


def check_gradient(op, arrays):
    """First and second derivatives, and that they do not depend on what is known of shapes."""
    floats = [i for i, a in enumerate(arrays) if is_float(a.dtype.name) and i not in op.no_gradient]
    if not floats:
        return

    def applied(*points):
        operands = [constant(a) for a in arrays]
        for i, p in zip(floats, points, strict=True):
            operands[i] = graph.cast(p, arrays[i].dtype.name)
        return op.apply(*operands).outputs[0]

    points = [arrays[i].astype("float64") for i in floats]
    if applied(*map(constant, points)).type.dtype == "float64":  # float32 is too coarse
        verify_grad(applied, points)
        verify_grad(lambda *p: _directional(applied, p), points, n_tests=1)
    known, unknown = (_gradients(op, arrays, floats, k) for k in (True, False))
    for i, a, b in zip(floats, known, unknown, strict=True):
        assert a.shape == arrays[i].shape and a.dtype == arrays[i].dtype
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def check_grad(fun, points, **tolerances):
    """Check first and second derivatives of a symbolic function against differences.

    Parameters
    ----------
    fun : callable
        Makes one symbolic result of symbolic arrays.
    points : sequence of array_like
    **tolerances
        Passed to ``verify_grad``.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> check_grad(tt.tanh, [[0.5, 1.0]])
    """
    verify_grad(fun, points, **tolerances)
    verify_grad(lambda *p: _directional(fun, p), points, **tolerances)


def _symbols(op, arrays, known):
    """Inputs for an operation; those whose value decides shapes are constants."""
    return [
        constant(a)
        if i in op.shape_inputs
        else new_variable(
            TensorType(a.dtype, a.shape if known else (None,) * a.ndim), name=f"input {i}"
        )
        for i, a in enumerate(arrays)
    ]


def _weighted(y):
    """A scalar that weights the elements of ``y`` differently."""
    return graph.sum(graph.mul(y, graph.add(graph.arctan(y), 2.0)), tuple(range(y.type.ndim)))


def _directional(fun, points):
    """Sum of the gradients of a nonlinear function of ``fun``: its gradient is a second one."""
    gradients = grad(_weighted(fun(*points)), list(points), disconnected_inputs="ignore")
    total = constant(0.0)
    for g in gradients:
        weight = np.cos(np.arange(g.type.size)).reshape(g.type.shape) + 2
        total = graph.add(total, graph.sum(graph.mul(g, constant(weight)), range(g.type.ndim)))
    return total


def _gradients(op, arrays, floats, known):
    variables = _symbols(op, arrays, known)
    cost = _weighted(op.apply(*variables).outputs[0])
    wrt = [variables[i] for i in floats]
    given = {v: a for v, a in zip(variables, arrays, strict=True) if v.name}
    return evaluate(grad(cost, wrt, disconnected_inputs="ignore"), given)
