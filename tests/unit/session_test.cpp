#include "mrnn/session.hpp"

#include <new>

#include "catch.hpp"
#include "mrnn/backend.hpp"
#include "mrnn/error.hpp"

using namespace mrnn;

namespace {

/// Does nothing: what is tested here are the checks that all backends share.
class IdleSession final : public Session {
 public:
  explicit IdleSession(const Network& network) : Session(network, {}) {}

  bool fails = false;  ///< what it is told to do, for want of memory

 private:
  void work() const {
    if (fails) throw std::bad_alloc();
  }
  void do_write_parameters(const Parameters& parameters) override {
    work();
    parameters_ = parameters;
  }
  Parameters do_read_parameters() const override { return parameters_; }
  void do_load(const Trials& /*trials*/) override { work(); }
  void do_forward(const Record& /*record*/, Noise /*noise*/) override {}
  LossTerms do_backward(const Loss& /*loss*/, const std::function<void()>& meanwhile) override {
    work();
    meanwhile();
    return {};
  }
  Parameters do_read_gradients() const override { return zero_parameters(network()); }
  void do_write_gradients(const Parameters& /*gradients*/) override { work(); }
  double do_update(const OptimiserStep& /*step*/) override {
    work();
    return 0.0;
  }
  OptimiserState do_read_optimiser_state() const override {
    return {zero_parameters(network()), zero_parameters(network())};
  }
  void do_write_optimiser_state(const OptimiserState& /*state*/) override {}
  void do_read_activity(Quantity /*what*/, Sequence& /*into*/, Index /*first_trial*/) const override {}
  void do_read_activity(Quantity /*what*/, FloatSequence& /*into*/, Index /*first_trial*/) const override {}
  Eigen::MatrixXd do_advance(const StatePoints& points) const override { return points.states; }
  Jacobians do_jacobian(const StatePoints& /*points*/) const override { return {}; }

  Parameters parameters_;
};

class AbsentBackend final : public Backend {
 public:
  std::string name() const override { return "absent"; }
  Availability availability() const override { return {false, "no such device here"}; }
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

/// Has products of every kind, where it says so.
class IdleBackend final : public Backend {
 public:
  explicit IdleBackend(std::vector<Products> products) : products_(std::move(products)) {}
  std::string name() const override { return "idle"; }
  Availability availability() const override { return {}; }
  std::string device(const SessionOptions& /*options*/) const override { return "none"; }
  SessionMemory memory(const Network& /*network*/, const SessionOptions& /*options*/, const BatchShape& /*batch*/,
                       const Record& /*record*/) const override {
    return {};
  }
  std::vector<Products> products() const override { return products_; }

 private:
  std::unique_ptr<Session> do_open(const Network& network, const SessionOptions& /*options*/) const override {
    return std::make_unique<IdleSession>(network);
  }
  std::vector<Products> products_;
};

Network small_network() {
  NetworkSpec spec;
  spec.regions = {{"a", 3}};
  spec.inputs = {{"cue", 2}};
  spec.connections = {{"a", "a"}, {"cue", "a"}};
  spec.outputs = {{"out", 2}, {"choice", 3}};
  spec.outputs[1].activation = OutputActivation::softmax;
  return build_network(spec, 0);
}

/// Zeros as targets.
Trials trials_with_targets(Index count, Index steps) {
  Trials trials = blank_trials(2, count, steps);
  trials.targets = Sequence(5, count, steps);
  return trials;
}

constexpr const char* no_run =
    "backward() needs forward() with Record::backward_every on the loaded batch first, once each time";
constexpr const char* no_gradients = "update() needs backward() or write_gradients() first";

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

TEST_CASE("backward needs a run that was recorded for it, once each time", "[session][bad]") {
  const Network network = small_network();
  IdleSession session(network);

  CHECK_THROWS_WITH(session.backward({}), no_run);
  session.write_parameters(initial_parameters(network, 0));
  session.load(trials_with_targets(1, 4));
  CHECK_THROWS_WITH(session.backward({}), no_run);
  session.forward({.h = true}, Noise::off);
  CHECK_THROWS_WITH(session.backward({}), no_run);
  session.forward({.backward_every = 2}, Noise::off);
  session.backward({});
  CHECK_THROWS_WITH(session.backward({}), no_run);

  session.forward({.backward_every = 1}, Noise::off);
  session.load(trials_with_targets(2, 3));
  CHECK_THROWS_WITH(session.backward({}), no_run);
  session.forward({.backward_every = 1}, Noise::off);
  session.write_parameters(initial_parameters(network, 0));
  CHECK_THROWS_WITH(session.backward({}), no_run);
}

TEST_CASE("something is done while a device computes, once", "[session]") {
  const Network network = small_network();
  IdleSession session(network);
  session.write_parameters(initial_parameters(network, 0));
  session.load(trials_with_targets(1, 4));
  session.forward({.y = true, .backward_every = 1}, Noise::off);
  int calls = 0;

  session.backward({}, [&] { ++calls; });

  CHECK(calls == 1);
  CHECK(session.read_activity(Quantity::y).steps == 4);
  session.forward({.y = true, .backward_every = 1}, Noise::off);
  CHECK_THROWS_AS(session.backward({}, [] { throw RunError("diverged"); }), RunError);
  CHECK_THROWS_WITH(session.read_activity(Quantity::y), "read_activity(): y was not recorded by the last forward()");
}

TEST_CASE("what a call that failed was to make is not there", "[session][bad]") {
  const Network network = small_network();
  IdleSession session(network);
  session.write_parameters(initial_parameters(network, 0));
  session.load(trials_with_targets(1, 4));
  session.forward({.h = true, .backward_every = 1}, Noise::off);
  session.fails = true;

  SECTION("load()") {
    CHECK_THROWS_AS(session.load(trials_with_targets(2, 4)), std::bad_alloc);
    CHECK_THROWS_WITH(session.forward({}, Noise::off), "forward() needs load() first, after write_parameters()");
    CHECK_THROWS_WITH(session.read_activity(Quantity::h), "read_activity(): h was not recorded by the last forward()");
    CHECK_THROWS_WITH(session.backward({}), no_run);
  }
  SECTION("write_parameters()") {
    CHECK_THROWS_AS(session.write_parameters(initial_parameters(network, 1)), std::bad_alloc);
    CHECK_THROWS_WITH(session.read_parameters(), "read_parameters() needs write_parameters() first");
    CHECK_THROWS_WITH(session.forward({}, Noise::off), "forward() needs load() first, after write_parameters()");
  }
  SECTION("write_gradients()") {
    session.fails = false;
    session.write_gradients(zero_parameters(network));
    session.fails = true;
    CHECK_THROWS_AS(session.write_gradients(zero_parameters(network)), std::bad_alloc);
    CHECK_THROWS_WITH(session.read_gradients(), "read_gradients() needs backward() or write_gradients() first");
  }
  SECTION("backward()") {
    session.fails = false;
    session.write_gradients(zero_parameters(network));
    session.fails = true;
    CHECK_THROWS_AS(session.backward({}), std::bad_alloc);
    CHECK_THROWS_WITH(session.update({.number = 1}), no_gradients);
  }
  SECTION("update()") {
    session.fails = false;
    session.backward({});
    session.fails = true;
    CHECK_THROWS_AS(session.update({.number = 1}), std::bad_alloc);
    CHECK_THROWS_WITH(session.load(trials_with_targets(1, 4)), "load() needs write_parameters() first");
    session.fails = false;
    session.write_parameters(initial_parameters(network, 0));
    CHECK_THROWS_WITH(session.update({.number = 1}), no_gradients);
  }
}

TEST_CASE("trials that are handed over are checked as those that are loaded", "[session][bad]") {
  const Network network = small_network();
  IdleSession session(network);
  const auto trials = std::make_shared<Trials>(blank_trials(2, 2, 4));

  session.prepare(trials);
  session.prepare(nullptr);
  trials->ids.pop_back();

  CHECK_THROWS_WITH(session.prepare(trials), "number of trial ids is 1; 2 is needed");
}

TEST_CASE("an update needs gradients, and a batch is loaded after it", "[session][bad]") {
  const Network network = small_network();
  IdleSession session(network);

  CHECK_THROWS_WITH(session.update({}), "update() needs write_parameters() first");
  CHECK_THROWS_WITH(session.read_gradients(), "read_gradients() needs backward() or write_gradients() first");
  session.write_parameters(initial_parameters(network, 0));
  session.load(trials_with_targets(1, 4));
  session.forward({.backward_every = 4}, Noise::off);
  CHECK_THROWS_WITH(session.update({}), no_gradients);
  session.backward({});
  CHECK_THROWS_WITH(session.update({.optimiser = {}, .number = 0}), "the steps of an optimiser are numbered from 1");
  session.update({});

  CHECK_THROWS_WITH(session.update({}), no_gradients);
  CHECK_THROWS_WITH(session.read_gradients(), "read_gradients() needs backward() or write_gradients() first");
  CHECK_THROWS_WITH(session.forward({}, Noise::off), "forward() needs load() first, after write_parameters()");
  session.write_gradients(zero_parameters(network));
  session.update({.optimiser = {}, .number = 2});
}

TEST_CASE("backward refuses trials and losses that do not fit the network", "[session][bad]") {
  const Network network = small_network();
  IdleSession session(network);
  session.write_parameters(initial_parameters(network, 0));
  Trials trials = trials_with_targets(1, 4);
  const auto run = [&] {
    session.load(trials);
    session.forward({.backward_every = 1}, Noise::off);
  };

  SECTION("no targets") {
    trials.targets = {};
    run();
    CHECK_THROWS_WITH(session.backward({}), "backward() needs trials with targets");
  }
  SECTION("targets of other outputs") {
    trials.targets = Sequence(4, 1, 4);
    run();
    CHECK_THROWS_WITH(session.backward({}), "number of channels of the trials' targets is 4; 5 is needed");
  }
  SECTION("a mask of other outputs") {
    trials.mask = Sequence(2, 1, 4);
    run();
    CHECK_THROWS_WITH(session.backward({}), "number of channels of the trials' mask is 2; 5 is needed");
  }
  SECTION("a loss too few") {
    run();
    CHECK_THROWS_WITH(session.backward({.outputs = {{}}, .penalties = {}}),
                      "1 losses for 2 outputs; one each is needed");
  }
  SECTION("cross entropy of an output that is no distribution") {
    run();
    CHECK_THROWS_WITH(session.backward({.outputs = {{LossKind::cross_entropy}, {}}, .penalties = {}}),
                      "cross_entropy needs an output with activation = \"softmax\"; \"out\" has another");
  }
  SECTION("distances of another network") {
    run();
    Loss loss;
    loss.penalties.wiring = 1.0;
    loss.penalties.distances = Eigen::MatrixXd::Zero(2, 2);
    CHECK_THROWS_WITH(session.backward(loss),
                      "the distances of the wiring penalty are 2 x 2; 1 x 1 is needed, one per pair of regions");
  }
  SECTION("a spacing below zero") {
    session.load(trials);
    CHECK_THROWS_WITH(session.forward({.backward_every = -1}, Noise::off),
                      "backward_every is negative; 0 or a number of steps is accepted");
  }
}

TEST_CASE("the terms of a loss have the names of the outputs and penalties", "[session]") {
  const Network network = small_network();
  Loss loss{.outputs = {{LossKind::mse}, {LossKind::cross_entropy}}, .penalties = {}};
  CHECK(loss_term_names(network, {}) == std::vector<std::string>{"mse_out", "mse_choice"});
  CHECK(loss_term_names(network, loss) == std::vector<std::string>{"mse_out", "cross_entropy_choice"});

  Penalties& penalties = loss.penalties;
  penalties.l1_weights = penalties.l2_weights = penalties.l1_rates = penalties.l2_rates = 1.0;
  penalties.rate_target = penalties.wiring = penalties.vanishing_gradient = 1.0;

  CHECK(loss_term_names(network, loss) == std::vector<std::string>{"mse_out", "cross_entropy_choice", "l1_weights",
                                                                   "l2_weights", "l1_rates", "l2_rates", "rate_target",
                                                                   "wiring", "vanishing_gradient"});
}

TEST_CASE("a loss is made of its outputs and of the penalties that are asked for", "[session]") {
  const Network network = small_network();
  Loss loss;
  loss.penalties.l2_weights = 0.1;
  loss.penalties.wiring = 0.2;
  PenaltyTerms penalties;
  penalties.l1_weights = 100.0;  // not asked for
  penalties.l2_weights = 0.25;
  penalties.wiring = 0.5;

  const LossTerms terms = named_terms(network, loss, {1.0, 2.0}, penalties);

  CHECK(terms.terms == std::vector<std::pair<std::string, double>>{
                           {"mse_out", 1.0}, {"mse_choice", 2.0}, {"l2_weights", 0.25}, {"wiring", 0.5}});
  CHECK(terms.total == 3.75);
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

TEST_CASE("a session has only products that its backend and its precision have", "[session][bad]") {
  const Network network = small_network();
  const IdleBackend plain({Products::ieee}), all({Products::ieee, Products::bf16x3, Products::tf32});
  const auto options = [](Precision precision, Products products) {
    return SessionOptions{.precision = precision, .products = products};
  };

  CHECK(AbsentBackend().products() == std::vector<Products>{Products::ieee});
  CHECK(plain.open(network, options(Precision::float64, Products::ieee)) != nullptr);
  CHECK(all.open(network, options(Precision::float32, Products::tf32)) != nullptr);
  CHECK_THROWS_WITH(
      plain.open(network, options(Precision::float32, Products::bf16x3)),
      "products: is \"bf16x3\"; the backend \"idle\" has \"ieee\" only (\"bf16x3\" and \"tf32\" are modes "
      "of the backend \"cuda\")");
  CHECK_THROWS_WITH(all.open(network, options(Precision::float64, Products::tf32)),
                    "products: is \"tf32\", which is for precision = \"float32\"; float64 has \"ieee\" only");
}
