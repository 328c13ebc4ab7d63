/* What the calls cost the caller's thread: CPU time of submit, receive and clear a picture, of a 1280x720 NV12 that is
 * lent and one that is copied.
 *
 *   calls [BUILTIN] [DEVICES] [FRAMES]       linked with the library; default mobilenet_v1_0.25 on cpu:0, 1000
 */
#define _GNU_SOURCE
#include "pictures.h"

static int64_t cpu_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int main(int count, char **arguments) {
    char message[200];
    static picture_buffer buffer;
    make_buffer(&buffer, 0);
    coexec_pool *pool;
    coexec_pool_options options = {
        .struct_size = sizeof options, .devices = count > 2 ? arguments[2] : "cpu:0", .flags = COEXEC_NO_TUNING};
    CHECK(coexec_pool_open(&options, &pool, message, sizeof message) == COEXEC_OK, "%s", message);
    coexec_stream *stream;
    coexec_stream_options wanted = {.struct_size = sizeof wanted, .task = "tensors", .window = 4};
    wanted.builtin = count > 1 ? arguments[1] : "mobilenet_v1_0.25";
    CHECK(coexec_stream_open(pool, &wanted, &stream, message, sizeof message) == COEXEC_OK, "%s", message);
    int frames = count > 3 ? atoi(arguments[3]) : 1000;
    for (int is_copied = 0; is_copied < 2; is_copied++) {
        coexec_picture picture = make_picture(&buffer, 0);
        if (is_copied) picture.release = NULL;
        int64_t submitting = 0, receiving = 0, start = nanoseconds();
        for (int frame = 0; frame < frames + 2; frame++) {
            int64_t before = cpu_nanoseconds();
            if (frame < frames) CHECK(coexec_submit(stream, &picture, -1) == COEXEC_OK, "a picture");
            int64_t between = cpu_nanoseconds();
            submitting += between - before;
            if (frame < 2) continue;
            coexec_result result = {.struct_size = sizeof result};
            CHECK(coexec_receive(stream, &result, -1) == COEXEC_OK && result.status == COEXEC_OK, "a result");
            coexec_result_clear(&result);
            receiving += cpu_nanoseconds() - between;
        }
        printf("%s: submit %.2f, receive and clear %.2f us of the caller's CPU a picture; %.1f pictures/s\n",
               is_copied ? "copied" : "lent", (double)submitting / frames / 1e3, (double)receiving / frames / 1e3,
               frames * 1e9 / (double)(nanoseconds() - start));
    }
    coexec_close(stream);
    CHECK(coexec_pool_close(pool) == COEXEC_OK, "the pool stays open");
    free(buffer.bytes);
    return 0;
}
