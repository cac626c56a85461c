// Loops over many strings: their bytes lie one after the other, and element i is the bytes from
// starts[i] to starts[i + 1].
#include "jk.h"

#include <string.h>

static uint64_t fetch64(const uint8_t *p) {
  uint64_t word;
  memcpy(&word, p, 8);
  return word;
}
static uint32_t fetch32(const uint8_t *p) {
  uint32_t word;
  memcpy(&word, p, 4);
  return word;
}

// Up to seven bytes as a word, the lowest first; what is missing is zero.
static uint64_t rest64(const uint8_t *p, size_t n) {
  if (n >= 4) return fetch32(p) | (uint64_t)fetch32(p + n - 4) << 8 * (n - 4);
  uint64_t word = p[0];
  if (n > 1) word |= (uint64_t)p[1] << 8;
  if (n > 2) word |= (uint64_t)p[2] << 16;
  return word;
}

// A remainder without dividing: the quotient is estimated by a product, and is too small by 2 at
// most (Barrett, 1986).
typedef struct {
  uint64_t divisor, factor;
} remainder_by;

static remainder_by remainder_of(uint64_t divisor) {
  return (remainder_by){divisor, UINT64_MAX / divisor};
}

static uint64_t remainder_for(remainder_by by, uint64_t n) {
  uint64_t quotient = (uint64_t)((unsigned __int128)n * by.factor >> 64);
  uint64_t rest = n - quotient * by.divisor;
  // Which way each goes is as random as the number: no branches.
  rest -= by.divisor & -(uint64_t)(rest >= by.divisor);
  rest -= by.divisor & -(uint64_t)(rest >= by.divisor);
  return rest;
}

void jk_fingerprint_strings(const void *bytes, const int64_t *starts, size_t begin, size_t end,
                            uint64_t buckets, int64_t *out) {
  const uint8_t *base = bytes;
  remainder_by by = remainder_of(buckets);
  for (size_t i = begin; i < end; i++) {
    size_t size = (size_t)(starts[i + 1] - starts[i]);
    out[i] = (int64_t)remainder_for(by, jk_fingerprint64(base + starts[i], size));
  }
}

// MurmurHash64A, with the seed that TensorFlow's Hash64 has.
static uint64_t murmur64(const uint8_t *p, size_t n) {
  const uint64_t m = 0xc6a4a7935bd1e995;
  uint64_t hash = 0xdecafcaffe ^ (uint64_t)n * m;
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t word = fetch64(p) * m;
    word = (word ^ word >> 47) * m;
    hash = (hash ^ word) * m;
  }
  if (n) hash = (hash ^ rest64(p, n)) * m;
  hash = (hash ^ hash >> 47) * m;
  return hash ^ hash >> 47;
}

static bool is_same(const uint8_t *a, const uint8_t *b, size_t n) {
  for (; n >= 8; n -= 8, a += 8, b += 8)
    if (fetch64(a) != fetch64(b)) return false;
  return !n || rest64(a, n) == rest64(b, n);
}

// Keys are looked up in groups, step by step, so that their memory is waited for at once.
enum { GROUP = 16 };

void jk_find_strings(const jk_string_table *table, const void *bytes, const int64_t *starts,
                     size_t begin, size_t end, int32_t *slots) {
  const uint8_t *base = bytes, *text = table->text;
  remainder_by by = remainder_of(table->width);
  uint64_t hash[GROUP];
  uint32_t home[GROUP];
  int32_t slot[GROUP];
  for (size_t start = begin; start < end; start += GROUP) {
    size_t count = end - start < GROUP ? end - start : GROUP;
    for (size_t i = 0; i < count; i++) {
      int64_t from = starts[start + i];
      hash[i] = murmur64(base + from, (size_t)(starts[start + i + 1] - from));
      home[i] = (uint32_t)remainder_for(by, hash[i]);
      __builtin_prefetch(table->buckets + home[i]);
    }
    for (size_t i = 0; i < count; i++) {
      int32_t before = table->buckets[home[i]];
      slot[i] = before == JK_BUCKET_AT_START ? table->first : before < 0 ? -1 : table->next[before];
      if (slot[i] < 0) continue;
      __builtin_prefetch(table->hashes + slot[i]);
      __builtin_prefetch(table->spans + slot[i]);
    }
    for (size_t i = 0; i < count; i++) {
      int64_t from = starts[start + i], size = starts[start + i + 1] - from;
      int32_t at = slot[i];
      while (at >= 0) {
        const int64_t *span = table->spans[at];
        if (table->hashes[at] == hash[i] && span[1] - span[0] == size &&
            is_same(text + span[0], base + from, (size_t)size))
          break;
        at = table->next[at];
        if (at >= 0 && (uint32_t)table->homes[at] != home[i]) at = -1;
      }
      slots[start - begin + i] = at;
    }
  }
}
