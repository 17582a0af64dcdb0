"""The builder: makes nodes, equal ones only once, and answers questions about them.

It is also the namespace ``o`` of rules: ``b.log1p(x)``, ``b.add(x, 1)``.  One builder serves all
stages of one call of ``rewrite`` and is dropped afterwards.
"""

from functools import lru_cache
from operator import add, mul, sub, truediv

import numpy as np

from graphcore.graph.nodes import Apply, Constant, Variable, new_constant
from graphcore.graph.types import TensorType
from graphcore.ops.elementwise import Cast, Elemwise, elemwise
from graphcore.ops.operands import promote
from graphcore.ops.shape import BroadcastTo, Dimshuffle
from graphcore.optable import ROWS
from graphcore.rewrite.rule import same

SMALL = 4096  # bytes: constants up to this size merge by value, larger ones by identity of data
_NUMBER = TensorType("float64", ())
_ARITHMETIC = {"add": add, "sub": sub, "mul": mul, "true_div": truediv}
_TINY = np.finfo(np.float64).tiny.item()
MODERATE = 2.0**32  # constants between 1/MODERATE and MODERATE may be moved through products


@lru_cache(maxsize=1024)
def _weak(dtype, kind):
    """Element type of a Python number that meets arrays of this element type."""
    return np.result_type(np.dtype(dtype), kind(0)).name


class Builder:
    """Makes and looks up nodes.

    Attributes
    ----------
    where : (str, int) or None
        Line of user code that new nodes are attributed to.
    """

    def __init__(self):
        self.where = None
        self._ops = {}  # id of an operation -> the one that stands for all equal ones
        self._same_ops = {}
        self._nodes = {}  # (operation, inputs) by identity -> application
        self._constants = {}
        self._leaves = {}
        self._uniform = {}
        self._levels = {}
        self.facts = {}  # (question, id of variable) -> answer; see facts.py
        self.stage = 0
        self.tried = {}  # application -> number of the last stage whose rules were tried on it
        self.uses = None  # of the pass that runs: how often a sum is read
        self.notes = []  # what users should know of what was done
        self._kept = []  # what is known by its id has to stay alive

    def next_stage(self):
        """Number of the stage that begins now."""
        self.stage += 1
        return self.stage

    def note(self, text):
        """Record what users should know."""
        if text not in self.notes:
            self.notes.append(text)

    def keep(self, v):
        """Keep ``v`` alive, because something is filed under its id."""
        self._kept.append(v)

    # -- nodes ---------------------------------------------------------------------------------

    def _key(self, op, inputs):
        same = self._ops.get(id(op))
        if same is None:
            same = self._same_ops.setdefault(op, op)
            self._ops[id(op)] = same
            self._kept.append(op)
        ids = tuple([id(v) for v in inputs])
        if len(ids) == 2 and ids[0] > ids[1] and isinstance(op, Elemwise) and op.row.commutative:
            ids = (ids[1], ids[0])
        return (id(same), ids)

    def rebuilt(self, node, inputs):
        """``node`` on these inputs: the equal application that exists already, if any."""
        key = self._key(node.op, inputs)
        found = self._nodes.get(key)
        if found is not None:
            return found
        old = node.inputs
        if same(inputs, old):
            new = node
        else:
            new = Apply(node.op, inputs, self._types(node, inputs), node.where)
        if new is not node:
            for before, after in zip(node.outputs, new.outputs, strict=True):
                after.name = before.name
        self._nodes[key] = new
        return new

    @staticmethod
    def _types(node, inputs):
        """Output types for new inputs; those of ``node`` while the inputs say nothing new."""
        pairs = zip(inputs, node.inputs, strict=True)
        if not node.op.shape_inputs and all(a.type == b.type for a, b in pairs):
            return [v.type for v in node.outputs]
        return node.op.types_of(inputs)

    def apply(self, op, *inputs):
        """The (first) output of ``op`` applied to variables."""
        key = self._key(op, inputs)
        node = self._nodes.get(key)
        if node is None:
            node = Apply(op, inputs, op.types_of(inputs), self.where)
            self._nodes[key] = node
        return node.outputs[0]

    def elementwise(self, name, *operands):
        """A row of the table applied to variables and Python numbers."""
        if not all(isinstance(v, Variable) for v in operands):
            operands = self._with_constants(operands)
        return self.apply(elemwise(name), *operands)

    def _with_constants(self, operands):
        dtypes = {v.type.dtype for v in operands if isinstance(v, Variable)}
        base = promote(*dtypes) if dtypes else "float64"
        return [
            v if isinstance(v, Variable) else self.constant(v, _weak(base, type(v)))
            for v in operands
        ]

    def cast(self, v, dtype):
        return v if v.type.dtype == dtype else self.apply(Cast(dtype), v)

    def like(self, v, target):
        """``v`` with the element type and static shape of ``target``; None if that is impossible.

        ``v`` may know more of its shape than ``target``.
        """
        want, have = target.type, v.type
        if have == want:
            return v
        if have.dtype != want.dtype:
            v = self.cast(v, want.dtype)
        if _refines(have.shape, want.shape):
            return v
        if not want.is_static or have.ndim > want.ndim:
            return None
        tail = want.shape[want.ndim - have.ndim :]
        if any(n not in (1, None, m) for n, m in zip(have.shape, tail, strict=True)):
            return None
        return self.broadcast_to(v, want.shape)

    def broadcast_to(self, v, shape):
        """``v`` broadcast to a shape of ints."""
        return self.apply(BroadcastTo(), v, self.constant(np.array(shape, "int64")))

    def dimshuffle(self, v, pattern):
        if tuple(pattern) == tuple(range(v.type.ndim)):
            return v
        return self.apply(Dimshuffle(tuple(pattern)), v)

    # -- constants -----------------------------------------------------------------------------

    def constant(self, value, dtype=None):
        """A constant; equal small ones are one."""
        return self.leaf(new_constant(np.array(value, dtype)))

    def leaf(self, v):
        """``v`` itself, or the constant that stands for all constants equal to it."""
        found = self._leaves.get(id(v))
        if found is None:
            found = v
            if isinstance(v, Constant):
                data = v.data
                if data.nbytes <= SMALL:
                    what = data.tobytes()
                else:
                    what = (data.__array_interface__["data"][0], data.strides)
                found = self._constants.setdefault((data.dtype.str, data.shape, what), v)
            self._leaves[id(v)] = found
            self._kept.append(v)
        return found

    def number(self, v):
        """The Python number that every element of ``v`` equals; None if there is no such number.

        >>> b = Builder()
        >>> b.number(b.constant([2.0, 2.0]))
        2.0
        """
        if not isinstance(v, Constant):
            return None
        key = id(v)
        if key not in self._uniform:
            self._uniform[key] = _uniform_value(v.data)
            self._kept.append(v)
        return self._uniform[key]

    def merged(self, name, a, b):
        """The constant ``name(a, b)`` of two constants, if it is as good as applying them in turn.

        It is not when it overflows, underflows, or would be larger than either.
        """
        if not (isinstance(a, Constant) and isinstance(b, Constant)):
            return None
        if a.type == b.type == _NUMBER and name in _ARITHMETIC:  # without an array for every step
            x, y = a.data.item(), b.data.item()
            if y == 0 and name == "true_div":
                return None
            value = _ARITHMETIC[name](x, y)
            return self.constant(value) if value == 0 or _TINY <= abs(value) < np.inf else None
        op = elemwise(name)
        value = op.reference(a.data, b.data)
        if value.size > max(a.data.size, b.data.size, 1):
            return None
        if value.dtype.kind == "f" and not _is_normal(value):
            return None
        return self.constant(value)

    def is_moderate(self, v):
        """Whether ``v`` is one number, far from overflow and underflow."""
        x = self.number(v)
        return x is not None and x == x and 1 / MODERATE <= abs(x) <= MODERATE

    # -- shapes --------------------------------------------------------------------------------

    def level(self, v):
        """How far ``v`` extends: its number of axes not of length 1; -1 for a moderate constant.

        Products are arranged such that factors of a low level meet each other first.
        """
        key = id(v)
        found = self._levels.get(key)
        if found is None:
            if self.is_moderate(v):
                found = -1
            else:
                shape = v.type.shape
                found = len(shape) - shape.count(1)
            self._levels[key] = found
            self._kept.append(v)
        return found


def _refines(have, want):
    return len(have) == len(want) and all(
        n == m or m is None for n, m in zip(have, want, strict=True)
    )


def _uniform_value(data):
    if data.size == 0:
        return None
    first = data.flat[0]
    if data.size > 1 and not (data.flat[data.size - 1] == first and (data == first).all()):
        return None
    if data.size > 1 and first == 0 and data.dtype.kind == "f" and np.signbit(data).any():
        return None
    return first.item()


def _is_normal(value):
    """Finite, and neither underflowed nor subnormal."""
    size, tiny = np.abs(value), np.finfo(value.dtype).tiny
    return bool((np.isfinite(size) & ((size == 0) | (size >= tiny))).all())


def _method(name):
    def make(self, *operands):
        return self.elementwise(name, *operands)

    make.__name__ = name
    make.__doc__ = ROWS[name].doc
    return make


for _name in ROWS:
    setattr(Builder, _name, _method(_name))
