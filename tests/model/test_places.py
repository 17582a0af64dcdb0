"""Modules of PyMC and PyMC3 that programs import from."""

import importlib

import pytest

import graphcore.model as pm
from graphcore.model.places import PLACES

IMPORTS = [
    "from graphcore.model.backends.arviz import find_observations, to_inference_data",
    "from graphcore.model.backends.arviz import coords_and_dims_for_inferencedata",
    "from graphcore.model.backends.arviz import dataset_to_point_list",
    "from graphcore.model.backends.base import MultiTrace",
    "from graphcore.model.blocking import DictToArrayBijection, RaveledVars",
    "from graphcore.model.data import Minibatch, get_data",
    "from graphcore.model.distributions.bound import Bound",
    "from graphcore.model.distributions.continuous import Gamma, Normal, TruncatedNormal",
    "from graphcore.model.distributions.discrete import OrderedLogistic, Poisson",
    "from graphcore.model.distributions.distribution import Continuous, Discrete, Distribution",
    "from graphcore.model.distributions.mixture import Mixture, NormalMixture",
    "from graphcore.model.distributions.multivariate import LKJCholeskyCov, MvNormal",
    "from graphcore.model.distributions.timeseries import AR, GaussianRandomWalk",
    "from graphcore.model.distributions.transforms import ordered",
    "from graphcore.model.func_utils import find_constrained_prior",
    "from graphcore.model.logprob.basic import icdf, logcdf, logp",
    "from graphcore.model.gp.gp import Marginal",
    "from graphcore.model.logprob.transforms import Interval",
    "from graphcore.model.model import Model, modelcontext",
    "from graphcore.model.model.core import Deterministic, Model, modelcontext, Potential",
    "from graphcore.model.model.fgraph import clone_model",
    "from graphcore.model.model.transform.conditioning import do, observe",
    "from graphcore.model.model.transform.optimization import freeze_dims_and_data",
    "from graphcore.model.model_graph import model_to_graphviz",
    "from graphcore.model.sampling.forward import sample_posterior_predictive",
    "from graphcore.model.sampling.mcmc import init_nuts, sample",
    "from graphcore.model.step_methods import NUTS, STEP_METHODS",
    "from graphcore.model.step_methods.hmc.nuts import NUTS",
    "from graphcore.model.step_methods.metropolis import DEMetropolis, Metropolis",
    "from graphcore.model.step_methods.slicer import Slice",
    "from graphcore.model.tuning.scaling import find_hessian, guess_scaling",
    "from graphcore.model.tuning.starting import find_MAP",
]


@pytest.mark.parametrize("line", IMPORTS)
def test_imports(line):
    exec(line, {})


@pytest.mark.parametrize("name", PLACES)
def test_places_can_be_imported_and_say_what_they_do_not_have(name):
    place = importlib.import_module(name)
    with pytest.raises(AttributeError, match="no attribute 'no_such_thing'"):
        place.no_such_thing


def test_modules_are_attributes_as_well():
    assert pm.sampling.mcmc.sample is pm.sample
    assert pm.model.transform.conditioning.do is pm.do
    assert pm.distributions.continuous.Beta is pm.Beta
    assert isinstance(pm.Model(), pm.model.core.Model)
