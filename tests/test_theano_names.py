"""Names of Theano and PyTensor: each exists, or the page of differences has the reason."""

import pytest
from inventory import exists, explained, names

MODULES = names("theano_names.txt", {"theano": "graphcore"})
PYTENSOR = names("pytensor_names.txt", {"pytensor": "graphcore"})
# what these modules have is in graphcore.tensor
INNER = ("graphcore.tensor.math", "graphcore.tensor.extra_ops")


def test_the_inventory_is_one():
    assert len(MODULES) > 30 and sum(map(len, MODULES.values())) > 750


@pytest.mark.parametrize("module", MODULES)
def test_names_exist_or_are_explained(module):
    known = explained("## Names that do not exist")
    missing = [n for n in MODULES[module] if n not in known and not exists(module, n)]
    inner = module.rpartition(".")[2]
    assert not missing or inner in known, f"{module}: {missing}"


@pytest.mark.parametrize("module", PYTENSOR)
def test_names_of_pytensor_exist_or_are_explained(module):
    place = "graphcore.tensor" if module in INNER else module
    known = explained("## Names that do not exist")
    assert PYTENSOR[module]
    assert not [n for n in PYTENSOR[module] if n not in known and not exists(place, n)]
