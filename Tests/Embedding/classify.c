/* A camera of 1280x720 NV12 pictures through the C library: every result in order, every buffer back before its result.
 *
 *   classify [--library FILE] [--rounds N] [--builtin NAME | --model FILE] [--devices LIST] [--frames N] [--live FPS]
 *            [--drop-oldest | --drop-newest] [--window N] [--own-size] [--no-tuning] [--quiet]
 *
 * With --own-size the pictures are RGB, of the size that the network sees. The library is loaded from FILE in each round,
 * and closed after it. Prints frames/s, latencies and what a picture took on its lane.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>

#include "pictures.h"

/* The library's functions, from wherever it was loaded. */
static struct {
    __typeof__(coexec_version) *version;
    __typeof__(coexec_pool_open) *pool_open;
    __typeof__(coexec_pool_close) *pool_close;
    __typeof__(coexec_stream_open) *stream_open;
    __typeof__(coexec_close) *close;
    __typeof__(coexec_submit) *submit;
    __typeof__(coexec_finish) *finish;
    __typeof__(coexec_receive) *receive;
    __typeof__(coexec_result_clear) *result_clear;
    __typeof__(coexec_top) *top;
    __typeof__(coexec_report) *report;
    __typeof__(coexec_model) *model;
} library;

static void *load(const char *file) {
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    CHECK(handle, "%s", dlerror());
#define FIND(name)                                                                      \
    do {                                                                                \
        void *symbol = dlsym(handle, "coexec_" #name);                                  \
        CHECK(symbol, "%s", dlerror());                                                 \
        memcpy(&library.name, &symbol, sizeof symbol);                                  \
    } while (0)
    FIND(version);
    FIND(pool_open);
    FIND(pool_close);
    FIND(stream_open);
    FIND(close);
    FIND(submit);
    FIND(finish);
    FIND(receive);
    FIND(result_clear);
    FIND(top);
    FIND(report);
    FIND(model);
    CHECK(library.version() == COEXEC_API_VERSION, "the library is of another version");
    return handle;
}

static struct {
    const char *library, *builtin, *model, *devices;
    int frames, rounds, window, is_own_size, is_quiet;
    double live;
    coexec_admission admission;
    uint32_t flags;
} choices = {.library = "libcoexec.so.1", .frames = 200, .rounds = 1};

enum { MOST_BUFFERS = 64 };
static picture_buffer buffers[MOST_BUFFERS];
static coexec_model_info info;

static void *shoot(void *argument) {
    coexec_stream *stream = argument;
    int64_t start = nanoseconds();
    for (int frame = 0; frame < choices.frames; frame++) {
        if (choices.live > 0) {
            int64_t due = start + (int64_t)(frame * 1e9 / choices.live) - nanoseconds();
            if (due > 0) rest(due);
        }
        /* A camera takes the next buffer that is free. */
        picture_buffer *buffer = NULL;
        for (int64_t since = nanoseconds(); !buffer; rest(20000)) {
            for (int number = 0; number < MOST_BUFFERS && !buffer; number++)
                if (!atomic_load(&buffers[number].is_lent)) buffer = &buffers[number];
            if (buffer) break;
            CHECK(nanoseconds() - since < 20000000000, "no buffer comes back");
        }
        atomic_store(&buffer->is_lent, 1);
        coexec_picture picture = make_picture(buffer, frame);
        if (choices.is_own_size) {
            picture.format = COEXEC_RGB;
            picture.width = info.width;
            picture.height = info.height;
            picture.strides[0] = 3 * info.width;
        }
        coexec_status status = library.submit(stream, &picture, -1);
        CHECK(status == COEXEC_OK, "picture %d: submit says %d", frame, status);
    }
    library.finish(stream);
    return NULL;
}

static int by_size(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void run(coexec_pool *pool) {
    char message[256];
    coexec_stream *stream;
    coexec_stream_options options = {.struct_size = sizeof options,
                                     .model = choices.model,
                                     .builtin = choices.builtin,
                                     .window = choices.window,
                                     .admission = choices.admission};
    coexec_status status = library.stream_open(pool, &options, &stream, message, sizeof message);
    CHECK(status == COEXEC_OK, "open says %d: %s", status, message);
    info = (coexec_model_info){.struct_size = sizeof info};
    CHECK(library.model(stream, &info) == COEXEC_OK, "no information about the model");
    CHECK(!choices.is_own_size || info.width * info.height <= WIDTH * HEIGHT / 2, "the network's pictures are too large");
    if (!choices.is_quiet)
        printf("%s, %dx%d: %s; %s\n", info.name, info.width, info.height, info.pictures, info.results);

    pthread_t camera;
    int64_t start = nanoseconds();
    CHECK(pthread_create(&camera, NULL, shoot, stream) == 0, "no thread");
    int64_t *latencies = calloc(2 * (size_t)choices.frames, sizeof *latencies), *services = latencies + choices.frames;
    CHECK(latencies, "no memory");
    int succeeded = 0, dropped = 0, place = 0;
    coexec_result result = {.struct_size = sizeof result};
    while ((status = library.receive(stream, &result, 60000000000)) == COEXEC_OK) {
        CHECK(result.sequence == place && result.pts == place, "result %lld of picture %lld at place %d",
              (long long)result.sequence, (long long)result.pts, place);
        CHECK(result.user, "a result without its buffer");
        if (result.status == COEXEC_OK) {
            coexec_class best;
            CHECK(result.output_count > 0 && library.top(&result, 0, 1, &best) == 1, "a result without outputs");
            CHECK(result.device && result.device_index >= 0, "a result of no device");
            services[succeeded] = result.service;
            latencies[succeeded++] = result.latency;
        } else {
            CHECK(result.status == COEXEC_DROPPED && result.drop != COEXEC_NOT_DROPPED, "picture %d: %s", place,
                  result.error ? result.error : "?");
            dropped++;
        }
        library.result_clear(&result);
        place++;
    }
    double duration = (double)(nanoseconds() - start) / 1e9;
    CHECK(status == COEXEC_END && place == choices.frames, "%d of %d results, then %d", place, choices.frames, status);
    pthread_join(camera, NULL);
    coexec_stream_report report = {.struct_size = sizeof report};
    CHECK(library.report(stream, &report) == COEXEC_OK && report.received == place && report.in_flight == 0,
          "the report counts %lld results", (long long)report.received);
    library.close(stream);
    long releases = 0;
    for (int number = 0; number < MOST_BUFFERS; number++) {
        CHECK(!atomic_load(&buffers[number].is_lent), "buffer %d isn't back", number);
        releases += atomic_exchange(&buffers[number].releases, 0);
    }
    CHECK(releases == choices.frames, "%ld releases of %d pictures", releases, choices.frames);
    qsort(latencies, (size_t)succeeded, sizeof *latencies, by_size);
    qsort(services, (size_t)succeeded, sizeof *services, by_size);
    if (succeeded > 0)
        printf("%d run, %d dropped, %.1f frames/s, latency p50 %.2f p99 %.2f ms, service p50 %.3f ms\n", succeeded, dropped,
               succeeded / duration, (double)latencies[succeeded / 2] / 1e6, (double)latencies[succeeded * 99 / 100] / 1e6,
               (double)services[succeeded / 2] / 1e6);
    free(latencies);
}

int main(int count, char **arguments) {
    for (int index = 1; index < count; index++) {
        const char *name = arguments[index];
        const char *value = index + 1 < count ? arguments[index + 1] : "";
        if (!strcmp(name, "--drop-oldest")) choices.admission = COEXEC_DROP_OLDEST;
        else if (!strcmp(name, "--drop-newest")) choices.admission = COEXEC_DROP_NEWEST;
        else if (!strcmp(name, "--no-tuning")) choices.flags = COEXEC_NO_TUNING;
        else if (!strcmp(name, "--own-size")) choices.is_own_size = 1;
        else if (!strcmp(name, "--quiet")) choices.is_quiet = 1;
        else {
            index++;
            if (!strcmp(name, "--library")) choices.library = value;
            else if (!strcmp(name, "--rounds")) choices.rounds = atoi(value);
            else if (!strcmp(name, "--builtin")) choices.builtin = value;
            else if (!strcmp(name, "--model")) choices.model = value;
            else if (!strcmp(name, "--devices")) choices.devices = value;
            else if (!strcmp(name, "--frames")) choices.frames = atoi(value);
            else if (!strcmp(name, "--live")) choices.live = atof(value);
            else if (!strcmp(name, "--window")) choices.window = atoi(value);
            else CHECK(0, "there is no option %s", name);
        }
    }
    for (int number = 0; number < MOST_BUFFERS; number++) make_buffer(&buffers[number], number);
    for (int round = 0; round < choices.rounds; round++) {
        void *handle = load(choices.library);
        char message[256];
        coexec_pool *pool;
        coexec_pool_options options = {.struct_size = sizeof options, .flags = choices.flags, .devices = choices.devices};
        coexec_status status = library.pool_open(&options, &pool, message, sizeof message);
        CHECK(status == COEXEC_OK, "no pool (%d): %s", status, message);
        run(pool);
        CHECK(library.pool_close(pool) == COEXEC_OK, "the pool doesn't close");
        dlclose(handle);
    }
    for (int number = 0; number < MOST_BUFFERS; number++) free(buffers[number].bytes);
    return 0;
}
