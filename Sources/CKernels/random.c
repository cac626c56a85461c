#include "loops.h"

// Philox 4x32-10, and the numbers that TensorFlow makes of its bits.

jk_philox jk_philox_from_key(uint64_t key, uint64_t counter0, uint64_t counter1) {
  return (jk_philox){{(u32)counter0, (u32)(counter0 >> 32), (u32)counter1, (u32)(counter1 >> 32)},
                     {(u32)key, (u32)(key >> 32)}};
}

jk_philox jk_philox_from_seeds(uint64_t seed, uint64_t seed2) {
  return jk_philox_from_key(seed, 0, seed2);
}

jk_philox jk_philox_scrambled(uint64_t seed0, uint64_t seed1) {
  jk_philox mixer = jk_philox_from_key(0x02461e293ec8f720u, seed0, seed1);
  u32 mix[4];
  jk_philox_next(&mixer, mix);
  return (jk_philox){{0, 0, mix[2], mix[3]}, {mix[0], mix[1]}};
}

void jk_philox_skip(jk_philox *g, uint64_t steps) {
  u64 low = (u64)g->counter[0] | (u64)g->counter[1] << 32,
      high = (u64)g->counter[2] | (u64)g->counter[3] << 32;
  u64 sum = low + steps;
  high += sum < low;
  g->counter[0] = (u32)sum, g->counter[1] = (u32)(sum >> 32);
  g->counter[2] = (u32)high, g->counter[3] = (u32)(high >> 32);
}

enum { LANES = 32, SAMPLES = 4 * LANES };

#define MULTIPLIER_0 0xD2511F53u
#define MULTIPLIER_1 0xCD9E8D57u
#define WEYL_0 0x9E3779B9u
#define WEYL_1 0xBB67AE85u

void jk_philox_next(jk_philox *g, uint32_t *four) {
  u32 a = g->counter[0], b = g->counter[1], c = g->counter[2], d = g->counter[3], k0 = g->key[0],
      k1 = g->key[1];
  for (int round = 0; round < 10; round++) {
    u64 p = (u64)MULTIPLIER_0 * a, q = (u64)MULTIPLIER_1 * c;
    a = (u32)(q >> 32) ^ b ^ k0;
    b = (u32)q;
    c = (u32)(p >> 32) ^ d ^ k1;
    d = (u32)p;
    k0 += WEYL_0, k1 += WEYL_1;
  }
  four[0] = a, four[1] = b, four[2] = c, four[3] = d;
  jk_philox_skip(g, 1);
}

// The next LANES steps at once.
JK_CLONES(void, next_block, (jk_philox *g, u32 *samples), (g, samples)) {
  u32 a[LANES], b[LANES], c[LANES], d[LANES];
  u64 low = (u64)g->counter[0] | (u64)g->counter[1] << 32,
      high = (u64)g->counter[2] | (u64)g->counter[3] << 32;
  for (int i = 0; i < LANES; i++) {
    u64 l = low + (u64)i, h = high + (l < low);
    a[i] = (u32)l, b[i] = (u32)(l >> 32), c[i] = (u32)h, d[i] = (u32)(h >> 32);
  }
  u32 k0 = g->key[0], k1 = g->key[1];
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < LANES; i++) {
      u64 p = (u64)MULTIPLIER_0 * a[i], q = (u64)MULTIPLIER_1 * c[i];
      a[i] = (u32)(q >> 32) ^ b[i] ^ k0;
      b[i] = (u32)q;
      c[i] = (u32)(p >> 32) ^ d[i] ^ k1;
      d[i] = (u32)p;
    }
    k0 += WEYL_0, k1 += WEYL_1;
  }
  for (int i = 0; i < LANES; i++) {
    samples[4 * i] = a[i], samples[4 * i + 1] = b[i], samples[4 * i + 2] = c[i],
                samples[4 * i + 3] = d[i];
  }
  jk_philox_skip(g, LANES);
}

// --- bits to numbers ---

// In [0, 1): the bits are the fraction of a number in [1, 2), less 1.
JK_INLINE f32 unit_f32(u32 x) {
  union { u32 i; f32 f; } u = {(x & 0x7fffffu) | 0x3f800000u};
  return u.f - 1.0f;
}
JK_INLINE f64 unit_f64(u32 high, u32 low) {
  union { u64 i; f64 f; } u = {((u64)(high & 0xfffffu) << 32) | low | 0x3ff0000000000000u};
  return u.f - 1.0;
}
JK_INLINE f16 unit_f16(u32 x) {
  u16 bits = (u16)((x & 0x3ffu) | 0x3c00u);
  f16 f;
  memcpy(&f, &bits, 2);
  return (f16)((f32)f - 1.0f);
}
JK_INLINE bf16 unit_bf16(u32 x) {
  return bf16_set(bf16_get((bf16){(u16)((x & 0x7fu) | 0x3f80u)}) - 1.0f);
}

void sincosf(float, float *, float *);
void sincos(double, double *, double *);

// Box and Muller's pairs of normal numbers.
static void normal_pair_f32(u32 x0, u32 x1, f32 *pair) {
  f32 u = unit_f32(x0);
  if (u < 1.0e-7f) u = 1.0e-7f;
  f32 angle = (f32)(2.0 * M_PI * (f64)unit_f32(x1)), radius = sqrtf(-2.0f * logf(u));
  sincosf(angle, &pair[0], &pair[1]);
  pair[0] *= radius, pair[1] *= radius;
}
static void normal_pair_f64(const u32 *x, f64 *pair) {
  f64 u = unit_f64(x[0], x[1]);
  if (u < 1.0e-7) u = 1.0e-7;
  f64 angle = 2 * M_PI * unit_f64(x[2], x[3]), radius = sqrt(-2.0 * log(u));
  sincos(angle, &pair[0], &pair[1]);
  pair[0] *= radius, pair[1] *= radius;
}

typedef struct {
  int kind, dtype;
  jk_philox generator;
  i64 low;
  u64 width;
  char *out;
  int64_t n;
} fill_job;

// How many numbers one step of the generator gives.
static int per_step(const fill_job *j) {
  return j->dtype == JK_F64 || j->dtype == JK_I64 || j->dtype == JK_U64 ? 2 : 4;
}
static int64_t size_of(int dtype) {
  switch (dtype) {
    case JK_F16: case JK_BF16: return 2;
    case JK_F64: case JK_I64: case JK_U64: return 8;
  }
  return 4;
}

// Turns SAMPLES numbers of the generator into results.
static void convert(const fill_job *j, const u32 *s, void *out) {
  f32 *f = out;
  f64 *d = out;
  f16 *h = out;
  bf16 *b = out;
  u32 *w = out;
  u64 *q = out;
  f32 pair[2];
  switch (j->kind) {
    case JK_UNIFORM:
      switch (j->dtype) {
        case JK_F32: for (int i = 0; i < SAMPLES; i++) f[i] = unit_f32(s[i]); return;
        case JK_F16: for (int i = 0; i < SAMPLES; i++) h[i] = unit_f16(s[i]); return;
        case JK_BF16: for (int i = 0; i < SAMPLES; i++) b[i] = unit_bf16(s[i]); return;
        default: for (int i = 0; i < SAMPLES / 2; i++) d[i] = unit_f64(s[2 * i], s[2 * i + 1]);
      }
      return;
    case JK_NORMAL:
      if (j->dtype == JK_F64) {
        for (int i = 0; i < SAMPLES / 2; i += 2) normal_pair_f64(s + 2 * i, d + i);
        return;
      }
      for (int i = 0; i < SAMPLES; i += 2) {
        normal_pair_f32(s[i], s[i + 1], pair);
        for (int p = 0; p < 2; p++) {
          if (j->dtype == JK_F32) f[i + p] = pair[p];
          else if (j->dtype == JK_F16) h[i + p] = (f16)pair[p];
          else b[i + p] = bf16_set(pair[p]);
        }
      }
      return;
    case JK_FULL_INT:
      // Both halves of a 64-bit number lie in the order of memory.
      memcpy(out, s, SAMPLES * sizeof(u32));
      return;
    case JK_RANGE:
      if (size_of(j->dtype) == 4) {
        u32 low = (u32)j->low, width = (u32)j->width;
        for (int i = 0; i < SAMPLES; i++) w[i] = low + s[i] % width;
      } else {
        for (int i = 0; i < SAMPLES / 2; i++)
          q[i] = (u64)j->low + (((u64)s[2 * i + 1] << 32) | s[2 * i]) % j->width;
      }
      return;
  }
}

static void fill_blocks(void *context, size_t begin, size_t end) {
  const fill_job *j = context;
  jk_philox g = j->generator;
  jk_philox_skip(&g, (u64)begin * LANES);
  int64_t block = per_step(j) * LANES, size = size_of(j->dtype);
  u32 samples[SAMPLES];
  _Alignas(64) char last[SAMPLES * 4];
  for (size_t i = begin; i < end; i++) {
    int64_t at = (int64_t)i * block, rest = j->n - at;
    next_block(&g, samples);
    if (rest >= block) {
      convert(j, samples, j->out + at * size);
    } else {
      convert(j, samples, last);
      memcpy(j->out + at * size, last, (size_t)(rest * size));
    }
  }
}

// Normal numbers within two deviations: those outside are drawn again, so each group of results has
// 256 numbers per result to itself.
static void fill_truncated(void *context, size_t begin, size_t end) {
  const fill_job *j = context;
  int group = per_step(j);
  for (size_t i = begin; i < end; i++) {
    jk_philox g = j->generator;
    jk_philox_skip(&g, (u64)i * (u64)(group * 256 / 4));
    int64_t at = (int64_t)i * group, rest = j->n - at;
    if (rest > group) rest = group;
    for (int found = 0; found < rest;) {
      u32 s[4];
      jk_philox_next(&g, s);
      if (j->dtype == JK_F64) {
        f64 pair[2];
        normal_pair_f64(s, pair);
        for (int p = 0; p < 2 && found < rest; p++)
          if (fabs(pair[p]) < 2.0) ((f64 *)j->out)[at + found++] = pair[p];
        continue;
      }
      for (int half = 0; half < 4; half += 2) {
        f32 pair[2];
        normal_pair_f32(s[half], s[half + 1], pair);
        for (int p = 0; p < 2 && found < rest; p++) {
          if (!(fabsf(pair[p]) < 2.0f)) continue;
          if (j->dtype == JK_F32) ((f32 *)j->out)[at + found++] = pair[p];
          else if (j->dtype == JK_F16) ((f16 *)j->out)[at + found++] = (f16)pair[p];
          else ((bf16 *)j->out)[at + found++] = bf16_set(pair[p]);
        }
      }
    }
  }
}

void jk_random_fill(int kind, int dtype, const jk_philox *generator, int64_t low, uint64_t width,
                    void *out, int64_t n) {
  if (n == 0) return;
  fill_job j = {kind, dtype, *generator, low, width, out, n};
  size_t step = (size_t)per_step(&j);
  if (kind == JK_TRUNCATED_NORMAL) {
    jk_parallel_for(((size_t)n + step - 1) / step, 512, fill_truncated, &j);
  } else {
    size_t block = step * LANES;
    jk_parallel_for(((size_t)n + block - 1) / block, kind == JK_NORMAL ? 16 : 256, fill_blocks, &j);
  }
}

void jk_random_permutation(const jk_philox *generator, int64_t n, int64_t *order) {
  jk_philox g = *generator;
  u32 s[4];
  int used = 4;
  for (int64_t i = 0; i < n; i++) order[i] = i;
  for (int64_t i = 0; i + 1 < n; i++) {
    if (used == 4) jk_philox_next(&g, s), used = 0;
    // The number of candidates is cut to 32 bits, as the samples are.
    u32 candidates = (u32)(n - i);
    int64_t other = i + (candidates ? s[used] % candidates : 0), held = order[i];
    used++;
    order[i] = order[other];
    order[other] = held;
  }
}
