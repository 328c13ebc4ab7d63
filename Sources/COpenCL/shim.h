// OpenCL 1.2 host API, through the ICD loader, and the calls that find a CPU runtime's threads and keep
// them on their cores.
#pragma once
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <sched.h>
#include <sys/types.h>

// glibc declares these only for GNU source, which Swift's importer does not ask for.
extern int sched_getaffinity(pid_t pid, size_t cpusetsize, cpu_set_t *mask);
extern int sched_setaffinity(pid_t pid, size_t cpusetsize, const cpu_set_t *mask);
extern int sched_getcpu(void);
extern pid_t gettid(void);
