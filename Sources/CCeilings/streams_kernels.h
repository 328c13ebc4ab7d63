// Streams through memory in vectors of BYTES, for one kind of processor: no pragma, since it's included for each.
#define JOINED(name, bytes) name##_##bytes
#define NAMED(name, bytes) JOINED(name, bytes)
#define NAME(name) NAMED(name, BYTES)
#define VECTOR NAME(Vector)

typedef float VECTOR __attribute__((vector_size(BYTES)));

PROCESSOR static void NAME(triad)(float *sums, const float *a, const float *b, float factor, size_t count) {
    const size_t lanes = BYTES / sizeof(float);
    VECTOR *to = (VECTOR *)sums;
    const VECTOR *left = (const VECTOR *)a, *right = (const VECTOR *)b;
    for (size_t i = 0; i < count / lanes; i += 4) {
        to[i] = left[i] + factor * right[i];
        to[i + 1] = left[i + 1] + factor * right[i + 1];
        to[i + 2] = left[i + 2] + factor * right[i + 2];
        to[i + 3] = left[i + 3] + factor * right[i + 3];
    }
}

PROCESSOR static float NAME(read)(const float *values, size_t count) {
    const size_t lanes = BYTES / sizeof(float);
    const VECTOR *from = (const VECTOR *)values;
    VECTOR a = {0}, b = {0}, c = {0}, d = {0};
    for (size_t i = 0; i < count / lanes; i += 4) a += from[i], b += from[i + 1], c += from[i + 2], d += from[i + 3];
    a += b + (c + d);
    float sum = 0;
    for (size_t lane = 0; lane < lanes; ++lane) sum += a[lane];
    return sum;
}

#undef JOINED
#undef NAMED
#undef NAME
#undef VECTOR
