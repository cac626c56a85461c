#include <string.h>

#include "jk.h"
#include "remainder.h"

// FarmHash's Fingerprint64 (farmhashna::Hash64).
static const uint64_t k0 = 0xc3a5c85c97cb3127u, k1 = 0xb492b66fbe98f273u, k2 = 0x9ae16a3b2f90404fu;

typedef struct {
  uint64_t first, second;
} pair;

static uint64_t fetch(const uint8_t *p) {
  uint64_t word;
  memcpy(&word, p, 8);
  return word;
}

static uint64_t fetch32(const uint8_t *p) {
  uint32_t word;
  memcpy(&word, p, 4);
  return word;
}

static uint64_t rotate(uint64_t v, int by) { return v >> by | v << (64 - by); }
static uint64_t mix(uint64_t v) { return v ^ v >> 47; }

static uint64_t hash16(uint64_t u, uint64_t v, uint64_t mul) {
  uint64_t a = mix((u ^ v) * mul);
  return mix((v ^ a) * mul) * mul;
}

static uint64_t upto16(const uint8_t *s, size_t n) {
  uint64_t mul = k2 + n * 2;
  if (n >= 8) {
    uint64_t a = fetch(s) + k2, b = fetch(s + n - 8);
    return hash16(rotate(b, 37) * mul + a, (rotate(a, 25) + b) * mul, mul);
  }
  if (n >= 4) return hash16(n + (fetch32(s) << 3), fetch32(s + n - 4), mul);
  if (n == 0) return k2;
  uint32_t y = s[0] + ((uint32_t)s[n >> 1] << 8), z = (uint32_t)n + ((uint32_t)s[n - 1] << 2);
  return mix(y * k2 ^ z * k0) * k2;
}

static uint64_t upto32(const uint8_t *s, size_t n) {
  uint64_t mul = k2 + n * 2, a = fetch(s) * k1, b = fetch(s + 8), c = fetch(s + n - 8) * mul,
           d = fetch(s + n - 16) * k2;
  return hash16(rotate(a + b, 43) + rotate(c, 30) + d, a + rotate(b + k2, 18) + c, mul);
}

static uint64_t upto64(const uint8_t *s, size_t n) {
  uint64_t mul = k2 + n * 2, a = fetch(s) * k2, b = fetch(s + 8), c = fetch(s + n - 8) * mul,
           d = fetch(s + n - 16) * k2;
  uint64_t y = rotate(a + b, 43) + rotate(c, 30) + d;
  uint64_t z = hash16(y, a + rotate(b + k2, 18) + c, mul);
  uint64_t e = fetch(s + 16) * mul, f = fetch(s + 24), g = (y + fetch(s + n - 32)) * mul,
           h = (z + fetch(s + n - 24)) * mul;
  return hash16(rotate(e + f, 43) + rotate(g, 30) + h, e + rotate(f + a, 18) + g, mul);
}

static pair weak(const uint8_t *s, uint64_t a, uint64_t b) {
  uint64_t w = fetch(s), x = fetch(s + 8), y = fetch(s + 16), z = fetch(s + 24);
  a += w;
  b = rotate(b + a + z, 21);
  uint64_t c = a;
  a += x + y;
  b += rotate(a, 44);
  return (pair){a + z, b + c};
}

static void swap(uint64_t *a, uint64_t *b) {
  uint64_t c = *a;
  *a = *b;
  *b = c;
}

uint64_t jk_fingerprint64(const void *data, size_t n) {
  const uint8_t *s = data;
  if (n <= 16) return upto16(s, n);
  if (n <= 32) return upto32(s, n);
  if (n <= 64) return upto64(s, n);
  const uint64_t seed = 81;
  uint64_t x = seed * k2 + fetch(s), y = seed * k1 + 113, z = mix(y * k2 + 113) * k2;
  pair v = {0, 0}, w = {0, 0};
  const uint8_t *end = s + (n - 1) / 64 * 64, *last = end + ((n - 1) & 63) - 63;
  do {
    x = rotate(x + y + v.first + fetch(s + 8), 37) * k1;
    y = rotate(y + v.second + fetch(s + 48), 42) * k1;
    x ^= w.second;
    y += v.first + fetch(s + 40);
    z = rotate(z + w.first, 33) * k1;
    v = weak(s, v.second * k1, x + w.first);
    w = weak(s + 32, z + w.second, y + fetch(s + 16));
    swap(&z, &x);
    s += 64;
  } while (s != end);
  uint64_t mul = k1 + ((z & 0xff) << 1);
  s = last;
  w.first += (n - 1) & 63;
  v.first += w.first;
  w.first += v.first;
  x = rotate(x + y + v.first + fetch(s + 8), 37) * mul;
  y = rotate(y + v.second + fetch(s + 48), 42) * mul;
  x ^= w.second * 9;
  y += v.first * 9 + fetch(s + 40);
  z = rotate(z + w.first, 33) * mul;
  v = weak(s, v.second * mul, x + w.first);
  w = weak(s + 32, z + w.second, y + fetch(s + 16));
  swap(&z, &x);
  return hash16(hash16(v.first, w.first, mul) + mix(y) * k0 + z,
                hash16(v.second, w.second, mul) + x, mul);
}

void jk_fingerprint_strings(const void *bytes, const int64_t *starts, size_t begin, size_t end,
                            uint64_t buckets, int64_t *out) {
  // Sorted by how they are hashed, as which way it goes is not to be foreseen.
  enum { BLOCK = 128, WAYS = 4 };
  uint8_t order[WAYS][BLOCK];
  const uint8_t *base = bytes;
  jk_divisor by = jk_divisor_of(buckets);
  for (size_t start = begin; start < end; start += BLOCK) {
    size_t count = end - start < BLOCK ? end - start : BLOCK, sizes[WAYS] = {0};
    const int64_t *from = starts + start;
    int64_t *to = out + start;
    for (size_t i = 0; i < count; i++) {
      int64_t n = from[i + 1] - from[i];
      int way = (n >= 4) + (n >= 8) + (n > 16);
      order[way][sizes[way]++] = (uint8_t)i;
    }
    for (int way = 0; way < WAYS; way++)
      for (size_t k = 0; k < sizes[way]; k++) {
        size_t i = order[way][k], n = (size_t)(from[i + 1] - from[i]);
        const uint8_t *s = base + from[i];
        uint64_t hash = way < 3 ? upto16(s, n) : jk_fingerprint64(s, n);
        to[i] = (int64_t)jk_remainder(by, hash);
      }
  }
}
