// Scales and zero points of oneDNN's integers in one form for 2.6 and 3.x.
//
// In 3.x, scales and zero points are operands of each run; in 2.x they are parts of the attributes. Biases are added
// before results are scaled in 2.x, and behind in 3.x.
#pragma once
#include <oneapi/dnnl/dnnl.h>
#include <stdint.h>

static inline int COneDNN_takes_scales_when_run(void) { return DNNL_VERSION_MAJOR >= 3; }

/// The role of an operand's scales in 3.x.
static inline int COneDNN_scales_role(int role) {
#if DNNL_VERSION_MAJOR >= 3
    return DNNL_ARG_ATTR_SCALES | role;
#else
    return role;
#endif
}

/// Factors of a convolution's or fully connected layer's sums, one an output channel.
static inline dnnl_status_t COneDNN_set_channel_scales(
    dnnl_primitive_attr_t attributes, int64_t count, const float *scales, int is_grouped) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_primitive_attr_set_scales_mask(attributes, DNNL_ARG_WEIGHTS, is_grouped ? 3 : 1);
#else
    return dnnl_primitive_attr_set_output_scales(attributes, count, 1 << 1, scales);
#endif
}

/// A factor of one operand of a binary function.
static inline dnnl_status_t COneDNN_set_operand_scale(dnnl_primitive_attr_t attributes, int role, float scale) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_primitive_attr_set_scales_mask(attributes, role, 0);
#else
    return dnnl_primitive_attr_set_scales(attributes, role, 1, 0, &scale);
#endif
}

/// What stands for zero in an operand.
static inline dnnl_status_t COneDNN_set_zero_point(dnnl_primitive_attr_t attributes, int role, int32_t zero_point) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_primitive_attr_set_zero_points_mask(attributes, role, 0);
#else
    return dnnl_primitive_attr_set_zero_points(attributes, role, 1, 0, &zero_point);
#endif
}

/// Adds what the destination held before, times `scale`.
static inline dnnl_status_t COneDNN_post_ops_append_scaled_sum(dnnl_post_ops_t operations, float scale) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_post_ops_append_sum(operations, scale, 0, dnnl_data_type_undef);
#else
    return dnnl_post_ops_append_sum(operations, scale);
#endif
}
