"""Distributions of the user: CustomDist, DensityDist."""

import numpy as np

import graphcore.tensor as tt
from graphcore.model.context import modelcontext
from graphcore.model.distributions.base import (
    Distribution,
    RandomVariable,
    as_shape,
    as_value,
    describe,
    static_shape,
)
from graphcore.model.distributions.components import resized
from graphcore.model.distributions.constraints import Constraint, real
from graphcore.model.distributions.derived import Derived
from graphcore.model.distributions.parameters import as_parameter
from graphcore.runtime.reference import evaluate
from graphcore.tensor.random.variable import axes_of

_whole_numbers = Constraint("a whole number", discrete=True)
_FUNCTIONS = ("logp", "logcdf", "random", "dist", "support_point")


class CustomDist(Distribution):
    """A distribution given by functions.

    Parameters
    ----------
    name : str
    *dist_params
        Parameters, handed to every function in this order.
    logp : callable
        ``logp(value, *dist_params)``: a graph with one entry per value, or their sum.
    logcdf : callable, optional
        ``logcdf(value, *dist_params)``.
    random : callable, optional
        ``random(*dist_params, rng=None, size=None)`` with arrays: an array of shape ``size``.
    dist : callable, optional
        Instead of ``logp`` or ``random``: ``dist(*dist_params, size)`` returns a distribution made
        with ``.dist()``, or an expression of such: a function that can be inverted, ``clip``,
        ``max`` or ``min``, ``cumsum``, a comparison, a sum of normal variables, a choice such as
        ``stack([...])[which]``, or an output of a ``scan`` whose step makes one, which is drawn
        anew in every step; other outputs may be functions of that one.  With ``logp`` as well, the
        density is that of ``logp`` and numbers are drawn as ``dist`` says.
    support_point : callable, optional
        ``support_point(rv, size, *dist_params)``: where sampling starts; zeros by default.
    ndim_supp : int
        Axes of one value: 1 for vectors.
    ndims_params : sequence of int, optional
        Axes of each parameter that belong to one value; all 0 by default.
    signature : str, optional
        Both of these in one, as ``"(n),(n,n)->(n)"``.
    dtype : str
        ``"int64"`` for counts.
    observed : array, or dict of str to array or variable
        With a dict, as in PyMC3, ``logp(**observed)`` is added to the density of the model.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> def logp(value, rate):
    ...     return pm.math.log(rate) - rate * value
    >>> float(pm.CustomDist.dist(1.0, logp=logp).logp(2.0).eval())
    -2.0
    """

    typed = True
    made = None  # what `dist` returned, where a function `logp` has the density

    def __new__(cls, name, *args, **kwargs):
        observed = kwargs.get("observed")
        if not isinstance(observed, dict):
            return super().__new__(cls, name, *args, **kwargs)
        # PyMC3: several arrays or variables, which the function takes by their names
        logp = kwargs.get("logp") or (args[0] if args else None)
        if not callable(logp):
            raise TypeError(f"{name}: observed as a dict needs a function logp of its entries")
        parts = {key: tt.as_tensor_variable(x) for key, x in observed.items()}
        return modelcontext().add_named("potentials", name, logp(**parts), None)

    @classmethod
    def make(cls, label, args, kwargs, shape=None, size=None, observed_shape=None):
        kwargs = dict(kwargs)
        args = list(args)
        if kwargs.get("logp") is None and args and callable(args[0]):
            kwargs["logp"] = args.pop(0)  # PyMC3: DensityDist(name, logp, observed=...)
        moment = kwargs.pop("moment", None)
        functions = {k: kwargs.pop(k, None) for k in _FUNCTIONS}
        functions["support_point"] = functions["support_point"] or moment
        ndim = kwargs.pop("ndim_supp", 0) or 0
        ndims = list(kwargs.pop("ndims_params", None) or [0] * len(args))
        signature, axes = kwargs.pop("signature", None), None
        if signature is not None:
            axes = axes_of(signature)
            ndims, ndim = [len(a) for a in axes[0]], len(axes[1])
        dtype = kwargs.pop("dtype", "floatX")
        kind = np.dtype("float64" if dtype == "floatX" else dtype).kind
        kwargs.pop("class_name", None)
        _check(label, args, kwargs, functions, ndims)
        values = [as_parameter(v, f"{i}", label) for i, v in enumerate(args)]
        parts = {"functions": functions, "values": values, "ndims": ndims, "axes": axes}
        if functions["dist"] is not None:
            made = _made_by(functions["dist"], label, values, shape, size, observed_shape)
            if functions["logp"] is None:
                return made
            return super().make(label, (), {}, shape=made.shape, ndim=made.ndim, made=made, **parts)
        wanted = shape if shape is not None else observed_shape
        return super().make(
            label,
            (),
            {},
            shape=shape,
            size=size,
            observed_shape=observed_shape,
            ndim=ndim,
            wanted=None if wanted is None else as_shape(wanted, label),
            discrete=kind in "biu",
            **parts,
        )

    def _find_support(self):
        if self.made is not None:
            return self.made.support_of()
        return _whole_numbers if self.discrete else real

    def default_transform(self):
        return super().default_transform() if self.made is None else self.made.default_transform()

    def _parameter_shapes(self):
        if self.made is not None:
            return self.made.batch_shape, self.made.shape[len(self.made.batch_shape) :]
        values = enumerate(zip(self.values, self.ndims, strict=True), 1)
        shapes = [static_shape(self.label, i, v)[: v.ndim - n] for i, (v, n) in values]
        try:
            batch = tuple(np.broadcast_shapes(*shapes))
        except ValueError:
            raise ValueError(
                f"{self.label}: the shapes of the parameters do not broadcast: {shapes}"
            ) from None
        if not self.ndim:
            return batch, ()
        if self.wanted is not None:
            return batch, self.wanted[len(self.wanted) - self.ndim :]
        return batch, self._shape_of_one()

    def _shape_of_one(self):
        """Where nothing else tells, the signature may: a length, or the name of a known one."""
        names, known = (self.axes or ([], (None,)))[1], {}
        for axes, v in zip((self.axes or ([],))[0], self.values, strict=False):
            known |= dict(zip(axes, v.type.shape[v.ndim - len(axes) :], strict=True))
        found = tuple(int(n) if str(n).isdigit() else known.get(n) for n in names)
        if None in found:
            raise ValueError(
                f"{self.label}: the shape of one value is not known; give shape= or observed="
            )
        return found

    def _call(self, name, *args):
        return tt.as_tensor_variable(self.functions[name](*args, *self.values))

    def formula(self, value):
        return self._call("logp", value)

    def summed_formula(self, value):
        """The sum, whether the function returns terms or has added them up itself."""
        return tt.sum(self.formula(value))

    def log_cdf(self, value):
        if self.functions["logcdf"] is None:
            raise NotImplementedError(f"{self.label}: no function logcdf was given")
        return self._call("logcdf", as_value(value, self.label))

    def log_ccdf(self, value):
        return tt.log1mexp(self.log_cdf(value))

    def initial(self):
        point = self.functions["support_point"]
        if point is None:
            return tt.zeros(self.shape) if self.made is None else self.made.initial()
        found = tt.as_tensor_variable(point(None, self.batch_shape, *self.values))
        return tt.broadcast_to(found, self.shape)

    def draw(self, rng, size, given):
        if self.functions["random"] is None and self.made is not None:
            return self.made.draw(rng, size, given)
        if self.functions["random"] is None:
            raise NotImplementedError(f"{self.label}: no function random was given")
        values = evaluate(self.values, given)
        lead = () if size is None else as_shape(size, self.label)
        drawn = self.functions["random"](*values, rng=rng, size=lead + self.batch_shape)
        drawn = np.asarray(drawn, dtype=self.dtype)
        if drawn.shape != lead + self.shape:
            raise ValueError(
                f"{self.label}: random returned shape {drawn.shape}, wanted {lead + self.shape}"
            )
        return drawn

    def __repr__(self):
        return f"{self.shown}({', '.join(describe(v) for v in self.values)})"


def _check(label, args, kwargs, functions, ndims):
    """Refuse what cannot be a distribution."""
    for name, function in functions.items():
        if function is not None and not callable(function):
            raise TypeError(f"{label}: {name} must be a function, got {type(function).__name__}")
    if kwargs:
        raise TypeError(
            f"{label}: CustomDist has no argument {next(iter(kwargs))!r}; parameters of the "
            "distribution are given by position"
        )
    if functions["logp"] is None and functions["dist"] is None:
        raise TypeError(f"{label}: CustomDist needs a function logp= or dist=")
    if len(ndims) != len(args):
        raise ValueError(
            f"{label}: ndims_params has {len(ndims)} entries for {len(args)} parameters"
        )


def _made_by(function, label, values, shape, size, observed_shape):
    """The distribution that a function ``dist(*params, size)`` returns."""
    wanted = next((s for s in (shape, size, observed_shape) if s is not None), None)
    wanted = None if wanted is None else as_shape(wanted, label)
    rv = function(*values, wanted)
    if isinstance(rv, RandomVariable):
        rv.distribution.refuse_faults()
        made = rv.distribution
    else:
        made = Derived.of(label, tt.as_tensor_variable(rv))
    if wanted is not None and made.shape != wanted:
        if isinstance(made, Derived):
            raise ValueError(
                f"{label}: dist= returned an expression of shape {made.shape} for size {wanted}; "
                "hand size= on to the .dist() calls in it"
            )
        made = resized(made, wanted[: len(wanted) - made.ndim])
    made.label = label
    return made


DensityDist = CustomDist
