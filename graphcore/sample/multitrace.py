"""The result of a run as PyMC3's traces: draws by variable name, points by number."""

import itertools

import numpy as np

from graphcore.sample.results import DataArray, Group, Result, make_group

SAMPLED = ("posterior", "sample_stats")  # groups that a warm-up has, too
OLD_STATS = {
    "depth": "tree_depth",
    "mean_tree_accept": "acceptance_rate",
    "model_logp": "lp",
    "tree_size": "n_steps",
}


class MultiTrace(Result):
    """What ``pm.sample(..., return_inferencedata=False)`` returns: a result that is read by draws.

    ``trace["mu"]`` has the draws of all chains one after the other, ``trace["diverging"]`` a
    statistic of the sampler, ``trace[-1]`` a point (of the last chain), and ``trace[100::2]`` a
    shorter trace. The groups of a :class:`~graphcore.sample.results.Result` are attributes.
    With ``discard_tuned_samples=False`` the draws of the warm-up come first, as in PyMC; the
    statistic ``tune`` is true for them.

    Attributes
    ----------
    report : SamplerReport or None
        How the run went.

    Examples
    --------
    >>> import numpy as np
    >>> from graphcore.sample.results import make_group
    >>> trace = MultiTrace({"posterior": make_group({"mu": np.arange(10.0).reshape(2, 5)})}, {})
    >>> len(trace), trace.nchains, trace[-1], trace["mu"].shape, trace["mu", 3:]
    (5, 2, {'mu': np.float64(9.0)}, (10,), array([3., 4., 8., 9.]))
    >>> len(trace[::2]), trace.posterior["mu"].shape, len(list(trace.points()))
    (3, (2, 5), 10)
    """

    def __init__(self, groups, attrs, transformed=None, report=None):
        super().__init__(groups, attrs)
        self.transformed = transformed or Group({})  # values of transformed variables
        self.report = report
        self._drawn = with_warmup(groups) if "warmup_posterior" in groups else groups

    @property
    def nchains(self):
        """Number of chains."""
        return len(self.chains)

    @property
    def chains(self):
        """Positions of the chains: 0, 1, ..."""
        return list(range(self._shape()[0]))

    @property
    def varnames(self):
        """Names of the variables, those of transformed values included."""
        return [*self._drawn["posterior"], *self._only_transformed()]

    def _only_transformed(self):
        """The values of variables that have a transform, by the names of the values."""
        posterior = self._drawn["posterior"]
        return {k: x for k, x in self.transformed.items() if k not in posterior}

    @property
    def stat_names(self):
        """Names of the statistics of the sampler."""
        return {*self._drawn.get("sample_stats", ()), "tune"}

    def _shape(self):
        return next(iter(self._drawn["posterior"].values())).shape[:2]

    @property
    def n_warmup(self):
        """How many draws of the warm-up come first."""
        return len(self) - next(iter(self._groups["posterior"].values())).shape[1]

    def __len__(self):
        return self._shape()[1]

    def __iter__(self):
        """The points of the last chain."""
        return (self.point(i) for i in range(len(self)))

    def keys(self):
        """Names of the groups."""
        return self._groups.keys()

    def values(self):
        """The groups."""
        return self._groups.values()

    def items(self):
        """Names of the groups, and the groups."""
        return self._groups.items()

    def __contains__(self, name):
        known = (self._groups, self._drawn["posterior"], self.stat_names)
        return any(name in names for names in known)

    def __getitem__(self, key):
        if isinstance(key, int | np.integer):
            return self.point(int(key))
        if isinstance(key, slice):
            return self._slice(key)
        if isinstance(key, tuple):
            name, burn, thin = (*key, 1)[:3]
            if isinstance(burn, slice):
                return np.concatenate([x[burn] for x in self.get_values(name, combine=False)])
            return self.get_values(name, burn=burn, thin=thin)
        name = getattr(key, "name", key)  # a variable stands for its name
        if name in self.varnames:
            return self.get_values(name)
        if OLD_STATS.get(name, name) in self.stat_names:
            return self.get_sampler_stats(name)
        return super().__getitem__(name)

    def __getattr__(self, name):
        own = name.startswith("_") or name in ("report", "transformed", "n_warmup")
        if not own and name in self.varnames:
            return self.get_values(name)
        return super().__getattr__(name)

    def get_values(self, varname, burn=0, thin=1, combine=True, chains=None, squeeze=True):
        """As of any result; of transformed values too."""
        name = getattr(varname, "name", varname)
        if name not in self.varnames:
            raise KeyError(f"no variable {name!r}; there are {', '.join(self.varnames)}")
        group = self._drawn["posterior"]
        group = group if name in group else self.transformed
        return self._values(group, name, burn, thin, combine, chains, squeeze)

    def get_sampler_stats(
        self, stat_name, burn=0, thin=1, combine=True, chains=None, squeeze=True
    ):  # fmt: skip
        """A statistic of the sampler; the arguments are those of :meth:`get_values`."""
        stat_name = OLD_STATS.get(stat_name, stat_name)
        if stat_name not in self.stat_names:
            raise KeyError(
                f"no statistic {stat_name!r}; there are {', '.join(sorted(self.stat_names))}"
            )
        stats = self._drawn.get("sample_stats", Group({}))
        if stat_name == "tune" and stat_name not in stats:  # the warm-up was not kept
            stats = make_group({"tune": np.zeros(self._shape(), dtype=bool)})
        return self._values(stats, stat_name, burn, thin, combine, chains, squeeze)

    def point(self, idx, chain=-1):
        """The values of all variables at one draw of a chain, the last one by default.

        Transformed values are among them, so that functions of a model take the point.
        """
        arrays = {**self._drawn["posterior"].data_vars, **self._only_transformed()}
        return {name: a.values[chain, idx] for name, a in arrays.items()}

    def points(self, chains=None):
        """The points of all chains, one chain after the other."""
        chains = self.chains if chains is None else np.atleast_1d(chains)
        return (self.point(i, c) for c, i in itertools.product(chains, range(len(self))))

    def add_values(self, vals, overwrite=False):
        """Add draws of a further variable.

        Parameters
        ----------
        vals : dict of str to array
            The draws of all chains one after the other.
        overwrite : bool
            Whether a variable that exists is replaced; otherwise that is an error.
        """
        for name, draws in vals.items():
            if name in self._drawn["posterior"] and not overwrite:
                raise ValueError(f"the trace has {name!r}; pass overwrite=True to replace it")
            draws = np.asarray(draws)
            made = make_group({name: draws.reshape(*self._shape(), *draws.shape[1:])})[name]
            self._drawn["posterior"].data_vars[name] = made
            self._groups["posterior"].data_vars[name] = made.isel(draw=slice(self.n_warmup, None))

    def remove_values(self, varname):
        """Remove a variable."""
        if varname not in self._drawn["posterior"]:
            raise KeyError(f"no variable {varname!r}")
        for groups in (self._drawn, self._groups):
            groups["posterior"].data_vars.pop(varname, None)

    def _slice(self, draws):
        """The trace of these draws of every chain."""
        groups = {}
        for name, group in {**self._drawn, "": self.transformed}.items():
            if "draw" not in group.sizes:
                groups[name] = group
            elif group.sizes["draw"] == len(self):
                arrays = {k: array.isel(draw=draws) for k, array in group.items()}
                groups[name] = Group(arrays, group.attrs)
        transformed = groups.pop("")
        return MultiTrace(groups, self.attrs, transformed, self.report)


def with_warmup(groups):
    """Groups in which the warm-up comes before the draws, told apart by the statistic ``tune``."""
    found = {name: g for name, g in groups.items() if not name.startswith("warmup_")}
    parts = []
    for prefix in ("warmup_", ""):
        posterior = groups[f"{prefix}posterior"]
        stats = groups.get(f"{prefix}sample_stats", Group({}))
        shape = next(iter(posterior.values())).shape[:2]
        flags = make_group({"tune": np.full(shape, bool(prefix))})
        both = {**stats.data_vars, **flags.data_vars}
        parts.append({"posterior": posterior.data_vars, "sample_stats": both})
    warm, kept = parts
    for name in SAMPLED:
        arrays = {}
        for key, array in kept[name].items():
            values = np.concatenate([warm[name][key].values, array.values], axis=1)
            coords = {**array.coords, "draw": np.arange(values.shape[1])}
            arrays[key] = DataArray(values, array.dims, coords, key)
        found[name] = Group(arrays, groups["posterior"].attrs)
    return found
