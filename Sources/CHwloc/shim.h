// hwloc: the topology of the machine and the binding of threads.
#pragma once
#include <hwloc.h>
