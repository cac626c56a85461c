#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "jk.h"
#include "jk_images.h"

// How errors leave the library, and how it is told that a run is to end.
typedef struct {
  struct jpeg_error_mgr manager;
  jmp_buf exit;
} errors;

static void leave(j_common_ptr info) { longjmp(((errors *)info->err)->exit, 1); }
static void pass_over(j_common_ptr info, int level) {
  if (level < 0) info->err->num_warnings++;
}
static void say_nothing(j_common_ptr info) { (void)info; }

static void look(j_common_ptr info) {
  if (jk_stopped()) leave(info);
}

static struct jpeg_error_mgr *set_errors(errors *errors) {
  jpeg_std_error(&errors->manager);
  errors->manager.error_exit = leave;
  errors->manager.emit_message = pass_over;
  errors->manager.output_message = say_nothing;
  return &errors->manager;
}

struct jk_jpeg {
  struct jpeg_decompress_struct info;
  errors errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  jk_jpeg_options options;
  jk_jpeg_size size;
  const uint8_t *data;
  bool ended;    // Whether the end was made up.
  // The bytes that were last read again, and how often in a row.
  const JOCTET *again;
  int agains;
  uint8_t *row;  // One row as the library gives it, where that is not what is wanted.
  bool created;
};

static void source_nothing(j_decompress_ptr info) { (void)info; }

// As TensorFlow: a truncated file that is to be recovered ends here. The library keeps its own
// count of bytes while it decodes a block, and then reads those of that block again.
static boolean fill(j_decompress_ptr info) {
  static const JOCTET end[] = {0xff, JPEG_EOI};
  jk_jpeg *file = info->client_data;
  bool recovers = file->options.recovers_truncated;
  if (file->source.bytes_in_buffer) {
    if (!recovers) return FALSE;
    // A block has some thousand bytes at most; what reads the same ones for ever is no block.
    if (file->source.next_input_byte != file->again) file->agains = 0;
    file->again = file->source.next_input_byte;
    if (++file->agains > 1 << 14) ERREXIT(info, JERR_INPUT_EOF);
    return TRUE;
  }
  if (!recovers || file->source.next_input_byte == file->data || file->ended)
    ERREXIT(info, JERR_INPUT_EOF);
  file->ended = true;
  file->source.next_input_byte = end;
  file->source.bytes_in_buffer = sizeof end;
  return TRUE;
}

static void skip(j_decompress_ptr info, long count) {
  jk_jpeg *file = info->client_data;
  if (count < 0) return;
  if ((size_t)count > file->source.bytes_in_buffer) {
    file->source.bytes_in_buffer = 0;
    fill(info);
  } else {
    file->source.next_input_byte += count;
    file->source.bytes_in_buffer -= (size_t)count;
  }
}

// Samples and, of a file of several scans, the coefficients of all of them.
static size_t memory_of(struct jpeg_decompress_struct *info) {
  size_t blocks = 0, columns = 0;
  for (int i = 0; i < info->num_components; i++) {
    const jpeg_component_info *part = info->comp_info + i;
    blocks += (size_t)part->width_in_blocks * part->height_in_blocks;
    columns += part->width_in_blocks;
  }
  return columns * 1024 + (jpeg_has_multiple_scans(info) ? blocks * sizeof(JBLOCK) : 0) + (1 << 16);
}

static bool crop_fits(const jk_jpeg *file) {
  const jk_jpeg_options *crop = &file->options;
  return crop->crop_width > 0 && crop->crop_height > 0 && crop->crop_x >= 0 && crop->crop_y >= 0 &&
         (int64_t)crop->crop_y + crop->crop_height <= file->info.output_height &&
         (int64_t)crop->crop_x + crop->crop_width <= file->info.output_width;
}

static bool start(jk_jpeg *file, const uint8_t *data, size_t size) {
  struct jpeg_decompress_struct *info = &file->info;
  info->err = set_errors(&file->errors);
  if (setjmp(file->errors.exit)) return false;
  jpeg_create_decompress(info);
  file->created = true;
  info->client_data = file;
  file->data = data;
  file->source = (struct jpeg_source_mgr){.next_input_byte = data,
                                          .bytes_in_buffer = size,
                                          .init_source = source_nothing,
                                          .fill_input_buffer = fill,
                                          .skip_input_data = skip,
                                          .resync_to_restart = jpeg_resync_to_restart,
                                          .term_source = source_nothing};
  info->src = &file->source;
  file->progress.progress_monitor = look;
  info->progress = &file->progress;
  if (jpeg_read_header(info, TRUE) != JPEG_HEADER_OK) return false;
  int channels = file->options.channels;
  if (!channels) channels = info->num_components < 3 ? info->num_components : 3;
  if (channels == 1) {
    info->out_color_space = JCS_GRAYSCALE;
  } else if (channels == 3) {
    bool is_cmyk = info->jpeg_color_space == JCS_CMYK || info->jpeg_color_space == JCS_YCCK;
    info->out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
  } else {
    return false;
  }
  info->do_fancy_upsampling = file->options.fancy_upscaling;
  info->scale_num = 1;
  info->scale_denom = (unsigned)file->options.ratio;
  info->dct_method = file->options.accurate_dct ? JDCT_ISLOW : JDCT_IFAST;
  jpeg_calc_output_dimensions(info);
  int64_t total = (int64_t)info->output_width * info->output_height * info->num_components;
  if (total <= 0 || total >= 1 << 29 || (file->options.crops && !crop_fits(file))) return false;
  file->size.width = file->options.crops ? (uint32_t)file->options.crop_width : info->output_width;
  file->size.height =
      file->options.crops ? (uint32_t)file->options.crop_height : info->output_height;
  file->size.channels = channels;
  file->size.memory = memory_of(info);
  return true;
}

jk_jpeg *jk_jpeg_open(const uint8_t *data, size_t size, const jk_jpeg_options *options,
                      jk_jpeg_size *image) {
  jk_jpeg *file = calloc(1, sizeof *file);
  if (!file) return NULL;
  file->options = *options;
  if (!start(file, data, size)) {
    jk_jpeg_close(file);
    return NULL;
  }
  *image = file->size;
  return file;
}

// RGB from a row of CMYK. Adobe's files have the complements of the inks.
static void rgb_from_cmyk(uint8_t *to, const uint8_t *from, size_t width, bool complements) {
  for (size_t i = 0; i < width; i++, to += 3, from += 4) {
    int key = complements ? from[3] : 255 - from[3];
    for (int part = 0; part < 3; part++)
      to[part] = (uint8_t)(key * (complements ? from[part] : 255 - from[part]) / 255);
  }
}

static int64_t read_rows(jk_jpeg *file, uint8_t *pixels) {
  struct jpeg_decompress_struct *info = &file->info;
  if (setjmp(file->errors.exit)) return -1;
  jpeg_start_decompress(info);
  uint32_t width = file->size.width, height = file->size.height;
  uint32_t skipped = 0;
  if (file->options.crops) {
    JDIMENSION crop_width = width, crop_x = (JDIMENSION)file->options.crop_x;
    jpeg_crop_scanline(info, &crop_x, &crop_width);
    skipped = jpeg_skip_scanlines(info, (JDIMENSION)file->options.crop_y);
    if (skipped != (JDIMENSION)file->options.crop_y) return -1;
  }
  size_t stride = (size_t)width * file->size.channels;
  bool is_cmyk = info->out_color_space == JCS_CMYK;
  size_t parts = is_cmyk ? 4 : (size_t)file->size.channels;
  if ((size_t)info->output_components != parts || info->output_width < width) return -1;
  // The library crops to whole blocks, to the left of what is wanted.
  size_t extra = (info->output_width - width) * parts;
  if (is_cmyk || extra) {
    file->row = malloc(info->output_width * parts);
    if (!file->row) return -1;
  }
  uint8_t *line = pixels;
  int64_t read = 0, left = JK_PACE;
  while (info->output_scanline < skipped + height) {
    JSAMPROW row = file->row ? file->row : line;
    if (jpeg_read_scanlines(info, &row, 1) == 0) break;
    if (is_cmyk)
      rgb_from_cmyk(line, row + extra, width, info->saw_Adobe_marker);
    else if (extra)
      memcpy(line, row + extra, stride);
    line += stride;
    read++;
    if (jk_stopped_after((int64_t)(16 * stride), &left)) return -1;
  }
  if (read < height && file->options.recovers_truncated) {
    // Rows that are missing are as the last one.
    for (; read < height; read++, line += stride) {
      if (line == pixels)
        memset(line, 0, stride);
      else
        memcpy(line, line - stride, stride);
    }
    return read;
  }
  memset(line, 0, (height - (size_t)read) * stride);
  if (read < height) return read;
  if (file->options.crops && info->output_scanline < info->output_height)
    jpeg_skip_scanlines(info, info->output_height - skipped - height);
  jpeg_finish_decompress(info);
  return read;
}

int64_t jk_jpeg_read(jk_jpeg *file, uint8_t *pixels) { return read_rows(file, pixels); }

void jk_jpeg_close(jk_jpeg *file) {
  if (file->created) jpeg_destroy_decompress(&file->info);
  free(file->row);
  free(file);
}

typedef struct {
  struct jpeg_compress_struct info;
  errors errors;
  struct jpeg_progress_mgr progress;
  uint8_t *packet;
  unsigned char *bytes;
  unsigned long size;
  bool created;
} writing;

static bool write_all(writing *to, const uint8_t *pixels, uint32_t width, uint32_t height,
                      int channels, const jk_jpeg_writing *options) {
  struct jpeg_compress_struct *info = &to->info;
  info->err = set_errors(&to->errors);
  if (setjmp(to->errors.exit)) return false;
  jpeg_create_compress(info);
  to->created = true;
  jpeg_mem_dest(info, &to->bytes, &to->size);
  to->progress.progress_monitor = look;
  info->progress = &to->progress;
  info->image_width = width;
  info->image_height = height;
  info->input_components = channels;
  info->in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(info);
  if (options->optimizes_size) info->optimize_coding = TRUE;
  info->density_unit = (UINT8)options->density_unit;
  info->X_density = (UINT16)options->x_density;
  info->Y_density = (UINT16)options->y_density;
  jpeg_set_quality(info, options->quality, TRUE);
  if (options->progressive) jpeg_simple_progression(info);
  if (!options->downsamples_chroma) {
    for (int i = 0; i < info->num_components; i++)
      info->comp_info[i].h_samp_factor = info->comp_info[i].v_samp_factor = 1;
  }
  jpeg_start_compress(info, TRUE);
  if (options->xmp_size) {
    // A marker of application 1 begins with the name of its namespace.
    static const char space[] = "http://ns.adobe.com/xap/1.0/";
    to->packet = malloc(sizeof space + options->xmp_size);
    if (!to->packet) return false;
    memcpy(to->packet, space, sizeof space);
    memcpy(to->packet + sizeof space, options->xmp, options->xmp_size);
    jpeg_write_marker(info, JPEG_APP0 + 1, to->packet,
                      (unsigned)(sizeof space + options->xmp_size));
  }
  while (info->next_scanline < height) {
    JSAMPROW row = (JSAMPROW)(pixels + (size_t)info->next_scanline * width * (size_t)channels);
    jpeg_write_scanlines(info, &row, 1);
  }
  jpeg_finish_compress(info);
  return true;
}

uint8_t *jk_jpeg_write(const uint8_t *pixels, uint32_t width, uint32_t height, int channels,
                       const jk_jpeg_writing *options, size_t *size) {
  writing to = {0};
  bool ok = write_all(&to, pixels, width, height, channels, options);
  if (to.created) jpeg_destroy_compress(&to.info);
  free(to.packet);
  if (!ok) {
    free(to.bytes);
    return NULL;
  }
  *size = to.size;
  return to.bytes;
}
