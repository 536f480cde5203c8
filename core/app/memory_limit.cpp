#include "run/memory_limit.hpp"

#include "commands.hpp"

void limit_memory(const Arguments& arguments, const mrnn::ConfigNode& config) {
  const auto table = config.find_table("backend");
  const std::string configured = table ? table->text("name", "eigen") : "eigen";
  if (arguments.backend.value_or(configured) == "eigen") mrnn::limit_memory();
}
