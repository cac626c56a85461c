#include "jk_dnnl.h"
