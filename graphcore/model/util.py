"""Names of transformed variables, and the state of a random generator."""

import numpy as np

#: What functions take as ``random_seed``.
RandomState = None | int | list | np.ndarray | np.random.Generator | np.random.RandomState
RandomSeed = None | int | list | np.ndarray


def is_transformed_name(name):
    """Whether a name is that of a variable in the unconstrained space.

    Examples
    --------
    >>> is_transformed_name("sd_log__"), is_transformed_name("sd")
    (True, False)
    """
    return name.endswith("__") and name.count("_") >= 3


def get_transformed_name(name, transform):
    """The name of the value variable that a transform gives.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> get_transformed_name("sd", pm.distributions.transforms.log)
    'sd_log__'
    """
    return f"{name}_{transform.name}__"


def get_untransformed_name(name):
    """The name of the variable that a transformed one stands for.

    Raises
    ------
    ValueError
        For a name that is not that of a transformed variable.

    Examples
    --------
    >>> get_untransformed_name("sd_log__")
    'sd'
    """
    if not is_transformed_name(name):
        raise ValueError(f"{name!r} is not the name of a transformed variable, such as 'sd_log__'")
    return "_".join(name.split("_")[:-3])


def get_var_name(var):
    """The name of a variable, or the name itself."""
    return str(getattr(var, "name", var))


def get_default_varnames(var_iterator, include_transformed):
    """The variables or names that results have, with or without transformed ones.

    Examples
    --------
    >>> get_default_varnames(["mu", "sd_log__", "sd"], include_transformed=False)
    ['mu', 'sd']
    """
    every = list(var_iterator)
    if include_transformed:
        return every
    return [v for v in every if not is_transformed_name(get_var_name(v))]
