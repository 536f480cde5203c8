#pragma once

#include "persistent.hpp"

namespace mrnn::gpu {

/// Rows of a fragment of weights, which a warp keeps of one row of tiles; its columns are those of a chunk.
constexpr int fragment_rows = 16;
/// Lanes that are multiplied together.
constexpr int fragment_lanes = 8;
/// Tiles that a warp keeps at most, and warps that share the columns of the same rows at most.
constexpr int most_fragments = 16, most_row_warps = 4;
/// The numbers of tiles that kernels are compiled for.
constexpr int kept_fragments[] = {4, 8, most_fragments};

/// How a kernel on tensor cores is shared out over its blocks.
struct FragmentShape {
  int cluster = 1, lanes = 1, groups = 1;  ///< blocks of a cluster; lanes of a group; groups of a cluster
  int count = 0;                           ///< steps
  int sent = 0;                            ///< how often a thread sends a result, each time to another block
};

/// Shared memory that blocks ask for: what was fetched, the states of all lanes twice, what each thread keeps for each
/// group, the sums of the warps of a row twice, and two barriers of each group.
///
/// @param rows  units, padded to fragments    @param results  of a thread    @param fetched  numbers for each of them
constexpr std::size_t fragment_bytes(int rows, int groups, int results, int fetched) {
  constexpr auto number = sizeof(float), threads = static_cast<std::size_t>(block_threads);
  const auto of_group = 2 * static_cast<std::size_t>(rows) * fragment_lanes + threads * static_cast<unsigned>(results);
  return number * (threads * fetched_turns * static_cast<unsigned>(results * fetched) +
                   of_group * static_cast<std::size_t>(groups) + 2 * threads * 4) +
         16 * static_cast<std::size_t>(groups);
}

/// StepPlan::Design::fragments: all steps in one kernel, as the persistent ones, but on tensor cores. Each warp keeps
/// weights of 16 rows in registers, as sums of two numbers of bfloat16, and multiplies them with 8 lanes at once.
void run_fragments(const Stream& stream, const ForwardRun<float>& run, const StepPlan& plan, int first, int last);
void run_fragments_back(const Stream& stream, const BackwardRun<float>& run, const StepPlan& plan, int first, int last);

}  // namespace mrnn::gpu
