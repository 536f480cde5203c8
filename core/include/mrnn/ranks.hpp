#pragma once

#include <span>
#include <string>
#include <vector>

#include "mrnn/export.hpp"

namespace mrnn {

/// The processes that train one network together, as MPI starts them: each computes its share of the trials of every
/// batch, and all do the same update. All of them call the same functions in the same order. This base is a process
/// alone.
class MRNN_EXPORT Ranks {
 public:
  virtual ~Ranks();

  /// Which of them this process is, from 0. The first writes all files and says all there is to say.
  virtual int rank() const;
  virtual int count() const;

  /// Replaces each value by its sum over the ranks, added in their order: the same bits on all, from run to run.
  virtual void sum(std::span<double> values);
  /// What every rank has to say, in their order.
  virtual std::vector<std::string> gather(const std::string& text);

  /// Ends all ranks at once, where one has failed and the others cannot know. This base cannot, and does nothing.
  virtual void abandon(int exit_status, const std::string& why);
  /// Do all ranks know of what is being thrown? Then each can end by itself.
  bool agreed() const noexcept { return agreed_; }
  void agree() noexcept { agreed_ = true; }

 private:
  bool agreed_ = false;
};

}  // namespace mrnn
