"""Arrays whose lengths do not fit together: an error of the reference is one of the program, too.

Programs are planned for the shapes that they are given.  What nobody compares would be read beyond
its end.
"""

import numpy as np
import pytest
from ops.test_cases import STRUCTURED

import graphcore
from graphcore.graph.nodes import new_variable
from graphcore.graph.types import TensorType
from graphcore.ops.elementwise import elemwise

AT_MOST = 12  # changes of lengths per example
# the reference compares less: the state of a generator, lengths that a call has made equal before
LAX = frozenset(["Choice", "Draw", "Hyp2F1", "Hyp2F1Slope", "Shuffle", "TransposedRFFT"])
# these know lengths before they are called
STATIC = frozenset(["Branches", "BroadcastTo"])
ROWS = {name: (elemwise(name), [np.ones((3, 2))] * n) for name, n in (("add", 2), ("switch", 3))}


def changed(shape):
    """Shapes with another length along one axis."""
    for i, n in enumerate(shape):
        for m in sorted({0, 1, n - 1, n + 1, 2 * n, n + 7} - {n, -1}):
            yield *shape[:i], m, *shape[i + 1 :]


def misfits(arrays, rng):
    """Some ways to give one or two of the arrays another length."""
    shapes = [list(changed(a.shape)) for a in arrays]
    found = [{k: s} for k, some in enumerate(shapes) for s in some]
    found += [found[i] | found[j] for i, j in rng.integers(len(found), size=(len(found) // 2, 2))]
    rng.shuffle(found)
    return found[:AT_MOST]


def resized(a, shape):
    return np.resize(a, shape).astype(a.dtype) if a.size else np.zeros(shape, a.dtype)


def with_gradients(outputs, inputs):
    """Outputs, and the gradients of their sum where they have any."""
    wrt = [v for v in inputs if v.type.dtype == "float64"]
    terms = [v.sum() for v in outputs if v.type.dtype == "float64"]
    if not wrt or not terms:
        return outputs
    try:
        slopes = graphcore.grad(sum(terms[1:], terms[0]), wrt, disconnected_inputs="ignore")
    except (NotImplementedError, TypeError, graphcore.NullTypeGradError):
        return outputs
    return [*outputs, *slopes]


def outcome(compute):
    """What is computed, or the error."""
    try:
        with np.errstate(all="ignore"):
            return [np.shape(a) for a in compute()]
    except (ValueError, IndexError, TypeError, AssertionError, np.linalg.LinAlgError) as error:
        return error


def check(op, arrays, rng, lax=False):
    arrays = [np.asarray(a) for a in arrays]
    inputs = [new_variable(TensorType(a.dtype.name, (None,) * a.ndim)) for a in arrays]
    found = op(*inputs)
    outputs = with_gradients([*found] if isinstance(found, list | tuple) else [found], inputs)
    f = graphcore.function(inputs, outputs, on_unused_input="ignore")
    for shapes in misfits(arrays, rng):
        given = [resized(a, shapes.get(k, a.shape)) for k, a in enumerate(arrays)]
        known = dict(zip(inputs, given, strict=True))
        wanted = outcome(lambda known=known: graphcore.evaluate(outputs, known))
        got = outcome(lambda given=given: f(*given))
        where = f"{op} on {[a.shape for a in given]}: {got} where the reference has {wanted}"
        if isinstance(wanted, Exception):
            assert isinstance(got, Exception), where
        elif not (lax and isinstance(got, Exception)):
            assert got == wanted, where


@pytest.mark.parametrize("cls", STRUCTURED, ids=lambda cls: cls.__name__)
def test_structured_operations(cls):
    if cls.__name__ in STATIC:
        pytest.skip("its lengths are known before")
    rng = np.random.default_rng(1)
    for op, arrays in cls.cases():
        if any(np.ndim(a) for a in arrays):
            check(op, arrays, rng, cls.__name__ in LAX)


@pytest.mark.parametrize("name", ROWS)
def test_elementwise_operations(name):
    check(*ROWS[name], np.random.default_rng(2))


def test_elements_of_a_sparse_matrix_are_counted():
    data, x = graphcore.tensor.vectors("data", "x")
    matrix = graphcore.sparse.CSR(data, [1, 0, 2], [0, 1, 3], (2, 3))
    f = graphcore.function([data, x], matrix.dot(x))
    np.testing.assert_array_equal(f([1.0, 2.0, 3.0], [1.0, 10.0, 100.0]), [10.0, 302.0])
    for n in (0, 2, 4):
        with pytest.raises(ValueError, match=f"{n} elements are given .* has 3 of them"):
            f(np.ones(n), np.ones(3))


def test_lengths_for_another_number_of_axes():
    x, shape = graphcore.tensor.vector("x"), graphcore.tensor.lvector("shape")
    f = graphcore.function([x, shape], x.reshape(shape, ndim=2))
    assert f(np.ones(6), [2, 3]).shape == (2, 3)
    with pytest.raises(ValueError, match="3 lengths are given for a result of 2 axes"):
        f(np.ones(6), [1, 2, 3])
