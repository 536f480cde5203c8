#pragma once

#include <string>
#include <utility>

#include "mrnn/eigen_backend.hpp"
#include "mrnn/experiment.hpp"
#include "mrnn/runtime.hpp"
#include "temporary_folder.hpp"

namespace test {

/// Experiments with the plugins of this build and those of a test, in a folder of their own.
struct ExperimentBench {
  explicit ExperimentBench(void (*attach)(mrnn::PluginContext&)) {
    runtime.attach("eigen", mrnn::eigen::attach);
    runtime.attach("test", attach);
    runtime.load_folder(MRNN_PLUGINS_DIR);
  }
  mrnn::Experiment experiment(const std::string& text) const {
    mrnn::ExperimentOptions options;
    options.output = folder.path() / "run";
    return {mrnn::ConfigNode::parse(text, "x.toml", folder.path()), runtime, std::move(options)};
  }

  TemporaryFolder folder;
  mrnn::Runtime runtime;
};

}  // namespace test
