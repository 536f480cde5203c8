// What the CUDA backend computes on the host: layouts, schedules, plans, and the formulas of its kernels.
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "batch_plan.hpp"
#include "catch.hpp"
#include "device_words.hpp"
#include "elementwise.hpp"
#include "failure_words.hpp"
#include "fragment_lists.hpp"
#include "layout.hpp"
#include "mrnn/random.hpp"
#include "parts.hpp"
#include "plan_words.hpp"
#include "problems.hpp"
#include "resident_plan.hpp"
#include "step_plan.hpp"
#include "tensor_list.hpp"
#include "tensor_plan.hpp"

using namespace mrnn;

namespace {

/// Three regions of 40 units, the first of which reads all and the others itself alone.
Network three_regions() {
  NetworkSpec spec;
  for (const char* name : {"a", "b", "c"}) spec.regions.push_back({.name = name, .units = 40});
  spec.inputs.push_back({.name = "u", .units = 3});
  for (const char* name : {"a", "b", "c"}) spec.connections.push_back({.from = name, .to = "a"});
  for (const char* name : {"b", "c"}) spec.connections.push_back({.from = "a", .to = name});
  spec.connections.push_back({.from = "u", .to = "a"});
  spec.outputs.push_back({.name = "y", .units = 2});
  return build_network(spec, 1);
}

}  // namespace

TEST_CASE("kernels draw the words and the normals of the generator of core", "[cuda][host]") {
  for (const std::uint64_t id : {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{0x0123456789ABCDEF}}) {
    const std::uint64_t seed = 0xFEDCBA9876543210U;
    std::array<double, 8> expected = {};
    fill_normals(seed, Stream::recurrent_noise, id, 21, expected);
    double actual[4] = {};
    gpu::draw_normals(seed, gpu::NoiseStream::recurrent, id, 1, 21, actual);
    for (std::size_t k = 0; k < 4; ++k) CHECK_THAT(actual[k], WithinAbs(expected[4 + k], 1e-14));

    const auto words = philox(seed, Stream::input_noise, id, 3, 21);
    const auto tag = (7U << 24) | static_cast<std::uint32_t>((id >> 32) & 0xFFFFFFU);
    const gpu::PhiloxWords own = gpu::philox(seed, {{3, 21, static_cast<std::uint32_t>(id), tag}});
    for (std::size_t k = 0; k < 4; ++k) CHECK(own.word[k] == words[k]);
  }
}

TEST_CASE("activity that is no longer finite is told by trial, step and region", "[cuda][host][bad]") {
  const Network network = three_regions();
  Trials trials = blank_trials(3, 4, 10);
  trials.ids[2] = 77;
  const std::string remedy = "; smaller weights, a smaller dt or a saturating activation keep it bounded";

  CHECK(cuda::failure_words(gpu::failure_key(5, 2, 41), network, trials) ==
        "activity is no longer finite: trial 77, step 5, region b" + remedy);
  CHECK(cuda::failure_words(gpu::failure_key(5, 2, 120), network, trials) ==
        "activity is no longer finite, in a batch of 4 trials" + remedy);
  CHECK(cuda::failure_words(gpu::failure_key(5, 4, 0), network, trials) ==
        "activity is no longer finite, in a batch of 4 trials" + remedy);
  trials.count = (1 << 20) + 1;
  CHECK(cuda::failure_words(gpu::failure_key(5, 1 << 20, 0), network, trials) ==
        "activity is no longer finite, in a batch of 1048577 trials" + remedy);
}

TEST_CASE("tiles hold the chunks of weights that exist, and no others", "[cuda][host]") {
  const Network network = three_regions();
  const cuda::Rows rows(network);
  CHECK(rows.units == 128);
  CHECK(rows.inputs == 16);
  CHECK(rows.outputs == 16);
  const cuda::TileList tiles = cuda::drive_tiles(network);
  REQUIRE(tiles.row_tiles == 4);
  REQUIRE(tiles.column_chunks == 9);
  // Units 0 .. 31 are of region a: they read units 0 .. 119, eight chunks, and the inputs.
  CHECK(tiles.start[1] - tiles.start[0] == 9);
  // Units 96 .. 119 are of region c: they read region a, units 0 .. 39, three chunks.
  CHECK(tiles.start[4] - tiles.start[3] == 3);
  // Those that units are the columns of come first.
  CHECK(tiles.end[0] - tiles.start[0] == 8);
  CHECK(tiles.end[3] == tiles.start[4]);
  CHECK(tiles.column[static_cast<std::size_t>(tiles.start[3]) + 2] == 32);
  for (std::size_t k = 0; k < tiles.chunk.size(); ++k) {
    if (tiles.chunk[k] >= 0) {
      CHECK(tiles.column[static_cast<std::size_t>(tiles.chunk[k])] ==
            static_cast<std::int32_t>(k % 9) * gpu::chunk_columns);
    }
  }
}

TEST_CASE("every four columns with weights go to one thread of each row that reads them", "[cuda][host]") {
  const Network network = three_regions();
  const cuda::QuadList quads = cuda::drive_quads(network, 16);
  // 128 padded rows are those of one block; its warps have 16 each.
  REQUIRE(quads.blocks == 1);
  // Units 0 .. 39 read 120 units, 30 quads for 16 threads.
  CHECK(quads.quads == 2);
  const auto per_warp = static_cast<std::size_t>(quads.quads * 16);
  REQUIRE(quads.column.size() == 8 * per_warp);
  for (std::size_t k = 0; k < 30; ++k) CHECK(quads.column[k] == static_cast<std::int32_t>(4 * k));
  CHECK(quads.column[30] == -1);
  // Units 48 .. 63, the fourth warp's, are of region b, and 112 .. 127 of c: they read units 0 .. 39.
  const auto* fourth = quads.column.data() + 3 * per_warp;
  CHECK(fourth[9] == 36);
  CHECK(fourth[10] == -1);
  const auto* last = quads.column.data() + 7 * per_warp;
  CHECK(last[9] == 36);
  CHECK(last[10] == -1);

  // What comes back to units of a comes from all.
  const cuda::QuadList back = cuda::adjoint_quads(network, 32);
  CHECK(back.blocks == 2);
  CHECK(back.quads == 1);
  CHECK(back.column[29] == 116);
}

TEST_CASE("trials with other weights fill tiles of lanes of their own", "[cuda][host]") {
  Trials trials = blank_trials(0, 11, 6);
  trials.interventions.push_back(
      {.steps = {2, 4},
       .trials = {3, 5},
       .what = ScaleWeights{.source = ScaleWeights::Source::recurrent, .to = {}, .from = {}, .factor = 0.5}});
  trials.interventions.push_back({.steps = {1, 3}, .trials = {}, .what = ExtraNoise{Selection({{0, 2}}), 0.5}});
  const cuda::Lanes lanes = cuda::make_lanes(trials, gpu::lane_tile);
  REQUIRE(lanes.count() == 24);
  CHECK(lanes.lane[3] == 16);
  CHECK(lanes.lane[5] == 17);
  CHECK(lanes.own[17] == 1);
  CHECK(lanes.own[18] == 0);
  CHECK(lanes.trial[23] == 5);

  const cuda::ScheduleTables tables = cuda::make_schedule(trials, lanes, 32);
  CHECK(tables.interval == std::vector<std::int32_t>{0, 1, 2, 3, 4, 4});
  REQUIRE(tables.scalings.size() == 2);
  // Three tiles of lanes in each interval: the last one is scaled in steps 2 and 3.
  CHECK(tables.variant == std::vector<std::int32_t>{0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0});
  CHECK(tables.start == std::vector<std::int32_t>{0, 0, 1, 2, 2, 2});
  CHECK(tables.adds_noise);

  // The same weights at other steps of another trial: a tile of lanes of its own, but no more weights.
  Intervention later = trials.interventions.front();
  later.steps = {3, 5};
  later.trials = {7};
  trials.interventions.push_back(later);
  const cuda::Lanes more = cuda::make_lanes(trials, gpu::lane_tile);
  CHECK(more.count() == 24);
  CHECK(cuda::make_schedule(trials, more, 32).scalings.size() == 2);
}

TEST_CASE("the tiles of each few rows go to some warps of a block, which share out their results", "[cuda][host]") {
  const Network network = three_regions();
  const std::vector<cuda::FragmentLists> lists =
      cuda::fragment_lists(network.units(), cuda::drive_tiles(network), cuda::adjoint_tiles(network));
  // 8 rows of fragments, whose tiles of columns are 8 at most.
  REQUIRE(!lists.empty());
  REQUIRE(lists.front().blocks == 1);
  for (const cuda::FragmentLists& one : lists) {
    for (const cuda::FragmentList* list : {&one.drive, &one.adjoint}) {
      CAPTURE(one.blocks, list->tiles);
      REQUIRE(std::ssize(list->warp) == one.blocks * gpu::block_warps);
      REQUIRE(std::ssize(list->column) == std::ssize(list->warp) * list->tiles);
      const bool is_drive = list == &one.drive;
      const cuda::TileList tiles = is_drive ? cuda::drive_tiles(network) : cuda::adjoint_tiles(network);
      std::map<std::int32_t, std::multiset<std::int32_t>> columns;
      std::map<std::int32_t, int> results;
      for (std::size_t k = 0; k < list->warp.size(); ++k) {
        const gpu::FragmentTable::Warp& warp = list->warp[k];
        if (warp.parts == 0) continue;
        CHECK(warp.results >= 1);
        CHECK(warp.first_result == results[warp.row]);
        results[warp.row] += warp.results;
        // Those with the same rows are neighbours in a block.
        CHECK(list->warp[k - static_cast<std::size_t>(warp.part)].row == warp.row);
        CHECK(k / gpu::block_warps == (k - static_cast<std::size_t>(warp.part)) / gpu::block_warps);
        for (int tile = 0; tile < list->tiles; ++tile) {
          const std::int32_t column =
              list->column[k * static_cast<std::size_t>(list->tiles) + static_cast<std::size_t>(tile)];
          if (column >= 0) columns[warp.row].insert(column);
        }
      }
      CHECK(std::ssize(results) == (network.units() + gpu::fragment_rows - 1) / gpu::fragment_rows);
      for (const auto& [row, count] : results) {
        CAPTURE(row);
        CHECK(count == 4);
        const auto tile = static_cast<std::size_t>(row / gpu::tile_rows);
        CHECK(columns[row] == std::multiset<std::int32_t>(tiles.column.begin() + tiles.start[tile],
                                                          tiles.column.begin() + tiles.end[tile]));
      }
    }
  }
}

TEST_CASE("no cluster takes a network whose weights its registers do not hold", "[cuda][host]") {
  NetworkSpec spec;
  spec.regions.push_back({.name = "a", .units = 1024});
  spec.connections.push_back({.from = "a", .to = "a"});
  const Network network = build_network(spec, 1);
  CHECK(cuda::fragment_lists(1024, cuda::drive_tiles(network), cuda::adjoint_tiles(network)).empty());
}

TEST_CASE("a block of rows on tensor cores has the tiles of all its rows", "[cuda][host]") {
  const Network network = three_regions();
  const cuda::TensorList list = cuda::tensor_list(cuda::drive_tiles(network), 64);
  // Units 0 .. 63 read all 120 units, 64 .. 127 those of region a, 0 .. 39.
  REQUIRE(list.start == std::vector<std::int32_t>{0, 8, 11});
  CHECK(list.most == 8);
  CHECK(list.row[7] == 0);
  CHECK(list.row[8] == 64);
  REQUIRE(list.column.size() == 16);
  CHECK(list.column[7] == 112);
  CHECK(list.column[8] == 0);
  CHECK(list.column[10] == 32);
  CHECK(cuda::tensor_image_bytes(list, 64) == 11 * 64 * 16 * 4);

  // Half as many rows: 32 .. 39 are of region a still.
  const cuda::TensorList halves = cuda::tensor_list(cuda::drive_tiles(network), 32);
  CHECK(halves.start == std::vector<std::int32_t>{0, 8, 16, 19, 22});
  CHECK(halves.row.back() == 96);
  const cuda::TensorList quarters = cuda::tensor_list(cuda::drive_tiles(network), 16);
  CHECK(std::ssize(quarters.start) == 9);
  CHECK(quarters.row[8] == 16);
}

TEST_CASE("a number is the sum of two of eight bits to within 2^-17", "[cuda][host]") {
  for (const float value : {1.0F, -0.1F, 3.14159274F, 1e-20F, -7.7e30F, 0.0F, 1.00390625F, 0.99999994F}) {
    CAPTURE(value);
    const gpu::ThreeParts left = gpu::parts_of(gpu::Side::left, value), right = gpu::parts_of(gpu::Side::right, value);
    const double high = gpu::value_of(left.part[0]), low = gpu::value_of(left.part[2]);
    CHECK(std::abs(high + low - value) <= std::ldexp(std::abs(value), -17));
    CHECK(std::abs(high - value) <= std::ldexp(std::abs(value), -8));
    CHECK(left.part[1].bits == left.part[0].bits);
    CHECK(right.part[0].bits == left.part[0].bits);
    CHECK(right.part[1].bits == left.part[2].bits);
    CHECK(right.part[2].bits == left.part[0].bits);
  }
  // 1 + 2^-8 lies half way between 1 and 1 + 2^-7, and goes to the even one; 1 + 3 x 2^-8 to 1 + 2^-6.
  CHECK(gpu::rounded(1.00390625F).bits == 0x3F80);
  CHECK(gpu::rounded(1.01171875F).bits == 0x3F82);
  CHECK(gpu::rounded(std::numeric_limits<float>::infinity()).bits == 0x7F80);
  CHECK(std::isnan(gpu::value_of(gpu::rounded(std::numeric_limits<float>::quiet_NaN()))));
  CHECK(std::isnan(gpu::value_of(gpu::parts_of(gpu::Side::left, std::numeric_limits<float>::infinity()).part[2])));
}

TEST_CASE("a step is made of W h and what is added to it, which is made before", "[cuda][host]") {
  const auto dynamics = GENERATE(gpu::Dynamics::leaky, gpu::Dynamics::elman, gpu::Dynamics::rate);
  const auto phi = GENERATE(gpu::Activation::relu, gpu::Activation::tanh, gpu::Activation::softplus);
  const std::array<double, 1> stimulus = {0.7};
  gpu::Model<double> model;
  model.dynamics = dynamics;
  model.noise = true;
  model.units.count = model.batch.trials = model.batch.lanes = model.batch.steps = 1;
  const std::array<std::int32_t, 1> trial = {0};
  model.batch.trial = trial.data();
  model.batch.stimulus = stimulus.data();
  const gpu::UnitConstants<double> constants = {phi, dynamics == gpu::Dynamics::elman ? 1.0 : 0.3, 0.2, 0.05, 0.5, 0.01,
                                                0.4};
  const double recurrent = -0.8, inputs = 1.1, eta = 1.5;
  const gpu::UnitState<double> before = {0.6, 0.4};
  const double drive = recurrent + inputs + constants.bias;
  const double added = constants.noise * eta + constants.added_gain * stimulus[0], alpha = constants.alpha;
  gpu::UnitState<double> expected = {alpha * drive + (1.0 - alpha) * before.x + added};
  if (dynamics == gpu::Dynamics::rate) expected.x = drive + added;
  expected.h = formulas::activate(phi, expected.x);
  if (dynamics == gpu::Dynamics::rate) expected.h = (1.0 - alpha) * before.h + alpha * expected.h;
  const double outside = gpu::outside_of(model, constants, {0, 0, 0}, inputs, eta);
  const auto actual = gpu::step_from_outside(model, phi, constants.alpha, {0, 0, 0}, recurrent, outside, before);
  CHECK_THAT(actual.x, WithinAbs(expected.x, 1e-15));
  CHECK_THAT(actual.h, WithinAbs(expected.h, 1e-15));
  CHECK(actual.x != gpu::step_from_outside(model, phi, constants.alpha, {0, 0, 0}, recurrent, 0.0, before).x);
}

TEST_CASE("the earliest step, then trial, then unit makes the smallest failure", "[cuda][host]") {
  CHECK(gpu::failure_key(1, 900, 9000) < gpu::failure_key(2, 0, 0));
  CHECK(gpu::failure_key(2, 0, 9000) < gpu::failure_key(2, 1, 0));
  CHECK(gpu::failure_key(1000000, 1000000, 4000000) < gpu::no_failure);
}

TEST_CASE("each refusal of a device says what can be done", "[cuda][host][bad]") {
  const auto text = [](int code) { return gpu::refusal_text("it cannot be used", code, "CUDA's words"); };

  CHECK_THAT(text(gpu::refusal::no_memory), ContainsSubstring("nvidia-smi lists the programs that hold it"));
  CHECK_THAT(text(gpu::refusal::not_started), ContainsSubstring("the driver could not be started"));
  CHECK_THAT(text(gpu::refusal::old_driver), ContainsSubstring("install a newer one"));
  CHECK(
      text(gpu::refusal::busy) ==
      "it cannot be used: CUDA's words; another program has it for itself alone: wait until that ends, choose another "
      "device with CUDA_VISIBLE_DEVICES, or let programs share it with nvidia-smi --compute-mode=DEFAULT");
  CHECK_THAT(text(gpu::refusal::no_device), ContainsSubstring("CUDA_VISIBLE_DEVICES may hide them"));
  CHECK_THAT(text(gpu::refusal::other_architecture), ContainsSubstring("CMAKE_CUDA_ARCHITECTURES"));
  CHECK_THAT(text(gpu::refusal::uncorrectable_memory), ContainsSubstring("memory is damaged"));
  CHECK_THAT(text(gpu::refusal::illegal_address), ContainsSubstring("start again from the last checkpoint"));
  CHECK_THAT(text(gpu::refusal::stopped), ContainsSubstring("start again from the last checkpoint"));
  CHECK_THAT(text(gpu::refusal::too_long), ContainsSubstring("drives a screen"));
  CHECK_THAT(text(gpu::refusal::not_ready), ContainsSubstring("fabric manager"));
  CHECK_THAT(text(gpu::refusal::driver_mismatch), ContainsSubstring("restart the machine"));
  CHECK(text(1) == "it cannot be used: CUDA's words");
}
