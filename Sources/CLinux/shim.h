// What of the kernel's calls Swift's importer doesn't find in glibc: those about threads, which glibc declares for GNU
// source only, eventfd(2), and perf_event_open(2), which glibc doesn't have.
#pragma once
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

extern int sched_getaffinity(pid_t pid, size_t cpusetsize, cpu_set_t *mask);
extern int sched_setaffinity(pid_t pid, size_t cpusetsize, const cpu_set_t *mask);
extern int sched_getcpu(void);
extern pid_t gettid(void);
extern long syscall(long number, ...);

/// Counts the last cache's misses of the calling thread in user mode, and of those that it starts from now on.
/// - Returns: a file descriptor, or −1 with errno.
static inline int CLinux_open_cache_misses(void) {
    struct perf_event_attr event = {
        .type = PERF_TYPE_HARDWARE, .size = sizeof event, .config = PERF_COUNT_HW_CACHE_MISSES,
        .inherit = 1, .exclude_kernel = 1, .exclude_hv = 1};
    return (int)syscall(SYS_perf_event_open, &event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}
