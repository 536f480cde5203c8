// Distances in a plane, and how comparisons are shown.

#include "mrnn/comparison_report.hpp"

#include <cmath>

#include "catch.hpp"
#include "mrnn/eigen_backend.hpp"

namespace {

using Eigen::MatrixXd;
using mrnn::Index;

constexpr double tolerance = 1e-12;

MatrixXd distances_of(const MatrixXd& points) {
  return MatrixXd::NullaryExpr(points.rows(), points.rows(),
                               [&](Index i, Index j) { return (points.row(i) - points.row(j)).norm(); });
}

/// Three regions of one simulation.
struct Regions {
  Regions() {
    mrnn::NetworkSpec spec;
    spec.regions.resize(3);
    for (std::size_t k = 0; k < 3; ++k) spec.regions[k].name = std::string(1, static_cast<char>('a' + k));
    net = mrnn::build_network(spec, 1);
    parameters = mrnn::initial_parameters(net, 1);
    for (const char* name : {"control", "lesion"}) {
      mrnn::Simulation& made = simulations.emplace_back();
      made.name = name;
      made.trials = mrnn::blank_trials(0, 1, 2);
      made.steps = {0, 2};
      made.h = mrnn::Sequence(net.units(), 1, 2);
    }
  }
  mrnn::ComparedActivities activities(const mrnn::Comparison& comparison) {
    return comparison.read({net, parameters, {&simulations[0], &simulations[1]}, {*backend}});
  }

  mrnn::Network net;
  mrnn::Parameters parameters;
  std::vector<mrnn::Simulation> simulations;
  std::unique_ptr<mrnn::Backend> backend = mrnn::eigen::make_backend();
};

mrnn::Figure titled() {
  mrnn::Figure figure;
  figure.name = "distances";
  return figure;
}

}  // namespace

TEST_CASE("points in a plane are found again from their distances", "[comparison_report]") {
  MatrixXd points(4, 2);
  points << 0, 0, 3, 0, 3, 4, 0, 1;

  const MatrixXd places = mrnn::classical_scaling(distances_of(points), 2);

  CHECK((distances_of(places) - distances_of(points)).norm() < tolerance);
  CHECK(places.colwise().sum().norm() < tolerance);
  CHECK(places.col(0).squaredNorm() > places.col(1).squaredNorm());
  for (Index k = 0; k < 2; ++k) CHECK(places.col(k).maxCoeff() > -places.col(k).minCoeff());
}

TEST_CASE("points on a line have no second dimension", "[comparison_report]") {
  MatrixXd points(3, 1);
  points << 0, 1, 5;

  const MatrixXd places = mrnn::classical_scaling(distances_of(points), 2);

  CHECK(places.col(1).cwiseAbs().maxCoeff() < 1e-7);
  CHECK((places.col(0).array() - Eigen::Array3d(-2, -1, 3)).abs().maxCoeff() < tolerance);
  CHECK(mrnn::classical_scaling(MatrixXd::Zero(3, 3), 2) == MatrixXd::Zero(3, 2));
}

TEST_CASE("all pairs are one matrix, read from the top, with the items in a plane beside it", "[comparison_report]") {
  Regions regions;
  const mrnn::Comparison comparison(
      mrnn::ConfigNode::parse("simulation = [\"control\", \"lesion\"]\nregions = [\"a\", \"b\"]"), regions.net,
      mrnn::Correspondence::none);
  const mrnn::ComparedActivities activities = regions.activities(comparison);
  MatrixXd points(4, 2);
  points << 0, 0, 3, 0, 3, 4, 0, 1;
  mrnn::AnalysisResults results;

  mrnn::add_comparison(activities, regions.net, {distances_of(points), "distance (rad)", "rad"}, titled(), results);

  REQUIRE(results.figures.size() == 1);
  const std::vector<mrnn::Panel>& panels = results.figures[0].panels;
  REQUIRE(panels.size() == 2);
  CHECK(panels[0].heat_map->values(3, 1) == 3.0);  // row 0 is at the top
  CHECK(panels[0].heat_map->label == "distance (rad)");
  CHECK(panels[0].y.names[0].words == "control: a");
  CHECK(panels[0].y.names[0].position == 3.0);
  CHECK(panels[0].x.names[0].position == 0.0);
  CHECK(panels[0].texts.size() == 16);
  CHECK(panels[0].texts[1].words == "3.00");
  CHECK(*panels[0].heat_map->high == 5.0);
  CHECK(panels[1].title == "classical scaling");
  CHECK(panels[1].x.label == "dimension 1 (rad)");
  CHECK(panels[1].series.size() == 6);  // four points, two ways
  CHECK(panels[1].series[0].colour == mrnn::region_colour(regions.net, "a"));
  CHECK_FALSE(panels[1].series[0].open);
  CHECK(panels[1].series[2].open);
  CHECK_THAT(results.figures[0].caption, ContainsSubstring("as far apart as in the matrix, to within 1 %. Discs: "
                                                           "control; rings: the others"));
  REQUIRE(results.arrays.size() == 1);
  CHECK(results.arrays[0].name == "places");
  CHECK(results.summary ==
        std::vector<std::string>{"distance (rad), closest: control: a and lesion: b (1); farthest: control: a and "
                                 "lesion: a (5)"});
}

TEST_CASE("a plane that cannot keep the distances says how far they are off", "[comparison_report]") {
  Regions regions;
  const mrnn::Comparison comparison(
      mrnn::ConfigNode::parse("simulation = [\"control\", \"lesion\"]\nregions = [\"a\", \"b\"]"), regions.net,
      mrnn::Correspondence::none);
  const mrnn::ComparedActivities activities = regions.activities(comparison);
  // All at distance 1: the corners of a tetrahedron, of which the plane has two dimensions of three.
  const MatrixXd distances = MatrixXd::Ones(4, 4) - MatrixXd::Identity(4, 4);
  mrnn::AnalysisResults results;

  mrnn::add_comparison(activities, regions.net, {distances, "distance", ""}, titled(), results);

  const MatrixXd plane = distances_of(mrnn::classical_scaling(distances, 2));
  const double off = 100.0 * (plane - distances).norm() / distances.norm();
  REQUIRE(off > 20.0);
  CHECK_THAT(results.figures[0].caption,
             ContainsSubstring("off by " + std::to_string(std::lround(off)) + " % (root mean square") &&
                 ContainsSubstring("points that lie close need not be alike"));
}

TEST_CASE("namesakes are a matrix per region", "[comparison_report]") {
  Regions regions;
  const mrnn::Comparison comparison(
      mrnn::ConfigNode::parse("simulation = [\"control\", \"lesion\"]\npairs = \"matching\""), regions.net,
      mrnn::Correspondence::none);
  const mrnn::ComparedActivities activities = regions.activities(comparison);
  MatrixXd values = MatrixXd::Constant(6, 6, std::nan(""));
  values.diagonal().setZero();
  for (Index k = 0; k < 3; ++k) values(k, k + 3) = values(k + 3, k) = double(k + 1);
  mrnn::AnalysisResults results;

  mrnn::add_comparison(activities, regions.net, {values, "distance", ""}, titled(), results);

  const std::vector<mrnn::Panel>& panels = results.figures[0].panels;
  REQUIRE(panels.size() == 3);
  CHECK(panels[1].title == "b");
  CHECK(panels[1].heat_map->values(1, 1) == 2.0);
  CHECK(panels[1].x.names[1].words == "lesion");
  CHECK(*panels[0].heat_map->high == 3.0);  // the same colours in all
  CHECK(results.figures[0].shared_colours);
  CHECK(results.arrays.empty());
}

TEST_CASE("items that are left out have no numbers, are not drawn, and are named", "[comparison_report]") {
  Regions regions;
  const mrnn::Comparison comparison(mrnn::ConfigNode::parse("simulation = [\"control\", \"lesion\"]"), regions.net,
                                    mrnn::Correspondence::none);
  mrnn::ComparedActivities activities = regions.activities(comparison);
  mrnn::AnalysisResults results;

  activities.leave_out({}, "constant");
  activities.leave_out({0, 4}, "constant");  // control: a, lesion: b
  MatrixXd distances = mrnn::no_comparisons(activities, 0.0);
  for (const auto& [i, j] : activities.pairs()) {
    const double value = double(i + j);
    distances(static_cast<Index>(i), static_cast<Index>(j)) = distances(static_cast<Index>(j), static_cast<Index>(i)) =
        value;
  }
  mrnn::add_comparison(activities, regions.net, {distances, "distance", ""}, titled(), results);

  CHECK(activities.pairs().size() == 4 * 3 / 2);
  CHECK(std::isnan(distances(0, 0)));
  CHECK(distances(1, 1) == 0.0);
  CHECK(results.summary.back() == "the activity of control: a, lesion: b is constant, so it is not compared");
  const mrnn::Figure& figure = results.figures.front();
  REQUIRE(figure.panels.size() == 2);
  CHECK(figure.panels[0].heat_map->values.rows() == 4);
  CHECK(figure.panels[0].heat_map->values.allFinite());
  CHECK(std::isnan(results.array("places").values[0]));
  CHECK(std::isfinite(results.array("places").values[2]));
  // Regions b, c of the first simulation and a, c of the second, each region named once; then the ways of a, b and c.
  std::vector<std::string> labels;
  for (const mrnn::Series& series : figure.panels[1].series) labels.push_back(series.label);
  CHECK(labels == std::vector<std::string>{"b", "c", "a", "", "", "", ""});
}

TEST_CASE("namesakes of which one is left out are not drawn; without any pair there is nothing to compare",
          "[comparison_report]") {
  Regions regions;
  const mrnn::Comparison comparison(
      mrnn::ConfigNode::parse("simulation = [\"control\", \"lesion\"]\npairs = \"matching\""), regions.net,
      mrnn::Correspondence::none);
  mrnn::ComparedActivities activities = regions.activities(comparison);
  mrnn::AnalysisResults results;

  activities.leave_out({1}, "constant");  // control: b
  MatrixXd distances = mrnn::no_comparisons(activities, 0.0);
  distances(0, 3) = distances(3, 0) = 1.0;
  distances(2, 5) = distances(5, 2) = 2.0;
  mrnn::add_comparison(activities, regions.net, {distances, "distance", ""}, titled(), results);

  REQUIRE(results.figures.front().panels.size() == 2);
  CHECK(results.figures.front().panels[0].title == "a");
  CHECK(results.figures.front().panels[1].title == "c");
  CHECK_THROWS_WITH(activities.leave_out({0, 2}, "constant"),
                    "the activity of control: a, control: c is constant, so there are no two activities to compare");
}

TEST_CASE("of similarities the largest are most alike", "[comparison_report]") {
  Regions regions;
  const mrnn::Comparison comparison(mrnn::ConfigNode::parse(""), regions.net, mrnn::Correspondence::none);
  regions.simulations.pop_back();
  const mrnn::ComparedActivities activities =
      comparison.read({regions.net, regions.parameters, {&regions.simulations[0]}, {*regions.backend}});
  MatrixXd values(3, 3);
  values << 1, 0.9, 0.2, 0.9, 1, 0.5, 0.2, 0.5, 1;
  mrnn::AnalysisResults results;

  mrnn::add_items(activities, results);
  mrnn::add_comparison(activities, regions.net, {values, "CKA", "rad", values.array().acos().matrix()}, titled(),
                       results);

  CHECK(*results.figures[0].panels[0].heat_map->low == 0.0);
  CHECK(*results.figures[0].panels[0].heat_map->high == 1.0);
  CHECK(results.summary.front() == "CKA, most alike: a and b (0.9); least alike: a and c (0.2)");
  CHECK(results.texts[0].values == std::vector<std::string>{"a", "b", "c"});
  CHECK(results.texts[2].values == std::vector<std::string>(3, "control"));
}
