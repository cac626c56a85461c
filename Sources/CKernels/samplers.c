#include "loops.h"

// Samples of distributions that need a number of draws that is not known before. Each sample has
// 256 steps of the generator to itself, so that results do not depend on how the work is split.

enum { STEPS_PER_SAMPLE = 256 };

// Parameters at the edge of what a double holds may have no sample that is accepted: after so many
// tries the mean is given instead.
enum { MOST_TRIES = 100000 };

// Uniform doubles, two per step, the later one first.
typedef struct {
  f64 value[2];
  int left;
} pool;

static f64 unit(u32 high, u32 low) {
  union { u64 i; f64 f; } u = {((u64)(high & 0xfffffu) << 32) | low | 0x3ff0000000000000u};
  return u.f - 1.0;
}

static f64 uniform(jk_philox *g, pool *p) {
  if (p->left == 0) {
    u32 s[4];
    jk_philox_next(g, s);
    p->value[0] = unit(s[0], s[1]), p->value[1] = unit(s[2], s[3]);
    p->left = 2;
  }
  return p->value[--p->left];
}

void sincos(double, double *, double *);

static f64 normal(jk_philox *g, pool *p) {
  if (p->left == 0) {
    u32 s[4];
    jk_philox_next(g, s);
    f64 u = unit(s[0], s[1]);
    if (u < 1.0e-7) u = 1.0e-7;
    f64 angle = 2 * M_PI * unit(s[2], s[3]), radius = sqrt(-2.0 * log(u));
    sincos(angle, &p->value[0], &p->value[1]);
    p->value[0] *= radius, p->value[1] *= radius;
    p->left = 2;
  }
  return p->value[--p->left];
}

typedef struct sampler sampler;
struct sampler {
  int dtype;
  jk_philox generator;
  const f64 *a, *b, *c, *d;
  int64_t sets, samples;
  int samples_last;
  void *out;
  f64 highest;
  f64 (*draw)(const sampler *s, int64_t set, jk_philox *g);
  // The steps that each sample has to itself, where they are not 256.
  int (*steps)(const sampler *s, int64_t set);
};

static void store(int dtype, void *out, int64_t i, f64 x) {
  switch (dtype) {
    case JK_F32: ((f32 *)out)[i] = (f32)x; break;
    case JK_F64: ((f64 *)out)[i] = x; break;
    case JK_F16: ((f16 *)out)[i] = (f16)(f32)x; break;
    case JK_BF16: ((bf16 *)out)[i] = bf16_set((f32)x); break;
    case JK_I32: ((i32 *)out)[i] = x >= -0x1p31 && x < 0x1p31 ? (i32)x : INT32_MIN; break;
    default: ((i64 *)out)[i] = x >= -0x1p63 && x < 0x1p63 ? (i64)x : INT64_MIN;
  }
}

static void draw_some(void *context, size_t begin, size_t end) {
  const sampler *s = context;
  for (int64_t i = (int64_t)begin; i < (int64_t)end; i++) {
    int64_t set = i / s->samples, sample = i % s->samples;
    jk_philox g = s->generator;
    jk_philox_skip(&g, (u64)i * (u64)(s->steps ? s->steps(s, set) : STEPS_PER_SAMPLE));
    store(s->dtype, s->out, s->samples_last ? i : sample * s->sets + set, s->draw(s, set, &g));
  }
}

static void draw_all(sampler *s) {
  jk_parallel_for((size_t)(s->sets * s->samples), 512, draw_some, s);
}

// Marsaglia and Tsang's method.
static f64 draw_gamma(const sampler *s, int64_t set, jk_philox *g) {
  f64 alpha = s->a[set];
  pool uniforms = {.left = 0}, normals = {.left = 0};
  if (alpha == 1) return -log1p(-uniform(g, &uniforms));
  // Other than positive shapes have no distribution.
  if (!(alpha > 0) || isinf(alpha)) return NAN;
  int boosted = alpha < 1;
  f64 d = alpha + (boosted ? 2.0 / 3 : -1.0 / 3), c = 1.0 / 3 / sqrt(d);
  for (;;) {
    f64 x = normal(g, &normals), v = 1 + c * x;
    if (v <= 0) continue;
    v = v * v * v;
    f64 u = uniform(g, &uniforms);
    if (u < 1 - 0.0331 * (x * x) * (x * x) || log(u) < 0.5 * x * x + d * (1 - v + log(v))) {
      f64 result = d * v;
      if (boosted) result *= pow(uniform(g, &uniforms), 1 / alpha);
      return result;
    }
  }
}

void jk_random_gamma(int dtype, const jk_philox *g, const double *alpha, int64_t sets,
                     int64_t samples, void *out) {
  sampler s = {.dtype = dtype,
               .generator = *g,
               .a = alpha,
               .sets = sets,
               .samples = samples,
               .out = out,
               .draw = draw_gamma};
  draw_all(&s);
}

// Knuth's products for small rates, Hörmann's transformed rejection for large ones.
static f64 draw_poisson(const sampler *s, int64_t set, jk_philox *g) {
  f64 rate = s->a[set];
  pool p = {.left = 0};
  if (!(rate >= 0) || isinf(rate)) return NAN;
  if (rate < 10) {
    f64 limit = exp(-rate), product = 1, x = 0;
    for (;;) {
      product *= uniform(g, &p);
      if (product <= limit && x <= s->highest) return x;
      x += 1;
    }
  }
  f64 log_rate = log(rate), b = 0.931 + 2.53 * sqrt(rate), a = -0.059 + 0.02483 * b,
      inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  for (int tries = 0; tries < MOST_TRIES; tries++) {
    f64 u = uniform(g, &p) - 0.5, v = uniform(g, &p), shifted = 0.5 - fabs(u),
        k = floor((2 * a / shifted + b) * u + rate + 0.43);
    if (k > s->highest) continue;
    if (shifted >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return k;
    if (k < 0 || (shifted < 0.013 && v > shifted)) continue;
    int sign;
    if (log(v * inverse_alpha / (a / (shifted * shifted) + b)) <=
        -rate + k * log_rate - lgamma_r(k + 1, &sign))
      return k;
  }
  return rate < s->highest ? floor(rate) : s->highest;
}

static f64 highest(int dtype) {
  switch (dtype) {
    case JK_F16: return 65504;
    case JK_I32: return 2147483647;
    case JK_I64: return 0x1p63;
    case JK_F32: return 3.4028234663852886e38;
  }
  return 1.7976931348623157e308;
}

void jk_random_poisson(int dtype, const jk_philox *g, const double *rate, int64_t sets,
                       int64_t samples, void *out) {
  sampler s = {.dtype = dtype,
               .generator = *g,
               .a = rate,
               .sets = sets,
               .samples = samples,
               .out = out,
               .highest = highest(dtype),
               .draw = draw_poisson};
  draw_all(&s);
}

// What Stirling's formula leaves of log k!.
static f64 stirling_tail(f64 k) {
  static const f64 tails[] = {0.0810614667953272,  0.0413406959554092, 0.0276779256849983,
                              0.02079067210376509, 0.0166446911898211, 0.0138761288230707,
                              0.0118967099458917,  0.0104112652619720, 0.00925546218271273,
                              0.00833056343336287};
  if (k <= 9) return tails[(int)k];
  f64 square = (k + 1) * (k + 1);
  return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1);
}

// Hörmann's transformed rejection, for counts · p of 10 and more.
static f64 binomial_by_rejection(f64 count, f64 p, jk_philox *g, pool *uniforms) {
  f64 deviation = sqrt(count * p * (1 - p)), b = 1.15 + 2.53 * deviation,
      a = -0.0873 + 0.0248 * b + 0.01 * p, c = count * p + 0.5, vr = 0.92 - 4.2 / b,
      r = p / (1 - p), alpha = (2.83 + 5.1 / b) * deviation, m = floor((count + 1) * p);
  for (int tries = 0; tries < MOST_TRIES; tries++) {
    f64 u = uniform(g, uniforms), v = uniform(g, uniforms);
    u -= 0.5;
    f64 us = 0.5 - fabs(u), k = floor((2 * a / us + b) * u + c);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || k > count) continue;
    v = log(v * alpha / (a / (us * us) + b));
    f64 bound = (m + 0.5) * log((m + 1) / (r * (count - m + 1))) +
                (count + 1) * log((count - m + 1) / (count - k + 1)) +
                (k + 0.5) * log(r * (count - k + 1) / (k + 1)) + stirling_tail(m) +
                stirling_tail(count - m) - stirling_tail(k) - stirling_tail(count - k);
    if (v <= bound) return k;
  }
  return floor(count * p);
}

// Sums of geometric numbers.
static f64 binomial_by_inversion(f64 count, f64 p, jk_philox *g, pool *uniforms) {
  f64 sum = 0, number = 0;
  for (;;) {
    sum += ceil(log(uniform(g, uniforms)) / log1p(-p));
    if (!(sum <= count)) return number;
    number += 1;
  }
}

static f64 draw_binomial(const sampler *s, int64_t set, jk_philox *g) {
  f64 count = floor(s->a[set]), p = s->b[set];
  pool uniforms = {.left = 0};
  if (isnan(count) || isnan(p)) return NAN;
  if (count <= 0 || p <= 0) return 0;
  if (p >= 1) return count;
  if (isinf(count)) return NAN;
  int swapped = p > 0.5;
  f64 q = swapped ? 1 - p : p;
  f64 k = count * q >= 10 ? binomial_by_rejection(count, q, g, &uniforms)
                          : binomial_by_inversion(count, q, g, &uniforms);
  return swapped ? count - k : k;
}

// By inversion, with a mean of less than 10, far fewer draws are needed.
static int binomial_steps(const sampler *s, int64_t set) {
  f64 count = floor(s->a[set]), p = s->b[set];
  return count * (p > 0.5 ? 1 - p : p) >= 10 ? STEPS_PER_SAMPLE : 42;
}

void jk_random_binomial(int dtype, const jk_philox *g, const double *count,
                        const double *probability, int64_t sets, int64_t samples, void *out) {
  sampler s = {.dtype = dtype,
               .generator = *g,
               .a = count,
               .b = probability,
               .sets = sets,
               .samples = samples,
               .out = out,
               .draw = draw_binomial,
               .steps = binomial_steps};
  draw_all(&s);
}

// A normal number between bounds, by rejection: from the normal itself where that lies mostly
// inside, from the uniform distribution over a narrow range, from Robert's exponential for a tail.
static f64 draw_truncated(const sampler *s, int64_t set, jk_philox *g) {
  f64 mean = s->a[set], deviation = s->b[set], low = s->c[set], high = s->d[set];
  pool uniforms = {.left = 0}, normals = {.left = 0};
  if (!(deviation > 0) || !(low < high) || isinf(deviation) ||
      (isinf(low) && isinf(high) && low == high))
    return NAN;
  // The tail further from 0 is always on the right.
  int turned = (isinf(low) && low < 0) || high < mean;
  f64 sign = turned ? -1 : 1;
  f64 from = (turned ? mean - high : low - mean) / deviation,
      to = (turned ? mean - low : high - mean) / deviation;
  f64 x;
  if (from <= 0.5 && to - from > 1.2) {
    do x = normal(g, &normals); while (x < from || x > to);
  } else if (from > 0 &&
             to - from > 2.0 / (from + sqrt(from * from + 4)) *
                             exp(0.5 + (from * from - from * sqrt(from * from + 4)) / 4)) {
    f64 rate = (from + sqrt(from * from + 4)) / 2, ratio;
    do {
      x = from - log1p(-uniform(g, &uniforms)) / rate;
      ratio = exp(-0.5 * (x - rate) * (x - rate));
    } while (x > to || uniform(g, &uniforms) > ratio);
  } else {
    f64 peak = from > 0 ? from * from : to < 0 ? to * to : 0;
    do x = from + (to - from) * uniform(g, &uniforms);
    while (uniform(g, &uniforms) > exp(0.5 * (peak - x * x)));
  }
  return mean + sign * deviation * x;
}

void jk_random_truncated(int dtype, const jk_philox *g, const double *mean, const double *deviation,
                         const double *low, const double *high, int64_t sets, int64_t samples,
                         int samples_last, void *out) {
  sampler s = {.dtype = dtype,
               .generator = *g,
               .a = mean,
               .b = deviation,
               .c = low,
               .d = high,
               .sets = sets,
               .samples = samples,
               .samples_last = samples_last,
               .out = out,
               .draw = draw_truncated};
  draw_all(&s);
}

void jk_random_multinomial(const jk_philox *generator, const double *logits, int64_t rows,
                           int64_t classes, int64_t samples, double *sums, int64_t *out) {
  jk_philox g = *generator;
  u32 s[4];
  int used = 4;
  for (int64_t row = 0; row < rows; row++) {
    const f64 *l = logits + row * classes;
    f64 most = -INFINITY, total = 0;
    for (int64_t c = 0; c < classes; c++)
      if (isfinite(l[c]) && l[c] > most) most = l[c];
    for (int64_t c = 0; c < classes; c++) {
      if (isfinite(l[c])) total += exp(l[c] - most);
      sums[c] = total;
    }
    for (int64_t i = 0; i < samples; i++) {
      if ((i & 65535) == 65535 && jk_stopped()) return;
      if (used == 4) jk_philox_next(&g, s), used = 0;
      f64 wanted = unit(s[used], s[used + 1]) * total;
      used += 2;
      // The first class whose sum is greater.
      int64_t first = 0, last = classes;
      while (first < last) {
        int64_t middle = first + (last - first) / 2;
        if (wanted < sums[middle]) last = middle;
        else first = middle + 1;
      }
      out[row * samples + i] = first;
    }
  }
}

// --- the derivative of a gamma sample ---

static f64 digamma(f64 x) {
  f64 result = 0;
  while (x < 10) result -= 1 / x, x += 1;
  f64 y = 1 / (x * x);
  return result + log(x) - 0.5 / x -
         y * (1.0 / 12 -
              y * (1.0 / 120 -
                   y * (1.0 / 252 -
                        y * (1.0 / 240 - y * (1.0 / 132 - y * (691.0 / 32760 - y / 12))))));
}

// dx/da = -(dP(a, x)/da) / p(x), with P the lower incomplete gamma function.
double jk_gamma_sample_derivative(double a, double x) {
  if (isnan(a) || isnan(x) || a <= 0 || x < 0) return NAN;
  if (x == 0) return 0;
  if (isinf(x) || isinf(a)) return NAN;
  if (x <= a || x < 30) {
    // P = e^(a ln x - x) / Γ(a+1) · Σ xⁿ / ((a+1)…(a+n)); differentiate term by term.
    f64 term = 1, sum = 1, slope = 0, dterm = 0;
    for (int n = 1; n < 20000; n++) {
      f64 f = x / (a + n);
      dterm = dterm * f - term * f / (a + n);
      term *= f;
      sum += term;
      slope += dterm;
      if (fabs(dterm) <= 1e-17 * fabs(slope) && term <= 1e-17 * sum) break;
    }
    // P / p = x/a · Σ, and dlnP/da = ln x - ψ(a+1) + Σ'/Σ.
    return -(x / a) * (sum * (log(x) - digamma(a + 1)) + slope);
  }
  // The upper function by Lentz's continued fraction, with its derivative by a carried along.
  f64 b = x + 1 - a, db = -1, c = 1e300, dc = 0, d = 1 / b, dd = d * d, h = d, dh = dd;
  for (int n = 1; n < 20000; n++) {
    f64 an = -n * (n - a), dan = n;
    b += 2;
    f64 e = an * d + b, de = dan * d + an * dd + db;
    d = 1 / e, dd = -de * d * d;
    f64 previous = c;
    c = b + an / previous;
    dc = db + dan / previous - an * dc / (previous * previous);
    f64 step = d * c, dstep = dd * c + d * dc;
    dh = dh * step + h * dstep;
    h *= step;
    if (fabs(step - 1) < 1e-16 && fabs(dstep) < 1e-16 * (1 + fabs(dh / h))) break;
  }
  // Q / p = x·h; dQ/da = Q·(ln x - ψ(a) + h'/h), and dP/da = -dQ/da.
  return x * (h * (log(x) - digamma(a)) + dh);
}
