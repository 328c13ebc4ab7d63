// What of the kernel's calls Swift's importer doesn't find in glibc: those about threads, which glibc declares for GNU
// source only, and eventfd(2).
#pragma once
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/types.h>

extern int sched_getaffinity(pid_t pid, size_t cpusetsize, cpu_set_t *mask);
extern int sched_setaffinity(pid_t pid, size_t cpusetsize, const cpu_set_t *mask);
extern int sched_getcpu(void);
extern pid_t gettid(void);
