"""Fixtures that several folders of tests share."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def posteriordb():
    """The module ``tests/posteriordb.py``, loaded by path because tests are not a package."""
    path = Path(__file__).parent / "posteriordb.py"
    spec = importlib.util.spec_from_file_location("graphcore_tests_posteriordb", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
