// Subspaces compared by hand, and against numpy and scipy:
//
//   n, b, t = numpy.meshgrid(range(6), range(5), range(12), indexing="ij")
//   h = numpy.sin(1 + 1.3 n + 0.7 b + 0.31 t + 0.9 n b t) * (1 + n)
//   w, v = numpy.linalg.eigh(numpy.cov(samples)) of each set; q: its k leading vectors
//   index = numpy.trace(q_a.T @ cov_b @ q_a) / w_b[:k].sum();  angles = scipy.linalg.subspace_angles(q_a, q_b)
//
// where the samples are the columns of steps 1 to 4 (cue) and 5 to 11 (go), or trials (0, 2, 4) and (1, 3).

#include <cmath>
#include <numbers>

#include "made_activity.hpp"

namespace {

using mrnn::Index;
using test::at;
using test::matrix;

constexpr double tolerance = 1e-10;
constexpr double degrees = 180.0 / std::numbers::pi;

double wave(Index n, Index b, Index t) {
  return std::sin(1.0 + 1.3 * double(n) + 0.7 * double(b) + 0.31 * double(t) + 0.9 * double(n * b * t)) * double(1 + n);
}

test::Subject waves() {
  test::Subject made{test::unconnected({{"a", 6}}), {}};
  made.simulations.push_back(test::made_simulation("control", 6, 5, 12, wave));
  mrnn::Trials& trials = made.simulations.back().trials;
  trials.texts["condition"] = {"even", "odd", "even", "odd", "even"};
  trials.epochs.push_back({"cue", {1, 1, 1, 1, 1}, {5, 5, 5, 5, 5}});
  trials.epochs.push_back({"go", {5, 5, 5, 5, 5}, {12, 12, 12, 12, 12}});
  return made;
}

/// Activity along the first unit in `cue`, and at 30 degrees to it, towards the second, in `go`. A third unit is
/// silent.
test::Subject tilted() {
  test::Subject made{test::unconnected({{"a", 3}}), {}};
  made.simulations.push_back(test::made_simulation("control", 3, 1, 6, [](Index n, Index, Index t) {
    const double along = t % 3 - 1.0;
    if (t < 3) return n == 0 ? along : 0.0;
    return 5.0 * along * (n == 0 ? std::cos(30.0 / degrees) : n == 1 ? std::sin(30.0 / degrees) : 0.0);
  }));
  made.simulations.back().trials.epochs = {{"cue", {0}, {3}}, {"go", {3}, {6}}};
  return made;
}

/// Eight units, four trials, each a condition: trial k moves units 2 k and 2 k + 1, as much in all directions.
test::Subject apart() {
  test::Subject made{test::unconnected({{"a", 8}}), {}};
  made.simulations.push_back(test::made_simulation("control", 8, 4, 4, [](Index n, Index b, Index t) {
    return n == 2 * b + t / 2 ? (t % 2 == 0 ? 1.0 : -1.0) : 0.0;
  }));
  made.simulations.back().trials.texts["condition"] = {"a", "b", "c", "d"};
  return made;
}

mrnn::AnalysisResults align(const test::Subject& subject, const std::string& keys) {
  return test::analyse(subject, "subspace_alignment", keys + (keys.find("draws") == keys.npos ? "\ndraws = 2" : ""));
}

}  // namespace

TEST_CASE("two lines at 30 degrees have that angle, and its squared cosine as index", "[subspace_alignment]") {
  const mrnn::AnalysisResults results = align(tilted(), "components = 1");

  CHECK(test::texts(results, "sets") == std::vector<std::string>{"cue", "go"});
  const Eigen::Matrix2d index = (Eigen::Matrix2d() << 1.0, 0.75, 0.75, 1.0).finished();
  CHECK((matrix(results, "a_index") - index).norm() < tolerance);
  CHECK_THAT(at(results, "a_angles", {0, 1, 0}), WithinRel(30.0, tolerance));
  CHECK_THAT(at(results, "a_angles", {1, 1, 0}), WithinAbs(0.0, tolerance));
  CHECK_THAT(at(results, "a_axes", {1, 0, 1}), WithinRel(0.5, tolerance));
  CHECK_THAT(results.summary.front(), StartsWith("a: subspaces of 1 dimension; least aligned: "));
}

TEST_CASE("subspaces of different units are orthogonal, and random ones share k / N of them", "[subspace_alignment]") {
  const mrnn::AnalysisResults results = align(apart(), "between = \"conditions\"\ndraws = 2000");

  // Ten dimensions are asked for; the activity of each condition has two.
  CHECK((matrix(results, "a_index") - Eigen::Matrix4d::Identity()).norm() < tolerance);
  CHECK_THAT(at(results, "a_angles", {0, 3, 1}), WithinRel(90.0, tolerance));
  // The activity of all conditions is the same in all 8 directions. The standard error of the mean of 2,000 draws is
  // about 0.003.
  for (Index set = 0; set < 4; ++set) {
    CHECK_THAT(at(results, "a_random_index", {set}), WithinAbs(2.0 / 8.0, 0.015));
    CHECK(at(results, "a_random_low", {set}) < 0.1);
    CHECK(at(results, "a_random_high", {set}) > 0.4);
  }
  CHECK(at(results, "a_random_angles", {1}) > at(results, "a_random_angles", {0}));
  CHECK(at(results, "a_random_angles", {1}) < 90.0);
}

TEST_CASE("random subspaces lie where the activity does, and are the same each time", "[subspace_alignment]") {
  // Both trials move two of three units: a random plane of that space holds all variance, one of space would not.
  test::Subject made{test::unconnected({{"a", 3}}), {}};
  made.simulations.push_back(test::made_simulation("control", 3, 2, 4, [](Index n, Index b, Index t) {
    return n == t / 2 ? double(1 + b + n) * (t % 2 == 0 ? 1.0 : -1.0) : 0.0;
  }));
  made.simulations.back().trials.texts["condition"] = {"left", "right"};

  const mrnn::AnalysisResults planes = align(made, "between = \"conditions\"\ncomponents = 2\ndraws = 20");
  const mrnn::AnalysisResults lines = align(made, "between = \"conditions\"\ncomponents = 1\ndraws = 20");

  CHECK_THAT(at(planes, "a_random_low", {0}), WithinRel(1.0, tolerance));
  CHECK(at(lines, "a_random_low", {0}) < 0.9);
  CHECK(matrix(align(made, "between = \"conditions\"\ncomponents = 1\ndraws = 20"), "a_random_index") ==
        matrix(lines, "a_random_index"));
}

TEST_CASE("index and angles between epochs are those of numpy and scipy", "[subspace_alignment]") {
  const mrnn::AnalysisResults results = align(waves(), "components = 3");

  CHECK_THAT(at(results, "a_index", {0, 1}), WithinRel(0.9704616324725133, tolerance));
  CHECK_THAT(at(results, "a_index", {1, 0}), WithinRel(0.9783461878766171, tolerance));
  CHECK_THAT(at(results, "a_angles", {0, 1, 0}), WithinAbs(0.04226138671630395, tolerance));
  CHECK_THAT(at(results, "a_angles", {0, 1, 1}), WithinRel(2.885444731169435, tolerance));
  CHECK_THAT(at(results, "a_angles", {1, 0, 2}), WithinRel(26.35503813556967, tolerance));
  CHECK_THAT(at(results, "a_index", {0, 0}), WithinRel(1.0, tolerance));
}

TEST_CASE("index and angles between conditions are those of numpy and scipy", "[subspace_alignment]") {
  const std::string keys = "between = \"conditions\"\ncomponents = 2\n";
  const mrnn::AnalysisResults trials = align(waves(), keys), means = align(waves(), keys + "fit = \"conditions\""),
                              window = align(waves(), keys + "align_at = 30\nwindow = [-10, 50]");

  CHECK_THAT(at(trials, "a_index", {0, 1}), WithinRel(0.8959576083518218, tolerance));
  CHECK_THAT(at(trials, "a_angles", {0, 1, 1}), WithinRel(38.18121242683819, tolerance));
  CHECK_THAT(at(means, "a_index", {1, 0}), WithinRel(0.7693605356094824, tolerance));
  CHECK_THAT(at(means, "a_angles", {0, 1, 1}), WithinRel(49.91820573533467, tolerance));
  CHECK_THAT(at(window, "a_index", {0, 1}), WithinRel(0.8521362302952945, tolerance));
}

TEST_CASE("conditions are those of the metadata asked for, activity that of the quantity", "[subspace_alignment]") {
  test::Subject made = waves();
  made.simulations.front().trials.texts["side"] = made.simulations.front().trials.texts["condition"];
  made.simulations.front().trials.texts.erase("condition");
  const std::string keys = "between = \"conditions\"\ncomponents = 2\nby = \"side\"\nquantity = \"x\"";

  const mrnn::AnalysisResults results = align(made, keys);

  CHECK_THAT(at(results, "a_index", {0, 1}), WithinRel(0.8959576083518218, tolerance));  // x is 2 h here
  CHECK(test::make_analysis("subspace_alignment", keys, made.network)->needs().x);
  CHECK_FALSE(test::make_analysis("subspace_alignment", keys, made.network)->needs().h);
}

TEST_CASE("units are scaled alike in all sets, and steps can be left out", "[subspace_alignment]") {
  const mrnn::AnalysisResults scaled = align(waves(), "components = 3\nnormalise = \"zscore\""),
                              thinned = align(waves(), "components = 3\nevery = 2"),
                              soft = align(waves(), "components = 3\nnormalise = \"soft\"\nsoftening = 1e6");

  CHECK_THAT(at(scaled, "a_index", {0, 1}), WithinRel(0.8732164623208518, tolerance));
  CHECK_THAT(at(scaled, "a_angles", {0, 1, 1}), WithinRel(33.773090158732515, tolerance));
  CHECK_THAT(at(thinned, "a_index", {1, 0}), WithinRel(0.9507655003341146, tolerance));
  CHECK_THAT(at(soft, "a_index", {0, 1}), WithinRel(0.9704616324725133, 1e-4));  // all units by nearly the same
}

TEST_CASE("subspaces hold a share of the variance in every set", "[subspace_alignment]") {
  // Shares of three components: 87.0 % and 88.7 %; of four: 95.2 % and 96.9 %.
  CHECK(test::array(align(waves(), "variance = 0.86"), "a_axes").shape == std::vector<Index>{2, 3, 6});
  CHECK(test::array(align(waves(), "variance = 0.88"), "a_axes").shape == std::vector<Index>{2, 4, 6});
}

TEST_CASE("chosen epochs, in the order in which they are named", "[subspace_alignment]") {
  test::Subject made = waves();
  made.simulations.front().trials.epochs.push_back({"end", {8, 8, 8, 8, 8}, {12, 12, 12, 12, 12}});

  const mrnn::AnalysisResults results = align(made, "components = 3\nepochs = [\"go\", \"cue\"]");

  CHECK(test::texts(results, "sets") == std::vector<std::string>{"go", "cue"});
  CHECK_THAT(at(results, "a_index", {1, 0}), WithinRel(0.9704616324725133, tolerance));
}

TEST_CASE("simulations are compared, and their epochs", "[subspace_alignment]") {
  test::Subject made = tilted();
  made.simulations.push_back(made.simulations.front());
  made.simulations.back().name = "silenced";
  const std::string both = "simulation = [\"control\", \"silenced\"]\n";

  const mrnn::AnalysisResults whole = align(made, both + "between = \"simulations\"");
  const mrnn::AnalysisResults epochs = align(made, both + "components = 1");

  CHECK(test::texts(whole, "sets") == std::vector<std::string>{"control", "silenced"});
  CHECK((matrix(whole, "a_index") - Eigen::Matrix2d::Ones()).norm() < tolerance);
  CHECK(test::texts(epochs, "sets").back() == "silenced: go");
  CHECK_THAT(at(epochs, "a_index", {0, 3}), WithinRel(0.75, tolerance));
}

TEST_CASE("regions of the same size are compared unit by unit", "[subspace_alignment]") {
  test::Subject made{test::unconnected({{"a", 2}, {"b", 2}}), {}};
  made.simulations.push_back(test::made_simulation("control", 4, 1, 3, [](Index n, Index, Index t) {
    return double(t) * (n == 0 || n == 2 || n == 3 ? 1.0 : 0.0);  // along (1, 0) and (1, 1)
  }));

  const mrnn::AnalysisResults results = align(made, "between = \"regions\"\ncomponents = 1");

  CHECK(test::texts(results, "sets") == std::vector<std::string>{"a", "b"});
  CHECK_THAT(at(results, "regions_angles", {0, 1, 0}), WithinRel(45.0, tolerance));
  CHECK_THAT(at(results, "regions_index", {0, 1}), WithinRel(0.5, tolerance));
}

TEST_CASE("power of a source in the potent space of its weights, by hand", "[subspace_alignment]") {
  mrnn::NetworkSpec spec;
  spec.dt = 10.0;
  mrnn::Region a, b;
  a.name = "a";
  a.units = 3;
  b.name = "b";
  spec.regions = {a, b};
  spec.inputs = {{"cue", 1}};
  mrnn::Connection forward, input;
  forward.from = "a";
  forward.to = input.to = "b";
  input.from = "cue";
  spec.connections = {forward, input};
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  made.parameters.recurrent.front() = Eigen::RowVector3d(3.0, 0.0, 4.0);
  // Along the first unit in `cue`, along (4, 0, -3) / 5, which the weights do not read, in `go`.
  made.simulations.push_back(test::made_simulation("control", 4, 1, 6, [](Index n, Index, Index t) {
    const double along = t % 3 - 1.0;
    return n == 0 ? (t < 3 ? along : 0.8 * along) : n == 2 && t >= 3 ? -0.6 * along : 0.0;
  }));
  made.simulations.back().trials.epochs = {{"cue", {0}, {3}}, {"go", {3}, {6}}};

  const mrnn::AnalysisResults results = align(made, "regions = \"a\"\npathways = \"a -> b\"\nnormalise = \"soft\"");

  CHECK((matrix(results, "a_to_b_potent_axes").cwiseAbs() - Eigen::RowVector3d(0.6, 0.0, 0.8)).norm() < tolerance);
  CHECK_THAT(at(results, "a_to_b_singular_values", {0}), WithinRel(5.0, tolerance));
  CHECK_THAT(at(results, "a_to_b_potent_share", {0}), WithinRel(0.36, tolerance));
  CHECK_THAT(at(results, "a_to_b_potent_share", {1}), WithinAbs(0.0, tolerance));
  CHECK_THAT(at(results, "a_to_b_even_share", {}), WithinRel(1.0 / 3.0, tolerance));
  // 3^2 of a variance of 1 passes; spread evenly it would be 5^2 / 3.
  CHECK_THAT(at(results, "a_to_b_gain", {0}), WithinRel(9.0 / (25.0 / 3.0), tolerance));
  REQUIRE(results.figures.size() == 3);
  CHECK(results.figures[2].panels.front().title == "a to b");
  CHECK_THAT(results.summary.back(), ContainsSubstring("36 % (cue), ") && ContainsSubstring("would be 33.3 %"));

  CHECK_THAT(test::mistake(made, "subspace_alignment", "pathways = \"cue->b\""),
             ContainsSubstring("begins at an input"));
  CHECK_THAT(test::mistake(made, "subspace_alignment", "pathways = \"b->a\""), ContainsSubstring("no connection"));
  CHECK_THAT(test::mistake(made, "subspace_alignment", "pathways = \"a->b\"\npotent_components = 4"),
             ContainsSubstring("\"a\" has only 3 units"));
  CHECK_THAT(test::mistake(made, "subspace_alignment", "pathways = \"a->b\"\nquantity = \"x\""),
             ContainsSubstring("needs quantity = \"h\""));
  made.parameters.recurrent.front().setZero();
  CHECK(test::failure(made, "subspace_alignment", "regions = \"a\"\npathways = \"a->b\"\ndraws = 1") ==
        "all weights of \"a_to_b\" are 0, so nothing passes along it");
}

TEST_CASE("fewer potent dimensions than the weights have can be asked for", "[subspace_alignment]") {
  mrnn::NetworkSpec spec;
  mrnn::Region a;
  a.name = "a";
  a.units = 2;
  spec.regions = {a};
  mrnn::Connection recurrent;
  recurrent.from = recurrent.to = "a";
  spec.connections = {recurrent};
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  made.parameters.recurrent.front() = Eigen::Vector2d(2.0, 1.0).asDiagonal();
  made.simulations.push_back(test::made_simulation(
      "control", 2, 1, 6, [](Index n, Index, Index t) { return n == 0 ? 0.5 * double(t % 3) : double(t % 3); }));
  made.simulations.back().trials.epochs = {{"cue", {0}, {3}}, {"go", {3}, {6}}};

  const mrnn::AnalysisResults all = align(made, "pathways = \"a->a\"");
  const mrnn::AnalysisResults one = align(made, "pathways = \"a->a\"\npotent_components = 1");

  CHECK_THAT(at(all, "a_to_a_potent_share", {0}), WithinRel(1.0, tolerance));
  CHECK_THAT(at(one, "a_to_a_potent_share", {0}), WithinRel(0.2, tolerance));  // 0.25 of 1.25
}

TEST_CASE("the figure has a matrix of indices with their numbers, and a line of angles for each pair",
          "[subspace_alignment]") {
  const mrnn::AnalysisResults results = align(waves(), "components = 3");

  REQUIRE(results.figures.size() == 2);
  const mrnn::Panel& panel = results.figures[0].panels.front();
  // The first set is at the top: the last row of the map.
  CHECK(panel.heat_map->values(1, 1) == at(results, "a_index", {0, 1}));
  CHECK(panel.y.names.front().position == 1.5);
  REQUIRE(panel.texts.size() == 4);
  CHECK(panel.texts[1].words == "0.97");
  const mrnn::Panel& angles = results.figures[1].panels.front();
  REQUIRE(angles.series.size() == 2);
  CHECK(angles.series[0].label == "random subspaces");
  CHECK(angles.series[1].label == "cue, go");
  CHECK_THAT(angles.series[1].y[2], WithinRel(26.35503813556967, tolerance));
}

TEST_CASE("progress goes through the draws of every region", "[subspace_alignment]") {
  test::Subject made{test::unconnected({{"a", 3}, {"b", 3}}), {}};
  made.simulations = waves().simulations;

  test::check_progress(made, "subspace_alignment", "draws = 7");
}

TEST_CASE("what is wrong with a subspace_alignment is said", "[subspace_alignment]") {
  test::Subject made = tilted();
  const auto mistake = [&](const std::string& keys) { return test::mistake(made, "subspace_alignment", keys); };

  CHECK_THAT(mistake("between = \"epoch\""), ContainsSubstring("Did you mean \"epochs\"?"));
  CHECK_THAT(mistake("components = 2\nvariance = 0.5"), ContainsSubstring("cannot be given together with variance"));
  CHECK_THAT(mistake("variance = 1.0"), ContainsSubstring("is not between 0 and 1"));
  CHECK_THAT(mistake("epochs = [\"cue\", \"og\"]"), ContainsSubstring("no epoch called \"og\""));
  CHECK_THAT(mistake("epochs = \"cue\"\nbetween = \"conditions\""),
             ContainsSubstring("has no meaning without between = \"epochs\""));
  CHECK_THAT(mistake("align = \"cue\""), ContainsSubstring("each epoch is taken whole"));
  CHECK_THAT(mistake("by = \"side\""), ContainsSubstring("by: has no meaning without between = \"conditions\" or fit"));
  CHECK_THAT(mistake("between = \"simulations\""), ContainsSubstring("of which two at least must be named"));
  CHECK_THAT(mistake("simulation = [\"a\", \"b\"]\nbetween = \"regions\""), ContainsSubstring("compared within one"));
  CHECK_THAT(mistake("between = \"regions\""), ContainsSubstring("must name two at least"));
  CHECK_THAT(mistake("draws = 0"), ContainsSubstring("draws"));
  CHECK_THAT(mistake("potent_components = 2"), ContainsSubstring("has no meaning without pathways"));
  const test::Subject uneven{test::unconnected({{"a", 2}, {"b", 3}}), {}};
  CHECK_THAT(test::mistake(uneven, "subspace_alignment", "between = \"regions\""),
             ContainsSubstring("\"a\" has 2 units and \"b\" has 3"));

  made.simulations.front().trials.epochs.push_back({"rest", {1}, {2}});
  CHECK(test::failure(made, "subspace_alignment", "epochs = [\"cue\", \"rest\"]") ==
        "there are no two sets of activity that varies, so there are no subspaces to compare");
  made.simulations.front().trials.epochs.push_back({"pause", {2}, {3}});
  CHECK(test::failure(made, "subspace_alignment", "epochs = [\"rest\", \"pause\"]") ==
        "the activity of a is constant, so it has no subspaces");
}

TEST_CASE("a set whose activity is constant is not compared; the others are as without it", "[subspace_alignment]") {
  test::Subject made = tilted();
  const mrnn::AnalysisResults others = align(made, "components = 1");
  made.simulations.front().trials.epochs.insert(made.simulations.front().trials.epochs.begin() + 1, {"rest", {1}, {2}});

  const mrnn::AnalysisResults all = align(made, "components = 1");

  REQUIRE(test::texts(all, "sets") == std::vector<std::string>{"cue", "rest", "go"});
  for (Index s = 0; s < 3; ++s) {
    CHECK(std::isnan(at(all, "a_index", {1, s})));
    CHECK(std::isnan(at(all, "a_index", {s, 1})));
    CHECK(std::isnan(at(all, "a_angles", {s, 1, 0})));
  }
  CHECK(std::isnan(at(all, "a_axes", {1, 0, 0})));
  CHECK(std::isnan(at(all, "a_random_low", {1})));
  CHECK(at(all, "a_index", {0, 2}) == at(others, "a_index", {0, 1}));
  CHECK(at(all, "a_angles", {2, 0, 0}) == at(others, "a_angles", {1, 0, 0}));
  CHECK(at(all, "a_axes", {2, 0, 1}) == at(others, "a_axes", {1, 0, 1}));
  CHECK(at(all, "a_random_high", {2}) == at(others, "a_random_high", {1}));
  CHECK(all.summary.front() == "the activity of a is constant in rest, so it has no subspace there");
  CHECK(all.figures.front().panels.front().heat_map->values.rows() == 2);
}

TEST_CASE("a silent region has no subspaces to compare; the others have", "[subspace_alignment]") {
  test::Subject made{test::unconnected({{"a", 6}, {"b", 6}, {"c", 6}}), {}};
  made.simulations.push_back(test::made_simulation(
      "control", 18, 5, 12, [](Index n, Index b, Index t) { return n >= 6 && n < 12 ? 0.0 : wave(n % 7, b, t); }));
  made.simulations.front().trials.epochs = waves().simulations.front().trials.epochs;

  const mrnn::AnalysisResults results = align(made, "");
  const mrnn::AnalysisResults regions = align(made, "between = \"regions\"");

  CHECK(test::has_array(results, "a_index"));
  CHECK_FALSE(test::has_array(results, "b_index"));
  CHECK(results.summary.front() == "the activity of b is constant, so it has no subspaces");
  CHECK(results.figures.front().panels.size() == 2);
  test::check_progress(made, "subspace_alignment", "draws = 3");
  CHECK(std::isnan(at(regions, "regions_index", {1, 0})));
  CHECK(std::isfinite(at(regions, "regions_index", {2, 0})));
  CHECK(regions.summary.front() == "the activity of b is constant, so it has no subspace");
}

TEST_CASE("a silent source has no variance in a potent space", "[subspace_alignment]") {
  mrnn::NetworkSpec spec;
  spec.regions.resize(2);
  spec.regions[0].name = "a";
  spec.regions[1].name = "b";
  for (mrnn::Region& region : spec.regions) region.units = 4;
  spec.connections.resize(2);
  spec.connections[0].from = spec.connections[1].to = "a";
  spec.connections[0].to = spec.connections[1].from = "b";
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  made.simulations.push_back(test::made_simulation(
      "control", 8, 5, 12, [](Index n, Index b, Index t) { return n < 4 ? wave(n, b, t) : 0.0; }));
  made.simulations.front().trials.epochs = waves().simulations.front().trials.epochs;

  const mrnn::AnalysisResults results = align(made, "pathways = [\"a->b\", \"b->a\"]\npotent_components = 2");

  CHECK(std::isfinite(at(results, "a_to_b_potent_share", {0})));
  CHECK(std::isnan(at(results, "b_to_a_potent_share", {0})));
  CHECK(std::isnan(at(results, "b_to_a_gain", {1})));
  CHECK(results.summary.back() ==
        "b_to_a: 2 potent dimensions of 4; the activity of b is constant, so it has no variance in them");
  CHECK(results.figures.back().panels.size() == 1);
}
