# The C entry point of a log density: 0 ok, > 0 recoverable, < 0 fatal.
ctypedef int (*logp_grad_t)(size_t dim, const double* x, double* grad, double* logp,
                            const void* user_data) noexcept nogil
