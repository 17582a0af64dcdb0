"""Data of a model that may change: ``Data``, ``set_data``, and what follows from new shapes.

A data variable is a shared variable whose type has the shape of its present value.  Programs read
its array in place, so new values of the same shape count at once.  A new shape changes the types
of everything that depends on it, in place and in the order in which the model was written; the
compiled functions of the model are then planned again.
"""

from weakref import WeakSet

import numpy as np

from graphcore.graph.nodes import Constant, SharedVariable, Variable, new_constant
from graphcore.graph.types import TensorType
from graphcore.graph.walk import inputs_of, replace, toposort
from graphcore.model import context
from graphcore.model.distributions.variable import RandomVariable, of_model
from graphcore.model.observed import data_array
from graphcore.ops.lengths import Shape
from graphcore.tensor.variable import TensorSharedVariable


class DataVariable(TensorSharedVariable):
    """Data of a model, made by :func:`Data`.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Data("x", [1.0, 2.0])
    >>> x.set_value([3.0, 4.0])
    >>> x.get_value()
    array([3., 4.])
    """

    __slots__ = ("model",)

    def __reduce__(self):
        return of_model, (self.model, self.name)

    @property
    def shape(self):
        """Shape as a vector that follows the data: ``shape=x.shape`` fits after new data too."""
        return Shape()(self)

    def set_value(self, value, borrow=False):
        """New values; like ``model.set_data`` of this variable."""
        self.model.set_data(self.name, value)


class AdoptedVariable(TensorSharedVariable):
    """A shared variable that models depend on, as PyMC3's users wrote data: see :func:`adopt`."""

    __slots__ = ()

    def __reduce__(self):
        # a model that is unpickled with it adopts it again
        state = {"container": self.container, "default_update": None}
        return TensorSharedVariable, (self.type, None, self.name), (None, state)

    shape = DataVariable.shape

    def set_value(self, value, borrow=False):
        """New values; where their shape is another one, the models follow."""
        before, models = self.type, list(self.tag.models)
        if models:
            models[0].set_variables({self: value})
        else:
            write(self, value)
        if self.type != before:
            for model in models[1:]:
                model.set_variables({}, moved=True)


def adopt(model, graphs):
    """Let a model follow the shared variables that graphs depend on, as it does its data.

    Their shapes are known from now on, and so are those of everything made of them.
    """
    found, stack = False, list(graphs)
    while stack:
        v = stack.pop()
        if v in model.walked:  # every part of a graph is looked at once, however many share it
            continue
        model.walked.add(v)
        if v.owner is not None:
            stack.extend(v.owner.inputs)
        elif type(v) is TensorSharedVariable and not advances(v):
            v.__class__ = AdoptedVariable
            v.tag.models = WeakSet()
            v.container[0] = v.container[0].copy()  # new values are written into it
            v.type = TensorType(v.dtype, v.container[0].shape)
            found = True
        if type(v) is AdoptedVariable:
            v.tag.models.add(model)
            model.follows = True
    if found:
        retype(graphs)


# How PyMC stores values, and an older name.
_OF_SHARED = {"allow_downcast", "borrow", "export_index_as_coords", "strict"}


def Data(name, value, *, dims=None, coords=None, mutable=True, model=None, **options):
    """Register data in the model, to be changed later with :func:`set_data`.

    Parameters
    ----------
    name : str
    value : array, Series or DataFrame of numbers
    dims : str or tuple of str, optional
        Names of its axes; those the model does not know yet get their length from the data.
    coords : dict, optional
        Labels of the dims.
    mutable : bool
        False for data that never change: a constant.
    model : Model, optional
    **options
        ``infer_dims_and_coords=True`` takes the labels of an object of pandas or xarray, and its
        names of axes where ``dims`` says none; what PyMC hands on to shared variables is ignored.

    Returns
    -------
    Variable

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Data("x", [1.0, 2.0, 3.0])
    ...     b = pm.Normal("b")
    ...     y = pm.Normal("y", b * x, 1, shape=x.shape)
    >>> model.set_data("x", [5.0])
    >>> y.type.shape
    (1,)
    """
    model = context.modelcontext(model)
    infer = options.pop("infer_dims_and_coords", False)
    unknown = set(options) - _OF_SHARED
    if unknown:
        raise TypeError(f"Data has no argument {min(unknown)!r}")
    if infer:
        own, labels = _labels_of(value, name)
        given = own if dims is None else (dims,) if isinstance(dims, str) else tuple(dims)
        if set(given or ()) != set(own or ()):  # the same axes by other names
            labels = {d: labels[o] for d, o in zip(given, own or (), strict=False) if d is not None}
        dims, coords = given, {**labels, **(coords or {})}
    return model.add_data(name, value, dims, coords, mutable)


def MutableData(name, value, *, dims=None, coords=None, model=None, **options):
    """:func:`Data` that may change: the default."""
    return Data(name, value, dims=dims, coords=coords, mutable=True, model=model, **options)


def ConstantData(name, value, *, dims=None, coords=None, model=None, **options):
    """:func:`Data` that never change: a named constant that appears in the results."""
    return Data(name, value, dims=dims, coords=coords, mutable=False, model=model, **options)


def set_data(new_data, model=None, *, coords=None):
    """Give data of a model new values.

    Parameters
    ----------
    new_data : dict of str to array
    model : Model, optional
    coords : dict, optional
        New labels of dims whose length changes.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> with pm.Model() as model:
    ...     x = pm.Data("x", [1.0, 2.0, 3.0])
    ...     pm.set_data({"x": [1.0]})
    >>> x.get_value()
    array([1.])
    """
    context.modelcontext(model).set_several(new_data, coords)


def make_data(model, name, value, mutable):
    """A data variable or a named constant."""
    array = data_array(name, value)
    if not mutable:
        return new_constant(array, name=name)
    made = DataVariable(TensorType(array.dtype, array.shape), array.copy(), name=name)
    made.model = model
    return made


def write(variable, value):
    """Put new values into a data variable; whether its shape changed."""
    name = variable.name or "the shared variable"
    array = data_array(name, value)
    if array.ndim != variable.ndim:
        raise ValueError(
            f"{name} has {variable.ndim} axes, the new data have {array.ndim} (shape {array.shape})"
        )
    broken = array.dtype.kind == "f" and not np.array_equal(array, np.floor(array))
    if broken and variable.dtype != "float64":
        raise TypeError(f"{name} holds {variable.dtype}; the new data are not whole numbers")
    array = array.astype(variable.dtype)
    if array.shape == variable.container[0].shape:
        variable.container[0][...] = array
        return False
    variable.container[0] = array
    variable.type = TensorType(variable.dtype, array.shape)
    return True


def fixed(graphs):
    """Graphs with the present values of data variables as constants."""
    held = {v: new_constant(v.get_value(), name=v.name) for v in data_of(graphs)}
    return replace(graphs, held)


def data_of(graphs):
    """The data variables that graphs depend on."""
    return [v for v in inputs_of(graphs) if holds_data(v)]


def holds_data(variable):
    """Whether a variable has the same value until somebody sets another one."""
    return isinstance(variable, SharedVariable) and not advances(variable)


def is_data(variable):
    """Whether a variable depends on nothing but data, constants and draws of random rows."""
    return all(isinstance(v, Constant) or has_value(v) for v in inputs_of([variable]))


def has_value(variable):
    """Whether a model may depend on a variable: its data, and generators that advance."""
    return isinstance(variable, SharedVariable)


def advances(variable):
    """Whether a variable is a generator of random rows, with other values at every call."""
    return isinstance(variable, SharedVariable) and variable.default_update is not None


def retype(graphs):
    """Types of everything that ``graphs`` depend on, worked out again from the inputs."""
    for node in toposort([g for g in graphs if isinstance(g, Variable)]):
        for v, kind in zip(node.outputs, node.op.types_of(node.inputs), strict=True):
            v.type = kind


def leaves(parts):
    """Variables in nested arguments; those of distributions without a model are looked into."""
    found, stack = [], list(parts)
    while stack:
        x = stack.pop(0)
        if isinstance(x, list | tuple):
            stack.extend(x)
        elif isinstance(x, RandomVariable) and not x.name and x.recipe is not None:
            stack.extend([*x.recipe.args, *x.recipe.kwargs.values()])
        elif isinstance(x, Variable):
            found.append(x)
    return found


def _labels_of(value, name):
    """Dims and labels of an object of pandas or xarray."""
    own = getattr(value, "dims", None)
    if own is not None:
        known = getattr(value, "coords", {})
        lengths = dict(zip(own, value.shape, strict=True))
        return tuple(own), {
            d: np.asarray(known[d]).tolist() if d in known else list(range(lengths[d])) for d in own
        }
    dims, labels = [], {}
    for axis, what in (("index", "row"), ("columns", "column")):
        index = getattr(value, axis, None)
        if index is None or callable(index):
            continue
        dim = getattr(index, "name", None) or f"{name}_{what}"
        dims.append(dim)
        labels[dim] = list(index)
    return tuple(dims) or None, labels
