"""The graph: variables, the applications that compute them, and the operations applied.

A graph is immutable once built.  ``Variable.owner`` points to the ``Apply`` that computes it;
inputs, constants and shared variables have no owner.
"""

from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from graphcore import _graph
from graphcore._graph import applied, fill_application
from graphcore.errors import shown
from graphcore.graph.pickling import output_of, reduce_apply
from graphcore.graph.types import TensorType


class Variable:
    """A symbolic array.

    Attributes
    ----------
    type : TensorType
    owner : Apply or None
        The application that computes this variable; None for inputs and constants.
    index : int
        Which output of the owner this is.
    name : str or None
    tag : object
        Holds whatever users want to attach.
    """

    __slots__ = ("__weakref__", "_tag", "index", "name", "owner", "type")

    def __init__(self, type, owner=None, index=0, name=None):
        self.type = type
        self.owner = owner
        self.index = index
        self.name = name

    @property
    def dtype(self):
        return self.type.dtype

    @property
    def ndim(self):
        return self.type.ndim

    @property
    def broadcastable(self):
        return self.type.broadcastable

    @property
    def tag(self):
        try:
            return self._tag
        except AttributeError:
            self._tag = SimpleNamespace()
            return self._tag

    def get_parents(self):
        """The application that computes the variable, in a list; an empty one if there is none."""
        return [] if self.owner is None else [self.owner]

    def __reduce__(self):
        if self.owner is not None:
            return output_of, (self.owner, self.index)
        return type(self), (self.type, None, 0, self.name), self._kept()

    def _kept(self):
        """State of a pickle: what users attached to the variable, where there is something."""
        own = getattr(self, "__dict__", None) or None
        tag = {"_tag": self._tag} if hasattr(self, "_tag") else {}
        return (own, tag) if own or tag else None


_NUMBERS = ("float32", "float64")  # types of Python numbers that meet real arrays


@lru_cache(maxsize=1024)
def _type_of(dtype, shape):
    """One type for many constants: equal types that are one object are quick to compare."""
    return TensorType(dtype, shape)


class Constant(Variable):
    """A variable whose value is part of the graph.  ``data`` is a read-only array."""

    __slots__ = ("data",)

    def __init__(self, data, name=None):
        data = np.asarray(data)
        super().__init__(_type_of(data.dtype, data.shape), name=name)
        if data.flags.writeable:
            data = data.view()
            data.flags.writeable = False
        self.data = data

    def __reduce__(self):
        return type(self), (self.data, self.name), self._kept()


class SharedVariable(Variable):
    """A variable that holds a value between calls.

    Attributes
    ----------
    container : list
        The value, alone.
    default_update : Variable or None
        What functions that use the variable set it to, unless they say otherwise.
    """

    __slots__ = ("container", "default_update")

    def __init__(self, type, value, name=None):
        super().__init__(type, name=name)
        self.container = [value]
        self.default_update = None

    def __reduce__(self):
        own, tag = self._kept() or (None, {})
        kept = {**tag, "default_update": self.default_update, "container": self.container}
        return type(self), (self.type, None, self.name), (own, kept)


class Apply:
    """One application of an operation to variables."""

    __slots__ = ("inputs", "op", "outputs", "where")

    def __init__(self, op, inputs, outputs, where=None):
        fill_application(self, op, tuple(inputs), outputs, where)

    @property
    def out(self):
        return self.outputs[0]

    @property
    def nin(self):
        return len(self.inputs)

    @property
    def nout(self):
        return len(self.outputs)

    def default_output(self):
        """The output, of an application that has one."""
        if len(self.outputs) != 1:
            raise ValueError(f"{self!r} has {len(self.outputs)} outputs; choose one of them")
        return self.outputs[0]

    def get_parents(self):
        """The inputs, in a list."""
        return list(self.inputs)

    def __repr__(self):
        return f"{self.op!r}({', '.join(map(shown, self.inputs))})"

    def __reduce__(self):
        return reduce_apply(self)


_graph.bind(Variable, Constant, Apply, TensorType, {d: _type_of(np.dtype(d), ()) for d in _NUMBERS})


class Op:
    """What an operation means.  Subclasses are immutable values: ``props`` names their parameters.

    A subclass writes :meth:`out_types`, :meth:`reference` and :meth:`vjp`, and :meth:`infer_shape`
    where shapes are not those of the output types.
    """

    name = "op"
    head = "Op"  # by what rules find operations: the row of the table, else the name of the class
    props = ()  # names of the attributes that tell two ops of one class apart
    shape_inputs = ()  # positions of inputs whose *value* decides the output shape
    broadcasts = False  # whether every output has the shape of the inputs broadcast together
    no_gradient = ()  # positions of inputs through which no gradient flows (shapes, indices)
    shape_only = ()  # positions of inputs of which only the shape is read
    data_dependent = False  # whether output shapes depend on values that are not themselves shapes

    def __init_subclass__(cls):
        super().__init_subclass__()
        cls.head = cls.__name__

    def out_types(self, *types):
        """Types of the outputs for inputs of these types.

        Returns
        -------
        list of TensorType

        Raises
        ------
        TypeError, ValueError
            When the operation is not defined for them.
        """
        raise NotImplementedError(type(self).__name__)

    def reference(self, *arrays):
        """The value, in NumPy: an array, or a tuple of arrays when there are several outputs."""
        raise NotImplementedError(type(self).__name__)

    def run(self, node, arrays):
        """What :meth:`reference` gives for one application; operations of users look at it."""
        return self.reference(*arrays)

    def types_of(self, inputs):
        """Types of the outputs for these variables.

        Operations whose output shape depends on the *value* of an input override this to read
        constants; everything else is decided by :meth:`out_types`.
        """
        return self.out_types(*[v.type for v in inputs])

    def vjp(self, inputs, outputs, cotangents, needed):
        """Cotangents of the inputs: a list with a Variable, or None for "zero", per input.

        Parameters
        ----------
        inputs, outputs : sequence of Variable
        cotangents : sequence of (Variable or None)
            One per output; None marks an output that the cost does not use.
        needed : sequence of bool
            One per input; where it is False the entry is ignored and should not be built.
        """
        raise NotImplementedError(f"{self.name} has no derivative")

    def infer_shape(self, shapes, values):
        """Concrete output shapes.

        Parameters
        ----------
        shapes : list of tuple of int
            Concrete shapes of the inputs.
        values : list of (ndarray or None)
            Values of the inputs named in ``shape_inputs``, None elsewhere.

        Returns
        -------
        list of tuple of int
        """
        raise NotImplementedError(type(self).__name__)

    def key(self):
        """Equal keys mean equal operations."""
        return (type(self), *(getattr(self, p) for p in self.props))

    def __eq__(self, other):
        return self is other or (isinstance(other, Op) and self.key() == other.key())

    def __hash__(self):
        return hash(self.key())

    def __call__(self, *inputs):
        """Apply to variables; a single output is returned bare."""
        node = self.apply(*inputs)
        return node.outputs[0] if len(node.outputs) == 1 else list(node.outputs)

    def apply(self, *inputs):
        return applied(self, inputs)

    def __repr__(self):
        if not self.props:
            return self.name
        shown = ", ".join(f"{p}={getattr(self, p)!r}" for p in self.props)
        return f"{self.name}{{{shown}}}"


class _Classes:
    """Which classes represent variables: the tensor face registers its own, once, at import."""

    variable = Variable
    constant = Constant
    shared = SharedVariable


def set_variable_classes(variable, constant, shared):
    """Called once by ``graphcore.tensor``: the classes that carry operators and methods."""
    _Classes.variable, _Classes.constant, _Classes.shared = variable, constant, shared
    _graph.bind_face(variable, constant)


def new_variable(type, owner=None, index=0, name=None):
    return _Classes.variable(type, owner, index, name)


def new_constant(data, name=None):
    return _Classes.constant(data, name)


def new_shared(type, value, name=None):
    return _Classes.shared(type, value, name)
