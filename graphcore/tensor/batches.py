"""Functions of matrices as functions of batches of matrices."""

import functools

import numpy as np

from graphcore.ops.index import shape_entry
from graphcore.tensor.arranging import broadcast_shape
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.scan import scan
from graphcore.tensor.shaping import broadcast_to, reshape, stack


def batched(*cores):
    """Make a function of matrices one of batches of matrices.

    Where the lengths of the batch are known there is a computation per matrix, otherwise a loop;
    also for a batch without any, whose results have a shape all the same.

    Parameters
    ----------
    *cores : int
        The number of axes of each leading operand that one computation takes; 0 stands for a
        right-hand side: as many as the option ``b_ndim`` says, or a vector when it has one axis
        and a matrix otherwise.
    """

    def decorate(function):
        @functools.wraps(function)
        def over_batch(*operands, **options):
            given = [as_tensor_variable(x) for x in operands[: len(cores)]]
            rest = operands[len(cores) :]
            sizes = [n or options.get("b_ndim") or 2 for n in cores]
            leads = [max(x.type.ndim - n, 0) for n, x in zip(sizes, given, strict=False)]
            if not any(leads):
                return function(*given, *rest, **options)
            lengths = [x.type.shape[:k] for x, k in zip(given, leads, strict=True)]
            known = not any(None in shape or 0 in shape for shape in lengths)
            each = _one_by_one if known else _looped
            return each(lambda *x: function(*x, *rest, **options), given, lengths)

        return over_batch

    return decorate


def _one_by_one(function, given, lengths):
    """``function`` of every matrix of a batch, and the results stacked."""
    batch = np.broadcast_shapes(*lengths)
    found = []
    for index in np.ndindex(*batch):
        parts = []
        for x, shape in zip(given, lengths, strict=True):
            at = index[len(batch) - len(shape) :]
            key = tuple(0 if n == 1 else i for i, n in zip(at, shape, strict=True))
            parts.append(x[key] if key else x)
        result = function(*parts)
        found.append(tuple(result) if isinstance(result, (list, tuple)) else (result,))
    outs = [_split(stack(parts), batch) for parts in zip(*found, strict=True)]
    return outs[0] if len(outs) == 1 else outs


def _looped(function, given, lengths):
    """The same in a loop."""
    shapes = [
        [shape_entry(x, i) for i in range(len(n))] for x, n in zip(given, lengths, strict=True)
    ]
    batch = list(broadcast_shape(*(tuple(s) for s in shapes if s), arrays_are_shapes=True))
    moving, fixed = [], []
    for x, shape in zip(given, shapes, strict=True):
        if not shape:
            fixed.append(x)
            continue
        core = [shape_entry(x, i) for i in range(len(shape), x.type.ndim)]
        whole = broadcast_to(x, (*batch, *core))
        moving.append(whole if len(batch) == 1 else reshape(whole, (-1, *core)))

    def step(*parts):
        rows, others = iter(parts[: len(moving)]), iter(parts[len(moving) :])
        return function(*[next(rows) if shape else next(others) for shape in shapes])

    found, _ = scan(step, moving, None, fixed)
    if isinstance(found, (list, tuple)):
        return [_split(y, batch) for y in found]
    return _split(found, batch)


def _split(x, batch):
    """The first axis as those of the batch."""
    if len(batch) == 1:
        return x
    known = enumerate(x.type.shape[1:])
    return reshape(x, (*batch, *(shape_entry(x, i + 1) if n is None else n for i, n in known)))


__all__ = ["batched"]
