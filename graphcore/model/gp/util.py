"""Helpers around Gaussian processes (``pm.gp.util``)."""

import numpy as np

from graphcore.model.gp.process import JITTER, stabilize

__all__ = ["JITTER_DEFAULT", "kmeans_inducing_points", "plot_gp_dist", "stabilize"]

JITTER_DEFAULT = JITTER


def kmeans_inducing_points(n_inducing, X, **kmeans_kwargs):
    """Centres of clusters of the inputs, as inducing points.

    Parameters
    ----------
    n_inducing : int
    X : array of shape (n, d)
    **kmeans_kwargs
        For ``scipy.cluster.vq.kmeans`` (``iter``, ``rng`` or ``seed``, ...).

    Returns
    -------
    ndarray of shape (n_inducing, d)
    """
    from scipy.cluster.vq import kmeans

    X = np.asarray(X, dtype="float64")
    if X.ndim != 2:
        raise ValueError(f"X must have the shape (points, dimensions), got {X.ndim} axes")
    scale = X.std(axis=0)
    scale[scale == 0] = 1.0
    centers, _ = kmeans(X / scale, n_inducing, **kmeans_kwargs)
    return centers * scale


def plot_gp_dist(
    ax,
    samples,
    x,
    plot_samples=True,
    palette="Reds",
    fill_alpha=0.8,
    samples_alpha=0.1,
    fill_kwargs=None,
    samples_kwargs=None,
):
    """Bands of quantiles of functions, and some of the functions (needs matplotlib).

    Parameters
    ----------
    ax : matplotlib Axes
    samples : array of shape (draws, n)
    x : array of shape (n,) or (n, 1)
    plot_samples : bool
        Whether 30 of the draws are drawn as lines.
    palette : str
        Name of a colour map.
    fill_alpha, samples_alpha : float
    fill_kwargs, samples_kwargs : dict, optional
        For ``ax.fill_between`` and ``ax.plot``.

    Returns
    -------
    matplotlib Axes
    """
    from matplotlib import colormaps

    colours, x = colormaps[palette], np.ravel(x)
    samples = np.asarray(samples).reshape(-1, len(x))
    for i, p in enumerate(np.linspace(51, 99, 40)):
        low, high = np.percentile(samples, [100 - p, p], axis=0)
        colour = colours(0.2 + 0.7 * (1 - i / 39) ** 2)
        ax.fill_between(x, high, low, color=colour, alpha=fill_alpha, **(fill_kwargs or {}))
    if plot_samples:
        some = samples[np.linspace(0, len(samples) - 1, min(30, len(samples))).astype(int)]
        style = {"color": colours(0.9), "lw": 1, "alpha": samples_alpha, **(samples_kwargs or {})}
        ax.plot(x, some.T, **style)
    return ax
