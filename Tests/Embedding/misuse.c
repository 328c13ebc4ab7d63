/* What a caller can get wrong, each answered by a status: the process lives to the end, which is what this tests.
 *
 *   misuse [SEED]      linked with the library
 *
 * Then structs of other sizes, pictures that can't be, all calls at once on one stream, and memory that can't be had.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pictures.h"

static picture_buffer buffer;
static char message[200];

static coexec_pool *open_pool(const char *devices) {
    coexec_pool *pool;
    coexec_pool_options options = {.struct_size = sizeof options, .flags = COEXEC_NO_TUNING, .devices = devices};
    coexec_status status = coexec_pool_open(&options, &pool, message, sizeof message);
    CHECK(status == COEXEC_OK && pool, "no pool (%d): %s", status, message);
    return pool;
}

static coexec_stream_options stream_options(void) {
    return (coexec_stream_options){.struct_size = sizeof(coexec_stream_options), .builtin = "squeezenet"};
}

static coexec_stream *open_stream(coexec_pool *pool, const coexec_stream_options *options) {
    coexec_stream *stream;
    coexec_status status = coexec_stream_open(pool, options, &stream, message, sizeof message);
    CHECK(status == COEXEC_OK && stream, "no stream (%d): %s", status, message);
    return stream;
}

static void refuse_pool(const char *devices, const char *host_cpus) {
    coexec_pool *pool = (coexec_pool *)&buffer;
    coexec_pool_options options = {.struct_size = sizeof options, .devices = devices, .host_cpus = host_cpus};
    coexec_status status = coexec_pool_open(&options, &pool, message, sizeof message);
    CHECK(status != COEXEC_OK && !pool && message[0], "devices '%s' are none", devices);
    printf("  %s\n", message);
}

static void refuse_stream(coexec_pool *pool, coexec_stream_options options) {
    coexec_stream *stream = (coexec_stream *)&buffer;
    options.struct_size = sizeof options;
    coexec_status status = coexec_stream_open(pool, &options, &stream, message, sizeof message);
    CHECK(status != COEXEC_OK && !stream && message[0], "a stream that can't be opens");
    printf("  %s\n", message);
}

static void configuration(void) {
    printf("pools\n");
    refuse_pool("nonsense", NULL);
    refuse_pool("cpu:999", NULL);
    refuse_pool("cpu:0,cpu:0", NULL);
    refuse_pool("", NULL);
    refuse_pool("cpu:0@7", NULL);
    refuse_pool("cpu:0", "9-1");
    refuse_pool("\xff\xfe", NULL);
    CHECK(coexec_pool_open(NULL, NULL, NULL, 0) == COEXEC_INVALID, "a pool needs a place");
    coexec_pool *pool;
    coexec_pool_options unsized = {.devices = "cpu:0"};
    CHECK(coexec_pool_open(&unsized, &pool, message, sizeof message) == COEXEC_INVALID && !pool, "no size");

    printf("streams\n");
    pool = open_pool("cpu:0");
    refuse_stream(pool, (coexec_stream_options){0});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .model = "a.onnx"});
    refuse_stream(pool, (coexec_stream_options){.builtin = "no-such-network"});
    refuse_stream(pool, (coexec_stream_options){.model = "/nonexistent.onnx"});
    refuse_stream(pool, (coexec_stream_options){.model = "/dev/null"});
    refuse_stream(pool, (coexec_stream_options){.model = "/"});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .labels = "/nonexistent"});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .head = "/dev/zero"});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .head = "/nonexistent"});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .precision = "fp7"});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .precision = "int8"});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .precision = "gpu=fp16"});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .devices = "gpu"});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .devices = ""});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .devices = "cpu,cpu"});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .window = -1});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .window = 2000000000});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .weight = -3});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .priority = 1000});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .max_lanes = -2});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .admission = 9});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .deadline = -1});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .task = "sing"});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .task = "detect"});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .threshold = 7});
    refuse_stream(pool, (coexec_stream_options){.builtin = "squeezenet", .top = -4});
    refuse_stream(pool, (coexec_stream_options){.model = "/dev/null", .size = "0x0"});
    refuse_stream(pool, (coexec_stream_options){.model = "/dev/null", .fit = "shrink"});
    coexec_stream *stream;
    CHECK(coexec_stream_open(pool, NULL, &stream, message, sizeof message) == COEXEC_INVALID, "no options");
    CHECK(coexec_stream_open(pool, NULL, NULL, NULL, 0) == COEXEC_INVALID, "no place");

    coexec_stream_options options = stream_options();
    stream = open_stream(pool, &options);
    CHECK(coexec_pool_close(pool) == COEXEC_INVALID, "a pool with a stream stays open");
    coexec_close(stream);
    CHECK(coexec_pool_close(pool) == COEXEC_OK, "a pool without streams closes");
    CHECK(coexec_pool_close(NULL) == COEXEC_OK, "NULL is fine");
    coexec_close(NULL);
}

static void nulls(void) {
    coexec_result result = {.struct_size = sizeof result};
    coexec_picture picture = make_picture(&buffer, 0);
    coexec_class kind;
    CHECK(coexec_submit(NULL, &picture, 0) == COEXEC_INVALID && coexec_finish(NULL) == COEXEC_INVALID &&
              coexec_receive(NULL, &result, 0) == COEXEC_INVALID && coexec_descriptor(NULL) == -1 &&
              coexec_flush(NULL) == 0 && coexec_configure(NULL, NULL) == COEXEC_INVALID &&
              coexec_report(NULL, NULL) == COEXEC_INVALID && coexec_report_device(NULL, 0, NULL) == COEXEC_INVALID &&
              coexec_model(NULL, NULL) == COEXEC_INVALID && coexec_top(NULL, 0, 1, &kind) == 0 &&
              coexec_top(&result, 0, 1, NULL) == 0 && coexec_pool_report(NULL, COEXEC_JSON, NULL, 0) == 0,
          "a NULL isn't refused");
    CHECK(coexec_refusal() && coexec_refusal()[0], "nobody says why");
    coexec_interrupt(NULL, 1);
    coexec_result_clear(NULL);
    coexec_result_clear(&result);
    coexec_result_clear(&result);
}

static void *ask_for_refusal(void *text) {
    strcpy(text, coexec_refusal());
    return NULL;
}

static void refuse_picture(coexec_stream *stream, coexec_picture picture, const char *words) {
    long releases = atomic_load(&buffer.releases);
    CHECK(coexec_submit(stream, &picture, -1) == COEXEC_INVALID, "taken, and it can't be: %s", words);
    CHECK(strstr(coexec_refusal(), words), "'%s' doesn't say '%s'", coexec_refusal(), words);
    CHECK(atomic_load(&buffer.releases) == releases, "a refused picture is released");
    printf("  %s\n", coexec_refusal());
}

/* Each refusal says what it is about. */
static void sentences(coexec_stream *stream) {
    printf("refusals\n");
    coexec_picture picture = make_picture(&buffer, 0);
    for (int is_copied = 0; is_copied < 2; is_copied++) {
        if (is_copied) picture.release = NULL;
        coexec_picture wrong = picture;
        wrong.struct_size = 0, refuse_picture(stream, wrong, "struct_size");
        wrong = picture, wrong.format = 77, refuse_picture(stream, wrong, "format 77");
        wrong = picture, wrong.matrix = -3, refuse_picture(stream, wrong, "matrix -3");
        wrong = picture, wrong.range = 9, refuse_picture(stream, wrong, "range 9");
        wrong = picture, wrong.width = 0, refuse_picture(stream, wrong, "0×720");
        wrong = picture, wrong.height = 16385, refuse_picture(stream, wrong, "1280×16385");
        wrong = picture, wrong.planes[1] = NULL, refuse_picture(stream, wrong, "planes[1]");
        wrong = picture, wrong.strides[1] = 1278, refuse_picture(stream, wrong, "1278");
        wrong = picture, wrong.strides[1] = -1280, refuse_picture(stream, wrong, "upwards");
        wrong = picture, wrong.crop_x = 1000, wrong.crop_width = 281, wrong.crop_height = 9;
        refuse_picture(stream, wrong, "inside");
        wrong = picture, wrong.format = COEXEC_P010, wrong.width = 100, wrong.planes[0] = buffer.bytes + 1;
        refuse_picture(stream, wrong, "odd address");
    }
    coexec_stream_options options = stream_options();
    options.window = -3;
    CHECK(coexec_configure(stream, &options) == COEXEC_INVALID && strstr(coexec_refusal(), "-3"), "a window of -3");
    coexec_device_report report = {.struct_size = sizeof report};
    CHECK(coexec_report_device(stream, 9, &report) == COEXEC_INVALID && strstr(coexec_refusal(), "9"), "a device 9");
    coexec_result result = {.struct_size = 8};
    CHECK(coexec_receive(stream, &result, 0) == COEXEC_INVALID && strstr(coexec_refusal(), "struct_size"), "too small");
    char other[512] = "?";
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, ask_for_refusal, other) == 0 && pthread_join(thread, NULL) == 0, "no thread");
    CHECK(!other[0], "a thread has another's refusal: %s", other);
}

static void pictures(coexec_stream *stream, unsigned seed) {
    static const int32_t sizes[] = {0, 1, 2, 3, 15, 16, 17, 1280, 16384, 16385, -1, INT32_MIN, INT32_MAX};
    static const int32_t strides[] = {0, 1, -1, 1279, 1280, 1281, -1280, 3840, 5120, INT32_MIN, INT32_MAX};
    enum { SIZES = sizeof sizes / sizeof *sizes, STRIDES = sizeof strides / sizeof *strides };
    coexec_picture good = make_picture(&buffer, 0);
    long taken = 0, refused = 0;
    for (int round = 0; round < 20000; round++) {
        coexec_picture picture = good;
        picture.struct_size = rand_r(&seed) % 50 ? sizeof picture : (uint32_t)(rand_r(&seed) % 200);
        picture.format = rand_r(&seed) % 20 - 2;
        picture.width = rand_r(&seed) % 3 ? 1 + rand_r(&seed) % WIDTH : sizes[rand_r(&seed) % SIZES];
        picture.height = rand_r(&seed) % 3 ? 1 + rand_r(&seed) % 64 : sizes[rand_r(&seed) % SIZES];
        /* Whatever is taken must be in the buffer: planes of its start, and rows that stay inside. */
        for (int plane = 0; plane < 4; plane++) {
            picture.planes[plane] = rand_r(&seed) % 9 ? buffer.bytes : NULL;
            picture.strides[plane] = rand_r(&seed) % 2 ? WIDTH : strides[rand_r(&seed) % STRIDES];
        }
        picture.matrix = rand_r(&seed) % 6 - 1;
        picture.range = rand_r(&seed) % 5 - 1;
        if (rand_r(&seed) % 3 == 0) {
            picture.crop_x = rand_r(&seed) % 40 - 5;
            picture.crop_y = rand_r(&seed) % 40 - 5;
            picture.crop_width = rand_r(&seed) % 400 - 20;
            picture.crop_height = rand_r(&seed) % 80 - 20;
        }
        int64_t extent = 0;
        for (int plane = 0; plane < 3; plane++) {
            int64_t bytes = (int64_t)(picture.height < 0 ? 0 : picture.height) * llabs((long long)picture.strides[plane]);
            if (bytes > extent) extent = bytes;
        }
        if (extent > WIDTH * HEIGHT * 3 / 2) continue;
        for (int plane = 0; plane < 3; plane++)
            if (picture.planes[plane] && picture.strides[plane] < 0) picture.planes[plane] += WIDTH * HEIGHT;
        long before = atomic_load(&buffer.releases);
        if (rand_r(&seed) % 2) picture.release = NULL;
        coexec_status status = coexec_submit(stream, &picture, -1);
        CHECK(status == COEXEC_OK || status == COEXEC_INVALID, "submit says %d", status);
        if (status == COEXEC_OK) {
            taken++;
            if (taken % 4 == 0) coexec_flush(stream);
        } else {
            refused++;
            CHECK(coexec_refusal()[0], "nobody says why");
            CHECK(atomic_load(&buffer.releases) >= before, "a refused picture is released");
        }
    }
    printf("pictures: %ld taken, %ld refused\n", taken, refused);
    CHECK(taken > 200 && refused > 2000, "these say little");
}

static void sizes(coexec_stream *stream) {
    /* A caller of an older header, and of a newer one. */
    unsigned char bytes[sizeof(coexec_result) + 64];
    for (size_t size = 0; size < sizeof bytes; size++) {
        coexec_picture picture = make_picture(&buffer, 7);
        CHECK(coexec_submit(stream, &picture, -1) == COEXEC_OK, "a picture");
        memset(bytes, 0xEE, sizeof bytes);
        uint32_t given = (uint32_t)size;
        memcpy(bytes, &given, sizeof given);
        coexec_status status = coexec_receive(stream, (coexec_result *)(void *)bytes, 10000000000);
        for (size_t index = size < 4 ? 4 : size; index < sizeof bytes; index++)
            CHECK(bytes[index] == 0xEE, "a result of %zu bytes is written at %zu", size, index);
        CHECK(status == COEXEC_OK || (status == COEXEC_INVALID && size < sizeof(coexec_result)), "%zu: %d", size, status);
        if (status == COEXEC_OK) coexec_result_clear((coexec_result *)(void *)bytes);
        else coexec_flush(stream);
        coexec_stream_report *report = (coexec_stream_report *)(void *)bytes;
        memset(bytes, 0xEE, sizeof bytes);
        memcpy(bytes, &given, sizeof given);
        coexec_report(stream, report);
        for (size_t index = size < 4 ? 4 : size; index < sizeof bytes; index++)
            CHECK(bytes[index] == 0xEE, "a report of %zu bytes is written at %zu", size, index);
    }
}

/* All calls at once. */
static atomic_int is_over;
static atomic_long accepted, received, forgotten;

static void *pusher(void *stream) {
    unsigned seed = (unsigned)(uintptr_t)&seed;
    while (!atomic_load(&is_over)) {
        coexec_picture picture = make_picture(&buffer, 0);
        coexec_status status = coexec_submit(stream, &picture, rand_r(&seed) % 3 ? 1000000 : 0);
        if (status == COEXEC_OK) atomic_fetch_add(&accepted, 1);
        CHECK(status == COEXEC_OK || status == COEXEC_TIMEOUT || status == COEXEC_INTERRUPTED || status == COEXEC_END,
              "submit says %d", status);
    }
    return NULL;
}

static void *puller(void *stream) {
    int descriptor = coexec_descriptor(stream);
    while (!atomic_load(&is_over)) {
        struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
        poll(&waiting, 1, 1);
        coexec_result result = {.struct_size = sizeof result};
        coexec_status status = coexec_receive(stream, &result, 0);
        if (status == COEXEC_OK) {
            atomic_fetch_add(&received, 1);
            coexec_result_clear(&result);
        }
    }
    return NULL;
}

static void *disturber(void *stream) {
    unsigned seed = (unsigned)(uintptr_t)&seed;
    char text[4096];
    (void)text;
    while (!atomic_load(&is_over)) {
        rest(1000000);
        coexec_stream_options options = stream_options();
        coexec_stream_report report = {.struct_size = sizeof report};
        switch (rand_r(&seed) % 5) {
        case 0: atomic_fetch_add(&forgotten, coexec_flush(stream)); break;
        case 1:
            coexec_interrupt(stream, 1);
            coexec_interrupt(stream, 0);
            break;
        case 2:
            options.window = 1 + rand_r(&seed) % 30;
            options.admission = rand_r(&seed) % 3;
            options.priority = rand_r(&seed) % 5;
            CHECK(coexec_configure(stream, &options) == COEXEC_OK, "options don't change");
            break;
        case 3: coexec_finish(stream); break;
        default: coexec_report(stream, &report);
        }
    }
    return NULL;
}

static void storm(coexec_stream *stream, int64_t duration) {
    pthread_t threads[6];
    void *(*bodies[6])(void *) = {pusher, pusher, puller, puller, disturber, disturber};
    coexec_flush(stream);
    for (int index = 0; index < 6; index++)
        CHECK(pthread_create(&threads[index], NULL, bodies[index], stream) == 0, "no thread");
    rest(duration);
    atomic_store(&is_over, 1);
    for (int index = 0; index < 6; index++) pthread_join(threads[index], NULL);
    atomic_fetch_add(&forgotten, coexec_flush(stream));
    printf("storm: %ld submitted, %ld received, %ld forgotten\n", accepted, received, forgotten);
    CHECK(accepted > 0 && received + forgotten == accepted, "some are lost, or came twice");
}

static void readiness(coexec_stream *stream) {
    struct pollfd waiting = {.fd = coexec_descriptor(stream), .events = POLLIN};
    CHECK(waiting.fd >= 0 && poll(&waiting, 1, 0) == 0, "nothing is there, and it is readable");
    coexec_picture picture = make_picture(&buffer, 0);
    for (int frame = 0; frame < 20; frame++) {
        CHECK(coexec_submit(stream, &picture, -1) == COEXEC_OK, "a picture");
        CHECK(poll(&waiting, 1, 10000) == 1, "a result is there, and it isn't readable");
        coexec_result result = {.struct_size = sizeof result};
        CHECK(coexec_receive(stream, &result, 0) == COEXEC_OK, "it is readable, and nothing is there");
        coexec_result_clear(&result);
        CHECK(poll(&waiting, 1, 0) == 0, "nothing is left, and it is readable");
    }
    coexec_interrupt(stream, 1);
    CHECK(poll(&waiting, 1, 0) == 1, "interrupted, and not readable");
    coexec_interrupt(stream, 0);
    CHECK(poll(&waiting, 1, 0) == 0, "not interrupted any more, and readable");
    coexec_finish(stream);
    CHECK(poll(&waiting, 1, 1000) == 1, "at its end, and not readable");
    coexec_flush(stream);
    CHECK(poll(&waiting, 1, 0) == 0, "flushed, and readable");
}

/* A buffer is back before its result is received, whatever became of the picture, with one lane; and the descriptor keeps
 * up with pictures that end too late. */
typedef struct {
    picture_buffer *buffer;
    atomic_int is_back;
} loan;

static void end_loan(void *user) { atomic_store(&((loan *)user)->is_back, 1); }

static void *lender(void *stream) {
    while (!atomic_load(&is_over)) {
        coexec_picture picture = make_picture(&buffer, 0);
        picture.width = picture.height = 28;
        picture.format = COEXEC_GRAY8;
        picture.release = end_loan;
        picture.user = calloc(1, sizeof(loan));
        CHECK(picture.user, "no memory");
        coexec_status status = coexec_submit(stream, &picture, 1000000);
        if (status != COEXEC_OK) free(picture.user);
    }
    return NULL;
}

static void loans(coexec_pool *pool, coexec_admission admission, int64_t deadline) {
    coexec_stream_options options = stream_options();
    options.builtin = "conv16_mnist";
    options.admission = admission;
    options.deadline = deadline;
    options.window = 8;
    coexec_stream *stream = open_stream(pool, &options);
    pthread_t thread;
    atomic_store(&is_over, 0);
    CHECK(pthread_create(&thread, NULL, lender, stream) == 0, "no thread");
    int64_t end = nanoseconds() + 700000000;
    long results = 0, dropped = 0;
    while (nanoseconds() < end) {
        struct pollfd waiting = {.fd = coexec_descriptor(stream), .events = POLLIN};
        CHECK(poll(&waiting, 1, 10000) == 1, "nothing comes");
        coexec_result result = {.struct_size = sizeof result};
        if (coexec_receive(stream, &result, 0) != COEXEC_OK) continue;
        loan *lent = result.user;
        CHECK(atomic_load(&lent->is_back), "result %ld is there before its buffer is back (status %d)", results, result.status);
        results++;
        dropped += result.status == COEXEC_DROPPED;
        free(lent);
        coexec_result_clear(&result);
    }
    atomic_store(&is_over, 1);
    pthread_join(thread, NULL);
    printf("loans: %ld results, %ld of them dropped\n", results, dropped);
    CHECK(results > 100, "too few to say anything");
    coexec_result result = {.struct_size = sizeof result};
    while (coexec_receive(stream, &result, 100000000) == COEXEC_OK) {
        free(result.user);
        coexec_result_clear(&result);
    }
    coexec_close(stream);
}

/* ONNX: y = Relu(x), of 3 × side × side numbers each. */
static void write_model(const char *path, int side) {
    unsigned char size[2] = {(unsigned char)(side & 127) | 128, (unsigned char)(side >> 7)};
    unsigned char shape[] = {0x0A, 2, 8, 1, 0x0A, 2, 8, 3, 0x0A, 3, 8, size[0], size[1], 0x0A, 3, 8, size[0], size[1]};
    unsigned char graph[128], *end = graph;
#define PUT(...)                                               \
    do {                                                       \
        const unsigned char bytes[] = {__VA_ARGS__};           \
        memcpy(end, bytes, sizeof bytes), end += sizeof bytes; \
    } while (0)
    PUT(0x0A, 12, 0x0A, 1, 'x', 0x12, 1, 'y', 0x22, 4, 'R', 'e', 'l', 'u'); /* node: input, output, operator */
    PUT(0x12, 1, 'g');
    for (int is_output = 0; is_output < 2; is_output++) {
        PUT(is_output ? 0x62 : 0x5A, 11 + sizeof shape, 0x0A, 1, is_output ? 'y' : 'x');
        PUT(0x12, 6 + sizeof shape, 0x0A, 4 + sizeof shape, 8, 1, 0x12, sizeof shape); /* FP32, its shape */
        memcpy(end, shape, sizeof shape), end += sizeof shape;
    }
#undef PUT
    unsigned char head[] = {8, 8, 0x42, 2, 0x10, 13, 0x3A, (unsigned char)(end - graph)}; /* IR 8, opset 13, the graph */
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(head, sizeof head, 1, file) == 1 && fwrite(graph, (size_t)(end - graph), 1, file) == 1 &&
              fclose(file) == 0, "can't write %s", path);
}

/* Address space beyond what there is; negative: no limit. */
static void limit_memory(int64_t more) {
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file && fscanf(file, "%ld", &pages) == 1 && fclose(file) == 0, "the kernel doesn't tell");
    if (more >= 0) limit.rlim_cur = (rlim_t)(pages * 4096 + more);
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0, "no limit");
}

/* Outputs of 12 MiB, of which a caller keeps more than there is memory for. */
static void memory(coexec_pool *pool) {
    char path[] = "/tmp/coexec-misuse-XXXXXX";
    int descriptor = mkstemp(path);
    CHECK(descriptor >= 0 && close(descriptor) == 0, "no temporary file");
    write_model(path, 1024);
    coexec_stream_options options = {.struct_size = sizeof options, .model = path, .task = "tensors", .window = 2};
    coexec_stream *stream = open_stream(pool, &options);

    enum { MOST = 40 };
    static coexec_result results[MOST];
    int kept = 0, failed = 0;
    limit_memory(44 << 20);
    coexec_picture picture = make_picture(&buffer, 0);
    while (kept < MOST && failed < 3) {
        coexec_result *result = &results[kept];
        result->struct_size = sizeof *result;
        CHECK(coexec_submit(stream, &picture, -1) == COEXEC_OK, "a picture");
        CHECK(coexec_receive(stream, result, 60000000000) == COEXEC_OK, "no result");
        kept++;
        if (result->status == COEXEC_OK) continue;
        CHECK(result->status == COEXEC_ERROR && result->error && strstr(result->error, "memory"), "%d: %s", result->status,
              result->error ? result->error : "?");
        failed++;
    }
    CHECK(failed > 0, "%d results are kept in 44 MiB", kept);
    printf("memory: %d results, then: %s\n", kept - failed, results[kept - 1].error);

    picture.release = NULL;
    picture.width = picture.height = 16384;
    picture.format = COEXEC_RGB;
    picture.strides[0] = 3 * 16384;
    CHECK(coexec_submit(stream, &picture, 0) == COEXEC_UNAVAILABLE && strstr(coexec_refusal(), "memory"),
          "a copy of 768 MiB: %s", coexec_refusal());
    coexec_stream *other;
    write_model(path, 8192);
    coexec_status status = coexec_stream_open(pool, &options, &other, message, sizeof message);
    CHECK(status != COEXEC_OK && message[0], "outputs of 768 MiB");
    printf("  %s\n", message);

    for (int index = 0; index < kept; index++) coexec_result_clear(&results[index]);
    limit_memory(-1);
    picture = make_picture(&buffer, 0);
    int64_t end = nanoseconds() + 20000000000;
    do {
        CHECK(nanoseconds() < end, "there is memory again, and nothing runs");
        CHECK(coexec_submit(stream, &picture, -1) == COEXEC_OK, "a picture");
        CHECK(coexec_receive(stream, &results[0], 20000000000) == COEXEC_OK, "no result");
        status = results[0].status;
        coexec_result_clear(&results[0]);
    } while (status != COEXEC_OK);
    coexec_close(stream);
    unlink(path);
}

int main(int count, char **arguments) {
    unsigned seed = count > 1 ? (unsigned)atoi(arguments[1]) : 1;
    int64_t duration = count > 2 ? atoll(arguments[2]) * 1000000000 : 3000000000;
    setvbuf(stdout, NULL, _IOLBF, 0);
    make_buffer(&buffer, 0);
    nulls();
    configuration();
    coexec_pool *pool = open_pool("cpu:0");
    coexec_stream_options options = stream_options();
    coexec_stream *stream = open_stream(pool, &options);
    sentences(stream);
    readiness(stream);
    sizes(stream);
    pictures(stream, seed);
    storm(stream, duration);
    size_t length = coexec_pool_report(pool, COEXEC_PROMETHEUS, NULL, 0);
    char *text = malloc(length + 200);
    CHECK(text && coexec_pool_report(pool, COEXEC_PROMETHEUS, text, 10) > 10 && strlen(text) == 9, "a text is cut");
    coexec_pool_report(pool, COEXEC_JSON, text, length + 200);
    CHECK(text[0] == '{' && strstr(text, "squeezenet"), "no JSON");
    free(text);
    loans(pool, COEXEC_WAIT, 0);
    loans(pool, COEXEC_DROP_OLDEST, 0);
    loans(pool, COEXEC_DROP_NEWEST, 0);
    loans(pool, COEXEC_WAIT, 1);
    loans(pool, COEXEC_DROP_OLDEST, 200000);
    memory(pool);
    /* Results outlive their stream. */
    coexec_flush(stream);
    coexec_picture picture = make_picture(&buffer, 0);
    coexec_result result = {.struct_size = sizeof result};
    CHECK(coexec_submit(stream, &picture, -1) == COEXEC_OK && coexec_receive(stream, &result, -1) == COEXEC_OK, "a result");
    coexec_close(stream);
    float sum = 0;
    for (size_t index = 0; index < result.outputs[0].count; index++) sum += result.outputs[0].values[index];
    CHECK(sum > 0.99f && sum < 1.01f, "an output is gone");
    coexec_result_clear(&result);
    CHECK(coexec_pool_close(pool) == COEXEC_OK, "the pool doesn't close");
    free(buffer.bytes);
    printf("all is refused that can't be\n");
    return 0;
}
