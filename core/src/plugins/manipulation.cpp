#include "mrnn/manipulation.hpp"

namespace mrnn {

Manipulation::~Manipulation() = default;

}  // namespace mrnn
