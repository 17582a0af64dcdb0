"""Results as ArviZ reads them: InferenceData (ArviZ 0.x) or DataTree (ArviZ 1.x)."""

import importlib.util


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
    return arviz.InferenceData(attrs=result.attrs, **datasets)


def _dataset(xarray, group):
    variables = {name: (array.dims, array.values) for name, array in group.items()}
    return xarray.Dataset(variables, coords=group.coords, attrs=group.attrs)
