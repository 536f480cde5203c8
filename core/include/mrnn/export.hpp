#pragma once

/// Marks what crosses the boundary of a shared library; everything else is hidden.
#define MRNN_EXPORT __attribute__((visibility("default")))
