"""The further models by name; importing their modules enters them."""

from __future__ import annotations

import further_more  # noqa: F401
import further_twelve  # noqa: F401
from further_registry import MODELS, build, make

__all__ = ["MODELS", "build", "make"]
