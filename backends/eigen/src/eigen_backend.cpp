#include "mrnn/eigen_backend.hpp"

#include <fmt/format.h>

#include "eigen_session.hpp"
#include "library_product.hpp"
#include "session_memory.hpp"

namespace mrnn::eigen {
namespace {

class EigenBackend final : public Backend {
 public:
  std::string name() const override { return "eigen"; }

  Availability availability() const override { return {.note = build_note()}; }

  std::string device(const SessionOptions& options) const override {
    const int threads = ThreadPool::resolve(options.threads);
    const std::string library = options.precision == Precision::float32 ? library_name() : std::string();
    return fmt::format("CPU, {} thread{}, {}{}{}", threads, threads == 1 ? "" : "s", instruction_set(),
                       library.empty() ? "" : ", ", library);
  }

  SessionMemory memory(const Network& network, const SessionOptions& options, const BatchShape& batch,
                       const Record& record) const override {
    return options.precision == Precision::float32 ? session_memory<float>(network, options, batch, record)
                                                   : session_memory<double>(network, options, batch, record);
  }

 private:
  std::unique_ptr<Session> do_open(const Network& network, const SessionOptions& options) const override {
    if (options.precision == Precision::float32) return std::make_unique<EigenSession<float>>(network, options);
    return std::make_unique<EigenSession<double>>(network, options);
  }
};

}  // namespace

std::unique_ptr<Backend> make_backend() {
  return std::make_unique<EigenBackend>();
}

void attach(PluginContext& context) {
  context.add_backend("eigen", make_backend, "runs on the processor, on all cores, in single or double precision");
}

}  // namespace mrnn::eigen
