/* Elementary (gk_exp.h, gk_trig.h) and special functions of float64: inline and without branches,
 * so that the loops around them vectorise at every instruction-set level.  The promised accuracy of
 * each is in graphcore/optable.py.  The polynomials come from build_tools/fit_polynomials.py. */
#ifndef GK_MATH_H
#define GK_MATH_H
#include "gk_exp.h"
#include "gk_trig.h"
#include "gk_sums.h"

/* ---- error function --------------------------------------------------------------------------
 * erfcx(x) (1 + 2x) is a polynomial in t = (x - 3) / (x + 3) for all x >= 0.  t is computed so that
 * it is most accurate at its ends. */

GK_INLINE double gk_erfcx_pos(double x) {
  const double b = x > 1e300 ? 1e300 : x, t = 2.0 * b / (b + 3.0) - 1.0;
  const double p = GK_P25(t, 1.2530080582697296, -0.1356211061245812, -0.04756229435344871,
      0.12964515870276253, -0.11927366341541082, 0.0683080273439253, -0.023770514916692468,
      0.002529391816742774, 0.0018886903401769803, -0.0007798322768571228, -0.0001051596910641861,
      0.00012509937260329497, 4.949090129080704e-06, -2.0100623112489402e-05,
      -7.3056710744052e-07, 3.4725127899907045e-06, 3.553353210564838e-07, -6.167631341144396e-07,
      -1.4001944268469294e-07, 1.0195218875143295e-07, 4.075329626448168e-08,
      -1.3360191918570931e-08, -8.096484549869607e-09, 9.94620486408757e-10,
      8.187541199354275e-10);
  return (0.5 * p) / (x + 0.5);
}
/* exp(s x^2): the square in two doubles */
GK_INLINE double gk_exp_square(double x, double s) {
  double lo;
  const double h = gk_from_bits(gk_bits(x) & ~(int64_t)0x7ffffff);
  const double a = gk_quick_sum(s * (h * h), s * ((x - h) * (x + h)), &lo);
  const int out = (a < -746.0) | (a > 710.0);
  return gk_exp_core(a < -746.0 ? -746.0 : a > 710.0 ? 710.0 : a, out ? 0.0 : lo);
}
GK_INLINE double gk_erfcx(double a) {
  const double x = gk_abs(a), y = gk_erfcx_pos(x);
  const double e = gk_exp_square(x > 30.0 ? 30.0 : x, 1.0);
  return a < 0 ? GK_FMA(2.0, e, -y) : y;
}
GK_INLINE double gk_erfc(double a) {
  const double x = gk_abs(a), y = gk_exp_square(x > 30.0 ? 30.0 : x, -1.0) * gk_erfcx_pos(x);
  return a < 0 ? 2.0 - y : y;
}
GK_INLINE double gk_erf(double a) {
  const double x = gk_abs(a), z = a * a, d = (x > 5.93 ? 5.93 : x) - 1.0;
  const double q = GK_P12(z, -0.3761263890318375, 0.1128379167095493, -0.026866170645084484,
      0.005223977624882006, -0.0008548326984100104, 0.00012055331219984553,
      -1.4925597672659656e-05, 1.6461036554830938e-06, -1.6350673123715087e-07,
      1.4662074875903181e-08, -1.1381322995625184e-09, 5.97089744723973e-11);
  const double near = GK_FMA(x * z, q, x * 1.1283791670955126);
  const double p = GK_P19(d, -1.8496055099332482, -2.638967514234788, -0.8431072563586769,
      -0.04156109804180626, 0.01003382537437987, -0.0019779025677046118, 0.0002373224805004418,
      2.6277878144459122e-05, -2.7159119222366556e-05, 9.608912008849971e-06,
      -2.059786217476185e-06, 1.4288796729410632e-07, 9.753918235877185e-08,
      -5.203397104284225e-08, 1.4910105126454716e-08, -2.8637149466055946e-09,
      3.681959072690546e-10, -2.8810585687996508e-11, 1.0388862707310191e-12);
  const double far = 1.0 - gk_exp_core(p, 0.0);
  return gk_copysign(x < 1.0 ? near : far, a);
}
/* log(erfcx(x)/2) - a^2/2 below zero, log1p(-erfc(x)/2) above, x = |a| / sqrt(2) */
GK_INLINE double gk_log_ndtr(double a) {
  const double b = gk_abs(a), half = 0.5 * gk_erfcx_pos(b * 0.70710678118654752440);
  const double q = half * gk_exp_square(b > 40.0 ? 40.0 : b, -0.5), above = 1.0 - q;
  const double below = half < 1e-200 ? 1e-200 : half; /* the square is infinite then */
  const double u = a < 0 ? below : above, c = a < 0 ? 0.0 : (1.0 - above) - q;
  const double y = gk_log_quick_corrected(u, c), square = 0.5 * a * a;
  return a < 0 ? y - square : q < 1e-17 ? -q : y;
}

/* ---- gamma function --------------------------------------------------------------------------
 * Positive arguments; the rest goes by reflection, one at a time.
 *
 * gammaln: below 3.5 from log gamma(2 + d), |d| <= 1/2, and the logarithm of one factor; above by
 * Stirling's series, its remainder fitted.  Relatively accurate at the zeros 1 and 2. */

GK_INLINE int64_t gk_gamma_rare(double a) { return gk_bits(a > 0 ? 0.0 : 1.0); }
GK_INLINE double gk_gammaln(double a) {
  const int big = a >= 3.5;
  const double d = a < 0.5 ? a : a < 1.5 ? a - 1.0 : a < 2.5 ? a - 2.0 : a - 3.0;
  const double factor = a < 0.5 ? a * (a + 1.0) : a < 1.5 ? a : a < 2.5 ? 1.0 : a - 1.0;
  const double l = gk_log_quick(big ? a : factor);
  const double near = d * GK_P18(d, 0.42278433509846713, 0.3224670334241133,
      -0.06735230105319576, 0.020580808427765954, -0.007385551028925172, 0.0028905103318420107,
      -0.0011927539013301817, 0.0005096694951061212, -0.00022315497224978745, 9.9457944261675e-05,
      -4.492377202699228e-05, 2.0503543469527604e-05, -9.45607844889993e-06,
      4.3935226931410755e-06, -1.9748274631530105e-06, 8.998982840973223e-07,
      -5.80611314243841e-07, 2.9770842410499554e-07);
  const double small = a < 2.5 ? near - l : near + l;
  const double v = 1.0 / a, w = v * v;
  const double S = GK_P9(w, 0.0833333333333247, -0.002777777774147481, 0.0007936502350016014,
      -0.0005951940501531207, 0.0008397044892709209, -0.0018572365422453053, 0.005232396511029055,
      -0.013666108012863443, 0.020602992278946557);
  const double large = GK_FMA(a - 0.5, l - 1.0, GK_FMA(v, S, 0.41893853320467274178));
  const double y = big ? large : small;
  return a < GK_INF ? y : a;
}
/* sin(pi a) */
GK_INLINE double gk_sin_pi(double a) {
  const double r = a - 2.0 * gk_round(0.5 * a), x = gk_abs(r);
  return gk_copysign(sin(3.14159265358979323846 * (x > 0.5 ? 1.0 - x : x)), r);
}
GK_NOINLINE double gk_gammaln_slow(double a) {
  if (a != a || a == -GK_INF) return a; /* SciPy's choice */
  return a == gk_floor(a) ? GK_INF : lgamma(a);
}
/* psi: (x - root) times a polynomial on [1, 2], one step of the recurrence on both sides of it, and
 * the asymptotic series, its remainder fitted, from 3. */
GK_INLINE double gk_digamma(double a) {
  const int low = a < 1.0, big = a >= 3.0;
  const double w = low ? a + 1.0 : a < 2.0 ? a : a - 1.0, d = w - 1.5;
  const double p = GK_P22(d, 0.951055876031833, -0.4236274212814607, 0.2405424842407739,
      -0.1484049230538499, 0.09498872445498299, -0.06192213327816773, 0.04076083381025781,
      -0.02697579655361338, 0.017907252496126055, -0.011908222418806522, 0.007926943794929702,
      -0.005279906969378638, 0.003519014180550196, -0.0023457433137342365, 0.0015565877964329607,
      -0.0010351702733222272, 0.0007234766007634017, -0.0004900434260969136,
      0.0002269499719814535, -0.0001375281211799883, 0.0002599120109504429,
      -0.0001837655348938188);
  const double lost = low ? a - (w - 1.0) : 0.0;
  const double near = ((w - 1.4616321449683622) - (9.549995429965697e-17 - lost)) * p;
  const double step = a < 2.0 ? a : a - 1.0, v = 1.0 / (big ? a : step), z = v * v;
  const double add = low ? -v : a < 2.0 ? 0.0 : v, rest = a < 2.0 ? 0.0 : gk_residual(-v, step, 1.0) * v;
  const double A = GK_P12(z, 0.08333333333333108, -0.008333333331863048, 0.003968253631953312,
      -0.004166627734397707, 0.0075730768666256625, -0.020972480740406543, 0.07959341072210029,
      -0.35876904357158385, 1.594672263262646, -5.777600596742076, 13.997342083227853,
      -16.293970470078943);
  const double large = gk_log_quick(big ? a : 3.0) - GK_FMA(z, A, 0.5 * v);
  return a < GK_INF ? (big ? large : (near + rest) + add) : a;
}
/* cos(pi a) / sin(pi a) */
GK_INLINE double gk_cot_pi(double a) {
  const double r = a - gk_round(a), x = 3.14159265358979323846 * gk_abs(r);
  const double t = gk_abs(r) > 0.25 ? tan(1.57079632679489661923 - x) : 1.0 / tan(x);
  return gk_copysign(t, r);
}
GK_NOINLINE double gk_digamma_slow(double a) {
  if (a != a || a == 0) return a == 0 ? gk_copysign(GK_INF, -a) : a;
  if (a == gk_floor(a)) return GK_NAN;
  return gk_digamma(1.0 - a) - 3.14159265358979323846 * gk_cot_pi(a);
}
/* psi': four steps of the recurrence below 4, and the asymptotic series from there. */
GK_INLINE double gk_trigamma(double a) {
  const int big = a >= 4.0;
  const double x = big ? a : a + 4.0, v = 1.0 / x, w = v * v;
  const double r0 = 1.0 / a, r1 = 1.0 / (a + 1.0), r2 = 1.0 / (a + 2.0), r3 = 1.0 / (a + 3.0);
  const double steps = ((r3 * r3 + r2 * r2) + r1 * r1) + r0 * r0;
  const double T = GK_P11(w, 0.1666666666666644, -0.03333333333112853, 0.02380952306194177,
      -0.03333320600738551, 0.0757448262842262, -0.2522953654146546, 1.1311734835708998,
      -6.011300219139333, 31.009701144126982, -120.41721199066896, 240.15484490325298);
  const double series = v + GK_FMA(v * w, T, 0.5 * w);
  return big ? series : steps + series;
}
GK_NOINLINE double gk_trigamma_slow(double a) {
  if (a != a) return a;
  if (a == gk_floor(a)) return GK_INF;
  const double s = 3.14159265358979323846 / gk_sin_pi(a);
  return s * s - gk_trigamma(1.0 - a);
}

/* What Stirling's formula leaves of gammaln, and its derivative, both for a > 0:
 *   gammaln(a) - ((a - 1/2) log(a) - a + log(2 pi)/2)    and    psi(a) - log(a) + 1/(2a).
 * Fitted on [1, 3.5] and beyond; below 1 by one step of the recurrence, whose logarithm is that of
 * a / (a + 1) with the rounding of sum and quotient made good. */
GK_INLINE double gk_log_odds(double a, double b, double v) {
  const double u = a * v;
  double e;
  const double p = gk_two_prod(u, b, &e), rest = ((a - p) - e) - u * (a - (b - 1.0));
  return gk_log_quick_corrected(u, u < 1e-290 ? 0.0 : rest * v);
}
GK_INLINE double gk_stirling(double a) {
  const int low = a < 1.0;
  const double b = low ? a + 1.0 : a, v = 1.0 / b, w = v * v, t = (b - 1.875) / (b + 1.875);
  const double near = GK_P19(t, 0.08259726504445222, 0.0027591449198889014, -0.004875423502220037, 0.006019226580838395,
      -0.006257488921142608, 0.005896931160786327, -0.005263825275387345, 0.004578503559470999,
      -0.003946236913519698, 0.0034002363496358923, -0.0029412458028662213, 0.002558130982107858,
      -0.0022392823261877044, 0.001986464433540935, -0.0017692413724935182, 0.0014497540830822181,
      -0.00125634553057754, 0.001834526635757321, -0.0017707306735277632);
  const double far = GK_P11(w, 0.08333333333333333, -0.0027777777777727736, 0.0007936507910608309,
      -0.000595237569475461, 0.0008416955280480356, -0.001914071173165773, 0.006271563210151874,
      -0.025783239463538207, 0.10716905885611347, -0.34183790388103735, 0.5622933785909244);
  const double y = v * (b < 3.5 ? near : far), l = gk_log_odds(low ? a : 0.5, low ? b : 1.5, v);
  const double z = low ? y - GK_FMA(a + 0.5, l, 1.0) : y;
  return a > 0 ? z : a == 0 ? GK_INF : GK_NAN;
}
GK_INLINE double gk_stirling_slope(double a) {
  const int low = a < 1.0;
  const double b = low ? a + 1.0 : a, v = 1.0 / b, w = v * v, t = (b - 1.875) / (b + 1.875);
  const double near = GK_P18(t, 0.0812176925845078, 0.007634568422108302, -0.01252469091358162, 0.01365878092131775,
      -0.011970976936392477, 0.009173429065805512, -0.006546261714929706, 0.004571982185762534,
      -0.0032224238917704737, 0.002321201474538215, -0.0017137649521720318, 0.0012962025155757553,
      -0.0010052009308983405, 0.0007944735271503469, -0.0006067596745140435, 0.0004823817275487831,
      -0.0005753197851564684, 0.000510270189568321);
  const double far = GK_P12(w, 0.08333333333333333, -0.0083333333333191, 0.0039682539594408945, -0.004166664518143826,
      0.007575484330799395, -0.021071960544289038, 0.08229948683477632, -0.4079886341217701,
      2.188127533522274, -10.335180474757761, 34.19916427491823, -55.65961129249363);
  const double y = w * (b < 3.5 ? near : far), l = gk_log_odds(low ? a : 0.5, low ? b : 1.5, v);
  const double z = low ? -((y + l) + (a + 0.5) * v / a) : 0.0 - y;
  return a > 0 ? z : a == 0 ? -GK_INF : GK_NAN;
}

#endif
