// Loops over a picture's bytes and over a layer's values, compiled for the vector units that x86 processors may have:
// Swift compiles for the oldest x86-64, whose vectors are a quarter as wide. Elsewhere one version is enough. Called on
// any thread.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "tensors.h"

/// result[i] = head × the first row + tail × the last + all rows between, at i < width. Of a single row, only head counts.
/// - Parameter step: from one row to the next.
void CVectors_sum_rows(
    const uint8_t *rows, size_t step, size_t count, float head, float tail, float *result, size_t width);

/// The same of 16-bit elements; step is in elements.
void CVectors_sum_wide_rows(
    const uint16_t *rows, size_t step, size_t count, float head, float tail, float *result, size_t width);

/// The elements of a row that a result is a sum of: head × the one at low + tail × the one at high + all between.
typedef struct {
    int32_t low, high;
    float head, tail;
} CVectors_Span;

/// Bytes of width pixels: for each, of three channels, the whole number nearest to scale × sum + shift, from low to
/// high, its lowest 8 bits. One element more than it has is read behind a pixel.
/// - Parameters:
///   - columns: what the pixels' first channels are sums of; three elements a pixel.
///   - scale, shift: four, the last unused.
///   - low, high: whole, at most 2¹⁵ from 0.
void CVectors_round_row(
    const float *row, const CVectors_Span *columns, const float *scale, const float *shift, float low, float high,
    uint8_t *result, size_t width);

/// The same unrounded, each of the three channels in a row of its own.
void CVectors_split_row(
    const float *row, const CVectors_Span *columns, const float *scale, const float *shift, float *const *planes,
    size_t width);

/// The same, and the sum of the three channels.
void CVectors_mix_row(
    const float *row, const CVectors_Span *columns, const float *scale, const float *shift, float *result,
    size_t width);

/// result[i] = Σ weights[lanes × i + k] × row[lows[i] + k], k < lanes, at i < width: so many elements are read, whatever
/// their weights.
/// - Parameter lanes: 4, 8 or 16.
void CVectors_weigh_columns(
    const float *row, const int32_t *lows, const float *weights, size_t lanes, float *result, size_t width);

/// Results of one component: sums of a row in which its samples lie next to each other.
void CVectors_sum_columns(const float *row, const CVectors_Span *columns, float *result, size_t width);

/// result[i] = row[step × i], at i < width.
void CVectors_pick(const float *row, size_t step, float *result, size_t width);

/// From a pixel's components to R, G, B, and from these to a network's channels.
typedef struct {
    /// R, G, B: Σ matrix[colour][k] × component k + matrix[colour][3].
    float matrix[3][4];
    /// Up to four channels: Σ factors[channel][colour] × colour + factors[channel][3].
    float factors[4][4];
    /// Whether R, G and B are clipped to 0 … 255.
    int32_t clips;
} CVectors_Colours;

/// Channels of a row of pixels, each plane elements behind the one before.
/// - Parameter components: three rows of width elements, one behind the other.
void CVectors_colour_row(
    const float *components, const CVectors_Colours *colours, size_t channels, float *result, size_t plane, size_t width);

/// As `CVectors_round_row`, of pixels that need no resizing; scale and shift have three numbers.
void CVectors_round_bytes(
    const uint8_t *bytes, const float *scale, const float *shift, float low, float high, uint8_t *result,
    size_t width);

/// result[i] = scale × the whole number nearest to values[i] ÷ scale, ties to even, from low to high; 0 for what is no
/// number. In place, if both are the same.
/// - Parameters: low and high: whole, at most 2¹⁵ from 0.
void CVectors_quantize(const float *values, float scale, float low, float high, float *result, size_t count);

/// The same for the upper halves of floats, rounded to the nearest of them.
void CVectors_quantize_bf16(
    const uint16_t *values, float scale, float low, float high, uint16_t *result, size_t count);

/// Brings together a row of pixels: result[i × inputs + k] = bytes[i × step + k], for i < count, k < inputs.
void CVectors_pack(const uint8_t *bytes, size_t step, size_t inputs, uint8_t *result, size_t count);

/// What a sum is taken of: rows × taps × inputs. Steps from one row to the next, in bytes and in weights, and from one
/// tap to the next, in bytes.
typedef struct {
    size_t rows, row_step, taps, tap_step, inputs, weight_step;
} CVectors_Window;

/// sums[i] = Σ bytes[i × step + …] × weights[…] over a window − zero, for i < count; fits in 32 bits.
void CVectors_windows(
    const uint8_t *bytes, size_t step, const int16_t *weights, CVectors_Window window, int32_t zero, int32_t *sums,
    size_t count);

/// result[i × step] = the whole number nearest to factor × sums[i] + bias, ties to even, from low to high; low
/// for what is no number.
/// - Parameters: low and high: whole, from 0 to 255.
void CVectors_round_sums(
    const int32_t *sums, float factor, float bias, float low, float high, uint8_t *result, size_t step, size_t count);

/// Bytes that stand for scale × (q − zero), where q = byte ^ flip is from 0 to 255: flip is 0x80 for signed bytes, whose
/// zero is 128 more.
typedef struct {
    float scale;
    int32_t zero;
    uint8_t flip;
} CVectors_Grid;

/// The grid's number nearest to values[i], ties to even q − zero, for i < count; zero for what is no number.
void CVectors_bytes_of_floats(const float *values, CVectors_Grid grid, uint8_t *result, size_t count);

/// What bytes stand for.
void CVectors_floats_of_bytes(const uint8_t *bytes, CVectors_Grid grid, float *result, size_t count);

/// Bytes of one grid rounded to another.
void CVectors_move_bytes(
    const uint8_t *bytes, CVectors_Grid from, CVectors_Grid to, uint8_t *result, size_t count);

/// Bytes of floats from planes: result[pixel × channels + channel] of planes[channel × pixels + pixel].
void CVectors_pixels_of_planes(
    const float *planes, size_t channels, size_t pixels, CVectors_Grid grid, uint8_t *result);

/// The way back: result[channel × pixels + pixel] of bytes[pixel × channels + channel].
void CVectors_planes_of_pixels(
    const uint8_t *bytes, size_t channels, size_t pixels, CVectors_Grid grid, float *result);
