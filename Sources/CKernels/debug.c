// Checks of values.
#include "loops.h"

JK_PUBLIC_CLONES(int, jk_find_non_finite, (int dtype, const void *in, size_t n), (dtype, in, n)) {
  int found = 0;
#define FIND(tag, type, get)                                                                \
  case tag: {                                                                               \
    const type *a = in;                                                                     \
    for (size_t i = 0; i < n; i++) {                                                        \
      __auto_type x = get(a[i]);                                                            \
      found |= (x != x) | (x == -INFINITY) << 1 | (x == INFINITY) << 2;                     \
    }                                                                                       \
    break;                                                                                  \
  }
  switch (dtype) {
    FIND(JK_F32, f32, GET_id)
    FIND(JK_F64, f64, GET_id)
    FIND(JK_F16, f16, GET_f16)
    FIND(JK_BF16, bf16, GET_bf16)
  }
  return found;
}
