#include "mrnn/progress.hpp"

namespace mrnn {

Progress::~Progress() = default;
void Progress::begin(const std::string& /*what*/, long /*total*/) {}
void Progress::skip(long /*done*/) {}
void Progress::advance(long /*done*/) {}
void Progress::advance(long done, const std::string& /*note*/) {
  advance(done);
}
void Progress::end() {}
void Progress::say(const std::string& /*line*/) {}
void Progress::warn(const std::string& /*line*/) {}
bool Progress::interrupted() const {
  return false;
}

}  // namespace mrnn
