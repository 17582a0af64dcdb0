"""Symbolic arrays with the operators, methods and protocols of NumPy's arrays."""

import numpy as np

from graphcore.errors import shown
from graphcore.graph.nodes import Constant, SharedVariable, Variable, set_variable_classes
from graphcore.graph.printing import debugprint
from graphcore.graph.walk import inputs_of
from graphcore.ops.elementwise import Cast, apply_row
from graphcore.tensor import (
    arranging,
    complexes,
    elementwise,
    indexing,
    matrix_functions,
    ordering,
    products,
    protocols,
    reductions,
    shaping,
    tags,
)
from graphcore.tensor.convert import as_tensor_variable, stacked

_evaluator = []


def set_evaluator(function):
    """Called once by ``graphcore.runtime``: what :meth:`TensorOperators.eval` computes with."""
    _evaluator[:] = [function]


class TensorOperators:
    """NumPy's operators, indexing, methods and functions, which build graphs instead of computing.

    What has them has no truth value, no length and no numbers; ``eval`` computes it.
    """

    __slots__ = ()
    __array_priority__ = 1000

    def __repr__(self):
        if self.name:
            return self.name
        if self.owner is None:
            return f"<{self.type!r}>"
        return f"{self.owner.op!r}.{self.index}"

    def eval(self, inputs=None):
        """Value for given values of the inputs.

        Parameters
        ----------
        inputs : dict, optional
            ``{variable: value}`` for every input the variable depends on; the name of an input
            may stand for it.

        Returns
        -------
        ndarray
        """
        inputs = inputs or {}
        if any(isinstance(v, str) for v in inputs):
            inputs = _by_name(self, inputs)
        return _evaluator[0]([self], inputs)[0]

    tag = property(tags.Tag, doc="What is attached to the variable, and its test value.")
    test_value = tags.value_to_try

    rng = property(lambda self: self.tag.rng, doc="Of a random draw: its generator.")
    update = property(lambda self: self.tag.update, doc="Of a random draw: generator, next state.")

    # Shape ------------------------------------------------------------------------------------

    shape = property(shaping.shape, doc="Shape as a vector of int64; constant when it is known.")
    size = property(shaping.size, doc="Number of elements.")
    T = property(shaping.transpose, doc="The transpose: all axes in reverse order.")

    reshape = protocols.with_packed_argument(shaping.reshape)
    transpose = protocols.with_packed_argument(shaping.transpose)
    dimshuffle = shaping.dimshuffle
    flatten = shaping.flatten
    ravel = shaping.ravel
    squeeze = shaping.squeeze
    swapaxes = shaping.swapaxes
    take = shaping.take
    repeat = arranging.repeat
    mT = property(arranging.matrix_transpose, doc="Every matrix of a stack transposed.")
    zeros_like = shaping.zeros_like
    ones_like = shaping.ones_like

    # Reductions and products ------------------------------------------------------------------

    mean = reductions.mean
    var = reductions.var
    std = reductions.std
    dot = products.dot
    sum = reductions.FUNCTIONS["sum"]
    prod = reductions.FUNCTIONS["prod"]
    max = reductions.FUNCTIONS["max"]
    min = reductions.FUNCTIONS["min"]
    any = reductions.FUNCTIONS["any"]
    all = reductions.FUNCTIONS["all"]

    ptp = ordering.ptp
    argmax = ordering.argmax
    argmin = ordering.argmin
    cumsum = ordering.cumsum
    cumprod = ordering.cumprod
    trace = matrix_functions.trace
    diagonal = matrix_functions.diagonal

    def norm(self, L, axis=None, keepdims=False):
        """The ``L``-norm of the elements along axes: the root of the sum of their powers."""
        if L is None:
            raise TypeError("norm: which norm? L must be a number")
        return reductions.norm(self, L, axis, keepdims)

    # Order and position -----------------------------------------------------------------------

    sort = ordering.sort
    argsort = ordering.argsort
    searchsorted = ordering.searchsorted
    nonzero = ordering.nonzero
    nonzero_values = ordering.nonzero_values
    choose = ordering.choose

    def compress(self, a, axis=None):
        """The parts of the array along an axis where the vector ``a`` is true."""
        return ordering.compress(a, self, axis)

    # Elements ---------------------------------------------------------------------------------

    astype = elementwise.cast
    round = elementwise.round
    fill = arranging.fill
    conj = conjugate = complexes.conj
    real = property(complexes.real, doc="Real part.")
    imag = property(complexes.imag, doc="Imaginary part.")
    __getitem__ = indexing.getitem

    def clip(self, a_min=None, a_max=None):
        """The array limited to an interval; a limit of None is no limit."""
        return elementwise.clip(self, a_min, a_max)

    def clone(self, name=None):
        """A new variable of the same type, and name unless another is given; nothing computes it.

        Of a constant or a shared variable, another one of the same value.
        """
        name = self.name if name is None else name
        if isinstance(self, Constant):
            return type(self)(self.data, name)
        if isinstance(self, SharedVariable):
            found = type(self)(self.type, None, name)
            found.container = self.container
            return found
        return type(self)(self.type, name=name)

    def dprint(self, **options):
        """The graph as text; see :func:`graphcore.dprint`."""
        return debugprint(self, **options)

    def get_test_value(self):
        """The test value, ``tag.test_value``."""
        return self.tag.test_value

    def copy(self, name=None):
        """A new variable of the same value, which may have another name."""
        found = Cast(self.type.dtype)(self)
        found.name = name
        return found

    def set(self, value):
        """For ``x[...]``: the array ``x`` with this part replaced; see ``set_subtensor``."""
        return indexing.set_subtensor(self, value)

    def inc(self, value):
        """For ``x[...]``: the array ``x`` with this part increased; see ``inc_subtensor``."""
        return indexing.inc_subtensor(self, value)

    def __setitem__(self, key, value):
        raise TypeError(
            f"{shown(self)} is symbolic and cannot be changed in place; use "
            "y = graphcore.tensor.set_subtensor(x[...], value)"
        )

    # What symbolic arrays refuse --------------------------------------------------------------

    def __bool__(self):
        """An array is there: ``if mask:`` is how programs ask whether one was given."""
        if self.type.dtype != "bool" or _is_given(self):
            return True
        raise TypeError(
            f"{shown(self)} is symbolic: whether it is true is known only when it is computed. "
            "To choose between values use graphcore.tensor.switch(condition, a, b); "
            "to combine conditions use & and |; to get a number use .eval({...})"
        )

    def __len__(self):
        raise TypeError(
            f"{shown(self)} is symbolic and has no length yet; use x.shape[0], or .eval({{...}})"
        )

    def __iter__(self):
        if self.type.ndim and self.type.shape[0] is not None:
            return iter([self[i] for i in range(self.type.shape[0])])
        raise TypeError(
            f"{shown(self)} is symbolic and cannot be iterated over: work on whole arrays, or use "
            "scan for a loop whose steps depend on each other"
        )

    def __contains__(self, item):
        raise TypeError(f"{shown(self)} is symbolic; use tt.any(tt.eq(x, item)) instead of 'in'")

    def _refuse(self, what):
        raise TypeError(
            f"{shown(self)} is symbolic and cannot become {what}; use .eval({{...}}) to compute it"
        )

    def __index__(self):
        self._refuse("an integer")

    def __int__(self):
        self._refuse("an integer")

    def __float__(self):
        self._refuse("a float")

    def __complex__(self):
        self._refuse("a complex number")

    def __array__(self, dtype=None, copy=None):
        """Sequences of symbolic numbers become arrays of objects: ``np.prod([n, m])`` works."""
        if self.type.ndim or np.dtype(dtype or object) != np.dtype(object):
            self._refuse("a NumPy array; use the functions of graphcore.tensor on it")
        found = np.empty((), dtype=object)
        found[()] = self
        return found

    # NumPy's protocols ------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return protocols.call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        return protocols.call_function(function, args, kwargs)

    def __matmul__(self, other):
        return products.matmul(self, other)

    def __rmatmul__(self, other):
        return products.matmul(other, self)

    def __divmod__(self, other):
        return self // other, self % other

    def __rdivmod__(self, other):
        return other // self, other % self

    def __pos__(self):
        return self

    def __neg__(self):
        return apply_row("neg", self)

    def __abs__(self):
        return apply_row("abs", self)

    def __invert__(self):
        return apply_row("not_", self)


_BINARY = {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "true_div", "floordiv": "floor_div",
    "mod": "mod", "pow": "pow", "and": "and_", "or": "or_", "xor": "xor",
    "lshift": "left_shift", "rshift": "right_shift",
}  # fmt: skip
#: Functions that Theano's variables have as methods too.
_UNARY = (
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "ceil", "cos", "cosh",
    "deg2rad", "exp", "exp2", "expm1", "floor", "log", "log10", "log1p", "log2", "rad2deg", "sin",
    "sinh", "sqrt", "tan", "tanh", "trunc",
)  # fmt: skip
_COMPARE = ("lt", "le", "gt", "ge")


def _operator(row, swapped):
    def apply(self, other):
        if getattr(other, "__array_ufunc__", self) is None:  # NumPy's sign for: leave it to me
            return NotImplemented
        other = stacked(other)
        return apply_row(row, other, self) if swapped else apply_row(row, self, other)

    return apply


for _name, _row in (*_BINARY.items(), *((c, c) for c in _COMPARE)):
    setattr(TensorOperators, f"__{_name}__", _operator(_row, False))
for _name, _row in _BINARY.items():
    setattr(TensorOperators, f"__r{_name}__", _operator(_row, True))
for _name in _UNARY:
    setattr(TensorOperators, _name, elementwise.FUNCTIONS.get(_name) or getattr(elementwise, _name))


class TensorVariable(TensorOperators, Variable):
    """A symbolic array: an input, or what an expression gives.

    Constants and shared variables are no instances, as in Theano.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> x = tt.vector("x")
    >>> y = (2 * x + 1).sum()
    >>> y.eval({x: [1.0, 2.0]})
    array(8.)
    >>> isinstance(y, tt.TensorVariable), isinstance(tt.constant(1.0), tt.TensorVariable)
    (True, False)
    """

    __slots__ = ("__dict__",)  # programs attach what they like


class TensorConstant(TensorOperators, Constant):
    """A symbolic array whose value, ``data``, is known."""

    __slots__ = ("__dict__",)  # programs attach what they like

    @property
    def value(self):
        return self.data

    def __repr__(self):
        if self.name:
            return self.name
        if self.data.size > 8:
            return f"<constant {self.type!r}>"
        return repr(self.data.tolist())


class TensorSharedVariable(TensorOperators, SharedVariable):
    """A symbolic array that keeps a value between calls of compiled functions."""

    __slots__ = ("__dict__",)  # programs attach what they like

    def get_value(self, borrow=False, return_internal_type=False):
        """The value now; a copy unless ``borrow`` is true.  There is no other, internal type."""
        value = self.container[0]
        return value if borrow else value.copy()

    def set_value(self, value, borrow=False):
        """Replace the value.

        Raises
        ------
        TypeError
            When the element type or the number of axes differs.
        ValueError
            When the shape contradicts what the type says.
        """
        self.container[0] = checked_value(self, value, copy=not borrow)

    def zero(self, borrow=False):
        """Set all elements to zero."""
        self.set_value(np.zeros_like(self.container[0]))


def _by_name(variable, inputs):
    """Values for inputs where names may stand for these."""
    named = {}
    for v in inputs_of([variable]):
        named.setdefault(v.name, []).append(v)
    found = {}
    for v, value in inputs.items():
        if isinstance(v, str):
            if len(named.get(v, ())) != 1:
                count = len(named.get(v, ()))
                raise ValueError(f"eval: {count} inputs are named {v!r}; give the variable itself")
            (v,) = named[v]
        found[v] = value
    return found


def _is_given(v):
    """Whether a variable is an input or shared, neither computed nor constant."""
    return v.owner is None and not isinstance(v, Constant)


def checked_value(variable, value, copy=True):
    """``value`` as an array of the type of a shared variable."""
    data = np.asarray(value)
    wanted = variable.type
    if variable.__dict__.get("allow_downcast") and data.dtype.kind in "biuf":
        data = data.astype(wanted.dtype)
    if data.dtype.name != wanted.dtype and not (
        np.can_cast(data.dtype, wanted.dtype, "safe") or _is_exact(data, wanted.dtype)
    ):
        raise TypeError(
            f"shared variable {shown(variable)} holds {wanted.dtype}; a value of "
            f"{data.dtype} does not fit, convert it with astype"
        )
    if data.ndim != wanted.ndim:
        raise TypeError(
            f"shared variable {shown(variable)} has {wanted.ndim} axes; the new value has "
            f"{data.ndim}"
        )
    if not wanted.accepts(data.shape):
        raise ValueError(
            f"shared variable {shown(variable)} has shape "
            f"{str(wanted.shape).replace('None', '?')}; the new value has {data.shape}"
        )
    data = np.asarray(data, dtype=wanted.dtype, order="C")
    return data.copy() if copy else data


def _is_exact(data, dtype):
    with np.errstate(all="ignore"):
        converted = data.astype(dtype)
        return bool(
            np.array_equal(converted.astype(data.dtype), data, equal_nan=data.dtype.kind == "f")
        )


set_variable_classes(TensorVariable, TensorConstant, TensorSharedVariable)
__all__ = ["TensorConstant", "TensorSharedVariable", "TensorVariable", "as_tensor_variable"]
