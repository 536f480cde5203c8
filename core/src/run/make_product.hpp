#pragma once

#include <memory>
#include <string>

#include "mrnn/config.hpp"
#include "mrnn/registry.hpp"
#include "mrnn/runtime.hpp"
#include "plugins/plugin_call.hpp"

namespace mrnn {

/// Makes what `plugin` of a table names; the table's remaining keys are the plugin's own, and none may stay unread.
template <class Product>
std::unique_ptr<Product> make_product(const Registry<Product, const ConfigNode&, const Network&>& registry,
                                      const Runtime& runtime, const ConfigNode& table, const Network& network) {
  const std::string name = table.text("plugin");
  const auto* entry = registry.find(name);
  if (entry == nullptr) table.fail("plugin", runtime.unknown(registry.kind(), name, registry.names()));
  auto product =
      call_plugin(registry.kind() + " \"" + name + "\"", [&] { return registry.make(name, *entry, table, network); });
  table.finish();
  return product;
}

}  // namespace mrnn
