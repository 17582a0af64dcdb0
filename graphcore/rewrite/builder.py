"""The builder: makes nodes, equal ones only once, and answers questions about them.

It is also the namespace ``o`` of rules: ``b.log1p(x)``, ``b.add(x, 1)``.  One builder serves all
stages of one call of ``rewrite`` and is dropped afterwards.
"""

from functools import lru_cache
from operator import add, mul, sub, truediv

import numpy as np

from graphcore._graph import all_variables
from graphcore._nodes import Nodes
from graphcore.graph.nodes import Constant, Variable, new_constant
from graphcore.graph.types import TensorType
from graphcore.ops.elementwise import Cast, elemwise
from graphcore.ops.operands import promote
from graphcore.ops.shape import BroadcastTo, Dimshuffle
from graphcore.optable import ROWS

_NUMBER = TensorType("float64", ())
_DOUBLE = (None, "float64")
_ARITHMETIC = {"add": add, "sub": sub, "mul": mul, "true_div": truediv}
_TINY = np.finfo(np.float64).tiny.item()


@lru_cache(maxsize=1024)
def _weak(dtype, kind):
    """Element type of a Python number that meets arrays of this element type."""
    return np.result_type(np.dtype(dtype), kind(0)).name


class Builder(Nodes):
    """Makes and looks up nodes.

    Attributes
    ----------
    where : (str, int) or None
        Line of user code that new nodes are attributed to.

    Examples
    --------
    >>> b = Builder()
    >>> b.number(b.constant([2.0, 2.0]))
    2.0
    """

    def __init__(self):
        super().__init__()
        self.facts = {}  # (question, id of variable) -> answer; see facts.py
        self.stage = 0
        self.uses = None  # of the pass that runs: how often a sum or a product is read
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

    def apply(self, op, *inputs):
        """The (first) output of ``op`` applied to variables."""
        return self.applied(op, inputs)

    def existing(self, name, *operands):
        """A row applied to variables if the graph holds that already, else None."""
        found = self.known(elemwise(name), operands)
        return found if found is not None and self.uses(found) else None

    def elementwise(self, name, *operands):
        """A row of the table applied to variables and Python numbers."""
        if not all_variables(operands):
            operands = self._with_constants(operands)
        return self.applied(elemwise(name), tuple(operands))

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
        if type(value) is float and dtype in _DOUBLE:
            return self.real(value)
        return self.leaf(new_constant(np.array(value, dtype)))

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


def _refines(have, want):
    return len(have) == len(want) and all(
        n == m or m is None for n, m in zip(have, want, strict=True)
    )


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
