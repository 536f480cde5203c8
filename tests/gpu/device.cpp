#include "device.hpp"

#include <cstdlib>
#include <filesystem>

#include "catch.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/error.hpp"
#include "mrnn/runtime.hpp"

using namespace mrnn;

namespace test {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::filesystem::path library_file() {
  const std::string named = environment("MRNN_CUDA_LIBRARY");
  return named.empty() ? std::filesystem::path(MRNN_PLUGINS_DIR) / "cuda.so" : std::filesystem::path(named);
}

bool eigen_in_place_of_cuda() {
  return environment("MRNN_GPU_TESTS_BACKEND") == "eigen";
}

/// What there is to test, found once.
struct Subject {
  Subject() {
    if (eigen_in_place_of_cuda()) {
      backend = mrnn::eigen::make_backend();
    } else if (const std::filesystem::path file = library_file(); std::filesystem::exists(file)) {
      library.present = true;
      load(file);
    } else if (environment("MRNN_CUDA_LIBRARY").empty()) {
      why_not = "this build has no CUDA backend (" + file.string() + " is not there)";
    } else {
      why_not = library.failure = "MRNN_CUDA_LIBRARY names " + file.string() + ", which is not there";
    }
  }

  Runtime runtime;  // outlives the backend, which its library made
  std::unique_ptr<Backend> backend;
  Library library;
  std::string why_not;

 private:
  void load(const std::filesystem::path& file) {
    try {
      runtime.load(file);
    } catch (const PluginError& error) {
      why_not = library.failure = error.what();
      return;
    }
    const auto* entry = runtime.backends.find("cuda");
    if (entry == nullptr) {
      why_not = library.failure = file.string() + " has no backend called \"cuda\"";
      return;
    }
    backend = entry->make();
    if (const Availability here = backend->availability(); !here.available) why_not = here.reason;
  }
};

const Subject& subject() {
  static const Subject one;
  return one;
}

bool host_plays_device() {
  return subject().why_not.empty() && subject().backend->device({}).starts_with("a device played by the host");
}

}  // namespace

bool skipped() {
  if (subject().why_not.empty()) return false;
  WARN("skipped: " << subject().why_not);
  return true;
}

bool skipped_on_eigen() {
  if (!eigen_in_place_of_cuda()) return false;
  WARN("skipped: the Eigen backend stands in for what only a device has");
  return true;
}

bool skipped_on_host() {
  if (!host_plays_device()) return false;
  WARN("skipped: the host, which plays the device, would take minutes");
  return true;
}

bool is_emulated() {
  if (host_plays_device()) return true;
  WARN("skipped: the host does not play the device");
  return false;
}

const Backend& eigen() {
  static const std::unique_ptr<Backend> one = mrnn::eigen::make_backend();
  return *one;
}

const Backend& device() {
  return *subject().backend;
}

Library cuda_library() {
  return subject().library;
}

std::unique_ptr<Session> open(On where, const Training& training, Precision precision, Products products) {
  constexpr int one_thread = 1, all_cores = 0;
  const bool expected = where == On::eigen;
  auto session = (expected ? eigen() : device())
                     .open(training.network, {precision, expected ? all_cores : one_thread, training.seed, products});
  session->write_parameters(training.parameters);
  return session;
}

Wish::Wish(const char* name, const std::string& value) : name_(name) {
  if (const char* before = std::getenv(name)) before_ = before;
  setenv(name, value.c_str(), 1);
}

Wish::~Wish() {
  if (before_) {
    setenv(name_, before_->c_str(), 1);
  } else {
    unsetenv(name_);
  }
}

}  // namespace test
