#pragma once

#include <string>

#include "mrnn/export.hpp"

namespace mrnn {

/// Who is told how far a run has come. The program shows a bar or plain lines; this base says nothing.
/// Calls come from the thread that runs the experiment.
class MRNN_EXPORT Progress {
 public:
  virtual ~Progress();

  /// A piece of work of `total` equal parts begins: `simulation "control"`, in trials.
  virtual void begin(const std::string& what, long total);
  /// Right after begin(): so many parts were done before, in an earlier life of the run.
  virtual void skip(long done);
  /// So many of the parts are done in all, since begin(): never fewer than before.
  virtual void advance(long done);
  /// The same with how it goes: `loss 0.0123, performance 97.3 %`. By default the note is dropped.
  virtual void advance(long done, const std::string& note);
  virtual void end();
  /// A line worth reading now: a warning, a result.
  virtual void say(const std::string& line);
  virtual void warn(const std::string& line);
  /// Has the user asked to stop? Looked at between batches.
  virtual bool interrupted() const;
};

}  // namespace mrnn
