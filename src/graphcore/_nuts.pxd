"""What a log density looks like to a sampler written in C or Cython."""

# 0: fine; > 0: recoverable, the sampler counts a divergence; < 0: fatal.  Must be re-entrant: one
# user_data serves every chain, and no chain holds the GIL.
ctypedef int (*logp_grad_t)(
    size_t dim, const double *x, double *grad, double *logp, const void *user_data
) noexcept nogil
