"""Autoregressive series: AR, AR1."""

# ruff: noqa: RUF012 - class bodies are tables; nothing changes them

import numpy as np

import graphcore.tensor as tt
from graphcore.model.distributions.base import Distribution, as_value, static_shape
from graphcore.model.distributions.components import resized
from graphcore.model.distributions.constraints import correlation, positive, real
from graphcore.model.distributions.continuous import Normal, precision
from graphcore.model.distributions.parameters import Param, Parameters, as_parameter
from graphcore.model.distributions.special import HALF_LOG_2PI
from graphcore.model.distributions.walks import Series, length_of, start_of
from graphcore.runtime.reference import evaluate
from graphcore.tensor.scan import scan


class AR(Series):
    """Autoregression: each value is normal around a weighted sum of those before it.

    Parameters
    ----------
    name : str
    rho : array or variable
        Weights along the last axis, that of the last value first; with ``constant=True`` the first
        entry is a constant term.
    sigma, tau : number or variable
        Standard deviation or precision of the innovations.
    constant : bool
    init_dist : RandomVariable
        Distribution of the first values.
    ar_order : int, optional
        Number of weights, where it cannot be seen from ``rho``.
    steps : int, optional
        Values after the first ones; otherwise the shape says it.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> d = pm.AR.dist([0.5], sigma=1.0, init_dist=pm.Normal.dist(0, 1), steps=2)
    >>> round(float(d.logp([0.0, 0.0, 0.0]).eval()), 6)
    -2.756816
    """

    params = {"rho": Param(real), "sigma": Param(positive, default=1.0)}
    alt = (precision,)
    order = ("rho", "sigma", "tau", "steps")
    ndim = 1

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(zip(("rho", "sigma", "tau"), args, strict=False)) | kwargs
        constant = bool(kwargs.pop("constant", False))
        old = kwargs.pop("init", None)
        start = kwargs.pop("init_dist", None)
        start = old if start is None else start
        if kwargs.get("rho") is None:
            raise TypeError(f"{label}: AR takes (rho, sigma) or (rho, tau); rho is missing")
        rho = as_parameter(kwargs["rho"], "rho", label)
        rho = tt.expand_dims(rho, 0) if rho.ndim == 0 else rho
        kwargs["rho"] = rho
        p = kwargs.pop("ar_order", None)
        entries = static_shape(label, "rho", rho)[-1]
        p = entries - constant if p is None else int(p)
        if p < 1 or p + constant > entries:
            raise ValueError(f"{label}: rho has {entries} entries for order {p}")
        length = length_of(kwargs, shapes, label, p)
        first = start_of(start, label, Normal.dist(0.0, 100.0))
        return super().make(
            label, (), kwargs, start=first, order_p=p, constant=constant, length=length, **shapes
        )

    def _parameter_shapes(self):
        rho, sigma = (self.arguments[k].type.shape for k in ("rho", "sigma"))
        start = self.start.batch_shape  # of numbers, the last axis is that of the first values
        start = start if self.start.ndim else start[:-1]
        try:
            return tuple(np.broadcast_shapes(rho[:-1], sigma, start)), (self.length,)
        except ValueError:
            raise ValueError(
                f"{self.label}: the shapes of rho {rho}, sigma {sigma} and init_dist "
                f"{self.start.shape} do not broadcast"
            ) from None

    def formula(self, value):
        value = as_value(value, self.label)
        rho, sigma, p = self.arguments["rho"], self.arguments["sigma"], self.order_p
        n = self.length - p
        mean = rho[..., 0][..., None] if self.constant else 0.0
        for i in range(p):
            weight = rho[..., i + int(self.constant)][..., None]
            mean = mean + weight * value[..., p - 1 - i : p - 1 - i + n]
        squares = tt.sum(tt.sqr(value[..., p:] - mean), axis=-1)
        rest = -0.5 * squares / tt.sqr(sigma) - n * (tt.log(sigma) + HALF_LOG_2PI)
        first = self.start.log_density(value[..., :p])
        return rest + (tt.sum(first, axis=-1) if not self.start.ndim else first)

    @property
    def mean(self):
        answers = self._answers()
        first = tt.broadcast_to(self.start.mean, (*self.batch_shape, self.order_p))
        center = tt.sum(answers * first, axis=-1)
        if self.constant:
            center = center + tt.expand_dims(self.arguments["rho"][..., 0], 0) * _so_far(answers)
        return tt.broadcast_to(tt.moveaxis(center, 0, -1), self.shape)

    @property
    def variance(self):
        if self.start.ndim:
            raise NotImplementedError(
                f"{self.label}: the variance after first values that depend on each other"
            )
        answers = tt.sqr(self._answers())
        first = tt.broadcast_to(self.start.variance, (*self.batch_shape, self.order_p))
        spread = tt.sum(answers * first, axis=-1)
        spread = spread + tt.expand_dims(tt.sqr(self.arguments["sigma"]), 0) * _so_far(answers)
        return tt.broadcast_to(tt.moveaxis(spread, 0, -1), self.shape)

    def _answers(self):
        """What each first value contributes to every value, of shape (length, ..., first ones).

        That of the last of them is what an innovation contributes to the values after it.
        """
        p, shape = self.order_p, self.batch_shape
        rho = tt.broadcast_to(self.arguments["rho"], (*shape, *self.arguments["rho"].shape[-1:]))
        weights = [rho[..., i + int(self.constant)][..., None] for i in range(p)]
        first = tt.broadcast_to(np.eye(p).reshape(p, *(1,) * len(shape), p), (p, *shape, p))
        if self.length == p:
            return first
        before = {"initial": first, "taps": [-1 - i for i in range(p)]}
        later, _ = scan(
            lambda *past: sum(w * x for w, x in zip(weights, past, strict=True)),
            outputs_info=[first[0] if p == 1 else before],
            n_steps=self.length - p,
        )
        return tt.concatenate([first, later], axis=0)

    def initial(self):
        start = self.start.initial()
        if start.ndim and start.type.shape[-1] == self.order_p:
            start = start[..., -1:]
        return tt.broadcast_to(start, self.shape)

    def draw(self, rng, size, given):
        lead, p = self._lead(size), self.order_p
        rho, sigma = evaluate([self.arguments[k] for k in ("rho", "sigma")], given)
        out = np.empty((*lead, *self.shape))
        firsts = (*lead, *self.batch_shape, p)
        batch = firsts[:-1] if self.start.ndim else firsts
        out[..., :p] = resized(self.start, batch).draw(rng, None, given)
        c = int(self.constant)
        noise = rng.normal(0.0, 1.0, (*lead, *self.batch_shape, self.length)) * sigma[..., None]
        for t in range(p, self.length):
            past = out[..., t - p : t][..., ::-1]
            out[..., t] = noise[..., t] + (past * rho[..., c : c + p]).sum(axis=-1)
            if self.constant:
                out[..., t] += rho[..., 0]
        return out


def _so_far(answers):
    """Sums of the answers to all innovations before each value."""
    p = answers.type.shape[-1]
    sums = tt.cumsum(answers[p - 1 : -1, ..., p - 1], axis=0)
    return tt.concatenate([tt.zeros_like(answers[:p, ..., 0]), sums], axis=0)


class _Stationary(Distribution, hidden=True):
    """The parameters of AR1."""

    params = {"k": Param(correlation), "tau_e": Param(positive)}


class AR1(AR):
    """Stationary autoregression of order one with weight ``k`` and precision ``tau_e``.

    PyMC3's; the first value has the stationary distribution.

    Parameters
    ----------
    name : str
    k : number or variable
        Between -1 and 1.
    tau_e : number or variable
        Precision of the innovations.
    steps : int, optional
        Otherwise the shape says it.

    Examples
    --------
    >>> import graphcore.model as pm
    >>> round(float(pm.AR1.dist(0.5, 1.0, shape=2).logp([0.0, 0.0]).eval()), 6)
    -1.981718
    """

    @classmethod
    def make(cls, label, args, kwargs, **shapes):
        kwargs = dict(zip(("k", "tau_e"), args, strict=False)) | kwargs
        if kwargs.get("k") is None or kwargs.get("tau_e") is None:
            raise TypeError(f"{label}: AR1 takes (k, tau_e)")
        own = Parameters(_Stationary, (), {n: kwargs.pop(n) for n in ("k", "tau_e")}, label)
        k, tau = own.arguments.values()
        sigma = tau**-0.5
        start = Normal.dist(0.0, sigma / tt.sqrt(1 - tt.sqr(k)))
        kwargs |= {"rho": tt.expand_dims(k, k.ndim), "sigma": sigma, "init_dist": start}
        self = super().make(label, (), kwargs, **shapes)
        self.conditions, self.faults = own.conditions + self.conditions, own.faults + self.faults
        return self

    @property
    def mean(self):
        return tt.zeros(self.shape)

    @property
    def variance(self):
        rho, sigma = self.arguments["rho"][..., 0], self.arguments["sigma"]
        stationary = tt.sqr(sigma) / (1 - tt.sqr(rho))
        return tt.broadcast_to(stationary[..., None], self.shape)


__all__ = ["AR", "AR1"]
