// Faults for tests: the test process's OpenCL calls pass through here on their way to the loader. Any thread.
//
// Faults befall only contexts that were made on a thread while it was watched, so that tests that run at the same time
// don't disturb each other; watch and arm in one test at a time.
#pragma once
#include <stdbool.h>

/// Whether contexts that the calling thread makes from now on are exposed to faults.
void OpenCLFaults_watch(bool watches);

/// From the n-th kernel launch on, launches fail with this status (for example CL_OUT_OF_RESOURCES), until
/// `OpenCLFaults_heal`.
void OpenCLFaults_failLaunches(int n, int status);

/// From the n-th kernel launch on, the contexts are lost for good: launches, mappings, fills and waits fail with
/// CL_DEVICE_NOT_AVAILABLE.
void OpenCLFaults_loseDevice(int n);

/// Buffers of more than so many bytes can't be had (CL_MEM_OBJECT_ALLOCATION_FAILURE).
void OpenCLFaults_limitMemory(unsigned long bytes);

/// No more faults, and no watched contexts.
void OpenCLFaults_heal(void);
