#include <fmt/format.h>

#include "commands.hpp"
#include "files/convert.hpp"
#include "files/text_file.hpp"
#include "mrnn/error.hpp"
#include "mrnn/network_config.hpp"

int convert_command(const Arguments& arguments) {
  const std::string from = arguments.in.extension().string();
  const std::string to = arguments.out.extension().string();
  const bool weights = (from == ".h5" && to == ".safetensors") || (from == ".safetensors" && to == ".h5");
  if (from == ".json" && to == ".toml") {
    const mrnn::NetworkSource source = mrnn::import_mrnntorch(arguments.in);
    mrnn::write_text_file(arguments.out, mrnn::to_toml(source.spec));
  } else if (weights) {
    mrnn::convert_weights(arguments.in, arguments.out);
  } else {
    throw mrnn::ConfigError("convert", "",
                            fmt::format("\"{}\" to \"{}\" is no conversion; .json to .toml, .h5 to .safetensors and "
                                        ".safetensors to .h5 are accepted",
                                        from, to));
  }
  fmt::print("wrote {}\n", arguments.out.string());
  return 0;
}
