// Special functions in double precision, from the series, continued fractions and asymptotic
// expansions of the handbooks.
#include "special.h"

#include <complex.h>

#define EULER 0.57721566490153286061
#define PI 3.14159265358979323846
#define SQRT_PI 1.77245385090551602730
#define TINY 1e-300
#define EPSILON 1e-16

double lgamma_r(double, int *);

double special_lgamma(double x) {
  int sign;
  return lgamma_r(x, &sign);
}

double special_digamma(double x) {
  if (x <= 0) {
    if (x == floor(x)) return NAN;
    // tan has the period 1 in x.
    double part = x - floor(x);
    return special_digamma(1 - x) - PI / tan(PI * part);
  }
  double shift = 0;
  for (; x < 10; x++) shift -= 1 / x;
  if (isinf(x)) return x;
  double z = 1 / (x * x);
  double tail =
      z * (1.0 / 12 - z * (1.0 / 120 -
                           z * (1.0 / 252 -
                                z * (1.0 / 240 - z * (1.0 / 132 - z * (691.0 / 32760 - z / 12))))));
  return shift + log(x) - 0.5 / x - tail;
}

// z > 0 with erfc(z) = q, for 0 < q <= 1.
static double erfc_inverse(double q) {
  double t = sqrt(-2 * log(0.5 * q));
  double z = (t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                      (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))) *
             M_SQRT1_2;
  for (int i = 0; i < 3; i++) {
    double step = (erfc(z) - q) / (-2 / SQRT_PI * exp(-z * z));
    if (!(fabs(step) < 1)) break;
    z -= step / (1 + z * step);
  }
  return z;
}

double special_erfinv(double y) {
  if (!(fabs(y) < 1)) return fabs(y) == 1 ? copysign(INFINITY, y) : NAN;
  if (y > 0.5) return erfc_inverse(1 - y);
  if (y < -0.5) return -erfc_inverse(1 + y);
  double x = 0.5 * SQRT_PI * (y + PI / 12 * y * y * y);
  for (int i = 0; i < 3; i++) {
    double step = (erf(x) - y) / (2 / SQRT_PI * exp(-x * x));
    x -= step / (1 + x * step);
  }
  return x;
}

double special_ndtri(double p) {
  if (!(p > 0 && p < 1)) return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
  if (p < 0.25) return -M_SQRT2 * erfc_inverse(2 * p);
  if (p > 0.75) return M_SQRT2 * erfc_inverse(2 * (1 - p));
  return M_SQRT2 * special_erfinv(2 * p - 1);
}

// e^-x I_n(x) for x >= 0: the power series, whose terms are all positive, or the expansion for
// large x.
static double bessel_ie(int n, double x) {
  if (isinf(x)) return 0;
  if (x <= 20) {
    double z = 0.25 * x * x, term = n ? 0.5 * x : 1, sum = term;
    for (int k = 1; k < 200 && term > EPSILON * sum; k++) {
      term *= z / ((double)k * (k + n));
      sum += term;
    }
    return sum * exp(-x);
  }
  double term = 1, sum = 1;
  for (int k = 1; k < 40 && fabs(term) > EPSILON; k++) {
    double odd = 2 * k - 1;
    term *= (odd * odd - 4.0 * n * n) / (8 * x * k);
    sum += term;
  }
  return sum / sqrt(2 * PI * x);
}
double special_i0e(double x) { return bessel_ie(0, fabs(x)); }
double special_i1e(double x) { return copysign(1, x) * bessel_ie(1, fabs(x)); }
// The exponential is taken in two steps, so that it does not overflow before the product does. At
// infinity TensorFlow multiplies an infinity by 0.
double special_i0(double x) {
  double half = exp(0.5 * fabs(x));
  return isinf(x) ? NAN : special_i0e(x) * half * half;
}
double special_i1(double x) {
  double half = exp(0.5 * fabs(x));
  return isinf(x) ? NAN : special_i1e(x) * half * half;
}

// e^x K_n(x) for x >= 1: the integral over exp(-x (cosh t - 1)) cosh nt, with x (cosh t - 1) = u^2,
// by the trapezoid rule.
static double bessel_ke_integral(int n, double x) {
  const double h = 0.125;
  double sum = 0;
  for (int i = 0; i <= 50; i++) {
    double u = h * i, z = u * u;
    double term = exp(-z) / sqrt(2 * x + z) * (n ? 1 + z / x : 1);
    sum += i ? term : 0.5 * term;
  }
  return 2 * h * sum;
}
static double bessel_k0_series(double x) {
  double z = 0.25 * x * x, term = 1, harmonic = 0, sum = 0, i0 = 1;
  for (int k = 1; k < 30; k++) {
    term *= z / ((double)k * k);
    harmonic += 1.0 / k;
    sum += term * harmonic;
    i0 += term;
  }
  return sum - (log(0.5 * x) + EULER) * i0;
}
static double bessel_k1_series(double x) {
  double z = 0.25 * x * x, term = 1, psi = 1 - 2 * EULER, sum = psi, i1 = 1;
  for (int k = 1; k < 30; k++) {
    term *= z / ((double)k * (k + 1));
    psi += 1.0 / k + 1.0 / (k + 1);
    sum += term * psi;
    i1 += term;
  }
  return 1 / x + 0.5 * x * (log(0.5 * x) * i1 - 0.5 * sum);
}
double special_k0e(double x) {
  if (!(x > 0)) return x <= 0 ? INFINITY : x;
  return x < 1 ? bessel_k0_series(x) * exp(x) : isinf(x) ? 0 : bessel_ke_integral(0, x);
}
double special_k1e(double x) {
  if (!(x > 0)) return x <= 0 ? INFINITY : x;
  return x < 1 ? bessel_k1_series(x) * exp(x) : isinf(x) ? 0 : bessel_ke_integral(1, x);
}
double special_k0(double x) {
  return x > 0 && x < 1 ? bessel_k0_series(x) : x <= 0 ? INFINITY : special_k0e(x) * exp(-x);
}
double special_k1(double x) {
  return x > 0 && x < 1 ? bessel_k1_series(x) : x <= 0 ? INFINITY : special_k1e(x) * exp(-x);
}
// The cosine in the expansions of these four has no value at infinity.
double special_j0(double x) { return isinf(x) ? NAN : j0(x); }
double special_j1(double x) { return isinf(x) ? NAN : j1(x); }
double special_y0(double x) { return x <= 0 ? -INFINITY : isinf(x) ? NAN : y0(x); }
double special_y1(double x) { return x <= 0 ? -INFINITY : isinf(x) ? NAN : y1(x); }

// Rybicki's sum over odd multiples of a step, centred on x; the expansion for large x.
double special_dawsn(double x) {
  double a = fabs(x);
  if (a != a) return x;
  if (a < 1e-4) return x * (1 - 2.0 / 3 * x * x);
  if (a > 12) {
    double z = 1 / (2 * a * a), term = 1, sum = 1;
    for (int k = 1; k < 12; k++) {
      term *= (2 * k - 1) * z;
      sum += term;
    }
    return copysign(sum / (2 * a), x);
  }
  const double h = 0.2;
  int centre = 2 * (int)(0.5 * a / h + 0.5);
  double sum = 0;
  for (int m = 1; m <= 33; m += 2) {
    double up = a - (centre + m) * h, down = a - (centre - m) * h;
    sum += exp(-up * up) / (centre + m) + exp(-down * down) / (centre - m);
  }
  return copysign(sum / SQRT_PI, x);
}

double special_expint(double x) {
  if (!(x > 0)) return x == 0 ? -INFINITY : NAN;
  if (isinf(x)) return NAN;
  double term = 1, sum = 0;
  if (x < 40) {
    for (int k = 1; k < 400; k++) {
      term *= x / k;
      sum += term / k;
      if (term < EPSILON * sum) break;
    }
    return EULER + log(x) + sum;
  }
  sum = 1;
  for (int k = 1; k < 40 && term > EPSILON; k++) {
    term *= k / x;
    sum += term;
  }
  return exp(x) / x * sum;
}

// In single precision the angle of large x is rounded as TensorFlow rounds it.
static double _Complex fresnel(double x, int is_single) {
  double a = fabs(x);
  if (a != a) return x + I * x;
  if (a > 1e8) return copysign(0.5, x) * (1 + I);
  double _Complex result;
  if (a < 1.6) {
    double z = 0.5 * PI * a * a, term = a, c = 0, s = 0;
    for (int k = 0; k < 60; k++) {
      double part = ((k >> 1) & 1 ? -term : term) / (2 * k + 1);
      if (k & 1) s += part; else c += part;
      term *= z / (k + 1);
      if (term < 1e-30 * a) break;
    }
    result = c + I * s;
  } else {
    double z = PI * a * a;
    double _Complex b = 1 - I * z, c = 1 / TINY, d = 1 / b, h = d;
    for (int k = 1; k < 500; k++) {
      double n = 2 * k - 1, an = -n * (n + 1);
      b += 4;
      d = 1 / (an * d + b);
      c = b + an / c;
      double _Complex step = c * d;
      h *= step;
      if (fabs(creal(step) - 1) + fabs(cimag(step)) < EPSILON) break;
    }
    h *= a - I * a;
    double angle = is_single ? (float)(0.5 * PI) * ((float)a * (float)a) : 0.5 * z;
    result = (0.5 + 0.5 * I) * (1 - (cos(angle) + I * sin(angle)) * h);
  }
  return x < 0 ? -result : result;
}
double special_fresnel_cos(double x, int is_single) { return creal(fresnel(x, is_single)); }
double special_fresnel_sin(double x, int is_single) { return cimag(fresnel(x, is_single)); }

// Li2(z) from u = -log(1 - z), for |u| <= log 2, by the series whose coefficients are Bernoulli
// numbers.
static double dilogarithm_series(double u) {
  static const double coefficients[] = {1.0 / 36,
                                        -1.0 / 3600,
                                        1.0 / 211680,
                                        -1.0 / 10886400,
                                        1.0 / 526901760,
                                        -691.0 / 16999766784000.0,
                                        1.0 / 1120863744000.0,
                                        -3617.0 / 181400588328960000.0};
  double z = u * u, sum = 0;
  for (int k = 7; k >= 0; k--) sum = z * (coefficients[k] + sum);
  return u * (1 + sum) - 0.25 * z;
}
double special_spence(double x) {
  if (!(x >= 0)) return NAN;
  // As TensorFlow, which multiplies an infinity by 0 there.
  if (isinf(x)) return NAN;
  if (x == 0) return PI * PI / 6;
  // Li2(1 - x), with the argument moved to where the series converges fast.
  if (x > 2) {
    double l = log(x - 1);
    // With z = 1 - x: 1 - 1/z = x / (x - 1).
    return -PI * PI / 6 - 0.5 * l * l - dilogarithm_series(log1p(-1 / x));
  }
  if (x < 0.5) return PI * PI / 6 - log1p(-x) * log(x) - dilogarithm_series(-log1p(-x));
  return dilogarithm_series(-log(x));
}

// Hurwitz' zeta function for x > 1, q > 0 by Euler and Maclaurin's sum.
static double zeta_positive(double x, double q) {
  static const double bernoulli[] = {  // B_2j / (2j)!
    1.0 / 12, -1.0 / 720, 1.0 / 30240, -1.0 / 1209600, 1.0 / 47900160, -691.0 / 1307674368000.0,
    1.0 / 74724249600.0, -3617.0 / 10670622842880000.0, 43867.0 / 5109094217170944000.0
  };
  double sum = 0, enough = 12 + fmin(x, 60);
  for (; q < enough; q++) sum += pow(q, -x);
  if (isinf(sum)) return sum;
  double power = pow(q, -x);
  if (power == 0) return sum;
  sum += power * (q / (x - 1) + 0.5);
  double factor = x * power / q;
  for (int j = 0; j < 9; j++) {
    double term = bernoulli[j] * factor;
    sum += term;
    if (fabs(term) < EPSILON * sum) break;
    factor *= (x + 2 * j + 1) * (x + 2 * j + 2) / (q * q);
  }
  return sum;
}
double special_zeta(double x, double q) {
  if (x != x || q != q) return NAN;
  if (x == 1) return INFINITY;
  if (x < 1) return NAN;
  if (q > 0) return isinf(q) ? 0 : zeta_positive(x, q);
  int whole = x == floor(x), even = whole && fmod(x, 2) == 0;
  if (q == floor(q)) return even ? INFINITY : NAN;
  if (!whole) return NAN;
  // The terms below zero are a second sum, backwards.
  double n = -floor(q), part = q + n, rest = 1 - part;
  double below = zeta_positive(x, rest) - zeta_positive(x, rest + n);
  return zeta_positive(x, part) + (even ? below : -below);
}
double special_polygamma(double n, double x) {
  if (!(n >= 0) || n != floor(n)) return NAN;
  if (n == 0) return special_digamma(x);
  double size = exp(special_lgamma(n + 1)) * special_zeta(n + 1, x);
  return fmod(n, 2) == 0 ? -size : size;
}

// The incomplete gamma functions and their derivative by a: numbers with a derivative.
typedef struct { double v, d; } dual;
static dual dual_div(dual x, dual y) { return (dual){x.v / y.v, (x.d - x.v / y.v * y.d) / y.v}; }
static dual dual_mul(dual x, dual y) { return (dual){x.v * y.v, x.v * y.d + x.d * y.v}; }
static dual dual_add(dual x, dual y) { return (dual){x.v + y.v, x.d + y.d}; }

enum { STEPS = 100000 };

// x^a e^-x / Gamma(a)
static dual gamma_weight(double a, double x, int derive) {
  double v;
  if (a > 100 && fabs(x - a) < 0.4 * a) {
    // Around the maximum the logarithms cancel: x = a (1 + s) leaves a (log1p(s) - s).
    double s = (x - a) / a, z = 1 / (a * a);
    double stirling = (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z / 1680))) / a;
    double excess;
    if (fabs(s) < 0.01) {
      excess = 0;
      for (int k = 9; k >= 2; k--) excess = s * (excess + (k & 1 ? 1.0 : -1.0) / k);
      excess *= s;
    } else {
      excess = log1p(s) - s;
    }
    v = sqrt(a / (2 * PI)) * exp(a * excess - stirling);
  } else {
    v = exp(a * log(x) - x - special_lgamma(a));
  }
  return (dual){v, derive ? v * (log(x) - special_digamma(a)) : 0};
}
static dual gamma_series(double a, double x, int derive) {
  dual term = {1 / a, -1 / (a * a)}, sum = term;
  for (int n = 1; n < STEPS; n++) {
    double b = a + n;
    term = (dual){term.v * x / b, (term.d - term.v / b) * x / b};
    sum = dual_add(sum, term);
    if (term.v <= EPSILON * sum.v && (!derive || fabs(term.d) <= EPSILON * fabs(sum.d))) break;
  }
  return dual_mul(gamma_weight(a, x, derive), sum);
}
static dual gamma_fraction(double a, double x, int derive) {
  dual one = {1, 0}, b = {x + 1 - a, -1}, c = {1 / TINY, 0}, d = dual_div(one, b), h = d;
  if (b.v == 0) d = h = (dual){1 / TINY, 0};
  for (int i = 1; i < STEPS; i++) {
    dual an = {-i * (i - a), i};
    b.v += 2;
    d = dual_add(dual_mul(an, d), b);
    if (fabs(d.v) < TINY) d.v = TINY;
    c = i == 1 ? b : dual_add(b, dual_div(an, c));
    if (fabs(c.v) < TINY) c.v = TINY;
    d = dual_div(one, d);
    dual step = dual_mul(d, c);
    h = dual_mul(h, step);
    if (fabs(step.v - 1) < EPSILON * 4 && (!derive || fabs(step.d) < EPSILON * 4)) break;
  }
  return dual_mul(gamma_weight(a, x, derive), h);
}
double special_igamma(double a, double x) {
  if (x == 0) return 0;
  if (!(x > 0) || !(a > 0)) return NAN;
  if (isinf(a)) return isinf(x) ? NAN : 0;
  if (isinf(x)) return 1;
  return x < a + 1 ? gamma_series(a, x, 0).v : 1 - gamma_fraction(a, x, 0).v;
}
double special_igammac(double a, double x) {
  if (!(x >= 0) || !(a > 0)) return NAN;
  if (x == 0) return 1;
  if (isinf(a)) return isinf(x) ? NAN : 1;
  if (isinf(x)) return 0;
  return x < a + 1 ? 1 - gamma_series(a, x, 0).v : gamma_fraction(a, x, 0).v;
}
double special_igamma_grad_a(double a, double x) {
  if (x == 0) return 0;
  if (!(x > 0) || !(a > 0)) return NAN;
  if (isinf(a)) return isinf(x) ? NAN : 0;
  if (isinf(x)) return 0;
  return x < a + 1 ? gamma_series(a, x, 1).d : -gamma_fraction(a, x, 1).d;
}

// The continued fraction of the incomplete beta function, for x below the mean.
static double beta_fraction(double a, double b, double x) {
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  if (fabs(d) < TINY) d = TINY;
  d = 1 / d;
  double h = d;
  for (int m = 1; m < STEPS; m++) {
    double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 + even * d;
    c = 1 + even / c;
    if (fabs(d) < TINY) d = TINY;
    if (fabs(c) < TINY) c = TINY;
    d = 1 / d;
    h *= d * c;
    double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + odd * d;
    c = 1 + odd / c;
    if (fabs(d) < TINY) d = TINY;
    if (fabs(c) < TINY) c = TINY;
    d = 1 / d;
    double step = d * c;
    h *= step;
    if (fabs(step - 1) < EPSILON * 4) break;
  }
  return h;
}
double special_betainc(double a, double b, double x) {
  if (!(a > 0) || !(b > 0) || !(x >= 0 && x <= 1)) return NAN;
  if (x == 0 || x == 1) return x;
  if (isinf(a)) return isinf(b) ? NAN : 0;
  if (isinf(b)) return 1;
  double weight = exp(special_lgamma(a + b) - special_lgamma(a) - special_lgamma(b) + a * log(x) +
                      b * log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return weight * beta_fraction(a, b, x) / a;
  return 1 - weight * beta_fraction(b, a, 1 - x) / b;
}
