// Copies between strided views.
#include "processors.h"
#include "tensors.h"

#include <string.h>

typedef CVectors_Axis Axis;

// MARK: Rows

// Known to the compiler, short runs are a load and a store.
INLINE void copy_runs(const uint8_t *source, uint8_t *result, size_t run, Axis outer, size_t element) {
    ptrdiff_t from = outer.from * (ptrdiff_t)element, to = outer.to * (ptrdiff_t)element;
    switch (run) {
#define RUN(bytes)                                                                                      \
    case bytes:                                                                                         \
        for (size_t i = 0; i < outer.extent; i++)                                                       \
            memcpy(result + (ptrdiff_t)i * to, source + (ptrdiff_t)i * from, bytes);                    \
        return;
        RUN(4) RUN(8) RUN(16) RUN(32) RUN(64) RUN(128)
    default:
        for (size_t i = 0; i < outer.extent; i++)
            memcpy(result + (ptrdiff_t)i * to, source + (ptrdiff_t)i * from, run);
    }
}

// Elements `from` apart, put side by side or `to` apart; known steps become shuffles.
#define DEFINE_STEPS(T)                                                                                 \
    INLINE void step_##T(const T *restrict source, T *restrict result, size_t count, ptrdiff_t from, ptrdiff_t to) { \
        if (to == 1) {                                                                                  \
            if (from == 2) { for (size_t i = 0; i < count; i++) result[i] = source[2 * i]; return; }    \
            if (from == 3) { for (size_t i = 0; i < count; i++) result[i] = source[3 * i]; return; }    \
            if (from == 4) { for (size_t i = 0; i < count; i++) result[i] = source[4 * i]; return; }    \
            if (from == -1) { for (size_t i = 0; i < count; i++) result[i] = source[-(ptrdiff_t)i]; return; } \
        }                                                                                               \
        for (size_t i = 0; i < count; i++) result[(ptrdiff_t)i * to] = source[(ptrdiff_t)i * from];     \
    }                                                                                                   \
    INLINE void fill_##T(T value, T *result, size_t count) {                                            \
        for (size_t i = 0; i < count; i++) result[i] = value;                                           \
    }                                                                                                   \
    /* Each element `times` times. */                                                                   \
    INLINE void repeat_##T(const T *restrict source, T *restrict result, size_t count, size_t times) {  \
        if (times == 2) {                                                                               \
            for (size_t i = 0; i < count; i++) result[2 * i] = result[2 * i + 1] = source[i];           \
        } else if (times == 4) {                                                                        \
            for (size_t i = 0; i < count; i++)                                                          \
                result[4 * i] = result[4 * i + 1] = result[4 * i + 2] = result[4 * i + 3] = source[i];  \
        } else {                                                                                        \
            for (size_t i = 0; i < count; i++) fill_##T(source[i], result + i * times, times);          \
        }                                                                                               \
    }                                                                                                   \
    /* The source lies along `rows`, the result along `columns`: in tiles that fit in registers. */     \
    INLINE void transpose_##T(const T *restrict source, T *restrict result, Axis rows, Axis columns) {  \
        enum { TILE = 8 };                                                                              \
        size_t x = 0;                                                                                   \
        for (; x + TILE <= columns.extent; x += TILE) {                                                 \
            const T *from = source + (ptrdiff_t)x * columns.from;                                       \
            T *to = result + x;                                                                         \
            size_t y = 0;                                                                               \
            for (; y + TILE <= rows.extent; y += TILE) {                                                \
                T tile[TILE][TILE];                                                                     \
                for (int i = 0; i < TILE; i++) memcpy(tile[i], from + (ptrdiff_t)i * columns.from + y, sizeof tile[i]); \
                turn_##T(tile);                                                                         \
                for (int i = 0; i < TILE; i++)                                                          \
                    memcpy(to + ((ptrdiff_t)y + i) * rows.to, tile[i], sizeof tile[i]);                 \
            }                                                                                           \
            for (; y < rows.extent; y++)                                                                \
                for (int i = 0; i < TILE; i++) to[(ptrdiff_t)y * rows.to + i] = from[(ptrdiff_t)i * columns.from + y]; \
        }                                                                                               \
        for (; x < columns.extent; x++)                                                                 \
            for (size_t y = 0; y < rows.extent; y++)                                                    \
                result[(ptrdiff_t)y * rows.to + x] = source[(ptrdiff_t)x * columns.from + y];           \
    }                                                                                                   \
    /* The last two axes. */                                                                            \
    INLINE void plane_##T(const T *source, T *result, Axis outer, Axis inner) {                         \
        if (inner.from == 1 && inner.to == 1) {                                                         \
            copy_runs((const uint8_t *)source, (uint8_t *)result, inner.extent * sizeof(T), outer, sizeof(T)); \
        } else if (inner.from == 0 && inner.to == 1 && outer.from == 1 && outer.to == (ptrdiff_t)inner.extent) { \
            repeat_##T(source, result, outer.extent, inner.extent);                                     \
        } else if (outer.from == 1 && inner.to == 1 && inner.from != 0) {                               \
            transpose_##T(source, result, outer, inner);                                                \
        } else if (inner.from == 0 && inner.to == 1) {                                                  \
            for (size_t i = 0; i < outer.extent; i++)                                                   \
                fill_##T(source[(ptrdiff_t)i * outer.from], result + (ptrdiff_t)i * outer.to, inner.extent); \
        } else {                                                                                        \
            for (size_t i = 0; i < outer.extent; i++)                                                   \
                step_##T(                                                                               \
                    source + (ptrdiff_t)i * outer.from, result + (ptrdiff_t)i * outer.to, inner.extent, inner.from, \
                    inner.to);                                                                          \
        }                                                                                               \
    }                                                                                                   \
    INLINE void move_##T(const T *source, T *result, const Axis *axes, size_t count) {                  \
        size_t planes = 1, place[24] = {0};                                                             \
        for (size_t axis = 0; axis + 2 < count; axis++) planes *= axes[axis].extent;                    \
        for (; planes > 0; planes--) {                                                                  \
            plane_##T(source, result, axes[count - 2], axes[count - 1]);                                \
            for (size_t axis = count - 2; axis-- > 0;) {                                                \
                source += axes[axis].from;                                                              \
                result += axes[axis].to;                                                                \
                if (++place[axis] < axes[axis].extent) break;                                           \
                source -= axes[axis].from * (ptrdiff_t)place[axis];                                     \
                result -= axes[axis].to * (ptrdiff_t)place[axis];                                       \
                place[axis] = 0;                                                                        \
            }                                                                                           \
        }                                                                                               \
    }

// Halves change places, then quarters, then eighths.
#define DEFINE_TURN(T)                                                                                  \
    INLINE void turn_##T(T tile[8][8]) {                                                                \
        typedef T Row __attribute__((vector_size(8 * sizeof(T))));                                      \
        Row r[8], s[8];                                                                                 \
        for (int i = 0; i < 8; i++) memcpy(&r[i], tile[i], sizeof r[i]);                                \
        for (int i = 0; i < 4; i++) {                                                                   \
            s[i] = __builtin_shufflevector(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);                   \
            s[i + 4] = __builtin_shufflevector(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);             \
        }                                                                                               \
        for (int h = 0; h < 8; h += 4)                                                                  \
            for (int i = h; i < h + 2; i++) {                                                           \
                r[i] = __builtin_shufflevector(s[i], s[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);               \
                r[i + 2] = __builtin_shufflevector(s[i], s[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);         \
            }                                                                                           \
        for (int i = 0; i < 8; i += 2) {                                                                \
            s[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);                  \
            s[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);              \
        }                                                                                               \
        for (int i = 0; i < 8; i++) memcpy(tile[i], &s[i], sizeof s[i]);                                \
    }

DEFINE_TURN(uint8_t)
DEFINE_TURN(uint16_t)
DEFINE_TURN(uint32_t)
DEFINE_STEPS(uint8_t)
DEFINE_STEPS(uint16_t)
DEFINE_STEPS(uint32_t)

INLINE void move(const void *source, void *result, size_t element, const CVectors_Axis *axes, size_t count) {
    switch (element) {
    case 1: move_uint8_t(source, result, axes, count); break;
    case 2: move_uint16_t(source, result, axes, count); break;
    default: move_uint32_t(source, result, axes, count);
    }
}

FOR_ALL_PROCESSORS(
    move, (const void *source, void *result, size_t element, const CVectors_Axis *axes, size_t count),
    (source, result, element, axes, count))
