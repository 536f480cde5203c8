// How the CUDA backend chooses to make the steps: on the host, for an H200.
#include <string>

#include "catch.hpp"
#include "device.hpp"
#include "fragment_lists.hpp"
#include "layout.hpp"
#include "mrnn/network.hpp"
#include "plan_words.hpp"
#include "resident_plan.hpp"
#include "step_plan.hpp"
#include "tensor_list.hpp"
#include "tensor_plan.hpp"

using namespace mrnn;

namespace {

gpu::DeviceLimits hopper() {
  gpu::DeviceLimits limits;
  limits.shared_bytes = 227 * 1024;
  limits.clusters = {132, 66, 44, 30, 26, 22, 18, 15, 14, 13, 12, 11, 10, 9, 8, 7};
  return limits;
}

gpu::StepPlan plan_of(const NetworkSpec& spec, Index trials, Products products) {
  const Network network = build_network(spec, 1);
  const SessionOptions options{.products = products};
  const cuda::TileList drive = cuda::drive_tiles(network), adjoint = cuda::adjoint_tiles(network);
  cuda::StepProblem problem = cuda::problem_of(network.units(), drive, cuda::QuadLists(network),
                                               cuda::fragments_wanted(network, options, drive, adjoint),
                                               cuda::tensor_lists_wanted(options, drive, adjoint));
  problem.trials = trials;
  problem.products = static_cast<gpu::Products>(products);
  return cuda::choose_plan(problem, hopper());
}

}  // namespace

TEST_CASE("the plan of the steps follows the size of the problem", "[cuda][host]") {
  using Design = gpu::StepPlan::Design;
  using Sharings = std::vector<cuda::StepProblem::Sharing>;
  const auto plan = [](Index units, Index trials, double density, const Sharings& sharings) {
    return cuda::choose_plan({.units = units, .trials = trials, .density = density, .sharings = sharings}, hopper());
  };
  const Sharings of_256 = {{16, 2, 4}, {32, 4, 2}}, of_512 = {{16, 4, 8}, {32, 8, 4}};
  CHECK(plan(256, 64, 1.0, of_256).design == Design::persistent);
  // 64 of 66 clusters of 2 blocks, with one lane each.
  CHECK(plan(256, 64, 1.0, of_256).cluster == 2);
  CHECK(plan(256, 64, 1.0, of_256).lanes == 1);
  CHECK(plan(256, 64, 1.0, of_256).groups == 1);
  CHECK(plan(256, 128, 1.0, of_256).lanes == 2);
  CHECK(plan(256, 128, 1.0, of_256).groups == 1);
  CHECK(plan(512, 64, 1.0, of_512).cluster == 8);
  CHECK(plan(512, 64, 1.0, of_512).lanes * plan(512, 64, 1.0, of_512).groups >= 5);  // of 15 clusters
  CHECK(plan(512, 64, 1.0, of_512).sharers == 32);
  const gpu::StepPlan many = plan(512, 1024, 1.0, of_512);
  CHECK(many.design == Design::persistent);
  CHECK(gpu::persistent_bytes(512, many.lanes, many.groups) <= gpu::most_persistent_bytes);
  CHECK(many.lanes * many.groups >= 8);
  const Sharings too_many = {{16, 8, 16}, {32, 16, 8}};
  CHECK(plan(1024, 256, 1.0, too_many).design == Design::dense);
  CHECK(plan(1024, 256, 0.25, too_many).design == Design::tiles);
  CHECK(plan(1024, 256, 0.25, too_many).lanes == gpu::wide_tile);
  CHECK(plan(1024, 1, 1.0, too_many).lanes == gpu::lane_tile);

  const cuda::StepProblem doubles{.units = 256, .trials = 64, .single = false, .sharings = of_256};
  CHECK(cuda::choose_plan(doubles, hopper()).design == Design::tiles);
  CHECK(cuda::choose_plan({.units = 64, .trials = 8, .sharings = {{16, 1, 1}}}, gpu::DeviceLimits{}).design ==
        Design::tiles);  // no clusters
}

TEST_CASE("where tensor cores may make the steps, the plan follows the size of the problem", "[cuda][host]") {
  using Design = gpu::StepPlan::Design;
  const auto products = GENERATE(gpu::Products::bf16x3, gpu::Products::tf32);
  const auto plan = [&](cuda::StepProblem problem) {
    problem.products = products;
    return cuda::choose_plan(problem, hopper());
  };
  const std::vector<cuda::StepProblem::Sharing> few = {{16, 2, 4}, {32, 4, 2}}, too_many = {{16, 8, 16}, {32, 16, 8}};
  // Over the tiles that exist, with a block for most processors.
  cuda::StepProblem large{.units = 1024, .trials = 256, .density = 0.25, .sharings = too_many, .row_tiles = 44};
  CHECK(plan(large).design == Design::tensor_tiles);
  CHECK(plan(large).list == 0);
  CHECK(plan(large).lanes == gpu::most_tensor_lanes);
  CHECK(cuda::choose_plan(large, hopper()).design == Design::tiles);
  CHECK(cuda::choose_plan(large, hopper()).products == gpu::Products::ieee);
  large.trials = 64;
  CHECK(plan(large).lanes == gpu::lane_tile);
  // Densely where there is much to do.
  large.density = 1.0;
  large.row_tiles = 64;
  CHECK(plan(large).design == Design::tensor_tiles);
  large.trials = 1024;
  CHECK(plan(large).design == Design::dense);
  CHECK(plan(large).products == products);
  large.density = 0.5;
  CHECK(plan(large).design == Design::tensor_tiles);
  large.scaled = true;
  CHECK(plan(large).design == Design::tiles);

  // In one kernel where all blocks find room, with their weights.
  cuda::StepProblem held{.units = 1024,
                         .trials = 256,
                         .sharings = too_many,
                         .residents = {{1, 32, 32, 64}, {2, 16, 64, 64}},
                         .row_tiles = 64};
  CHECK(plan(held).design == Design::resident_tiles);
  CHECK(plan(held).list == 1);
  CHECK(plan(held).cluster == 32);
  CHECK(plan(held).lanes == 32);
  CHECK(plan(held).groups == 1);
  CHECK(gpu::resident_lane_blocks(plan(held), 256) == 4);
  CHECK(gpu::resident_groups(plan(held), 256) == 8);
  CHECK(cuda::choose_plan(held, hopper()).design == Design::dense);
  held.trials = 512;
  CHECK(plan(held).design == Design::resident_tiles);
  CHECK(plan(held).groups == 2);
  held.trials = 8;
  CHECK(plan(held).lanes == 8);
  CHECK(gpu::resident_lane_blocks(plan(held), 8) == 1);
  const std::vector<cuda::StepProblem::Resident> many_blocks = {{1, 32, 133, 64}}, many_tiles = {{1, 32, 32, 128}};
  held.residents = many_blocks;
  CHECK(plan(held).design == Design::tensor_tiles);
  held.residents = many_tiles;
  CHECK(plan(held).design == Design::tensor_tiles);
  held.products = products;
  held.residents = {{1, 32, 32, 64}};
  gpu::DeviceLimits smaller = hopper();
  smaller.shared_bytes = 99 * 1024;
  CHECK(cuda::choose_plan(held, smaller).design == Design::tensor_tiles);

  // One kernel of IEEE products is faster where few blocks hold a network, one on tensor cores where many do.
  const cuda::StepProblem small{
      .units = 256, .trials = 64, .sharings = few, .fragments = {{2, 16, 4}, {4, 8, 2}}, .row_tiles = 16};
  CHECK(plan(small).design == Design::persistent);
  CHECK(plan(small).products == gpu::Products::ieee);
  const std::vector<cuda::StepProblem::Sharing> of_512 = {{16, 4, 8}, {32, 8, 4}};
  cuda::StepProblem medium{
      .units = 512, .trials = 64, .sharings = of_512, .fragments = {{8, 16, 2}, {16, 8, 1}}, .row_tiles = 32};
  CHECK(plan(medium).design == Design::fragments);
  CHECK(plan(medium).cluster == 8);
  CHECK(plan(medium).lanes == 5);
  CHECK(plan(medium).groups == 1);
  CHECK(cuda::choose_plan(medium, hopper()).design == Design::persistent);
  medium.trials = 256;
  CHECK(plan(medium).design == Design::fragments);
  CHECK(plan(medium).groups == 3);
  // Many trials take one kernel long, unless its blocks have weights of few units and of many lanes.
  medium.trials = 2048;
  CHECK(plan(medium).design == Design::dense);
  CHECK(cuda::choose_plan(medium, hopper()).design == Design::persistent);
  medium.residents = {{1, 32, 16, 32}};
  CHECK(plan(medium).design == Design::resident_tiles);
  CHECK(plan(medium).groups == 4);
}

TEST_CASE("a plan of the steps is told in words", "[cuda][host]") {
  using Design = gpu::StepPlan::Design;
  gpu::StepPlan plan;
  plan.design = Design::persistent;
  plan.lanes = 1;
  CHECK(cuda::plan_words(plan) == "all in one kernel: single blocks, with 1 trial each; IEEE products");
  plan.cluster = 8;
  plan.lanes = 2;
  plan.groups = 3;
  CHECK(cuda::plan_words(plan) ==
        "all in one kernel: clusters of 8 blocks, with 3 groups of 2 trials each, which take turns; IEEE products");
  plan.design = Design::fragments;
  plan.lanes = 5;
  plan.groups = 1;
  CHECK(cuda::plan_words(plan) == "all in one kernel: clusters of 8 blocks, with 5 trials each; products as bf16x3");
  plan.design = Design::tiles;
  CHECK(cuda::plan_words(plan) == "a kernel for each, over the weights that exist; IEEE products");
  plan.design = Design::tensor_tiles;
  CHECK(cuda::plan_words(plan) == "a kernel for each, over the weights that exist; products as bf16x3");
  plan.design = Design::resident_tiles;
  plan.cluster = 32;
  plan.lanes = 16;
  plan.groups = 1;
  CHECK(cuda::plan_words(plan) ==
        "all in one kernel: 32 blocks for all units, with 2 groups of 16 trials each; products as bf16x3");
  plan.groups = 2;
  CHECK(cuda::plan_words(plan) ==
        "all in one kernel: 32 blocks for all units, with 4 groups of 16 trials each, which take turns by twos; "
        "products as bf16x3");
  plan.design = Design::dense;
  CHECK(cuda::plan_words(plan) == "a product of cuBLAS for each, over all weights; IEEE products");
  plan.products = gpu::Products::tf32;
  CHECK(cuda::plan_words(plan) == "a product of cuBLAS for each, over all weights; products as tf32");
}

TEST_CASE("a design of the steps that does not exist is refused", "[cuda][host][bad]") {
  const test::Wish wish("MRNN_CUDA_DESIGN", "resdent");
  const auto plan = [](bool scaled) {
    return cuda::choose_plan({.units = 64, .trials = 8, .scaled = scaled, .sharings = {{16, 1, 1}}}, hopper());
  };
  const std::string refusal =
      "the environment: MRNN_CUDA_DESIGN: no design called \"resdent\"; available: dense, fragments, persistent, "
      "resident, tensor, tiles. Did you mean \"resident\"?";

  CHECK_THROWS_WITH(plan(false), refusal);
  CHECK_THROWS_WITH(plan(true), refusal);
}

TEST_CASE("groups that take turns are never left alone in the last cluster", "[cuda][host]") {
  const std::vector<cuda::StepProblem::Sharing> of_512 = {{16, 4, 8}, {32, 8, 4}};
  int in_turns = 0;
  for (Index trials = 1; trials <= 600; ++trials) {
    const auto plan = cuda::choose_plan({.units = 512, .trials = trials, .sharings = of_512}, hopper());
    if (plan.design != gpu::StepPlan::Design::persistent || plan.groups == 1) continue;
    const Index lanes = (trials + gpu::lane_tile - 1) / gpu::lane_tile * gpu::lane_tile;
    CAPTURE(trials, plan.lanes, plan.groups);
    CHECK(lanes % plan.lanes == 0);
    CHECK(lanes / plan.lanes % plan.groups != 1);
    ++in_turns;
  }
  CHECK(in_turns > 400);
}

TEST_CASE("networks are run as was fastest on an H200", "[cuda][host]") {
  using Design = gpu::StepPlan::Design;
  struct Timed {
    Index units, trials;
    Products products;
    Design design;
    int lanes, groups;
  };
  // Of the forced plans in docs/benchmarks/gpu.md.
  const auto one = GENERATE(values<Timed>({{100, 64, Products::ieee, Design::persistent, 1, 1},
                                           {256, 64, Products::ieee, Design::persistent, 1, 1},
                                           {512, 64, Products::ieee, Design::persistent, 2, 3},
                                           {100, 64, Products::bf16x3, Design::persistent, 1, 1},
                                           {256, 64, Products::bf16x3, Design::persistent, 1, 1},
                                           {512, 64, Products::bf16x3, Design::fragments, 5, 1},
                                           {512, 256, Products::bf16x3, Design::fragments, 6, 3},
                                           {512, 1024, Products::bf16x3, Design::resident_tiles, 32, 2},
                                           {700, 64, Products::bf16x3, Design::resident_tiles, 8, 1},
                                           {1024, 64, Products::bf16x3, Design::resident_tiles, 8, 1},
                                           {1024, 256, Products::bf16x3, Design::resident_tiles, 32, 1},
                                           {1024, 512, Products::tf32, Design::resident_tiles, 32, 2},
                                           {2048, 64, Products::bf16x3, Design::resident_tiles, 32, 1}}));
  NetworkSpec spec;
  spec.regions.push_back({.name = "a", .units = one.units});
  spec.connections.push_back({.from = "a", .to = "a"});
  const gpu::StepPlan plan = plan_of(spec, one.trials, one.products);

  CAPTURE(one.units, one.trials, static_cast<int>(one.products), cuda::plan_words(plan));
  CHECK(plan.design == one.design);
  CHECK(plan.lanes == one.lanes);
  CHECK(plan.groups == one.groups);
}

TEST_CASE("a kernel per step takes as long as the region that reads most others", "[cuda][host]") {
  // A quarter of all pairs, but eleven of the first region's.
  NetworkSpec spec;
  const auto name = [](int k) { return "r" + std::to_string(k); };
  for (int k = 0; k < 16; ++k) spec.regions.push_back({.name = name(k), .units = 64});
  for (int k = 0; k < 16; ++k) {
    for (int j = 0; j < (k == 0 ? 11 : 3); ++j) spec.connections.push_back({.from = name((k + j) % 16), .to = name(k)});
  }
  const gpu::StepPlan plan = plan_of(spec, 256, Products::bf16x3);

  CAPTURE(cuda::plan_words(plan));
  CHECK(plan.design == gpu::StepPlan::Design::resident_tiles);
  CHECK(plan.list == 1);
  CHECK(plan.lanes == 32);
  CHECK(plan.groups == 1);
}
