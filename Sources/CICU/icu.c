#include <stdlib.h>
#include <unicode/ucnv.h>
#include <unicode/uscript.h>

#include "jk_icu.h"

int32_t jk_unicode_script(int32_t code_point) {
  UErrorCode status = U_ZERO_ERROR;
  UScriptCode script = uscript_getScript(code_point, &status);
  return U_FAILURE(status) ? USCRIPT_INVALID_CODE : script;
}

struct jk_decoder {
  UConverter *converter;
  const char *first, *next, *end;
  bool broken;
};

// Notes that bytes are no character, for which the library then gives U+FFFD.
static void note(const void *context, UConverterToUnicodeArgs *arguments, const char *units,
                 int32_t length, UConverterCallbackReason reason, UErrorCode *status) {
  if (reason <= UCNV_IRREGULAR) ((jk_decoder *)context)->broken = true;
  UCNV_TO_U_CALLBACK_SUBSTITUTE(NULL, arguments, units, length, reason, status);
}

jk_decoder *jk_decoder_open(const char *encoding) {
  jk_decoder *decoder = calloc(1, sizeof *decoder);
  if (!decoder) return NULL;
  UErrorCode status = U_ZERO_ERROR;
  decoder->converter = ucnv_open(encoding, &status);
  UConverterToUCallback before;
  const void *context;
  if (U_SUCCESS(status))
    ucnv_setToUCallBack(decoder->converter, note, decoder, &before, &context, &status);
  if (U_SUCCESS(status)) return decoder;
  jk_decoder_close(decoder);
  return NULL;
}

void jk_decoder_close(jk_decoder *decoder) {
  ucnv_close(decoder->converter);
  free(decoder);
}

void jk_decoder_start(jk_decoder *decoder, const char *text, size_t size) {
  ucnv_resetToUnicode(decoder->converter);
  decoder->first = decoder->next = text;
  decoder->end = text + size;
}

bool jk_decoder_next(jk_decoder *decoder, int32_t *character, size_t *start, bool *broken) {
  if (decoder->next >= decoder->end) return false;
  *start = (size_t)(decoder->next - decoder->first);
  decoder->broken = false;
  UErrorCode status = U_ZERO_ERROR;
  *character = ucnv_getNextUChar(decoder->converter, &decoder->next, decoder->end, &status);
  // Where nothing but a change of the encoding's state is left, this fails and gives U+FFFF.
  if (U_FAILURE(status)) decoder->next = decoder->end;
  *broken = decoder->broken;
  return true;
}
