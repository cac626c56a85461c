// The elementwise family; see jk.h, which includes this.
#pragma once

JK_DECLARE_LOOP(add)
JK_DECLARE_LOOP(sub)
JK_DECLARE_LOOP(mul)
JK_DECLARE_LOOP(div)
JK_DECLARE_LOOP(neg)
JK_DECLARE_LOOP(exp)
