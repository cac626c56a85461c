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

// Takes a piece of a result; false when no more is wanted.
typedef bool (*jk_re2_sink)(void *_Nonnull context, const char *_Nonnull piece, size_t size);

// Gives the text to `sink`, with the first match, or all, replaced: in `rewrite` \0 stands for the
// match, \1 to \9 for its groups, and \\ for a backslash. The text stays as it is where `rewrite`
// names a group that the pattern has not. Returns false when the sink wants no more.
bool jk_re2_replace(const jk_re2 *_Nonnull regex, const char *_Nullable text, size_t size,
                    const char *_Nullable rewrite, size_t rewrite_size, bool all,
                    jk_re2_sink _Nonnull sink, void *_Nonnull context);

#ifdef __cplusplus
}
#endif
