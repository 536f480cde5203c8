// Loading stored weights: which masks and free parameters result, and every way in which a file can be wrong.

#include "mrnn/weights.hpp"

#include <cmath>

#include "catch.hpp"
#include "files/convert.hpp"
#include "mrnn/hdf5.hpp"
#include "program.hpp"
#include "weight_files.hpp"

using namespace test;

TEST_CASE("effective weights give the free parameters by their sign", "[weights]") {
  for (const Dale dale : {Dale::clamp, Dale::abs, Dale::project}) {
    const LoadedWeights loaded = load(Stored{}, example(dale));

    CHECK(row_major(free_values(loaded)) == Numbers{0, 0, 0, 0.4, 0, 0, 0, 0.8, 0.1, 0.2, 0, 0, 0.3, 0.5, 0, 0});
    CHECK(row_major(effective(loaded)) == fitting());
    CHECK(loaded.warnings.empty());
  }
  CHECK(row_major(free_values(load(Stored{}, example(Dale::none)))) == fitting());
}

TEST_CASE("what a weight file lacks keeps its fresh value", "[weights]") {
  const mrnn::Network network = mrnn::build_network(example(), 1);
  const mrnn::Parameters fresh = mrnn::initial_parameters(network, 1);

  Stored stored;
  stored.inputs.clear();
  stored.readout.clear();

  const LoadedWeights loaded = load(stored);

  REQUIRE(loaded.warnings.size() == 2);
  CHECK_THAT(loaded.warnings[0], EndsWith("w.h5: has no W_out, so the weights of the outputs are freshly drawn"));
  CHECK_THAT(loaded.warnings[1], EndsWith("w.h5: has no W_inp, so the weights of the inputs are freshly drawn"));
  CHECK(loaded.parameters.input[0] == fresh.input[0]);
  CHECK(loaded.parameters.readout[0] == fresh.readout[0]);
  CHECK(loaded.parameters.bias == fresh.bias);
  CHECK(loaded.parameters.tau == fresh.tau);
}

TEST_CASE("all that a weight file has is loaded", "[weights]") {
  Stored stored;
  stored.inputs = {0, 0, 0.25, 0.75};
  stored.readout = {0, 0, -1, 2};
  stored.bias = {1, 2, 3, 4};
  stored.tau = {10, 20, 30, 40};
  stored.initial_state = {5, 6, 7, 8};

  const LoadedWeights loaded = load(stored);

  CHECK(row_major(loaded.parameters.input[0]) == Numbers{0.25, 0.75});
  CHECK(row_major(loaded.parameters.readout[0]) == Numbers{-1, 2});
  CHECK(row_major(loaded.parameters.bias) == stored.bias);
  CHECK(row_major(loaded.parameters.tau) == stored.tau);
  CHECK(row_major(loaded.parameters.initial_state) == stored.initial_state);
}

TEST_CASE("a stored mask replaces the drawn one", "[weights]") {
  Stored stored;
  stored.mask = {0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0};
  stored.weights[9] = 0.0;

  const LoadedWeights loaded = load(stored);

  CHECK(row_major(patterns(loaded)) == Numbers{0, 0, 0, -1, 0, 0, 0, -1, 1, 0, 0, 0, 1, 1, 0, 0});
  CHECK(loaded.warnings.empty());
}

TEST_CASE("without a stored mask, what is not zero is the mask of a sparse connection only", "[weights]") {
  mrnn::NetworkSpec spec = example(Dale::none);
  spec.connections[0].sparsity = 0.5;
  Stored stored;
  stored.weights = {0, 0, 0, 0, 0, 0, 0, -0.8, 0.1, 0, 0, 0, 0.3, 0.5, 0, 0};

  const LoadedWeights loaded = load(stored, spec);

  CHECK(row_major(patterns(loaded)) == Numbers{0, 0, 0, -1, 0, 0, 0, -1, 1, 0, 0, 0, 1, 1, 0, 0});
}

TEST_CASE("stored free parameters are used under the same method only", "[weights]") {
  Stored stored;
  stored.free = {0, 0, 0, 0.4, 0, 0, 0, -0.8, -0.1, 0.2, 0, 0, 0.3, 0.5, 0, 0};
  stored.dale = "abs";

  CHECK(row_major(free_values(load(stored, example(Dale::abs)))) == stored.free);
  CHECK(free_values(load(stored, example(Dale::clamp)))(2, 0) == 0.1);
}

TEST_CASE("free parameters that disagree with the weights are an error", "[weights]") {
  Stored stored;
  stored.free = {0, 0, 0, 0.4, 0, 0, 0, 0.8, 0.1, 0.2, 0, 0, 0.3, 0.6, 0, 0};
  stored.dale = "clamp";

  CHECK(mistake(stored) == "free/W_rec[b.q 0, a 1] = 0.6: gives the weight 0.6, but W_rec holds 0.5");
}

TEST_CASE("zeros that training can never move are counted", "[weights]") {
  const test::TemporaryFolder folder;
  Stored stored = with_weight(2, 0, 0.0);
  const auto file = write(folder, stored);

  CHECK(load(file, example(Dale::abs)).warnings ==
        std::vector<std::string>{file.string() +
                                 ": 1 of the 6 weights of W_rec are zero; under dale = \"abs\" training "
                                 "can never move them"});
  CHECK(load(file, example(Dale::clamp)).warnings ==
        std::vector<std::string>{file.string() +
                                 ": 1 of the 6 weights of W_rec are at or beyond the bounds [0, 10]; under dale = "
                                 "\"clamp\" training can never move them"});
  mrnn::NetworkSpec bounded = example(Dale::clamp);
  bounded.bounds = {0.0, 0.8};  // the largest weight is at the upper bound
  REQUIRE(load(file, bounded).warnings.size() == 1);
  CHECK_THAT(load(file, bounded).warnings.front(), ContainsSubstring(": 2 of the 6 weights of W_rec are at or beyond"));
  for (mrnn::Connection& connection : bounded.connections) connection.trainable = false;
  CHECK(load(file, bounded).warnings.empty());
  CHECK(load(file, example(Dale::project)).warnings.empty());
  CHECK(load(file, example(Dale::none)).warnings.empty());
}

TEST_CASE("a connection that the file has nothing of is a warning", "[weights]") {
  const test::TemporaryFolder folder;
  Stored stored;
  stored.mask = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0};
  stored.weights = {0, 0, 0, 0, 0, 0, 0, 0, 0.1, 0.2, 0, 0, 0.3, 0.5, 0, 0};
  const auto file = write(folder, stored);

  CHECK(load(file, example()).warnings ==
        std::vector<std::string>{file.string() + ": connection b.q->a has no weights in this file"});
}

TEST_CASE("a weight that does not fit the network is named with its place", "[weights]") {
  CHECK(mistake(with_weight(0, 3, 0.4)) ==
        "W_rec[a 0, b.q 0] = 0.4: the source is inhibitory, so under dale = \"clamp\" its weights are not positive");
  CHECK(mistake(with_weight(2, 1, -0.4)) ==
        "W_rec[b.p 0, a 1] = -0.4: the source is excitatory, so under dale = \"clamp\" its weights are not negative");
  CHECK(mistake(with_weight(3, 0, 10.5)) == "W_rec[b.q 0, a 0] = 10.5: its size is outside the bounds [0, 10]");
  CHECK(mistake(with_weight(1, 0, 0.5)) == "W_rec[a 1, a 0] = 0.5: the network has no connection there");
  CHECK(mistake(with_weight(2, 0, -not_a_number)) == "W_rec[b.p 0, a 0] = nan: a finite number is needed");
  CHECK(mistake(with_weight(0, 0, not_a_number)) == "W_rec[a 0, a 0] = nan: the network has no connection there");
  CHECK(mistake(with_weight(0, 3, 0.4), example(Dale::none)) == "no error");
  CHECK(mistake(with_weight(3, 0, 10.5), example(Dale::abs)) == "no error");
  CHECK(mistake(with_weight(3, 0, 10.5), example(Dale::project)) ==
        "W_rec[b.q 0, a 0] = 10.5: its size is outside the bounds [0, 10]");
}

TEST_CASE("a mask or sign that does not fit the network is named with its place", "[weights]") {
  Stored stored;
  stored.mask = {0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0};
  CHECK(mistake(stored) == "W_rec[b.p 0, a 1] = 0.2: there is no connection between these units");
  stored.mask[0] = 1;
  CHECK(mistake(stored) == "structure/mask_rec[a 0, a 0] = 1: the network has no connection there");
  stored.mask[0] = 0;
  stored.mask[3] = 2;
  CHECK(mistake(stored) == "structure/mask_rec[a 0, b.q 0] = 2: a mask holds 0 and 1 only");
  stored = {};
  stored.sign = {0, 0, 0, 1, 0, 0, 0, -1, 1, 1, 0, 0, 1, 1, 0, 0};
  CHECK(mistake(stored) == "structure/sign_rec[a 0, b.q 0] = 1: the network has an inhibitory source there");
}

TEST_CASE("an autapse that the network excludes is an error", "[weights]") {
  mrnn::NetworkSpec spec = example();
  spec.connections.resize(4);
  spec.connections[3].from = "a";
  spec.connections[3].to = "a";
  spec.connections[3].autapses = false;
  Stored stored = with_weight(1, 1, 0.5);

  CHECK(mistake(stored, spec) == "W_rec[a 1, a 1] = 0.5: there is no connection between these units");
  stored.mask = {0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0};
  CHECK(mistake(stored, spec) == "structure/mask_rec[a 1, a 1] = 1: connection a->a has no autapses");
}

TEST_CASE("other arrays that do not fit are named", "[weights]") {
  Stored stored;
  stored.inputs = {0, 0.5, 0.25, 0.75};
  CHECK(mistake(stored) == "W_inp[a 1, cue 0] = 0.5: the network has no connection there");
  stored = {};
  stored.readout = {1, 0, 0, 0};
  CHECK(mistake(stored) == "W_out[choice 0, a 0] = 1: the output does not read this unit in this way");
  stored.readout = {0, 0, 0, not_a_number};
  CHECK(mistake(stored) == "W_out[choice 0, b.q 0] = nan: a finite number is needed");
  stored = {};
  stored.bias = {0, 0, 0};
  CHECK(mistake(stored) == "bias has shape (3); the network needs (4)");
  stored.bias = {0, 0, not_a_number, 0};
  CHECK(mistake(stored) == "bias[b.p 0] = nan: a finite number is needed");
  stored = {};
  stored.tau = {100, 5, 100, 100};
  CHECK(mistake(stored) == "tau[a 1] = 5: a time constant must not be shorter than dt, which is 10 ms");
  stored = {};
  stored.weights.resize(8);
  CHECK(mistake(stored) == "W_rec has shape (4, 2); the network needs (4, 4)");
  stored.weights.clear();
  CHECK(mistake(stored) == "network/W_rec is missing");
}

TEST_CASE("a readout of one sign takes weights of that sign", "[weights]") {
  mrnn::NetworkSpec spec = example();
  spec.outputs[0].sign = mrnn::Sign::inhibitory;
  Stored stored;
  stored.readout = {0, 0, -1, -2};

  const LoadedWeights loaded = load(stored, spec);

  CHECK(row_major(mrnn::effective_weights(loaded.network, loaded.parameters).readout[0]) == Numbers{-1, -2});
  stored.readout = {0, 0, -1, 2};
  CHECK(mistake(stored, spec) == "W_out[choice 0, b.q 0] = 2: the output's sign does not allow it");
}

TEST_CASE("weights of a network with other regions are refused", "[weights]") {
  Stored stored;
  stored.regions = {"a", "c"};

  CHECK(mistake(stored) == "its regions are a, c; the network's are a, b");
}

TEST_CASE("a file that is no weight file is said to be none", "[weights]") {
  const test::TemporaryFolder folder;
  const auto text = [&](const std::filesystem::path& file) {
    try {
      load(file, example());
    } catch (const mrnn::FileError& error) {
      return std::string(error.what()).substr(error.path().string().size() + 2);
    }
    return std::string();
  };
  {
    Hdf5Writer writer(folder.path() / "other.h5");
    writer.finish();
    Hdf5Writer newer(folder.path() / "newer.h5");
    newer.attribute("/", "format_version", std::int64_t{2});
    newer.finish();
  }

  CHECK(text(folder.path() / "missing.h5") == "there is no such file");
  CHECK(text(folder.path() / "missing.safetensors") == "there is no such file");
  CHECK_THAT(text(folder.path() / "model.pth"),
             StartsWith("is PyTorch's own format; safetensors.torch.save_file(model.state_dict(), "));
  CHECK(text(folder.path() / "other.h5") == "has no group /network, so it holds no weights");
  CHECK(text(folder.path() / "newer.h5") == "has format version 2, from a newer mrnn; this one reads up to 1");
}

TEST_CASE("saved weights with a bit changed anywhere are refused", "[weights][bad]") {
  const test::TemporaryFolder folder;
  const mrnn::Network network = mrnn::build_network(example(), 1);
  const mrnn::Parameters parameters = mrnn::initial_parameters(network, 1);
  mrnn::save_weights(folder.path() / "w.h5", network, parameters);
  const std::string whole = test::text_of(folder.path() / "w.h5");

  for (std::size_t at = 0; at < whole.size() - 22; at += 89) {
    CAPTURE(at);
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const auto file = folder.write("w.h5", damaged);
    CHECK_THROWS_WITH(mrnn::load_weights(file, network, parameters),
                      file.string() + ": is damaged: its contents do not match the checksum that ends it");
  }
}

TEST_CASE("saved weights load to the same parameters, from either format", "[weights]") {
  const Dale dale = GENERATE(Dale::none, Dale::clamp, Dale::abs, Dale::project);
  const test::TemporaryFolder folder;
  mrnn::NetworkSpec spec = example(dale);
  spec.connections[0].sparsity = 0.4;
  const mrnn::Network network = mrnn::build_network(spec, 3);
  mrnn::Parameters parameters = mrnn::initial_parameters(network, 3);
  parameters.bias[2] = 0.125;

  mrnn::save_weights(folder.path() / "w.h5", network, parameters);
  mrnn::convert_weights(folder.path() / "w.h5", folder.path() / "w.safetensors");
  mrnn::convert_weights(folder.path() / "w.safetensors", folder.path() / "again.h5");

  for (const std::string name : {"w.h5", "w.safetensors", "again.h5"}) {
    CAPTURE(name);
    const LoadedWeights loaded = load(folder.path() / name, spec);
    for (std::size_t k = 0; k < network.recurrent_blocks().size(); ++k) {
      CHECK(loaded.network.recurrent_blocks()[k].pattern == network.recurrent_blocks()[k].pattern);
      const auto exists = network.recurrent_blocks()[k].pattern.array() != 0;
      CHECK(loaded.parameters.recurrent[k] == exists.select(parameters.recurrent[k], 0.0).matrix());
    }
    CHECK(loaded.parameters.input == parameters.input);
    CHECK(loaded.parameters.readout == parameters.readout);
    CHECK(loaded.parameters.readout_bias == parameters.readout_bias);
    CHECK(loaded.parameters.bias == parameters.bias);
    CHECK(loaded.parameters.tau == parameters.tau);
    CHECK(loaded.warnings.empty());
  }
}

TEST_CASE("every golden file is a weight file of its network", "[weights][golden]") {
  const std::string name = GENERATE("celltypes_full_relu", "celltypes_tanh", "cbgtcl_full_relu", "elman_tanh",
                                    "leaky_relu", "flip_flop_leaky");
  CAPTURE(name);
  const std::filesystem::path file = std::filesystem::path(MRNN_TEST_DATA) / "golden" / (name + ".h5");
  const Hdf5Reader golden(file);
  const test::TemporaryFolder folder;
  mrnn::NetworkSpec spec =
      mrnn::import_mrnntorch(folder.write("net.json", golden.text_attribute("/", "config_json"))).spec;
  const std::string dale = golden.text_attribute("/", "dale");
  spec.dale = dale == "abs" ? Dale::abs : Dale::clamp;
  if (golden.has_attribute("/", "dale_input")) spec.dale_input = Dale::none;
  spec.dt = golden.number_attribute("/", "dt");
  spec.tau = golden.number_attribute("/", "tau");

  const LoadedWeights loaded = load(file, spec);
  mrnn::save_weights(folder.path() / "w.h5", loaded.network, loaded.parameters);

  const Hdf5Reader saved(folder.path() / "w.h5");
  for (const std::string array : {"W_rec", "W_inp", "free/W_rec", "free/W_inp", "structure/mask_rec",
                                  "structure/mask_inp", "structure/sign_rec", "structure/sign_inp"}) {
    CAPTURE(array);
    CHECK(saved.read_doubles("network/" + array) == golden.read_doubles("network/" + array));
  }
  CHECK(loaded.warnings.empty());
}
