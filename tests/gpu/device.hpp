#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "mrnn/backend.hpp"
#include "reference_loss.hpp"

namespace test {

/// Where a session runs: on the backend under test, or on the one it is compared with.
///
/// Under test is `cuda`, from the plugin of this build or from the library that MRNN_CUDA_LIBRARY names.
/// MRNN_GPU_TESTS_BACKEND=eigen puts the Eigen backend, on one thread, in its place: that checks the tests themselves
/// where there is no device. What is expected is always computed by the Eigen backend, on all cores.
enum class On : std::uint8_t { device, eigen };

/// True where there is nothing to test; then says why, in the words that CTest takes for a skipped test. Comes first
/// in every test.
bool skipped();

/// The same where the Eigen backend stands in, for tests of what it has not.
bool skipped_on_eigen();

/// The same where the host plays the device, for tests that take it minutes.
bool skipped_on_host();

/// Whether the host plays the device; elsewhere there is nothing to test for what only such a device does, and this
/// says so.
bool is_emulated();

/// The backend that everything is compared with.
const mrnn::Backend& eigen();

/// The backend under test; only where skipped() is false.
const mrnn::Backend& device();

/// Is there a library to load, and if so, why did it not load (empty: it did)?
struct Library {
  bool present = false;
  std::string failure;
};
Library cuda_library();

/// A session with parameters, nothing loaded. The training must outlive it.
std::unique_ptr<mrnn::Session> open(On where, const Training& training,
                                    mrnn::Precision precision = mrnn::Precision::float64,
                                    mrnn::Products products = mrnn::Products::ieee);

/// Something in the environment of the device, as long as this lives; afterwards what was there before.
class Wish {
 public:
  Wish(const char* name, const std::string& value);
  ~Wish();
  Wish(const Wish&) = delete;
  Wish& operator=(const Wish&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace test
