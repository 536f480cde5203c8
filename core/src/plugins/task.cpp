#include "mrnn/task.hpp"

namespace mrnn {

Task::~Task() = default;

}  // namespace mrnn
