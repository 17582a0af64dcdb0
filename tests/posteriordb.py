"""The models of ``tests/data/posteriordb`` as a user writes them, with reference values."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import graphcore.model as pm

FOLDER = Path(__file__).parent / "data" / "posteriordb"


@dataclass(frozen=True)
class Posterior:
    """A model with its data and what is known about its posterior.

    Attributes
    ----------
    model : Model
    data : dict
        ``data.json``.
    reference : dict
        ``reference.json``: moments of the reference draws by column name.
    points : dict
        ``logp_points.json``.
    derive : callable
        ``derive(draws)`` turns draws by variable name, of shape (chain, draw, ...), into columns
        named as in the reference, of shape (chain, draw).
    """

    model: Any
    data: dict
    reference: dict
    points: dict
    derive: Any

    def flat(self, u):
        """Reference coordinates as the flat vector of the model's value variables."""
        place = self._places()
        x = np.empty(len(place))
        for name, value in zip(self.points["names"], u, strict=True):
            x[place[name]] = value
        return x

    def reference_order(self, x):
        """A flat vector of the model in the order of the reference."""
        place = self._places()
        return np.array([x[place[name]] for name in self.points["names"]])

    def _places(self):
        place, n = {}, 0
        for rv, value in zip(self.model.free_RVs, self.model.value_vars, strict=True):
            size = value.type.size
            if value.ndim == 0:
                place[rv.name] = n
            else:
                place.update({f"{rv.name}[{i + 1}]": n + i for i in range(size)})
            n += size
        return place


def eight_schools_centered(d):
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfCauchy("tau", 5)
        theta = pm.Normal("theta", mu, tau, shape=d["J"])
        pm.Normal("y", theta, d["sigma"], observed=d["y"])
    return model


def eight_schools_noncentered(d):
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfCauchy("tau", 5)
        z = pm.Normal("z", 0, 1, shape=d["J"])
        theta = pm.Deterministic("theta", mu + tau * z)
        pm.Normal("y", theta, d["sigma"], observed=d["y"])
    return model


def kidiq(d):
    with pm.Model() as model:
        beta = pm.Flat("beta", shape=3)
        sigma = pm.HalfCauchy("sigma", 2.5)
        mu = beta[0] + beta[1] * np.array(d["mom_hs"]) + beta[2] * np.array(d["mom_iq"])
        pm.Normal("kid_score", mu, sigma, observed=d["kid_score"])
    return model


def kilpisjarvi(d):
    with pm.Model() as model:
        alpha = pm.Normal("alpha", d["pmualpha"], d["psalpha"])
        beta = pm.Normal("beta", d["pmubeta"], d["psbeta"])
        sigma = pm.HalfFlat("sigma")
        pm.Normal("y", alpha + beta * np.array(d["x"]), sigma, observed=d["y"])
    return model


def _linear(y, columns):
    """Normal regression with flat priors."""
    with pm.Model() as model:
        beta = pm.Flat("beta", shape=len(columns))
        sigma = pm.HalfFlat("sigma")
        pm.Normal("y", pm.math.dot(np.stack(columns, 1), beta), sigma, observed=y)
    return model


def earnings(d):
    height, male = np.array(d["height"]), np.array(d["male"])
    return _linear(np.log(d["earn"]), [np.ones(d["N"]), height, male, height * male])


def mesquite(d):
    d1, d2, canopy = (np.array(d[k]) for k in ("diam1", "diam2", "canopy_height"))
    columns = [np.ones(d["N"]), np.log(d1 * d2 * canopy), np.log(d1 * d2), np.log(d1 / d2)]
    columns += [np.log(d["total_height"]), np.log(d["density"]), np.array(d["group"])]
    return _linear(np.log(d["weight"]), columns)


def sblri(d):
    with pm.Model() as model:
        beta = pm.Normal("beta", 0, 10, shape=d["D"])
        sigma = pm.HalfNormal("sigma", 10)
        pm.Normal("y", pm.math.dot(d["X"], beta), sigma, observed=d["y"])
    return model


def wells(d):
    with pm.Model() as model:
        alpha = pm.Flat("alpha")
        beta = pm.Flat("beta", shape=1)
        logit_p = alpha + beta[0] * (np.array(d["dist"]) / 100)
        pm.Bernoulli("switched", logit_p=logit_p, observed=d["switched"])
    return model


def Rate_2(d):
    with pm.Model() as model:
        for i in "12":
            theta = pm.Beta(f"theta{i}", 1, 1)
            pm.Binomial(f"k{i}", n=d[f"n{i}"], p=theta, observed=d[f"k{i}"])
    return model


MODELS = {
    f.__name__: f
    for f in (
        eight_schools_centered,
        eight_schools_noncentered,
        kidiq,
        kilpisjarvi,
        earnings,
        mesquite,
        sblri,
        wells,
        Rate_2,
    )
}


def _columns(names):
    """A function that picks reference columns from draws by variable name."""

    def derive(draws):
        found = {}
        for name in names:
            base, _, index = name.partition("[")
            draw = np.asarray(draws[base])
            found[name] = draw[..., int(index[:-1]) - 1] if index else draw
        return found

    return derive


def load(name):
    """The posterior of this name, its model freshly built."""
    read = {
        part: json.loads((FOLDER / name / f"{part}.json").read_text())
        for part in ("data", "reference", "logp_points")
    }
    return Posterior(
        model=MODELS[name](read["data"]),
        data=read["data"],
        reference=read["reference"],
        points=read["logp_points"],
        derive=_columns(read["reference"]["parameters"]),
    )
