// A plugin that calls a function nobody has; linked without -z defs, so that only loading it finds out.

#include "mrnn/plugin.hpp"

extern "C" void a_function_nobody_has();

namespace {

void attach(mrnn::PluginContext&) {
  a_function_nobody_has();
}

}  // namespace

MRNN_PLUGIN("unresolved", "1.0", attach)
