"""The models of ``tests/data/posteriordb`` as a user writes them, with reference values."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import graphcore
import graphcore.model as pm
import graphcore.tensor as tt

FOLDER = Path(__file__).parent / "data" / "posteriordb"


@dataclass(frozen=True)
class Posterior:
    """A model with its data and what is known about its posterior.

    Attributes
    ----------
    name : str
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
    coordinates : dict
        By entry of the model's value variables, in the order of the reference's unconstrained
        coordinates: the model's coordinate is so many times the reference's.
    """

    name: str
    model: Any
    data: dict
    reference: dict
    points: dict
    derive: Any
    coordinates: dict

    def flat(self, u):
        """Reference coordinates as the flat vector of the model's value variables."""
        place = self._places()
        x = np.empty(len(place))
        for (name, factor), value in zip(self.coordinates.items(), u, strict=True):
            x[place[name]] = factor * value
        return x

    def unconstrained(self, draws):
        """Flat vectors of the model's value variables for reference draws by column.

        Parameters
        ----------
        draws : dict of str to ndarray
            Of shape (draw,) each.

        Returns
        -------
        ndarray, shape (draw, dim)
        """
        values = _by_variable(draws)
        values |= MORE_VARIABLES.get(self.name, lambda values: {})(values)
        parts = []
        for rv in self.model.free_RVs:
            transform = self.model.rvs_to_transforms.get(rv)
            value = tt.constant(values[rv.name])
            u = value if transform is None else transform.forward(value)
            parts.append(u.eval().reshape(value.type.shape[0], -1))
        return np.concatenate(parts, axis=1)

    @property
    def log_jacobian(self):
        """Of the reference's coordinates with respect to the model's."""
        return -sum(np.log(factor) for factor in self.coordinates.values())

    def reference_gradient(self, slope):
        """A gradient of the model in the reference's coordinates and order."""
        place = self._places()
        return np.array([slope[place[n]] * factor for n, factor in self.coordinates.items()])

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


def arK(d):
    y, K = np.array(d["y"]), d["K"]
    lags = np.stack([y[K - k : -k] for k in range(1, K + 1)], 1)
    with pm.Model() as model:
        alpha = pm.Normal("alpha", 0, 10)
        beta = pm.Normal("beta", 0, 10, shape=K)
        sigma = pm.HalfCauchy("sigma", 2.5)
        pm.Normal("y", alpha + pm.math.dot(lags, beta), sigma, observed=y[K:])
    return model


def arma(d):
    y = np.array(d["y"])
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 10)
        phi = pm.Normal("phi", 0, 2)
        theta = pm.Normal("theta", 0, 2)
        sigma = pm.HalfCauchy("sigma", 2.5)
        first = y[0] - (mu + phi * mu)
        later, _ = graphcore.scan(
            lambda now, before, error, mu, phi, theta: now - (mu + phi * before + theta * error),
            sequences=[tt.constant(y[1:]), tt.constant(y[:-1])],
            outputs_info=[first],
            non_sequences=[mu, phi, theta],
        )
        error = tt.concatenate([first[None], later])
        pm.Potential("errors", pm.logp(pm.Normal.dist(0, sigma), error).sum())
    return model


def gp_regr(d):
    x, n = np.array(d["x"]), d["N"]
    with pm.Model() as model:
        rho = pm.Gamma("rho", 25, 4)
        alpha = pm.HalfNormal("alpha", 2)
        sigma = pm.HalfNormal("sigma", 1)
        kernel = alpha**2 * tt.exp(-0.5 * (x[:, None] - x) ** 2 / rho**2)
        pm.MvNormal("y", np.zeros(n), cov=kernel + sigma * np.eye(n), observed=d["y"])
    return model


def mixture(d):
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 2, shape=2, transform=pm.distributions.transforms.ordered)
        sigma = pm.HalfNormal("sigma", 2, shape=2)
        theta = pm.Beta("theta", 5, 5)
        weights = tt.stack([theta, 1 - theta])
        pm.NormalMixture("y", weights, mu, sigma, observed=d["y"])
    return model


def hmm(d):
    with pm.Model() as model:
        rows = [pm.Dirichlet(f"theta{i}", np.ones(2)) for i in (1, 2)]
        low = pm.HalfFlat("low")
        gap = pm.HalfFlat("gap")
        mu = pm.Deterministic("mu", tt.stack([low, low + gap]))
        pm.Potential("prior", pm.logp(pm.Normal.dist([3, 10], 1), mu).sum())
        log_transition = tt.log(tt.stack(rows))
        emission = pm.logp(pm.Normal.dist(mu, 1), np.array(d["y"])[:, None])
        states, _ = graphcore.scan(
            lambda now, before, step: tt.logsumexp(before[:, None] + step, axis=0) + now,
            sequences=[emission[1:]],
            outputs_info=[emission[0]],
            non_sequences=[log_transition],
        )
        pm.Potential("series", tt.logsumexp(states[-1]))
    return model


def Survey(d):
    k = np.array(d["k"])
    n = np.arange(1, d["nmax"] + 1)
    with pm.Model() as model:
        theta = pm.Uniform("theta", 0, 1)
        # One term for each possible number of surveys: those below max(k) are impossible.
        terms = pm.logp(pm.Binomial.dist(n[:, None], theta), k).sum(axis=1)
        pm.Potential("k", tt.logsumexp(terms) - np.log(d["nmax"]))
    return model


def M0(d):
    seen = np.array(d["y"]).sum(axis=1)
    with pm.Model() as model:
        omega = pm.Uniform("omega", 0, 1)
        p = pm.Uniform("p", 0, 1)
        pm.ZeroInflatedBinomial("seen", psi=omega, n=d["T"], p=p, observed=seen)
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
        arK,
        arma,
        gp_regr,
        mixture,
        hmm,
        Survey,
        M0,
    )
}


# Where the model's unconstrained coordinates are not the reference's: a simplex of two has half
# the logit as its coordinate here, and an ordered pair of positive numbers is made of two.
COORDINATES = {"hmm": {"theta1[1]": 0.5, "theta2[1]": 0.5, "low": 1.0, "gap": 1.0}}


# Variables of models that are not columns of the reference.
MORE_VARIABLES = {
    "eight_schools_noncentered": lambda v: {
        "z": (v["theta"] - v["mu"][:, None]) / v["tau"][:, None]
    },
    "hmm": lambda v: {"low": v["mu"][:, 0], "gap": v["mu"][:, 1] - v["mu"][:, 0]},
}


def _by_variable(draws):
    """Columns ``x[1]``, ``x[2]`` as one array ``x`` with a last axis."""
    found = {}
    for name, draw in draws.items():
        base, _, index = name.partition("[")
        if index:
            found.setdefault(base, []).append(draw)
        else:
            found[base] = draw
    return {k: np.stack(v, axis=-1) if isinstance(v, list) else v for k, v in found.items()}


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


def reference_draws(name):
    """Draws of the reference by column, of shape (draw,)."""
    with np.load(FOLDER / name / "draws.npz") as read:
        columns = read["draws"].reshape(-1, read["names"].size).T
        return dict(zip(read["names"].tolist(), columns, strict=True))


def load(name):
    """The posterior of this name, its model freshly built."""
    read = {
        part: json.loads((FOLDER / name / f"{part}.json").read_text())
        for part in ("data", "reference", "logp_points")
    }
    return Posterior(
        name=name,
        model=MODELS[name](read["data"]),
        data=read["data"],
        reference=read["reference"],
        points=read["logp_points"],
        derive=_columns(read["reference"]["parameters"]),
        coordinates=COORDINATES.get(name) or dict.fromkeys(read["logp_points"]["names"], 1.0),
    )
