"""Activations and losses of neural networks."""

from graphcore.ops.elementwise import apply_row
from graphcore.ops.operands import as_variables
from graphcore.tensor import elementwise, ordering, reductions
from graphcore.tensor.convert import as_tensor_variable, stacked
from graphcore.tensor.indexing import getitem
from graphcore.tensor.operations import maker
from graphcore.tensor.padding import pad
from graphcore.tensor.products import batched_dot, dot, tensordot
from graphcore.tensor.sequences import arange
from graphcore.tensor.shaping import concatenate, expand_dims, flatten
from graphcore.tensor.windows import length

sigmoid = elementwise.FUNCTIONS["sigmoid"]
softplus = elementwise.FUNCTIONS["softplus"]


def _rows(x):
    """A vector as one row, as all functions of rows of Theano take it."""
    x = as_tensor_variable(x)
    return expand_dims(x, 0) if x.type.ndim == 1 else x


def softmax(x):
    """Softmax along the last axis; a vector is one row of a matrix, and the result a matrix.

    See :func:`graphcore.tensor.softmax` for one that keeps vectors.

    Examples
    --------
    >>> softmax([0.0, 0.0]).eval()
    array([[0.5, 0.5]])
    """
    return reductions.softmax(_rows(x), axis=-1)


softmax_graph = softmax


def logsoftmax(x):
    """Logarithm of :func:`softmax`."""
    return reductions.log_softmax(_rows(x), axis=-1)


def softmax_with_bias(x, b):
    """:func:`softmax` of ``x + b``."""
    return softmax(as_tensor_variable(x) + as_tensor_variable(b))


softmax_op, logsoftmax_op = softmax, logsoftmax
Softmax, LogSoftmax = maker("Softmax", softmax), maker("LogSoftmax", logsoftmax)
SoftmaxWithBias = maker("SoftmaxWithBias", softmax_with_bias)


def h_softmax(x, batch_size, n_outputs, n_classes, n_outputs_per_class, W1, b1, W2, b2,
              target=None):  # fmt: skip
    """Softmax in two levels: that of classes, times that of the outputs within a class.

    Parameters
    ----------
    x : matrix
        A row of features per example.
    batch_size, n_classes : int
        Accepted for programs written for Theano; the lengths are those of ``x`` and ``W1``.
    n_outputs : int
        Outputs in all; the last class may have fewer than the others.
    n_outputs_per_class : int
    W1, b1 : matrix, vector
        Features to classes.
    W2, b2 : tensor3, matrix
        Features to the outputs of a class, per class.
    target : vector, optional
        An output per example.

    Returns
    -------
    TensorVariable
        The probability of the target per example, or a matrix with those of all outputs.
    """
    x = as_tensor_variable(x)
    W2, b2 = as_tensor_variable(W2), as_tensor_variable(b2)
    classes = softmax(dot(x, W1) + as_tensor_variable(b1))
    if target is None:
        inside = reductions.softmax(tensordot(x, W2, ([1], [1])) + b2, axis=-1)
        both = expand_dims(classes, 2) * inside
        return getitem(flatten(both, 2), (slice(None), slice(0, n_outputs)))
    target = as_tensor_variable(target)
    found, rest = target // n_outputs_per_class, target % n_outputs_per_class
    inside = softmax(batched_dot(x, getitem(W2, found)) + getitem(b2, found))
    rows = arange(length(x, 0))
    return getitem(classes, (rows, found)) * getitem(inside, (rows, rest))


def relu(x, alpha=0):
    """``x`` where it is positive, ``alpha * x`` elsewhere.

    Examples
    --------
    >>> relu([-2.0, 3.0], 0.5).eval()
    array([-1.,  3.])
    """
    x = as_tensor_variable(x)
    if isinstance(alpha, int) and alpha == 0:
        return apply_row("maximum", x, 0)
    return elementwise.switch(x > 0, x, alpha * x)


def elu(x, alpha=1):
    """``x`` where it is positive, ``alpha * (exp(x) - 1)`` elsewhere."""
    x = as_tensor_variable(x)
    return elementwise.switch(x > 0, x, alpha * apply_row("expm1", x))


def selu(x):
    """Scaled :func:`elu` that keeps mean and variance of its inputs."""
    scale, alpha = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
    return scale * elu(x, alpha)


def hard_sigmoid(x):
    """Sigmoid by three straight lines: ``clip(0.2 * x + 0.5, 0, 1)``."""
    return elementwise.clip(0.2 * as_tensor_variable(x) + 0.5, 0.0, 1.0)


ultra_fast_sigmoid = sigmoid


def softsign(x):
    """``x / (1 + abs(x))``."""
    x = as_tensor_variable(x)
    return x / (1 + abs(x))


def binary_crossentropy(output, target):
    """``-(target * log(output) + (1 - target) * log(1 - output))`` per element.

    Examples
    --------
    >>> bool(abs(binary_crossentropy(0.25, 1.0).eval() - 1.3862943611198906) < 1e-15)
    True
    """
    output, target = as_variables((stacked(output), stacked(target)))
    return -(target * apply_row("log", output) + (1 - target) * apply_row("log1p", -output))


def sigmoid_binary_crossentropy(output, target):
    """:func:`binary_crossentropy` of ``sigmoid(output)``, without rounding at the ends."""
    output, target = as_variables((stacked(output), stacked(target)))
    return softplus(output) - target * output


def categorical_crossentropy(coding_dist, true_dist):
    """``-log`` of the probability of the true class, per row.

    Parameters
    ----------
    coding_dist : Variable
        A matrix with a distribution per row.
    true_dist : Variable
        A vector of class numbers, or a matrix with a distribution per row.
    """
    coding, true = as_tensor_variable(coding_dist), as_tensor_variable(true_dist)
    if true.type.ndim == coding.type.ndim:
        return -reductions.FUNCTIONS["sum"](true * apply_row("log", coding), axis=-1)
    if true.type.ndim != coding.type.ndim - 1 or coding.type.ndim != 2:
        raise TypeError("categorical_crossentropy: a matrix, and a vector of classes or a matrix")
    return -_chosen(apply_row("log", coding), true)  # the logarithm of a softmax is stable


def _chosen(rows, columns):
    """One entry of every row, as a sum: derivatives need no scattering."""
    from graphcore.ops.operands import graph

    places = graph.cast(graph.places(graph.shape_entry(rows, 1)), "int64")
    hit = apply_row("eq", expand_dims(columns, 1), places)
    return reductions.FUNCTIONS["sum"](elementwise.switch(hit, rows, 0.0), axis=1)


def crossentropy_softmax_1hot(x, y_idx):
    """``(-log(softmax(x))[y], softmax(x))``."""
    logs = logsoftmax(x)
    return -_chosen(logs, as_tensor_variable(y_idx)), softmax(x)


def crossentropy_softmax_1hot_with_bias(x, b, y_idx):
    """:func:`crossentropy_softmax_1hot` of ``x + b``."""
    return crossentropy_softmax_1hot(as_tensor_variable(x) + as_tensor_variable(b), y_idx)


def crossentropy_softmax_argmax_1hot_with_bias(x, b, y_idx):
    """``(-log(softmax(x + b))[y], softmax(x + b), argmax of every row)``."""
    x = _rows(as_tensor_variable(x) + as_tensor_variable(b))
    return [*crossentropy_softmax_1hot(x, y_idx), ordering.argmax(x, axis=-1)]


def crossentropy_softmax_max_and_argmax_1hot(x, y_idx):
    """``(-log(softmax(x))[y], softmax(x), largest probabilities, their classes)``."""
    loss, p = crossentropy_softmax_1hot(x, y_idx)
    return [loss, p, *ordering.max_and_argmax(p, axis=-1)]


def crossentropy_softmax_max_and_argmax_1hot_with_bias(x, b, y_idx):
    """:func:`crossentropy_softmax_max_and_argmax_1hot` of ``x + b``."""
    x = as_tensor_variable(x) + as_tensor_variable(b)
    return crossentropy_softmax_max_and_argmax_1hot(x, y_idx)


def confusion_matrix(actual, pred):
    """How often each true class was taken for each class.

    Parameters
    ----------
    actual, pred : vector of int
        True and predicted classes.

    Returns
    -------
    list
        The matrix of counts, a row per true class; and the classes, ordered.

    Examples
    --------
    >>> matrix, classes = confusion_matrix([2, 0, 2], [0, 0, 2])
    >>> matrix.eval(), classes.eval()
    (array([[1, 0],
           [1, 1]]), array([0, 2]))
    """
    actual, pred = as_tensor_variable(actual), as_tensor_variable(pred)
    if actual.type.ndim != 1 or pred.type.ndim != 1:
        raise ValueError("confusion_matrix: needs two vectors of classes")
    classes = ordering.unique(concatenate([actual, pred]))
    hits = [apply_row("eq", expand_dims(v, 1), expand_dims(classes, 0)) for v in (actual, pred)]
    counts = [elementwise.cast(h, "int64") for h in hits]
    return [dot(counts[0].T, counts[1]), classes]


def prepend_scalar_to_each_row(val, mat):
    """A matrix with one more column in front, of one value."""
    mat = as_tensor_variable(mat)
    return pad(mat, [(0, 0), (1, 0)], constant_values=val)


def prepend_0_to_each_row(mat):
    """A matrix with a column of zeros in front."""
    return prepend_scalar_to_each_row(0, mat)


def crossentropy_categorical_1hot(coding_dist, true_one_of_n):
    """:func:`categorical_crossentropy` with class numbers."""
    return categorical_crossentropy(coding_dist, true_one_of_n)


__all__ = [
    "LogSoftmax", "Softmax", "SoftmaxWithBias", "binary_crossentropy", "categorical_crossentropy",
    "confusion_matrix",
    "crossentropy_categorical_1hot", "crossentropy_softmax_1hot",
    "crossentropy_softmax_1hot_with_bias", "crossentropy_softmax_argmax_1hot_with_bias",
    "crossentropy_softmax_max_and_argmax_1hot",
    "crossentropy_softmax_max_and_argmax_1hot_with_bias", "elu", "h_softmax", "hard_sigmoid",
    "logsoftmax", "logsoftmax_op", "prepend_0_to_each_row", "prepend_scalar_to_each_row",
    "relu", "selu", "sigmoid",
    "sigmoid_binary_crossentropy", "softmax", "softmax_graph", "softmax_op",
    "softmax_with_bias", "softplus",
    "softsign", "ultra_fast_sigmoid",
]  # fmt: skip
