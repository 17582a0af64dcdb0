"""From graphs to numbers."""
