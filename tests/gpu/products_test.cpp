// Products on tensor cores: how far activity and gradients are from those of IEEE products on the same device, where
// they are in force, and that they are the same each time.

#include "catch.hpp"
#include "checks.hpp"
#include "comparison.hpp"
#include "device_cases.hpp"
#include "tolerances.hpp"

using namespace mrnn;
using test::DeviceCase;
using test::On;
using test::Wish;

namespace {

/// Activity and gradient of one way of making products.
struct Made {
  test::Activity activity;
  test::SessionGradient gradient;
};

Made make(const test::Training& training, Products products, Index backward_every = 1) {
  const auto session = test::open(On::device, training, Precision::float32, products);
  test::Activity activity = test::run_forward(*session, training);
  return {std::move(activity), test::run_backward(*session, training, backward_every)};
}

double largest_error(const std::vector<Eigen::MatrixXd>& actual, const std::vector<Eigen::MatrixXd>& expected) {
  double error = 0.0;
  for (std::size_t k = 0; k < actual.size(); ++k) {
    if (expected[k].norm() > 0.0) error = std::max(error, (actual[k] - expected[k]).norm() / expected[k].norm());
  }
  return error;
}

/// Of the recurrent weights' gradient, which is the one most products are made for.
double gradient_error(const Made& actual, const Made& expected) {
  return largest_error(actual.gradient.gradient.recurrent, expected.gradient.gradient.recurrent);
}

/// A design of the steps that makes them on tensor cores, and the products it makes where others are wanted.
struct StepDesign {
  std::string name;
  Products of(Products products) const { return name == "dense" ? products : Products::bf16x3; }
};

void check_near(const Made& actual, const Made& expected, Products products, Products of_steps) {
  const test::ProductsTolerance tolerance = test::tolerance(products), steps = test::tolerance(of_steps);
  const double activity = test::relative_error(actual.activity.h, expected.activity.h);
  const double gradient = gradient_error(actual, expected);
  INFO("activity " << activity << ", gradient " << gradient);
  CHECK(activity > steps.least);
  CHECK(gradient > tolerance.least);
  test::check_activity(actual.activity, expected.activity, steps.activity);
  test::check_terms(actual.gradient.terms, expected.gradient.terms, tolerance.gradient);
  test::check_groups(actual.gradient.gradient, expected.gradient.gradient, tolerance.gradient);
}

}  // namespace

TEST_CASE("products on tensor cores are near IEEE ones, and others", "[cuda][race][sanitizer][products]") {
  if (test::skipped_on_eigen() || test::skipped()) return;
  const StepDesign design{GENERATE("dense", "fragments", "tensor", "resident")};
  const Wish wish("MRNN_CUDA_DESIGN", design.name);
  const auto products = GENERATE(Products::bf16x3, Products::tf32);
  const auto dynamics = GENERATE(Dynamics::leaky, Dynamics::elman, Dynamics::rate);
  const Index every = 4;
  const DeviceCase one{.training = {.units = 33,
                                    .trials = 7,
                                    .steps = 10,
                                    .dynamics = dynamics,
                                    .activation = Activation::softplus,
                                    .penalty = "all",
                                    .noise = Noise::on,
                                    .initial_per_trial = true,
                                    .stimulus = true},
                       .regions = 5,
                       .mixed = true};
  CAPTURE(test::describe(one), static_cast<int>(products), every, design.name);
  const test::Training training = test::make(one);

  check_near(make(training, products, every), make(training, Products::ieee, every), products, design.of(products));
}

TEST_CASE("products on tensor cores are near IEEE ones in larger networks", "[cuda][products]") {
  if (test::skipped_on_eigen() || test::skipped()) return;
  const StepDesign design{GENERATE("dense", "fragments", "tensor", "resident")};
  const Wish wish("MRNN_CUDA_DESIGN", design.name);
  const auto products = GENERATE(Products::bf16x3, Products::tf32);
  const auto [units, trials] =
      GENERATE(table<Index, Index>({{7, 1}, {70, 33}, {129, 50}, {350, 7}, {500, 100}, {1024, 33}}));
  const DeviceCase one{.training = {.units = units, .trials = trials, .steps = 10, .noise = Noise::on}, .regions = 5};
  CAPTURE(test::describe(one), static_cast<int>(products), design.name);
  const test::Training training = test::make(one);

  check_near(make(training, products), make(training, Products::ieee), products, design.of(products));
}

TEST_CASE("the gradient of many steps is made of some at a time on tensor cores", "[cuda][products]") {
  if (test::skipped_on_eigen() || test::skipped() || test::skipped_on_host()) return;
  const Wish design("MRNN_CUDA_DESIGN", "dense");
  // 129 units with three channels: parts of 16,644 columns fit together; here are 66 x 256.
  const test::Training training = test::make({.training = {.units = 129, .trials = 256, .steps = 65}});

  check_near(make(training, Products::bf16x3), make(training, Products::ieee), Products::bf16x3, Products::bf16x3);
}

TEST_CASE("the gradient of a large sparse network is made block by block on tensor cores", "[cuda][products]") {
  if (test::skipped_on_eigen() || test::skipped()) return;
  NetworkSpec spec;
  for (const char* name : {"a", "b", "c"}) spec.regions.push_back({.name = name, .units = 1401});
  spec.inputs = {{"u", 3}};
  spec.connections = {{"a", "b", {}, 0.9}, {"u", "a"}};
  spec.outputs = {{"out", 2}};
  const auto products = GENERATE(Products::bf16x3, Products::tf32);
  const test::Training training = test::draw_training(spec, {.units = 4203, .trials = 3, .steps = 3}, 1, 0.01);
  const Made actual = make(training, products), expected = make(training, Products::ieee);

  CHECK(gradient_error(actual, expected) > test::tolerance(products).least);
  test::check_groups(actual.gradient.gradient, expected.gradient.gradient, test::tolerance(products).gradient);
}

TEST_CASE("where one kernel of IEEE products makes all steps, and where trials see scaled weights, steps stay IEEE",
          "[cuda][race][products]") {
  if (test::skipped_on_eigen() || test::skipped()) return;
  const auto products = GENERATE(Products::bf16x3, Products::tf32);
  const bool interventions = GENERATE(false, true);
  const Wish design("MRNN_CUDA_DESIGN", interventions ? "dense" : "persistent");
  const test::Training training =
      test::make({.training = {.units = 33, .trials = 7, .steps = 10, .interventions = interventions}});
  const Made actual = make(training, products), expected = make(training, Products::ieee);

  CHECK(actual.activity.h.data == expected.activity.h.data);
  CHECK(actual.gradient.gradient.bias == expected.gradient.gradient.bias);
  CHECK(gradient_error(actual, expected) > test::tolerance(products).least);
  test::check_groups(actual.gradient.gradient, expected.gradient.gradient, test::tolerance(products).gradient);
}

TEST_CASE("products on tensor cores have the same bits each time", "[cuda][race][products][determinism]") {
  if (test::skipped_on_eigen() || test::skipped()) return;
  const std::string name = GENERATE("dense", "fragments", "tensor", "resident");
  const Wish design("MRNN_CUDA_DESIGN", name);
  const auto products = GENERATE(Products::bf16x3, Products::tf32);
  const test::Training training = test::make({.training = {.units = 129, .trials = 9, .steps = 7, .noise = Noise::on}});
  const Made first = make(training, products, 3);

  // The second time in one session, the steps are those that were recorded.
  const auto session = test::open(On::device, training, Precision::float32, products);
  for (int run = 0; run < 3; ++run) {
    CAPTURE(run);
    CHECK(test::run_forward(*session, training).x.data == first.activity.x.data);
    test::check_same_bits(test::run_backward(*session, training, 3).gradient, first.gradient.gradient);
  }
}

TEST_CASE("a session with products on tensor cores takes its weights anew from each update", "[cuda][race][products]") {
  if (test::skipped_on_eigen() || test::skipped()) return;
  const std::string name = GENERATE("dense", "fragments", "tensor", "resident");
  const Wish design("MRNN_CUDA_DESIGN", name);
  const auto products = GENERATE(Products::bf16x3, Products::tf32);
  test::Training training = test::make({.training = {.units = 33, .trials = 5, .steps = 6}});
  const auto session = test::open(On::device, training, Precision::float32, products);
  const test::Activity before = test::run_forward(*session, training);
  test::run_backward(*session, training, 1);
  session->update({.optimiser = {}, .rate = 0.01});
  const test::Activity after = test::run_forward(*session, training);

  training.parameters = session->read_parameters();

  CHECK(after.h.data != before.h.data);
  CHECK(after.h.data == make(training, products).activity.h.data);
}

TEST_CASE("a session with products on tensor cores takes its weights anew where other trials have other blocks",
          "[cuda][race][products]") {
  if (test::skipped_on_eigen() || test::skipped()) return;
  const Wish design("MRNN_CUDA_DESIGN", "resident");
  // Few trials leave room for blocks of 16 units, many for blocks of 32.
  const test::Training few = test::make({.training = {.units = 33, .trials = 5, .steps = 3}});
  const test::Training many = test::make({.training = {.units = 33, .trials = 128, .steps = 3}});
  const auto session = test::open(On::device, few, Precision::float32, Products::bf16x3);

  for (const test::Training* training : {&few, &many, &few}) {
    CAPTURE(training->trials.count);
    CHECK(test::run_forward(*session, *training).h.data == make(*training, Products::bf16x3).activity.h.data);
  }
}

TEST_CASE("double precision has no products on tensor cores", "[cuda][products][bad]") {
  if (test::skipped_on_eigen() || test::skipped()) return;
  const test::Training training = test::make({});

  CHECK_THROWS_WITH(test::open(On::device, training, Precision::float64, Products::tf32),
                    "products: is \"tf32\", which is for precision = \"float32\"; float64 has \"ieee\" only");
}
