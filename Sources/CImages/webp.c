#include <limits.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>

#include "jk.h"
#include "jk_images.h"

bool jk_webp_open(const uint8_t *data, size_t size, jk_webp_size *image) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data, size, &features) != VP8_STATUS_OK) return false;
  *image = (jk_webp_size){.width = features.width,
                          .height = features.height,
                          .channels = features.has_alpha ? 4 : 3,
                          .animated = features.has_animation,
                          .frames = 1};
  if (!image->animated) return true;
  const WebPData bytes = {data, size};
  WebPDemuxer *file = WebPDemux(&bytes);
  if (!file) return false;
  image->width = (int)WebPDemuxGetI(file, WEBP_FF_CANVAS_WIDTH);
  image->height = (int)WebPDemuxGetI(file, WEBP_FF_CANVAS_HEIGHT);
  image->channels = 4;
  image->frames = WebPDemuxGetI(file, WEBP_FF_FRAME_COUNT);
  WebPDemuxDelete(file);
  return true;
}

bool jk_webp_read(const uint8_t *data, size_t size, const jk_webp_size *image, uint8_t *pixels) {
  size_t stride = (size_t)image->width * image->channels, total = stride * image->height;
  if (stride > INT_MAX) return false;
  return image->channels == 4 ? WebPDecodeRGBAInto(data, size, pixels, total, (int)stride) != NULL
                              : WebPDecodeRGBInto(data, size, pixels, total, (int)stride) != NULL;
}

uint32_t jk_webp_read_frames(const uint8_t *data, size_t size, const jk_webp_size *image,
                             uint32_t frames, uint8_t *pixels) {
  const WebPData bytes = {data, size};
  WebPAnimDecoder *decoder = WebPAnimDecoderNew(&bytes, NULL);
  if (!decoder) return 0;
  size_t frame_bytes = (size_t)image->width * image->height * 4;
  WebPAnimInfo info;
  uint32_t read = 0;
  if (WebPAnimDecoderGetInfo(decoder, &info) && info.canvas_width == (uint32_t)image->width &&
      info.canvas_height == (uint32_t)image->height) {
    uint8_t *frame;
    int time;
    while (read < frames && !jk_stopped() && WebPAnimDecoderGetNext(decoder, &frame, &time))
      memcpy(pixels + read++ * frame_bytes, frame, frame_bytes);
  }
  WebPAnimDecoderDelete(decoder);
  return read;
}
