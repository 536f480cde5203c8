// Simulations whose trials differ from those of [task]: longer delays, another task.

#include <numeric>

#include "catch.hpp"
#include "delays_experiment.hpp"
#include "mrnn/hdf5.hpp"
#include "program.hpp"

namespace {

const std::string network = test::delays_network() + R"([task]
plugin = "delayed_discrimination"
fixation = 40.0
f1 = 40.0
delay = 100.0
f2 = 40.0
decision = 40.0
catch_probability = 0.0
)";

const std::string simulations = R"(
[[simulation]]
name = "control"
trials = 12

[[simulation]]
name = "long"
trials = 12
task = { delay = 300.0 }

[[simulation]]
name = "pulse"
task = { plugin = "pulses", duration = 150.0, pulse = [{ input = "frequency", onset = 20.0, duration = 50.0 }] }
)";

test::Outcome run(const test::TemporaryFolder& folder, const std::string& text,
                  const std::vector<std::string>& more = {}) {
  folder.write("delays.toml", text);
  std::vector<std::string> command{"run", "delays.toml"};
  command.insert(command.end(), more.begin(), more.end());
  return test::mrnn(command, {.folder = folder.path()});
}

}  // namespace

TEST_CASE("a simulation changes keys of the task or has a task of its own", "[program][simulation_tasks]") {
  const test::TemporaryFolder folder;
  const test::Outcome outcome = run(folder, network + simulations + "\n[[analysis]]\nplugin = \"psth\"\n" +
                                                "simulation = [\"control\", \"long\", \"pulse\"]\n");
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);

  CHECK_THAT(outcome.out, ContainsSubstring("\nlong: share of correct choices "));
  CHECK_THAT(outcome.out, !ContainsSubstring("\npulse: "));
  const mrnn::Hdf5Reader results(folder.path() / "run" / "results.h5");
  CHECK(results.shape("simulations/control/h") == std::vector<mrnn::Index>{12, 26, 5});
  CHECK(results.shape("simulations/long/h") == std::vector<mrnn::Index>{12, 46, 5});
  CHECK(results.shape("simulations/pulse/h") == std::vector<mrnn::Index>{1, 15, 5});
  CHECK(results.shape("simulations/long/score") == std::vector<mrnn::Index>{12});
  CHECK(results.text_attribute("simulations/long", "performance_measure") == "share of correct choices");
  CHECK(!results.has("simulations/pulse/score"));
  // Trial by trial the conditions are the same: only the delay differs.
  CHECK(results.read_texts("simulations/long/trials/condition") ==
        results.read_texts("simulations/control/trials/condition"));
}

TEST_CASE("what --set changes in the task of a simulation is changed", "[program][simulation_tasks]") {
  const test::TemporaryFolder folder;
  const test::Outcome outcome =
      run(folder, network + simulations, {"--set", "simulation.long.task.delay=50", "--set", "task.f2=80"});
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);

  const mrnn::Hdf5Reader results(folder.path() / "run" / "results.h5");
  CHECK(results.shape("simulations/control/h") == std::vector<mrnn::Index>{12, 30, 5});
  CHECK(results.shape("simulations/long/h") == std::vector<mrnn::Index>{12, 25, 5});
}

TEST_CASE("analyses ask the task of their own simulation", "[program][simulation_tasks]") {
  const test::TemporaryFolder folder;
  const test::Outcome outcome = run(folder, network + simulations + R"(
[[analysis]]
plugin = "psychometric"
simulation = ["control", "long"]
trials = 30
bootstrap = 10

[[analysis]]
name = "lesions"
plugin = "lesion_scan"
simulation = "long"

[[analysis]]
name = "pulse_lesions"
plugin = "lesion_scan"
simulation = "pulse"
)");
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);

  const mrnn::Hdf5Reader results(folder.path() / "run" / "results.h5");
  const auto score = results.read_doubles("simulations/long/score");
  const double mean = std::reduce(score.begin(), score.end()) / static_cast<double>(score.size());
  CHECK(results.read_doubles("analyses/lesions/control_performance").front() == mean);
  CHECK(!results.has("analyses/pulse_lesions/control_performance"));
  CHECK(results.read_texts("analyses/psychometric/curves") == std::vector<std::string>{"control", "long"});
}

TEST_CASE("mistakes in the task of a simulation are told where they stand", "[program][simulation_tasks]") {
  const test::TemporaryFolder folder;
  const auto mistake = [&](const std::string& more) {
    const test::Outcome outcome = run(folder, network + more);
    CHECK(outcome.status == 2);
    return outcome.err;
  };

  const std::string misspelt = mistake("\n[[simulation]]\nname = \"long\"\ntask = { dely = 300.0 }\n");
  CHECK_THAT(misspelt, ContainsSubstring("delays.toml:") && ContainsSubstring("simulation[0].task.dely: ") &&
                           ContainsSubstring("Did you mean \"delay\"?"));
  CHECK_THAT(mistake("\n[[simulation]]\nname = \"other\"\ntask = { plugin = \"pulse\" }\n"),
             ContainsSubstring("simulation[0].task.plugin: ") && ContainsSubstring("\"pulses\""));
  CHECK_THAT(
      mistake(simulations + "\n[[analysis]]\nplugin = \"psychometric\"\nsimulation = [\"control\", \"pulse\"]\n"),
      ContainsSubstring("needs a task with choices and a psychometric curve; that of simulation \"pulse\" has "
                        "none"));
}
