// What a user may get wrong in a configuration: each is answered with the exit status and a message that
// names file, line and key, before anything is run or written.

#include "catch.hpp"
#include "program.hpp"
#include "small_experiment.hpp"

using test::small_experiment;
using test::with;

namespace {

test::Outcome run_config(const test::TemporaryFolder& folder, const std::string& text) {
  folder.write("bad.toml", text);
  return test::mrnn({"run", "bad.toml"}, {.folder = folder.path()});
}

/// Line of the first occurrence of `part`, from 1, as text.
std::string line_of(const std::string& text, const std::string& part) {
  const std::size_t at = text.find(part);
  REQUIRE(at != std::string::npos);
  return std::to_string(1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

struct Mistake {
  std::string part, replacement;  ///< what is written instead of what
  std::string key, problem;       ///< what the message must name
};

}  // namespace

TEST_CASE("a mistake in the configuration is answered with file, line and key", "[bad]") {
  const Mistake mistake = GENERATE(
      Mistake{"activation = \"tanh\"", "activatoin = \"tanh\"", "network.activatoin", "Did you mean \"activation\"?"},
      Mistake{"activation = \"tanh\"", "activation = \"tahn\"", "network.activation", "Did you mean \"tanh\"?"},
      Mistake{"dt = 10.0", "dt = \"ten\"", "network.dt", "is a string"},
      Mistake{"dt = 10.0", "dt = -10.0", "network.dt", "above 0"},
      Mistake{"tau = 100.0", "tau = 1.0", "network.tau", "shorter than dt"},
      Mistake{"units = 4", "unts = 4", "region[0].units", "Is \"unts\" meant to be it?"},
      Mistake{"units = 4", "units = 0", "region[0].units", "at least 1"},
      Mistake{"units = 4", "units = -4", "region[0].units", "at least 1"},
      Mistake{"fraction = 0.75", "fraction = 0.5", "region[0].cell_types", "sum to 0.75"},
      Mistake{"to = \"motor\"", "to = \"moter\"", "connection[1].to", "Did you mean \"motor\"?"},
      Mistake{"from = \"cue\"", "from = \"queue\"", "connection[0].from", "no region or input called \"queue\""},
      Mistake{"from = \"motor\"\nto = \"sensory\"", "from = \"sensory\"\nto = \"motor\"", "connection[2]",
              "touches the same pairs of units"},
      Mistake{"sparsity = 0.25", "sparsity = 1.25", "connection[1].sparsity", "1.25"},
      Mistake{"dale = \"clamp\"", "dale = \"clamp\"\nbounds = [-1.0, 1.0]", "network.bounds", "0 or more"},
      Mistake{"dale = \"clamp\"", "dale = \"none\"\nbounds = [0.0, 1.0]", "network.bounds", "neither"},
      Mistake{"plugin = \"pulses\"", "plugin = \"pulse\"", "task.plugin", "Did you mean \"pulses\"?"},
      Mistake{"plugin = \"silence\"", "plugin = \"silense\"", "manipulation[0].plugin", "Did you mean \"silence\"?"},
      Mistake{"plugin = \"psth\"", "plugin = \"pstm\"", "analysis[0].plugin", "Did you mean \"psth\"?"},
      Mistake{"regions = [\"motor\"]", "regions = [\"mortor\"]", "manipulation[0].regions", "Did you mean \"motor\"?"},
      Mistake{"manipulations = [\"silence_motor\"]", "manipulations = [\"silence_moter\"]",
              "simulation[1].manipulations", "Did you mean \"silence_motor\"?"},
      Mistake{"simulation = [\"control\", \"silenced\"]", "simulation = [\"contol\"]", "analysis[0].simulation",
              "Did you mean \"control\"?"},
      Mistake{"trials = 4", "trials = 4\nrecord = [\"z\"]", "simulation[0].record", "no quantity called \"z\""},
      Mistake{"trials = 4", "trials = 4\nrecord = [\"x\"]", "analysis[0].simulation", "does not record it"},
      Mistake{"name = \"silenced\"", "name = \"control\"", "simulation[1].name", "already a simulation"},
      Mistake{"input = \"cue\"", "input = \"clue\"", "task.pulse[0].input", "Did you mean \"cue\"?"},
      Mistake{"[experiment]", "[train]\niterations = 1\n[experiment]", "task", "makes no targets"},
      Mistake{"[experiment]", "[train]\nloss = \"msse\"\n[experiment]", "train.loss", "Did you mean \"mse\"?"},
      Mistake{"[experiment]", "[train]\noptimiser = { name = \"adma\" }\n[experiment]", "train.optimiser.name",
              "accepted: adam, adamw, sgd, rmsprop"},
      Mistake{"[experiment]", "[train]\noptimiser = { momentum = 0.9 }\n[experiment]", "train.optimiser.momentum",
              "unknown key; this table accepts: beta1 beta2 clip_norm epsilon name rate"},
      Mistake{"[experiment]", "[train]\nschedule = \"linear\"\n[experiment]", "train.schedule",
              "accepted: constant, step, cosine, plateau"},
      Mistake{"[experiment]", "[train]\npenalties = { l2_rate = 1 }\n[experiment]", "train.penalties.l2_rate",
              "Did you mean \"l2_rates\"?"},
      Mistake{"[experiment]", "[train]\nmanipulations = [{ name = \"silence_moter\" }]\n[experiment]",
              "train.manipulations[0].name", "Did you mean \"silence_motor\"?"},
      Mistake{"[experiment]", "[train]\nvalidate_evry = 3\n[experiment]", "train.validate_evry",
              "Did you mean \"validate_every\"?"},
      Mistake{"seed = 3", "seed = -3", "experiment.seed", "at least 0"});
  const test::TemporaryFolder folder;
  const std::string text = with(small_experiment(), mistake.part, mistake.replacement);
  CAPTURE(mistake.replacement);

  const test::Outcome outcome = run_config(folder, text);

  CHECK(outcome.status == 2);
  CHECK_THAT(outcome.err, StartsWith("mrnn: bad.toml:"));
  CHECK_THAT(outcome.err, ContainsSubstring(": " + mistake.key + ": "));
  CHECK_THAT(outcome.err, ContainsSubstring(mistake.problem));
  CHECK(outcome.out.empty());
  CHECK_FALSE(std::filesystem::exists(folder.path() / "run"));
}

TEST_CASE("a misspelt table is named, not what is missing without it", "[bad]") {
  for (const std::string table : {"[network]", "[[region]]", "[[input]]", "[[connection]]", "[task]"}) {
    const test::TemporaryFolder folder;
    const std::string name = table.substr(table.rfind('[') + 1, table.find(']') - table.rfind('[') - 1);
    const std::string brackets = table.substr(0, table.rfind('[') + 1);
    std::string text = small_experiment();
    for (std::size_t at = 0; (at = text.find("\n" + table, at)) != std::string::npos; ++at) {
      text.insert(at + 1 + brackets.size() + name.size(), "s");
    }
    folder.write("small.toml", text);

    const test::Outcome outcome = test::mrnn({"check", "small.toml"}, {.folder = folder.path()});

    CAPTURE(table, outcome.err);
    CHECK(outcome.status == 2);
    CHECK_THAT(outcome.err, ContainsSubstring(name + "s: unknown key; the configuration accepts: ") &&
                                ContainsSubstring("Did you mean \"" + name + "\"?"));
  }
}

TEST_CASE("the line of a message is the line of the mistake", "[bad]") {
  const test::TemporaryFolder folder;
  const std::string text = with(small_experiment(), "to = \"motor\"", "to = \"moter\"");

  const test::Outcome outcome = run_config(folder, text);

  CHECK_THAT(outcome.err, StartsWith("mrnn: bad.toml:" + line_of(text, "to = \"moter\"") + ":"));
}

TEST_CASE("text that is not TOML is answered with its line", "[bad]") {
  const test::TemporaryFolder folder;
  const std::string text = with(small_experiment(), "seed = 3", "seed = = 3");

  const test::Outcome outcome = run_config(folder, text);

  CHECK(outcome.status == 2);
  CHECK_THAT(outcome.err, StartsWith("mrnn: bad.toml:" + line_of(text, "seed = = 3") + ":"));
}

TEST_CASE("files that are missing, cut short or not what they should be are answered with status 3", "[bad]") {
  const test::TemporaryFolder folder;
  folder.write("text.h5", "this is no HDF5 file");
  folder.write("empty.h5", "");
  const std::string golden = test::text_of(MRNN_TEST_DATA "/golden/leaky_relu.h5");
  folder.write("truncated.h5", golden.substr(0, golden.size() / 2));
  const auto [weights, problem] = GENERATE(table<std::string, std::string>({{"absent.h5", "no such file"},
                                                                            {"text.h5", "text.h5: "},
                                                                            {"empty.h5", "empty.h5: "},
                                                                            {"truncated.h5", "truncated.h5: "},
                                                                            {".", "folder"}}));
  CAPTURE(weights);

  const test::Outcome outcome =
      run_config(folder, with(small_experiment(), "dt = 10.0", "dt = 10.0\nweights = \"" + weights + "\""));

  CHECK(outcome.status == 3);
  CHECK_THAT(outcome.err, ContainsSubstring(problem));
}

TEST_CASE("weights of another network are answered with status 3 and both shapes", "[bad]") {
  const test::TemporaryFolder folder;
  const std::string weights = MRNN_TEST_DATA "/golden/leaky_relu.h5";

  const test::Outcome outcome =
      run_config(folder, with(small_experiment(), "dt = 10.0", "dt = 10.0\nweights = \"" + weights + "\""));

  CHECK(outcome.status == 3);
  CHECK_THAT(outcome.err, ContainsSubstring("leaky_relu.h5") && ContainsSubstring("70") && ContainsSubstring("7"));
}

TEST_CASE("broken and bottomless JSON never crashes", "[bad]") {
  const test::TemporaryFolder folder;
  const auto [content, status] =
      GENERATE(table<std::string, int>({{"{\"recurrent_regions\": [", 2},
                                        {std::string(10000, '[') + std::string(10000, ']'), 2},
                                        {std::string(1000000, '['), 2},
                                        {"{\"recurrent_regions\": 3}", 2},
                                        {"", 2},
                                        {"\xff\xfe", 2}}));
  folder.write("net.json", content);

  const test::Outcome converted = test::mrnn({"convert", "net.json", "net.toml"}, {.folder = folder.path()});

  CHECK(converted.status == status);
  CHECK_THAT(converted.err, StartsWith("mrnn: ") && ContainsSubstring("net.json"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "net.toml"));
}

TEST_CASE("JSON of no network is not converted", "[bad]") {
  const std::string a = R"({"name": "a", "num_units": 4)", regions = R"({"recurrent_regions": [)";
  const std::string loop = R"({"src_region": "a", "dst_region": "a"})";
  const auto [json, problem] = GENERATE_COPY(table<std::string, std::string>({
      {"{}", "net.json: region: "},
      {regions + a + "}, " + a + "}]}", "recurrent_regions[1]: region[1].name: \"a\" is already the name of a region"},
      {regions + R"({"name": "a b", "num_units": 4}]})", "recurrent_regions[0]: region[0].name: "},
      {regions + a + R"(, "cell_types": {"d": 0.5}}]})", "recurrent_regions[0]: region[0].cell_types: "},
      {regions + a + R"(}], "recurrent_connections": [{"src_region": "b", "dst_region": "a"}]})",
       "recurrent_connections[0]: connection[0].from: "},
      {regions + a + "}], \"recurrent_connections\": [" + loop + ", " + loop + "]}",
       "recurrent_connections[1]: connection[1]: "},
  }));
  CAPTURE(json);
  const test::TemporaryFolder folder;
  folder.write("net.json", json);

  const test::Outcome converted = test::mrnn({"convert", "net.json", "net.toml"}, {.folder = folder.path()});

  CHECK(converted.status == 2);
  CHECK_THAT(converted.err, ContainsSubstring(problem));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "net.toml"));
}

TEST_CASE("bottomless TOML never crashes", "[bad]") {
  const test::TemporaryFolder folder;
  const test::Outcome arrays = run_config(folder, "a = " + std::string(10000, '['));
  std::string dotted = "a";
  for (int depth = 0; depth < 100000; ++depth) dotted += ".a";
  const test::Outcome keys = run_config(folder, dotted + " = 1");

  CHECK(arrays.status == 2);
  CHECK(keys.status == 2);
}

TEST_CASE("an override is checked like the file, and named in the message", "[bad]") {
  const test::TemporaryFolder folder;
  folder.write("good.toml", small_experiment());

  const test::Outcome unknown = test::mrnn({"run", "good.toml", "--set", "network.tua=3"}, {.folder = folder.path()});
  const test::Outcome wrong =
      test::mrnn({"run", "good.toml", "--set", "simulation.contrl.trials=3"}, {.folder = folder.path()});
  const test::Outcome backend = test::mrnn({"run", "good.toml", "--backend", "egien"}, {.folder = folder.path()});

  CHECK(unknown.status == 2);
  CHECK_THAT(unknown.err, ContainsSubstring("--set network.tua=3") && ContainsSubstring("Did you mean \"tau\"?"));
  CHECK(wrong.status == 2);
  CHECK_THAT(wrong.err, ContainsSubstring("Did you mean \"control\"?"));
  CHECK(backend.status == 2);
  CHECK_THAT(backend.err, ContainsSubstring("no backend called \"egien\"") && ContainsSubstring("\"eigen\"?"));
}

TEST_CASE("products that there are not, or that the backend has not, are an error with what there is", "[bad]") {
  const test::TemporaryFolder folder;
  folder.write("good.toml", small_experiment());
  const auto error = [&](const std::string& products) {
    return test::mrnn({"check", "good.toml", "--set", "backend.products=\"" + products + "\""},
                      {.folder = folder.path()})
        .err;
  };

  CHECK_THAT(error("bf16"), ContainsSubstring("backend.products: ") && ContainsSubstring("Did you mean \"bf16x3\"?"));
  CHECK_THAT(error("bf16x3"),
             ContainsSubstring("backend.products: is \"bf16x3\"; the backend \"eigen\" has \"ieee\" only "
                               "(\"bf16x3\" and \"tf32\" are modes of the backend \"cuda\")"));
  CHECK(error("ieee").empty());
}
