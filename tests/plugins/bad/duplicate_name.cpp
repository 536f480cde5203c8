// A plugin that adds something new, and then a manipulation under a name that mrnn's own plugins have.

#include <memory>

#include "mrnn/plugin.hpp"

namespace {

void attach(mrnn::PluginContext& context) {
  const auto none = [](const mrnn::ConfigNode&, const mrnn::Network&) { return std::unique_ptr<mrnn::Manipulation>(); };
  context.add_manipulation("added_before_the_clash", none, "", "");
  context.add_manipulation("stimulus", none, "", "");
}

}  // namespace

MRNN_PLUGIN("duplicate_name", "1.0", attach)
