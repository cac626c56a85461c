// The linalg family; see jk.h, which includes this.
#pragma once
