"""The table of estimates and diagnostics that follows a run."""

import numpy as np

from graphcore.sample import diagnostics

QUANTILES = (0.05, 0.5, 0.95)
COLUMNS = ("mean", "sd", "q5", "q50", "q95", "mcse_mean", "ess_bulk", "ess_tail", "r_hat")


class Summary:
    """A table with one row for each scalar.

    Attributes
    ----------
    rows : list of str
        Labels such as ``theta[3]``.
    columns : tuple of str
    values : ndarray, shape (row, column)

    Examples
    --------
    ``table["mean"]`` is a column, ``table["mu", "mean"]`` a number.

    >>> import numpy as np
    >>> draws = np.random.default_rng(1).normal(3, 1, size=(4, 1000))
    >>> table = summary({"mu": draws})
    >>> abs(table["mu", "mean"] - 3) < 0.1
    True
    """

    columns = COLUMNS

    def __init__(self, rows, values):
        self.rows = list(rows)
        self.values = np.asarray(values, dtype=float).reshape(len(self.rows), len(COLUMNS))

    def __getitem__(self, key):
        if isinstance(key, tuple):
            row, column = key
            return float(self.values[self._find(row, self.rows, "row"), self._column(column)])
        return self.values[:, self._column(key)]

    def _column(self, name):
        return self._find(name, self.columns, "column")

    @staticmethod
    def _find(name, names, what):
        if name not in names:
            raise KeyError(f"no {what} {name!r}; there are {', '.join(names)}")
        return names.index(name)

    def to_dict(self):
        """``{row: {column: number}}``."""
        return {
            row: dict(zip(self.columns, map(float, line), strict=True))
            for row, line in zip(self.rows, self.values, strict=True)
        }

    def __len__(self):
        return len(self.rows)

    @property
    def shape(self):
        """Numbers of rows and columns."""
        return self.values.shape

    def round(self, decimals=0):
        """The table with rounded numbers."""
        return Summary(self.rows, np.round(self.values, decimals))

    def to_dataframe(self):
        """The table as a ``pandas.DataFrame``, what ArviZ's ``summary`` returns."""
        import pandas

        return pandas.DataFrame(self.values, index=self.rows, columns=list(self.columns))

    def __getattr__(self, name):
        """What a data frame has, such as ``loc``, where pandas is installed."""
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            frame = self.to_dataframe()
        except ImportError:
            raise AttributeError(
                f"a summary has no {name!r}; a pandas.DataFrame might, but pandas is not installed"
            ) from None
        return getattr(frame, name)

    def __str__(self):
        cells = [["", *self.columns]]
        for row, line in zip(self.rows, self.values, strict=True):
            digits = _digits(line[COLUMNS.index("sd")])
            cells.append([row, *(_shown(c, x, digits) for c, x in zip(COLUMNS, line, strict=True))])
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join(
            "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
            for line in cells
        )

    __repr__ = __str__


def _digits(sd):
    """Decimals that show three significant digits of the standard deviation."""
    if not np.isfinite(sd) or sd == 0:
        return 3
    return int(np.clip(2 - np.floor(np.log10(sd)), 0, 8))


def _shown(column, x, digits):
    if column.startswith("ess"):
        return f"{x:.0f}"
    if column == "r_hat":
        return f"{x:.3f}"
    if column == "mcse_mean":
        return f"{x:.{digits + 1}f}"
    return f"{x:.{digits}f}"


def posterior_of(result):
    """The posterior of a result, InferenceData, DataTree or plain dict: name to array."""
    posterior = result
    for get in (lambda r: r.posterior, lambda r: r["posterior"]):
        try:
            posterior = get(result)
            break
        except (AttributeError, KeyError, TypeError):
            continue
    names = getattr(posterior, "data_vars", posterior)
    return {str(name): posterior[name] for name in names}


def _labels(name, array):
    """``x`` for a scalar, ``x[Deerfield, 2]`` for an element, by its coordinates if it has any."""
    shape = np.shape(array)[2:]
    if not shape:
        return [name]
    dims, coords = getattr(array, "dims", ())[2:], getattr(array, "coords", {})
    axes = [
        np.asarray(coords[dims[i]]) if i < len(dims) and dims[i] in coords else np.arange(n)
        for i, n in enumerate(shape)
    ]
    return [
        f"{name}[{', '.join(str(labels[i]) for labels, i in zip(axes, at, strict=True))}]"
        for at in np.ndindex(*shape)
    ]


def summary(result, var_names=None):
    """Mean, sd, quantiles, Monte Carlo error, effective sample sizes and R-hat.

    Of draws that are all the same, R-hat is NaN and their number the effective size, as in ArviZ.

    Parameters
    ----------
    result : Result, InferenceData, DataTree, or dict of arrays ``(chain, draw, ...)``
    var_names : str or sequence of str, optional

    Returns
    -------
    Summary
        Prints as a table.

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.random.default_rng(1).normal(size=(4, 1000, 2))
    >>> print(summary({"beta": draws}))
              mean     sd     q5    q50   q95  mcse_mean  ess_bulk  ess_tail  r_hat
    beta[0] ...
    beta[1] ...
    """
    draws = posterior_of(result)
    if var_names is not None:
        wanted = [var_names] if isinstance(var_names, str) else list(var_names)
        missing = [name for name in wanted if name not in draws]
        if missing:
            raise KeyError(f"no variable {missing[0]!r} in the draws; there are {', '.join(draws)}")
        draws = {name: draws[name] for name in wanted}
    rows, blocks = [], []
    for name, x in draws.items():
        rows += _labels(name, x)
        x = np.asarray(x, dtype=float)
        r_hat, bulk = diagnostics.convergence(x)
        columns = [
            x.mean(axis=(0, 1)),
            x.std(axis=(0, 1), ddof=1),
            *np.quantile(x, QUANTILES, axis=(0, 1)),
            diagnostics.mcse_mean(x),
            bulk,
            diagnostics.ess_tail(x),
            r_hat,
        ]
        blocks.append(np.stack([np.ravel(c) for c in columns], axis=1))
    return Summary(rows, np.concatenate(blocks) if blocks else [])
