// Loops over many strings: their bytes lie one after the other, and element i is the bytes from
// starts[i] to starts[i + 1].
#include "jk.h"

#include <string.h>

#include "remainder.h"

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

// One to seven bytes as a word, the lowest first; what is missing is zero. Bytes before `limit` may
// be read: how many there are then takes no branches.
static uint64_t rest64(const uint8_t *p, size_t n, const uint8_t *limit) {
  if (limit - p >= 8) return fetch64(p) & ~0ull >> (64 - 8 * n);
  if (n >= 4) return fetch32(p) | (uint64_t)fetch32(p + n - 4) << 8 * (n - 4);
  uint64_t word = p[0];
  if (n > 1) word |= (uint64_t)p[1] << 8;
  if (n > 2) word |= (uint64_t)p[2] << 16;
  return word;
}

// MurmurHash64A, with the seed that TensorFlow's Hash64 has.
static uint64_t murmur64(const uint8_t *p, size_t n, const uint8_t *limit) {
  const uint64_t m = 0xc6a4a7935bd1e995;
  uint64_t hash = 0xdecafcaffe ^ (uint64_t)n * m;
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t word = fetch64(p) * m;
    word = (word ^ word >> 47) * m;
    hash = (hash ^ word) * m;
  }
  if (n) hash = (hash ^ rest64(p, n, limit)) * m;
  hash = (hash ^ hash >> 47) * m;
  return hash ^ hash >> 47;
}

static bool is_same(const uint8_t *a, const uint8_t *a_limit, const uint8_t *b,
                    const uint8_t *b_limit, size_t n) {
  for (; n >= 8; n -= 8, a += 8, b += 8)
    if (fetch64(a) != fetch64(b)) return false;
  return !n || rest64(a, n, a_limit) == rest64(b, n, b_limit);
}

// Keys are looked up in groups, step by step, so that their memory is waited for at once.
enum { GROUP = 16 };

void jk_find_strings(const jk_string_table *table, const void *bytes, const int64_t *starts,
                     size_t begin, size_t end, int32_t *slots) {
  const uint8_t *base = bytes, *limit = base + starts[end];
  const uint8_t *text = table->text, *text_limit = text + table->text_size;
  jk_divisor by = jk_divisor_of(table->width);
  uint64_t hash[GROUP];
  uint32_t home[GROUP];
  int32_t slot[GROUP];
  for (size_t start = begin; start < end; start += GROUP) {
    size_t count = end - start < GROUP ? end - start : GROUP;
    for (size_t i = 0; i < count; i++) {
      int64_t from = starts[start + i];
      hash[i] = murmur64(base + from, (size_t)(starts[start + i + 1] - from), limit);
      home[i] = (uint32_t)jk_remainder(by, hash[i]);
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
            is_same(text + span[0], text_limit, base + from, limit, (size_t)size))
          break;
        at = table->next[at];
        if (at >= 0 && (uint32_t)table->homes[at] != home[i]) at = -1;
      }
      slots[start - begin + i] = at;
    }
  }
}
