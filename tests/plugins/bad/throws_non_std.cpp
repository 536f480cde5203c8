// A plugin that throws what no catch of std::exception sees.

#include "mrnn/plugin.hpp"

namespace {

void attach(mrnn::PluginContext&) {
  throw 42;
}

}  // namespace

MRNN_PLUGIN("throws_non_std", "1.0", attach)
