// Faults for tests, and counts: the test process's OpenCL calls pass through here on their way to the loader. Any
// thread.
//
// Only contexts that were made on a thread while it was watched are concerned, so that tests that run at the same time
// don't disturb each other; between watching and `OpenCLFaults_heal`, a test holds `OpenCLFaults_begin`.
#pragma once
#include <stdbool.h>

/// Waits until no other test is at it.
void OpenCLFaults_begin(void);

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

/// Buffers made, and waits for all of a queue, in watched contexts since the first was made.
int OpenCLFaults_buffersMade(void);
int OpenCLFaults_finishes(void);

/// No more faults, and no watched contexts: the next test may begin.
void OpenCLFaults_heal(void);
