#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "mrnn/error.hpp"
#include "mrnn/loss.hpp"
#include "mrnn/trainer.hpp"

namespace test {

/// What went through the sessions of a FakeBackend, in order.
struct Seen {
  std::vector<mrnn::Trials> trained;     ///< one batch per update
  std::vector<mrnn::Record> records;     ///< of forward() for training
  std::vector<mrnn::Noise> noise;        ///< of every forward()
  std::vector<std::uint64_t> validated;  ///< first id of each batch run without training
  std::vector<std::uint64_t> prepared;   ///< first id of each batch handed over beside another
  int found = 0;                         ///< batches loaded that had been
};

/// The updates at which a number is not finite; 0: never.
struct Diverges {
  int loss = 0, gradient = 0;
};

/// A model small enough to be worked by hand: y = b_out at every step, and b_out moves by -rate dL/db_out. The
/// optimiser remembers the number of its steps.
class FakeSession final : public mrnn::Session {
 public:
  FakeSession(const mrnn::Network& network, const mrnn::SessionOptions& options, Seen& seen, Diverges diverges)
      : Session(network, options), seen_(seen), diverges_(diverges) {}

 private:
  void do_write_parameters(const mrnn::Parameters& parameters) override { parameters_ = parameters; }
  mrnn::Parameters do_read_parameters() const override { return parameters_; }
  void do_load(const mrnn::Trials& trials) override {
    trials_ = trials;
    seen_.found += static_cast<int>(&trials == next_.get());
  }
  void do_prepare(std::shared_ptr<const mrnn::Trials> trials) override {
    next_ = std::move(trials);
    seen_.prepared.push_back(next_->ids.front());
  }
  void do_forward(const mrnn::Record& record, mrnn::Noise noise) override {
    seen_.noise.push_back(noise);
    if (record.backward_every > 0) {
      seen_.records.push_back(record);
    } else {
      seen_.validated.push_back(trials_.ids.front());
    }
  }
  mrnn::LossTerms do_backward(const mrnn::Loss& loss, const std::function<void()>& meanwhile) override {
    meanwhile();
    mrnn::Sequence y(network().outputs(), trials_.count, trials_.steps);
    do_read_activity(mrnn::Quantity::y, y, 0);
    double value = data_loss(network(), loss, trials_, y);
    if (static_cast<int>(seen_.trained.size()) + 1 == diverges_.loss) value = std::numeric_limits<double>::quiet_NaN();
    return {value, {{"mse", value}}};
  }
  mrnn::Parameters do_read_gradients() const override { return mrnn::zero_parameters(network()); }
  void do_write_gradients(const mrnn::Parameters& /*gradients*/) override {}
  double do_update(const mrnn::OptimiserStep& step) override {
    const double gradient = 2.0 * (parameters_.readout_bias[0] - trials_.targets.data.front());
    parameters_.readout_bias[0] -= step.rate * gradient;
    memory_.first.readout_bias[0] += 1.0;
    seen_.trained.push_back(trials_);
    const bool diverges = static_cast<int>(seen_.trained.size()) == diverges_.gradient;
    return diverges ? std::numeric_limits<double>::infinity() : std::abs(gradient);
  }
  mrnn::OptimiserState do_read_optimiser_state() const override { return memory_; }
  void do_write_optimiser_state(const mrnn::OptimiserState& state) override { memory_ = state; }
  void do_read_activity(mrnn::Quantity /*what*/, mrnn::Sequence& into, mrnn::Index /*first_trial*/) const override {
    std::ranges::fill(into.data, parameters_.readout_bias[0]);
  }
  void do_read_activity(mrnn::Quantity /*what*/, mrnn::FloatSequence& /*into*/,
                        mrnn::Index /*first_trial*/) const override {}
  Eigen::MatrixXd do_advance(const mrnn::StatePoints& points) const override { return points.states; }
  mrnn::Jacobians do_jacobian(const mrnn::StatePoints& /*points*/) const override { return {}; }

  Seen& seen_;
  Diverges diverges_;
  mrnn::Parameters parameters_;
  mrnn::OptimiserState memory_{mrnn::zero_parameters(network()), mrnn::zero_parameters(network())};
  mrnn::Trials trials_;
  std::shared_ptr<const mrnn::Trials> next_;
};

/// Needs 2 MB for every state it keeps and 1 MB for every step that is computed again.
class FakeBackend final : public mrnn::Backend {
 public:
  std::string name() const override { return "fake"; }
  mrnn::Availability availability() const override { return {}; }
  std::string device(const mrnn::SessionOptions& /*options*/) const override { return "none"; }
  mrnn::SessionMemory memory(const mrnn::Network& /*network*/, const mrnn::SessionOptions& /*options*/,
                             const mrnn::BatchShape& batch, const mrnn::Record& record) const override {
    if (record.backward_every == 0) return {.activity = 1000};
    const auto kept = static_cast<std::size_t>((batch.steps + record.backward_every - 1) / record.backward_every);
    return {.activity = 2'000'000 * kept + 1'000'000 * static_cast<std::size_t>(record.backward_every)};
  }

  mutable Seen seen;
  Diverges diverges;

 private:
  std::unique_ptr<mrnn::Session> do_open(const mrnn::Network& network,
                                         const mrnn::SessionOptions& options) const override {
    return std::make_unique<FakeSession>(network, options, seen, diverges);
  }
};

/// Asks for a constant output. A trial's score is 1 - |y - goal|, at least 0.
class FakeTask final : public mrnn::Task {
 public:
  enum class Scored { no, yes };
  explicit FakeTask(double goal, Scored scored = Scored::yes, mrnn::Index steps = 4)
      : goal_(goal), scored_(scored), steps_(steps) {}

  mrnn::Trials make(const mrnn::TrialRequest& request) const override {
    if (request.first >= fails_from) throw mrnn::RunError("there are no more trials");
    mrnn::Trials trials = mrnn::blank_trials(1, request.count, steps_);
    trials.targets = mrnn::Sequence(1, request.count, steps_);
    std::ranges::fill(trials.targets.data, goal_);
    for (mrnn::Index k = 0; k < request.count; ++k) {
      trials.ids[static_cast<std::size_t>(k)] = request.first + static_cast<std::uint64_t>(k);
      mrnn::RandomStream random(request.seed, request.stream, trials.ids[static_cast<std::size_t>(k)]);
      trials.numbers["drawn"].push_back(random.uniform());
      trials.inputs(0, k, 0) = goal_;
    }
    trials.epochs = {{"answer", std::vector<mrnn::Index>(static_cast<std::size_t>(request.count), 1),
                      std::vector<mrnn::Index>(static_cast<std::size_t>(request.count), steps_)}};
    return trials;
  }
  mrnn::Scores score(const mrnn::Trials& trials, const mrnn::Sequence& outputs) const override {
    if (scored_ == Scored::no) return {};
    mrnn::Scores scores;
    scores.score.resize(trials.count);
    for (mrnn::Index k = 0; k < trials.count; ++k) {
      scores.score[k] = std::max(0.0, 1.0 - std::abs(outputs(0, k, outputs.steps - 1) - goal_));
    }
    return scores;
  }

  std::uint64_t fails_from = std::numeric_limits<std::uint64_t>::max();  ///< number of a trial

 private:
  double goal_;
  Scored scored_;
  mrnn::Index steps_;
};

/// Four iterations of three trials.
inline mrnn::TrainingPlan small_plan() {
  mrnn::TrainingPlan plan;
  plan.iterations = 4;
  plan.batch = 3;
  plan.rate = 0.25;
  plan.log_every = 2;
  plan.validate_every = 0;
  plan.validation_trials = 5;
  plan.checkpoint_every = 0;
  return plan;
}

/// Asks a run to stop once so many iterations are done.
class StopAfter final : public mrnn::Progress {
 public:
  explicit StopAfter(long last) : last_(last) {}
  void advance(long done, const std::string& /*note*/) override { done_ = done; }
  bool interrupted() const override { return done_ >= last_; }

 private:
  long last_, done_ = 0;
};

inline mrnn::Network fake_network() {
  mrnn::NetworkSpec spec;
  spec.regions = {{"a", 2}};
  spec.inputs = {{"cue", 1}};
  spec.connections = {{"cue", "a"}, {"a", "a"}};
  spec.outputs = {{"choice", 1}};
  return mrnn::build_network(spec, 0);
}

}  // namespace test
