"""The result of a run without ArviZ: the same groups and names, on plain NumPy arrays.

``result.posterior["mu"]`` has ``values``, ``dims``, ``coords`` and the usual reductions, and NumPy
functions take it as an array, so that code written for xarray mostly runs unchanged.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from graphcore import _version

SAMPLE_DIMS = ("chain", "draw")
# The groups whose variables a result offers by name.
DRAWN = ("posterior", "posterior_predictive", "predictions", "prior_predictive", "prior")


class DataArray(NDArrayOperatorsMixin):
    """An array with named axes.

    Attributes
    ----------
    values : ndarray
    dims : tuple of str
    coords : dict of str to ndarray
        Labels of the axes.
    name : str

    Examples
    --------
    >>> import numpy as np
    >>> mu = DataArray(np.ones((4, 100, 3)), ("chain", "draw", "school"), {}, "mu")
    >>> mu.mean(("chain", "draw"))
    array([1., 1., 1.])
    >>> mu.sel(chain=0).shape, np.exp(mu).shape
    ((100, 3), (4, 100, 3))
    """

    __slots__ = ("attrs", "coords", "dims", "name", "values")

    def __init__(self, values, dims, coords, name=None):
        self.values = np.asarray(values)
        self.dims = tuple(dims)
        self.coords = {d: np.asarray(coords[d]) for d in self.dims if d in coords}
        self.name = name
        self.attrs = {}
        if len(self.dims) != self.values.ndim:
            raise ValueError(f"{name!r} has {self.values.ndim} axes but the dims {self.dims}")

    shape = property(lambda self: self.values.shape)
    ndim = property(lambda self: self.values.ndim)
    size = property(lambda self: self.values.size)
    dtype = property(lambda self: self.values.dtype)
    sizes = property(lambda self: dict(zip(self.dims, self.shape, strict=True)))

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        plain = (x.values if isinstance(x, DataArray) else x for x in inputs)
        return getattr(ufunc, method)(*plain, **kwargs)

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return iter(self.values)

    def __getitem__(self, key):
        return self.values[key]

    def __float__(self):
        return float(self.values)

    def __repr__(self):
        sizes = ", ".join(f"{d}: {n}" for d, n in self.sizes.items())
        return f"<DataArray {self.name!r} ({sizes}) {self.dtype}>\n{self.values!r}"

    def sel(self, **labels):
        """The part with these labels, e.g. ``sel(chain=0, school="Deerfield")``."""
        return self.isel(**{d: self._position(d, label) for d, label in labels.items()})

    def isel(self, **positions):
        """The part at these positions of the named axes (an integer drops its axis)."""
        for d in positions:
            self._axis(d)
        index = tuple(positions.get(d, slice(None)) for d in self.dims)
        kept = [d for d in self.dims if not isinstance(positions.get(d), (int, np.integer))]
        coords = {d: c[positions.get(d, slice(None))] for d, c in self.coords.items() if d in kept}
        return DataArray(self.values[index], kept, coords, self.name)

    def _axis(self, dim):
        if dim not in self.dims:
            raise KeyError(f"{self.name!r} has no dimension {dim!r}; it has {self.dims}")
        return self.dims.index(dim)

    def _position(self, dim, label):
        axis = self._axis(dim)
        labels = self.coords.get(dim, np.arange(self.shape[axis]))
        found = np.flatnonzero(labels == label)
        if not found.size:
            raise KeyError(f"dimension {dim!r} has no label {label!r}")
        return int(found[0])

    def quantile(self, q, dim=None, axis=None):
        """Quantiles over the named axes, or over everything."""
        return np.quantile(self.values, q, axis=self._axes(dim, axis))

    def _axes(self, dim, axis):
        """Positions of the named axes; ``axis`` when none is named."""
        if dim is None:
            return axis
        return tuple(self._axis(d) for d in ([dim] if isinstance(dim, str) else dim))


def _reduction(name):
    """A method of DataArray; the keywords are those that NumPy passes on from ``np.mean(x)``."""

    function = getattr(np, name)

    def reduce(self, dim=None, axis=None, **kwargs):
        return function(self.values, axis=self._axes(dim, axis), **kwargs)

    reduce.__name__ = name
    reduce.__doc__ = f"numpy.{name} over the named axes, or over everything."
    return reduce


for _name in ("mean", "std", "var", "sum", "min", "max", "median", "any", "all"):
    setattr(DataArray, _name, _reduction(_name))


class Group(Mapping):
    """Named arrays that share dimensions, such as the posterior.

    Examples
    --------
    >>> import numpy as np
    >>> group = make_group({"mu": np.zeros((2, 5)), "beta": np.zeros((2, 5, 3))})
    >>> list(group), group["beta"].dims, group.mu.shape
    (['mu', 'beta'], ('chain', 'draw', 'beta_dim_0'), (2, 5))
    """

    def __init__(self, arrays, attrs=None):
        self.data_vars = arrays
        self.attrs = dict(attrs or {})

    def __getitem__(self, name):
        if name not in self.data_vars:
            raise KeyError(f"no variable {name!r}; there are {', '.join(self.data_vars)}")
        return self.data_vars[name]

    def __getattr__(self, name):
        if name.startswith("_") or name not in self.data_vars:
            raise AttributeError(f"no variable {name!r}")
        return self.data_vars[name]

    def __dir__(self):
        return [*super().__dir__(), *self.data_vars]

    def __iter__(self):
        return iter(self.data_vars)

    def __len__(self):
        return len(self.data_vars)

    @property
    def coords(self):
        return {d: c for array in self.data_vars.values() for d, c in array.coords.items()}

    @property
    def sizes(self):
        return {d: n for array in self.data_vars.values() for d, n in array.sizes.items()}

    def __repr__(self):
        lines = []
        for name, a in self.data_vars.items():
            sizes = ", ".join(f"{d}: {n}" for d, n in a.sizes.items())
            lines.append(f"    {name:<24} ({sizes}) {a.dtype}")
        return "\n".join(["Group", *lines])


def make_group(arrays, dims=None, coords=None, attrs=None, sample_dims=SAMPLE_DIMS):
    """A group from plain arrays.

    Parameters
    ----------
    arrays : dict of str to array
        Each begins with the axes ``sample_dims``.
    dims : dict of str to sequence of str, optional
        Names of the further axes of a variable; by default ``x_dim_0``, ``x_dim_1``, ...
    coords : dict of str to sequence, optional
        Labels; by default 0, 1, 2, ...
    attrs : dict, optional
    sample_dims : tuple of str
    """
    dims, coords = dims or {}, coords or {}
    out = {}
    for name, values in arrays.items():
        values = np.asarray(values)
        extra = range(values.ndim - len(sample_dims))
        # the log density of a vector has fewer axes than the vector
        given = list(dims.get(name) or [])[: len(extra)]
        own = [d or f"{name}_dim_{i}" for i, d in enumerate(given)]
        own += [f"{name}_dim_{i}" for i in extra[len(own) :]]
        names = (*sample_dims, *own)
        labels = {
            d: coords[d] if coords.get(d) is not None else np.arange(n)
            for d, n in zip(names, values.shape, strict=True)
        }
        out[name] = DataArray(values, names, labels, name)
    return Group(out, attrs)


def attributes(**more):
    """What every group says about its origin, by ArviZ's names."""
    version = _version.__version__
    return {
        "created_at": datetime.now(UTC).isoformat(),
        "creation_library": "graphcore",
        "creation_library_version": version,
        "creation_library_language": "Python",
        "inference_library": "graphcore",
        "inference_library_version": version,
        "sample_dims": list(SAMPLE_DIMS),
        **more,
    }


class Result(Mapping):
    """What a run produced, group by group: posterior, sample_stats, observed_data, ...

    Groups are attributes and items.  :meth:`to_arviz` converts to what ArviZ reads.

    Examples
    --------
    >>> import numpy as np
    >>> result = Result({"posterior": make_group({"mu": np.zeros((2, 5))})}, {})
    >>> result.posterior["mu"].shape, result.groups()
    ((2, 5), ['posterior'])
    """

    def __init__(self, groups, attrs):
        self._groups = groups
        self.attrs = dict(attrs)

    def update(self, other):
        """Take over the groups of another result."""
        self._groups.update(other)

    def groups(self):
        """Names of the groups."""
        return list(self._groups)

    def __getitem__(self, name):
        if name in self._groups:
            return self._groups[name]
        for group in DRAWN:
            if name in self._groups.get(group, ()):  # as PyMC3's traces and dicts
                return self._values(self._groups[group], name)
        raise KeyError(f"no group {name!r}; there are {', '.join(self._groups)}")

    @property
    def varnames(self):
        """Names of the variables of the posterior."""
        return list(self._groups["posterior"])

    def get_values(self, varname, burn=0, thin=1, combine=True, chains=None, squeeze=True):
        """Draws of a variable, those of all chains one after the other.

        Parameters
        ----------
        varname : str
        burn, thin : int
            Draws to leave out at the begin of each chain, and the step between those kept.
        combine : bool
            False for a list with one array per chain.
        chains : int or list of int, optional
        squeeze : bool
            Whether a list of one chain becomes its array.

        Examples
        --------
        >>> import numpy as np
        >>> result = Result({"posterior": make_group({"mu": np.zeros((2, 5))})}, {})
        >>> result["mu"].shape, result.get_values("mu", burn=1, combine=False)[0].shape
        ((10,), (4,))
        """
        group = self._groups["posterior"]
        return self._values(group, varname, burn, thin, combine, chains, squeeze)

    def _values(self, group, name, burn=0, thin=1, combine=True, chains=None, squeeze=True):
        name = getattr(name, "name", name)  # a variable stands for its name
        values = group[name].values[:, burn::thin]
        if chains is not None:
            values = values[np.atleast_1d(chains)]
        parts = list(values)
        if combine:
            return np.concatenate(parts)
        return parts[0] if squeeze and len(parts) == 1 else parts

    def __getattr__(self, name):
        if name.startswith("_") or name not in self._groups:
            raise AttributeError(f"no group {name!r}")
        return self._groups[name]

    def __dir__(self):
        return [*super().__dir__(), *self._groups]

    def __iter__(self):
        return iter(self._groups)

    def __len__(self):
        return len(self._groups)

    def __repr__(self):
        lines = ["graphcore result"]
        for name, group in self._groups.items():
            sizes = ", ".join(f"{d}: {n}" for d, n in group.sizes.items() if d in SAMPLE_DIMS)
            lines.append(f"  {name:<24} {', '.join(group)}" + (f"  ({sizes})" if sizes else ""))
        return "\n".join(lines)
