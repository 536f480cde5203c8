// The exact solver for relu networks, against every pattern of active units tried in turn.

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "fixed_points_subject.hpp"
#include "mrnn/linear_algebra.hpp"

namespace {

using mrnn::Index;
using test::at;

constexpr double tolerance = 1e-10;

/// A network in which each fixed point and cycle is found by trying all patterns. leaky: x+ = (1-a) x + a (W h + b);
/// rate: h+ = (1-a) h + a relu(W h + b).
struct Piecewise {
  test::SmallNetwork choice;
  std::vector<bool> linear = {};  ///< units that are linear; empty: none

  Index size() const { return choice.weights.rows(); }
  bool rate() const { return choice.dynamics == mrnn::Dynamics::rate; }
  Eigen::VectorXd pattern(Index code) const {
    Eigen::VectorXd active(size());
    for (Index i = 0; i < size(); ++i) active(i) = static_cast<double>((code >> i) & 1);
    return active;
  }
  Eigen::MatrixXd jacobian(const Eigen::VectorXd& active) const {
    const double a = choice.alpha;
    Eigen::MatrixXd matrix = a * (rate() ? Eigen::MatrixXd(active.asDiagonal() * choice.weights)
                                         : Eigen::MatrixXd(choice.weights * active.asDiagonal()));
    matrix.diagonal().array() += 1.0 - a;
    return matrix;
  }
  Eigen::VectorXd constant(const Eigen::VectorXd& active) const {
    return choice.alpha * (rate() ? Eigen::VectorXd(active.cwiseProduct(choice.bias)) : choice.bias);
  }
  bool fits(const Eigen::VectorXd& active, const Eigen::VectorXd& x) const {
    const Eigen::VectorXd sign = rate() ? Eigen::VectorXd(choice.weights * x + choice.bias) : x;
    return ((sign.array() > 0.0) == (active.array() > 0.0)).all();
  }

  struct Orbit {
    std::vector<Eigen::VectorXd> x;
    Index unstable = 0;
  };
  /// Every cycle of so many steps, from each of its states.
  std::vector<Orbit> all(Index period) const {
    std::vector<Orbit> found;
    Index guesses = 1;
    for (Index step = 0; step < period; ++step) guesses *= Index{1} << size();
    for (Index guess = 0; guess < guesses; ++guess) {
      Eigen::MatrixXd product = Eigen::MatrixXd::Identity(size(), size());
      Eigen::VectorXd sum = Eigen::VectorXd::Zero(size());
      std::vector<Eigen::VectorXd> active;
      for (Index step = 0, code = guess; step < period; ++step, code >>= size()) {
        active.push_back(pattern(code & ((Index{1} << size()) - 1)));
        sum = (jacobian(active.back()) * sum).eval() + constant(active.back());
        product = (jacobian(active.back()) * product).eval();
      }
      Orbit orbit;
      orbit.x.emplace_back((Eigen::MatrixXd::Identity(size(), size()) - product).fullPivLu().solve(sum));
      bool fits_all = true;
      for (Index step = 0; step < period && fits_all; ++step) {
        const Eigen::VectorXd& now = active[static_cast<std::size_t>(step)];
        fits_all = fits(now, orbit.x.back());
        orbit.x.emplace_back(jacobian(now) * orbit.x.back() + constant(now));
      }
      if (!fits_all || (period > 1 && (orbit.x[1] - orbit.x[0]).norm() < 1e-6)) continue;
      orbit.x.pop_back();
      const Eigen::VectorXcd values = mrnn::general_eigen(product, mrnn::EigenVectors::none).values;
      orbit.unstable = (values.cwiseAbs().array() > 1.0).count();
      found.push_back(orbit);
    }
    return found;
  }
};

/// Random weights, strong enough for several fixed points.
Piecewise drawn(Index n, std::uint64_t seed, double alpha, mrnn::Dynamics dynamics = mrnn::Dynamics::leaky) {
  mrnn::RandomStream random(seed, mrnn::Stream::analyses, "relu");
  Piecewise made{test::small_network(Eigen::MatrixXd(n, n).unaryExpr([&](double) { return 1.5 * random.normal(); }))};
  made.choice.bias = Eigen::VectorXd(n).unaryExpr([&](double) { return random.normal(); });
  made.choice.activation = mrnn::Activation::relu;
  made.choice.alpha = alpha;
  made.choice.dynamics = dynamics;
  return made;
}

/// 20 trials of one step each, so that nothing grows large, from scattered states.
test::Subject short_trials(const test::SmallNetwork& choice) {
  test::Subject made = test::subject_of(choice);
  made.simulations = {test::simulate(made, "control", test::scattered(made, 40, 1, 2.0))};
  return made;
}

std::string state_name(const Piecewise& network) {
  return network.rate() ? "h" : "x";
}

/// Units 0 and 1 jump between (2, 3) and (0, -8), and there is no fixed point: of the four patterns, none fits.
test::SmallNetwork jumping() {
  Eigen::Matrix2d weights;
  weights << 2.0, -2.0, -1.0, -3.0;
  test::SmallNetwork choice = test::small_network(weights);
  choice.bias = Eigen::Vector2d(2.0, 3.0);
  choice.activation = mrnn::Activation::relu;
  choice.dynamics = mrnn::Dynamics::elman;
  choice.alpha = 1.0;
  return choice;
}

}  // namespace

TEST_CASE("the exact solver finds every fixed point of relu networks, unstable ones too", "[fixed_points][scyfi]") {
  const auto dynamics = GENERATE(mrnn::Dynamics::leaky, mrnn::Dynamics::rate);
  Index points = 0, unstable = 0;
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    CAPTURE(seed, static_cast<int>(dynamics));
    const Piecewise network = drawn(5, seed, 0.2, dynamics);
    const std::vector<Piecewise::Orbit> expected = network.all(1);

    const auto results =
        test::analyse(short_trials(network.choice), "fixed_points",
                      "method = \"scyfi\"\nseeds = 200\nnoise_scale = 1.0\niterations = 50\nfollow = 0");

    REQUIRE(test::points(results) == std::ssize(expected));
    points += std::ssize(expected);
    for (const Piecewise::Orbit& orbit : expected) {
      const test::Nearest nearest = test::nearest_point(results, orbit.x[0], state_name(network));
      CHECK(nearest.distance < tolerance * (1.0 + orbit.x[0].norm()));
      CHECK(at(results, "unstable_modes", {nearest.point}) == static_cast<double>(orbit.unstable));
      unstable += orbit.unstable > 0 ? 1 : 0;
    }
  }
  CHECK(points > 12);
  CHECK(unstable > 6);
}

TEST_CASE("the exact solver finds every cycle of the steps asked for", "[fixed_points][scyfi]") {
  Index cycles = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const Piecewise network = drawn(3, seed, 1.0);
    const auto two = network.all(2), three = network.all(3);

    const auto results = test::analyse(
        short_trials(network.choice), "fixed_points",
        "method = \"scyfi\"\nperiod = [2, 3]\nseeds = 100\nnoise_scale = 1.0\niterations = 50\nfollow = 0");

    const mrnn::NamedArray& steps = test::array(results, "cycle_steps");
    CHECK(2 * std::ranges::count(steps.values, 2.0) == std::ssize(two));
    CHECK(3 * std::ranges::count(steps.values, 3.0) == std::ssize(three));
    for (Index cycle = 0; cycle < std::ssize(steps.values); ++cycle) {
      ++cycles;
      const bool is_two = at(results, "cycle_steps", {cycle}) == 2.0;
      Eigen::VectorXd first(3);
      for (Index i = 0; i < 3; ++i) first(i) = at(results, "cycle_states", {cycle, 0, i});
      const auto& all = is_two ? two : three;
      const auto same = std::ranges::find_if(all, [&](const Piecewise::Orbit& orbit) {
        return (orbit.x[0] - first).norm() < 1e-8 * (1.0 + first.norm());
      });
      REQUIRE(same != all.end());
      CHECK(at(results, "cycle_unstable_modes", {cycle}) == static_cast<double>(same->unstable));
      CHECK(at(results, "cycle_q", {cycle}) < 1e-16 * (1.0 + first.squaredNorm()));
      for (Index i = 0; i < 3; ++i) {
        CHECK_THAT(at(results, "cycle_states", {cycle, 1, i}), WithinAbs(same->x[1](i), 1e-7 * (1.0 + first.norm())));
      }
      if (is_two && std::ranges::count(steps.values, 3.0) > 0) {
        CHECK(std::isnan(at(results, "cycle_states", {cycle, 2, 0})));
      }
    }
  }
  CHECK(cycles > 3);
}

TEST_CASE("linear units among relu ones are always active", "[fixed_points][scyfi]") {
  Eigen::Matrix2d weights;
  weights << 0.5, 1.0, 0.5, 0.0;  // a: relu, b: linear
  test::SmallNetwork choice = test::small_network(weights);
  choice.units_of_b = 1;
  choice.bias = Eigen::Vector2d(1.0, -4.0);
  mrnn::NetworkSpec spec = test::spec_of(choice);
  spec.regions[0].activation = mrnn::Activation::relu;
  spec.regions[1].activation = mrnn::Activation::linear;
  test::Subject subject = test::subject_of(choice);
  subject.network = mrnn::build_network(spec, 1);
  subject.simulations = {test::simulate(subject, "control", test::scattered(subject, 20, 5, 1.0))};

  const auto results = test::analyse(subject, "fixed_points", "method = \"scyfi\"");

  // Silent a: x_b = -4, x_a = -4 + 1 = -3 < 0, which fits. Active: x_a = x_a / 2 + x_b + 1, x_b = x_a / 2 - 4 has no
  // solution.
  REQUIRE(test::points(results) == 1);
  CHECK(test::nearest_point(results, test::state({-3.0, -4.0})).distance < tolerance);
}

TEST_CASE("where there is no fixed point, that is said, and the cycle is reported", "[fixed_points][scyfi]") {
  test::Subject subject = test::subject_of(jumping());
  mrnn::Trials trials = test::scattered(subject, 20, 5, 1.0);
  trials.initial_state = -trials.initial_state.cwiseAbs();  // far from where activity grows without bound
  subject.simulations = {test::simulate(subject, "control", trials)};

  const auto searched = test::analyse(subject, "fixed_points", "");
  const auto exact = test::analyse(subject, "fixed_points", "method = \"scyfi\"\nperiod = 2");

  for (const auto* results : {&searched, &exact}) {
    CHECK(test::points(*results) == 0);
    CHECK(results->summary[0].starts_with("no fixed point found with the input of each seed's step: "));
    CHECK(results->summary.back() ==
          "no stable fixed point, so activity was followed on from 8 seeds: 8 settle to a "
          "cycle, with a period of 20 ms");
    for (const double period : test::array(*results, "followed_period").values) CHECK(period == 20.0);
  }
  CHECK(searched.summary[1] ==
        "all units are relu or linear, for which method = \"scyfi\" solves for fixed points exactly");
  CHECK(exact.summary[1] == "1 cycle of 2 steps (1 stable)");
  CHECK(at(exact, "cycle_states", {0, 0, 0}) + at(exact, "cycle_states", {0, 1, 0}) == 2.0);
  CHECK_FALSE(test::has_array(searched, "cycle_states"));
}

TEST_CASE("an attractor of a relu network is found from where searches are stuck at kinks", "[fixed_points]") {
  Index attractors = 0;
  for (std::uint64_t number = 0; number < 20; ++number) {
    constexpr Index units = 40;
    mrnn::RandomStream random(number, mrnn::Stream::analyses, "weights");
    const auto draw = [&] { return 2.0 * random.uniform() - 1.0; };
    test::SmallNetwork choice = test::small_network(Eigen::MatrixXd::NullaryExpr(units, units, draw));
    choice.weights = (0.8 * choice.weights.array() - 0.2).matrix();
    choice.bias = Eigen::VectorXd::NullaryExpr(units, draw);
    choice.activation = mrnn::Activation::relu;
    Eigen::VectorXd x = Eigen::VectorXd::Zero(units), change = x;
    for (int step = 0; step < 5000; ++step) {
      change = choice.alpha * (choice.weights * x.cwiseMax(0.0) + choice.bias - x);
      x += change;
    }
    if (!(change.norm() < 1e-12)) continue;  // it does not come to rest
    ++attractors;
    const auto results = test::analyse(test::with_trials(choice, 0.01), "fixed_points", "");

    CAPTURE(number);
    CHECK(test::nearest_point(results, x).distance < 1e-9);
  }
  CHECK(attractors >= 10);
}

TEST_CASE("activity that grows without bound is told from that which only does not recur", "[fixed_points]") {
  // Active units grow from -2 by 1.05 a step; silent ones come to 1, and are not silent there: there is no fixed point.
  test::SmallNetwork choice = test::small_network(1.5 * Eigen::Matrix2d::Identity());
  choice.bias = Eigen::Vector2d(1.0, 1.0);
  choice.activation = mrnn::Activation::relu;
  const test::Subject subject = test::with_trials(choice);

  const auto results = test::analyse(subject, "fixed_points", "");
  const auto brief = test::analyse(subject, "fixed_points", "follow = 100");

  CHECK(test::points(results) == 0);
  const std::vector<Eigen::VectorXd> seeds = test::rows(results, "seeds");
  double first = 1e300, last = 0.0;
  for (Index k = 0; k < 8; ++k) {
    Eigen::VectorXd x = seeds[static_cast<std::size_t>(at(results, "followed_seed", {k}))];
    const double bound = 1e6 * std::max(1.0, x.cwiseAbs().maxCoeff());
    double time = 0.0;
    for (; x.cwiseAbs().maxCoeff() <= bound; time += test::SmallNetwork::dt) {
      x = (0.9 * x + 0.1 * (1.5 * x.cwiseMax(0.0) + choice.bias)).eval();
    }
    CHECK(at(results, "followed_growth", {k}) == time);
    CHECK(std::isnan(at(results, "followed_period", {k})));
    first = std::min(first, time);
    last = std::max(last, time);
  }
  const auto words = [](double time) { return std::to_string(static_cast<long>(time)); };
  CHECK(results.summary[1] ==
        "all units are relu or linear, for which method = \"scyfi\" solves for fixed points exactly");
  CHECK(results.summary.back() ==
        "no stable fixed point, so activity was followed on from 8 seeds: 8 grow without bound (beyond 1e6 times their "
        "first state after " +
            words(first) + " to " + words(last) + " ms)");
  CHECK_THAT(brief.summary.back(), EndsWith("8 neither rest nor recur"));
  CHECK(std::isnan(at(brief, "followed_growth", {0})));
}

TEST_CASE("held activity and lesions count for the exact solver too", "[fixed_points][scyfi]") {
  const auto dynamics = GENERATE(mrnn::Dynamics::leaky, mrnn::Dynamics::rate);
  CAPTURE(static_cast<int>(dynamics));
  Eigen::Matrix2d weights;
  weights << 0.5, 1.0, 2.0, 0.5;
  test::SmallNetwork choice = test::small_network(weights);
  choice.activation = mrnn::Activation::relu;
  choice.dynamics = dynamics;
  choice.bias = Eigen::Vector2d(1.0, 1.0);
  test::Subject subject = test::subject_of(choice);
  mrnn::Trials trials = test::scattered(subject, 20, 10, 1.0);
  const mrnn::Selection first({{0, 1}}), second({{1, 1}});
  trials.interventions.push_back({{0, 10}, {}, mrnn::Clamp{second, 3.0}});
  trials.interventions.push_back(
      {{0, 10}, {}, mrnn::ScaleWeights{mrnn::ScaleWeights::Source::recurrent, first, first, 0.0}});
  subject.simulations = {test::simulate(subject, "held", trials)};

  const auto exact = test::analyse(subject, "fixed_points", "method = \"scyfi\"\nstart = 20");
  const auto searched = test::analyse(subject, "fixed_points", "start = 20");

  // Unit 1 is held at 3; unit 0 lacks its own weight: x_0 = 1 * 3 + 1.
  for (const auto* results : {&exact, &searched}) {
    REQUIRE(test::points(*results) == 1);
    CHECK_THAT(at(*results, "x", {0, 0}), WithinAbs(4.0, tolerance));
    CHECK_THAT(at(*results, "h", {0, 0}), WithinAbs(4.0, tolerance));
    CHECK(at(*results, "h", {0, 1}) == 3.0);
    // The pre-activation beneath goes on: x_1 = 2 * 4 + 0.5 * 3 + 1.
    CHECK_THAT(at(*results, "x", {0, 1}), WithinAbs(10.5, tolerance));
    CHECK(at(*results, "q", {0}) < 1e-24);
  }
}
