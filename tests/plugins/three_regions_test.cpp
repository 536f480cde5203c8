// The drivers of the three-region network, against values by numpy, and the network that the configuration makes.

#include <cmath>
#include <map>

#include "mrnn/network_config.hpp"
#include "mrnn/parameters.hpp"
#include "task_bench.hpp"

namespace {

using mrnn::Index;

test::TaskBench bench(Index units = 10) {
  return {"three_regions", {{"sequence", units}, {"fixed_point", units}}, {}};
}

const std::string ten = "units = 10\n";

double sequence(const mrnn::Trials& trials, Index unit, Index step) {
  return trials.inputs(unit, 0, step);
}
double fixed_point(const mrnn::Trials& trials, Index unit, Index step) {
  return trials.inputs(10 + unit, 0, step);
}

/// Weights of a connection of the network of configs/curbd.toml, by its name.
std::map<std::string, Eigen::MatrixXd> published_network(const std::vector<std::string>& overrides = {}) {
  const auto root = mrnn::ConfigNode::read_file(MRNN_SOURCE_DIR "/configs/curbd.toml", overrides);
  const mrnn::Network network = mrnn::build_network(mrnn::read_network(root), 1);
  const mrnn::EffectiveWeights weights = mrnn::effective_weights(network, mrnn::initial_parameters(network, 1));
  std::map<std::string, Eigen::MatrixXd> found;
  const auto take = [&](const std::vector<mrnn::Block>& blocks, const std::vector<Eigen::MatrixXd>& values) {
    for (std::size_t k = 0; k < blocks.size(); ++k) {
      for (const mrnn::Piece& piece : blocks[k].pieces) {
        found[piece.name] = values[k].block(piece.to.start - blocks[k].to.start,
                                            piece.from.start - blocks[k].from.start, piece.to.size, piece.from.size);
      }
    }
  };
  take(network.recurrent_blocks(), weights.recurrent);
  take(network.input_blocks(), weights.input);
  return found;
}

double deviation(const Eigen::MatrixXd& weights) {
  return std::sqrt((weights.array() - weights.mean()).square().mean());
}

}  // namespace

TEST_CASE("three_regions: a bump moves over the channels and stands before the middle", "[three_regions]") {
  const mrnn::Trials trials = bench().trials(ten, {});

  // n, T, dt, gap = 10, 10.0, 0.01, 1.0; t = np.arange(1000) * dt; i = np.arange(n)[:, None]; s = 0.2 * n
  // x = np.exp(-(i - s - n * np.minimum(t, T / 2 - gap) / (T / 2)) ** 2 / (2 * s * s))
  // h = np.log((x + 0.01) / (1 - x + 0.01)); h -= h.min(); h /= h.max()
  REQUIRE(trials.steps == 1200);
  CHECK_THAT(sequence(trials, 3, 350), WithinRel(0.5459182687502283, 1e-12));  // h[3, 150]
  CHECK_THAT(sequence(trials, 8, 500), WithinRel(1.0, 1e-12));
  CHECK_THAT(sequence(trials, 9, 599), WithinRel(0.7151210657638488, 1e-12));
  CHECK_THAT(sequence(trials, 9, 1199), WithinRel(0.7108041987272297, 1e-12));
  CHECK(sequence(trials, 9, 600) == sequence(trials, 9, 1199));
  CHECK(sequence(trials, 9, 599) != sequence(trials, 9, 600));
  // As it begins, throughout the lead.
  CHECK(sequence(trials, 2, 0) == 1.0);
  CHECK(sequence(trials, 2, 0) == sequence(trials, 2, 200));
  CHECK(sequence(trials, 2, 201) != sequence(trials, 2, 200));
}

TEST_CASE("three_regions: another bump stands and jumps after the middle", "[three_regions]") {
  const mrnn::Trials trials = bench().trials(ten, {});

  // The bumps x at 0.1 and 3 s, normalised over both.
  CHECK_THAT(fixed_point(trials, 2, 0), WithinRel(0.9554651447612499, 1e-12));
  CHECK_THAT(fixed_point(trials, 2, 1199), WithinRel(0.0788140671600353, 1e-12));
  CHECK_THAT(fixed_point(trials, 7, 1199), WithinRel(0.7097680342611693, 1e-12));
  CHECK(fixed_point(trials, 7, 799) == fixed_point(trials, 7, 0));
  CHECK(fixed_point(trials, 7, 800) == fixed_point(trials, 7, 1199));
  CHECK(fixed_point(trials, 7, 799) != fixed_point(trials, 7, 800));
  std::vector<std::string> names;
  for (const mrnn::Epoch& epoch : trials.epochs) names.push_back(epoch.name);
  CHECK(names == std::vector<std::string>{"lead", "sequence", "hold", "switched"});
  CHECK(trials.epochs[2].first.front() == 600);
  CHECK(trials.epochs[3].first.front() == 800);
}

TEST_CASE("three_regions: every key acts", "[three_regions]") {
  const auto inputs = [](const std::string& keys) { return bench().trials(ten + keys, {}).inputs.data; };
  const auto usual = inputs("");

  CHECK(bench().trials(ten + "lead = 0", {}).steps == 1000);
  CHECK(bench().trials(ten + "duration = 6000", {}).steps == 800);
  CHECK(inputs("width = 0.1") != usual);
  CHECK(inputs("fixed_points = [100, 2000]") != usual);
  CHECK(bench().trials(ten + "gap = 500", {}).epochs[2].first.front() == 650);
  CHECK(bench(20).trials("units = 20", {}).inputs.units == 40);
  CHECK(bench().trials(ten + "initial_range = 0", {}).initial_state.isZero(0.0));
  const test::TaskBench named("three_regions", {{"drive", 10}, {"other", 10}, {"third", 1}}, {});
  CHECK(named.trials(ten + "inputs = { sequence = \"drive\", fixed_point = \"other\" }", {}).inputs(2, 0, 0) == 1.0);
}

TEST_CASE("three_regions: trials start from states of their own, the same whatever else is asked for",
          "[three_regions]") {
  const auto task = bench().task(ten);
  const mrnn::Trials four = bench().trials(ten, {.count = 4}), last = bench().trials(ten, {.first = 3, .count = 1});

  REQUIRE(four.initial_state.cols() == 4);
  CHECK(four.initial_state.col(3) == last.initial_state.col(0));
  CHECK(four.initial_state(0, 0) != four.initial_state(0, 1));
  CHECK(four.initial_state.cwiseAbs().maxCoeff() <= 1.0);
  CHECK(bench().trials(ten, {.seed = 1}).initial_state(0, 0) != four.initial_state(0, 0));
  CHECK((bench().trials(ten + "initial_range = 3", {.count = 4}).initial_state - 3.0 * four.initial_state)
            .cwiseAbs()
            .maxCoeff() < 1e-14);
}

TEST_CASE("three_regions: mistakes in its keys are found", "[three_regions][bad]") {
  CHECK_THAT(bench().mistake(ten + "gap = 5000"),
             EndsWith("task.gap: is half of duration or more; the sequence must end before the middle and the fixed "
                      "point switch before the end"));
  CHECK_THAT(bench().mistake(ten + "fixed_points = [100]"),
             EndsWith("task.fixed_points: has 1 numbers; two times in ms, before and after the switch, are accepted"));
  CHECK_THAT(bench().mistake("units = 7"), ContainsSubstring("sequence"));
}

TEST_CASE("each region of the published network has the recurrent strength of its own", "[three_regions]") {
  const auto weights = published_network();
  const auto changed = published_network({"connection.2.init.standard_deviation=0.3"});

  // 10,000 draws each: 0.7 % expected.
  CHECK_THAT(deviation(weights.at("a->a")), WithinRel(0.18, 0.03));
  CHECK_THAT(deviation(weights.at("b->b")), WithinRel(0.15, 0.03));
  CHECK_THAT(deviation(weights.at("c->c")), WithinRel(0.15, 0.03));
  CHECK_THAT(deviation(changed.at("c->c")), WithinRel(0.30, 0.03));
  CHECK(changed.at("b->b") == weights.at("b->b"));
  CHECK(changed.at("a->a") == weights.at("a->a"));
}

TEST_CASE("regions of the published network are linked unit by unit, one in twenty", "[three_regions]") {
  const auto weights = published_network();

  for (const std::string pair : {"a->b", "a->c", "b->a", "b->c", "c->a", "c->b"}) {
    CAPTURE(pair);
    CHECK((weights.at(pair).array() != 0.0).count() == 5);
    CHECK((weights.at(pair).diagonal().array() == 0.02).count() == 5);
  }
  CHECK((weights.at("sequence->b").diagonal().array() == 1.0).count() == 50);
  CHECK((weights.at("fixed_point->c").diagonal().array() == -1.0).count() == 50);
  CHECK(weights.at("a->b") != weights.at("a->c"));
}
