"""What the processor can do.  Compiled for the lowest level, so it can be imported anywhere."""

cdef extern from *:
    """
    #if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
    static int gk_has_v3(void) {
      __builtin_cpu_init();
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
             __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    }
    static int gk_has_v4(void) {
      return gk_has_v3() && __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    }
    #else
    static int gk_has_v3(void) { return 0; }
    static int gk_has_v4(void) { return 0; }
    #endif
    """
    int gk_has_v3()
    int gk_has_v4()


def levels():
    """Names of the instruction-set levels that this processor can run, lowest first."""
    found = ["base"]
    if gk_has_v3():
        found.append("x86_v3")
    if gk_has_v4():
        found.append("x86_v4")
    return tuple(found)
