#include "train/rate_schedule.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"

using namespace mrnn;
using Kind = RateSchedule::Kind;

namespace {

std::vector<double> rates(const RateSchedule& schedule, std::int64_t iterations) {
  TrainingPlan plan;
  plan.iterations = iterations;
  plan.rate = 8.0;
  plan.schedule = schedule;
  std::vector<double> all;
  for (std::int64_t n = 1; n <= iterations; ++n) all.push_back(rate_at(plan, n, 1.0));
  return all;
}

}  // namespace

TEST_CASE("a constant rate stays, after a linear warm-up where there is one", "[schedule]") {
  CHECK(rates({}, 3) == std::vector<double>{8.0, 8.0, 8.0});
  CHECK(rates({.warmup = 4}, 6) == std::vector<double>{2.0, 4.0, 6.0, 8.0, 8.0, 8.0});
}

TEST_CASE("a rate in steps is multiplied after every so many iterations, down to the floor", "[schedule]") {
  CHECK(rates({.kind = Kind::step, .every = 2, .factor = 0.5}, 6) == std::vector<double>{8.0, 8.0, 4.0, 4.0, 2.0, 2.0});
  CHECK(rates({.kind = Kind::step, .every = 1, .factor = 0.5, .floor = 0.25}, 4) ==
        std::vector<double>{8.0, 4.0, 2.0, 2.0});
}

TEST_CASE("a cosine falls from the rate to the floor over the run", "[schedule]") {
  const std::vector<double> plain = rates({.kind = Kind::cosine}, 4);
  const std::vector<double> floored = rates({.kind = Kind::cosine, .warmup = 2, .floor = 0.5}, 4);

  CHECK(plain[0] == 8.0);
  CHECK_THAT(plain[1], WithinRel(4.0 * (1.0 + std::sqrt(0.5)), 1e-15));
  CHECK_THAT(plain[2], WithinRel(4.0, 1e-15));
  CHECK_THAT(plain[3], WithinRel(4.0 * (1.0 - std::sqrt(0.5)), 1e-14));
  CHECK(floored[0] == 4.0);
  CHECK_THAT(floored[2], WithinRel(6.0, 1e-15));
}

TEST_CASE("a plateau lowers the rate once the validation has not improved for the patience", "[schedule]") {
  const RateSchedule schedule{.kind = Kind::plateau, .patience = 20, .factor = 0.5, .floor = 0.2};
  TrainingState state;
  std::vector<double> factors;
  for (const double loss : {3.0, 2.0, 2.5, 2.0, 1.9, 1.9, 1.95, 1.9, 1.9}) {
    state.iteration += 10;
    follow_plateau(schedule, loss, state);
    factors.push_back(state.rate_factor);
  }

  // best at 20; 40 is 20 iterations later; best again at 50, then at 70 and 90.
  CHECK(factors == std::vector<double>{1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2});
  TrainingPlan plan;
  plan.rate = 8.0;
  plan.schedule = schedule;
  CHECK(rate_at(plan, 100, state.rate_factor) == 1.6);
}

TEST_CASE("other schedules do not look at the validation", "[schedule]") {
  TrainingState state;
  for (int k = 0; k < 5; ++k) {
    state.iteration += 1000;
    follow_plateau({.kind = Kind::step}, 1.0, state);
  }

  CHECK(state.rate_factor == 1.0);
}
