#include <re2/re2.h>

#include <cstdio>
#include <new>

#include "jk_re2.h"

struct jk_re2 {
  re2::RE2 pattern;
};

extern "C" jk_re2 *jk_re2_compile(const char *pattern, size_t size, char *error,
                                  size_t error_size) {
  // What is wrong goes into the error, and not to the standard error stream.
  re2::RE2::Options options;
  options.set_log_errors(false);
  jk_re2 *regex = new (std::nothrow) jk_re2{{{pattern ? pattern : "", size}, options}};
  if (!regex) {
    std::snprintf(error, error_size, "out of memory");
    return nullptr;
  }
  if (regex->pattern.ok()) return regex;
  std::snprintf(error, error_size, "%s", regex->pattern.error().c_str());
  delete regex;
  return nullptr;
}

extern "C" void jk_re2_free(jk_re2 *regex) { delete regex; }

extern "C" bool jk_re2_full_match(const jk_re2 *regex, const char *text, size_t size) {
  return re2::RE2::FullMatch({text ? text : "", size}, regex->pattern);
}
