"""Stable forms: what is replaced, in normal form, by what.

Written by ``make patterns`` from the pairs of the op table and of
``stabilize.py``; see ``patterns.py`` for how to read it.
"""

NORMAL_FORMS = (
    ('log1p_from_log_add', ('log', ('add', 1.0, 0)), ('log1p', 0)),
    ('expm1_from_sub_exp', ('add', ('exp', 0), -1.0), ('expm1', 0)),
    ('expm1_from_sub_exp', ('sub', 1.0, ('exp', 0)), ('neg', ('expm1', 0))),
    ('log1mexp_from_log_sub_exp', ('log', ('neg', ('expm1', 0))), ('log1mexp', 0)),
    ('log1mexp_from_log1p_exp', ('log1p', ('neg', ('exp', 0))), ('log1mexp', 0)),
    ('sigmoid_from_add_exp', ('reciprocal', ('add', 1.0, ('exp', ('neg', 0)))), ('sigmoid', 0)),
    ('sigmoid_from_exp_add_exp',
     ('true_div', ('exp', 0), ('add', 1.0, ('exp', 0))),
     ('sigmoid', 0)),
    ('sigmoid_from_sub_sigmoid', ('sub', 1.0, ('sigmoid', 0)), ('sigmoid', ('neg', 0))),
    ('sigmoid_from_sub_sigmoid', ('add', ('sigmoid', 0), -1.0), ('neg', ('sigmoid', ('neg', 0)))),
    ('softplus_from_log1p_exp', ('log1p', ('exp', 0)), ('softplus', 0)),
    ('softplus_from_log_sigmoid', ('log', ('sigmoid', 0)), ('neg', ('softplus', ('neg', 0)))),
    ('softplus_from_log1p_sigmoid', ('log1p', ('neg', ('sigmoid', 0))), ('neg', ('softplus', 0))),
    ('logaddexp_from_log_add_exp_exp',
     ('log', ('add', ('exp', 0), ('exp', 1))),
     ('logaddexp', 0, 1)),
    ('erfc_from_sub_erf', ('sub', 1.0, ('erf', 0)), ('erfc', 0)),
    ('erfc_from_sub_erf', ('add', ('erf', 0), -1.0), ('neg', ('erfc', 0))),
    ('erfc_from_add_erf', ('add', 1.0, ('erf', 0)), ('erfc', ('neg', 0))),
    ('erfc_from_add_erf', ('sub', -1.0, ('erf', 0)), ('neg', ('erfc', ('neg', 0)))),
    ('log_ndtr_from_log_erfc',
     ('log', ('erfc', 0)),
     ('switch',
      ('lt', 0, 1.0),
      ('log1p', ('neg', ('erf', 0))),
      ('add', 0.6931471805599453, ('log_ndtr', ('mul', 0, -1.4142135623730951))))),
    ('sigmoid_from_add_exp', ('reciprocal', ('add', 1.0, ('exp', 0))), ('sigmoid', ('neg', 0))),
    ('sigmoid_from_add_exp',
     ('true_div', 1, ('add', 1.0, ('exp', 0))),
     ('mul', 1, ('sigmoid', ('neg', 0)))),
    ('sigmoid_from_mul_exp_sigmoid', ('mul', ('exp', 0), ('sigmoid', ('neg', 0))), ('sigmoid', 0)),
    ('erf_from_sub_erfc', ('sub', 1.0, ('erfc', 0)), ('erf', 0)),
    ('erf_from_sub_erfc', ('add', ('erfc', 0), -1.0), ('neg', ('erf', 0))),
    ('log1mexp_from_log_sub_exp', ('log', ('expm1', 0)), ('add', 0, ('log1mexp', ('neg', 0)))),
)
