#include "step_plan.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>

#include "mrnn/error.hpp"
#include "mrnn/names.hpp"
#include "resident_plan.hpp"
#include "tensor_plan.hpp"

namespace mrnn::cuda {
namespace {

using gpu::Size;

Size tiles(Size size, Size tile) {
  return (size + tile - 1) / tile;
}

bool on_tensor_cores(const StepProblem& problem) {
  return problem.single && problem.products != gpu::Products::ieee;
}

/// About the cycles that a step of a persistent kernel takes: a scheduler issues the multiply-adds of two warps, they
/// end the step of a group, and wait until all blocks have what the others made. Groups that take turns are ended, and
/// wait, while others are multiplied: at least one turn and the exchange after their own. Rough figures for an H200,
/// from the plans that were timed there (docs/benchmarks/gpu.md).
double cycles_of_step(const StepProblem::Sharing& sharing, int lanes, int groups) {
  constexpr double warps_of_scheduler = 2.0, end_of_group = 350.0, end_of_lane = 80.0;
  constexpr double end_of_turn = 500.0, end_of_lane_in_turn = 200.0;
  constexpr double exchange_alone = 60.0, exchange_of_cluster = 200.0, exchange_of_block = 55.0;
  const double products = warps_of_scheduler * 4.0 * gpu::kept_rows * sharing.quads * lanes;
  const double exchange =
      sharing.blocks == 1 ? exchange_alone : exchange_of_cluster + exchange_of_block * sharing.blocks;
  if (groups == 1) return products + end_of_group + end_of_lane * lanes + exchange;
  const double turn = products + end_of_turn + end_of_lane_in_turn * lanes;
  return std::max(groups * turn, 2.0 * turn + exchange);
}

/// Where one block is enough, few share.
bool is_possible(const StepProblem& problem, const StepProblem::Sharing& sharing, const gpu::DeviceLimits& limits) {
  if (sharing.sharers != gpu::fewest_sharers && sharing.blocks == 1) return false;
  return problem.single && !problem.scaled && sharing.blocks <= gpu::largest_persistent_cluster &&
         limits.clusters[static_cast<std::size_t>(sharing.blocks - 1)] > 0 && sharing.quads <= gpu::most_quads;
}

struct Timed {
  gpu::StepPlan plan;
  double cycles = 0.0;  ///< of a step, about, at the device's full speed
};

/// The fastest way to make all steps in one kernel of IEEE products, where there is any.
std::optional<Timed> persistent_plan(const StepProblem& problem, const gpu::DeviceLimits& limits) {
  std::optional<Timed> best;
  for (const StepProblem::Sharing& sharing : problem.sharings) {
    if (!is_possible(problem, sharing, limits)) continue;
    const int resident = limits.clusters[static_cast<std::size_t>(sharing.blocks - 1)];
    const auto padded = static_cast<int>(tiles(problem.units, gpu::tile_rows)) * gpu::tile_rows;
    for (int lanes = 1; lanes <= gpu::most_group_lanes; lanes *= 2) {
      const Size wanted = sharing.blocks == 1 ? 1 : tiles(tiles(problem.trials, resident), lanes);
      const Size all = tiles(problem.trials, gpu::lane_tile) * gpu::lane_tile / lanes;
      for (int groups = 1; groups <= wanted; ++groups) {
        if (gpu::persistent_bytes(padded, lanes, groups) > gpu::most_persistent_bytes) break;
        // A group that is left alone in the last cluster would have nobody to take turns with.
        if (groups > 1 && all % groups == 1) continue;
        const Size waves = tiles(tiles(problem.trials, Size{lanes} * groups), resident);
        const double cycles = static_cast<double>(waves) * cycles_of_step(sharing, lanes, groups);
        if (best && cycles >= best->cycles) continue;
        best = {{gpu::StepPlan::Design::persistent, lanes, sharing.blocks, groups, sharing.sharers}, cycles};
      }
    }
  }
  return best;
}

/// The same of a kernel on tensor cores, whose device runs slower: a scheduler gives a product of 16 x 16 x 8 some 8
/// cycles, and what a block sends is as much as it gets. Groups take turns, and hide some of what they take from each
/// other. The exchange of large clusters takes twice as long.
double cycles_of_fragments(const StepProblem& problem, const StepProblem::Fragments& fragments, int lanes, int groups) {
  constexpr double warps_of_scheduler = 2.0, products = 3.0, cycles_of_product = 8.0;
  constexpr double bytes_a_cycle = 15.0, end_of_turn = 1000.0, exchange_of_block = 90.0, hidden = 0.68;
  const int kept = *std::find_if(std::begin(gpu::kept_fragments), std::end(gpu::kept_fragments) - 1,
                                 [&](int tiles) { return tiles >= fragments.tiles; });
  const double made = warps_of_scheduler * products * cycles_of_product * kept;
  const double sent =
      fragments.blocks == 1 ? 0.0 : static_cast<double>(problem.units) * lanes * sizeof(float) / bytes_a_cycle;
  const double turn = made + sent + end_of_turn + exchange_of_block * fragments.blocks;
  return (groups == 1 ? 1.0 : hidden * groups) * (fragments.blocks > 8 ? 2.0 : 1.0) * turn;
}

/// The fastest way to make all steps in one kernel on tensor cores, where there is any.
std::optional<Timed> fragments_plan(const StepProblem& problem, const gpu::DeviceLimits& limits) {
  std::optional<Timed> best;
  if (!on_tensor_cores(problem) || problem.scaled) return best;
  const auto rows = static_cast<int>(tiles(problem.units, gpu::fragment_rows)) * gpu::fragment_rows;
  const Size all = tiles(problem.trials, gpu::lane_tile) * gpu::lane_tile;
  for (std::size_t k = 0; k < problem.fragments.size(); ++k) {
    const StepProblem::Fragments& fragments = problem.fragments[k];
    const int resident = limits.clusters[static_cast<std::size_t>(fragments.blocks - 1)];
    if (resident == 0) continue;
    for (int lanes = 1; lanes <= gpu::fragment_lanes; ++lanes) {
      for (int groups = 1; Size{lanes} * groups <= all; ++groups) {
        if (gpu::fragment_bytes(rows, groups, fragments.results, gpu::most_fetched) > gpu::most_persistent_bytes) break;
        const Size waves = tiles(tiles(all, Size{lanes} * groups), resident);
        const double cycles = static_cast<double>(waves) * cycles_of_fragments(problem, fragments, lanes, groups);
        if (best && cycles >= best->cycles) continue;
        gpu::StepPlan plan;
        plan.design = gpu::StepPlan::Design::fragments;
        plan.lanes = lanes;
        plan.cluster = fragments.blocks;
        plan.groups = groups;
        plan.list = static_cast<int>(k);
        best = {plan, cycles};
      }
    }
  }
  return best;
}

/// The same of a kernel whose blocks exchange activity through memory. A warp has a product of 16 x 16 x 8 for every 50
/// cycles, since eight share a tensor core with the other team and all wait for memory; the more blocks ask whether
/// others are ready, the longer an answer takes.
double cycles_of_resident(const StepProblem::Resident& resident, int lanes, int groups, Size blocks) {
  constexpr double products = 3.0, cycles_of_product = 50.0, end_of_turn = 2200.0, exchange = 1800.0;
  constexpr double answer_of_block = 29.0, few_blocks = 64.0;
  const double tiles = static_cast<double>((resident.tiles + gpu::block_warps - 1) / gpu::block_warps);
  const double fragments = resident.rows / gpu::fragment_rows * lanes / gpu::fragment_lanes;
  return groups * (products * cycles_of_product * tiles * fragments + end_of_turn) + exchange +
         answer_of_block * std::max(0.0, static_cast<double>(blocks) - few_blocks);
}

/// The fastest of those, where all blocks find room at the same time.
std::optional<Timed> resident_plan(const StepProblem& problem, const gpu::DeviceLimits& limits) {
  std::optional<Timed> best;
  if (!on_tensor_cores(problem) || problem.scaled || limits.clusters[0] == 0) return best;
  const Size all = tiles(problem.trials, gpu::lane_tile) * gpu::lane_tile;
  for (const StepProblem::Resident& resident : problem.residents) {
    if (resident.blocks > limits.processors) continue;
    for (int lanes = gpu::lane_tile; lanes <= gpu::most_resident_lanes; lanes *= 2) {
      const Size wanted = tiles(all, lanes), teams = limits.processors / resident.blocks * gpu::resident_teams;
      const auto fewest = static_cast<int>(tiles(wanted, teams));
      for (int groups = fewest; groups <= wanted && groups <= 2 * fewest; ++groups) {
        if (gpu::resident_bytes(resident.rows, resident.tiles, lanes, groups) > limits.shared_bytes) break;
        const Size lane_blocks = tiles(wanted, Size{gpu::resident_teams} * groups);
        const double cycles = cycles_of_resident(resident, lanes, groups, resident.blocks * lane_blocks);
        if (best && cycles >= best->cycles) continue;
        gpu::StepPlan plan;
        plan.design = gpu::StepPlan::Design::resident_tiles;
        plan.lanes = lanes;
        plan.cluster = resident.blocks;
        plan.groups = groups;
        plan.list = resident.list;
        best = {plan, cycles};
      }
    }
  }
  return best;
}

double multiply_adds(const StepProblem& problem) {
  return static_cast<double>(problem.units) * static_cast<double>(problem.units) * static_cast<double>(problem.trials);
}

/// Whether so little is absent that a product over all weights may be considered, which need memory, too.
bool is_nearly_dense(const StepProblem& problem) {
  return problem.density >= 0.6;
}

/// Whether a library's product over all weights is faster than one over those that exist, without tensor cores: where
/// there is much to do.
bool is_dense(const StepProblem& problem) {
  return is_nearly_dense(problem) && multiply_adds(problem) >= 2.5e8;
}

/// A kernel per step on tensor cores: as many lanes in a block as leave a block for most processors. It takes as long
/// as the rows that read most.
Timed tensor_plan(const StepProblem& problem, const gpu::DeviceLimits& limits) {
  constexpr double begin_and_end = 5000.0, of_tile = 140.0, of_lane = 4.0;
  gpu::StepPlan plan;
  plan.design = gpu::StepPlan::Design::tensor_tiles;
  const Size rows = tiles(problem.units, gpu::tensor_rows);
  for (plan.lanes = gpu::most_tensor_lanes; plan.lanes > gpu::lane_tile; plan.lanes /= 2) {
    if (rows * tiles(problem.trials, plan.lanes) * 4 >= Size{limits.processors} * 3) break;
  }
  const double waves = static_cast<double>(tiles(rows * tiles(problem.trials, plan.lanes), limits.processors));
  const auto row_tiles = static_cast<double>(problem.row_tiles);
  return {plan, waves * (begin_and_end + row_tiles * (of_tile + of_lane * plan.lanes))};
}

/// A library's product on tensor cores. Weights that near memory does not hold come from far memory at each step.
Timed dense_plan(const StepProblem& problem) {
  constexpr double begin_and_end = 17500.0, multiply_adds_a_cycle = 36e3;
  constexpr double bytes_of_weight = 6.0, near_bytes = 4e7, far_bytes_a_cycle = 2000.0;
  gpu::StepPlan plan;
  plan.design = gpu::StepPlan::Design::dense;
  plan.products = problem.products;
  const double bytes = bytes_of_weight * static_cast<double>(problem.units) * static_cast<double>(problem.units);
  const double loaded = bytes > near_bytes ? bytes / far_bytes_a_cycle : 0.0;
  return {plan, begin_and_end + multiply_adds(problem) / multiply_adds_a_cycle + loaded};
}

void keep_faster(std::optional<Timed>& fastest, const std::optional<Timed>& one) {
  if (one && !(fastest && fastest->cycles < one->cycles)) fastest = one;
}

/// A design named in the environment, for tests and measurements.
std::string design_wanted() {
  constexpr const char* variable = "MRNN_CUDA_DESIGN";
  const char* value = std::getenv(variable);
  const std::string name = value == nullptr ? "" : value;
  const std::vector<std::string> designs = {"dense", "fragments", "persistent", "resident", "tensor", "tiles"};
  if (name.empty() || std::ranges::find(designs, name) != designs.end()) return name;
  throw ConfigError("the environment", variable, unknown_name("design", name, designs));
}

/// The fastest way to make all steps in one kernel, unless another design is wanted.
std::optional<Timed> one_kernel_plan(const StepProblem& problem, const gpu::DeviceLimits& limits,
                                     const std::string& wanted) {
  std::optional<Timed> fastest;
  if (wanted.empty() || wanted == "persistent") keep_faster(fastest, persistent_plan(problem, limits));
  if (wanted.empty() || wanted == "fragments") keep_faster(fastest, fragments_plan(problem, limits));
  if (wanted.empty() || wanted == "resident") keep_faster(fastest, resident_plan(problem, limits));
  return fastest;
}

std::vector<StepProblem::Sharing> sharings_of(const QuadLists& lists) {
  std::vector<StepProblem::Sharing> sharings;
  for (std::size_t k = 0; k < lists.drive.size(); ++k) {
    const QuadList &drive = lists.drive[k], &adjoint = lists.adjoint[k];
    sharings.push_back(
        {k == 0 ? gpu::fewest_sharers : gpu::most_sharers, drive.blocks, std::max(drive.quads, adjoint.quads)});
  }
  return sharings;
}

std::vector<StepProblem::Fragments> fragments_of(const std::vector<FragmentLists>& lists) {
  std::vector<StepProblem::Fragments> fragments;
  for (const FragmentLists& one : lists) {
    fragments.push_back(
        {one.blocks, std::max(one.drive.tiles, one.adjoint.tiles), std::max(one.drive.results, one.adjoint.results)});
  }
  return fragments;
}

std::vector<StepProblem::Resident> residents_of(const std::vector<TensorLists>& lists) {
  std::vector<StepProblem::Resident> residents;
  for (std::size_t k = 1; k < lists.size(); ++k) {
    const TensorLists& one = lists[k];
    residents.push_back({static_cast<int>(k), static_cast<int>(one.block_rows),
                         static_cast<int>(one.sides[0].start.size()) - 1, static_cast<int>(one.most())});
  }
  return residents;
}

}  // namespace

StepProblem problem_of(Index units, const TileList& drive, const QuadLists& quads,
                       const std::vector<FragmentLists>& fragments, const std::vector<TensorLists>& tensor) {
  StepProblem problem;
  problem.units = units;
  problem.density = drive.density();
  problem.sharings = sharings_of(quads);
  problem.fragments = fragments_of(fragments);
  problem.residents = residents_of(tensor);
  problem.row_tiles = tensor.empty() ? 0 : tensor.front().most();
  return problem;
}

gpu::StepPlan choose_plan(const StepProblem& problem, const gpu::DeviceLimits& limits) {
  gpu::StepPlan plan;
  std::string wanted = design_wanted();
  // Trials that see other weights than others are told apart tile by tile.
  if (problem.scaled) return plan;
  std::optional<Timed> fastest = one_kernel_plan(problem, limits, wanted);
  if (fastest && !wanted.empty()) return fastest->plan;
  if (wanted == "persistent" || wanted == "fragments" || wanted == "resident") wanted.clear();  // none can be had
  if (on_tensor_cores(problem)) {
    if (wanted == "tensor") return tensor_plan(problem, limits).plan;
    if (wanted == "dense") return dense_plan(problem).plan;
    keep_faster(fastest, tensor_plan(problem, limits));
    if (is_nearly_dense(problem)) keep_faster(fastest, dense_plan(problem));
  }
  if (fastest && wanted.empty()) return fastest->plan;
  const Size rows = tiles(problem.units, gpu::tile_rows);
  // Wide tiles read the weights a quarter as often, once there are enough of them for all processors.
  const bool fills = rows * tiles(problem.trials, gpu::wide_tile) >= limits.processors / 2;
  if (problem.single && problem.trials > gpu::wide_tile / 2 && fills) plan.lanes = gpu::wide_tile;
  if (wanted == "dense" || (wanted != "tiles" && is_dense(problem))) plan.design = gpu::StepPlan::Design::dense;
  return plan;
}

}  // namespace mrnn::cuda
