// Intel's tiles: 16 × 16 sums of products of BF16 pairs or of four bytes. Linux lends a process their registers when it
// asks; a thread's are empty until it configures them.
#if defined(__x86_64__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "chains.h"
#include "features.h"

#define BRAIN __attribute__((target("amx-tile,amx-bf16")))
#define BYTES __attribute__((target("amx-tile,amx-int8")))

typedef struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} TileConfiguration;

// Four sums, which is what the latency takes, and two tiles of each factor.
enum { TILES = 8, SUMS = 4 };

__attribute__((target("amx-tile"))) static void begin(void) {
    TileConfiguration configuration = {.palette = 1};
    for (int tile = 0; tile < TILES; ++tile) configuration.row_bytes[tile] = 64, configuration.rows[tile] = 16;
    _tile_loadconfig(&configuration);
    _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3);
    _tile_zero(4), _tile_zero(5), _tile_zero(6), _tile_zero(7);
}

BRAIN static void bf16(uint64_t passes) {
    begin();
    for (; passes > 0; --passes) {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 5, 6);
        _tile_dpbf16ps(2, 4, 7);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_release();
}

BYTES static void int8(uint64_t passes) {
    begin();
    for (; passes > 0; --passes) {
        _tile_dpbusd(0, 4, 6);
        _tile_dpbusd(1, 5, 6);
        _tile_dpbusd(2, 4, 7);
        _tile_dpbusd(3, 5, 7);
    }
    _tile_release();
}

// ARCH_REQ_XCOMP_PERM for XFEATURE_XTILE_DATA; it is the same for a process that has it already.
static bool may_use_tiles(void) { return syscall(SYS_arch_prctl, 0x1023, 18) == 0; }

void CCeilings_append_amx(ChainList *list) {
    if (!has_feature(0, CPUID_EDX, 24) || !may_use_tiles()) return;
    const uint64_t tile = 2 * 16 * 16;
    if (has_feature(0, CPUID_EDX, 22) && list->count < list->capacity)
        list->chains[list->count++] = (CCeilings_Chain){"bf16", "AMX", SUMS * tile * 32, bf16};
    if (has_feature(0, CPUID_EDX, 25) && list->count < list->capacity)
        list->chains[list->count++] = (CCeilings_Chain){"int8", "AMX", SUMS * tile * 64, int8};
}
#endif
