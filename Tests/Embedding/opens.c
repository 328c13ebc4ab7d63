/* A hundred pools and streams, opened, used and closed: threads, descriptors and memory are back where they were.
 *
 *   opens [COUNT] [DEVICES] [BUILTIN]      linked with the library; default 100, cpu:0 and conv16_mnist
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "pictures.h"

static int entries(const char *folder) {
    DIR *directory = opendir(folder);
    CHECK(directory, "no %s", folder);
    int count = 0;
    while (readdir(directory)) count++;
    closedir(directory);
    return count;
}

static long resident_kilobytes(void) {
    /* What the C library keeps for later comes and goes. */
    malloc_trim(0);
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file && fscanf(file, "%ld %ld", &pages, &resident) == 2, "no statm");
    fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void once(const char *devices, const char *builtin, picture_buffer *buffer) {
    char message[200];
    coexec_pool *pool;
    coexec_pool_options options = {.struct_size = sizeof options, .devices = devices, .flags = COEXEC_NO_TUNING};
    CHECK(coexec_pool_open(&options, &pool, message, sizeof message) == COEXEC_OK, "%s", message);
    coexec_stream *stream;
    coexec_stream_options wanted = {.struct_size = sizeof wanted, .builtin = builtin};
    CHECK(coexec_stream_open(pool, &wanted, &stream, message, sizeof message) == COEXEC_OK, "%s", message);
    CHECK(coexec_descriptor(stream) >= 0, "no descriptor");
    coexec_picture picture = make_picture(buffer, 0);
    for (int frame = 0; frame < 3; frame++) {
        CHECK(coexec_submit(stream, &picture, -1) == COEXEC_OK, "a picture");
        coexec_result result = {.struct_size = sizeof result};
        CHECK(coexec_receive(stream, &result, -1) == COEXEC_OK && result.status == COEXEC_OK, "a result");
        coexec_result_clear(&result);
    }
    CHECK(coexec_submit(stream, &picture, -1) == COEXEC_OK, "one that is in flight when it closes");
    coexec_close(stream);
    CHECK(coexec_pool_close(pool) == COEXEC_OK, "the pool stays open");
}

/* The least of a few rounds: threads' heaps are let go now and then. */
static long resident_after(int rounds, const char *devices, const char *builtin, picture_buffer *buffer) {
    long least = 0;
    for (int round = 0; round < rounds; round++) {
        once(devices, builtin, buffer);
        long resident = resident_kilobytes();
        if (round == 0 || resident < least) least = resident;
    }
    return least;
}

int main(int count, char **arguments) {
    int rounds = count > 1 ? atoi(arguments[1]) : 100;
    const char *devices = count > 2 ? arguments[2] : "cpu:0", *builtin = count > 3 ? arguments[3] : "conv16_mnist";
    /* A huge page more or less is no leak. */
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    static picture_buffer buffer;
    make_buffer(&buffer, 0);
    /* What libraries keep for good comes with the first ones. */
    enum { SETTLING = 30, LAST = 15 };
    long memory = resident_after(SETTLING, devices, builtin, &buffer);
    int threads = entries("/proc/self/task"), descriptors = entries("/proc/self/fd");
    for (int round = 0; round < rounds; round++) once(devices, builtin, &buffer);
    /* A thread that was joined may still be listed for a moment. */
    for (int wait = 0; wait < 100 && entries("/proc/self/task") > threads; wait++) rest(10000000);
    long growth = resident_after(LAST, devices, builtin, &buffer) - memory;
    printf("%d opens: threads %d then %d, descriptors %d then %d, resident %ld kB %+ld\n", rounds, threads,
           entries("/proc/self/task"), descriptors, entries("/proc/self/fd"), memory, growth);
    CHECK(entries("/proc/self/task") <= threads, "threads are left");
    CHECK(entries("/proc/self/fd") <= descriptors, "descriptors are left");
    CHECK(growth * 50 <= memory, "memory is left");
    CHECK(atomic_load(&buffer.releases) == 4 * (SETTLING + rounds + LAST), "%ld releases", atomic_load(&buffer.releases));
    free(buffer.bytes);
    return 0;
}
