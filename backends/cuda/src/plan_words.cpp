#include "plan_words.hpp"

#include <fmt/format.h>

namespace mrnn::cuda {
namespace {

using Design = gpu::StepPlan::Design;

std::string trials(int count) {
  return count == 1 ? "1 trial" : fmt::format("{} trials", count);
}

std::string clusters(const gpu::StepPlan& plan) {
  const std::string blocks = plan.cluster == 1 ? "single blocks" : fmt::format("clusters of {} blocks", plan.cluster);
  if (plan.groups == 1) return fmt::format("{}, with {} each", blocks, trials(plan.lanes));
  return fmt::format("{}, with {} groups of {} each, which take turns", blocks, plan.groups, trials(plan.lanes));
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
