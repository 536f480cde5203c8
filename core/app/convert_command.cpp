#include <fmt/format.h>

#include "commands.hpp"
#include "files/convert.hpp"
#include "files/text_file.hpp"
#include "mrnn/error.hpp"
#include "mrnn/network_config.hpp"
#include "progress_bar.hpp"

int convert_command(const Arguments& arguments) {
  const std::string from = arguments.in.extension().string();
  const std::string to = arguments.out.extension().string();
  if (from == ".json" && to == ".toml") {
    const mrnn::NetworkSource source = mrnn::import_mrnntorch(arguments.in);
    mrnn::build_network(source, 0);  // what is no network is not written
    mrnn::write_text_file(arguments.out, mrnn::to_toml(source.spec));
  } else if (mrnn::are_weights(arguments.in, arguments.out)) {
    watch_signals();
    mrnn::convert_weights(arguments.in, arguments.out, ProgressBar(ProgressBar::Voice::quiet));
  } else {
    throw mrnn::ConfigError("convert", "",
                            fmt::format("\"{}\" to \"{}\" is no conversion; .json to .toml, .h5 to .safetensors and "
                                        ".safetensors to .h5 are accepted",
                                        from, to));
  }
  fmt::print("wrote {}\n", arguments.out.string());
  return 0;
}
