// Many launches of networks of all sizes: kernels whose blocks wait for one another must never wait for ever, whatever
// the units, regions, trials and steps.
//     build/tests/gpu/gpu_tests "[launches]"

#include <array>
#include <random>
#include <string>

#include "catch.hpp"
#include "checks.hpp"
#include "comparison.hpp"
#include "device_cases.hpp"

using namespace mrnn;
using test::DeviceCase;
using test::On;
using test::Wish;

TEST_CASE("20,000 passes of networks of random shapes end, each time with the same bits", "[.][cuda][launches]") {
  if (test::skipped()) return;
  constexpr int shapes = 500, repeats = 20;  // each forward and back
  std::minstd_rand random(7);
  const auto draw = [&random](Index least, Index most) {
    return least + static_cast<Index>(random()) % (most + 1 - least);
  };
  const std::array activations = {Activation::relu, Activation::tanh, Activation::softplus};
  const std::array<std::string, 3> designs = {"", "fragments", "resident"};
  const std::array dynamics = {Dynamics::leaky, Dynamics::elman, Dynamics::rate};
  for (int shape = 0; shape < shapes; ++shape) {
    DeviceCase one;
    // Where there are many, the choice of trials decides how many groups take turns.
    one.training.units = shape % 4 == 0 ? draw(1, 128) : draw(129, 620);
    one.training.trials = draw(1, shape % 2 == 0 ? 70 : 200);
    one.training.steps = draw(1, 9);
    one.training.activation = activations[static_cast<std::size_t>(draw(0, 2))];
    one.training.dynamics = dynamics[static_cast<std::size_t>(draw(0, 2))];
    one.training.noise = Noise::on;
    one.training.interventions = draw(0, 3) == 0;
    one.regions = draw(1, 6);
    one.seed = static_cast<std::uint64_t>(shape);
    const auto design = designs[static_cast<std::size_t>(draw(0, 2))];
    const bool on_tensor_cores = !design.empty();
    const Wish wish("MRNN_CUDA_DESIGN", design);
    CAPTURE(test::describe(one), design);
    const test::Training training = test::make(one);
    const auto session =
        test::open(On::device, training, Precision::float32, on_tensor_cores ? Products::bf16x3 : Products::ieee);
    session->write_parameters(training.parameters);
    session->load(training.trials);
    Parameters expected;
    for (int repeat = 0; repeat < repeats; ++repeat) {
      session->forward({.backward_every = 1}, Noise::on);
      session->backward(training.loss);
      if (repeat == 0) expected = session->read_gradients();
    }
    test::check_same_bits(session->read_gradients(), expected);
  }
}
