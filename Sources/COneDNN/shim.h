// oneDNN (2.6 on Debian 12, 3.7 on Debian 13).
#pragma once
#include <oneapi/dnnl/dnnl.h>
