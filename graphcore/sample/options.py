"""Arguments of PyMC's that mean nothing here, and those that nothing has."""

PYMC = {"compile_kwargs", "mode", "progressbar_theme"}  # how PyMC compiles and shows


def refuse(options, what, ignored=()):
    """Refuse keyword arguments that neither a function here nor PyMC's has.

    Examples
    --------
    >>> refuse({"drawz": 3}, "sample_prior_predictive()")
    Traceback (most recent call last):
    ...
    TypeError: sample_prior_predictive() got an unexpected keyword argument 'drawz'
    """
    for name in options:
        if name not in PYMC and name not in ignored:
            raise TypeError(f"{what} got an unexpected keyword argument {name!r}")


__all__ = ["refuse"]
