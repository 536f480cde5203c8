#include "mrnn/session.hpp"

#include "catch.hpp"
#include "mrnn/backend.hpp"
#include "mrnn/error.hpp"

using namespace mrnn;

namespace {

/// Does nothing: what is tested here are the checks that all backends share.
class IdleSession final : public Session {
 public:
  explicit IdleSession(const Network& network) : Session(network, {}) {}

 private:
  void do_write_parameters(const Parameters& /*parameters*/) override {}
  void do_load(const Trials& /*trials*/) override {}
  void do_forward(const Record& /*record*/, Noise /*noise*/) override {}
  void do_read_activity(Quantity /*what*/, Sequence& /*out*/) const override {}
  void do_read_activity(Quantity /*what*/, FloatSequence& /*out*/) const override {}
  Eigen::MatrixXd do_advance(const StatePoints& points) const override { return points.states; }
  Jacobians do_jacobian(const StatePoints& /*points*/) const override { return {}; }
};

class AbsentBackend final : public Backend {
 public:
  std::string name() const override { return "absent"; }
  Availability availability() const override { return {false, "no such device here"}; }
  std::string device(const SessionOptions& /*options*/) const override { return "none"; }
  std::size_t memory(const Network& /*network*/, const SessionOptions& /*options*/, Index /*trials*/, Index /*steps*/,
                     const Record& /*record*/) const override {
    return 0;
  }

 private:
  std::unique_ptr<Session> do_open(const Network& /*network*/, const SessionOptions& /*options*/) const override {
    return nullptr;
  }
};

Network small_network() {
  NetworkSpec spec;
  spec.regions = {{"a", 3}};
  spec.inputs = {{"cue", 2}};
  spec.connections = {{"a", "a"}, {"cue", "a"}};
  return build_network(spec, 0);
}

}  // namespace

TEST_CASE("calls out of order say what comes first", "[session][bad]") {
  const Network network = small_network();
  IdleSession session(network);
  const Trials trials = blank_trials(2, 1, 4);
  const StatePoints points{Eigen::MatrixXd::Zero(3, 1), {0}, {0}};

  CHECK_THROWS_WITH(session.load(trials), "load() needs write_parameters() first");
  CHECK_THROWS_WITH(session.read_parameters(), "read_parameters() needs write_parameters() first");
  session.write_parameters(initial_parameters(network, 0));
  CHECK_THROWS_WITH(session.forward({}, Noise::off), "forward() needs load() first, after write_parameters()");
  CHECK_THROWS_WITH(session.advance(points), "advance() and jacobian() need load() first, after write_parameters()");
  session.load(trials);
  CHECK_THROWS_WITH(session.read_activity(Quantity::h), "read_activity(): h was not recorded by the last forward()");
  session.forward({.h = true}, Noise::off);
  CHECK(session.read_activity(Quantity::h).steps == 4);
  session.write_parameters(initial_parameters(network, 1));
  CHECK_THROWS_WITH(session.forward({}, Noise::off), "forward() needs load() first, after write_parameters()");
}

TEST_CASE("arrays of the wrong shape are refused with both numbers", "[session][bad]") {
  const Network network = small_network();
  IdleSession session(network);
  Parameters parameters = initial_parameters(network, 0);
  session.write_parameters(parameters);
  Trials trials = blank_trials(2, 3, 4);

  SECTION("parameters") {
    parameters.bias.resize(2);
    CHECK_THROWS_WITH(session.write_parameters(parameters), "the bias has 2 elements; 3 are needed");
    parameters = initial_parameters(network, 0);
    parameters.recurrent[0].resize(3, 2);
    CHECK_THROWS_WITH(session.write_parameters(parameters),
                      "block 0 of the recurrent weights is 3 x 2; 3 x 3 is needed");
  }
  SECTION("inputs") {
    trials.inputs = Sequence(5, 3, 4);
    CHECK_THROWS_WITH(session.load(trials), "number of channels of the trials' inputs is 5; 2 is needed");
  }
  SECTION("initial states") {
    trials.initial_state = Eigen::MatrixXd::Zero(3, 2);
    CHECK_THROWS_WITH(session.load(trials), "number of trials of the initial states is 2; 3 is needed");
  }
  SECTION("interventions") {
    trials.interventions = {{{0, 9}, {}, Clamp{Selection({{0, 1}}), 0.0}}};
    CHECK_THROWS_WITH(session.load(trials), "an intervention covers steps 0 to 9 of a run of 4");
    trials.interventions = {{{0, 2}, {7}, Clamp{Selection({{0, 1}}), 0.0}}};
    CHECK_THROWS_WITH(session.load(trials), "an intervention names trial 7 of 3");
    trials.interventions = {{{0, 2}, {}, Clamp{Selection({{2, 2}}), 0.0}}};
    CHECK_THROWS_WITH(session.load(trials), "a clamp names unit 3 of 3");
    trials.interventions = {
        {{0, 2}, {}, Drive{Selection({{0, 2}}), Eigen::VectorXd::Ones(1), Eigen::VectorXd::Ones(2)}}};
    CHECK_THROWS_WITH(session.load(trials), "number of strengths of a drive is 1; 2 is needed");
  }
  SECTION("states") {
    session.load(trials);
    CHECK_THROWS_WITH(session.advance({Eigen::MatrixXd::Zero(3, 1), {3}, {0}}),
                      "a state names a trial outside the batch of 3");
    CHECK_THROWS_WITH(session.jacobian({Eigen::MatrixXd::Zero(3, 1), {0}, {4}}),
                      "a state names a step outside the run of 4");
    CHECK_THROWS_WITH(session.advance({Eigen::MatrixXd::Zero(2, 1), {0}, {0}}),
                      "number of units of the states is 2; 3 is needed");
  }
  SECTION("records") {
    session.load(trials);
    CHECK_THROWS_WITH(session.forward({.x = true, .steps = {0, 5}}, Noise::off),
                      "the record asks for steps beyond the 4 of the batch");
  }
}

TEST_CASE("a backend that is not available says why when it is opened", "[session][bad]") {
  const Network network = small_network();

  CHECK_THROWS_WITH(AbsentBackend().open(network, {}), "backend \"absent\" is not available: no such device here");
}
