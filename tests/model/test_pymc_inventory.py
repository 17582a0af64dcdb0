"""Every public name of PyMC exists, or stands on the page of differences with the reason."""

import pytest
from inventory import exists, explained, names

import graphcore.model as pm
from graphcore.interop.arviz import is_arviz_function

MODULES = names("pymc_names.txt", {"pymc": "graphcore.model", "pymc3": "graphcore.model"})


def test_the_inventory_is_one():
    assert len(MODULES) > 10 and sum(map(len, MODULES.values())) > 900


@pytest.mark.parametrize("module", MODULES)
def test_names_exist_or_are_explained(module):
    known = explained("## Names of PyMC that do not exist")
    missing = [
        name for name in MODULES[module]
        if name not in known and not is_arviz_function(name) and not exists(module, name)
    ]  # fmt: skip
    assert not missing, f"{module}: {missing}"


def test_nothing_is_explained_that_exists():
    known = explained("## Names of PyMC that do not exist")
    inventory = {name for module in MODULES.values() for name in module}
    assert [name for name in known & inventory if hasattr(pm, name)] == []


def test_what_is_absent_says_what_to_use():
    with pytest.raises(AttributeError, match=r"no variational inference.*ADVI.*fit_laplace"):
        pm.ADVI
