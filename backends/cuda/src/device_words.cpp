#include "device_words.hpp"

namespace mrnn::gpu {
namespace {

const char* remedy(int code) {
  switch (code) {
    case refusal::no_memory:
      return "its memory is full: nvidia-smi lists the programs that hold it; end one of them, or choose another "
             "device "
             "with CUDA_VISIBLE_DEVICES";
    case refusal::not_started:
      return "the driver could not be started: nvidia-smi says why; after an update of the driver the machine must be "
             "restarted";
    case refusal::old_driver:
      return "the driver is missing or older than this build of mrnn needs: install a newer one, or build mrnn with an "
             "older CUDA Toolkit";
    case refusal::busy:
      return "another program has it for itself alone: wait until that ends, choose another device with "
             "CUDA_VISIBLE_DEVICES, or let programs share it with nvidia-smi --compute-mode=DEFAULT";
    case refusal::no_device:
      return "nvidia-smi lists the devices of this machine; CUDA_VISIBLE_DEVICES may hide them";
    case refusal::other_architecture:
      return "mrnn was built for other devices: configure it with CMAKE_CUDA_ARCHITECTURES set to this one's compute "
             "capability";
    case refusal::uncorrectable_memory:
      return "the device's memory is damaged: start again, on another device if it comes back";
    case refusal::illegal_address:
    case refusal::stopped:
      return "nothing more can be done with the device in this run: start again from the last checkpoint, and report "
             "it "
             "if it comes back";
    case refusal::too_long:
      return "the system limits how long a device that drives a screen may compute: use another device";
    case refusal::not_ready:
      return "a service of the machine's is missing: NVIDIA's fabric manager must run";
    case refusal::driver_mismatch:
      return "the driver and its libraries are of different versions: restart the machine after an update of the "
             "driver";
    default:
      return nullptr;
  }
}

}  // namespace

std::string refusal_text(const std::string& wanted, int code, const std::string& words) {
  const char* what_to_do = remedy(code);
  const std::string text = wanted + ": " + words;
  return what_to_do == nullptr ? text : text + "; " + what_to_do;
}

}  // namespace mrnn::gpu
