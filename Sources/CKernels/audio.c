#include "loops.h"

#include <stdlib.h>

typedef struct {
  const float *in;
  float *out;
  size_t channels, frames, window, step, length;
  const double *hann, *twiddles;
  bool squared;
  int failed;
} spectrogram_job;

// In place, on pairs of real and imaginary parts; n is a power of two that divides the twiddles'
// length.
static void fft(double *x, size_t n, const double *twiddles, size_t stride) {
  for (size_t i = 1, j = 0; i < n; i++) {
    size_t bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      double re = x[2 * i], im = x[2 * i + 1];
      x[2 * i] = x[2 * j], x[2 * i + 1] = x[2 * j + 1];
      x[2 * j] = re, x[2 * j + 1] = im;
    }
  }
  for (size_t half = 1; half < n; half *= 2) {
    size_t jump = stride * (n / (2 * half));
    for (size_t start = 0; start < n; start += 2 * half)
      for (size_t k = 0; k < half; k++) {
        const double *w = twiddles + 2 * k * jump;
        double *a = x + 2 * (start + k), *b = x + 2 * (start + k + half);
        double re = b[0] * w[0] - b[1] * w[1], im = b[0] * w[1] + b[1] * w[0];
        b[0] = a[0] - re, b[1] = a[1] - im;
        a[0] += re, a[1] += im;
      }
  }
}

static void spectrogram_part(void *context, size_t begin, size_t end) {
  spectrogram_job *j = context;
  size_t bins = j->length / 2 + 1;
  double *x = malloc(2 * j->length * sizeof(double));
  if (!x) {
    __atomic_store_n(&j->failed, 1, __ATOMIC_RELAXED);
    return;
  }
  for (size_t i = begin; i < end; i++) {
    size_t channel = i / j->frames, frame = i % j->frames;
    memset(x, 0, 2 * j->length * sizeof(double));
    const float *in = j->in + frame * j->step * j->channels + channel;
    for (size_t t = 0; t < j->window; t++) x[2 * t] = in[t * j->channels] * j->hann[t];
    fft(x, j->length, j->twiddles, 1);
    float *out = j->out + i * bins;
    for (size_t k = 0; k < bins; k++) {
      double power = x[2 * k] * x[2 * k] + x[2 * k + 1] * x[2 * k + 1];
      out[k] = (float)(j->squared ? power : sqrt(power));
    }
  }
  free(x);
}

int jk_spectrogram(const float *in, float *out, size_t channels, size_t frames, size_t window,
                   size_t step, size_t length, const double *hann, const double *twiddles,
                   bool squared) {
  spectrogram_job j = {in, out, channels, frames, window, step, length, hann, twiddles, squared, 0};
  jk_parallel_for(channels * frames, 65536 / (length * 8) + 1, spectrogram_part, &j);
  return j.failed;
}

typedef struct {
  const float *in;
  float *out;
  size_t bins, bands, coefficients, start, end;
  const int32_t *band;
  const double *weight, *cosines;
  int failed;
} mfcc_job;

static void mfcc_part(void *context, size_t begin, size_t end) {
  mfcc_job *j = context;
  double *energy = malloc(j->bands * sizeof(double));
  if (!energy) {
    __atomic_store_n(&j->failed, 1, __ATOMIC_RELAXED);
    return;
  }
  for (size_t i = begin; i < end; i++) {
    const float *in = j->in + i * j->bins;
    memset(energy, 0, j->bands * sizeof(double));
    for (size_t k = j->start; k <= j->end; k++) {
      double amplitude = sqrt((double)in[k]), share = amplitude * j->weight[k];
      int32_t band = j->band[k];
      if (band >= 0) energy[band] += share;
      if ((size_t)(band + 1) < j->bands) energy[band + 1] += amplitude - share;
    }
    for (size_t b = 0; b < j->bands; b++) energy[b] = log(energy[b] < 1e-12 ? 1e-12 : energy[b]);
    for (size_t c = 0; c < j->coefficients; c++) {
      double sum = 0;
      for (size_t b = 0; b < j->bands; b++) sum += j->cosines[c * j->bands + b] * energy[b];
      j->out[i * j->coefficients + c] = (float)sum;
    }
  }
  free(energy);
}

int jk_mfcc(const float *in, float *out, size_t frames, size_t bins, size_t bands,
            size_t coefficients, size_t start, size_t end, const int32_t *band,
            const double *weight, const double *cosines) {
  mfcc_job j = {in, out, bins, bands, coefficients, start, end, band, weight, cosines, 0};
  jk_parallel_for(frames, 65536 / (bins * 4 + bands * coefficients + 1) + 1, mfcc_part, &j);
  return j.failed;
}
