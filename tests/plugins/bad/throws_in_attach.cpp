// A plugin that registers something and then fails.

#include <memory>
#include <stdexcept>

#include "mrnn/plugin.hpp"

namespace {

void attach(mrnn::PluginContext& context) {
  const auto none = [](const mrnn::ConfigNode&, const mrnn::Network&) { return std::unique_ptr<mrnn::Task>(); };
  context.add_task("half_attached", none, "", "");
  throw std::runtime_error("the table of constants is missing");
}

}  // namespace

MRNN_PLUGIN("throws_in_attach", "1.0", attach)
