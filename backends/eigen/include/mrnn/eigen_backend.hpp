#pragma once

#include <memory>

#include "mrnn/backend.hpp"
#include "mrnn/plugin.hpp"

/// The backend for processors, always there: linked in by a program, `runtime.attach("eigen", mrnn::eigen::attach)`.
namespace mrnn::eigen {

MRNN_EXPORT void attach(PluginContext& context);

MRNN_EXPORT std::unique_ptr<Backend> make_backend();

}  // namespace mrnn::eigen
