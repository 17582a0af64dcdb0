"""Theano's place of ``rng_mrg``."""
