/* Pools by name. The table and the counts of users are under one lock, which is not held while a pool or a stream
 * opens: that takes seconds, and tells progress, which applications hear. Those who want a pool meanwhile wait for
 * `opening`. */
#include "library.h"

struct SharedPool {
    char *name, *devices;
    int users;
    GMutex opening;     /* held by the element that opens the pool, or a stream on it */
    coexec_pool *handle; /* under `opening`; NULL until the pool is open */
    GstElement *opener; /* who is told of progress: set under `opening`, read by the library only meanwhile */
    OpeningProgress progress;
};

static GMutex table_lock;
static GHashTable *table; /* name → SharedPool */

static void pool_progress(void *user, const char *line) {
    SharedPool *pool = user;
    pool->progress(pool->opener, line);
}

/* Counts a user of the pool of that name. */
static SharedPool *find(const char *name, const char *devices) {
    g_mutex_lock(&table_lock);
    if (table == NULL) table = g_hash_table_new(g_str_hash, g_str_equal);
    SharedPool *pool = g_hash_table_lookup(table, name);
    if (pool == NULL) {
        pool = g_new0(SharedPool, 1);
        pool->name = g_strdup(name);
        pool->devices = g_strdup(devices);
        g_mutex_init(&pool->opening);
        g_hash_table_insert(table, pool->name, pool);
    }
    pool->users++;
    g_mutex_unlock(&table_lock);
    return pool;
}

SharedPool *shared_pool_take(const CoExecLibrary *library, const char *name, const char *devices, uint32_t flags,
                             GstElement *element, OpeningProgress progress, char **message) {
    SharedPool *pool = find(name, devices);
    g_mutex_lock(&pool->opening);
    pool->opener = element;
    pool->progress = progress;
    if (pool->handle != NULL) return pool;

    if (g_strcmp0(pool->devices, devices) != 0) { /* its first user has failed with others */
        g_free(pool->devices);
        pool->devices = g_strdup(devices);
    }
    coexec_pool_options options = {.struct_size = sizeof options,
                                   .flags = flags,
                                   .devices = devices,
                                   .progress = pool_progress,
                                   .user = pool};
    char text[1024] = "";
    if (library->pool_open(&options, &pool->handle, text, sizeof text) != COEXEC_OK) {
        *message = g_strdup(text);
        pool->handle = NULL;
        shared_pool_opened(pool);
        shared_pool_give_back(pool, library);
        return NULL;
    }
    return pool;
}

void shared_pool_opened(SharedPool *pool) {
    pool->opener = NULL;
    g_mutex_unlock(&pool->opening);
}

void shared_pool_give_back(SharedPool *pool, const CoExecLibrary *library) {
    g_mutex_lock(&table_lock);
    gboolean is_last = --pool->users == 0;
    if (is_last) g_hash_table_remove(table, pool->name);
    g_mutex_unlock(&table_lock);
    if (!is_last) return;
    if (pool->handle != NULL) library->pool_close(pool->handle);
    g_mutex_clear(&pool->opening);
    g_free(pool->devices);
    g_free(pool->name);
    g_free(pool);
}

coexec_pool *shared_pool_handle(const SharedPool *pool) { return pool->handle; }

const char *shared_pool_devices(const SharedPool *pool) { return pool->devices; }
