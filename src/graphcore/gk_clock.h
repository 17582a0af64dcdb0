/* Seconds that have passed, and seconds that the calling thread has worked. */
#ifndef GK_CLOCK_H
#define GK_CLOCK_H
#ifdef _WIN32
#include <windows.h>
static double gk_wall_clock(void) {
  LARGE_INTEGER ticks, rate;
  QueryPerformanceFrequency(&rate);
  QueryPerformanceCounter(&ticks);
  return (double)ticks.QuadPart / (double)rate.QuadPart;
}
static double gk_thread_clock(void) {
  FILETIME begin, end, kernel, user;
  GetThreadTimes(GetCurrentThread(), &begin, &end, &kernel, &user);
  return 1e-7 * (4294967296.0 * kernel.dwHighDateTime + kernel.dwLowDateTime
                 + 4294967296.0 * user.dwHighDateTime + user.dwLowDateTime);
}
#else
#include <time.h>
static double gk_seconds(clockid_t which) {
  struct timespec t;
  clock_gettime(which, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
static double gk_wall_clock(void) { return gk_seconds(CLOCK_MONOTONIC); }
static double gk_thread_clock(void) { return gk_seconds(CLOCK_THREAD_CPUTIME_ID); }
#endif
#endif
