// One evaluation of a log-density entry point, counted by callgrind: nothing else is instrumented.
#include <stddef.h>
#include <valgrind/callgrind.h>

typedef int (*graphcore_fn)(size_t, const double *, double *, double *, const void *);

void count(graphcore_fn f, size_t dim, const double *theta, double *grad, double *logp,
           const void *data, const char *name) {
  f(dim, theta, grad, logp, data);
  CALLGRIND_START_INSTRUMENTATION;
  f(dim, theta, grad, logp, data);
  CALLGRIND_ZERO_STATS;
  f(dim, theta, grad, logp, data);
  CALLGRIND_DUMP_STATS_AT(name);
  CALLGRIND_STOP_INSTRUMENTATION;
}
