#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "device.hpp"

namespace mrnn::cuda {

/// Recorded submissions of the time loops: they are submitted again as they are, as long as everything that they were
/// made with stays the same.
class StepGraphs {
 public:
  /// @param key  all that `submit` depends on
  void run(const gpu::Stream& stream, std::vector<std::byte> key, const std::function<void()>& submit) {
    for (auto one = graphs_.begin(); one != graphs_.end(); ++one) {
      if (one->key != key) continue;
      graphs_.splice(graphs_.begin(), graphs_, one);
      stream.launch(*graphs_.front().graph);
      return;
    }
    // Many runs are not repeated: only the second of a kind is recorded.
    if (std::ranges::find(seen_, key) == seen_.end()) {
      if (seen_.size() >= most) seen_.pop_back();
      seen_.push_front(std::move(key));
      submit();
      return;
    }
    if (graphs_.size() >= most) graphs_.pop_back();
    graphs_.push_front({std::move(key), stream.record(submit)});
    stream.launch(*graphs_.front().graph);
  }

 private:
  static constexpr std::size_t most = 16;  ///< two sets of trials, forward and back, whole and last stretches
  struct One {
    std::vector<std::byte> key;
    std::shared_ptr<gpu::Stream::Graph> graph;
  };
  std::list<One> graphs_;
  std::list<std::vector<std::byte>> seen_;
};

}  // namespace mrnn::cuda
