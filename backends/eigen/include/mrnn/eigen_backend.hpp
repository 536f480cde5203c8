#pragma once

#include <memory>
#include <string>

#include "mrnn/backend.hpp"
#include "mrnn/plugin.hpp"

/// The backend for processors, always there: linked in by a program, `runtime.attach("eigen", mrnn::eigen::attach)`.
namespace mrnn::eigen {

MRNN_EXPORT void attach(PluginContext& context);

MRNN_EXPORT std::unique_ptr<Backend> make_backend();

/// The instruction set that the inner loops use on this processor: `AVX-512`.
MRNN_EXPORT std::string instruction_set();

/// What this build leaves unused of this processor, and how to build for it; empty where that is nothing.
MRNN_EXPORT std::string build_note();

}  // namespace mrnn::eigen
