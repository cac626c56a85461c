// What Janus takes of ICU, whose functions have the library's version in their names.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang diagnostic ignored "-Wnullability-completeness"

// The script of a code point, by ICU's UScriptCode; -1 for what is no code point.
int32_t jk_unicode_script(int32_t code_point);

// Decodes strings of one encoding, for one thread.
typedef struct jk_decoder jk_decoder;

// NULL when ICU knows no encoding of that name, or there is no memory.
jk_decoder *_Nullable jk_decoder_open(const char *_Nonnull encoding);
void jk_decoder_close(jk_decoder *_Nonnull decoder);

// Begins a string, whose bytes stay where they are meanwhile.
void jk_decoder_start(jk_decoder *_Nonnull decoder, const char *_Nullable text, size_t size);

// The next character, where it began, and whether the bytes are none. False at the end.
bool jk_decoder_next(jk_decoder *_Nonnull decoder, int32_t *_Nonnull character,
                     size_t *_Nonnull start, bool *_Nonnull broken);
