// The header of the C library, for Swift: what implements it is CoExecC. And the one thing that Swift can't say: a variable
// of each thread's own, which costs nothing where nothing is refused.
#include "coexec.h"
#include "refusal.h"

static _Thread_local char refusal[COEXEC_REFUSAL_SIZE];

char *refusal_of_thread(void) { return refusal; }
