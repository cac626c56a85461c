// Remainders of many numbers by one divisor, without dividing: the quotient is estimated by a
// product, and is too small by 2 at most (Barrett, 1986).
#pragma once
#include <stdint.h>

typedef struct {
  uint64_t divisor, factor;
} jk_divisor;

static inline jk_divisor jk_divisor_of(uint64_t divisor) {
  return (jk_divisor){divisor, UINT64_MAX / divisor};
}

static inline uint64_t jk_remainder(jk_divisor by, uint64_t n) {
  uint64_t quotient = (uint64_t)((unsigned __int128)n * by.factor >> 64);
  uint64_t rest = n - quotient * by.divisor;
  // Which way each goes is as random as the number: no branches.
  rest -= by.divisor & -(uint64_t)(rest >= by.divisor);
  rest -= by.divisor & -(uint64_t)(rest >= by.divisor);
  return rest;
}
