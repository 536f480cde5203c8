#pragma once

#include <functional>
#include <string>
#include <vector>

#include "mrnn/ranks.hpp"

namespace test {

/// Does work as so many ranks, each a thread of this process. Returns what each of them threw, an empty text where
/// nothing; ranks that call different functions of Ranks at a time get a logic error.
std::vector<std::string> run_ranks(int count, const std::function<void(mrnn::Ranks&)>& work);

}  // namespace test
