"""Every public name of Theano exists, or stands on the page of differences with the reason."""

import pytest
from inventory import exists, explained, names

MODULES = names("theano_names.txt", {"theano": "graphcore"})


def test_the_inventory_is_one():
    assert len(MODULES) > 30 and sum(map(len, MODULES.values())) > 750


@pytest.mark.parametrize("module", MODULES)
def test_names_exist_or_are_explained(module):
    known = explained("## Names that do not exist")
    missing = [n for n in MODULES[module] if n not in known and not exists(module, n)]
    inner = module.rpartition(".")[2]
    assert not missing or inner in known, f"{module}: {missing}"
