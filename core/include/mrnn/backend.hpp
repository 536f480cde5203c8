#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mrnn/network.hpp"
#include "mrnn/session.hpp"

namespace mrnn {

/// Whether a backend can run here, and why not; and what another build of it would do better here.
struct Availability {
  bool available = true;
  std::string reason = {};  ///< why not; empty when available
  std::string note = {};    ///< a warning for whoever runs it
};

/// A batch, as far as the memory for it depends on it.
struct BatchShape {
  Index trials = 1, steps = 1;
  bool stimulus = false, targets = false, mask = false;  ///< which arrays there are besides the inputs
  bool initial_states = false;                           ///< of each trial's own
};
MRNN_EXPORT BatchShape shape_of(const Trials& trials);

/// Bytes of a session, by what they are for.
struct SessionMemory {
  std::size_t weights = 0;   ///< parameters, and the copies that products are made with
  std::size_t trials = 0;    ///< inputs, stimulus, targets and masks
  std::size_t activity = 0;  ///< what is recorded, what backward() needs of the forward pass, and room to work in
  std::size_t learning = 0;  ///< gradients, their sums, and the state of the optimiser

  std::size_t total() const noexcept { return weights + trials + activity + learning; }
};

/// A way of running networks. Stateless: everything that costs memory belongs to a Session.
class MRNN_EXPORT Backend {
 public:
  virtual ~Backend();

  virtual std::string name() const = 0;
  virtual Availability availability() const = 0;
  /// What it runs on, in words, for the result file: `CPU, 2 threads, oneDNN 2.6.3`.
  virtual std::string device(const SessionOptions& options) const = 0;
  /// The ways of making products that it has. This base: Products::ieee alone.
  virtual std::vector<Products> products() const;
  /// What a session needs at its peak for a batch, for `mrnn check` and for choosing the size of batches.
  virtual SessionMemory memory(const Network& network, const SessionOptions& options, const BatchShape& batch,
                               const Record& record) const = 0;
  /// How it makes the steps of a batch without scaled weights, in words, for `mrnn check`. This base: nothing to say.
  virtual std::string method(const Network& network, const SessionOptions& options, const BatchShape& batch) const;
  /// Bytes that are free for sessions on a device with memory of its own; nothing where they are in the host's.
  virtual std::optional<std::size_t> free_memory() const;

  /// @throws RunError with the reason where it is not available.
  void expect_available() const;
  /// Why a session cannot have the products that its options want, and what is accepted; empty where it can.
  std::string products_problem(const SessionOptions& options) const;

  /// @throws RunError where it is not available, ConfigError as products_problem() says. The network must outlive the
  /// session.
  std::unique_ptr<Session> open(const Network& network, const SessionOptions& options) const;

 protected:
  virtual std::unique_ptr<Session> do_open(const Network& network, const SessionOptions& options) const = 0;
};

}  // namespace mrnn
