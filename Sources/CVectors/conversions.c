// Bytes on grids that become floats, floats that become such bytes, and both between planes of channels and pixels.
// Tiles of 16 channels and 16 pixels are turned in registers.
#include "processors.h"
#include "vectors.h"

#include <string.h>

enum { TILE = 16 };
typedef uint8_t Row __attribute__((vector_size(TILE)));

// Clamped first, adding 1.5 × 2²³ rounds to whole numbers, ties to even; no number becomes zero.
INLINE uint8_t to_byte(float steps, CVectors_Grid grid) {
    float low = (float)-grid.zero, high = (float)(255 - grid.zero);
    steps = steps == steps ? steps : 0;
    steps = steps > low ? steps : low;
    steps = (steps < high ? steps : high) + 0x1.8p23f;
    int32_t code;
    memcpy(&code, &steps, sizeof code);
    return (uint8_t)(code + grid.zero) ^ grid.flip;
}

INLINE float to_float(uint8_t byte, CVectors_Grid grid) {
    return grid.scale * (float)((int32_t)(uint8_t)(byte ^ grid.flip) - grid.zero);
}

INLINE void bytes_of_floats(const float *values, CVectors_Grid grid, uint8_t *result, size_t count) {
    for (size_t i = 0; i < count; i++) result[i] = to_byte(values[i] / grid.scale, grid);
}

INLINE void floats_of_bytes(const uint8_t *bytes, CVectors_Grid grid, float *result, size_t count) {
    for (size_t i = 0; i < count; i++) result[i] = to_float(bytes[i], grid);
}

INLINE void move_bytes(
    const uint8_t *bytes, CVectors_Grid from, CVectors_Grid to, uint8_t *result, size_t count) {
    from.scale /= to.scale;
    for (size_t i = 0; i < count; i++) result[i] = to_byte(to_float(bytes[i], from), to);
}

// Interleaving the upper with the lower half of the rows four times turns the tile.
INLINE void turn(Row rows[TILE]) {
    for (int pass = 0; pass < 4; pass++) {
        Row turned[TILE];
        for (int i = 0; i < TILE / 2; i++) {
            Row a = rows[i], b = rows[i + TILE / 2];
            turned[2 * i] =
                __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            turned[2 * i + 1] =
                __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        }
        memcpy(rows, turned, sizeof turned);
    }
}

INLINE size_t least(size_t a, size_t b) { return a < b ? a : b; }

// The last of several tiles reaches back over the one before it, so that it is whole.
INLINE size_t tile_start(size_t start, size_t count) {
    return start + TILE > count && count >= TILE ? count - TILE : start;
}

// Fewer channels don't fill tiles: their bytes are put apart one by one, a block of pixels at a time.
enum { FEW = 8, BLOCK = 64 };

INLINE void pixels_of_few_planes(
    const float *planes, size_t channels, size_t pixels, CVectors_Grid grid, uint8_t *result) {
    uint8_t block[FEW][BLOCK];
    for (size_t pixel = 0; pixel < pixels; pixel += BLOCK) {
        size_t width = least(pixels - pixel, BLOCK);
        for (size_t k = 0; k < channels; k++)
            bytes_of_floats(planes + k * pixels + pixel, grid, block[k], width);
        for (size_t i = 0; i < width; i++)
            for (size_t k = 0; k < channels; k++) result[(pixel + i) * channels + k] = block[k][i];
    }
}

INLINE void few_planes_of_pixels(
    const uint8_t *bytes, size_t channels, size_t pixels, CVectors_Grid grid, float *result) {
    uint8_t block[FEW][BLOCK];
    for (size_t pixel = 0; pixel < pixels; pixel += BLOCK) {
        size_t width = least(pixels - pixel, BLOCK);
        for (size_t i = 0; i < width; i++)
            for (size_t k = 0; k < channels; k++) block[k][i] = bytes[(pixel + i) * channels + k];
        for (size_t k = 0; k < channels; k++)
            floats_of_bytes(block[k], grid, result + k * pixels + pixel, width);
    }
}

INLINE void pixels_of_planes(
    const float *planes, size_t channels, size_t pixels, CVectors_Grid grid, uint8_t *result) {
    if (channels <= FEW) return pixels_of_few_planes(planes, channels, pixels, grid, result);
    size_t height = least(channels, TILE), width = least(pixels, TILE);
    Row rows[TILE] = {0};
    for (size_t i = 0; i < pixels; i += TILE) {
        size_t pixel = tile_start(i, pixels);
        for (size_t k = 0; k < channels; k += TILE) {
            size_t channel = tile_start(k, channels);
            for (size_t row = 0; row < height; row++) {
                const float *values = planes + (channel + row) * pixels + pixel;
                uint8_t *bytes = (uint8_t *)&rows[row];
                if (width == TILE) {
                    bytes_of_floats(values, grid, bytes, TILE);
                } else {
                    bytes_of_floats(values, grid, bytes, width);
                }
            }
            Row turned[TILE];
            memcpy(turned, rows, sizeof turned);
            turn(turned);
            for (size_t column = 0; column < width; column++) {
                size_t place = (pixel + column) * channels + channel;
                // Of few channels, the bytes beyond are the next pixel's, which come later.
                if (place + TILE <= pixels * channels) {
                    memcpy(result + place, &turned[column], TILE);
                } else {
                    memcpy(result + place, &turned[column], height);
                }
            }
        }
    }
}

INLINE void planes_of_pixels(
    const uint8_t *bytes, size_t channels, size_t pixels, CVectors_Grid grid, float *result) {
    if (channels <= FEW) return few_planes_of_pixels(bytes, channels, pixels, grid, result);
    size_t height = least(channels, TILE), width = least(pixels, TILE);
    Row rows[TILE] = {0};
    for (size_t i = 0; i < pixels; i += TILE) {
        size_t pixel = tile_start(i, pixels);
        for (size_t k = 0; k < channels; k += TILE) {
            size_t channel = tile_start(k, channels);
            for (size_t column = 0; column < width; column++) {
                size_t place = (pixel + column) * channels + channel;
                if (place + TILE <= pixels * channels) {
                    memcpy(&rows[column], bytes + place, TILE);
                } else {
                    memcpy(&rows[column], bytes + place, height);
                }
            }
            Row turned[TILE];
            memcpy(turned, rows, sizeof turned);
            turn(turned);
            for (size_t row = 0; row < height; row++) {
                const uint8_t *own = (const uint8_t *)&turned[row];
                float *values = result + (channel + row) * pixels + pixel;
                if (width == TILE) {
                    floats_of_bytes(own, grid, values, TILE);
                } else {
                    floats_of_bytes(own, grid, values, width);
                }
            }
        }
    }
}

FOR_ALL_PROCESSORS(
    bytes_of_floats, (const float *values, CVectors_Grid grid, uint8_t *result, size_t count),
    (values, grid, result, count))

FOR_ALL_PROCESSORS(
    floats_of_bytes, (const uint8_t *bytes, CVectors_Grid grid, float *result, size_t count),
    (bytes, grid, result, count))

FOR_ALL_PROCESSORS(
    move_bytes, (const uint8_t *bytes, CVectors_Grid from, CVectors_Grid to, uint8_t *result, size_t count),
    (bytes, from, to, result, count))

FOR_ALL_PROCESSORS(
    pixels_of_planes,
    (const float *planes, size_t channels, size_t pixels, CVectors_Grid grid, uint8_t *result),
    (planes, channels, pixels, grid, result))

FOR_ALL_PROCESSORS(
    planes_of_pixels,
    (const uint8_t *bytes, size_t channels, size_t pixels, CVectors_Grid grid, float *result),
    (bytes, channels, pixels, grid, result))
