// XNNPACK's operators on bytes in one form for 2022 (Debian 12) and 2024 (Debian 13); see shim.h. Channels lie last.
//
// Bytes are signed ("qs8", with signed weights around 0, a scale an output channel: "qc8" in 2022, "qs8_qc8w" in 2024)
// or unsigned ("qu8", with unsigned weights of one scale and zero point).
#pragma once
#include <stdint.h>

#include "shim.h"

/// The numbers scale × (q − zero_point).
typedef struct {
    int32_t zero_point;
    float scale;
} CXNNPACK_grid;

/// What the bytes of a convolution stand for.
typedef struct {
    int is_signed;
    CXNNPACK_grid input, output;
    /// Of unsigned weights.
    int32_t kernel_zero_point;
    /// One, or one an output channel where bytes are signed.
    const float *kernel_scales;
    /// Bounds of the result's q.
    int32_t low, high;
} CXNNPACK_rescaling;

#if CXNNPACK_2024
#define CXNNPACK_CACHES NULL, cache,
#define CXNNPACK_CREATE_QC8 xnn_create_convolution2d_nhwc_qs8_qc8w
#else
#define CXNNPACK_CACHES
#define CXNNPACK_CREATE_QC8 xnn_create_convolution2d_nhwc_qc8
#endif

/// - kernel: bytes, outputs × rows × columns × (inputs ÷ groups).
/// - bias: in steps of input scale × kernel scale.
static inline enum xnn_status CXNNPACK_quantized_convolution(
    CXNNPACK_operator *made, CXNNPACK_cache_t cache, CXNNPACK_window window, uint32_t groups, CXNNPACK_map source,
    CXNNPACK_map target, CXNNPACK_rescaling bytes, const void *kernel, const int32_t *bias) {
    if (bytes.is_signed) {
        return CXNNPACK_CREATE_QC8(
            window.near[0], window.far[1], window.far[0], window.near[1], window.kernel[0], window.kernel[1],
            window.stride[0], window.stride[1], window.dilation[0], window.dilation[1], groups,
            source.channels / groups, target.channels / groups, source.pixel_stride, target.pixel_stride,
            (int8_t)bytes.input.zero_point, bytes.input.scale, bytes.kernel_scales, (const int8_t *)kernel, bias,
            (int8_t)bytes.output.zero_point, bytes.output.scale, (int8_t)bytes.low, (int8_t)bytes.high, 0,
            CXNNPACK_CACHES &made->operation);
    }
    return xnn_create_convolution2d_nhwc_qu8(
        window.near[0], window.far[1], window.far[0], window.near[1], window.kernel[0], window.kernel[1],
        window.stride[0], window.stride[1], window.dilation[0], window.dilation[1], groups, source.channels / groups,
        target.channels / groups, source.pixel_stride, target.pixel_stride, (uint8_t)bytes.input.zero_point,
        bytes.input.scale, (uint8_t)bytes.kernel_zero_point, bytes.kernel_scales[0], (const uint8_t *)kernel, bias,
        (uint8_t)bytes.output.zero_point, bytes.output.scale, (uint8_t)bytes.low, (uint8_t)bytes.high, 0,
        CXNNPACK_CACHES &made->operation);
}

static inline enum xnn_status CXNNPACK_set_up_integer_convolution(
    CXNNPACK_operator *made, CXNNPACK_map source, int is_signed, const void *input, void *output) {
#if CXNNPACK_2024
    size_t size = 0, alignment = 0, height = 0, width = 0;
    enum xnn_status status =
        is_signed ? xnn_reshape_convolution2d_nhwc_qs8_qc8w(
                        made->operation, source.batch, source.height, source.width, &size, &alignment, &height,
                        &width, made->pool)
                  : xnn_reshape_convolution2d_nhwc_qu8(
                        made->operation, source.batch, source.height, source.width, &size, &alignment, &height,
                        &width, made->pool);
    if (status == xnn_status_success) status = CXNNPACK_workspace(made, size, alignment);
    if (status != xnn_status_success) return status;
    return is_signed ? xnn_setup_convolution2d_nhwc_qs8_qc8w(
                           made->operation, made->workspace, (const int8_t *)input, (int8_t *)output)
                     : xnn_setup_convolution2d_nhwc_qu8(
                           made->operation, made->workspace, (const uint8_t *)input, (uint8_t *)output);
#else
    return is_signed ? xnn_setup_convolution2d_nhwc_qc8(
                           made->operation, source.batch, source.height, source.width, (const int8_t *)input,
                           (int8_t *)output, made->pool)
                     : xnn_setup_convolution2d_nhwc_qu8(
                           made->operation, source.batch, source.height, source.width, (const uint8_t *)input,
                           (uint8_t *)output, made->pool);
#endif
}

/// Of `count` bytes each, which lie one after another.
static inline enum xnn_status CXNNPACK_quantized_addition(
    CXNNPACK_operator *made, int is_signed, CXNNPACK_grid first, CXNNPACK_grid second, CXNNPACK_grid result,
    size_t count, const void *first_input, const void *second_input, void *output) {
#if CXNNPACK_2024
    const struct xnn_quantization_params grids[] = {
        {first.zero_point, first.scale}, {second.zero_point, second.scale}, {result.zero_point, result.scale}};
    enum xnn_status status = xnn_create_binary_elementwise_nd(
        xnn_binary_add, is_signed ? xnn_datatype_qint8 : xnn_datatype_quint8, &grids[0], &grids[1], &grids[2], 0,
        &made->operation);
    if (status != xnn_status_success) return status;
    status = xnn_reshape_binary_elementwise_nd(made->operation, 1, &count, 1, &count, made->pool);
    if (status != xnn_status_success) return status;
    return xnn_setup_binary_elementwise_nd(made->operation, first_input, second_input, output);
#else
    enum xnn_status status =
        is_signed ? xnn_create_add_nd_qs8(
                        (int8_t)first.zero_point, first.scale, (int8_t)second.zero_point, second.scale,
                        (int8_t)result.zero_point, result.scale, INT8_MIN, INT8_MAX, 0, &made->operation)
                  : xnn_create_add_nd_qu8(
                        (uint8_t)first.zero_point, first.scale, (uint8_t)second.zero_point, second.scale,
                        (uint8_t)result.zero_point, result.scale, 0, UINT8_MAX, 0, &made->operation);
    if (status != xnn_status_success) return status;
    return is_signed ? xnn_setup_add_nd_qs8(
                           made->operation, 1, &count, 1, &count, (const int8_t *)first_input,
                           (const int8_t *)second_input, (int8_t *)output, made->pool)
                     : xnn_setup_add_nd_qu8(
                           made->operation, 1, &count, 1, &count, (const uint8_t *)first_input,
                           (const uint8_t *)second_input, (uint8_t *)output, made->pool);
#endif
}

#if CXNNPACK_2024
#define CXNNPACK_MAXIMUM(type, c_type, low, high)                                                                  \
    status = xnn_create_max_pooling2d_nhwc_##type(                                                                 \
        window.near[0], window.far[1], window.far[0], window.near[1], window.kernel[0], window.kernel[1],          \
        window.stride[0], window.stride[1], window.dilation[0], window.dilation[1], low, high, 0,                  \
        &made->operation);                                                                                         \
    if (status != xnn_status_success) return status;                                                               \
    status = xnn_reshape_max_pooling2d_nhwc_##type(                                                                \
        made->operation, source.batch, source.height, source.width, source.channels, source.pixel_stride,          \
        target.pixel_stride, &out_height, &out_width, made->pool);                                                 \
    if (status != xnn_status_success) return status;                                                               \
    return xnn_setup_max_pooling2d_nhwc_##type(made->operation, (const c_type *)input, (c_type *)output);
#else
#define CXNNPACK_MAXIMUM(type, c_type, low, high)                                                                  \
    status = xnn_create_max_pooling2d_nhwc_##type(                                                                 \
        window.near[0], window.far[1], window.far[0], window.near[1], window.kernel[0], window.kernel[1],          \
        window.stride[0], window.stride[1], window.dilation[0], window.dilation[1], source.channels,               \
        source.pixel_stride, target.pixel_stride, low, high, 0, &made->operation);                                 \
    if (status != xnn_status_success) return status;                                                               \
    return xnn_setup_max_pooling2d_nhwc_##type(                                                                    \
        made->operation, source.batch, source.height, source.width, (const c_type *)input, (c_type *)output,       \
        made->pool);
#endif

/// Padding never wins.
static inline enum xnn_status CXNNPACK_quantized_max_pooling(
    CXNNPACK_operator *made, int is_signed, CXNNPACK_window window, CXNNPACK_map source, CXNNPACK_map target,
    const void *input, void *output) {
    enum xnn_status status;
#if CXNNPACK_2024
    size_t out_height = 0, out_width = 0;
#endif
    if (is_signed) {
        CXNNPACK_MAXIMUM(s8, int8_t, INT8_MIN, INT8_MAX)
    }
    CXNNPACK_MAXIMUM(u8, uint8_t, 0, UINT8_MAX)
}

/// Of each channel, over the pixels of each map.
static inline enum xnn_status CXNNPACK_quantized_mean(
    CXNNPACK_operator *made, int is_signed, CXNNPACK_grid first, CXNNPACK_grid result, CXNNPACK_map source,
    const void *input, void *output) {
    const size_t pixels = source.height * source.width, channels = source.channels;
#if CXNNPACK_2024
    const struct xnn_quantization_params grids[] = {
        {first.zero_point, first.scale}, {result.zero_point, result.scale}};
    const size_t shape[] = {source.batch, pixels, channels};
    const int64_t axis = 1;
    size_t size = 0, alignment = 0;
    enum xnn_status status = xnn_create_reduce_nd(
        xnn_reduce_mean, is_signed ? xnn_datatype_qint8 : xnn_datatype_quint8, &grids[0], &grids[1], 0,
        &made->operation);
    if (status != xnn_status_success) return status;
    status = xnn_reshape_reduce_nd(made->operation, 1, &axis, 3, shape, &size, &alignment, made->pool);
    if (status == xnn_status_success) status = CXNNPACK_workspace(made, size, alignment);
    if (status != xnn_status_success) return status;
    return xnn_setup_reduce_nd(made->operation, made->workspace, input, output);
#else
    enum xnn_status status =
        is_signed ? xnn_create_global_average_pooling_nwc_qs8(
                        channels, channels, channels, (int8_t)first.zero_point, first.scale,
                        (int8_t)result.zero_point, result.scale, INT8_MIN, INT8_MAX, 0, &made->operation)
                  : xnn_create_global_average_pooling_nwc_qu8(
                        channels, channels, channels, (uint8_t)first.zero_point, first.scale,
                        (uint8_t)result.zero_point, result.scale, 0, UINT8_MAX, 0, &made->operation);
    if (status != xnn_status_success) return status;
    return is_signed ? xnn_setup_global_average_pooling_nwc_qs8(
                           made->operation, source.batch, pixels, (const int8_t *)input, (int8_t *)output, made->pool)
                     : xnn_setup_global_average_pooling_nwc_qu8(
                           made->operation, source.batch, pixels, (const uint8_t *)input, (uint8_t *)output,
                           made->pool);
#endif
}
