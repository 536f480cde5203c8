// A plugin compiled with another alignment of matrices than the program: they would corrupt each other's memory.

#undef EIGEN_MAX_ALIGN_BYTES
#define EIGEN_MAX_ALIGN_BYTES 16

#include "mrnn/plugin.hpp"

namespace {

void attach(mrnn::PluginContext&) {}

}  // namespace

MRNN_PLUGIN("wrong_abi", "1.0", attach)
