"""Elementwise operations: one class, whose instances are the rows of the op table.

Nothing here knows a particular function: dtypes, values and derivatives come from the row.  The
two exceptions are ``Cast``, which is not a function of numbers, and the selection ``switch``, whose
gradient must never meet the branch that was not taken.
"""

from functools import cache, lru_cache, partial
from importlib import import_module

import numpy as np

from graphcore._graph import all_variables, applied, remembered_types
from graphcore.graph.nodes import Op, Variable
from graphcore.graph.types import TensorType, dtype_name
from graphcore.ops.operands import (
    as_variables,
    broadcast_concrete,
    broadcast_static,
    check_dtype,
    graph,
    is_inexact,
    is_scalar_constant,
    promote,
)
from graphcore.ops.shape import SumLike, unbroadcast
from graphcore.optable import ROWS


@cache
def resolve(dotted):
    """The function of a dotted name; its module is imported when first used."""
    module, _, name = dotted.rpartition(".")
    return getattr(import_module(module), name)


@lru_cache(maxsize=4096)
def signature(row_name, dtypes):
    """``(element types the operands are converted to, element type of the result)``."""
    row = ROWS[row_name]
    rule = row.dtype
    if rule == "switch":
        common = promote(*dtypes[1:])
        return (dtypes[0], common, common), common
    common = promote(*dtypes)
    if rule == "inexact":
        if set(dtypes) != {"float32"}:
            common = promote("float64", *dtypes) if set(dtypes) != {"complex64"} else common
    elif rule in ("number", "integer") and common == "bool":
        common = "int8"
    elif rule in ("bitwise", "integer") and is_inexact(common):
        raise TypeError(
            f"{row_name} is defined for bools and integers, not for {' and '.join(dtypes)}; "
            "compare floats with a number first"
        )
    if row_name == "abs" and common.startswith("complex"):
        return (common,), "float32" if common == "complex64" else "float64"
    return (common,) * len(dtypes), "bool" if rule == "bool" else common


class Elemwise(Op):
    """A row of the table applied to arrays that broadcast against each other.

    Use :func:`elemwise`, which keeps one instance per row.
    """

    props = ("row_name",)
    broadcasts = True

    def __init__(self, row_name):
        self.row_name = self.head = self.name = row_name
        self.row = ROWS[row_name]
        self.memo = {}

    def __repr__(self):
        return self.row_name

    def __reduce__(self):
        return elemwise, (self.row_name,)

    def out_types(self, *types):
        if len(types) != self.row.arity:
            raise TypeError(f"{self.name} takes {self.row.arity} arguments, not {len(types)}")
        _, dtype = signature(self.row_name, tuple([t.dtype for t in types]))
        shape = types[0].shape
        if len(types) > 1:
            shape = broadcast_static([t.shape for t in types], self.name)
        for t in types:  # mostly the type of an operand: one object is quick to compare
            if t.dtype == dtype and t.shape == shape:
                return [t]
        return [TensorType(dtype, shape)]

    types_of = remembered_types

    def infer_shape(self, shapes, values):
        return [broadcast_concrete(shapes, self.name)]

    def reference(self, *arrays):
        dtypes, out = signature(self.row_name, tuple([dtype_name(a.dtype) for a in arrays]))
        broadcast_concrete([a.shape for a in arrays], self.name)
        # float32 is computed in float64 and rounded once, as the kernels do
        wide = ["float64" if d == "float32" else d for d in dtypes]
        operands = [a.astype(d, copy=False) for a, d in zip(arrays, wide, strict=True)]
        with np.errstate(all="ignore"):
            return np.asarray(resolve(self.row.ref)(*operands)).astype(out, copy=False)

    def vjp(self, inputs, outputs, cotangents, needed):
        return [
            self._input_cotangent(i, inputs, outputs[0], cotangents[0]) if needed[i] else None
            for i in range(len(inputs))
        ]

    def _input_cotangent(self, i, inputs, y, g):
        row = self.row
        if row.d is None:
            raise NotImplementedError(f"{self.name} has no derivative rule")
        if row.passes and row.passes[i] is not None:
            g = masked(row.passes[i](graph, *inputs), g)
        elif row.d[i] is None:
            return None
        else:
            g = scaled(g, row.d[i](graph, *inputs, y))
        if g is None:
            return None
        x = inputs[i]
        if x.type.shape or g.type.shape:
            g = unbroadcast(g, x, [v for j, v in enumerate(inputs) if j != i])
        return cast(g, x.type.dtype)

    @staticmethod
    def cases():
        """An operation and its inputs, per example: each row with each kind of broadcasting."""
        for name, row in ROWS.items():
            rng = np.random.default_rng(len(name))
            for shapes in _CASE_SHAPES[row.arity]:
                arrays = [
                    rng.uniform(lo, hi, s) for s, (lo, hi) in zip(shapes, row.typical, strict=True)
                ]
                if row.dtype == "switch":
                    arrays[0] = np.asarray(arrays[0] > 0)
                elif row.dtype in ("bitwise", "integer"):
                    arrays = [np.asarray(a > 0) for a in arrays]
                if name == "polygamma":
                    arrays[0] = np.rint(arrays[0])
                yield elemwise(name), arrays


_CASE_SHAPES = {
    1: [((),), ((3,),), ((2, 3),), ((0,),)],
    2: [((), ()), ((3,), (3,)), ((3,), ()), ((2, 1), (3,)), ((2, 1), (1, 3)), ((0,), (1,))],
    3: [((),) * 3, ((3,),) * 3, ((2, 3), (3,), ()), ((2, 1), (1, 3), (3,)), ((0,),) * 3],
}


@cache
def elemwise(row_name):
    """The operation of a row."""
    return Elemwise(row_name)


def apply_row(row_name, *operands):
    """A row applied to variables, arrays and Python numbers."""
    op = elemwise(row_name)
    if not all_variables(operands):
        operands = tuple(as_variables(operands, first=1 if op.row.dtype == "switch" else 0))
    return applied(op, operands).outputs[0]


graph.__dict__.update({name: partial(apply_row, name) for name in ROWS})


def _as_mask(g):
    """``(condition, sense, value)`` when ``g`` selects between a value and zero, else None."""
    node = g.owner
    if node is not None and isinstance(node.op, Elemwise) and node.op.row_name == "switch":
        cond, a, b = node.inputs
        if is_scalar_constant(b, 0):
            return cond, True, a
        if is_scalar_constant(a, 0):
            return cond, False, b
    return None


def _condition(cond):
    """A condition as ``(bool variable, sense)``, looking through ``x != 0`` and ``x == 0``."""
    node = cond.owner
    if node is not None and isinstance(node.op, Elemwise) and node.op.row_name in ("ne", "eq"):
        x, zero = node.inputs
        if x.type.dtype == "bool" and is_scalar_constant(zero, 0):
            return x, node.op.row_name == "ne"
    return cond, True


def _select(cond, sense, g):
    return graph.switch(cond, g, 0) if sense else graph.switch(cond, 0, g)


def masked(cond, g):
    """``g`` where the condition holds, 0 elsewhere.

    A mask on a mask becomes one mask of the combined condition, so that masks never nest.
    """
    cond, sense = _condition(cond)
    summed, like = _before_sum_like(g)
    if like is not None and _as_mask(summed) is not None:
        return SumLike()(_masked(cond, sense, summed), like)
    return _masked(cond, sense, g)


def _masked(cond, sense, g):
    inner = _as_mask(g)
    if inner is None:
        return _select(cond, sense, g)
    inner_cond, inner_sense, value = inner
    if inner_cond is cond and inner_sense is sense:
        return g
    first = cond if sense else graph.not_(cond)
    if inner_cond.type.dtype != "bool":
        inner_cond = graph.ne(inner_cond, 0)
    second = inner_cond if inner_sense else graph.not_(inner_cond)
    return graph.switch(graph.and_(first, second), value, 0)


def scaled(g, factor):
    """Cotangent times partial derivative; None when that is zero.

    The product of a masked cotangent is taken inside its mask: where the mask is off the result
    is 0 whatever the partial derivative, so a branch not taken cannot bring in ``0 * inf``.
    """
    if not isinstance(factor, Variable):
        if factor == 0:
            return None
        if factor == 1:
            return g
    summed, like = _before_sum_like(g)
    mask = _as_mask(summed)
    if mask is None:
        return _times(g, factor)
    cond, sense, value = mask
    product = _select(cond, sense, _times(value, factor))
    return product if like is None else SumLike()(product, like)


def _before_sum_like(g):
    """``(h, like)`` when ``g`` is ``SumLike(h, like)``, else ``(g, None)``.

    A factor of the shape of ``like`` may as well multiply ``h``.
    """
    node = g.owner
    if node is not None and isinstance(node.op, SumLike):
        return node.inputs
    return g, None


def _times(g, factor):
    if isinstance(factor, Variable):
        node = factor.owner
        is_quotient = node is not None and node.op is elemwise("true_div")
        if is_quotient and is_scalar_constant(node.inputs[0], 1):
            # g * (1 / b) rounds twice where g / b rounds once
            return graph.true_div(g, node.inputs[1])
    elif factor == -1:
        return graph.neg(g)
    return graph.mul(g, factor)


class Cast(Op):
    """Conversion to another element type, as NumPy's ``astype``."""

    name = "cast"
    props = ("dtype",)
    broadcasts = True

    def __init__(self, dtype):
        self.dtype = check_dtype(dtype)

    def out_types(self, x):
        return [x.with_dtype(self.dtype)]

    def reference(self, x):
        with np.errstate(invalid="ignore"):
            return x.astype(self.dtype)

    def infer_shape(self, shapes, values):
        return [tuple(shapes[0])]

    def vjp(self, inputs, outputs, cotangents, needed):
        return [cast(cotangents[0], inputs[0].type.dtype)]

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        yield Cast("float32"), [np.linspace(-2, 2, 5)]
        yield Cast("float64"), [np.arange(6, dtype="int32").reshape(2, 3)]
        yield Cast("int64"), [np.array(2.75)]
        yield Cast("bool"), [np.array([0.0, 2.0])]


def cast(x, dtype):
    """``x`` converted to an element type; ``x`` itself when it has it."""
    if x.type.dtype == dtype:
        return x
    dtype = check_dtype(dtype)
    return x if x.type.dtype == dtype else Cast(dtype)(x)


graph.cast = cast
