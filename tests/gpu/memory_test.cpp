// What a session says it takes of a device, to the byte, and what a device says that refuses: with the host in the
// place of the device, which has as much memory, and is as busy, as a test wants.

#include <memory>
#include <regex>

#include "catch.hpp"
#include "checks.hpp"
#include "device_cases.hpp"
#include "mrnn/error.hpp"

using namespace mrnn;
using test::On;
using test::Wish;

namespace {

Wish limit_to(std::size_t bytes) {
  return {"MRNN_EMULATED_BYTES", std::to_string(bytes)};
}

/// Every unit reads every other, so that no part of a block is absent.
test::Training full_training(Index units, Index trials, Index steps, bool has_all) {
  NetworkSpec spec;
  spec.regions = {{"a", units}};
  spec.regions[0].learnable_tau = has_all;
  spec.inputs = {{"cue", 3}};
  spec.connections = {{"a", "a"}, {"cue", "a"}};
  spec.outputs = {{"out", 2}};
  return test::draw_training(spec,
                             {.units = units,
                              .trials = trials,
                              .steps = steps,
                              .mask = has_all ? "random" : "none",
                              .initial_per_trial = has_all,
                              .stimulus = has_all},
                             1, 0.1);
}

/// Two iterations, the second with trials that were prepared. Returns what went wrong, in words.
std::string train(Session& session, const test::Training& training, const Record& record) {
  try {
    std::shared_ptr<const Trials> trials = std::make_shared<const Trials>(training.trials), next;
    for (std::int64_t number = 1; number <= 2; ++number) {
      session.load(*trials);
      session.forward(record, Noise::on);
      if (record.backward_every == 0) continue;
      session.backward(training.loss, [&] {
        next = std::make_shared<const Trials>(*trials);
        session.prepare(next);
      });
      session.update({{}, 1e-3, number});
      trials = next;
    }
  } catch (const RunError& error) {
    return error.what();
  }
  return "";
}

Index largest_in(const std::string& message) {
  std::smatch found;
  return std::regex_search(message, found, std::regex("largest batch that fits is ([0-9]+) trials"))
             ? std::stoll(found[1])
             : -1;
}

}  // namespace

TEST_CASE("a session takes the memory it says, to the byte", "[emulated][memory]") {
  if (!test::is_emulated()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const auto [units, trials, steps] = GENERATE(table<Index, Index, Index>({{7, 3, 5}, {70, 130, 4}}));
  const bool has_all = GENERATE(false, true);
  const Record record = GENERATE(Record{.y = true}, Record{.x = true, .h = true, .steps = {1, 4}},
                                 Record{.backward_every = 1}, Record{.h = true, .y = true, .backward_every = 3});
  CAPTURE(static_cast<int>(precision), units, trials, steps, has_all, record.backward_every);
  const test::Training training = full_training(units, trials, steps, has_all);
  const std::size_t before = *test::device().free_memory();
  const auto session = test::open(On::device, training, precision);

  REQUIRE(train(*session, training, record) == "");

  const std::size_t planned =
      test::device().memory(training.network, {.precision = precision}, shape_of(training.trials), record).total();
  CHECK(before - *test::device().free_memory() == planned);
}

TEST_CASE("a session with products on tensor cores takes the memory it says, to the byte", "[emulated][memory]") {
  if (!test::is_emulated()) return;
  const auto products = GENERATE(Products::bf16x3, Products::tf32);
  const std::string name = GENERATE("dense", "persistent", "fragments", "tensor", "resident");
  const Wish design("MRNN_CUDA_DESIGN", name);
  const Record record = GENERATE(Record{.y = true}, Record{.backward_every = 1}, Record{.backward_every = 3});
  CAPTURE(static_cast<int>(products), record.backward_every, name);
  const test::Training training = full_training(40, 20, 4, true);
  const SessionOptions options{.precision = Precision::float32, .products = products};
  const std::size_t before = *test::device().free_memory();
  const auto session = test::open(On::device, training, Precision::float32, products);

  REQUIRE(train(*session, training, record) == "");

  const std::size_t planned =
      test::device().memory(training.network, options, shape_of(training.trials), record).total();
  CHECK(before - *test::device().free_memory() == planned);
}

TEST_CASE("a network with absent connections takes at most what it says", "[emulated][memory]") {
  if (!test::is_emulated()) return;
  const Index units = GENERATE(33, 129);
  const test::Training training = test::make({.training = {.units = units, .trials = 9}, .regions = 5});
  const std::size_t before = *test::device().free_memory();
  const auto session = test::open(On::device, training);

  REQUIRE(train(*session, training, {.backward_every = 2}) == "");

  const std::size_t taken = before - *test::device().free_memory();
  const std::size_t planned =
      test::device()
          .memory(training.network, {.precision = Precision::float64}, shape_of(training.trials), {.backward_every = 2})
          .total();
  // Chunks of 32 x 16 weights none of which exists, in blocks that do.
  CHECK(taken <= planned);
  CHECK(planned - taken < planned / 20);
}

TEST_CASE("the largest batch that is said to fit does, and one trial more does not", "[emulated][memory][bad]") {
  if (!test::is_emulated()) return;
  const auto precision = GENERATE(Precision::float32, Precision::float64);
  const Index every = GENERATE(1, 7);
  constexpr std::size_t most = (std::size_t{32} << 20) + 1'800'000;
  constexpr Index steps = 10;
  CAPTURE(static_cast<int>(precision), every);
  const Wish limit = limit_to(most);
  const Record record{.y = true, .backward_every = every};
  const auto message_of = [&](Index trials) {
    const test::Training training = full_training(40, trials, steps, false);
    return train(*test::open(On::device, training, precision), training, record);
  };

  const std::string message = message_of(3000);

  CAPTURE(message);
  const Index fitting = largest_in(message);
  REQUIRE(fitting > 8);
  CHECK_THAT(message, StartsWith("out of device memory: 3000 trials of 10 steps with 40 units need ") &&
                          ContainsSubstring("0.04 GB of the 0.04 GB of a device played by the host are free for them"));
  CHECK((message.find("train.memory = \"recompute\"") != std::string::npos) == (every == 1));
  CHECK(message_of(fitting) == "");
  CHECK(largest_in(message_of(fitting + 1)) == fitting);
}

TEST_CASE("where the trials alone do not fit, it is said that their run comes on top", "[emulated][memory][bad]") {
  if (!test::is_emulated()) return;
  const Wish limit = limit_to((std::size_t{32} << 20) + 2'000'000);
  const test::Training training = full_training(40, 300, 20, true);

  CHECK_THAT(
      train(*test::open(On::device, training), training, {.backward_every = 1}),
      ContainsSubstring("; the largest batch that fits is ") && EndsWith(" trials, less what a run of them keeps"));
}

TEST_CASE("where the next batch has no room beside the present one, results are the same", "[emulated][memory]") {
  if (!test::is_emulated()) return;
  const test::Training training = full_training(40, 64, 20, true);
  const Record record{.backward_every = 1};
  const auto parameters = [&](const auto& session) {
    CHECK(train(*session, training, record) == "");
    return session->read_parameters();
  };
  const Parameters expected = parameters(test::open(On::device, training));
  const SessionMemory with_both =
      test::device().memory(training.network, {.precision = Precision::float64}, shape_of(training.trials), record);

  const Wish limit = limit_to(with_both.total() - 4096);
  const auto session = test::open(On::device, training);

  test::check_same_bits(parameters(session), expected);
  CHECK(*test::device().free_memory() == with_both.trials / 2 - 4096);
}

TEST_CASE("prepared trials give their room to an activity that needs it", "[emulated][memory]") {
  if (!test::is_emulated()) return;
  const test::Training shorter = full_training(40, 64, 10, true), longer = full_training(40, 64, 20, true);
  const Record record{.backward_every = 1};
  const auto memory = [&](const test::Training& training) {
    return test::device().memory(training.network, {.precision = Precision::float64}, shape_of(training.trials),
                                 record);
  };
  const Wish limit = limit_to(memory(longer).total() - memory(longer).trials / 2);
  const auto session = test::open(On::device, shorter);
  REQUIRE(train(*session, shorter, record) == "");

  CHECK(train(*session, longer, record) == "");
}

TEST_CASE("a session that has no room for its weights says so", "[emulated][memory][bad]") {
  if (!test::is_emulated()) return;
  const test::Training training = full_training(40, 3, 5, false);
  const Wish limit = limit_to((std::size_t{32} << 20) + 2000);

  CHECK_THROWS_WITH(test::open(On::device, training),
                    StartsWith("out of device memory: 40 units need at least 0.03 GB, and 0.03 GB of the 0.03 GB"));
}

TEST_CASE("a session goes on after trials that had no room", "[emulated][memory][bad]") {
  if (!test::is_emulated()) return;
  const Wish design("MRNN_CUDA_DESIGN", "resident");
  // Few trials leave room for blocks of 16 units, many for blocks of 32, of which the weights are laid out anew.
  const auto of = [](Index trials) { return test::make({.training = {.units = 33, .trials = trials, .steps = 3}}); };
  const test::Training few = of(5), many = of(128), more = of(256);
  const auto open = [&] { return test::open(On::device, few, Precision::float32, Products::bf16x3); };
  const auto session = open();
  test::run_forward(*session, few);

  {
    const Wish limit = limit_to(1);
    CHECK_THROWS_WITH(session->load(more.trials), StartsWith("out of device memory: "));
  }

  CHECK_THROWS_WITH(session->forward({}, Noise::off), "forward() needs load() first, after write_parameters()");
  CHECK(test::run_forward(*session, many).h.data == test::run_forward(*open(), many).h.data);
}

TEST_CASE("a device that is busy says what can be done", "[emulated][bad]") {
  if (!test::is_emulated()) return;
  const test::Training training = full_training(7, 3, 5, false);
  const Wish busy("MRNN_EMULATED_REFUSES", "46");

  const Availability here = test::device().availability();

  CHECK(!here.available);
  CHECK_THAT(here.reason, StartsWith("the device cannot be used: ") &&
                              ContainsSubstring("another program has it for itself alone: wait until that ends, choose "
                                                "another device with CUDA_VISIBLE_DEVICES, or let programs share it"));
  CHECK_THROWS_WITH(test::open(On::device, training), ContainsSubstring(here.reason));
}
