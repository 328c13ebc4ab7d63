// The header of the C library, for Swift: what implements it is CoExecC.
#include "coexec.h"
