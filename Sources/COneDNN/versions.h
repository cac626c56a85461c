// The few places where oneDNN 2.x and 3.x differ, under one set of names.
#pragma once
#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>
#include <string.h>

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t md_t;
typedef const_dnnl_memory_desc_t const_md_t;
#define MD_ARG(md) (md)
#else
typedef dnnl_memory_desc_t *md_t;
typedef const dnnl_memory_desc_t *const_md_t;
#define MD_ARG(md) (md)
#endif

// A descriptor with strides, or, without them, with a layout that oneDNN chooses. NULL on failure.
static inline md_t md_make(int rank, const dnnl_dim_t *dims, const dnnl_dim_t *strides) {
  md_t md = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status =
      strides ? dnnl_memory_desc_create_with_strides(&md, rank, dims, dnnl_f32, strides)
              : dnnl_memory_desc_create_with_tag(&md, rank, dims, dnnl_f32, dnnl_format_tag_any);
  return status == dnnl_success ? md : NULL;
#else
  md = malloc(sizeof *md);
  if (!md) return NULL;
  dnnl_status_t status =
      strides ? dnnl_memory_desc_init_by_strides(md, rank, dims, dnnl_f32, strides)
              : dnnl_memory_desc_init_by_tag(md, rank, dims, dnnl_f32, dnnl_format_tag_any);
  if (status != dnnl_success) {
    free(md);
    return NULL;
  }
  return md;
#endif
}

static inline void md_free(md_t md) {
  if (!md) return;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_memory_desc_destroy(md);
#else
  free(md);
#endif
}

static inline md_t md_clone(const_md_t md) {
  md_t copy = NULL;
  if (!md) return NULL;
#if DNNL_VERSION_MAJOR >= 3
  if (dnnl_memory_desc_clone(&copy, md) != dnnl_success) return NULL;
#else
  copy = malloc(sizeof *copy);
  if (copy) *copy = *md;
#endif
  return copy;
}

static inline dnnl_status_t append_eltwise(dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha,
                                           float beta) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_post_ops_append_eltwise(ops, kind, alpha, beta);
#else
  return dnnl_post_ops_append_eltwise(ops, 1.0f, kind, alpha, beta);
#endif
}

static inline dnnl_status_t append_sum(dnnl_post_ops_t ops) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_post_ops_append_sum(ops, 1.0f, 0, dnnl_data_type_undef);
#else
  return dnnl_post_ops_append_sum(ops, 1.0f);
#endif
}

typedef struct {
  dnnl_dim_t stride[3], dilation[3], before[3], after[3];
} window;

static inline dnnl_status_t conv_forward_pd(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                                            const_md_t x, const_md_t w, const_md_t bias,
                                            const_md_t y, const window *win,
                                            const_dnnl_primitive_attr_t attr) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_convolution_forward_primitive_desc_create(
      pd, engine, dnnl_forward_inference, dnnl_convolution_direct, x, w, bias, y, win->stride,
      win->dilation, win->before, win->after, attr);
#else
  dnnl_convolution_desc_t desc;
  dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
      &desc, dnnl_forward_inference, dnnl_convolution_direct, x, w, bias, y, win->stride,
      win->dilation, win->before, win->after);
  return status ? status : dnnl_primitive_desc_create(pd, &desc, attr, engine, NULL);
#endif
}

static inline dnnl_status_t conv_input_gradient_pd(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                                                   const_md_t x, const_md_t w, const_md_t y,
                                                   const window *win,
                                                   const_dnnl_primitive_attr_t attr,
                                                   const_dnnl_primitive_desc_t hint) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_convolution_backward_data_primitive_desc_create(pd, engine, dnnl_convolution_direct,
                                                              x, w, y, win->stride, win->dilation,
                                                              win->before, win->after, hint, attr);
#else
  dnnl_convolution_desc_t desc;
  dnnl_status_t status = dnnl_dilated_convolution_backward_data_desc_init(
      &desc, dnnl_convolution_direct, x, w, y, win->stride, win->dilation, win->before, win->after);
  return status ? status : dnnl_primitive_desc_create(pd, &desc, attr, engine, hint);
#endif
}

// oneDNN's implementations of 1x1 convolutions with strides copy every s-th pixel to their scratch
// memory before the filter's gradient is computed. That for AVX2 (2.6) copies whole vectors of
// channels, also where there are fewer, and so writes past the memory that it asked for, and over
// what other threads have there.
static inline int copies_pixels(const_dnnl_primitive_desc_t pd) {
  static const char prefix[] = "jit_1x1";
  const char *name = NULL;
  return !dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, (void *)&name) &&
         !strncmp(name, prefix, sizeof prefix - 1);
}

// `copies` says whether an implementation will do that copies pixels.
static inline dnnl_status_t conv_filter_gradient_pd(dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
                                                    const_md_t x, const_md_t w, const_md_t y,
                                                    const window *win,
                                                    const_dnnl_primitive_attr_t attr,
                                                    const_dnnl_primitive_desc_t hint, int copies) {
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_convolution_backward_weights_primitive_desc_create(
      pd, engine, dnnl_convolution_direct, x, w, NULL, y, win->stride, win->dilation, win->before,
      win->after, hint, attr);
  while (!status && !copies && copies_pixels(*pd)) status = dnnl_primitive_desc_next_impl(*pd);
  return status;
#else
  dnnl_convolution_desc_t desc;
  dnnl_status_t status = dnnl_dilated_convolution_backward_weights_desc_init(
      &desc, dnnl_convolution_direct, x, w, NULL, y, win->stride, win->dilation, win->before,
      win->after);
  dnnl_primitive_desc_iterator_t all = NULL;
  if (!status) status = dnnl_primitive_desc_iterator_create(&all, &desc, attr, engine, hint);
  if (status) return status;
  while (!status && (*pd = dnnl_primitive_desc_iterator_fetch(all)) && !copies &&
         copies_pixels(*pd)) {
    dnnl_primitive_desc_destroy(*pd);
    *pd = NULL;
    status = dnnl_primitive_desc_iterator_next(all);
  }
  dnnl_primitive_desc_iterator_destroy(all);
  return status ? status : *pd ? dnnl_success : dnnl_out_of_memory;
#endif
}

static inline dnnl_status_t matmul_pd(dnnl_primitive_desc_t *pd, dnnl_engine_t engine, const_md_t a,
                                      const_md_t b, const_md_t bias, const_md_t c,
                                      const_dnnl_primitive_attr_t attr) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_matmul_primitive_desc_create(pd, engine, a, b, bias, c, attr);
#else
  dnnl_matmul_desc_t desc;
  dnnl_status_t status = dnnl_matmul_desc_init(&desc, a, b, bias, c);
  return status ? status : dnnl_primitive_desc_create(pd, &desc, attr, engine, NULL);
#endif
}
