// The nn family; see jk.h, which includes this.
#pragma once
