"""The base of all transforms."""

from copy import copy
from functools import wraps

import graphcore.tensor as tt


def _of_variables(method):
    """The same method, of a value that may be an array; with the inputs that are bound."""

    @wraps(method)
    def of_variables(self, value, *inputs):
        return method(self, tt.as_tensor_variable(value), *(inputs or self.inputs))

    return of_variables


class Transform:
    """Base class; also documents the interface.

    Attributes
    ----------
    name : str
        Suffix of the value variable: ``f"{variable}_{name}__"``.
    ndim : int
        How many trailing axes are transformed together (0: elementwise).

    Examples
    --------
    A transform of one's own; ``inputs`` are ``(rng, size, *parameters)`` of the distribution, the
    first two of them None:

    >>> import graphcore.model as pm
    >>> class Scaled(pm.distributions.transforms.Transform):
    ...     name = "scaled"
    ...
    ...     def forward(self, value, *inputs):
    ...         return value / inputs[3]
    ...
    ...     def backward(self, value, *inputs):
    ...         return value * inputs[3]
    ...
    ...     def log_jac_det(self, value, *inputs):
    ...         return tt.zeros_like(value) + tt.log(inputs[3])
    >>> with pm.Model() as model:
    ...     x = pm.Normal("x", 1.0, 4.0, transform=Scaled())
    >>> model.initial_point()
    {'x_scaled__': array(0.25)}
    """

    name = "transform"
    ndim = 0
    inputs = ()

    def __init_subclass__(cls, **kwargs):
        """What a class defines takes arrays as well as variables."""
        super().__init_subclass__(**kwargs)
        for name in ("forward", "backward", "log_jac_det"):
            if name in cls.__dict__:
                setattr(cls, name, _of_variables(cls.__dict__[name]))

    def forward(self, value, *inputs):
        """Unconstrained value of a constrained one."""
        raise NotImplementedError(type(self).__name__)

    def backward(self, value, *inputs):
        """Constrained value of an unconstrained one."""
        raise NotImplementedError(type(self).__name__)

    def log_jac_det(self, value, *inputs):
        """Log absolute determinant of the derivative of :meth:`backward` at ``value``."""
        raise NotImplementedError(type(self).__name__)

    def value_shape(self, shape):
        """Shape of the unconstrained value of a variable of this shape."""
        found = self.forward(tt.tensor("float64", shape)).type
        return found.shape if found.is_static else tuple(shape)

    def with_inputs(self, *inputs):
        """The same transform for a random variable of these inputs."""
        bound = copy(self)
        bound.inputs = inputs
        return bound

    def jacobian_det(self, value, *inputs):
        """PyMC3's name of :meth:`log_jac_det`."""
        return self.log_jac_det(value, *inputs)

    def forward_val(self, value, point=None):
        """:meth:`forward` of numbers, as numbers.

        Examples
        --------
        >>> from graphcore.model.distributions.transforms import log
        >>> float(log.forward_val(1.0))
        0.0
        """
        return self.forward(tt.as_tensor_variable(value)).eval()

    def __repr__(self):
        return f"<transform {self.name}>"


class Plain(Transform):
    """A transform that depends on no inputs and keeps the shape, unless a class says otherwise."""

    def value_shape(self, shape):
        return tuple(shape)

    def with_inputs(self, *inputs):
        return self
