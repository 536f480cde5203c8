#include "emulation.hpp"

#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

dim3 threadIdx, blockIdx, gridDim;

namespace mrnn::emulation {
namespace {

constexpr std::size_t stack_bytes = 64 * 1024;

struct Fibre {
  ucontext_t context = {};
  char* stack = nullptr;
  dim3 thread, block;
  unsigned block_in_cluster = 0;
  bool waits = false, done = false;
  Scope scope = Scope::warp;
};

struct State {
  ucontext_t scheduler = {};
  std::vector<std::unique_ptr<char[]>> stacks;       ///< kept from launch to launch
  std::vector<Fibre> fibres;                         ///< block by block of a cluster
  std::vector<GuardedMemory> shared;                 ///< of each block of a cluster
  std::vector<std::array<unsigned char, 32>> slots;  ///< per fibre
  Launch launch;
  const std::function<void()>* kernel = nullptr;
  Fibre* current = nullptr;
};
State state;
std::vector<std::function<void()>>* recording = nullptr;

std::size_t number(const Fibre& fibre) {
  return static_cast<std::size_t>(&fibre - state.fibres.data());
}

void enter() {
  (*state.kernel)();
  state.current->done = true;
  swapcontext(&state.current->context, &state.scheduler);
}

void prepare(Fibre& fibre, unsigned thread, unsigned block_in_cluster, dim3 block) {
  fibre.thread = dim3(thread);
  fibre.block = block;
  fibre.block_in_cluster = block_in_cluster;
  fibre.waits = fibre.done = false;
  getcontext(&fibre.context);
  fibre.context.uc_stack.ss_sp = fibre.stack;
  fibre.context.uc_stack.ss_size = stack_bytes;
  fibre.context.uc_link = nullptr;
  makecontext(&fibre.context, enter, 0);
}

/// Lets a group of fibres go on once all that are not done wait for each other.
bool release(std::size_t first, std::size_t count, Scope scope) {
  bool any = false;
  for (std::size_t k = first; k < first + count; ++k) {
    const Fibre& fibre = state.fibres[k];
    if (fibre.done) continue;
    if (!fibre.waits || fibre.scope != scope) return false;
    any = true;
  }
  for (std::size_t k = first; k < first + count; ++k) state.fibres[k].waits = false;
  return any;
}

bool release_any() {
  bool any = false;
  const std::size_t threads = state.launch.threads;
  for (std::size_t k = 0; k < state.fibres.size(); k += 32) {
    any |= release(k, std::min<std::size_t>(32, state.fibres.size() - k), Scope::warp);
  }
  for (std::size_t k = 0; k < state.fibres.size(); k += threads) any |= release(k, threads, Scope::block);
  return any | release(0, state.fibres.size(), Scope::cluster);
}

void run_cluster() {
  for (;;) {
    bool ran = false, all_done = true;
    for (Fibre& fibre : state.fibres) {
      if (fibre.done) continue;
      all_done = false;
      if (fibre.waits) continue;
      state.current = &fibre;
      threadIdx = fibre.thread;
      blockIdx = fibre.block;
      swapcontext(&state.scheduler, &fibre.context);
      ran = true;
    }
    if (all_done) return;
    if (!release_any() && !ran) throw std::logic_error("threads of a kernel wait for each other for ever");
  }
}

}  // namespace

GuardedMemory::GuardedMemory(std::size_t bytes) : size_(bytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t room = (bytes + page - 1) / page * page;
  mapped_ = room + page;
  void* mapped = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  first_ = static_cast<char*>(mapped);
  data_ = first_ + room - (bytes + 15) / 16 * 16;
  mprotect(first_ + room, page, PROT_NONE);
}
GuardedMemory::GuardedMemory(GuardedMemory&& other) noexcept
    : size_(other.size_), mapped_(other.mapped_), first_(std::exchange(other.first_, nullptr)), data_(other.data_) {}
GuardedMemory::~GuardedMemory() {
  if (first_ != nullptr) munmap(first_, mapped_);
}

void submit(std::function<void()> work) {
  if (recording == nullptr) {
    work();
  } else {
    recording->push_back(std::move(work));
  }
}

std::function<void()> record(const std::function<void()>& submissions) {
  std::vector<std::function<void()>> all;
  recording = &all;
  submissions();
  recording = nullptr;
  return [all = std::move(all)] {
    for (const auto& work : all) work();
  };
}

void run(const Launch& launch, const std::function<void()>& kernel) {
  state.launch = launch;
  state.kernel = &kernel;
  state.fibres.resize(std::size_t{launch.threads} * launch.cluster);
  state.slots.resize(state.fibres.size());
  while (state.stacks.size() < state.fibres.size()) state.stacks.push_back(std::make_unique<char[]>(stack_bytes));
  for (std::size_t k = 0; k < state.fibres.size(); ++k) state.fibres[k].stack = state.stacks[k].get();
  if (!state.shared.empty() && state.shared.front().size() != launch.shared) state.shared.clear();
  gridDim = launch.grid;
  for (unsigned z = 0; z < launch.grid.z; ++z) {
    for (unsigned y = 0; y < launch.grid.y; ++y) {
      for (unsigned x = 0; x < launch.grid.x; x += launch.cluster) {
        for (unsigned block = 0; block < launch.cluster; ++block) {
          if (state.shared.size() <= block) state.shared.emplace_back(launch.shared);
          // Garbage, as on a device: nothing may rest on zeros.
          std::memset(state.shared[block].data(), 0xFF, launch.shared);
          for (unsigned thread = 0; thread < launch.threads; ++thread) {
            prepare(state.fibres[std::size_t{block} * launch.threads + thread], thread, block, dim3(x + block, y, z));
          }
        }
        run_cluster();
      }
    }
  }
}

void* shared_memory() {
  return state.shared[state.current->block_in_cluster].data();
}

void* shared_memory_of(unsigned block, void* own) {
  const auto place = static_cast<char*>(own) - static_cast<char*>(shared_memory());
  return reinterpret_cast<char*>(state.shared[block].data()) + place;
}

void wait(Scope scope) {
  Fibre& fibre = *state.current;
  fibre.waits = true;
  fibre.scope = scope;
  swapcontext(&fibre.context, &state.scheduler);
}

void* warp_slot(unsigned thread) {
  const std::size_t first = number(*state.current) / 32 * 32;
  return state.slots[first + thread].data();
}

}  // namespace mrnn::emulation
