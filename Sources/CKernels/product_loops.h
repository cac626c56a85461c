// Rows begin..<end of c = a · b in single precision, for one width of vector; included by product.c
// with these set: LANES, elements of a vector; TALL, the rows of a block; TARGET, the processor's
// features; F(name), the names.
//
// A block of c, TALL rows by two vectors, stays in registers while the columns of a and the rows of
// b go by: each number of c is summed in the order of k, whatever the block, so that parts of a
// product have the bits of the whole.

typedef float F(vector) __attribute__((vector_size(LANES * 4), aligned(4)));
typedef int32_t F(mask) __attribute__((vector_size(LANES * 4), aligned(4)));

TARGET JK_INLINE F(vector) F(choose)(F(mask) which, F(vector) yes, F(vector) no) {
  return (F(vector))((which & (F(mask))yes) | (~which & (F(mask))no));
}

TARGET JK_INLINE void F(block)(const int tall, const jk_product *p, const float *a, const float *b,
                               float *c, int64_t columns, const float *bias) {
  F(vector) sum[TALL][2] = {0};
  for (int64_t q = 0; q < p->k; q++) {
    F(vector) left = *(const F(vector) *)b, right = *(const F(vector) *)(b + LANES);
#pragma clang loop unroll(full)
    for (int r = 0; r < tall; r++) {
      F(vector) x = a[r * p->a_row + q] - (F(vector)){0};
      sum[r][0] += x * left;
      sum[r][1] += x * right;
    }
    b += p->b_row;
  }
  for (int r = 0; r < tall; r++) {
    for (int h = 0; h < 2; h++) {
      // Of a narrow matrix the bias ends with the columns.
      if (bias) {
        F(vector) over = {0};
        int64_t there = columns - h * LANES;
        if (there >= LANES)
          over = *(const F(vector) *)(bias + h * LANES);
        else if (there > 0)
          memcpy(&over, bias + h * LANES, (size_t)there * sizeof *bias);
        sum[r][h] += over;
      }
      // What is not a number stays so, and -0.0 becomes 0, as in the activation by itself.
      if (p->clamps) {
        F(vector) x = sum[r][h], low = (F(vector)){0} + p->low, high = (F(vector)){0} + p->high;
        x = F(choose)(x <= low, low, x);
        sum[r][h] = F(choose)(x > high, high, x);
      }
    }
    if (columns == 2 * LANES) {
      *(F(vector) *)(c + r * p->n) = sum[r][0];
      *(F(vector) *)(c + r * p->n + LANES) = sum[r][1];
    } else {
      memcpy(c + r * p->n, sum[r], (size_t)columns * sizeof *c);
    }
  }
}

TARGET static void F(product)(const jk_product *p, const float *a, const float *b,
                              const float *bias, float *c, int64_t begin, int64_t end,
                              int64_t first, int64_t last) {
  for (int64_t panel = first; panel < last; panel++) {
    int64_t start = panel_start(p, panel), columns = p->n < p->width ? p->n : p->width;
    const float *bp = p->b_panel ? b + panel * p->b_panel : b + start,
                *over = bias ? bias + start : 0;
    int64_t i = begin;
    for (; i + TALL <= end; i += TALL)
      F(block)(TALL, p, a + i * p->a_row, bp, c + i * p->n + start, columns, over);
    for (; i + 4 <= end; i += 4)
      F(block)(4, p, a + i * p->a_row, bp, c + i * p->n + start, columns, over);
    for (; i + 2 <= end; i += 2)
      F(block)(2, p, a + i * p->a_row, bp, c + i * p->n + start, columns, over);
    for (; i < end; i++) F(block)(1, p, a + i * p->a_row, bp, c + i * p->n + start, columns, over);
  }
}

#undef LANES
#undef TALL
#undef TARGET
#undef F
