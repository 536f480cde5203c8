#pragma once

#include <algorithm>

#include "catch.hpp"
#include "mrnn/session.hpp"

namespace test {

/// Reads what was recorded of all quantities into trials 2 and on of a larger array, in both precisions: it is there as
/// it is alone, and the trials before and after it stay as they were.
inline void check_partial_reads(const mrnn::Session& session, mrnn::Index trials) {
  for (const mrnn::Quantity what : {mrnn::Quantity::x, mrnn::Quantity::h, mrnn::Quantity::y}) {
    const mrnn::Sequence alone = session.read_activity(what);
    mrnn::Sequence wide(alone.units, trials + 5, alone.steps);
    mrnn::FloatSequence narrow(alone.units, trials + 5, alone.steps);
    std::ranges::fill(wide.data, 7.0);
    std::ranges::fill(narrow.data, 7.0F);
    session.read_activity(what, wide, 2);
    session.read_activity(what, narrow, 2);
    bool in_place = true, others_stay = true;
    for (mrnn::Index step = 0; step < alone.steps; ++step) {
      in_place &= wide.at(step).middleCols(2, trials) == alone.at(step);
      in_place &= narrow.at(step).middleCols(2, trials) == alone.at(step).cast<float>();
      for (const auto& others : {wide.at(step).cast<float>().eval(), narrow.at(step).eval()}) {
        others_stay &= (others.leftCols(2).array() == 7.0F).all() && (others.rightCols(3).array() == 7.0F).all();
      }
    }
    CHECK(in_place);
    CHECK(others_stay);
  }
}

}  // namespace test
