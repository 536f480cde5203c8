#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace mrnn {

/// Where something registered comes from, for messages and `mrnn list`.
struct Origin {
  std::string plugin;  ///< name of the plugin, or `built-in`
  std::string version;
  std::string file;  ///< the shared library; empty for what a host program linked in
  std::string text() const { return file.empty() ? plugin : file; }
};

/// Maps names used in configuration files to factories. A plain object, owned by Runtime and passed by
/// reference: tests build their own, and nothing is registered before main() starts.
template <class Product, class... Arguments>
class Registry {
 public:
  using Factory = std::function<std::unique_ptr<Product>(Arguments...)>;
  struct Entry {
    Factory make;
    std::string summary;  ///< one line for `mrnn list`: what it does
    std::string options;  ///< its configuration keys with defaults, for `mrnn list`
    Origin origin;
  };

  /// @param kind  `analysis`, `task`, ... for messages
  explicit Registry(std::string kind) : kind_(std::move(kind)) {}

  /// @throws PluginError where there is no factory, where a configuration file could not hold the name, and, naming
  /// both origins, where it is taken.
  void add(const std::string& name, Entry entry) {
    if (!entry.make) throw PluginError(kind_ + " \"" + name + "\" from " + entry.origin.text() + " has no factory");
    if (!is_plain(name)) {
      throw PluginError("\"" + name + "\" from " + entry.origin.text() + " cannot be the name of a " + kind_ +
                        "; letters, digits and the like are accepted, no spaces");
    }
    const auto [found, inserted] = entries_.try_emplace(name, std::move(entry));
    if (!inserted) {
      throw PluginError(kind_ + " \"" + name + "\" from " + entry.origin.text() + " is already provided by " +
                        found->second.origin.text());
    }
  }

  /// What an entry makes. @throws PluginError where that is nothing.
  std::unique_ptr<Product> make(const std::string& name, const Entry& entry, Arguments... arguments) const {
    auto made = entry.make(arguments...);
    if (made == nullptr) {
      throw PluginError("the factory of the " + kind_ + " \"" + name + "\" from " + entry.origin.text() +
                        " made nothing");
    }
    return made;
  }

  const Entry* find(const std::string& name) const {
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : &found->second;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& [name, entry] : entries_) all.push_back(name);
    return all;
  }
  const std::map<std::string, Entry>& entries() const noexcept { return entries_; }
  const std::string& kind() const noexcept { return kind_; }

 private:
  static bool is_plain(const std::string& name) {
    const auto plain = [](unsigned char letter) { return letter > ' ' && letter != 127; };
    return !name.empty() && std::ranges::all_of(name, plain);
  }

  std::string kind_;
  std::map<std::string, Entry> entries_;
};

}  // namespace mrnn
