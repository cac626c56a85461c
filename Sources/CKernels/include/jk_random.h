// The random family; see jk.h, which includes this.
#pragma once
