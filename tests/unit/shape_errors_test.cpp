// Arrays of the wrong shape, from a backend and into the functions that a C++ program calls: each is told, none is read
// or written beyond its end.

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "mrnn/backend.hpp"
#include "mrnn/damped_newton.hpp"
#include "mrnn/error.hpp"
#include "mrnn/loss.hpp"
#include "mrnn/parameters.hpp"

using namespace mrnn;

namespace {

Network two_regions() {
  NetworkSpec spec;
  spec.regions = {{"a", 3}, {"b", 2}};
  spec.inputs = {{"cue", 2}};
  spec.connections = {{"a", "b"}, {"cue", "a"}};
  spec.outputs = {{"out", 2}};
  return build_network(spec, 0);
}

/// Hands back arrays of the wrong shape, all but what is asked for before.
class RogueSession final : public Session {
 public:
  explicit RogueSession(const Network& network) : Session(network, {}) {}

 private:
  Parameters smaller() const {
    Parameters parameters = zero_parameters(network());
    parameters.bias.resize(1);
    return parameters;
  }
  void do_write_parameters(const Parameters& /*parameters*/) override {}
  Parameters do_read_parameters() const override { return smaller(); }
  void do_load(const Trials& /*trials*/) override {}
  void do_forward(const Record& /*record*/, Noise /*noise*/) override {}
  LossTerms do_backward(const Loss& /*loss*/, const std::function<void()>& /*meanwhile*/) override { return {}; }
  Parameters do_read_gradients() const override { return smaller(); }
  void do_write_gradients(const Parameters& /*gradients*/) override {}
  double do_update(const OptimiserStep& /*step*/) override { return 0.0; }
  OptimiserState do_read_optimiser_state() const override { return {zero_parameters(network()), smaller()}; }
  void do_write_optimiser_state(const OptimiserState& /*state*/) override {}
  void do_read_activity(Quantity /*what*/, Sequence& into, Index /*first_trial*/) const override { into.data.clear(); }
  void do_read_activity(Quantity /*what*/, FloatSequence& /*into*/, Index /*first_trial*/) const override {}
  Eigen::MatrixXd do_advance(const StatePoints& /*points*/) const override { return Eigen::MatrixXd::Zero(5, 1); }
  Jacobians do_jacobian(const StatePoints& points) const override {
    return {points.states, points.states, points.states.topRows(4)};
  }
  std::unique_ptr<DampedNewton> do_damped_newton(NewtonModel /*model*/) const override { return nullptr; }
};

class EmptyBackend final : public Backend {
 public:
  std::string name() const override { return "empty"; }
  Availability availability() const override { return {}; }
  std::string device(const SessionOptions& /*options*/) const override { return "none"; }
  SessionMemory memory(const Network& /*network*/, const SessionOptions& /*options*/, const BatchShape& /*batch*/,
                       const Record& /*record*/) const override {
    return {};
  }

 private:
  std::unique_ptr<Session> do_open(const Network& /*network*/, const SessionOptions& /*options*/) const override {
    return nullptr;
  }
};

}  // namespace

TEST_CASE("what a backend hands back is of the shape that was asked for", "[shapes][bad]") {
  const Network network = two_regions();
  RogueSession session(network);
  session.write_parameters(zero_parameters(network));
  session.load(blank_trials(2, 3, 4));
  session.forward({.h = true}, Noise::off);
  session.write_gradients(zero_parameters(network));
  const StatePoints points{Eigen::MatrixXd::Zero(5, 2), {0, 1}, {0, 0}};

  const std::string bias = "of the wrong shape: the bias has 1 elements; 5 are needed";
  CHECK_THROWS_WITH(session.read_parameters(), "the backend handed back parameters " + bias);
  CHECK_THROWS_WITH(session.read_gradients(), "the backend handed back gradients " + bias);
  CHECK_THROWS_WITH(session.read_optimiser_state(), "the backend handed back second moments " + bias);
  CHECK_THROWS_WITH(session.read_activity(Quantity::h),
                    "the backend handed back 0 numbers of activity where 60 were asked for");
  CHECK_THROWS_WITH(session.advance(points), "the backend handed back 1 columns of states where 2 were asked for");
  CHECK_THROWS_WITH(session.jacobian(points), "the backend handed back 4 rows of gains where 5 were asked for");
  const Eigen::MatrixXd ones = Eigen::MatrixXd::Ones(5, 1);
  CHECK_THROWS_WITH(session.damped_newton(Eigen::MatrixXd::Zero(5, 5), {ones, ones, ones}),
                    "the backend made nothing where an object that solves was asked for");
  CHECK_THROWS_WITH(EmptyBackend().open(network, {}), "backend \"empty\" opened no session");
}

TEST_CASE("an array to read into must hold what was recorded", "[shapes][bad]") {
  const Network network = two_regions();
  RogueSession session(network);
  session.write_parameters(zero_parameters(network));
  session.load(blank_trials(2, 2, 4));
  session.forward({.h = true}, Noise::off);
  const auto read = [&](FloatSequence into, Index first_trial) {
    session.read_activity(Quantity::h, into, first_trial);
  };

  CHECK_NOTHROW(read({5, 6, 4}, 4));
  CHECK_THROWS_WITH(read({2, 6, 4}, 0), "number of units of the array to read into is 2; 5 is needed");
  CHECK_THROWS_WITH(read({5, 6, 5}, 0), "number of steps of the array to read into is 5; 4 is needed");
  for (const Index first : {-1, 5}) {
    CHECK_THROWS_WITH(read({5, 6, 4}, first), "an array of 6 trials does not hold the 2 of the batch from trial " +
                                                  std::to_string(first) + " on");
  }
  Sequence y(network.outputs(), 2, 4);
  CHECK_THROWS_WITH(session.read_activity(Quantity::y, y, 0),
                    "read_activity(): y was not recorded by the last forward()");
}

TEST_CASE("arrays whose data do not fill their shape are refused", "[shapes][bad]") {
  const Network network = two_regions();
  RogueSession session(network);
  session.write_parameters(zero_parameters(network));
  Trials trials = blank_trials(2, 3, 4);
  trials.targets = trials.mask = Sequence(2, 3, 4);

  for (const auto& [name, sequence] :
       {std::pair("inputs", &trials.inputs), std::pair("targets", &trials.targets), std::pair("mask", &trials.mask)}) {
    sequence->data.pop_back();
    CHECK_THROWS_WITH(session.load(trials),
                      std::string("number of values of the trials' ") + name + " is 23; 24 is needed");
    sequence->data.push_back(0.0);
  }
}

TEST_CASE("units that are not there are not recorded", "[shapes][bad]") {
  const Network network = two_regions();
  RogueSession session(network);
  session.write_parameters(zero_parameters(network));
  session.load(blank_trials(2, 3, 4));
  const auto record = [&](UnitRange units) { session.forward({.h = true, .units = Selection({units})}, Noise::off); };

  CHECK_THROWS_WITH(record({4, 2}), "the record names unit 5 of 5");
  CHECK_THROWS_WITH(record({-1, 2}), "the record names unit -1 of 5");
  CHECK_THROWS_WITH(record({3, -2}), "the record names -2 units");
  CHECK_THROWS_AS(record({2, std::numeric_limits<Index>::max()}), ShapeError);
}

TEST_CASE("functions of blocks need a matrix of its shape for each", "[shapes][bad]") {
  const Network network = two_regions();
  const std::vector<Block>& blocks = network.recurrent_blocks();
  REQUIRE(blocks.size() == 1);
  const std::vector<Eigen::MatrixXd> none, wrong{Eigen::MatrixXd::Zero(3, 2)}, right{Eigen::MatrixXd::Zero(2, 3)};
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(5, 2);

  CHECK(dense(blocks, right, 5, 5).isZero());
  CHECK_THROWS_WITH(dense(blocks, none, 5, 5), "there are 0 matrices for 1 blocks");
  CHECK_THROWS_WITH(dense(blocks, wrong, 5, 5), "matrix 0 is 3 x 2 for a block of 2 x 3");
  CHECK_THROWS_WITH(dense(blocks, right, 4, 5), "block 0 reaches to row 5 and column 3 of 4 x 5");
  CHECK_THROWS_WITH(spectral_radius(blocks, wrong, 5), "matrix 0 is 3 x 2 for a block of 2 x 3");
  CHECK_THROWS_WITH(multiply(blocks, right, Eigen::MatrixXd::Zero(2, 2), out),
                    "block 0 reaches to row 5 and column 3 of 5 x 2");
  CHECK_THROWS_WITH(multiply(blocks, right, Eigen::MatrixXd::Zero(5, 3), out), "3 columns for 2");
}

TEST_CASE("functions of trials look at their shape", "[shapes][bad]") {
  const Network network = two_regions();
  const Trials trials = blank_trials(2, 3, 4);

  CHECK(slice(trials, 1, 2).count == 2);
  CHECK_THROWS_WITH(slice(trials, 2, 2), "2 trials from 2 on of 3");
  CHECK_THROWS_WITH(slice(trials, -1, 2), "2 trials from -1 on of 3");
  CHECK_THROWS_WITH(blank_trials(1, -1, 5), "trials of 1 inputs, -1 of them, of 5 steps; none can be negative");
  CHECK_THROWS_WITH(Selection({{1, 3}}).rows_of(Eigen::MatrixXd::Zero(3, 1)), "units 1 to 3 of 3 rows");
  CHECK_THROWS_WITH(data_loss(network, {}, trials, Sequence(2, 3, 4)),
                    "targets of 0 x 0 x 0 for 2 outputs, 3 trials and 4 steps");
  Trials learned = trials;
  learned.targets = Sequence(2, 3, 4);
  CHECK_THROWS_WITH(data_loss(network, {}, learned, Sequence(2, 3, 5)),
                    "outputs of 2 x 3 x 5 for 2 outputs, 3 trials and 4 steps");
}
