// A shared library that is no plugin.

#include "mrnn/export.hpp"

extern "C" MRNN_EXPORT int not_a_descriptor() {
  return 1;
}
