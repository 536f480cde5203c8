// Weights as tensors: of this program, of mRNNTorch, and of models around an mRNN.

#include <map>

#include "catch.hpp"
#include "files/convert.hpp"
#include "files/safetensors.hpp"
#include "mrnn/hdf5.hpp"
#include "weight_files.hpp"

using namespace test;

namespace {

struct Tensor {
  std::string name;
  std::vector<Index> shape;
  Numbers values;
};

/// The weights of the example, as free parameters.
Tensor weights_named(const std::string& name) {
  return {name, {4, 4}, {0, 0, 0, 0.4, 0, 0, 0, 0.8, 0.1, 0.2, 0, 0, 0.3, 0.5, 0, 0}};
}

std::filesystem::path write_tensors(const test::TemporaryFolder& folder, const std::vector<Tensor>& tensors) {
  std::vector<mrnn::SafetensorsWriter::Plan> plans;
  for (const Tensor& tensor : tensors) plans.push_back({tensor.name, mrnn::Element::float64, tensor.shape});
  mrnn::SafetensorsWriter writer(folder.path() / "w.safetensors", plans, {});
  for (const Tensor& tensor : tensors) writer.append(mrnn::Element::float64, tensor.values);
  writer.finish();
  return folder.path() / "w.safetensors";
}

}  // namespace

TEST_CASE("tensors of another method weigh what they weighed under it", "[weights][safetensors]") {
  const Dale made = GENERATE(Dale::clamp, Dale::abs, Dale::project), now = GENERATE(Dale::none, Dale::clamp, Dale::abs);
  const test::TemporaryFolder folder;
  const mrnn::Network network = mrnn::build_network(example(made), 3);
  mrnn::Parameters parameters = mrnn::initial_parameters(network, 3);
  if (made == Dale::abs) parameters.recurrent[0] *= -1.0;
  mrnn::save_weights(folder.path() / "w.h5", network, parameters);
  mrnn::convert_weights(folder.path() / "w.h5", folder.path() / "w.safetensors");

  const LoadedWeights loaded = load(folder.path() / "w.safetensors", example(now));

  const Numbers weights = row_major(effective(load(folder.path() / "w.h5", example(now))));
  CHECK(row_major(effective(loaded)) == weights);
  CHECK(weights == row_major(effective({network, parameters, true, {}})));
  CHECK(loaded.warnings.empty());
}

TEST_CASE("tensors are read by the method and bounds that they name", "[weights][safetensors]") {
  const test::TemporaryFolder folder;
  const auto loaded = [&](const Numbers& free, const std::map<std::string, std::string>& metadata,
                          const mrnn::NetworkSpec& spec) {
    mrnn::SafetensorsWriter writer(folder.path() / "w.safetensors", {{"W_rec", mrnn::Element::float64, {4, 4}}},
                                   metadata);
    writer.append(mrnn::Element::float64, free);
    writer.finish();
    return row_major(effective(load(folder.path() / "w.safetensors", spec)));
  };
  mrnn::NetworkSpec wider = example(Dale::clamp);
  wider.bounds = {0.0, 30.0};
  const Numbers free = {0, 0, 0, 20, 0, 0, 0, 0.5, 0.5, 20, 0, 0, 0.5, 0.5, 0, 0};
  const Numbers within_bounds = {0, 0, 0, -10, 0, 0, 0, -0.5, 0.5, 10, 0, 0, 0.5, 0.5, 0, 0};

  CHECK(loaded(free, {{"dale", "clamp"}, {"bounds", "0,10"}}, wider) == within_bounds);
  CHECK(loaded(free, {{"dale", "clamp"}, {"bounds", "0,10"}}, example(Dale::none)) == within_bounds);
  CHECK(loaded(free, {}, example(Dale::none)) == free);
  CHECK_THROWS_WITH(
      loaded(free, {{"dale", "none"}}, example(Dale::abs)),
      ContainsSubstring("W_rec[a 0, b.q 0] = 20: the source is inhibitory, so under dale = \"abs\" its weights are not "
                        "positive"));
  CHECK_THROWS_WITH(loaded(free, {{"dale", "often"}}, example()),
                    ContainsSubstring("dale is \"often\"; accepted: none, clamp, abs, project"));
}

TEST_CASE("of a larger model, what belongs to an mRNN is read and the rest is named", "[weights][safetensors]") {
  const test::TemporaryFolder folder;
  const auto file = write_tensors(folder, {weights_named("rnn.W_rec"),
                                           {"rnn.W_inp", {4, 1}, {0, 0, 0.1, 0.2}},
                                           {"out_layer.weight", {1, 4}, {0, 0, 0.3, 0.4}},
                                           {"out_layer.bias", {1}, {0.5}}});

  const LoadedWeights loaded = load(file, example(Dale::abs));

  CHECK(row_major(effective(loaded)) == fitting());
  CHECK(loaded.parameters.bias.isZero());  // not that of the readout
  REQUIRE(loaded.warnings.size() == 2);
  CHECK_THAT(loaded.warnings[0], EndsWith("has no W_out, so the weights of the outputs are freshly drawn"));
  CHECK_THAT(loaded.warnings[1], EndsWith("of no use here: out_layer.bias, out_layer.weight; W_rec, W_inp, W_out, "
                                          "b_out, bias, x0, tau, masks and signs are read"));
}

TEST_CASE("a readout has the prefix of the mRNN or none", "[weights][safetensors]") {
  const std::string prefix = GENERATE("rnn.", "");
  const test::TemporaryFolder folder;
  const auto file = write_tensors(folder, {weights_named("rnn.W_rec"),
                                           {"rnn.W_inp", {4, 1}, {0, 0, 0.1, 0.2}},
                                           {prefix + "W_out", {1, 4}, {0, 0, 0.3, 0.4}},
                                           {prefix + "b_out", {1}, {0.5}}});

  const LoadedWeights loaded = load(file, example(Dale::abs));

  CHECK(loaded.warnings.empty());
  CHECK(row_major(loaded.parameters.readout[0]) == Numbers{0.3, 0.4});
  CHECK(loaded.parameters.readout_bias[0] == 0.5);
}

TEST_CASE("tensors without W_rec are named, and so is where it comes from", "[weights][safetensors]") {
  const test::TemporaryFolder folder;
  const auto file = write_tensors(folder, {weights_named("a_b"), {"b_a", {1}, {0.5}}});

  CHECK_THROWS_WITH(load(file, example()),
                    EndsWith("has no tensor W_rec, but a_b, b_a; early versions of mRNNTorch "
                             "have one tensor for each connection, of which gen_w() makes W_rec"));
}

TEST_CASE("tensors of weights under clamp weigh the same by their absolute values", "[weights][safetensors]") {
  const test::TemporaryFolder folder;
  mrnn::NetworkSpec spec = example(Dale::clamp);
  spec.bounds = {0.0, 0.3};
  const mrnn::Network network = mrnn::build_network(spec, 3);
  mrnn::Parameters parameters = mrnn::initial_parameters(network, 3);
  for (Eigen::MatrixXd& block : parameters.recurrent) block.row(0).array() -= 1.0;   // below the bounds,
  for (Eigen::MatrixXd& block : parameters.recurrent) block.row(1).array() += 0.75;  // and above
  mrnn::save_weights(folder.path() / "w.h5", network, parameters);

  mrnn::convert_weights(folder.path() / "w.h5", folder.path() / "w.safetensors");

  const mrnn::SafetensorsReader tensors(folder.path() / "w.safetensors");
  Numbers free(16), mask(16), sign(16);
  tensors.read_rows("W_rec", 0, 4, free);
  tensors.read_rows("W_rec_mask", 0, 4, mask);
  tensors.read_rows("W_rec_sign_matrix", 0, 4, sign);
  const Numbers weights = row_major(effective({network, parameters, true, {}}));
  for (std::size_t k = 0; k < weights.size(); ++k) {
    CAPTURE(k);
    CHECK(std::abs(free[k]) * mask[k] * sign[k] == weights[k]);
  }
}
