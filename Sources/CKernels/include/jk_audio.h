// The audio family; see jk.h, which includes this.
#pragma once

// Magnitudes of the windows of `length` points, a power of two, taken every `step` of `window`
// samples. in is [samples, channels], out is [channels, frames, length / 2 + 1]; twiddles are
// length / 2 pairs of cosine and sine. Returns 0, or 1 when there is no memory.
int jk_spectrogram(const float *in, float *out, size_t channels, size_t frames, size_t window,
                   size_t step, size_t length, const double *hann, const double *twiddles,
                   bool squared);

// Cepstral coefficients of frames of power spectra: filters over bins start...end, logarithm,
// cosine transform. Returns 0, or 1 when there is no memory.
int jk_mfcc(const float *in, float *out, size_t frames, size_t bins, size_t bands,
            size_t coefficients, size_t start, size_t end, const int32_t *band,
            const double *weight, const double *cosines);
