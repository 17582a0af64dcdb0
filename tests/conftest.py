"""What all tests share: a check that the package is built, random numbers, reference models."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest


def pytest_sessionstart(session):
    """Stop with advice when the package is a checkout whose extensions were never built."""
    if importlib.util.find_spec("graphcore._executor") is None:
        import graphcore

        pytest.exit(
            f"{Path(graphcore.__file__).parent} has no compiled modules: run `make dev` or "
            '`pip install -e ".[test]"` first',
            returncode=4,
        )


@pytest.fixture
def rng():
    """Random numbers that are the same in every run."""
    return np.random.default_rng(20240607)


@pytest.fixture(scope="session")
def posteriordb():
    """The module ``tests/posteriordb.py``, loaded by path because tests are not a package."""
    path = Path(__file__).parent / "posteriordb.py"
    spec = importlib.util.spec_from_file_location("graphcore_tests_posteriordb", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
