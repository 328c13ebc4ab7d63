// A fully connected layer for one input vector: bound by reading its weights once.
//
// The sum over the inputs is shared out among the SPLITS work-items of a group's second axis, and put together in local
// memory: without that, a layer of a thousand outputs leaves most of a GPU idle.
// Build options: GROUP, blocks of WIDTH outputs that a work-group makes; SPLITS.

// Weights: `bias` first, padded to whole blocks; then, from `weightBase`, a row of outputs for each input, `weightStep`
// apart. The input's values lie one behind the other.
KERNEL void matrix_vector(
    __global VALUE *arena, __global const VALUE *weights, int inBase, int inputs, int outBase, int outputs,
    int weightBase, int weightStep, float low, float high)
{
    __local FLOATV partial[SPLITS][GROUP];
    int const channel = get_global_id(0) * WIDTH, split = get_local_id(1), lane = get_local_id(0);
    FLOATV sum = 0;
    if (channel < outputs) {
        __global const VALUE *w = weights + weightBase + channel;
#pragma unroll 4
        for (int k = split; k < inputs; k += SPLITS) sum += GET(arena + inBase + k) * LOAD(w + k * weightStep);
    }
    partial[split][lane] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (split > 0 || channel >= outputs) return;
    sum = LOAD(weights + channel);
    for (int other = 0; other < SPLITS; ++other) sum += partial[other][lane];
    store_lanes(limit(sum, low, high), arena + outBase + channel, outputs - channel);
}
