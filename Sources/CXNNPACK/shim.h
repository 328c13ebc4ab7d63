// XNNPACK's operators in one form for 2022 (Debian 12) and 2024 (Debian 13). FP32, channels last; quantized.h has bytes.
//
// What differs: 2022 sets shape and addresses in one call; 2024 first sets the shape, then says how much workspace it
// needs, then takes addresses, and can share packed weights through a cache. 2022 has a function for each elementwise
// operation and clamps in each; 2024 has two for all of them. Here an operator is made for a shape and for
// addresses that stay the same, and then run again and again.
#pragma once
#include <math.h>
#include <pthreadpool.h>
#include <stdlib.h>
#include <xnnpack.h>

#ifdef XNN_FLAG_TRANSIENT_INDIRECTION_BUFFER
#define CXNNPACK_2024 1
#else
#define CXNNPACK_2024 0
#endif

/// Packed weights that several operators share; always NULL in 2022.
#if CXNNPACK_2024
typedef xnn_weights_cache_t CXNNPACK_cache_t;
#else
typedef void *CXNNPACK_cache_t;
#endif

static inline int CXNNPACK_is_of_2024(void) { return CXNNPACK_2024; }

/// An operator with what it needs to run.
typedef struct {
    xnn_operator_t operation;
    /// Freed with the operator.
    void *workspace;
    pthreadpool_t pool;
} CXNNPACK_operator;

typedef enum { CXNNPACK_add, CXNNPACK_subtract, CXNNPACK_multiply, CXNNPACK_divide } CXNNPACK_binary_kind;
typedef enum { CXNNPACK_clamp, CXNNPACK_leaky_relu, CXNNPACK_sigmoid, CXNNPACK_hardswish } CXNNPACK_unary_kind;

/// A window over a feature map; rows before columns.
typedef struct {
    uint32_t kernel[2], stride[2], dilation[2], near[2], far[2];
} CXNNPACK_window;

/// A feature map: `pixel_stride` elements from one pixel's channels to the next's.
typedef struct {
    size_t batch, height, width, channels, pixel_stride;
} CXNNPACK_map;

static inline enum xnn_status CXNNPACK_run(const CXNNPACK_operator *made) {
    return xnn_run_operator(made->operation, made->pool);
}

static inline void CXNNPACK_destroy(CXNNPACK_operator *made) {
    if (made->operation) xnn_delete_operator(made->operation);
    free(made->workspace);
    made->operation = NULL;
    made->workspace = NULL;
}

static inline enum xnn_status CXNNPACK_cache_create(CXNNPACK_cache_t *cache) {
#if CXNNPACK_2024
    return xnn_create_weights_cache(cache);
#else
    *cache = NULL;
    return xnn_status_success;
#endif
}

/// No weights are added that aren't in the cache already.
static inline enum xnn_status CXNNPACK_cache_finalize(CXNNPACK_cache_t cache) {
#if CXNNPACK_2024
    return xnn_finalize_weights_cache(cache, xnn_weights_cache_finalization_kind_soft);
#else
    return xnn_status_success;
#endif
}

static inline void CXNNPACK_cache_destroy(CXNNPACK_cache_t cache) {
#if CXNNPACK_2024
    if (cache) xnn_delete_weights_cache(cache);
#endif
}

#if CXNNPACK_2024
static inline enum xnn_status CXNNPACK_workspace(CXNNPACK_operator *made, size_t size, size_t alignment) {
    if (size == 0) return xnn_status_success;
    if (alignment < sizeof(void *)) alignment = sizeof(void *);
    return posix_memalign(&made->workspace, alignment, size) == 0 ? xnn_status_success : xnn_status_out_of_memory;
}
#endif

/// The layers with weights are made in two steps, since no operator can be set up before the cache is finalized.
///
/// - kernel: outputs × rows × columns × (inputs ÷ groups).
static inline enum xnn_status CXNNPACK_convolution(
    CXNNPACK_operator *made, CXNNPACK_cache_t cache, CXNNPACK_window window, uint32_t groups, CXNNPACK_map source,
    CXNNPACK_map target, const float *kernel, const float *bias, float low, float high) {
    return xnn_create_convolution2d_nhwc_f32(
        window.near[0], window.far[1], window.far[0], window.near[1], window.kernel[0], window.kernel[1],
        window.stride[0], window.stride[1], window.dilation[0], window.dilation[1], groups, source.channels / groups,
        target.channels / groups, source.pixel_stride, target.pixel_stride, kernel, bias, low, high, 0,
#if CXNNPACK_2024
        NULL, cache,
#endif
        &made->operation);
}

static inline enum xnn_status CXNNPACK_set_up_convolution(
    CXNNPACK_operator *made, CXNNPACK_map source, const float *input, float *output) {
#if CXNNPACK_2024
    size_t size = 0, alignment = 0, height = 0, width = 0;
    enum xnn_status status = xnn_reshape_convolution2d_nhwc_f32(
        made->operation, source.batch, source.height, source.width, &size, &alignment, &height, &width, made->pool);
    if (status == xnn_status_success) status = CXNNPACK_workspace(made, size, alignment);
    if (status != xnn_status_success) return status;
    return xnn_setup_convolution2d_nhwc_f32(made->operation, made->workspace, input, output);
#else
    return xnn_setup_convolution2d_nhwc_f32(
        made->operation, source.batch, source.height, source.width, input, output, made->pool);
#endif
}

/// - kernel: outputs × inputs.
static inline enum xnn_status CXNNPACK_fully_connected(
    CXNNPACK_operator *made, CXNNPACK_cache_t cache, size_t inputs, size_t outputs, const float *kernel,
    const float *bias, float low, float high) {
    return xnn_create_fully_connected_nc_f32(
        inputs, outputs, inputs, outputs, kernel, bias, low, high, 0,
#if CXNNPACK_2024
        NULL, cache,
#endif
        &made->operation);
}

static inline enum xnn_status CXNNPACK_set_up_fully_connected(
    CXNNPACK_operator *made, size_t batch, const float *input, float *output) {
#if CXNNPACK_2024
    enum xnn_status status = xnn_reshape_fully_connected_nc_f32(made->operation, batch, made->pool);
    if (status != xnn_status_success) return status;
    return xnn_setup_fully_connected_nc_f32(made->operation, input, output);
#else
    return xnn_setup_fully_connected_nc_f32(made->operation, batch, input, output, made->pool);
#endif
}

/// Padding never wins.
static inline enum xnn_status CXNNPACK_max_pooling(
    CXNNPACK_operator *made, CXNNPACK_window window, CXNNPACK_map source, CXNNPACK_map target, const float *input,
    float *output) {
    enum xnn_status status = xnn_create_max_pooling2d_nhwc_f32(
        window.near[0], window.far[1], window.far[0], window.near[1], window.kernel[0], window.kernel[1],
        window.stride[0], window.stride[1], window.dilation[0], window.dilation[1],
#if !CXNNPACK_2024
        source.channels, source.pixel_stride, target.pixel_stride,
#endif
        -INFINITY, INFINITY, 0, &made->operation);
    if (status != xnn_status_success) return status;
#if CXNNPACK_2024
    size_t height = 0, width = 0;
    status = xnn_reshape_max_pooling2d_nhwc_f32(
        made->operation, source.batch, source.height, source.width, source.channels, source.pixel_stride,
        target.pixel_stride, &height, &width, made->pool);
    if (status != xnn_status_success) return status;
    return xnn_setup_max_pooling2d_nhwc_f32(made->operation, input, output);
#else
    return xnn_setup_max_pooling2d_nhwc_f32(
        made->operation, source.batch, source.height, source.width, input, output, made->pool);
#endif
}

/// Padding doesn't count. Windows aren't dilated.
static inline enum xnn_status CXNNPACK_average_pooling(
    CXNNPACK_operator *made, CXNNPACK_window window, CXNNPACK_map source, CXNNPACK_map target, const float *input,
    float *output) {
    enum xnn_status status = xnn_create_average_pooling2d_nhwc_f32(
        window.near[0], window.far[1], window.far[0], window.near[1], window.kernel[0], window.kernel[1],
        window.stride[0], window.stride[1],
#if !CXNNPACK_2024
        source.channels, source.pixel_stride, target.pixel_stride,
#endif
        -INFINITY, INFINITY, 0, &made->operation);
    if (status != xnn_status_success) return status;
#if CXNNPACK_2024
    size_t size = 0, alignment = 0, height = 0, width = 0;
    status = xnn_reshape_average_pooling2d_nhwc_f32(
        made->operation, source.batch, source.height, source.width, source.channels, source.pixel_stride,
        target.pixel_stride, &size, &alignment, &height, &width, made->pool);
    if (status == xnn_status_success) status = CXNNPACK_workspace(made, size, alignment);
    if (status != xnn_status_success) return status;
    return xnn_setup_average_pooling2d_nhwc_f32(made->operation, made->workspace, input, output);
#else
    return xnn_setup_average_pooling2d_nhwc_f32(
        made->operation, source.batch, source.height, source.width, input, output, made->pool);
#endif
}

/// Shapes repeat along extents of 1, as NumPy's do; at most `XNN_MAX_TENSOR_DIMS` extents.
static inline enum xnn_status CXNNPACK_binary(
    CXNNPACK_operator *made, CXNNPACK_binary_kind kind, size_t first_rank, const size_t *first_shape,
    size_t second_rank, const size_t *second_shape, const float *first, const float *second, float *output) {
#if CXNNPACK_2024
    const enum xnn_binary_operator kinds[] = {
        xnn_binary_add, xnn_binary_subtract, xnn_binary_multiply, xnn_binary_divide};
    enum xnn_status status =
        xnn_create_binary_elementwise_nd(kinds[kind], xnn_datatype_fp32, NULL, NULL, NULL, 0, &made->operation);
    if (status != xnn_status_success) return status;
    status = xnn_reshape_binary_elementwise_nd(
        made->operation, first_rank, first_shape, second_rank, second_shape, made->pool);
    if (status != xnn_status_success) return status;
    return xnn_setup_binary_elementwise_nd(made->operation, first, second, output);
#else
#define CXNNPACK_CASE(name)                                                                                        \
    case CXNNPACK_##name: {                                                                                        \
        enum xnn_status status = xnn_create_##name##_nd_f32(-INFINITY, INFINITY, 0, &made->operation);             \
        if (status != xnn_status_success) return status;                                                           \
        return xnn_setup_##name##_nd_f32(                                                                          \
            made->operation, first_rank, first_shape, second_rank, second_shape, first, second, output,            \
            made->pool);                                                                                           \
    }
    switch (kind) {
        CXNNPACK_CASE(add)
        CXNNPACK_CASE(subtract)
        CXNNPACK_CASE(multiply)
        CXNNPACK_CASE(divide)
    }
#undef CXNNPACK_CASE
    return xnn_status_invalid_parameter;
#endif
}

/// A function of each of `channels` elements, `batch` times. `low` and `high` bound a clamp, `slope` is a leaky ReLU's.
static inline enum xnn_status CXNNPACK_unary(
    CXNNPACK_operator *made, CXNNPACK_unary_kind kind, size_t batch, size_t channels, size_t source_stride,
    size_t target_stride, float low, float high, float slope, const float *input, float *output) {
#if CXNNPACK_2024
    const enum xnn_unary_operator kinds[] = {
        xnn_unary_clamp, xnn_unary_leaky_relu, xnn_unary_sigmoid, xnn_unary_hardswish};
    union xnn_unary_params parameters;
    if (kind == CXNNPACK_clamp) {
        parameters.clamp.min = low;
        parameters.clamp.max = high;
    } else {
        parameters.leaky_relu.negative_slope = slope;
    }
    enum xnn_status status = xnn_create_unary_elementwise_nc(
        kinds[kind], xnn_datatype_fp32, xnn_datatype_fp32, &parameters, NULL, NULL, 0, &made->operation);
    if (status != xnn_status_success) return status;
    status = xnn_reshape_unary_elementwise_nc(
        made->operation, batch, channels, source_stride, target_stride, made->pool);
    if (status != xnn_status_success) return status;
    return xnn_setup_unary_elementwise_nc(made->operation, input, output);
#else
    xnn_operator_t *operation = &made->operation;
#define CXNNPACK_CASE(name, ...)                                                                                   \
    case CXNNPACK_##name: {                                                                                        \
        enum xnn_status status =                                                                                   \
            xnn_create_##name##_nc_f32(channels, source_stride, target_stride, __VA_ARGS__, operation);            \
        if (status != xnn_status_success) return status;                                                           \
        return xnn_setup_##name##_nc_f32(made->operation, batch, input, output, made->pool);                       \
    }
    switch (kind) {
        CXNNPACK_CASE(clamp, low, high, 0)
        CXNNPACK_CASE(leaky_relu, slope, 0)
        CXNNPACK_CASE(sigmoid, 0)
        CXNNPACK_CASE(hardswish, 0)
    }
#undef CXNNPACK_CASE
    return xnn_status_invalid_parameter;
#endif
}

/// Over rows of `channels` elements, one after another.
static inline enum xnn_status CXNNPACK_softmax(
    CXNNPACK_operator *made, size_t batch, size_t channels, const float *input, float *output) {
#if CXNNPACK_2024
    enum xnn_status status = xnn_create_softmax_nc_f32(0, &made->operation);
    if (status != xnn_status_success) return status;
    status = xnn_reshape_softmax_nc_f32(made->operation, channels, channels, channels, batch, made->pool);
    if (status != xnn_status_success) return status;
    return xnn_setup_softmax_nc_f32(made->operation, input, output);
#else
    enum xnn_status status = xnn_create_softmax_nc_f32(channels, channels, channels, 0, &made->operation);
    if (status != xnn_status_success) return status;
    return xnn_setup_softmax_nc_f32(made->operation, batch, input, output, made->pool);
#endif
}
