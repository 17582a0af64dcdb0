"""Results as ArviZ reads them: InferenceData (ArviZ 0.x) or DataTree (ArviZ 1.x)."""

import functools
import importlib.util

from graphcore.sample.results import Result


def is_installed():
    """Whether ArviZ can be imported; does not import it, which takes seconds.

    Examples
    --------
    >>> is_installed() in (True, False)
    True
    """
    return importlib.util.find_spec("arviz") is not None


def to_arviz(result):
    """Convert a result, group by group, without copying the draws.

    Parameters
    ----------
    result : graphcore.sample.Result

    Returns
    -------
    arviz.InferenceData or xarray.DataTree
        What the installed version of ArviZ works with.

    Raises
    ------
    ImportError
        When ArviZ is not installed.
    """
    try:
        import arviz
        import xarray
    except ImportError as error:
        raise ImportError('ArviZ is not installed: pip install "graphcore[arviz]"') from error
    datasets = {name: _dataset(xarray, group) for name, group in result.items()}
    if int(arviz.__version__.split(".")[0]) >= 1:
        tree = xarray.DataTree.from_dict(datasets)
        tree.attrs.update(result.attrs)
        return tree
    for dataset in datasets.values():
        dataset.attrs["arviz_version"] = arviz.__version__
    return arviz.InferenceData(attrs=result.attrs, **datasets)


def _dataset(xarray, group):
    variables = {name: (array.dims, array.values) for name, array in group.items()}
    coords = group.coords
    if "sample" in coords and coords["sample"].dtype == object:  # chains and draws, stacked
        chain, draw = zip(*coords.pop("sample"), strict=True)
        coords |= {"chain": ("sample", list(chain)), "draw": ("sample", list(draw))}
        dataset = xarray.Dataset(variables, coords=coords, attrs=group.attrs)
        return dataset.set_index(sample=["chain", "draw"])
    return xarray.Dataset(variables, coords=coords, attrs=group.attrs)


# What PyMC hands on from ArviZ under names of its own.
OLD_NAMES = {
    "autocorrplot": "plot_autocorr",
    "compareplot": "plot_compare",
    "densityplot": "plot_density",
    "energyplot": "plot_energy",
    "forestplot": "plot_forest",
    "hpd": "hdi",
    "kdeplot": "plot_kde",
    "pairplot": "plot_pair",
    "traceplot": "plot_trace",
}
STATISTICS = (
    "autocorr", "autocov", "bfmi", "compare", "ess", "hdi", "kde", "loo", "loo_pit", "mcse",
    "psislw", "r2_samples", "r2_score", "rhat", "summary", "waic", "weight_predictions",
)  # fmt: skip


def is_arviz_function(name):
    """Whether a name is that of a plot or a statistic, ArviZ's own or PyMC3's.

    Examples
    --------
    >>> is_arviz_function("plot_trace"), is_arviz_function("traceplot"), is_arviz_function("Normal")
    (True, True, False)
    """
    return name in OLD_NAMES or name in STATISTICS or name.startswith("plot_")


def arviz_function(name):
    """A plot or a statistic of ArviZ that takes graphcore's results too.

    Parameters
    ----------
    name : str
        See :func:`is_arviz_function`.

    Raises
    ------
    AttributeError
        When ArviZ is not installed, or has no such function.
    """
    if not is_installed():
        raise AttributeError(f'{name} is a function of ArviZ: pip install "graphcore[arviz]"')
    import arviz

    function = getattr(arviz, OLD_NAMES.get(name, name))

    @functools.wraps(function)
    def with_results(data, *args, **kwargs):
        if isinstance(data, dict):
            data = {key: _readable(value) for key, value in data.items()}
        return function(_readable(data), *args, **kwargs)

    return with_results


def __getattr__(name):
    """Plots and statistics by name: this module is ``pm.plots`` and ``pm.stats``."""
    if is_arviz_function(name):
        return arviz_function(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _readable(data):
    return to_arviz(data) if isinstance(data, Result) else data
