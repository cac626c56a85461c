#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "jk.h"
#include "jk_images.h"

struct jk_png {
  png_structp png;
  png_infop info;
  const uint8_t *data;
  size_t left;
  uint32_t width, height;
  int channels, passes;
  size_t row_bytes;
  bool is_short;
  bool widens;  // Bytes become numbers of 16 bits.
};

static void fail(png_structp png, png_const_charp message) {
  (void)message;
  longjmp(png_jmpbuf(png), 1);
}

static void pass_over(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void take(png_structp png, png_bytep to, size_t size) {
  jk_png *file = png_get_io_ptr(png);
  if (size > file->left) png_error(png, "the file ends early");
  memcpy(to, file->data, size);
  file->data += size;
  file->left -= size;
}

// Sets what libpng makes of the file's pixels, as TensorFlow does.
static bool start(jk_png *file, int bits) {
  if (setjmp(png_jmpbuf(file->png))) return false;
  file->info = png_create_info_struct(file->png);
  if (!file->info) return false;
  png_structp png = file->png;
  png_set_read_fn(png, file, take);
  png_read_info(png, file->info);
  int depth, color;
  png_get_IHDR(png, file->info, &file->width, &file->height, &depth, &color, NULL, NULL, NULL);
  if (!file->width || !file->height) return false;
  // Deflate makes at most 1032 bytes of one; each row has one for its filter.
  uint64_t raw = ((uint64_t)png_get_rowbytes(png, file->info) + 1) * file->height;
  file->is_short = raw / 1032 > file->left;
  bool has_key = png_get_valid(png, file->info, PNG_INFO_tRNS) != 0;
  bool has_alpha = (color & PNG_COLOR_MASK_ALPHA) != 0;
  bool is_palette = color == PNG_COLOR_TYPE_PALETTE;
  if (!file->channels)
    file->channels = is_palette ? (has_key ? 4 : 3) : png_get_channels(png, file->info);
  if (file->channels % 2 == 0) {
    if (!has_alpha && has_key) png_set_tRNS_to_alpha(png);
    if (!has_alpha && !has_key) png_set_add_alpha(png, (1u << depth) - 1, PNG_FILLER_AFTER);
  } else if (has_alpha || has_key) {
    png_set_strip_alpha(png);
  }
  if (depth > 8 && bits == 8) png_set_strip_16(png);
  file->widens = depth <= 8 && bits == 16;
  png_set_packing(png);
  file->passes = png_set_interlace_handling(png);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (bits == 16) png_set_swap(png);
#endif
  if (is_palette) png_set_palette_to_rgb(png);
  bool is_gray = !(color & PNG_COLOR_MASK_COLOR);
  if (is_gray && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
  // The weights of ITU-R BT.601.
  if (file->channels < 3 && !is_gray) png_set_rgb_to_gray(png, PNG_ERROR_ACTION_NONE, 0.299, 0.587);
  if (file->channels >= 3 && is_gray) png_set_gray_to_rgb(png);
  png_read_update_info(png, file->info);
  file->row_bytes = png_get_rowbytes(png, file->info);
  // What the changes give has to be what there will be room for.
  return file->row_bytes == (size_t)file->width * file->channels * (file->widens ? 8 : bits) / 8;
}

jk_png *jk_png_open(const uint8_t *data, size_t size, int *channels, int bits, uint32_t *width,
                    uint32_t *height) {
  jk_png *file = calloc(1, sizeof *file);
  if (!file) return NULL;
  file->data = data;
  file->left = size;
  file->channels = *channels;
  file->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, file, fail, pass_over);
  if (!file->png || !start(file, bits)) {
    jk_png_close(file);
    return NULL;
  }
  *channels = file->channels;
  *width = file->width;
  *height = file->height;
  return file;
}

bool jk_png_is_short(const jk_png *file) { return file->is_short; }

static bool read_rows(jk_png *file, uint8_t *pixels, size_t row_bytes) {
  if (setjmp(png_jmpbuf(file->png))) return false;
  int64_t left = JK_PACE;
  for (int pass = 0; pass < file->passes; pass++) {
    for (uint32_t y = 0; y < file->height; y++) {
      png_read_row(file->png, pixels + y * row_bytes, NULL);
      if (jk_stopped_after((int64_t)row_bytes, &left)) return false;
    }
  }
  png_read_end(file->png, NULL);
  return true;
}

bool jk_png_read(jk_png *file, void *pixels) {
  size_t count = (size_t)file->width * file->channels;
  size_t row_bytes = file->widens ? 2 * count : file->row_bytes;
  if (!read_rows(file, pixels, row_bytes)) return false;
  if (!file->widens) return true;
  // From the end of each row to its start, so that none is overwritten before it is read.
  for (uint32_t y = 0; y < file->height; y++) {
    const uint8_t *bytes = (uint8_t *)pixels + y * row_bytes;
    uint16_t *numbers = (uint16_t *)pixels + y * count;
    for (size_t i = count; i-- > 0;) numbers[i] = (uint16_t)(bytes[i] * 257);
  }
  return true;
}

void jk_png_close(jk_png *file) {
  if (file->png) png_destroy_read_struct(&file->png, &file->info, NULL);
  free(file);
}

typedef struct {
  uint8_t *bytes;
  size_t size, room;
} growing;

static void give(png_structp png, png_bytep from, size_t size) {
  growing *to = png_get_io_ptr(png);
  if (size > to->room - to->size) {
    size_t room = to->room * 2 > to->size + size ? to->room * 2 : to->size + size + 4096;
    uint8_t *bytes = realloc(to->bytes, room);
    if (!bytes) png_error(png, "no memory");
    to->bytes = bytes;
    to->room = room;
  }
  memcpy(to->bytes + to->size, from, size);
  to->size += size;
}

static void flush(png_structp png) { (void)png; }

static bool write_rows(png_structp png, png_infop *info, const uint8_t *pixels, uint32_t width,
                       uint32_t height, int channels, int bits, int compression, growing *to) {
  static const int colors[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                               PNG_COLOR_TYPE_RGB_ALPHA};
  if (setjmp(png_jmpbuf(png))) return false;
  *info = png_create_info_struct(png);
  if (!*info) return false;
  png_set_write_fn(png, to, give, flush);
  png_set_compression_level(png, compression < 0 ? Z_DEFAULT_COMPRESSION : compression);
  png_set_compression_mem_level(png, MAX_MEM_LEVEL);
  png_set_IHDR(png, *info, width, height, bits, colors[channels - 1], PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, *info);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (bits > 8) png_set_swap(png);
#endif
  size_t row_bytes = (size_t)width * channels * bits / 8;
  int64_t left = JK_PACE;
  for (uint32_t y = 0; y < height; y++) {
    png_write_row(png, pixels + y * row_bytes);
    if (jk_stopped_after((int64_t)(8 * row_bytes), &left)) return false;
  }
  png_write_end(png, NULL);
  return true;
}

uint8_t *jk_png_write(const void *pixels, uint32_t width, uint32_t height, int channels, int bits,
                      int compression, size_t *size) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, fail, pass_over);
  if (!png) return NULL;
  png_infop info = NULL;
  growing to = {0};
  bool ok =
      write_rows(png, &info, pixels, width, height, channels, bits, compression, &to);
  png_destroy_write_struct(&png, &info);
  if (!ok) {
    free(to.bytes);
    return NULL;
  }
  *size = to.size;
  return to.bytes;
}

void jk_image_free(void *memory) { free(memory); }
