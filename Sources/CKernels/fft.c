#include "loops.h"

#include <complex.h>
#include <stdatomic.h>
#include <stdlib.h>

// Fourier transforms in double: mixed radices where the prime factors are small, Bluestein's
// convolution elsewhere.

enum { LARGEST_PRIME = 61, MOST_FACTORS = 64 };

struct jk_fft {
  int64_t n;
  int factors;
  int64_t factor[MOST_FACTORS];
  c128 *root;        // e^(-2πi k/n)
  jk_fft *longer;    // Bluestein: the power of two that convolves
  c128 *chirp;       // e^(-πi k²/n)
  c128 *filter;      // the transform of the conjugated chirp
};

static c128 unit_root(int64_t k, int64_t n) {
  // By octants, so that exact values stay exact.
  int64_t eighth = 8 * (k % n);
  f64 angle = 2 * M_PI * (f64)(k % n) / (f64)n;
  if (eighth % n == 0 && (eighth / n) % 2 == 0) {
    switch (eighth / n / 2) {
      case 0: return 1;
      case 1: return -I;
      case 2: return -1;
      default: return I;
    }
  }
  return cos(angle) - I * sin(angle);
}

JK_INLINE c128 mul(c128 a, c128 b) {
  f64 re = creal(a) * creal(b) - cimag(a) * cimag(b),
      im = creal(a) * cimag(b) + cimag(a) * creal(b);
  return __builtin_complex(re, im);
}

// out[0..<n] = transform of in[0], in[stride], …; `level` is the next factor.
static void transform(const jk_fft *p, int level, int64_t n, const c128 *in, int64_t stride,
                      c128 *out) {
  if (n == 1) {
    out[0] = in[0];
    return;
  }
  int64_t radix = p->factor[level], m = n / radix, step = p->n / n;
  for (int64_t r = 0; r < radix; r++)
    transform(p, level + 1, m, in + r * stride, stride * radix, out + r * m);
  const c128 *w = p->root;
  if (radix == 2) {
    for (int64_t k = 0; k < m; k++) {
      c128 a = out[k], b = mul(out[k + m], w[k * step]);
      out[k] = a + b;
      out[k + m] = a - b;
    }
  } else if (radix == 4) {
    for (int64_t k = 0; k < m; k++) {
      c128 a = out[k], b = mul(out[k + m], w[k * step]), c = mul(out[k + 2 * m], w[2 * k * step]),
           d = mul(out[k + 3 * m], w[3 * k * step]);
      c128 s = a + c, t = a - c, u = b + d, v = b - d,
           turned = __builtin_complex(cimag(v), -creal(v));
      out[k] = s + u;
      out[k + m] = t + turned;
      out[k + 2 * m] = s - u;
      out[k + 3 * m] = t - turned;
    }
  } else {
    c128 x[LARGEST_PRIME + 1];
    for (int64_t k = 0; k < m; k++) {
      for (int64_t r = 0; r < radix; r++) x[r] = mul(out[k + r * m], w[(r * k * step) % p->n]);
      for (int64_t q = 0; q < radix; q++) {
        c128 sum = x[0];
        for (int64_t r = 1; r < radix; r++) sum += mul(x[r], w[(q * r % radix) * (p->n / radix)]);
        out[k + q * m] = sum;
      }
    }
  }
}

void jk_fft_destroy(jk_fft *p) {
  if (!p) return;
  jk_fft_destroy(p->longer);
  free(p->root);
  free(p->chirp);
  free(p->filter);
  free(p);
}

static jk_fft *give_up(jk_fft *p) {
  jk_fft_destroy(p);
  return 0;
}

jk_fft *jk_fft_create(int64_t n) {
  jk_fft *p = calloc(1, sizeof *p);
  if (!p) return 0;
  p->n = n;
  int64_t rest = n;
  while (rest % 4 == 0) p->factor[p->factors++] = 4, rest /= 4;
  for (int64_t f = 2; f <= LARGEST_PRIME; f++)
    while (rest % f == 0) p->factor[p->factors++] = f, rest /= f;
  if (rest == 1) {
    p->root = malloc((size_t)n * sizeof(c128));
    if (!p->root) return give_up(p);
    for (int64_t k = 0; k < n; k++) p->root[k] = unit_root(k, n);
    return p;
  }
  int64_t longer = 1;
  while (longer < 2 * n - 1) longer *= 2;
  p->longer = jk_fft_create(longer);
  p->chirp = malloc((size_t)n * sizeof(c128));
  p->filter = calloc((size_t)longer, sizeof(c128));
  c128 *padded = calloc((size_t)longer, sizeof(c128));
  if (!p->longer || !p->chirp || !p->filter || !padded) {
    free(padded);
    return give_up(p);
  }
  for (int64_t k = 0; k < n; k++) {
    // k² modulo 2n without overflow.
    int64_t square =
        (int64_t)((unsigned __int128)k * (unsigned __int128)k % (unsigned __int128)(2 * n));
    p->chirp[k] = unit_root(square, 2 * n);
    padded[k] = conj(p->chirp[k]);
    if (k) padded[longer - k] = padded[k];
  }
  transform(p->longer, 0, longer, padded, 1, p->filter);
  free(padded);
  return p;
}

// The forward transform; room is for 2 · longer numbers where Bluestein is used.
static void forward(const jk_fft *p, const c128 *in, c128 *out, c128 *room) {
  if (!p->longer) {
    transform(p, 0, p->n, in, 1, out);
    return;
  }
  int64_t l = p->longer->n, n = p->n;
  c128 *a = room, *b = room + l;
  memset(a, 0, (size_t)l * sizeof(c128));
  for (int64_t k = 0; k < n; k++) a[k] = mul(in[k], p->chirp[k]);
  transform(p->longer, 0, l, a, 1, b);
  // The inverse by conjugates.
  for (int64_t k = 0; k < l; k++) b[k] = conj(mul(b[k], p->filter[k]));
  transform(p->longer, 0, l, b, 1, a);
  for (int64_t k = 0; k < n; k++) out[k] = mul(conj(a[k]) / (f64)l, p->chirp[k]);
}

typedef struct {
  const jk_fft *plan;
  int inverse;
  c128 *data;
  int64_t inner;
  atomic_int failed;
} line_job;

static void some_lines(void *context, size_t begin, size_t end) {
  line_job *j = context;
  int64_t n = j->plan->n, extra = j->plan->longer ? 2 * j->plan->longer->n : 0;
  c128 *line = malloc((size_t)(2 * n + extra) * sizeof(c128));
  if (!line) {
    atomic_store(&j->failed, 1);
    return;
  }
  c128 *out = line + n;
  for (int64_t i = (int64_t)begin; i < (int64_t)end; i++) {
    c128 *first = j->data + i / j->inner * n * j->inner + i % j->inner;
    for (int64_t k = 0; k < n; k++)
      line[k] = j->inverse ? conj(first[k * j->inner]) : first[k * j->inner];
    forward(j->plan, line, out, out + n);
    for (int64_t k = 0; k < n; k++)
      first[k * j->inner] = j->inverse ? conj(out[k]) / (f64)n : out[k];
  }
  free(line);
}

int jk_fft_lines(const jk_fft *plan, int inverse, void *data, int64_t outer, int64_t inner) {
  line_job j = {plan, inverse, data, inner, 0};
  jk_parallel_for((size_t)(outer * inner), (size_t)(1 + 4096 / plan->n), some_lines, &j);
  return atomic_load(&j.failed);
}

void jk_fft_complete(void *data, int64_t lines, int64_t n) {
  for (int64_t i = 0; i < lines; i++) {
    c128 *x = (c128 *)data + i * n;
    x[0] = creal(x[0]);
    if (n % 2 == 0) x[n / 2] = creal(x[n / 2]);
    for (int64_t k = n / 2 + 1; k < n; k++) x[k] = conj(x[n - k]);
  }
}

static int64_t bytes_of(int dtype) {
  switch (dtype) {
    case JK_F32: return 4;
    case JK_C128: return 16;
  }
  return 8;
}

void jk_fft_copy(int from, int to, int rank, const int64_t *from_dims, const int64_t *to_dims,
                 int64_t stack, const void *in, void *out) {
  int64_t from_count = 1, to_count = 1, lines = 1;
  for (int d = 0; d < rank; d++) from_count *= from_dims[d], to_count *= to_dims[d];
  for (int d = 0; d + 1 < rank; d++) lines *= to_dims[d];
  int64_t width = to_dims[rank - 1],
          common = from_dims[rank - 1] < width ? from_dims[rank - 1] : width;
  memset(out, 0, (size_t)(stack * to_count * bytes_of(to)));
  for (int64_t s = 0; s < stack; s++) {
    for (int64_t line = 0; line < lines; line++) {
      // The place of this line of the result in the source, if it is there.
      int64_t rest = line, offset = 0, size = 1, inside = 1;
      for (int d = rank - 2; d >= 0; d--) {
        int64_t i = rest % to_dims[d];
        rest /= to_dims[d];
        if (i >= from_dims[d]) inside = 0;
        offset += i * size;
        size *= from_dims[d];
      }
      if (!inside) continue;
      const char *source =
          (const char *)in + (s * from_count + offset * from_dims[rank - 1]) * bytes_of(from);
      char *target = (char *)out + (s * to_count + line * width) * bytes_of(to);
      jk_convert_numbers(from, to, source, target, common);
    }
  }
}
