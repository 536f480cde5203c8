// A backend whose device is never there. It can say what it would need, as every backend can anywhere. And two that
// fail when they are asked.

#include "mrnn/error.hpp"
#include "mrnn/plugin.hpp"

namespace {

class AbsentBackend : public mrnn::Backend {
 public:
  std::string name() const override { return "absent"; }
  mrnn::Availability availability() const override { return {false, "its device is on the moon"}; }
  std::string device(const mrnn::SessionOptions&) const override { return "the moon"; }
  mrnn::SessionMemory memory(const mrnn::Network&, const mrnn::SessionOptions&, const mrnn::BatchShape& batch,
                             const mrnn::Record&) const override {
    return {.trials = static_cast<std::size_t>(batch.trials)};
  }

 private:
  std::unique_ptr<mrnn::Session> do_open(const mrnn::Network&, const mrnn::SessionOptions&) const override {
    throw mrnn::RunError("the absent backend was opened");
  }
};

class MoodyBackend final : public AbsentBackend {
 public:
  mrnn::Availability availability() const override { throw 7; }
};

void attach(mrnn::PluginContext& context) {
  context.add_backend(
      "absent", [] { return std::make_unique<AbsentBackend>(); }, "runs nowhere");
  context.add_backend(
      "hollow", [] { return std::unique_ptr<mrnn::Backend>(); }, "is not there");
  context.add_backend(
      "moody", [] { return std::make_unique<MoodyBackend>(); }, "does not answer");
}

}  // namespace

MRNN_PLUGIN("absent", "1.0", attach)
