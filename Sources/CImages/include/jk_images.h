// Files of images in and out by libpng, libjpeg-turbo and libwebp. What the libraries find wrong
// ends a call here, behind functions that only say whether they could.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang diagnostic ignored "-Wnullability-completeness"

// --- PNG ---

// A file that is being read, whose bytes stay where they are meanwhile.
typedef struct jk_png jk_png;

// Reads the header. `channels` is how many are wanted, 0 for those there are, and becomes how many
// there will be; `bits` are 8 or 16 for each. NULL when the bytes are no PNG file, or the system
// has no memory.
jk_png *_Nullable jk_png_open(const uint8_t *_Nonnull data, size_t size, int *_Nonnull channels,
                              int bits, uint32_t *_Nonnull width, uint32_t *_Nonnull height);
// Whether the file has too few bytes for its pixels, however well they are compressed.
bool jk_png_is_short(const jk_png *_Nonnull png);
// Reads all rows into height × width × channels elements. False when the data are damaged, or the
// run is to end.
bool jk_png_read(jk_png *_Nonnull png, void *_Nonnull pixels);
void jk_png_close(jk_png *_Nonnull png);

// Writes an image; `compression` is zlib's level, or -1 for its default. The result is freed by
// jk_image_free; NULL when there is none.
uint8_t *_Nullable jk_png_write(const void *_Nonnull pixels, uint32_t width, uint32_t height,
                                int channels, int bits, int compression, size_t *_Nonnull size);
void jk_image_free(void *_Nullable memory);

// --- JPEG ---

typedef struct {
  int channels;  // 1, 3, or 0 for those there are.
  int ratio;     // By how much the image is made smaller: 1, 2, 4 or 8.
  bool fancy_upscaling;
  bool recovers_truncated;
  bool accurate_dct;
  bool crops;
  int32_t crop_y, crop_x, crop_height, crop_width;
} jk_jpeg_options;

typedef struct jk_jpeg jk_jpeg;

typedef struct {
  uint32_t width, height;
  int channels;
  // Bytes that the library will take to decode it, roughly.
  size_t memory;
} jk_jpeg_size;

// Reads the header. NULL when the bytes are no JPEG file that can be decoded so.
jk_jpeg *_Nullable jk_jpeg_open(const uint8_t *_Nonnull data, size_t size,
                                const jk_jpeg_options *_Nonnull options,
                                jk_jpeg_size *_Nonnull image);
// Decodes into height × width × channels bytes, and gives how many rows the data had: the others
// are black. -1 when the data are damaged, or the run is to end.
int64_t jk_jpeg_read(jk_jpeg *_Nonnull jpeg, uint8_t *_Nonnull pixels);
void jk_jpeg_close(jk_jpeg *_Nonnull jpeg);

typedef struct {
  int quality;
  bool progressive, optimizes_size, downsamples_chroma;
  int density_unit;  // 1 for inches, 2 for centimetres.
  int x_density, y_density;
  const uint8_t *_Nullable xmp;
  size_t xmp_size;
} jk_jpeg_writing;

// Writes an image of 1 or 3 channels. The result is freed by jk_image_free; NULL when there is
// none.
uint8_t *_Nullable jk_jpeg_write(const uint8_t *_Nonnull pixels, uint32_t width, uint32_t height,
                                 int channels, const jk_jpeg_writing *_Nonnull options,
                                 size_t *_Nonnull size);

// --- WebP ---

typedef struct {
  int width, height, channels;
  bool animated;
  // 1 where the file is no animation.
  uint32_t frames;
} jk_webp_size;

// Reads the header. False when the bytes are no WebP file.
bool jk_webp_open(const uint8_t *_Nonnull data, size_t size, jk_webp_size *_Nonnull image);
// Decodes a still image.
bool jk_webp_read(const uint8_t *_Nonnull data, size_t size, const jk_webp_size *_Nonnull image,
                  uint8_t *_Nonnull pixels);
// Decodes the first `frames` frames of an animation, as RGBA, and gives how many there were.
uint32_t jk_webp_read_frames(const uint8_t *_Nonnull data, size_t size,
                             const jk_webp_size *_Nonnull image, uint32_t frames,
                             uint8_t *_Nonnull pixels);
