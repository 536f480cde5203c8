// Points of psychometric curves.

#include "mrnn/choices.hpp"

#include "catch.hpp"

TEST_CASE("answers at values that differ by rounding are one point; many are put into parts", "[choices]") {
  const mrnn::Answers answers{{1.08 - 1.0, 1.0}, {0.08, 0.0}, {-2.0, 1.0}, {3.0, 0.0}};
  mrnn::Answers many;
  for (int k = 0; k < 10; ++k) many.emplace_back(9.0 - k, k % 2);

  const auto points = mrnn::choices_by_value(answers);
  const auto parts = mrnn::choices_in_parts(many, 2);

  REQUIRE(points.size() == 3);
  CHECK(points[0].variable == -2.0);
  CHECK(points[1].trials == 2.0);
  CHECK(points[1].share() == 0.5);
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].variable == 2.0);  // mean of 0 to 4
  CHECK(parts[1].trials == 5.0);
  CHECK(mrnn::choices_in_parts(many, 10).size() == 10);
  CHECK(mrnn::choices_by_value({}).empty());
}

TEST_CASE("the interval of a share is Wilson's", "[choices]") {
  // scipy.stats.binomtest(9, 40).proportion_ci(method="wilson"), and of 0 of 10
  const auto [low, high] = mrnn::wilson_interval({0.0, 9.0, 40.0});
  CHECK_THAT(low, WithinRel(0.12316091323540743, 1e-12));
  CHECK_THAT(high, WithinRel(0.37503096742310027, 1e-12));
  CHECK_THAT(mrnn::wilson_interval({0.0, 0.0, 10.0}).second, WithinRel(0.27753279986288926, 1e-12));
}
