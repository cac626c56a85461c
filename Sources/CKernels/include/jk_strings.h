// Strings.
#pragma once

// The 64-bit fingerprint of FarmHash, which is the same for ever and on every machine: what
// TensorFlow's fast hash buckets go by.
uint64_t jk_fingerprint64(const void *_Nullable data, size_t size);

// The same of strings [begin, end), by their remainders. The bytes of string i are from starts[i]
// to starts[i + 1].
void jk_fingerprint_strings(const void *bytes, const int64_t *starts, size_t begin, size_t end,
                            uint64_t buckets, int64_t *out);

// A hash table of strings whose slots are linked by bucket: see TableIndex.
typedef struct {
  // By bucket, the slot before its first; less than zero where there is none.
  const int32_t *buckets;
  size_t width;
  // The slot of JK_BUCKET_AT_START.
  int32_t first;
  // By slot, 64-bit Murmur hashes, the slots that follow, the buckets, and where the bytes are.
  const uint64_t *hashes;
  const int32_t *next, *homes;
  const int64_t (*spans)[2];
  const void *text;
  size_t text_size;
} jk_string_table;
enum { JK_BUCKET_AT_START = -2 };

// The slots of strings [begin, end), -1 for those that are not there. The table is not empty.
void jk_find_strings(const jk_string_table *table, const void *bytes, const int64_t *starts,
                     size_t begin, size_t end, int32_t *slots);

// The fingerprint of what two fingerprints stand for, one after the other.
static inline uint64_t jk_fingerprint_cat64(uint64_t first, uint64_t second) {
  const uint64_t multiplier = 0xc6a4a7935bd1e995u;
  uint64_t result = first ^ multiplier, mixed = second * multiplier;
  result ^= (mixed ^ mixed >> 47) * multiplier;
  result *= multiplier;
  result = (result ^ result >> 47) * multiplier;
  return result ^ result >> 47;
}
