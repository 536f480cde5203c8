#include "commands.hpp"
#include "mrnn/eigen_backend.hpp"

void load_plugins(mrnn::Runtime& runtime, const Arguments& arguments, const mrnn::ConfigNode* config) {
  runtime.attach("eigen", mrnn::eigen::attach);
  std::vector<std::filesystem::path> configured;
  if (config != nullptr) {
    if (const auto table = config->find_table("plugins")) {
      for (const std::filesystem::path path : table->texts("path", {})) {
        configured.push_back(config->folder() / path);
      }
      table->finish();
    }
  }
  for (const std::filesystem::path& folder : mrnn::plugin_folders(arguments.plugin_path, configured)) {
    runtime.load_folder(folder);
  }
}
