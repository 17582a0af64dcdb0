"""How far draws can be trusted: R-hat, effective sample sizes, Monte Carlo standard errors.

The definitions are those of Vehtari, Gelman, Simpson, Carpenter and Bürkner, "Rank-normalization,
folding, and localization: an improved R-hat for assessing convergence of MCMC" (Bayesian Analysis
16, 2021), as ArviZ and R's posterior package compute them.

Every function takes draws of shape ``(chain, draw, ...)`` and returns an array of the trailing
shape: one number for each scalar that was sampled.  The result is NaN where a draw is not finite
or where there are fewer than four draws.
"""

import functools

import numpy as np

TAIL = (0.05, 0.95)  # the quantiles that tail ESS looks at
MIN_DRAWS = 4
CHUNK = 1 << 20  # numbers handled at once


def _each(diagnostic, width=()):
    """Turn a function of draws ``(scalar, chain, draw)`` into one of ``(chain, draw, ...)``.

    ``width`` is the shape of what it returns for one scalar.
    """

    @functools.wraps(diagnostic)
    def over_all(draws, *args):
        draws = np.asarray(draws, dtype=float)
        if draws.ndim < 2:
            raise ValueError(
                f"draws must have the shape (chain, draw, ...), not {draws.shape}; "
                "write draws[None, :] for a single chain"
            )
        flat = draws.reshape(*draws.shape[:2], -1) if draws.size else draws[..., None][..., :0]
        out = np.full((flat.shape[2], *width), np.nan)
        step = max(1, CHUNK // max(1, flat.shape[0] * flat.shape[1]))
        for at in range(0, flat.shape[2] if flat.shape[1] >= MIN_DRAWS else 0, step):
            block = np.ascontiguousarray(flat[:, :, at : at + step].transpose(2, 0, 1))
            good = np.isfinite(block).all(axis=(1, 2))
            if good.any():
                out[at : at + step][good] = diagnostic(block[good], *args)
        return out.reshape((*draws.shape[2:], *width))[()]

    return over_all


# ---------------------------------------------------------------------------------- transformations


def _split(draws):
    """Each chain cut into two; a chain that drifts then disagrees with itself."""
    half = draws.shape[2] // 2
    return np.concatenate([draws[:, :, :half], draws[:, :, -half:]], axis=1)


# Wichura, Algorithm AS 241 (Applied Statistics 37, 1988): numerators and denominators of rational
# functions, highest power first, for |p - 1/2| <= 0.425 and, of sqrt(-log p), up to 5 and beyond.
_CENTRE = (
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
     4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
     1.3314166789178437745e2, 3.3871328727963666080),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
     2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
     4.2313330701600911252e1, 1.0),
)  # fmt: skip
_FLANK = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
     1.27045825245236838258, 3.64784832476320460504, 5.76949722146069140550,
     4.63033784615654529590, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
     1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940,
     2.05319162663775882187, 1.0),
)  # fmt: skip
_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
     2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580,
     5.46378491116411436990, 6.65790464350110377720),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
     7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
     5.99832206555887937690e-1, 1.0),
)  # fmt: skip


def _normal_quantile(p):
    """Quantile function of the standard normal for 0 < p < 1.

    scipy.special has one, but importing it takes longer than a whole run of a small model.
    """

    def ratio(coefficients, x):
        return np.polyval(coefficients[0], x) / np.polyval(coefficients[1], x)

    q = p - 0.5
    r = np.sqrt(-np.log(np.minimum(p, 1 - p)))
    beyond = np.where(r <= 5, ratio(_FLANK, r - 1.6), ratio(_TAIL, r - 5))
    return np.where(np.abs(q) <= 0.425, q * ratio(_CENTRE, 0.180625 - q * q), np.sign(q) * beyond)


@functools.lru_cache(maxsize=8)
def _scores(n):
    """Normal quantiles of the ranks 1, 1.5, 2, ..., n among n, with Blom's offsets."""
    scores = _normal_quantile((np.arange(2, 2 * n + 1) / 2 - 3 / 8) / (n + 1 / 4))
    scores.flags.writeable = False
    return scores


def _normal_scores(draws):
    """Normal quantiles of the ranks; equal values share the quantile of their mean rank."""
    rows, n = len(draws), draws[0].size
    order = np.argsort(draws.reshape(rows, n), axis=1)
    order += n * np.arange(rows)[:, None]
    order = order.ravel()
    ordered = draws.ravel()[order]
    starts = np.empty(ordered.size, dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=starts[1:])
    starts[::n] = True
    first = np.flatnonzero(starts)  # of each run of equal values, over all rows
    length = np.diff(first, append=starts.size)
    middle = 2 * (first % n) + length - 1  # twice the mean position in the row
    out = np.empty(ordered.size)
    out[order] = np.repeat(_scores(n)[middle], length)
    return out.reshape(draws.shape)


def _centre(draws):
    return draws - draws.mean(axis=(1, 2), keepdims=True)


# ---------------------------------------------------------------------------------- statistics


def _rhat(chains):
    n = chains.shape[2]
    within = chains.var(axis=2, ddof=1).mean(axis=1)
    between = chains.mean(axis=2).var(axis=1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt(between / within + (n - 1) / n)


def _rhat_rank(halves, scores):
    """R-hat of halved chains whose normal scores are given."""
    if halves.shape[1] <= 2:
        return np.full(len(halves), np.nan)
    folded = np.abs(halves - np.median(halves, axis=(1, 2), keepdims=True))
    return np.maximum(_rhat(scores), _rhat(_normal_scores(folded)))


def _autocovariance(chains):
    """Autocovariance at every lag, averaged over the chains."""
    n = chains.shape[2]
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.fft.rfft(chains - chains.mean(axis=2, keepdims=True), size)
    power = (spectrum.real**2 + spectrum.imag**2).mean(axis=1)
    return np.fft.irfft(power, size)[:, :n] / n


def _ess(chains):
    """Effective sample size by Geyer's initial monotone sequence."""
    count, n_chains, n = chains.shape
    total = float(n_chains * n)
    covariance = _autocovariance(chains)
    variance = covariance[:, :1]
    if n_chains > 1:
        variance = variance + chains.mean(axis=2).var(axis=1, ddof=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = 1 - (covariance[:, :1] * n / (n - 1) - covariance) / variance
    rho[:, 0] = 1
    # Sums of neighbouring lags are positive and decrease in theory: stop at the first that is not
    # positive, and never let one exceed its predecessor.
    n_pairs = max(1, (n - 1) // 2)
    pairs = rho[:, 0 : 2 * n_pairs : 2] + rho[:, 1 : 2 * n_pairs : 2]
    negative = pairs <= 0
    stop = np.where(negative.any(axis=1), negative.argmax(axis=1), n_pairs - 1)
    before = np.arange(n_pairs) < stop[:, None]
    positive = np.where(before, np.minimum.accumulate(pairs, axis=1), 0)
    rest = np.maximum(rho[np.arange(count), 2 * stop], 0)
    tau = np.maximum(2 * positive.sum(axis=1) - 1 + rest, 1 / np.log10(total))
    constant = np.ptp(chains, axis=(1, 2)) < np.finfo(float).resolution
    return np.where(constant, total, total / tau)


def _ess_below(draws, quantile):
    """Effective sample size of the indicator of being at most a quantile."""
    return _ess(_split(draws <= quantile[:, None, None]) * 1.0)


# ---------------------------------------------------------------------------------- public


@_each
def rhat(draws):
    """Rank-normalised split R-hat, the larger of bulk and tail.

    NaN, as ArviZ has it, for chains of fewer than four draws, and for draws that are all the same:
    there is no variance to compare.

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.random.default_rng(0).normal(size=(4, 1000))
    >>> bool(rhat(draws) < 1.01)
    True
    """
    halves = _split(draws)
    return _rhat_rank(halves, _normal_scores(halves))


@_each
def ess_bulk(draws):
    """Effective sample size of the bulk: that of the normal scores of the ranks.

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.random.default_rng(0).normal(size=(4, 1000, 2))
    >>> ess_bulk(draws).shape
    (2,)
    """
    return _ess(_normal_scores(_split(draws)))


@_each
def ess_quantile(draws, probability):
    """Effective sample size of the estimate of one quantile.

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.random.default_rng(0).normal(size=(4, 1000))
    >>> bool(ess_quantile(draws, 0.5) > 2000)
    True
    """
    return _ess_below(draws, np.quantile(draws, probability, axis=(1, 2)))


@_each
def ess_tail(draws):
    """The smaller effective sample size of the 5% and 95% quantiles.

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.random.default_rng(0).normal(size=(4, 1000))
    >>> bool(ess_tail(draws) > 2000)
    True
    """
    low, high = np.quantile(draws, TAIL, axis=(1, 2))
    return np.minimum(_ess_below(draws, low), _ess_below(draws, high))


@_each
def ess_mean(draws):
    """Effective sample size of the mean.

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.random.default_rng(0).normal(size=(4, 1000))
    >>> bool(ess_mean(draws) > 2000)
    True
    """
    return _ess(_split(draws))


@_each
def mcse_mean(draws):
    """Monte Carlo standard error of the mean.

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.random.default_rng(0).normal(size=(4, 2500))
    >>> print(f"{mcse_mean(draws):.3f}")
    0.010
    """
    return draws.std(axis=(1, 2), ddof=1) / np.sqrt(_ess(_split(draws)))


@_each
def mcse_sd(draws):
    """Monte Carlo standard error of the standard deviation.

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.random.default_rng(0).normal(size=(4, 2500))
    >>> print(f"{mcse_sd(draws):.3f}")
    0.007
    """
    squares = _centre(draws) ** 2
    variance = squares.mean(axis=(1, 2))
    spread = (squares**2).mean(axis=(1, 2)) - variance**2
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(spread / _ess(_split(squares)) / variance) / 2
    return np.where(variance == 0, 0.0, error)


def convergence(draws):
    """R-hat and bulk effective sample size at once; they share most of their work.

    Returns
    -------
    tuple of two arrays of the trailing shape

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.random.default_rng(0).normal(size=(4, 1000))
    >>> r_hat, bulk = convergence(draws)
    >>> bool(r_hat == rhat(draws) and bulk == ess_bulk(draws))
    True
    """
    both = _convergence(draws)
    return both[..., 0], both[..., 1]


def _both(draws):
    halves = _split(draws)
    scores = _normal_scores(halves)
    return np.stack([_rhat_rank(halves, scores), _ess(scores)], axis=1)


_convergence = _each(_both, (2,))


def bfmi(energy):
    """Bayesian fraction of missing information, one number for each chain.

    Parameters
    ----------
    energy : array of shape (chain, draw)
        ``sample_stats["energy"]``.

    Notes
    -----
    Below about 0.3 the momentum refreshment explores the energies too slowly (Betancourt,
    arXiv:1604.00695).

    Examples
    --------
    >>> import numpy as np
    >>> bfmi(np.random.default_rng(0).normal(size=(2, 1000))).round()
    array([2., 2.])
    """
    energy = np.atleast_2d(np.asarray(energy, dtype=float))
    return np.square(np.diff(energy, axis=1)).mean(axis=1) / energy.var(axis=1, ddof=1)
