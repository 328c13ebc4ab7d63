/* Loads libcoexec.so.1. Not linked, since gst-plugin-scanner and gst-inspect-1.0 load every plugin, and would load
 * OpenCL's drivers with it. */
#include "library.h"

#include <dlfcn.h>

static gboolean load(CoExecLibrary *library, char **message) {
    const char *file = g_getenv("COEXEC_LIBRARY");
    if (file == NULL || *file == '\0') file = "libcoexec.so.1";
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL); /* never closed: it can't be unloaded */
    if (handle == NULL) {
        *message = g_strdup_printf("no CoExec library: %s (install libcoexec1, or name the file in COEXEC_LIBRARY)",
                                   dlerror());
        return FALSE;
    }
#define COEXEC_LOOK_UP(name)                                                              \
    *(void **)&library->name = dlsym(handle, "coexec_" #name);                            \
    if (library->name == NULL) {                                                          \
        *message = g_strdup_printf("%s is no CoExec library: it has no coexec_" #name, file); \
        return FALSE;                                                                     \
    }
    COEXEC_FUNCTIONS(COEXEC_LOOK_UP)
#undef COEXEC_LOOK_UP
    uint32_t version = library->version();
    if (version >> 16 != COEXEC_API_VERSION >> 16 || version < COEXEC_API_VERSION) {
        *message = g_strdup_printf("%s has version %u.%u of the interface, %u.%u is needed", file, version >> 16,
                                   version & 0xffff, COEXEC_API_VERSION >> 16, COEXEC_API_VERSION & 0xffff);
        return FALSE;
    }
    return TRUE;
}

const CoExecLibrary *coexec_library(char **message) {
    static GMutex lock;
    static CoExecLibrary library;
    static gboolean is_loaded;
    g_mutex_lock(&lock);
    if (!is_loaded) is_loaded = load(&library, message);
    const CoExecLibrary *found = is_loaded ? &library : NULL;
    g_mutex_unlock(&lock);
    return found;
}
