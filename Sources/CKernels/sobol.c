#include "jk.h"

// The direction numbers of Joe and Kuo (2008) for all dimensions but the first, dimension after
// dimension, without gaps, lowest bit first: of the primitive polynomial of degree s the s - 1
// coefficients between the first and the last, which are 1; then of the first s numbers m_i, which
// are odd and less than 2^i, the i - 1 upper bits. Tests/TensorFlow/sobol_table.py writes the file.
#pragma clang diagnostic ignored "-Wc23-extensions"
static const uint8_t table[] = {
#embed "sobol.bin"
};

// How many dimensions have polynomials of each degree.
static const int32_t dimensions[] = {1,   1,   2,   2,   6,   6,    18,   16,   48,
                                     60,  176, 144, 630, 756, 1800, 2048, 7710, 7775};

static uint32_t take(int64_t *position, int bits) {
  uint32_t value = 0;
  for (int i = 0; i < bits; i++, ++*position)
    value |= (uint32_t)(table[*position >> 3] >> (*position & 7) & 1) << i;
  return value;
}

// The 32 numbers of dimension `dim`, as fractions of 2^32.
static void directions(int64_t dim, uint32_t *v) {
  if (dim == 0) {
    for (int k = 0; k < 32; k++) v[k] = 1u << (31 - k);
    return;
  }
  int64_t position = 0, left = dim - 1;
  int degree = 1;
  for (; left >= dimensions[degree - 1]; degree++) {
    left -= dimensions[degree - 1];
    position += (int64_t)dimensions[degree - 1] * (degree - 1 + degree * (degree - 1) / 2);
  }
  position += left * (degree - 1 + degree * (degree - 1) / 2);
  uint32_t coefficients = take(&position, degree - 1);
  for (int k = 0; k < degree; k++) v[k] = (take(&position, k) << 1 | 1) << (31 - k);
  for (int k = degree; k < 32; k++) {
    v[k] = v[k - degree] ^ v[k - degree] >> degree;
    for (int i = 1; i < degree; i++)
      if (coefficients >> (degree - 1 - i) & 1) v[k] ^= v[k - i];
  }
}

void jk_sobol_directions(int64_t dims, uint32_t *v) {
  uint32_t own[32];
  for (int64_t dim = 0; dim < dims; dim++) {
    directions(dim, own);
    for (int k = 0; k < 32; k++) v[k * dims + dim] = own[k];
  }
}

int jk_sobol(int is_double, const uint32_t *v, int64_t dims, int64_t first, int64_t count,
             uint32_t *point, void *out) {
  // The point before the first: the numbers of the bits of its index in Gray code.
  uint64_t code = (uint64_t)(first - 1) ^ (uint64_t)(first - 1) >> 1;
  for (int64_t dim = 0; dim < dims; dim++) {
    point[dim] = 0;
    for (int k = 0; k < 32; k++)
      if (code >> k & 1) point[dim] ^= v[k * dims + dim];
  }
  for (int64_t i = 0; i < count; i++) {
    if ((i & 1023) == 0 && jk_stopped()) return 0;
    const uint32_t *change = v + __builtin_ctzll((uint64_t)(first + i)) * dims;
    if (is_double) {
      double *row = (double *)out + i * dims;
      for (int64_t dim = 0; dim < dims; dim++) row[dim] = (point[dim] ^= change[dim]) * 0x1p-32;
    } else {
      float *row = (float *)out + i * dims;
      for (int64_t dim = 0; dim < dims; dim++)
        row[dim] = (float)(point[dim] ^= change[dim]) * 0x1p-32f;
    }
  }
  return 1;
}
