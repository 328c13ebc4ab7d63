// Winograd's algorithm for one kind of vectors. winograd.c includes this for each, with LANES floats in a vector, ROWS
// × PANEL vectors of sums in registers at once, PROCESSOR the attribute of functions, and NAME(…) their names.
//
// In transforms, a vector holds that many channels of one pixel. Transformed tiles, and products, are a matrix for each
// of the (tile + 2)² positions in a tile: tiles × channels, channels in whole vectors.

typedef float NAME(vector) __attribute__((vector_size(LANES * 4), aligned(4)));
typedef uint32_t NAME(bits) __attribute__((vector_size(LANES * 4), aligned(4)));
typedef uint16_t NAME(halves) __attribute__((vector_size(LANES * 2), aligned(2)));
#define VECTOR NAME(vector)
#define ARRAY(name, count) VECTOR name[count] __attribute__((aligned(64)))

// MARK: Elements of a pixel

PROCESSOR INLINE VECTOR NAME(vector_at)(const void *from, int isHalf) {
    if (!isHalf) return *(const VECTOR *)from;
    return (VECTOR)(__builtin_convertvector(*(const NAME(halves) *)from, NAME(bits)) << 16);
}

PROCESSOR INLINE void NAME(set_vector)(VECTOR value, void *to, int isHalf) {
    if (!isHalf) {
        *(VECTOR *)to = value;
        return;
    }
    NAME(bits) bits = (NAME(bits))value;
    NAME(bits) isNumber = (NAME(bits))(value == value);
    bits += (0x7FFF + (bits >> 16 & 1)) & isNumber;
    *(NAME(halves) *)to = __builtin_convertvector(bits >> 16, NAME(halves));
}

// The first of them, then zeros.
PROCESSOR INLINE VECTOR NAME(load)(const char *from, size_t count, int isHalf) {
    if (count >= LANES) return NAME(vector_at)(from, isHalf);
    char lanes[LANES * 4] = {0};
    for (size_t i = 0; i < count * SIZE(isHalf); i++) lanes[i] = from[i];
    return NAME(vector_at)(lanes, isHalf);
}

// The first of them, then zeros up to `filled`.
PROCESSOR INLINE void NAME(store)(VECTOR value, char *to, size_t count, size_t filled, int isHalf) {
    if (count >= LANES) return NAME(set_vector)(value, to, isHalf);
    char lanes[LANES * 4];
    NAME(set_vector)(value, lanes, isHalf);
    for (size_t i = 0; i < count * SIZE(isHalf); i++) to[i] = lanes[i];
    for (size_t i = count * SIZE(isHalf); i < filled * SIZE(isHalf); i++) to[i] = 0;
}

// MARK: Transforms along one axis

// Bᵀ of tile + 2 elements; results lie `step` vectors apart.
PROCESSOR INLINE void NAME(input_line)(size_t tile, const VECTOR *d, VECTOR *t, size_t step) {
    if (tile == 2) {
        t[0] = d[0] - d[2];
        t[step] = d[1] + d[2];
        t[2 * step] = d[2] - d[1];
        t[3 * step] = d[1] - d[3];
        return;
    }
    VECTOR even = d[4] - 4 * d[2], odd = d[3] - 4 * d[1], even2 = d[4] - d[2], odd2 = 2 * (d[3] - d[1]);
    t[0] = d[4] - 5 * d[2] + 4 * d[0];
    t[step] = even + odd;
    t[2 * step] = even - odd;
    t[3 * step] = even2 + odd2;
    t[4 * step] = even2 - odd2;
    t[5 * step] = d[5] - 5 * d[3] + 4 * d[1];
}

// Aᵀ of tile + 2 elements, which gives tile.
PROCESSOR INLINE void NAME(output_line)(size_t tile, const VECTOR *m, VECTOR *t, size_t step) {
    VECTOR even = m[1] + m[2], odd = m[1] - m[2];
    if (tile == 2) {
        t[0] = m[0] + even;
        t[step] = odd - m[3];
        return;
    }
    VECTOR even2 = m[3] + m[4], odd2 = m[3] - m[4];
    t[0] = m[0] + even + even2;
    t[step] = odd + 2 * odd2;
    t[2 * step] = even + 4 * even2;
    t[3 * step] = odd + 8 * odd2 + m[5];
}

// MARK: The three parts

// Bᵀ d B of some tiles.
PROCESSOR INLINE void NAME(transform_input)(
    size_t tile, int isHalf, const CVectors_Winograd *layer, const char *source, size_t first, size_t count,
    float *matrices) {
    const CVectors_Map *map = &layer->source;
    size_t span = tile + 2, inputs = ROUNDED(map->channels), step = MATRIX(count, inputs);
    for (size_t k = 0; k < count; k++) {
        Place place = place_of(layer, first + k);
        size_t y = place.y * tile - layer->top, x = place.x * tile - layer->left;
        for (size_t channel = 0; channel < map->channels; channel += LANES) {
            size_t start = start_of(map, place.image, channel), left = map->channels - channel;
            ARRAY(rows, 6 * 6);
            for (size_t j = 0; j < span; j++) {
                ARRAY(column, 6);
                for (size_t i = 0; i < span; i++) {
                    // What lies before the first wraps around to far behind the last.
                    _Bool isInside = y + i < map->height && x + j < map->width;
                    size_t at = start + (y + i) * map->row_step + (x + j) * map->pixel_step;
                    column[i] =
                        isInside ? NAME(load)(source + at * SIZE(isHalf), left, isHalf) : (VECTOR){0};
                }
                NAME(input_line)(tile, column, rows + j, span);
            }
            float *to = matrices + k * inputs + channel;
            for (size_t i = 0; i < span; i++) {
                ARRAY(row, 6);
                NAME(input_line)(tile, rows + i * span, row, 1);
                for (size_t j = 0; j < span; j++) *(VECTOR *)(to + (i * span + j) * step) = row[j];
            }
        }
    }
}

// Aᵀ m A of some tiles, and what becomes of it.
PROCESSOR INLINE void NAME(transform_output)(
    size_t tile, int isHalf, const CVectors_Winograd *layer, const float *matrices, const float *bias, size_t first,
    size_t count, char *result) {
    const CVectors_Map *map = &layer->result;
    size_t span = tile + 2, outputs = ROUNDED(map->channels), step = MATRIX(count, outputs);
    size_t filled = ROUND_UP(map->channels, map->block);
    VECTOR low = layer->low - (VECTOR){0}, high = layer->high - (VECTOR){0};
    for (size_t k = 0; k < count; k++) {
        Place place = place_of(layer, first + k);
        size_t y = place.y * tile, x = place.x * tile;
        size_t height = LEAST(tile, map->height - y), width = LEAST(tile, map->width - x);
        for (size_t channel = 0; channel < filled; channel += LANES) {
            // Nothing is left where blocks are only filled up.
            size_t left = channel < map->channels ? map->channels - channel : 0;
            size_t known = LEAST(channel, outputs - LANES), start = start_of(map, place.image, channel);
            const float *from = matrices + k * outputs + known;
            ARRAY(rows, 4 * 6);
            for (size_t j = 0; j < span; j++) {
                ARRAY(column, 6);
                for (size_t i = 0; i < span; i++) column[i] = *(const VECTOR *)(from + (i * span + j) * step);
                NAME(output_line)(tile, column, rows + j, span);
            }
            VECTOR addend = *(const VECTOR *)(bias + known);
            for (size_t i = 0; i < height; i++) {
                ARRAY(row, 4);
                NAME(output_line)(tile, rows + i * span, row, 1);
                for (size_t j = 0; j < tile; j++) {
                    if (j >= width) break;
                    size_t at = start + (y + i) * map->row_step + (x + j) * map->pixel_step;
                    char *pixel = result + at * SIZE(isHalf);
                    VECTOR value = row[j] + addend;
                    if (layer->addsResult) value += NAME(load)(pixel, left, isHalf);
                    // A bound that is none would make numbers of NaN.
                    if (layer->low > -INFINITY) value = __builtin_elementwise_max(value, low);
                    if (layer->high < INFINITY) value = __builtin_elementwise_min(value, high);
                    NAME(store)(value, pixel, left, LEAST(LANES, filled - channel), isHalf);
                }
            }
        }
    }
}

// A few rows of tiles × a panel of weights. On the way, call `call` of `calls` over a panel brings its share of the
// next panel closer: weights are often too many for the second cache.
PROCESSOR INLINE void NAME(multiply)(
    size_t rows, size_t width, const float *a, size_t a_step, size_t inputs, const float *b, float *c, size_t c_step,
    size_t call, size_t calls) {
    const float *next = b + inputs * width * LANES;
    VECTOR sums[ROWS][PANEL];
    for (size_t r = 0; r < rows; r++)
        for (size_t v = 0; v < width; v++) sums[r][v] = (VECTOR){0};
    for (size_t k = 0; k < inputs; k++) {
        if (call < width) __builtin_prefetch(next + (k * width + call) * LANES, 0, 2);
        if (call + calls < width) __builtin_prefetch(next + (k * width + call + calls) * LANES, 0, 2);
        VECTOR factors[PANEL];
        for (size_t v = 0; v < width; v++) factors[v] = *(const VECTOR *)(b + (k * width + v) * LANES);
        for (size_t r = 0; r < rows; r++)
            for (size_t v = 0; v < width; v++) sums[r][v] += a[r * a_step + k] * factors[v];
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t v = 0; v < width; v++) *(VECTOR *)(c + r * c_step + v * LANES) = sums[r][v];
}

// All rows of a matrix × a panel.
PROCESSOR INLINE void NAME(multiply_panel)(
    size_t width, const float *a, size_t a_step, size_t tiles, size_t inputs, const float *b, float *c,
    size_t c_step) {
    size_t calls = (tiles + ROWS - 1) / ROWS;
#define MULTIPLY(rows) \
    NAME(multiply)(rows, width, a + k * a_step, a_step, inputs, b, c + k * c_step, c_step, k / ROWS, calls)
    for (size_t k = 0; k < tiles; k += ROWS) {
        switch (tiles - k) {
            case 1: MULTIPLY(1); break;
            case 2: MULTIPLY(2); break;
            case 3: MULTIPLY(3); break;
            case 4: MULTIPLY(4); break;
            case 5: MULTIPLY(5); break;
            default: MULTIPLY(ROWS);
        }
    }
#undef MULTIPLY
}

PROCESSOR static void NAME(multiply_matrices)(
    size_t positions, size_t tiles, size_t inputs, size_t outputs, const float *a, const float *b, float *c) {
    size_t a_step = ROUNDED(inputs), c_step = ROUNDED(outputs);
    for (size_t position = 0; position < positions; position++) {
        const float *from = a + position * MATRIX(tiles, a_step);
        for (size_t output = 0; output < c_step; output += PANEL * LANES) {
            float *to = c + position * MATRIX(tiles, c_step) + output;
            size_t width = LEAST(PANEL, (c_step - output) / LANES);
            switch (width) {
                case 1: NAME(multiply_panel)(1, from, a_step, tiles, inputs, b, to, c_step); break;
#if PANEL == 4
                case 2: NAME(multiply_panel)(2, from, a_step, tiles, inputs, b, to, c_step); break;
                case 3: NAME(multiply_panel)(3, from, a_step, tiles, inputs, b, to, c_step); break;
#endif
                default: NAME(multiply_panel)(PANEL, from, a_step, tiles, inputs, b, to, c_step);
            }
            b += inputs * width * LANES;
        }
    }
}

PROCESSOR static void NAME(winograd)(
    const CVectors_Winograd *layer, const char *source, const float *weights, const float *bias, char *result,
    float *scratch, size_t first, size_t end) {
    size_t positions = (layer->tile + 2) * (layer->tile + 2);
    size_t inputs = layer->source.channels, outputs = layer->result.channels;
    for (; first < end; first += layer->tiles_together) {
        size_t count = LEAST(layer->tiles_together, end - first);
        float *products = scratch + positions * MATRIX(count, ROUNDED(inputs));
#define TRANSFORMS(tile, isHalf)                                                                \
    NAME(transform_input)(tile, isHalf, layer, source, first, count, scratch);                  \
    NAME(multiply_matrices)(positions, count, inputs, outputs, scratch, weights, products);     \
    NAME(transform_output)(tile, isHalf, layer, products, bias, first, count, result);
        if (layer->isHalf) {
            if (layer->tile == 2) {
                TRANSFORMS(2, 1)
            } else {
                TRANSFORMS(4, 1)
            }
        } else if (layer->tile == 2) {
            TRANSFORMS(2, 0)
        } else {
            TRANSFORMS(4, 0)
        }
#undef TRANSFORMS
    }
}

#undef VECTOR
#undef ARRAY
