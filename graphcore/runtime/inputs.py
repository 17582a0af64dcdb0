"""Inputs and outputs of functions: defaults, names, conversion of values."""

import numpy as np

from graphcore.errors import UnusedInputError, shown
from graphcore.graph.nodes import Constant, SharedVariable, Variable
from graphcore.runtime.reference import input_array
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.variable import checked_value


class Container:
    """Where a function keeps the default of an input or the value of a shared variable.

    ``f.container[x]`` is one; given as the value of an input of another function, both functions
    read and update the same number.

    Attributes
    ----------
    value : ndarray
        A copy of what is kept; assigning replaces it.
    storage : list
        The array itself, the only entry.
    """

    def __init__(self, storage, owner):
        self.storage, self._owner = storage, owner

    @property
    def value(self):
        return self.storage[0].copy()

    @value.setter
    def value(self, value):
        own = isinstance(self._owner, SharedVariable)
        self.storage[0] = (
            checked_value(self._owner, value) if own else np.array(self._owner.checked(value))
        )


class In:
    """An input of a function, with what may be said about it.

    Parameters
    ----------
    variable : Variable
    name : str, optional
        For keyword arguments; the name of the variable by default.
    value : array_like or Container, optional
        Used when a call gives no value; a container is shared with another function.
    update : Variable, optional
        What the default becomes after each call.
    strict : bool
        Refuse values that are not arrays of exactly the right type.
    allow_downcast : bool, optional
        True converts values of any numeric type, losing digits if need be; False converts
        arrays only where the element type has room for all values of the given one, and Python
        numbers only where nothing is lost.  By default Python
        numbers are converted, and arrays where nothing is lost.
    mutable, borrow, implicit
        Accepted for compatibility; inputs are never changed.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> x, y = tt.scalars("x", "y")
    >>> f = graphcore.function([x, graphcore.In(y, value=10.0)], x + y)
    >>> float(f(1.0)), float(f(1.0, y=2.0))
    (11.0, 3.0)
    """

    def __init__(self, variable, name=None, value=None, update=None, mutable=None, strict=False,
                 borrow=None, allow_downcast=None, implicit=None):  # fmt: skip
        if not isinstance(variable, Variable) or isinstance(variable, Constant):
            raise TypeError(f"In: {variable!r} is not a symbolic variable")
        if name is not None and not isinstance(name, str):
            raise TypeError(f"In: the name of {shown(variable)} must be a string, not {name!r}")
        self.variable = variable
        self.name = variable.name if name is None else name
        self.value, self.update = value, update
        self.strict, self.allow_downcast = strict, allow_downcast
        if update is not None and value is None:
            if isinstance(variable, SharedVariable):
                raise TypeError(f"In: {shown(variable)} is shared, not an input; use updates=")
            if getattr(update, "ndim", variable.ndim) != variable.ndim:
                raise TypeError(f"In: the update of {shown(variable)} has another number of axes")
            raise ValueError(f"In: {shown(variable)} has an update but no value to begin with")

    def checked(self, value, downcast=None):
        """``value`` as a C-contiguous array of the type of the input.

        Raises
        ------
        TypeError, ValueError
            Naming the input, and what it needs.
        """
        variable, wanted = self.variable, self.variable.type
        if (
            type(value) is np.ndarray
            and value.dtype == wanted.numpy_dtype
            and value.flags.c_contiguous
            and value.flags.aligned
            and wanted.accepts(value.shape)
        ):
            return value
        if self.strict and getattr(value, "dtype", None) != wanted.numpy_dtype:
            raise TypeError(
                f"input {shown(variable)} is strict: it needs an array of {wanted.dtype}, not "
                f"{getattr(value, 'dtype', type(value).__name__)}"
            )
        downcast = downcast if self.allow_downcast is None else self.allow_downcast
        if self.allow_downcast is False and not _kept(value, wanted.numpy_dtype):
            raise TypeError(
                f"input {shown(variable)} does not allow downcasts: {np.asarray(value).dtype} to "
                f"{wanted.dtype} may lose digits"
            )
        if downcast and not isinstance(value, Variable):
            value = np.asarray(value)
            if value.dtype.kind in "biuf":
                value = value.astype(wanted.numpy_dtype)
        try:
            array = input_array(variable, value)
        except TypeError as error:
            if "needs elements of" not in str(error) or downcast:
                raise
            hint = "or build the function with allow_input_downcast=True"
            raise TypeError(f"{error}, {hint}") from None
        return np.require(array, wanted.numpy_dtype, ["C", "A"]).reshape(array.shape)


def _kept(value, dtype):
    """Whether all values of the element type, or the given Python numbers, have room in a type."""
    data = np.asarray(value)
    if isinstance(value, (np.ndarray, np.generic)) or data.dtype.kind not in "biuf":
        return np.can_cast(data.dtype, dtype, "safe")
    with np.errstate(all="ignore"):
        return bool(np.all((data.astype(dtype) == data) | (data != data)))


def Param(variable, default=None, name=None, mutable=False, strict=False, allow_downcast=None,
          implicit=None, borrow=None):  # fmt: skip
    """An input with a default: an older name of :class:`In`."""
    return In(
        variable, name=name, value=default, mutable=mutable, strict=strict,
        allow_downcast=allow_downcast, borrow=borrow,
    )  # fmt: skip


class Out:
    """An output of a function; ``borrow`` is accepted for compatibility."""

    def __init__(self, variable, borrow=False):
        self.variable = as_tensor_variable(variable)
        self.borrow = borrow


SymbolicInput, SymbolicOutput = In, Out  # Theano's names of the same


def read_inputs(inputs):
    """``In`` objects of what was given as inputs, each variable once.

    A pair ``(variable, value)`` is an input with a default, ``((variable, update), value)`` one
    with a default that calls change.
    """
    if not isinstance(inputs, list | tuple):
        raise TypeError("inputs must be a list of variables, as in function([x], y)")
    found = []
    for i, item in enumerate(inputs):
        if isinstance(item, list | tuple) and len(item) == 2:
            variable, update = item[0] if isinstance(item[0], list | tuple) else (item[0], None)
            item = In(variable, value=item[1], update=update)
        if not isinstance(item, In):
            if not isinstance(item, Variable) or isinstance(item, Constant):
                raise TypeError(f"input {i} is not a symbolic variable: {item!r}")
            item = In(item)
        v = item.variable
        if isinstance(v, SharedVariable):
            raise TypeError(
                f"Cannot use a shared variable ({shown(v)}) as explicit input: its value is read "
                "by itself, not given"
            )
        if any(v is other.variable for other in found):
            raise UnusedInputError(f"{shown(v)} stands twice among the inputs")
        found.append(item)
    return found


def read_outputs(outputs):
    """``(variables, form)``: form is "none", "bare", "list" or a list of names."""
    if outputs is None:
        return [], "none"
    if isinstance(outputs, dict):
        return [_output(v) for v in outputs.values()], list(outputs)
    if isinstance(outputs, list | tuple):
        return [_output(v) for v in outputs], "list"
    return [_output(outputs)], "bare"


def _output(v):
    return v.variable if isinstance(v, Out) else as_tensor_variable(v)
