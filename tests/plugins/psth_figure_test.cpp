// What the figure of psth shows: panels, colours, landmarks, and what it leaves out.

#include <cmath>

#include "psth_subject.hpp"

using namespace test::psth;
using test::at;

TEST_CASE("three simulations of two conditions have a panel each, on one scale", "[psth]") {
  test::Subject made = counting();
  for (const char* name : {"lesion", "silenced"}) {
    made.simulations.push_back(made.simulations.front());
    made.simulations.back().name = name;
  }
  made.simulations.back() = simulation("silenced", 2, 4, [](Index, Index, Index) { return -50.0; });
  made.simulations.back().trials.texts["condition"] = {"right", "left"};
  made.simulations.back().trials.interventions = {{{1, 4}, {}, mrnn::Clamp{mrnn::Selection({{0, 2}}), -50.0}}};

  const mrnn::Figure figure = test::analyse(made, "psth", "regions = [\"a\", \"b\"]").figures.front();

  REQUIRE(figure.panels.size() == 6);
  CHECK(figure.columns == 3);
  CHECK(figure.panels[1].title == "a: lesion");
  CHECK(figure.panels[5].title == "b: silenced");
  std::vector<std::string> labels;
  for (const mrnn::Panel& panel : figure.panels) {
    std::vector<int> colours;
    for (const mrnn::Series& series : panel.series) {
      if (series.kind == mrnn::Series::Kind::line) colours.push_back(series.colour);
      if (!series.label.empty()) labels.push_back(series.label);
      CHECK_FALSE(series.dashed);
    }
    CHECK(colours == std::vector<int>{0, 1});
  }
  CHECK(labels == std::vector<std::string>{"left", "right"});
  CHECK(figure.panels[1].guides.empty());
  CHECK(figure.panels[2].guides.size() == 1);  // its own intervention
  REQUIRE(figure.panels[0].y.low.has_value());
  CHECK(*figure.panels[0].y.low < -50.0);
  CHECK(figure.panels[2].y.low == figure.panels[0].y.low);
}

TEST_CASE("what does not fit on a page goes on in further figures, a region with its cell types", "[psth]") {
  mrnn::NetworkSpec spec;
  for (int k = 0; k < 8; ++k) {
    spec.regions.push_back({"r" + std::to_string(k), 4, {{"e", 0.5}, {"i", 0.5}}});
  }
  test::Subject made{mrnn::build_network(spec, 1), {}};
  made.parameters = mrnn::initial_parameters(made.network, 1);
  made.simulations = {test::simulate(made, "control", mrnn::blank_trials(0, 2, 4))};
  made.simulations.front().trials.texts["condition"] = {"left", "right"};

  const auto figures = test::analyse(made, "psth", "").figures;
  for (int k = 1; k < 6; ++k) {
    made.simulations.push_back(made.simulations.front());
    made.simulations.back().name = "lesion_" + std::to_string(k);
  }
  const auto split = test::analyse(made, "psth", "regions = [\"r0\", \"r1\"]").figures;

  REQUIRE(figures.size() == 2);
  CHECK(figures[0].name == "psth");
  CHECK(figures[1].name == "psth_2");
  CHECK(figures[1].title == "Mean activity h over units and trials (2 of 2)");
  CHECK(figures[1].caption == figures[0].caption);
  REQUIRE(figures[0].panels.size() == 15);
  CHECK(figures[1].panels.front().title == "r5");
  CHECK(figures[1].panels.size() == 9);
  REQUIRE(split.size() == 2);  // of four and two simulations
  CHECK(split[0].columns == 4);
  CHECK(split[1].columns == 2);
  CHECK(split[1].panel_width == split[0].panel_width);
  CHECK(split[1].panels[2].title == "r1: lesion_4");
  for (const mrnn::Figure& page : {figures[1], split[1]}) {
    std::vector<std::string> labels;
    for (const mrnn::Series& series : page.panels.front().series) {
      if (!series.label.empty()) labels.push_back(series.label);
    }
    CHECK(labels == std::vector<std::string>{"left", "right"});  // each page has its key
  }
}

TEST_CASE("numbers are drawn in the colours of an ordered scale and named in the key", "[psth]") {
  test::Subject made = counting();
  made.simulations.front().trials.numbers["coherence"] = {8.0, -2.0, -8.0};

  const mrnn::Panel panel = test::analyse(made, "psth", "by = \"coherence\"").figures.front().panels.front();

  CHECK(panel.key_title == "coherence:");
  std::vector<std::pair<std::string, int>> lines;
  for (const mrnn::Series& series : panel.series) lines.emplace_back(series.label, series.colour);
  CHECK(lines == std::vector<std::pair<std::string, int>>{{"-8", mrnn::centred_colour(-1.0)},
                                                          {"-2", mrnn::centred_colour(-0.5)},
                                                          {"8", mrnn::centred_colour(0.5)}});
}

TEST_CASE("an intervention is marked where it is at the same time in all trials", "[psth]") {
  test::Subject made = counting();
  mrnn::Simulation& control = made.simulations.front();
  control.trials.epochs.push_back({"go", {1, 1, 1}, {3, 4, 2}});
  control.trials.interventions.push_back({{2, 4}, {}, mrnn::Clamp{mrnn::Selection({{0, 2}}), 1.0}, "silence"});
  const auto figure = [&] { return test::analyse(made, "psth", "align = \"go\"").figures.front(); };
  const auto marks = [](const mrnn::Figure& drawn) {
    std::vector<double> positions;
    for (const mrnn::Guide& guide : drawn.panels.front().guides) {
      if (guide.kind == mrnn::Guide::Kind::vertical && guide.solid) positions.push_back(guide.position);
    }
    return positions;
  };

  CHECK(marks(figure()) == std::vector<double>{10.0});  // it ends with the run
  CHECK_THAT(figure().caption, ContainsSubstring("Solid lines from top to bottom: silence begins or ends."));
  CHECK_THAT(figure().caption, ContainsSubstring("Dashed lines from top to bottom: time zero."));
  control.trials.interventions.front().trials = {0, 2};
  control.trials.epochs.front().first[1] = 0;  // elsewhere, but in a trial without it
  CHECK(marks(figure()) == std::vector<double>{10.0});
  control.trials.epochs.front().first[2] = 0;
  CHECK(marks(figure()).empty());
  CHECK_THAT(figure().caption, !ContainsSubstring("begins or ends"));
}

TEST_CASE("two manipulations at different times in different trials are both marked", "[psth]") {
  test::Subject made = counting();
  mrnn::Trials& trials = made.simulations.front().trials;
  const mrnn::Clamp clamp{mrnn::Selection({{0, 2}}), 1.0};
  trials.interventions = {{{1, 4}, {0}, clamp, "early"}, {{2, 4}, {1, 2}, clamp, "late"}};

  const mrnn::Figure figure = test::analyse(made, "psth", "").figures.front();

  CHECK(figure.panels.front().guides.size() == 2);
  CHECK_THAT(figure.caption, EndsWith("Solid lines from top to bottom: early or late begins or ends."));
  trials.interventions = {{{1, 4}, {0}, clamp, "jittered"}, {{2, 4}, {1, 2}, clamp, "jittered"}};
  CHECK(test::analyse(made, "psth", "").figures.front().panels.front().guides.empty());
}

TEST_CASE("every simulation with a panel has its own manipulation marked, six times at most", "[psth]") {
  test::Subject made{network(), {}};
  const mrnn::Clamp clamp{mrnn::Selection({{0, 2}}), 1.0};
  for (Index k = 0; k < 5; ++k) {
    made.simulations.push_back(
        simulation("held_" + std::to_string(k), 2, 12, [](Index, Index b, Index t) { return double(b + t); }));
    mrnn::Trials& trials = made.simulations.back().trials;
    trials.texts["condition"] = {"a", "b"};
    trials.interventions = {{{k + 1, k + 6}, {}, clamp, "hold"}};
  }
  const auto marks = [](const mrnn::Panel& panel) {
    return std::ranges::count(panel.guides, true, &mrnn::Guide::solid);
  };

  const std::vector<mrnn::Figure> figures = test::analyse(made, "psth", "regions = \"a\"").figures;

  std::size_t panels = 0;
  for (const mrnn::Figure& figure : figures) {
    panels += figure.panels.size();
    for (const mrnn::Panel& panel : figure.panels) CHECK(marks(panel) == 2);
    CHECK_THAT(figure.caption, ContainsSubstring("hold begins or ends."));
  }
  CHECK(panels == 5);

  made.simulations.resize(1);
  mrnn::Trials& trials = made.simulations.front().trials;
  trials.interventions.clear();
  for (Index k = 1; k < 9; k += 2) trials.interventions.push_back({{k, k + 1}, {}, clamp, "hold"});
  const mrnn::Figure often = test::analyse(made, "psth", "regions = \"a\"").figures.front();
  CHECK(marks(often.panels.front()) == 6);
  CHECK_THAT(often.caption, ContainsSubstring("hold begins or ends, the first 6 times of a panel."));
}

TEST_CASE("epochs are marked where they are at the same time in all trials", "[psth]") {
  test::Subject made = counting();
  mrnn::Trials& trials = made.simulations.front().trials;
  trials.epochs = {
      {"fixation", {0, 0, -1}, {1, 1, -1}}, {"stimulus", {1, 1, -1}, {3, 2, -1}}, {"catch", {-1, -1, 0}, {-1, -1, 4}}};
  const auto epochs = [&](const std::string& keys) {
    std::vector<std::string> names;
    const mrnn::Panel panel = test::analyse(made, "psth", keys).figures.front().panels.front();
    for (const mrnn::Guide& guide : panel.guides) {
      if (guide.kind != mrnn::Guide::Kind::epoch) continue;
      names.push_back(guide.label);
      if (guide.label == "fixation") CHECK(guide.stop - guide.position == 10.0);
    }
    return names;
  };

  CHECK(epochs("") == std::vector<std::string>{"fixation"});  // the catch trial's lies over it
  CHECK(epochs("align = \"stimulus\"") == std::vector<std::string>{"fixation"});
  trials.epochs[1].last = {3, 3, -1};
  CHECK(epochs("") == std::vector<std::string>{"fixation", "stimulus"});
  CHECK(epochs("window = [20, 40]") == std::vector<std::string>{"stimulus"});
  CHECK_THAT(test::analyse(made, "psth", "").figures.front().caption,
             EndsWith("Dashed lines from top to bottom: borders of the epochs named above."));
}

TEST_CASE("means of few trials are left out of the figure, but for conditions that have no more", "[psth]") {
  test::Subject made{network(), {}};
  made.simulations.push_back(simulation("run", 6, 5, [](Index, Index b, Index t) { return double(b + t); }));
  mrnn::Trials& trials = made.simulations.front().trials;
  trials.texts["condition"] = {"many", "many", "many", "many", "few", "few"};
  trials.numbers[mrnn::trial_steps] = {5.0, 4.0, 3.0, 3.0, 3.0, 2.0};
  const auto lines = [&](const std::string& keys) {
    std::vector<std::size_t> lengths;
    const auto panel = test::analyse(made, "psth", "regions = \"a\"\n" + keys).figures.front().panels.front();
    for (const mrnn::Series& series : panel.series) {
      std::size_t shown = 0;
      for (const double value : series.y) shown += std::isfinite(value) ? 1 : 0;
      lengths.push_back(shown);
    }
    return lengths;  // band and line of each condition, few before many
  };

  CHECK(lines("") == std::vector<std::size_t>{2, 2, 3, 3});
  CHECK(lines("min_trials = 2") == std::vector<std::size_t>{2, 2, 4, 4});
  CHECK(lines("min_trials = 1") == std::vector<std::size_t>{2, 3, 4, 5});  // no band of one trial
  const auto results = test::analyse(made, "psth", "");
  CHECK(at(results, "counts", {1, 4}) == 1.0);
  CHECK(at(results, "a_mean", {1, 4}) == 4.0);  // arrays hold all
  CHECK_THAT(results.figures.front().caption,
             ContainsSubstring("Means of fewer than 3 trials are left out where a condition has more at other times."));
  CHECK(test::analyse(made, "psth", "min_trials = 1").figures.front().caption ==
        "Bands: standard error of the mean over trials.");
  CHECK_THAT(test::mistake(made, "psth", "min_trials = 0"), ContainsSubstring("min_trials"));
}

TEST_CASE("a line is broken where no trial was recorded", "[psth]") {
  test::Subject made{network(), {}};
  made.simulations.push_back(simulation("run", 4, 6, [](Index, Index, Index) { return 1.0; }));
  mrnn::Trials& trials = made.simulations.front().trials;
  trials.epochs.push_back({"go", {5, 5, 0, 0}, {6, 6, 1, 1}});
  trials.numbers[mrnn::trial_steps] = {2.0, 2.0, 6.0, 6.0};

  const auto series = test::analyse(made, "psth", "align = \"go\"").figures.front().panels.front().series;

  REQUIRE(series.size() == 2);
  for (const mrnn::Series& one : series) {
    REQUIRE(one.x == std::vector<double>{-50.0, -40.0, -30.0, 0.0, 10.0, 20.0, 30.0, 40.0, 50.0});
    CHECK(std::isnan(one.y[2]));
    CHECK(one.y[3] == 1.0);
  }
}
