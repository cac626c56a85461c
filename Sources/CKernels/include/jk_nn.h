// The nn family; see jk.h, which includes this. Pixels are batch, then up to 3 spatial dimensions;
// missing ones are 1.
#pragma once

// Where a window lies over its input. Convolution filters are laid out [kernel..., in_channels /
// groups, out_channels].
typedef struct {
  int64_t batch, in_channels, out_channels, groups;
  int64_t in[3], out[3], kernel[3], stride[3], dilation[3], pad_before[3];
  int channels_first;
} jk_window;

// --- convolutions by plain loops, for float, double, half, bfloat16 and int32 ---

void jk_conv_forward(int dtype, const jk_window *_Nonnull window, const void *_Nonnull x,
                     const void *_Nonnull filter, void *_Nonnull y);
void jk_conv_input_gradient(int dtype, const jk_window *_Nonnull window, void *_Nonnull dx,
                            const void *_Nonnull filter, const void *_Nonnull dy);
void jk_conv_filter_gradient(int dtype, const jk_window *_Nonnull window, const void *_Nonnull x,
                             void *_Nonnull dfilter, const void *_Nonnull dy);

// y = bias + the convolution of x, channels last and without groups, with a filter b of
// kernel... · in_channels rows that p, whose rows are the output's pixels, has packed. Returns 1
// when there is no memory for a tile.
int jk_conv_product(const jk_product *_Nonnull p, const jk_window *_Nonnull window,
                    const float *_Nonnull x, const float *_Nonnull b, const float *_Nullable bias,
                    float *_Nonnull y);

// y = activation(y + bias + residual) in place for float, double, half and bfloat16; activation
// numbers are those of jk_dnnl.h. The channel of element i is i / inner % channels.
void jk_epilogue(int dtype, int64_t count, int64_t channels, int64_t inner, void *_Nonnull y,
                 const void *_Nullable bias, const void *_Nullable residual, int activation,
                 float alpha);

// --- pooling; channels come last, out_channels and groups are not used ---

void jk_max_pool(int dtype, const jk_window *_Nonnull window, const void *_Nonnull x,
                 void *_Nonnull y);
// Also where each maximum was: its flat position in x, or in its image.
void jk_max_pool_argmax(int dtype, const jk_window *_Nonnull window, const void *_Nonnull x,
                        void *_Nonnull y, void *_Nonnull argmax, int index_dtype,
                        int include_batch);
// Adds dy to dx wherever x is within 1e-5 of the maximum y of a window.
void jk_max_pool_gradient_of_ties(int dtype, const jk_window *_Nonnull window,
                                  const void *_Nonnull x, const void *_Nonnull y,
                                  const void *_Nonnull dy, void *_Nonnull dx);
// Adds dy to dx where the first maximum of each window is.
void jk_max_pool_gradient(int dtype, const jk_window *_Nonnull window, const void *_Nonnull x,
                          const void *_Nonnull dy, void *_Nonnull dx);
// out takes the element of grad where x first equals the output y of each window, or 0.
void jk_max_pool_gather(int dtype, const jk_window *_Nonnull window, const void *_Nonnull x,
                        const void *_Nonnull y, const void *_Nonnull grad, void *_Nonnull out);
// The maximum in three dimensions, which treats what is not a number as TensorFlow does there.
void jk_max_pool_in_order(int dtype, const jk_window *_Nonnull window, const void *_Nonnull x,
                          void *_Nonnull y);
void jk_avg_pool(int dtype, const jk_window *_Nonnull window, const void *_Nonnull x,
                 void *_Nonnull y);
void jk_avg_pool_gradient(int dtype, const jk_window *_Nonnull window, const void *_Nonnull dy,
                          void *_Nonnull dx);

// dx[position] += dy[i] for positions in dx, or in its image without include_batch. Returns 1 when
// a position is outside the image it belongs to.
int jk_scatter_add(int dtype, int index_dtype, int64_t images, int64_t per_image,
                   int64_t dx_per_image, int include_batch, const void *_Nonnull positions,
                   const void *_Nonnull dy, void *_Nonnull dx);

// Cells of rows[i]..<rows[i + 1] by cols[j]..<cols[j + 1] (inclusive of the end when overlapping)
// of an NHWC image.
typedef struct {
  int64_t batch, height, width, channels, out_height, out_width;
  int overlapping;
} jk_fractional;
void jk_fractional_pool(int dtype, int average, const jk_fractional *_Nonnull f,
                        const int64_t *_Nonnull rows, const int64_t *_Nonnull cols,
                        const void *_Nonnull x, void *_Nonnull y);
void jk_fractional_pool_gradient(int dtype, int average, const jk_fractional *_Nonnull f,
                                 const int64_t *_Nonnull rows, const int64_t *_Nonnull cols,
                                 const void *_Nullable x, const void *_Nonnull dy,
                                 void *_Nonnull dx);

// --- dilation and patches ---

// y = max over the window of x + filter; filter is [kernel..., channels].
void jk_dilation(int dtype, const jk_window *_Nonnull window, const void *_Nonnull x,
                 const void *_Nonnull filter, void *_Nonnull y);
// Adds dy where the maximum came from: to the input's gradient, or to the filter's.
void jk_dilation_gradient(int dtype, int to_filter, const jk_window *_Nonnull window,
                          const void *_Nonnull x, const void *_Nonnull filter,
                          const void *_Nonnull dy, void *_Nonnull gradient);
// y[batch, out..., kernel..., channels] for elements of that size; zeros outside the image.
void jk_patches(int64_t size, const jk_window *_Nonnull window, const void *_Nonnull x,
                void *_Nonnull y);

// --- bias and batch normalisation: x is [outer, channels, inner] ---

void jk_bias_add(int dtype, int64_t outer, int64_t channels, int64_t inner, const void *_Nonnull x,
                 const void *_Nonnull bias, void *_Nonnull y);
void jk_bias_add_gradient(int dtype, int64_t outer, int64_t channels, int64_t inner,
                          const void *_Nonnull dy, void *_Nonnull dbias);

// y = (x - mean) * scale / sqrt(variance + epsilon) + offset; the statistics are float, x and y
// float, half or bfloat16. activation as in jk_epilogue; side, if any, is added before it.
void jk_batch_norm(int dtype, int64_t outer, int64_t channels, int64_t inner,
                   const void *_Nonnull x, const float *_Nonnull scale,
                   const float *_Nonnull offset, const float *_Nonnull mean,
                   const float *_Nonnull variance, float epsilon, const void *_Nullable side,
                   int activation, void *_Nonnull y);
// Mean and biased variance of each channel.
void jk_moments(int dtype, int64_t outer, int64_t channels, int64_t inner, const void *_Nonnull x,
                float *_Nonnull mean, float *_Nonnull variance);
void jk_batch_norm_gradient(int dtype, int64_t outer, int64_t channels, int64_t inner, int training,
                            const void *_Nonnull dy, const void *_Nonnull x,
                            const float *_Nonnull scale, const float *_Nonnull mean,
                            const float *_Nonnull variance, float epsilon, void *_Nonnull dx,
                            float *_Nonnull dscale, float *_Nonnull doffset);

// The batch normalisation of early TensorFlow, where all inputs have one dtype: half, float or
// double.
void jk_batch_norm_global(int dtype, int64_t rows, int64_t channels, int scale_after, float epsilon,
                          const void *_Nonnull t, const void *_Nonnull m, const void *_Nonnull v,
                          const void *_Nonnull beta, const void *_Nonnull gamma, void *_Nonnull y);
void jk_batch_norm_global_gradient(int dtype, int64_t rows, int64_t channels, int scale_after,
                                   float epsilon, const void *_Nonnull t, const void *_Nonnull m,
                                   const void *_Nonnull v, const void *_Nonnull gamma,
                                   const void *_Nonnull dy, void *_Nonnull dx, void *_Nonnull dm,
                                   void *_Nonnull dv, void *_Nonnull db, void *_Nonnull dg);

// --- recurrent cells, in float ---

// One step of an LSTM over [batch, cells]. gates is [batch, 4 * cells] before the bias; input,
// cell, forget and output gates are blocks of cells: in that order, or forget before cell when
// forget_second is set.
typedef struct {
  int64_t batch, cells;
  float forget_bias, cell_clip;
  int peephole, forget_second;
} jk_lstm;

typedef struct {
  const float *_Nonnull wci, *_Nonnull wcf, *_Nonnull wco;
  const float *_Nonnull cs_prev;
} jk_lstm_inputs;

typedef struct {
  float *_Nonnull i, *_Nonnull cs, *_Nonnull f, *_Nonnull o, *_Nonnull ci, *_Nonnull co;
} jk_lstm_states;

void jk_lstm_step(const jk_lstm *_Nonnull l, jk_lstm_inputs in, const float *_Nonnull gates,
                  const float *_Nonnull bias, jk_lstm_states states, float *_Nonnull h);
// dgates gets the gradient of the gates before their functions. cs_prev_grad may be cs_grad. The
// peephole gradients are added to.
void jk_lstm_step_gradient(const jk_lstm *_Nonnull l, jk_lstm_inputs in, jk_lstm_states states,
                           const float *_Nonnull cs_grad, const float *_Nonnull h_grad,
                           float *_Nonnull cs_prev_grad, float *_Nonnull dgates,
                           float *_Nonnull wci_grad, float *_Nonnull wcf_grad,
                           float *_Nonnull wco_grad);

// out[row] = [a[row], b[row]], and back.
void jk_join_rows(int64_t rows, int64_t a_width, int64_t b_width, const float *_Nonnull a,
                  const float *_Nonnull b, float *_Nonnull out);
void jk_split_rows(int64_t rows, int64_t a_width, int64_t b_width, const float *_Nonnull in,
                   float *_Nonnull a, float *_Nonnull b);
// y[i] += x[i]; and column sums added to y.
void jk_accumulate(int64_t count, const float *_Nonnull x, float *_Nonnull y);
void jk_accumulate_rows(int64_t rows, int64_t width, const float *_Nonnull x, float *_Nonnull y);

// r and u of a GRU from [batch, 2 * cells] before the bias, and r times h_prev.
void jk_gru_gates(int64_t batch, int64_t cells, const float *_Nonnull gates,
                  const float *_Nonnull bias, const float *_Nonnull h_prev, float *_Nonnull r,
                  float *_Nonnull u, float *_Nonnull r_h);
// c and h from [batch, cells] before the bias.
void jk_gru_state(int64_t batch, int64_t cells, const float *_Nonnull candidate,
                  const float *_Nonnull bias, const float *_Nonnull u, const float *_Nonnull h_prev,
                  float *_Nonnull c, float *_Nonnull h);
// The gradients before the candidate's and the gates' functions; dgates is [r, u] per row, of which
// u is written.
void jk_gru_candidate_gradient(int64_t batch, int64_t cells, const float *_Nonnull dh,
                               const float *_Nonnull u, const float *_Nonnull c,
                               const float *_Nonnull h_prev, float *_Nonnull dcandidate,
                               float *_Nonnull dgates);
// The rest of dgates and of the gradient of h_prev, from the gradient d_rh of r times h_prev.
void jk_gru_reset_gradient(int64_t batch, int64_t cells, const float *_Nonnull d_rh,
                           const float *_Nonnull dh, const float *_Nonnull r,
                           const float *_Nonnull u, const float *_Nonnull h_prev,
                           float *_Nonnull dgates, float *_Nonnull dh_prev);

// --- images resized and padded before a convolution ---

// An NHWC image resized to height by width by linear interpolation (position times scale), then
// mirrored outwards by pad[dimension] before and after; symmetric mirrors the edge too.
typedef struct {
  int64_t batch, in_height, in_width, channels, height, width;
  float scale_y, scale_x;
  int64_t pad[4][2];
  int symmetric;
} jk_resize_pad;
void jk_run_resize_pad(int dtype, const jk_resize_pad *_Nonnull r, const void *_Nonnull x,
                       void *_Nonnull y);
