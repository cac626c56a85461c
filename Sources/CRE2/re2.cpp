#include <re2/re2.h>

#include <cstdio>
#include <cstring>
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

namespace {

// Gathers small pieces before they go to the sink.
class Output {
 public:
  Output(jk_re2_sink sink, void *context) : sink_(sink), context_(context) {}

  void add(const char *piece, size_t size) {
    if (size > sizeof buffer_ - used_) flush();
    if (size > sizeof buffer_) {
      wanted_ = wanted_ && sink_(context_, piece, size);
    } else if (size) {
      std::memcpy(buffer_ + used_, piece, size);
      used_ += size;
    }
  }

  void flush() {
    if (used_) wanted_ = wanted_ && sink_(context_, buffer_, used_);
    used_ = 0;
  }

  bool wanted() const { return wanted_; }

 private:
  jk_re2_sink sink_;
  void *context_;
  char buffer_[2048];
  size_t used_ = 0;
  bool wanted_ = true;
};

// Reads a rewrite part by part.
class Rewrite {
 public:
  Rewrite(const char *text, size_t size) : at_(text), end_(text + size) {}

  // A part: bytes as they are, or the number of a group. False at the end, and at a backslash that
  // stands before something else than a digit or a backslash.
  bool next(const char **bytes, size_t *size, int *group) {
    if (at_ == end_) return false;
    *group = -1;
    if (*at_ != '\\') {
      const void *stop = std::memchr(at_, '\\', end_ - at_);
      *bytes = at_;
      at_ = stop ? static_cast<const char *>(stop) : end_;
      *size = at_ - *bytes;
      return true;
    }
    if (at_ + 1 == end_) return false;
    char code = at_[1];
    if (code >= '0' && code <= '9') {
      *group = code - '0';
    } else if (code == '\\') {
      *bytes = at_ + 1;
      *size = 1;
    } else {
      return false;
    }
    at_ += 2;
    return true;
  }

  bool ended() const { return at_ == end_; }

 private:
  const char *at_, *end_;
};

// How many bytes the character at p has: 1 for what is not UTF-8.
size_t character(const char *p, const char *end) {
  unsigned char lead = *p;
  size_t size = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
  if (size > static_cast<size_t>(end - p)) return 1;
  for (size_t i = 1; i < size; i++)
    if ((p[i] & 0xc0) != 0x80) return 1;
  unsigned char second = size > 1 ? p[1] : 0;
  bool is_long = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  return is_long || (lead == 0xf4 && second > 0x8f) ? 1 : size;
}

}  // namespace

extern "C" bool jk_re2_replace(const jk_re2 *regex, const char *text, size_t size,
                               const char *rewrite, size_t rewrite_size, bool all,
                               jk_re2_sink sink, void *context) {
  if (!text) text = "";
  if (!rewrite) rewrite = "";
  Output out(sink, context);
  const char *bytes, *at = text, *end = text + size, *last = nullptr;
  size_t length;
  int group, groups = 0;
  Rewrite parts(rewrite, rewrite_size);
  while (parts.next(&bytes, &length, &group)) groups = group > groups ? group : groups;
  // A single replacement is whole or none; of many, each ends where the rewrite is wrong.
  bool usable = groups <= regex->pattern.NumberOfCapturingGroups() && (all || parts.ended());
  re2::StringPiece match[10];
  while (usable && at <= end && out.wanted() &&
         regex->pattern.Match({text, size}, at - text, size, re2::RE2::UNANCHORED, match,
                              groups + 1)) {
    out.add(at, match[0].data() - at);
    at = match[0].data();
    if (match[0].empty() && at == last) {
      // Where a match ended, an empty one is none: the next begins a character later.
      size_t step = at < end ? character(at, end) : 0;
      out.add(at, step);
      at += step ? step : 1;
      continue;
    }
    Rewrite parts(rewrite, rewrite_size);
    while (out.wanted() && parts.next(&bytes, &length, &group)) {
      if (group < 0)
        out.add(bytes, length);
      else if (!match[group].empty())
        out.add(match[group].data(), match[group].size());
    }
    last = at = match[0].data() + match[0].size();
    if (!all) break;
  }
  if (at < end) out.add(at, end - at);
  out.flush();
  return out.wanted();
}
