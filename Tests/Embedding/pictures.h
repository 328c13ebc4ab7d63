/* What the C programs share: 1280x720 NV12 pictures of a moving pattern, in a camera's few buffers. */
#ifndef PICTURES_H
#define PICTURES_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "coexec.h"

enum { WIDTH = 1280, HEIGHT = 720 };

typedef struct {
    uint8_t *bytes;
    atomic_int is_lent;
    atomic_long releases;
} picture_buffer;

static inline int64_t nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static inline void rest(int64_t duration) {
    struct timespec time = {duration / 1000000000, duration % 1000000000};
    nanosleep(&time, NULL);
}

static inline void make_buffer(picture_buffer *buffer, int number) {
    buffer->bytes = malloc(WIDTH * HEIGHT * 3 / 2);
    if (!buffer->bytes) abort();
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) buffer->bytes[y * WIDTH + x] = (uint8_t)(x + y + 16 * number);
    memset(buffer->bytes + WIDTH * HEIGHT, 128, WIDTH * HEIGHT / 2);
    atomic_init(&buffer->is_lent, 0);
    atomic_init(&buffer->releases, 0);
}

static inline void give_back(void *user) {
    picture_buffer *buffer = user;
    atomic_fetch_add(&buffer->releases, 1);
    atomic_store(&buffer->is_lent, 0);
}

static inline coexec_picture make_picture(picture_buffer *buffer, int64_t pts) {
    coexec_picture picture = {.struct_size = sizeof picture, .format = COEXEC_NV12, .width = WIDTH, .height = HEIGHT};
    picture.planes[0] = buffer->bytes;
    picture.planes[1] = buffer->bytes + WIDTH * HEIGHT;
    picture.strides[0] = picture.strides[1] = WIDTH;
    picture.pts = pts;
    picture.user = buffer;
    picture.release = give_back;
    return picture;
}

#define CHECK(condition, ...)                                      \
    do {                                                           \
        if (!(condition)) {                                        \
            fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);        \
            fprintf(stderr, __VA_ARGS__);                          \
            fprintf(stderr, "\n");                                 \
            exit(1);                                               \
        }                                                          \
    } while (0)

#endif
