// The executable's own functions come before the loader's library, and pass on what they don't fail.
#define _GNU_SOURCE
#define CL_TARGET_OPENCL_VERSION 120
#include "include/OpenCLFaults.h"

#include <CL/cl.h>
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>

enum { MOST_CONTEXTS = 16 };

static _Thread_local bool watches;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static cl_context watched[MOST_CONTEXTS];
static int watchedCount;
static int launchesLeft = INT_MAX;
static cl_int launchStatus = CL_SUCCESS;
static bool isLost;
static unsigned long memoryLimit = ULONG_MAX;
static int buffersMade;
static int finishes;

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

void OpenCLFaults_begin(void) { pthread_mutex_lock(&turn); }

static void arm(int launches, cl_int status, unsigned long bytes) {
    pthread_mutex_lock(&lock);
    launchesLeft = launches;
    launchStatus = status;
    isLost = false;
    memoryLimit = bytes;
    pthread_mutex_unlock(&lock);
}

void OpenCLFaults_watch(bool on) { watches = on; }

void OpenCLFaults_failLaunches(int n, int status) { arm(n, status, ULONG_MAX); }

void OpenCLFaults_loseDevice(int n) { arm(n, CL_DEVICE_NOT_AVAILABLE, ULONG_MAX); }

void OpenCLFaults_limitMemory(unsigned long bytes) { arm(INT_MAX, CL_SUCCESS, bytes); }

void OpenCLFaults_heal(void) {
    arm(INT_MAX, CL_SUCCESS, ULONG_MAX);
    pthread_mutex_lock(&lock);
    watchedCount = buffersMade = finishes = 0;
    pthread_mutex_unlock(&lock);
    pthread_mutex_unlock(&turn);
}

static int locked(const int *count) {
    pthread_mutex_lock(&lock);
    int value = *count;
    pthread_mutex_unlock(&lock);
    return value;
}

int OpenCLFaults_buffersMade(void) { return locked(&buffersMade); }

int OpenCLFaults_finishes(void) { return locked(&finishes); }

// With the lock.
static bool isWatched(cl_context context) {
    for (int i = 0; i < watchedCount; i++) {
        if (watched[i] == context) return true;
    }
    return false;
}

static cl_context contextOf(cl_command_queue queue) {
    cl_context context = 0;
    clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof context, &context, 0);
    return context;
}

// What a call on this queue comes to.
static cl_int fate(cl_command_queue queue, bool isLaunch) {
    cl_context context = contextOf(queue);
    pthread_mutex_lock(&lock);
    cl_int status = CL_SUCCESS;
    if (isWatched(context)) {
        if (isLaunch && launchesLeft != INT_MAX && --launchesLeft <= 0) {
            launchesLeft = 1;
            status = launchStatus;
            isLost = isLost || launchStatus == CL_DEVICE_NOT_AVAILABLE;
        }
        if (isLost) status = CL_DEVICE_NOT_AVAILABLE;
    }
    pthread_mutex_unlock(&lock);
    return status;
}

#define NEXT(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))

cl_int clEnqueueNDRangeKernel(
    cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *offset, const size_t *global,
    const size_t *local, cl_uint waitCount, const cl_event *waits, cl_event *event) {
    cl_int status = fate(queue, true);
    if (status != CL_SUCCESS) return status;
    return NEXT(clEnqueueNDRangeKernel)(queue, kernel, dimensions, offset, global, local, waitCount, waits, event);
}

void *clEnqueueMapBuffer(
    cl_command_queue queue, cl_mem buffer, cl_bool blocking, cl_map_flags flags, size_t offset, size_t size,
    cl_uint waitCount, const cl_event *waits, cl_event *event, cl_int *status) {
    *status = fate(queue, false);
    if (*status != CL_SUCCESS) return 0;
    return NEXT(clEnqueueMapBuffer)(queue, buffer, blocking, flags, offset, size, waitCount, waits, event, status);
}

cl_int clEnqueueFillBuffer(
    cl_command_queue queue, cl_mem buffer, const void *pattern, size_t patternSize, size_t offset, size_t size,
    cl_uint waitCount, const cl_event *waits, cl_event *event) {
    cl_int status = fate(queue, false);
    if (status != CL_SUCCESS) return status;
    return NEXT(clEnqueueFillBuffer)(queue, buffer, pattern, patternSize, offset, size, waitCount, waits, event);
}

cl_int clEnqueueMarkerWithWaitList(
    cl_command_queue queue, cl_uint waitCount, const cl_event *waits, cl_event *event) {
    cl_context context = contextOf(queue);
    pthread_mutex_lock(&lock);
    if (isWatched(context)) finishes++;
    pthread_mutex_unlock(&lock);
    cl_int status = fate(queue, false);
    return status != CL_SUCCESS ? status : NEXT(clEnqueueMarkerWithWaitList)(queue, waitCount, waits, event);
}

cl_mem clCreateBuffer(cl_context context, cl_mem_flags flags, size_t size, void *host, cl_int *status) {
    pthread_mutex_lock(&lock);
    bool isConcerned = isWatched(context);
    bool fails = isConcerned && size > memoryLimit;
    if (isConcerned) buffersMade++;
    pthread_mutex_unlock(&lock);
    if (fails) {
        *status = CL_MEM_OBJECT_ALLOCATION_FAILURE;
        return 0;
    }
    return NEXT(clCreateBuffer)(context, flags, size, host, status);
}

cl_context clCreateContext(
    const cl_context_properties *properties, cl_uint count, const cl_device_id *devices,
    void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *user, cl_int *status) {
    cl_context context = NEXT(clCreateContext)(properties, count, devices, notify, user, status);
    if (context && watches) {
        pthread_mutex_lock(&lock);
        if (watchedCount < MOST_CONTEXTS) watched[watchedCount++] = context;
        pthread_mutex_unlock(&lock);
    }
    return context;
}
