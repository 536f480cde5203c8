#pragma once

#include <memory>
#include <string>

#include "mrnn/network.hpp"
#include "mrnn/session.hpp"

namespace mrnn {

/// Whether a backend can run here, and why not.
struct Availability {
  bool available = true;
  std::string reason;  ///< why not; empty when available
};

/// A way of running networks. Stateless: everything that costs memory belongs to a Session.
class MRNN_EXPORT Backend {
 public:
  virtual ~Backend();

  virtual std::string name() const = 0;
  virtual Availability availability() const = 0;
  /// What it runs on, in words, for the result file: `CPU, 2 threads, oneDNN 2.6.3`.
  virtual std::string device(const SessionOptions& options) const = 0;
  /// Bytes a session needs for a batch, for `mrnn check` and for choosing the size of batches.
  virtual std::size_t memory(const Network& network, const SessionOptions& options, Index trials, Index steps,
                             const Record& record) const = 0;

  /// @throws RunError with the reason where it is not available.
  void expect_available() const;

  /// @throws RunError where it is not available. The network must outlive the session.
  std::unique_ptr<Session> open(const Network& network, const SessionOptions& options) const;

 protected:
  virtual std::unique_ptr<Session> do_open(const Network& network, const SessionOptions& options) const = 0;
};

}  // namespace mrnn
