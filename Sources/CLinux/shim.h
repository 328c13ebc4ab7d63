// The calls to the kernel about threads that glibc declares for GNU source only, which Swift's importer does not ask
// for.
#pragma once
#include <sched.h>
#include <sys/types.h>

extern int sched_getaffinity(pid_t pid, size_t cpusetsize, cpu_set_t *mask);
extern int sched_setaffinity(pid_t pid, size_t cpusetsize, const cpu_set_t *mask);
extern int sched_getcpu(void);
extern pid_t gettid(void);
