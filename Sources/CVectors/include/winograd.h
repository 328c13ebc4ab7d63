// 3×3 convolutions by Winograd's algorithm. Called on any thread.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// A feature map, and how it lies: steps are elements from one to the next. Channels lie side by side in blocks; what
/// fills up the last block is zero. With channels last, all are one block.
typedef struct {
    size_t batch, height, width, channels;
    size_t block, block_step, pixel_step, row_step, image_step;
} CVectors_Map;

/// A convolution of stride 1: result = min(max(Σ weights × source + bias [+ what result held before], low), high).
typedef struct {
    CVectors_Map source, result;
    /// Zeros in front of the source.
    size_t top, left;
    float low, high;
    int addsResult;
    /// Whether source and result are the upper halves of floats.
    int isHalf;
    /// 2 or 4: results are computed in tiles of 2×2 or 4×4.
    size_t tile;
    /// Of a vector: `CVectors_lanes`, or fewer. Must divide the maps' blocks, where there are several.
    size_t lanes;
    /// Tiles that are computed together.
    size_t tiles_together;
} CVectors_Winograd;

/// Floats in the machine's widest vectors: 16, 8 or 4. Code for 8 and 4 runs wherever that for 16 does.
size_t CVectors_lanes(void);

/// Of the whole result.
size_t CVectors_winograd_tiles(const CVectors_Winograd *layer);

/// Floats of transformed weights.
size_t CVectors_winograd_weight_count(const CVectors_Winograd *layer);

/// Transforms weights: outputs × inputs × 3 × 3.
void CVectors_winograd_weights(const CVectors_Winograd *layer, const float *weights, float *result);

/// Floats that a run scribbles on.
size_t CVectors_winograd_scratch_count(const CVectors_Winograd *layer);

/// Computes the tiles from first to before end.
/// - Parameters:
///   - weights: transformed.
///   - bias: of the result's channels, then zeros up to a whole vector.
void CVectors_winograd(
    const CVectors_Winograd *layer, const void *source, const float *weights, const float *bias, void *result,
    float *scratch, size_t first, size_t end);
