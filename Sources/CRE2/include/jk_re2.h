// RE2, the regular expressions of TensorFlow, behind functions of C.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#pragma clang diagnostic ignored "-Wnullability-completeness"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct jk_re2 jk_re2;

// A compiled pattern; NULL with what is wrong with it in `error`.
jk_re2 *_Nullable jk_re2_compile(const char *_Nullable pattern, size_t size, char *_Nonnull error,
                                 size_t error_size);
void jk_re2_free(jk_re2 *_Nonnull regex);

// Whether the pattern matches all of the text.
bool jk_re2_full_match(const jk_re2 *_Nonnull regex, const char *_Nullable text, size_t size);

#ifdef __cplusplus
}
#endif
