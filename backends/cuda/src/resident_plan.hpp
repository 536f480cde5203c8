#pragma once

#include "persistent.hpp"

namespace mrnn::gpu {

/// Units of a block of StepPlan::Design::resident_tiles: two fragments of rows, or one.
constexpr int resident_rows[] = {32, 16};
/// Lanes of a group at most; 8 and 16 are the others.
constexpr int most_resident_lanes = 32;
/// Halves of a block, of block_threads each, with groups of their own: while one ends a step, or waits for other
/// blocks, the other multiplies.
constexpr int resident_teams = 2;

/// Numbers that a thread of a team ends the step of, in each group.
constexpr int resident_results(int rows, int lanes) {
  return rows * lanes <= block_threads ? 1 : rows * lanes / block_threads;
}
/// From lane to lane in the sums of a warp: where neighbours of a result are written, no two numbers share a bank.
constexpr int resident_stride(int rows) {
  return rows + 4;
}

/// Shared memory that blocks ask for: weights [tiles of rows x 16], where the units they are multiplied with are, the
/// sums of each warp, and what each thread keeps for each group of its team.
constexpr std::size_t resident_bytes(int rows, int tiles, int lanes, int groups) {
  const int of_team =
      block_warps * lanes * resident_stride(rows) + groups * resident_results(rows, lanes) * block_threads;
  const int numbers = rows * chunk_columns * tiles + (tiles + 3) / 4 * 4 + resident_teams * of_team;
  return sizeof(float) * static_cast<std::size_t>(numbers);
}

/// Blocks that share the lanes out, each of whose teams has the groups of a plan; and the groups they have together.
/// The last ones may have lanes that do not exist.
constexpr int resident_lane_blocks(const StepPlan& plan, Size lanes) {
  const int own = plan.lanes * plan.groups * resident_teams;
  return (static_cast<int>(lanes) + own - 1) / own;
}
constexpr int resident_groups(const StepPlan& plan, Size lanes) {
  return resident_lane_blocks(plan, lanes) * plan.groups * resident_teams;
}

/// StepPlan::Design::resident_tiles: all steps in one kernel on tensor cores. Each block keeps the weights of its units
/// in shared memory; activity goes through memory, and blocks with the same lanes wait for each other.
void run_resident(const Stream& stream, const ForwardRun<float>& run, const StepPlan& plan, int first, int last);
void run_resident_back(const Stream& stream, const BackwardRun<float>& run, const StepPlan& plan, int first, int last);

}  // namespace mrnn::gpu
