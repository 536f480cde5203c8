// What a configuration says without effect, or hardly means, is said before it runs.

#include <sstream>
#include <string>

#include "catch.hpp"
#include "program.hpp"
#include "small_experiment.hpp"
#include "training_experiment.hpp"

using test::small_experiment;
using test::training_experiment;
using test::with;

namespace {

std::string warnings(const std::string& text) {
  const test::TemporaryFolder folder;
  folder.write("small.toml", text);
  const test::Outcome outcome = test::mrnn({"check", "small.toml"}, {.folder = folder.path()});
  REQUIRE(outcome.status == 0);
  std::string found;
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) {
    const bool of_build = line.find("the inner loops of this build") != std::string::npos;  // depends on the compiler
    if (line.starts_with("warning: ") && !of_build) found += line.substr(9) + "\n";
  }
  return found;
}

}  // namespace

TEST_CASE("a configuration whose parts all act has no warning", "[advice]") {
  CHECK(warnings(small_experiment()).empty());
}

TEST_CASE("a step so short that it may be meant in seconds is noticed", "[advice]") {
  const std::string seconds = with(small_experiment(), "dt = 10.0", "dt = 0.04");
  CHECK_THAT(warnings(seconds), ContainsSubstring("network.dt is 0.04 ms, which is very short; all times are in ms\n"));
}

TEST_CASE("signs that no law keeps are named", "[advice]") {
  const std::string free = with(small_experiment(), "dale = \"clamp\"", "dale = \"none\"");
  CHECK(warnings(free) ==
        "sensory has a sign that has no effect, since network.dale is \"none\" and weights are free to be of either; "
        "dale = \"clamp\", \"abs\" or \"project\" keeps signs\n");
  CHECK(
      warnings(with(free, "to = \"motor\"", "to = \"motor\"\nsign = \"excitatory\"")) ==
      "sensory, sensory.exc->motor have a sign that has no effect, since network.dale is \"none\" and weights are free "
      "to be of either; dale = \"clamp\", \"abs\" or \"project\" keeps signs\n");
  CHECK(warnings(with(with(small_experiment(), "dale = \"clamp\"", "dale = \"clamp\"\ndale_input = \"none\""),
                      "name = \"cue\"", "name = \"cue\"\nsign = \"inhibitory\"")) ==
        "cue has a sign that has no effect, since network.dale_input is \"none\" and weights are free to be of either; "
        "dale = \"clamp\", \"abs\" or \"project\" keeps signs\n");
}

TEST_CASE("units that both excite and inhibit are counted", "[advice]") {
  const std::string both =
      with(small_experiment(), "[[output]]",
           "[[connection]]\nfrom = \"motor\"\nto = \"motor\"\nsign = \"inhibitory\"\n\n[[output]]");
  CHECK(warnings(both) ==
        "some units both excite and inhibit, which Dale's law excludes (3 of 3 in motor), since their connections have "
        "signs of their own; cell types of one sign each keep the law\n");
}

TEST_CASE("regions and inputs without a connection are named", "[advice]") {
  const std::string lone =
      "[[region]]\nname = \"lone\"\nunits = 2\n\n[[input]]\nname = \"tone\"\nunits = 1\n\n[[output]]";
  CHECK(warnings(with(small_experiment(), "[[output]]", lone)) == "region lone, input tone have no connection\n");
}

TEST_CASE("a training that cannot learn is noticed", "[advice]") {
  std::string frozen = training_experiment();
  for (const char* part : {"learnable_bias = true\n", "learnable_tau = true\n", "learnable_initial_state = true\n",
                           "trainable = false\n"}) {
    frozen = with(frozen, part, "");
  }
  for (const std::string kind : {"[[connection]]\n", "[[output]]\n"}) {
    const std::string own = kind + "trainable = false\n";
    for (std::size_t at = frozen.find(kind); at != std::string::npos; at = frozen.find(kind, at + own.size())) {
      frozen.replace(at, kind.size(), own);
    }
  }

  CHECK_THAT(warnings(frozen),
             ContainsSubstring("nothing in this network is trainable, so training will change nothing"));
  CHECK_THAT(warnings(with(frozen, "[[output]]\ntrainable = false\n", "[[output]]\n")),
             !ContainsSubstring("trainable"));
  CHECK_THAT(warnings(with(training_experiment(), "[train]\n",
                           "[train]\nloss = { wave = { name = \"mse\", weight = 0.0 } }\n")),
             ContainsSubstring("train.loss gives every output a weight of 0, so nothing is learnt from the targets"));
}

TEST_CASE("a manipulation that no simulation has is named", "[advice]") {
  CHECK(warnings(with(small_experiment(), "manipulations = [\"silence_motor\"]", "")) ==
        "manipulation silence_motor is part of no simulation; manipulations = [\"silence_motor\"] in a [[simulation]] "
        "applies it\n");
}

TEST_CASE("weights drawn where training can never move them are counted, where there is a training", "[advice]") {
  const std::string zeros = with(with(test::training_experiment(), "\"project\"", "\"abs\""), "to = \"b\"",
                                 "to = \"b\"\ninit = { distribution = \"constant\", value = 0.0 }");
  const std::string bounded =
      with(test::training_experiment(), "dale = \"project\"", "dale = \"clamp\"\nbounds = [0.5, 10.0]");
  const std::string counted =
      "as drawn, 6 of the 26 weights of W_rec are zero; under dale = \"abs\" training can never move them; under dale "
      "= \"project\" it can";
  const std::string clamped =
      " at or beyond the bounds [0.5, 10]; under dale = \"clamp\" training can never move them; under dale = "
      "\"project\" it can\n";

  CHECK(warnings(zeros) == counted + "\n");
  CHECK(warnings(with(zeros, "value = 0.0 }", "value = 0.0 }\ntrainable = false")).empty());
  CHECK(warnings(with(zeros, "\"abs\"", "\"project\"")).empty());
  CHECK(warnings(zeros.substr(0, zeros.find("[train]"))).empty());
  const std::string clipped =
      "initial weights are drawn outside network.bounds = [0.5, 10] and put at the nearer bound: 100 % of "
      "amplitude->a, "
      "100 % of a->a, 100 % of a.exc->b, 100 % of b->a; another init or wider bounds leave them as drawn\n";
  CHECK(warnings(bounded) == clipped + "as drawn, 18 of the 26 weights of W_rec are" + clamped +  // 8 are not trained
                                 "as drawn, 4 of the 4 weights of W_inp are" + clamped);
  const test::TemporaryFolder folder;
  folder.write("small.toml", with(zeros, "iterations = 60", "iterations = 1"));
  const test::Outcome run = test::mrnn({"run", "small.toml"}, {.folder = folder.path()});
  CHECK(run.status == 0);
  CHECK_THAT(run.err, ContainsSubstring(counted));
}

TEST_CASE("connections whose initial weights the bounds clip are named", "[advice]") {
  const auto drawn = [](const std::string& dale, const std::string& high) {
    return with(with(small_experiment(), "dale = \"clamp\"", "dale = \"" + dale + "\"\nbounds = [0.0, 0.5]"),
                "to = \"motor\"",
                "to = \"motor\"\ninit = { distribution = \"uniform\", low = 0.0, high = " + high + " }");
  };

  CHECK_THAT(
      warnings(drawn("project", "50.0")),
      Catch::Matches("initial weights are drawn outside network\\.bounds = \\[0, 0\\.5\\] and put at the nearer "
                     "bound: [0-9]+ % of sensory\\.exc->motor; another init or wider bounds leave them as drawn\n"));
  CHECK(warnings(drawn("project", "0.5")).empty());
  CHECK(warnings(drawn("clamp", "1.0")).empty());  // drawn again until they are inside
  CHECK_THAT(warnings(with(drawn("clamp", "1.0"), "\"uniform\", low = 0.0, high = 1.0", "\"constant\", value = 2.0")),
             ContainsSubstring("bound: 100 % of sensory.exc->motor;"));
}

TEST_CASE("weights that are loaded are not counted as drawn", "[advice]") {
  const std::string bounded =
      with(test::training_experiment(), "dale = \"project\"", "dale = \"clamp\"\nbounds = [0.5, 10.0]");
  const test::TemporaryFolder folder;
  folder.write("first.toml", bounded.substr(0, bounded.find("[train]")));
  REQUIRE(test::mrnn({"run", "first.toml"}, {.folder = folder.path()}).status == 0);
  folder.write("second.toml", with(bounded, "bounds =", "weights = \"run/results.h5\"\nbounds ="));

  const test::Outcome outcome = test::mrnn({"check", "second.toml"}, {.folder = folder.path()});

  REQUIRE(outcome.status == 0);
  CHECK_THAT(outcome.out, !ContainsSubstring("as drawn") && !ContainsSubstring("initial weights"));
}
