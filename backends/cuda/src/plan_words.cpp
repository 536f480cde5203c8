#include "plan_words.hpp"

#include <fmt/format.h>

#include "resident_plan.hpp"

namespace mrnn::cuda {
namespace {

using Design = gpu::StepPlan::Design;

std::string trials(int count) {
  return count == 1 ? "1 trial" : fmt::format("{} trials", count);
}

/// "3 trials each", of blocks.
std::string groups(int groups, int lanes, const char* turns) {
  if (groups == 1) return fmt::format("{} each", trials(lanes));
  return fmt::format("{} groups of {} each{}", groups, trials(lanes), turns);
}

std::string clusters(const gpu::StepPlan& plan) {
  const std::string blocks = plan.cluster == 1 ? "single blocks" : fmt::format("clusters of {} blocks", plan.cluster);
  return fmt::format("{}, with {}", blocks, groups(plan.groups, plan.lanes, ", which take turns"));
}

std::string products(gpu::Products products) {
  switch (products) {
    case gpu::Products::ieee:
      return "IEEE products";
    case gpu::Products::bf16x3:
      return "products as bf16x3";
    case gpu::Products::tf32:
      return "products as tf32";
  }
  return "";
}

}  // namespace

std::string plan_words(const gpu::StepPlan& plan) {
  switch (plan.design) {
    case Design::persistent:
      return fmt::format("all in one kernel: {}; IEEE products", clusters(plan));
    case Design::fragments:
      return fmt::format("all in one kernel: {}; products as bf16x3", clusters(plan));
    case Design::resident_tiles:
      return fmt::format(
          "all in one kernel: {} blocks for all units, with {}; products as bf16x3", plan.cluster,
          groups(gpu::resident_teams * plan.groups, plan.lanes, plan.groups > 1 ? ", which take turns by twos" : ""));
    case Design::tiles:
      return "a kernel for each, over the weights that exist; IEEE products";
    case Design::tensor_tiles:
      return "a kernel for each, over the weights that exist; products as bf16x3";
    case Design::dense:
      return fmt::format("a product of cuBLAS for each, over all weights; {}", products(plan.products));
  }
  return "";
}

}  // namespace mrnn::cuda
