// Directions on a ring of channels.

#include <numbers>

#include "catch.hpp"
#include "mrnn/rings.hpp"

using std::numbers::pi;

TEST_CASE("the channels of a ring prefer directions in equal steps", "[rings]") {
  CHECK(mrnn::preferred_direction(0, 8) == 0.0);
  CHECK_THAT(mrnn::preferred_direction(2, 8), WithinAbs(pi / 2, 1e-15));
  CHECK_THAT(mrnn::preferred_direction(7, 8), WithinAbs(7 * pi / 4, 1e-15));
}

TEST_CASE("directions wrap to one turn", "[rings]") {
  CHECK(mrnn::wrap_direction(0.0) == 0.0);
  CHECK_THAT(mrnn::wrap_direction(-pi / 2), WithinAbs(3 * pi / 2, 1e-15));
  CHECK_THAT(mrnn::wrap_direction(5 * pi), WithinAbs(pi, 1e-14));
  CHECK(mrnn::wrap_direction(2 * pi) == 0.0);
  CHECK(mrnn::wrap_direction(-1e-20) == 0.0);
}

TEST_CASE("the angle between two directions is at most half a turn", "[rings]") {
  CHECK_THAT(mrnn::angle_between(0.1, 2 * pi - 0.1), WithinAbs(0.2, 1e-14));
  CHECK_THAT(mrnn::angle_between(2 * pi - 0.1, 0.1), WithinAbs(0.2, 1e-14));
  CHECK_THAT(mrnn::angle_between(0.0, pi), WithinAbs(pi, 1e-15));
  CHECK(mrnn::angle_between(1.0, 1.0) == 0.0);
}

TEST_CASE("the population vector points where the activity is", "[rings]") {
  Eigen::VectorXd activity = Eigen::VectorXd::Constant(4, 0.2);  // the same everywhere adds nothing
  activity[3] = 1.2;
  CHECK_THAT(mrnn::population_direction(activity), WithinAbs(3 * pi / 2, 1e-12));
  activity[0] = 1.2;
  CHECK_THAT(mrnn::population_direction(activity), WithinAbs(7 * pi / 4, 1e-12));
}

TEST_CASE("directions are shown in degrees", "[rings]") {
  CHECK_THAT(mrnn::degrees(pi / 4), WithinAbs(45.0, 1e-12));
  CHECK(mrnn::degrees_text(pi / 16) == "11.25 deg");
  CHECK(mrnn::degrees_text(2 * pi / 7) == "51.429 deg");
}
