// Networks, batches and options drawn at random: forward, backward and one update on the device against the processor.

#include "mrnn/random.hpp"
#include "catch.hpp"
#include "checks.hpp"
#include "device_cases.hpp"
#include "tolerances.hpp"

using namespace mrnn;
using test::On;

namespace {

/// One of several, each as likely.
template <class Value, std::size_t count>
Value one_of(RandomStream& random, const Value (&values)[count]) {
  return values[random.below(count)];
}

test::DeviceCase random_case(RandomStream& random, std::uint64_t seed) {
  constexpr Index trials[] = {1, 2, 3, 5, 8, 13, 31, 33};
  constexpr Index channels[] = {0, 1, 2, 3, 7, 17};
  constexpr const char* losses[] = {"mse", "cross_entropy", "mixture"};
  constexpr const char* masks[] = {"none", "random", "hole", "single"};
  const auto coin = [&] { return random.below(2) == 1; };
  test::DeviceCase one;
  test::TrainingChoice& choice = one.training;
  choice.units = 1 + static_cast<Index>(random.below(60));
  choice.trials = one_of(random, trials);
  choice.steps = 1 + static_cast<Index>(random.below(40));
  choice.dynamics = static_cast<Dynamics>(random.below(3));
  choice.activation = static_cast<Activation>(random.below(6));
  choice.dale = static_cast<Dale>(random.below(4));
  if (coin()) choice.dale_input = static_cast<Dale>(random.below(4));
  choice.loss = one_of(random, losses);
  choice.penalty = test::penalty_names()[random.below(test::penalty_names().size())];
  choice.mask = one_of(random, masks);
  choice.noise = coin() ? Noise::on : Noise::off;
  choice.interventions = coin();
  choice.initial_per_trial = coin();
  choice.stimulus = coin();
  choice.frozen = coin();
  choice.backward_every = 1 + static_cast<Index>(random.below(10));
  one.regions = 1 + static_cast<Index>(random.below(8));
  one.channels = one_of(random, channels);
  one.mixed = coin();
  one.seed = seed;
  return one;
}

OptimiserStep random_step(RandomStream& random) {
  constexpr double clips[] = {0.0, 0.01, 1e6};
  OptimiserStep step;
  step.optimiser.kind = static_cast<Optimiser::Kind>(random.below(4));
  step.optimiser.momentum = 0.5;
  step.optimiser.clip_norm = one_of(random, clips);
  step.rate = 0.01;
  return step;
}

}  // namespace

TEST_CASE("sixty random networks run and learn on the device as on the processor", "[cuda][random]") {
  if (test::skipped()) return;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    RandomStream random(seed, Stream::analyses, "random networks");
    const test::DeviceCase one = random_case(random, seed);
    const OptimiserStep step = random_step(random);
    CAPTURE(test::describe(one), static_cast<int>(step.optimiser.kind), step.optimiser.clip_norm);
    const test::Training training = test::make(one);
    const auto actual = test::open(On::device, training), expected = test::open(On::eigen, training);

    test::check_activity(test::run_forward(*actual, training), test::run_forward(*expected, training),
                         test::device_tolerance);
    const Index every = one.training.backward_every;
    const test::SessionGradient is = test::run_backward(*actual, training, every),
                                should = test::run_backward(*expected, training, every);
    test::check_terms(is.terms, should.terms, test::reference_gradient_tolerance);
    test::check_groups(is.gradient, should.gradient, test::reference_gradient_tolerance);
    // The same gradient for both: Adam and RMSprop make much of the rounding errors of what is nearly zero.
    actual->write_gradients(should.gradient);
    test::check_error(test::relative_difference(actual->update(step), expected->update(step)), test::device_tolerance);
    test::check_groups(actual->read_parameters(), expected->read_parameters(), test::device_tolerance);
  }
}
