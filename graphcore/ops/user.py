"""Operations of users, in Theano's style: ``make_node``, ``perform``, ``grad``.

They have no kernels: a program calls ``perform`` back, and ``explain`` says so.
"""

from inspect import signature

import numpy as np

from graphcore._graph import user_line
from graphcore.graph.nodes import Apply, Op, Variable, new_variable
from graphcore.graph.types import TensorType
from graphcore.ops.markers import UndefinedGradient
from graphcore.ops.operands import as_variable, graph, is_float


class UserOp(Op):
    """Base class of operations written by users.

    A subclass has ``perform(self, node, inputs, output_storage)``, which puts an array into
    ``output_storage[i][0]``, and either the attributes ``itypes`` and ``otypes`` (lists of types)
    or ``make_node(self, *inputs)``, which returns ``Apply(self, inputs, outputs)``.  It may have

    - ``infer_shape(self, node, shapes)``: a tuple of lengths per output.  Without it a function is
      cut in two programs around the operation, because shapes inside of programs are known
      beforehand; models try it on ones.
    - ``grad(self, inputs, output_gradients)``, ``L_op(self, inputs, outputs, output_gradients)``
      or ``vjp(self, inputs, outputs, cotangents, needed)``: a gradient per input.
    - ``R_op(self, inputs, eval_points)``: tangents of the outputs.
    - ``__props__``: names of the attributes that tell two operations of the class apart.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> class Double(graphcore.Op):
    ...     __props__ = ()
    ...     itypes, otypes = [tt.dvector], [tt.dvector]
    ...     def perform(self, node, inputs, output_storage):
    ...         output_storage[0][0] = 2 * inputs[0]
    ...     def infer_shape(self, node, shapes):
    ...         return shapes
    ...     def grad(self, inputs, output_gradients):
    ...         return [2 * output_gradients[0]]
    >>> x = tt.dvector("x")
    >>> y = Double()(x)
    >>> f = graphcore.function([x], [y, graphcore.grad((y**2).sum(), x)])
    >>> f([1.0, 3.0])
    [array([2., 6.]), array([ 8., 24.])]
    """

    __props__ = None
    itypes = otypes = None
    default_output = None
    _shape_rule = None
    _seen = ((), ())  # types of the inputs and outputs of the latest application

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        own = cls.__dict__
        if "name" not in own:
            cls.name = cls.__name__
        if "infer_shape" in own:  # the rule of the user, over shapes alone
            cls._shape_rule = own["infer_shape"]
            cls.infer_shape = UserOp.infer_shape
        if own.get("__props__") is not None:
            cls.props = tuple(own["__props__"])

    def key(self):
        return (type(self), id(self)) if self.__props__ is None else super().key()

    # -- applying ---------------------------------------------------------------------------

    def make_node(self, *inputs):
        """An application; by default the inputs are checked against ``itypes``."""
        if self.itypes is None or self.otypes is None:
            raise NotImplementedError(f"{self.name} needs make_node, or itypes and otypes")
        if len(inputs) != len(self.itypes):
            raise TypeError(f"{self.name} takes {len(self.itypes)} inputs, not {len(inputs)}")
        inputs = [as_variable(x) for x in inputs]
        for i, (x, wanted) in enumerate(zip(inputs, map(_type, self.itypes), strict=True)):
            if x.type.dtype != wanted.dtype or x.type.ndim != wanted.ndim:
                raise TypeError(f"{self.name}: input {i} must be a {wanted!r}, not a {x.type!r}")
        return Apply(self, inputs, [_type(t)() for t in self.otypes])

    def apply(self, *inputs):
        node = self.make_node(*inputs)
        node.where = user_line()
        self._seen = [v.type for v in node.inputs], [v.type for v in node.outputs]
        return node

    def __call__(self, *inputs, name=None, return_list=False):
        outputs = self.apply(*inputs).outputs
        if name is not None:
            outputs[0].name = name
        if self.default_output is not None:
            return outputs[self.default_output]
        return outputs[0] if len(outputs) == 1 and not return_list else list(outputs)

    def types_of(self, inputs):
        return [v.type for v in self.make_node(*inputs).outputs]

    def out_types(self, *types):
        return self.types_of([new_variable(t) for t in types])

    # -- value and shape ----------------------------------------------------------------------

    def perform(self, node, inputs, output_storage):
        """Put the value of output i into ``output_storage[i][0]``."""
        raise NotImplementedError(f"{self.name} has no method perform")

    def run(self, node, arrays):
        storage = [[None] for _ in node.outputs]
        self.perform(node, [a.copy() if a.ndim else a[()] for a in arrays], storage)
        found = []
        for i, (v, (value,)) in enumerate(zip(node.outputs, storage, strict=True)):
            if value is None:
                raise ValueError(f"{self.name}.perform left output_storage[{i}][0] empty")
            array = np.asarray(value)
            if array.ndim != v.type.ndim:
                raise TypeError(
                    f"{self.name}: output {i} was promised as {v.type!r} and has shape "
                    f"{array.shape}"
                )
            found.append(array.astype(v.type.dtype, casting="same_kind"))
        return tuple(found)

    def reference(self, *arrays):
        node = self.make_node(*[as_variable(np.asarray(a)) for a in arrays])
        found = self.run(node, arrays)
        return found if len(found) > 1 else found[0]

    @property
    def data_dependent(self):
        """Whether nobody knows the shapes of the outputs before they are computed."""
        return self._shape_rule is None and not all(t.is_static for t in self._seen[1])

    def infer_shape(self, shapes, values):
        if self._shape_rule is None:
            return self._shapes_by_trial(shapes, values)
        # Theano's rules take the application, PyTensor's also a graph; few look at either
        extra = (None,) * (len(signature(self._shape_rule).parameters) - 1)
        found = self._shape_rule(*extra, [tuple(s) for s in shapes])
        return [tuple(int(_number(n)) for n in shape) for shape in found]

    def _shapes_by_trial(self, shapes, values):
        """Shapes without a rule: known by the types, else those that ones in the inputs give."""
        inputs, outputs = self._seen
        if all(t.is_static for t in outputs):
            return [t.shape for t in outputs]
        trial = [
            np.ones(s, t.dtype) if v is None else v
            for s, t, v in zip(shapes, inputs, values, strict=True)
        ]
        try:
            found = self.reference(*trial)
        except Exception as error:
            raise ValueError(
                f"{self.name} has no method infer_shape, and cannot be tried on ones: {error}"
            ) from error
        return [a.shape for a in (found if isinstance(found, tuple) else (found,))]

    # -- derivatives ----------------------------------------------------------------------------

    def vjp(self, inputs, outputs, cotangents, needed):
        gradients = [
            graph.zeros_like(y) if g is None else g
            for y, g in zip(outputs, cotangents, strict=True)
        ]
        pull = getattr(self, "L_op", None) or getattr(self, "pullback", None)
        if pull is not None:
            found = pull(list(inputs), list(outputs), gradients)
        elif hasattr(self, "grad"):
            found = self.grad(list(inputs), gradients)
        else:
            return [UndefinedGradient(f"{self.name} has no method grad")] * len(inputs)
        if not isinstance(found, (list, tuple)) or len(found) != len(inputs):
            raise ValueError(f"{self.name}.grad must return a list of {len(inputs)} gradients")
        return [self._checked(i, x, g) for i, (x, g) in enumerate(zip(inputs, found, strict=True))]

    def _checked(self, i, x, g):
        if g is None or isinstance(g, UndefinedGradient) or not is_float(x.type.dtype):
            return g if isinstance(g, UndefinedGradient) else None
        g = as_variable(g)
        if g.type.ndim != x.type.ndim:
            raise ValueError(
                f"{self.name}.grad: the gradient of input {i} has {g.type.ndim} axes, the input "
                f"has {x.type.ndim}"
            )
        return graph.cast(g, x.type.dtype)


def _type(t):
    """A type of a type, or of a constructor such as ``tt.dvector``."""
    return t if isinstance(t, TensorType) else t().type


def _number(n):
    if isinstance(n, Variable):
        if not hasattr(n, "data"):
            raise ValueError(f"infer_shape: the length {n!r} depends on values, not on shapes")
        return n.data
    return n


class FromFunctionOp(UserOp):
    """A Python function of arrays as an operation; made by :func:`as_op`."""

    def __init__(self, fn, itypes, otypes, infer_shape=None):
        self.fn, self.itypes, self.otypes = fn, list(itypes), list(otypes)
        self.name = getattr(fn, "__name__", "function")
        if infer_shape is not None:
            self._shape_rule = infer_shape

    def key(self):
        return (type(self), self.fn)

    def __reduce__(self):
        import sys

        module, name = self.fn.__module__, self.fn.__qualname__
        if getattr(sys.modules.get(module), name, None) is self:  # the decorated function
            return _found, (module, name)
        return FromFunctionOp, (self.fn, self.itypes, self.otypes, self._shape_rule)

    def perform(self, node, inputs, output_storage):
        found = self.fn(*inputs)
        found = found if isinstance(found, (list, tuple)) else (found,)
        if len(found) != len(output_storage):
            raise ValueError(
                f"{self.name} returned {len(found)} arrays, {len(output_storage)} were promised"
            )
        for place, value in zip(output_storage, found, strict=True):
            place[0] = value


def _found(module, name):
    from importlib import import_module

    return getattr(import_module(module), name)


def as_op(itypes, otypes, infer_shape=None):
    """Decorator: a Python function of arrays becomes an operation without gradient.

    Parameters
    ----------
    itypes, otypes : type or list of types
        Of the inputs and outputs, such as ``tt.dvector``.
    infer_shape : callable, optional
        ``infer_shape(node, shapes)`` gives a tuple of lengths per output.

    Examples
    --------
    >>> import graphcore, graphcore.tensor as tt
    >>> @graphcore.as_op([tt.dvector], [tt.dscalar])
    ... def largest_gap(x):
    ...     return np.diff(np.sort(x)).max()
    >>> x = tt.dvector("x")
    >>> graphcore.function([x], largest_gap(x) + 1)([1.0, 9.0, 4.0])
    array(6.)
    """
    itypes = itypes if isinstance(itypes, (list, tuple)) else [itypes]
    otypes = otypes if isinstance(otypes, (list, tuple)) else [otypes]
    return lambda fn: FromFunctionOp(fn, itypes, otypes, infer_shape)


wrap_py = as_op  # PyTensor's name
