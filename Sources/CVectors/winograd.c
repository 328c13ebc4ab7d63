// 3×3 convolutions by Winograd's algorithm (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016,
// sections 4.1 and 4.3): F(2×2, 3×3) and F(4×4, 3×3), with interpolation points 0, ±1, ∞ and 0, ±1, ±2, ∞. Tiles are
// transformed, multiplied and transformed back some at a time, so that what lies between stays in the cache.
//
// The products are computed here, too: oneDNN's batched ones took as long or longer.
#include "winograd.h"

#include <math.h>
#include <string.h>

#include "processors.h"

#define LEAST(a, b) ((a) < (b) ? (a) : (b))
#define SIZE(isHalf) ((isHalf) ? sizeof(uint16_t) : sizeof(float))
#define ROUND_UP(count, lanes) (((count) + (lanes) - 1) / (lanes) * (lanes))
#define ROUNDED(count) ROUND_UP(count, LANES)
// Floats from one matrix to the next: not a multiple of 4 KB, which caches would put in the same places.
#define MATRIX(rows, columns) ((rows) * (columns) + 16)

// A tile's image, and which of the image's tiles it is.
typedef struct {
    size_t image, y, x;
} Place;

INLINE size_t tiles_along(size_t extent, size_t tile) { return (extent + tile - 1) / tile; }

INLINE Place place_of(const CVectors_Winograd *layer, size_t number) {
    size_t columns = tiles_along(layer->result.width, layer->tile);
    size_t count = columns * tiles_along(layer->result.height, layer->tile), inside = number % count;
    return (Place){number / count, inside / columns, inside % columns};
}

// Where a channel of an image's first pixel lies.
INLINE size_t start_of(const CVectors_Map *map, size_t image, size_t channel) {
    return image * map->image_step + channel / map->block * map->block_step + channel % map->block;
}

#define JOINED(name, lanes) name##_##lanes
#define NAMED(name, lanes) JOINED(name, lanes)
#define NAME(name) NAMED(name, LANES)

#define ROWS 6
#if defined(__x86_64__)
#define LANES 16
#define PANEL 4
#define PROCESSOR AVX512
#include "winograd_kernels.h"
#undef LANES
#undef PANEL
#undef PROCESSOR

#define LANES 8
#define PANEL 2
#define PROCESSOR AVX2_FMA
#include "winograd_kernels.h"
#undef LANES
#undef PANEL
#undef PROCESSOR

#define NARROW_PANEL 2
#else
// Arm has 32 registers for vectors.
#define NARROW_PANEL 4
#endif

#define LANES 4
#define PANEL NARROW_PANEL
#define PROCESSOR
#include "winograd_kernels.h"
#undef LANES
#undef PANEL
#undef PROCESSOR

size_t CVectors_lanes(void) {
#if defined(__x86_64__)
    if (HAS_AVX512) return 16;
    if (HAS_AVX2_FMA) return 8;
#endif
    return 4;
}

size_t CVectors_winograd_tiles(const CVectors_Winograd *layer) {
    const CVectors_Map *map = &layer->result;
    return map->batch * tiles_along(map->height, layer->tile) * tiles_along(map->width, layer->tile);
}

INLINE size_t positions_of(const CVectors_Winograd *layer) { return (layer->tile + 2) * (layer->tile + 2); }

size_t CVectors_winograd_weight_count(const CVectors_Winograd *layer) {
    return positions_of(layer) * layer->source.channels * ROUND_UP(layer->result.channels, layer->lanes);
}

size_t CVectors_winograd_scratch_count(const CVectors_Winograd *layer) {
    size_t inputs = ROUND_UP(layer->source.channels, layer->lanes);
    size_t outputs = ROUND_UP(layer->result.channels, layer->lanes);
    return positions_of(layer) * (MATRIX(layer->tiles_together, inputs) + MATRIX(layer->tiles_together, outputs));
}

// G g Gᵀ, rounded once. A position's matrix is inputs × outputs, its columns in panels.
void CVectors_winograd_weights(const CVectors_Winograd *layer, const float *weights, float *result) {
    static const double small[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
    static const double large[6][3] = {
        {1.0 / 4, 0, 0},
        {-1.0 / 6, -1.0 / 6, -1.0 / 6},
        {-1.0 / 6, 1.0 / 6, -1.0 / 6},
        {1.0 / 24, 1.0 / 12, 1.0 / 6},
        {1.0 / 24, -1.0 / 12, 1.0 / 6},
        {0, 0, 1},
    };
    const double(*lines)[3] = layer->tile == 2 ? small : large;
    size_t span = layer->tile + 2, inputs = layer->source.channels, outputs = layer->result.channels;
    size_t columns = ROUND_UP(outputs, layer->lanes), whole = layer->lanes * (layer->lanes == 16 ? 4 : NARROW_PANEL);
    memset(result, 0, CVectors_winograd_weight_count(layer) * sizeof(float));
    for (size_t output = 0; output < outputs; output++) {
        size_t panel = output / whole * whole, width = LEAST(whole, columns - panel);
        for (size_t input = 0; input < inputs; input++) {
            const float *taps = weights + (output * inputs + input) * 9;
            float *to = result + panel * inputs + input * width + output - panel;
            for (size_t i = 0; i < span; i++) {
                double row[3];
                for (size_t x = 0; x < 3; x++)
                    row[x] = lines[i][0] * taps[x] + lines[i][1] * taps[3 + x] + lines[i][2] * taps[6 + x];
                for (size_t j = 0; j < span; j++)
                    to[(i * span + j) * inputs * columns] =
                        (float)(lines[j][0] * row[0] + lines[j][1] * row[1] + lines[j][2] * row[2]);
            }
        }
    }
}

void CVectors_winograd(
    const CVectors_Winograd *layer, const void *source, const float *weights, const float *bias, void *result,
    float *scratch, size_t first, size_t end) {
#if defined(__x86_64__)
    if (layer->lanes == 16) return winograd_16(layer, source, weights, bias, result, scratch, first, end);
    if (layer->lanes == 8) return winograd_8(layer, source, weights, bias, result, scratch, first, end);
#endif
    winograd_4(layer, source, weights, bias, result, scratch, first, end);
}
