"""Theano's classes of operations, as makers of the functions that do the same.

``Unique(True, False, False)(x)`` is ``unique(x, True, False, False)``.  What they make are
functions, not operations: nothing is an instance of them.

Examples
--------
>>> import graphcore.tensor as tt
>>> tt.Reshape(2)(tt.arange(4), (2, 2)).eval()
array([[0, 1],
       [2, 3]])
>>> tt.Sum(axis=1)([[1.0, 2.0], [3.0, 4.0]]).eval()
array([3., 7.])
"""

from functools import partial

from graphcore.tensor import arranging, ordering, sequences, shaping
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.products import dot
from graphcore.tensor.reductions import FUNCTIONS


def maker(name, function, *options):
    """A maker whose arguments are options of ``function``, in this order."""

    def make(*values, **named):
        given = dict(zip(options, values, strict=False), **named)
        if len(values) > len(options) or not given.keys() <= set(options):
            raise TypeError(f"{name} takes {', '.join(options) or 'no options'}")
        return partial(function, **given)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"``{function.__name__}`` with options: {', '.join(options) or 'none'}."
    return make


_MAKERS = {
    "ARange": (sequences.arange, "dtype"),
    "All": (FUNCTIONS["all"], "axis"),
    "Alloc": (arranging.alloc,),
    "Any": (FUNCTIONS["any"], "axis"),
    "ArgSortOp": (ordering.argsort, "kind", "order"),
    "Argmax": (ordering.argmax, "axis"),
    "DiffOp": (ordering.diff, "n", "axis"),
    "Dot": (dot,),
    "Eye": (sequences.eye, "dtype"),
    "Flatten": (shaping.flatten, "outdim"),
    "Join": (arranging.join,),
    "MaxAndArgmax": (ordering.max_and_argmax, "axis"),
    "Nonzero": (ordering.nonzero,),
    "Prod": (FUNCTIONS["prod"], "axis", "dtype", "acc_dtype"),
    "RepeatOp": (arranging.repeat, "axis"),
    "Reshape": (shaping.reshape, "ndim"),
    "SearchsortedOp": (ordering.searchsorted, "side"),
    "SortOp": (ordering.sort, "kind", "order"),
    "Sum": (FUNCTIONS["sum"], "axis", "dtype", "acc_dtype"),
    "Tri": (sequences.tri, "dtype"),
    "Unique": (ordering.unique, "return_index", "return_inverse", "return_counts", "axis"),
}
_made = {name: maker(name, *made) for name, made in _MAKERS.items()}
globals().update(_made)


def DimShuffle(input_broadcastable, new_order, inplace=True):
    """``dimshuffle`` by a pattern, of arrays of the given number of axes."""
    return lambda x: shaping.dimshuffle(x, *new_order)


def Split(len_splits):
    """``split`` into a number of parts, called as ``Split(2)(x, axis, sizes)``."""
    return lambda x, axis, splits_size: arranging.split(x, splits_size, len_splits, axis)


def CumOp(axis=None, mode="add"):
    """``cumsum``, or with ``mode="mul"`` ``cumprod``."""
    return partial({"add": ordering.cumsum, "mul": ordering.cumprod}[mode], axis=axis)


tensor_from_scalar = scalar_from_tensor = as_tensor_variable  # numbers are arrays without axes

__all__ = ["CumOp", "DimShuffle", "Split", "scalar_from_tensor", "tensor_from_scalar", *_made]
