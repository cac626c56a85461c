// The debug family; see jk.h, which includes this.
#pragma once

// 1 when there is a NaN, 2 for a negative infinity, 4 for a positive one, added up.
int jk_find_non_finite(int dtype, const void *in, size_t n);
