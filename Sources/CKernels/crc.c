#include <string.h>

#include "loops.h"

// CRC-32C (Castagnoli), reflected.
enum { POLYNOMIAL = 0x82f63b78 };

static uint32_t table[8][256];

__attribute__((constructor)) static void make_table(void) {
  for (uint32_t n = 0; n < 256; n++) {
    uint32_t crc = n;
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
    table[0][n] = crc;
  }
  for (int n = 0; n < 256; n++)
    for (int k = 1; k < 8; k++)
      table[k][n] = table[k - 1][n] >> 8 ^ table[0][table[k - 1][n] & 255];
}

// Eight bytes at a time by tables.
static uint32_t crc_plain(uint32_t crc, const uint8_t *p, size_t size) {
  for (; size >= 8; p += 8, size -= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    word ^= crc;
    crc = 0;
    for (int k = 0; k < 8; k++) crc ^= table[7 - k][word >> 8 * k & 255];
  }
  for (; size; p++, size--) crc = crc >> 8 ^ table[0][(crc ^ *p) & 255];
  return crc;
}

// Sums of columns of a 32 × 32 matrix of bits that `vector` picks.
static uint32_t product(const uint32_t *matrix, uint32_t vector) {
  uint32_t sum = 0;
  for (; vector; vector >>= 1, matrix++)
    if (vector & 1) sum ^= *matrix;
  return sum;
}

static void square(uint32_t *to, const uint32_t *matrix) {
  for (int n = 0; n < 32; n++) to[n] = product(matrix, matrix[n]);
}

// What `size` zero bytes make of a checksum.
static uint32_t past_zeros(uint32_t crc, size_t size) {
  if (!crc) return 0;
  uint32_t even[32], odd[32];
  odd[0] = POLYNOMIAL;  // One zero bit.
  for (int n = 1; n < 32; n++) odd[n] = 1u << (n - 1);
  square(even, odd);  // Two.
  square(odd, even);  // Four.
  while (size) {
    square(even, odd);
    if (size & 1) crc = product(even, crc);
    if (!(size >>= 1)) break;
    square(odd, even);
    if (size & 1) crc = product(odd, crc);
    size >>= 1;
  }
  return crc;
}

uint32_t jk_crc32c_combine(uint32_t first, uint32_t second, size_t second_size) {
  return past_zeros(first, second_size) ^ second;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

// The instruction takes three cycles and starts one a cycle, so three lanes go side by side.
enum { LANE = 4096 };
static uint32_t shifted[4][256];

__attribute__((constructor)) static void make_shift(void) {
  // It runs in every start: the function is linear, so that powers of two give all others.
  for (int k = 0; k < 4; k++)
    for (uint32_t n = 1; n < 256; n++) {
      uint32_t rest = n & (n - 1);
      shifted[k][n] = rest ? shifted[k][rest] ^ shifted[k][n ^ rest] : past_zeros(n << 8 * k, LANE);
    }
}

static uint32_t past_lane(uint32_t crc) {
  return shifted[0][crc & 255] ^ shifted[1][crc >> 8 & 255] ^ shifted[2][crc >> 16 & 255] ^
         shifted[3][crc >> 24];
}

static uint64_t word_at(const uint8_t *p) {
  uint64_t word;
  memcpy(&word, p, 8);
  return word;
}

__attribute__((target("sse4.2"))) static uint32_t crc_sse42(uint32_t start, const uint8_t *p,
                                                            size_t size) {
  uint64_t crc = start;
  for (; size >= 3 * LANE; p += 3 * LANE, size -= 3 * LANE) {
    uint64_t second = 0, third = 0;
    for (size_t i = 0; i < LANE; i += 8) {
      crc = _mm_crc32_u64(crc, word_at(p + i));
      second = _mm_crc32_u64(second, word_at(p + LANE + i));
      third = _mm_crc32_u64(third, word_at(p + 2 * LANE + i));
    }
    crc = past_lane((uint32_t)crc) ^ second;
    crc = past_lane((uint32_t)crc) ^ third;
  }
  for (; size >= 8; p += 8, size -= 8) crc = _mm_crc32_u64(crc, word_at(p));
  for (; size; p++, size--) crc = _mm_crc32_u8((uint32_t)crc, *p);
  return (uint32_t)crc;
}
#endif

uint32_t jk_crc32c(uint32_t crc, const void *data, size_t size) {
#if defined(__x86_64__)
  // The levels above the lowest have SSE 4.2.
  if (jk_cpu > JK_CPU_BASELINE) return ~crc_sse42(~crc, data, size);
#endif
  return ~crc_plain(~crc, data, size);
}
