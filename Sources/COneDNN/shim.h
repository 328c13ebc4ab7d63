// oneDNN's C interface in one form for 2.6 (Debian 12) and 3.x (Debian 13).
//
// What differs: memory descriptors are structs in 2.x and opaque in 3.x, and 2.x makes a primitive descriptor from an
// operation descriptor. Here descriptors are always opaque, and one call makes a primitive descriptor.
#pragma once
#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_debug.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "quantized.h"

// From the OpenMP runtime that libdnnl uses; the number belongs to the calling thread.
void omp_set_num_threads(int threads);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
/// Calls a function on that many threads or fewer, this one included, and waits for all of them. What a compiler makes of
/// `#pragma omp parallel`.
void GOMP_parallel(void (*function)(void *), void *data, unsigned threads, unsigned flags);

/// A memory descriptor that the caller owns.
typedef struct COneDNN_layout *COneDNN_layout_t;

#if DNNL_VERSION_MAJOR >= 3
#define COneDNN_DESC(layout) ((const_dnnl_memory_desc_t)(layout))
typedef const_dnnl_memory_desc_t COneDNN_const_desc_t;
#else
#define COneDNN_DESC(layout) ((const dnnl_memory_desc_t *)(layout))
typedef const dnnl_memory_desc_t *COneDNN_const_desc_t;
#endif

// MARK: Layouts

#if DNNL_VERSION_MAJOR < 3
/// A copy of a descriptor, for the caller to own.
static inline dnnl_status_t COneDNN_layout_copy(COneDNN_layout_t *layout, const dnnl_memory_desc_t *held) {
    dnnl_memory_desc_t *made = (dnnl_memory_desc_t *)malloc(sizeof(dnnl_memory_desc_t));
    if (!made) return dnnl_out_of_memory;
    *made = *held;
    *layout = (COneDNN_layout_t)made;
    return dnnl_success;
}
#endif

static inline dnnl_status_t COneDNN_layout_create(
    COneDNN_layout_t *layout, int rank, const int64_t *extents, dnnl_data_type_t type, dnnl_format_tag_t tag) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_memory_desc_create_with_tag((dnnl_memory_desc_t *)layout, rank, extents, type, tag);
#else
    dnnl_memory_desc_t made;
    dnnl_status_t status = dnnl_memory_desc_init_by_tag(&made, rank, extents, type, tag);
    return status == dnnl_success ? COneDNN_layout_copy(layout, &made) : status;
#endif
}

/// Elements `strides` apart.
static inline dnnl_status_t COneDNN_layout_create_strided(
    COneDNN_layout_t *layout, int rank, const int64_t *extents, dnnl_data_type_t type, const int64_t *strides) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_memory_desc_create_with_strides((dnnl_memory_desc_t *)layout, rank, extents, type, strides);
#else
    dnnl_memory_desc_t made;
    dnnl_status_t status = dnnl_memory_desc_init_by_strides(&made, rank, extents, type, strides);
    return status == dnnl_success ? COneDNN_layout_copy(layout, &made) : status;
#endif
}

/// A copy of a descriptor that a primitive descriptor holds.
static inline dnnl_status_t COneDNN_layout_query(
    COneDNN_layout_t *layout, const_dnnl_primitive_desc_t primitive, dnnl_query_t what, int index) {
    COneDNN_const_desc_t held = dnnl_primitive_desc_query_md(primitive, what, index);
    if (!held) return dnnl_invalid_arguments;
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_memory_desc_clone((dnnl_memory_desc_t *)layout, held);
#else
    return COneDNN_layout_copy(layout, held);
#endif
}

static inline void COneDNN_layout_destroy(COneDNN_layout_t layout) {
#if DNNL_VERSION_MAJOR >= 3
    dnnl_memory_desc_destroy((dnnl_memory_desc_t)layout);
#else
    free(layout);
#endif
}

static inline int COneDNN_layout_equal(COneDNN_layout_t a, COneDNN_layout_t b) {
    return dnnl_memory_desc_equal(COneDNN_DESC(a), COneDNN_DESC(b));
}

static inline dnnl_data_type_t COneDNN_layout_type(COneDNN_layout_t layout) {
#if DNNL_VERSION_MAJOR >= 3
    dnnl_data_type_t type = dnnl_data_type_undef;
    dnnl_memory_desc_query(COneDNN_DESC(layout), dnnl_query_data_type, &type);
    return type;
#else
    return COneDNN_DESC(layout)->data_type;
#endif
}

static inline size_t COneDNN_layout_bytes(COneDNN_layout_t layout) {
    return dnnl_memory_desc_get_size(COneDNN_DESC(layout));
}

static inline dnnl_status_t COneDNN_memory_create(
    dnnl_memory_t *memory, COneDNN_layout_t layout, dnnl_engine_t engine, void *data) {
    return dnnl_memory_create(memory, COneDNN_DESC(layout), engine, data);
}

// MARK: Post-operations

static inline dnnl_status_t COneDNN_post_ops_append_eltwise(
    dnnl_post_ops_t operations, dnnl_alg_kind_t algorithm, float alpha, float beta) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_post_ops_append_eltwise(operations, algorithm, alpha, beta);
#else
    return dnnl_post_ops_append_eltwise(operations, 1, algorithm, alpha, beta);
#endif
}

/// Adds what the destination held before.
static inline dnnl_status_t COneDNN_post_ops_append_sum(dnnl_post_ops_t operations) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_post_ops_append_sum(operations, 1, 0, dnnl_data_type_undef);
#else
    return dnnl_post_ops_append_sum(operations, 1);
#endif
}

/// A depthwise convolution of the result, square, with as much padding before as given and behind as it takes.
static inline dnnl_status_t COneDNN_post_ops_append_depthwise(
    dnnl_post_ops_t operations, dnnl_data_type_t type, dnnl_dim_t kernel, dnnl_dim_t stride, dnnl_dim_t padding) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_post_ops_append_dw(operations, type, dnnl_f32, type, kernel, stride, padding);
#else
    return dnnl_post_ops_append_dw(operations, type, dnnl_f32, type, kernel, stride, padding, 0, 0, NULL);
#endif
}

// MARK: Primitive descriptors, all for forward inference

#if DNNL_VERSION_MAJOR < 3
/// Whether a convolution ruins what lies behind its destination: 2.6's 1×1 code for bytes on AMX computes two tiles of
/// pixels at a time, of three a fourth as well (6×6 and 6×7 pixels, for example).
static inline int COneDNN_writes_beyond(const_dnnl_primitive_desc_t made) {
    const char *name = NULL;
    if (dnnl_primitive_desc_query(made, dnnl_query_impl_info_str, 0, &name) != dnnl_success) return 0;
    if (strncmp(name, "jit_1x1:avx512_core_amx", 23) != 0) return 0;
    const dnnl_memory_desc_t *destination = dnnl_primitive_desc_query_md(made, dnnl_query_dst_md, 0);
    int64_t pixels = 1, tile = 16;
    for (int axis = 2; axis < destination->ndims; axis++) pixels *= destination->dims[axis];
    while (pixels % tile != 0) tile--;
    return pixels == 3 * tile;
}
#endif

static inline dnnl_status_t COneDNN_convolution(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_alg_kind_t algorithm, COneDNN_layout_t source,
    COneDNN_layout_t weights, COneDNN_layout_t bias, COneDNN_layout_t destination, const int64_t *strides,
    const int64_t *dilations, const int64_t *near_padding, const int64_t *far_padding,
    const_dnnl_primitive_attr_t attributes) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_convolution_forward_primitive_desc_create(
        made, engine, dnnl_forward_inference, algorithm, COneDNN_DESC(source), COneDNN_DESC(weights),
        COneDNN_DESC(bias), COneDNN_DESC(destination), strides, dilations, near_padding, far_padding, attributes);
#else
    dnnl_convolution_desc_t operation;
    dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
        &operation, dnnl_forward_inference, algorithm, COneDNN_DESC(source), COneDNN_DESC(weights),
        COneDNN_DESC(bias), COneDNN_DESC(destination), strides, dilations, near_padding, far_padding);
    if (status != dnnl_success) return status;
    dnnl_primitive_desc_iterator_t candidates;
    status = dnnl_primitive_desc_iterator_create(&candidates, &operation, attributes, engine, NULL);
    if (status != dnnl_success) return status;
    do {
        *made = dnnl_primitive_desc_iterator_fetch(candidates);
        if (*made == NULL) {
            status = dnnl_out_of_memory;
            break;
        }
        if (!COneDNN_writes_beyond(*made)) break;
        dnnl_primitive_desc_destroy(*made);
        *made = NULL;
        status = dnnl_primitive_desc_iterator_next(candidates);
    } while (status == dnnl_success);
    dnnl_primitive_desc_iterator_destroy(candidates);
    return status == dnnl_iterator_ends ? dnnl_unimplemented : status;
#endif
}

/// What a convolution does to gradients; far padding may be negative, which makes the destination larger.
static inline dnnl_status_t COneDNN_transposed_convolution(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, COneDNN_layout_t source, COneDNN_layout_t weights,
    COneDNN_layout_t bias, COneDNN_layout_t destination, const int64_t *strides, const int64_t *dilations,
    const int64_t *near_padding, const int64_t *far_padding, const_dnnl_primitive_attr_t attributes) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_deconvolution_forward_primitive_desc_create(
        made, engine, dnnl_forward_inference, dnnl_deconvolution_direct, COneDNN_DESC(source), COneDNN_DESC(weights),
        COneDNN_DESC(bias), COneDNN_DESC(destination), strides, dilations, near_padding, far_padding, attributes);
#else
    dnnl_deconvolution_desc_t operation;
    dnnl_status_t status = dnnl_dilated_deconvolution_forward_desc_init(
        &operation, dnnl_forward_inference, dnnl_deconvolution_direct, COneDNN_DESC(source), COneDNN_DESC(weights),
        COneDNN_DESC(bias), COneDNN_DESC(destination), strides, dilations, near_padding, far_padding);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(made, &operation, attributes, engine, NULL);
#endif
}

/// Matrix products, without a bias.
static inline dnnl_status_t COneDNN_products(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, COneDNN_layout_t first, COneDNN_layout_t second,
    COneDNN_layout_t destination, const_dnnl_primitive_attr_t attributes) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_matmul_primitive_desc_create(
        made, engine, COneDNN_DESC(first), COneDNN_DESC(second), NULL, COneDNN_DESC(destination), attributes);
#else
    dnnl_matmul_desc_t operation;
    dnnl_status_t status = dnnl_matmul_desc_init(
        &operation, COneDNN_DESC(first), COneDNN_DESC(second), NULL, COneDNN_DESC(destination));
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(made, &operation, attributes, engine, NULL);
#endif
}

static inline dnnl_status_t COneDNN_inner_product(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, COneDNN_layout_t source, COneDNN_layout_t weights,
    COneDNN_layout_t bias, COneDNN_layout_t destination, const_dnnl_primitive_attr_t attributes) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_inner_product_forward_primitive_desc_create(
        made, engine, dnnl_forward_inference, COneDNN_DESC(source), COneDNN_DESC(weights), COneDNN_DESC(bias),
        COneDNN_DESC(destination), attributes);
#else
    dnnl_inner_product_desc_t operation;
    dnnl_status_t status = dnnl_inner_product_forward_desc_init(
        &operation, dnnl_forward_inference, COneDNN_DESC(source), COneDNN_DESC(weights), COneDNN_DESC(bias),
        COneDNN_DESC(destination));
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(made, &operation, attributes, engine, NULL);
#endif
}

static inline dnnl_status_t COneDNN_pooling(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_alg_kind_t algorithm, COneDNN_layout_t source,
    COneDNN_layout_t destination, const int64_t *strides, const int64_t *kernel, const int64_t *dilations,
    const int64_t *near_padding, const int64_t *far_padding, const_dnnl_primitive_attr_t attributes) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_pooling_forward_primitive_desc_create(
        made, engine, dnnl_forward_inference, algorithm, COneDNN_DESC(source), COneDNN_DESC(destination), strides,
        kernel, dilations, near_padding, far_padding, attributes);
#else
    dnnl_pooling_v2_desc_t operation;
    dnnl_status_t status = dnnl_pooling_v2_forward_desc_init(
        &operation, dnnl_forward_inference, algorithm, COneDNN_DESC(source), COneDNN_DESC(destination), strides,
        kernel, dilations, near_padding, far_padding);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(made, &operation, attributes, engine, NULL);
#endif
}

/// Source and destination share a layout.
static inline dnnl_status_t COneDNN_eltwise(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_alg_kind_t algorithm, COneDNN_layout_t layout, float alpha,
    float beta, const_dnnl_primitive_attr_t attributes) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_eltwise_forward_primitive_desc_create(
        made, engine, dnnl_forward_inference, algorithm, COneDNN_DESC(layout), COneDNN_DESC(layout), alpha, beta,
        attributes);
#else
    dnnl_eltwise_desc_t operation;
    dnnl_status_t status = dnnl_eltwise_forward_desc_init(
        &operation, dnnl_forward_inference, algorithm, COneDNN_DESC(layout), alpha, beta);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(made, &operation, attributes, engine, NULL);
#endif
}

/// Source and destination share a layout.
static inline dnnl_status_t COneDNN_softmax(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_alg_kind_t algorithm, COneDNN_layout_t layout, int axis,
    const_dnnl_primitive_attr_t attributes) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_softmax_forward_primitive_desc_create(
        made, engine, dnnl_forward_inference, algorithm, COneDNN_DESC(layout), COneDNN_DESC(layout), axis, attributes);
#else
    dnnl_softmax_v2_desc_t operation;
    dnnl_status_t status = dnnl_softmax_v2_forward_desc_init(
        &operation, dnnl_forward_inference, algorithm, COneDNN_DESC(layout), COneDNN_DESC(layout), axis);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(made, &operation, attributes, engine, NULL);
#endif
}

/// A function of two tensors; extents of 1 in the second repeat.
static inline dnnl_status_t COneDNN_binary(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_alg_kind_t algorithm, COneDNN_layout_t first,
    COneDNN_layout_t second, COneDNN_layout_t destination, const_dnnl_primitive_attr_t attributes) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_binary_primitive_desc_create(
        made, engine, algorithm, COneDNN_DESC(first), COneDNN_DESC(second), COneDNN_DESC(destination), attributes);
#else
    dnnl_binary_desc_t operation;
    dnnl_status_t status = dnnl_binary_desc_init(
        &operation, algorithm, COneDNN_DESC(first), COneDNN_DESC(second), COneDNN_DESC(destination));
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(made, &operation, attributes, engine, NULL);
#endif
}

/// Source and destination share a layout; extents of 1 in the slopes repeat.
static inline dnnl_status_t COneDNN_parametric_relu(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, COneDNN_layout_t layout, COneDNN_layout_t slopes,
    const_dnnl_primitive_attr_t attributes) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_prelu_forward_primitive_desc_create(
        made, engine, dnnl_forward_inference, COneDNN_DESC(layout), COneDNN_DESC(slopes), COneDNN_DESC(layout),
        attributes);
#else
    dnnl_prelu_desc_t operation;
    dnnl_status_t status = dnnl_prelu_forward_desc_init(
        &operation, dnnl_forward_inference, COneDNN_DESC(layout), COneDNN_DESC(slopes));
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(made, &operation, attributes, engine, NULL);
#endif
}

/// Across channels; source and destination share a layout.
static inline dnnl_status_t COneDNN_local_response_normalization(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, COneDNN_layout_t layout, int64_t size, float alpha, float beta,
    float bias, const_dnnl_primitive_attr_t attributes) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_lrn_forward_primitive_desc_create(
        made, engine, dnnl_forward_inference, dnnl_lrn_across_channels, COneDNN_DESC(layout), COneDNN_DESC(layout),
        size, alpha, beta, bias, attributes);
#else
    dnnl_lrn_desc_t operation;
    dnnl_status_t status = dnnl_lrn_forward_desc_init(
        &operation, dnnl_forward_inference, dnnl_lrn_across_channels, COneDNN_DESC(layout), size, alpha, beta, bias);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(made, &operation, attributes, engine, NULL);
#endif
}

static inline dnnl_status_t COneDNN_concatenation(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, COneDNN_layout_t destination, int count, int axis,
    const COneDNN_layout_t *sources, const_dnnl_primitive_attr_t attributes) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_concat_primitive_desc_create(
        made, engine, COneDNN_DESC(destination), count, axis, (const_dnnl_memory_desc_t const *)sources, attributes);
#else
    dnnl_memory_desc_t *copies = (dnnl_memory_desc_t *)malloc((size_t)count * sizeof(dnnl_memory_desc_t));
    if (!copies) return dnnl_out_of_memory;
    for (int i = 0; i < count; i++) copies[i] = *COneDNN_DESC(sources[i]);
    dnnl_status_t status = dnnl_concat_primitive_desc_create(
        made, COneDNN_DESC(destination), count, axis, copies, attributes, engine);
    free(copies);
    return status;
#endif
}

static inline dnnl_status_t COneDNN_reorder(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, COneDNN_layout_t source, COneDNN_layout_t destination,
    const_dnnl_primitive_attr_t attributes) {
    return dnnl_reorder_primitive_desc_create(
        made, COneDNN_DESC(source), engine, COneDNN_DESC(destination), engine, attributes);
}
