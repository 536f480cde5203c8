#pragma once

/// Stands before a loop whose turns touch elements of their own: the compiler need not ask which pointers overlap,
/// which it gives up on where there are many.
#ifdef __clang__
#define MRNN_INDEPENDENT_LOOP _Pragma("clang loop vectorize(assume_safety)")
#else
#define MRNN_INDEPENDENT_LOOP _Pragma("GCC ivdep")
#endif
