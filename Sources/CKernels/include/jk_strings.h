// Strings.
#pragma once

// The 64-bit fingerprint of FarmHash, which is the same for ever and on every machine: what
// TensorFlow's fast hash buckets go by.
uint64_t jk_fingerprint64(const void *_Nullable data, size_t size);

// The fingerprint of what two fingerprints stand for, one after the other.
static inline uint64_t jk_fingerprint_cat64(uint64_t first, uint64_t second) {
  const uint64_t multiplier = 0xc6a4a7935bd1e995u;
  uint64_t result = first ^ multiplier, mixed = second * multiplier;
  result ^= (mixed ^ mixed >> 47) * multiplier;
  result *= multiplier;
  result = (result ^ result >> 47) * multiplier;
  return result ^ result >> 47;
}
