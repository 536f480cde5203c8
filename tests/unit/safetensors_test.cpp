// The .safetensors format: what others write is read, and a hostile header is an error, never a crash.

#include "files/safetensors.hpp"

#include <cstring>
#include <limits>

#include "catch.hpp"
#include "files/convert.hpp"
#include "files/hdf5_file.hpp"
#include "mrnn/error.hpp"
#include "mrnn/hdf5.hpp"
#include "mrnn/weights.hpp"
#include "temporary_folder.hpp"

namespace {

using mrnn::Element;
using mrnn::Hdf5Reader;
using mrnn::Index;
using mrnn::SafetensorsReader;
using mrnn::SafetensorsWriter;
using Numbers = std::vector<double>;

/// A file of a header and data, with the header's true length or another.
std::string file_of(const std::string& header, const std::string& data = "", std::int64_t length = -1) {
  const auto stated = length < 0 ? static_cast<std::uint64_t>(header.size()) : static_cast<std::uint64_t>(length);
  std::string bytes(sizeof(stated), '\0');
  std::memcpy(bytes.data(), &stated, sizeof(stated));
  return bytes + header + data;
}

template <class Value>
std::string data_of(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};
}

Numbers all_of(const SafetensorsReader& reader, const std::string& name) {
  Index elements = 1;
  for (const Index length : reader.shape(name)) elements *= length;
  Numbers values(static_cast<std::size_t>(elements));
  reader.read_rows(name, 0, reader.shape(name).empty() ? 1 : reader.shape(name)[0], values);
  return values;
}

std::string opening(const std::string& bytes) {
  const test::TemporaryFolder folder;
  try {
    const SafetensorsReader reader(folder.write("w.safetensors", bytes));
  } catch (const mrnn::FileError& error) {
    return std::string(error.what()).substr(error.path().string().size());
  }
  return "no error";
}

/// A 2 x 2 network as PyTorch saves it: unit 1 is inhibitory and sends to both, unit 0 to unit 1.
void write_tensors(const std::filesystem::path& file, const std::map<std::string, std::string>& metadata,
                   const Numbers& weights = {5, 0.25, 0.5, 0.75}) {
  SafetensorsWriter writer(file,
                           {{"rnn.W_rec", Element::float32, {2, 2}},
                            {"rnn.W_rec_mask", Element::float32, {2, 2}},
                            {"rnn.W_rec_sign_matrix", Element::float32, {2, 2}},
                            {"rnn.b_out", Element::float64, {1}}},
                           metadata);
  writer.append(Element::float32, weights);
  writer.append(Element::float32, Numbers{0, 1, 1, 1});
  writer.append(Element::float32, Numbers{1, -1, 1, -1});
  writer.append(Element::float64, Numbers{0.1});
  writer.finish();
}

template <class Action>
std::string mistake(const Action& action) {
  try {
    action();
  } catch (const mrnn::Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("tensors of every type are read as numbers", "[safetensors]") {
  const test::TemporaryFolder folder;
  const auto file =
      folder.write("w.safetensors",
                   file_of(R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},)"
                           R"("b":{"dtype":"F32","shape":[1,2],"data_offsets":[16,24]},"c":{"dtype":"I64","shape":[],)"
                           R"("data_offsets":[24,32]},"d":{"dtype":"BOOL","shape":[2],"data_offsets":[32,34]},)"
                           R"("e":{"dtype":"BF16","shape":[1],"data_offsets":[32,34]}}  )",
                           data_of<double>({1.5, -2}) + data_of<float>({0.5F, 3}) + data_of<std::int64_t>({-7}) +
                               std::string("\1\0", 2)));

  const SafetensorsReader reader(file);

  CHECK(reader.metadata().at("format") == "pt");
  CHECK(all_of(reader, "a") == Numbers{1.5, -2});
  CHECK(reader.shape("b") == std::vector<Index>{1, 2});
  CHECK(all_of(reader, "b") == Numbers{0.5, 3});
  CHECK(all_of(reader, "c") == Numbers{-7});
  CHECK(all_of(reader, "d") == Numbers{1, 0});
  CHECK(mistake([&] { all_of(reader, "e"); }) ==
        file.string() + ": tensor e is of type BF16; accepted: F64, F32, BOOL and whole numbers");
  CHECK_THAT(mistake([&] { all_of(reader, "A"); }), EndsWith("Did you mean \"a\"?"));
}

TEST_CASE("what is no safetensors file is said in a sentence", "[safetensors]") {
  CHECK(opening("") == ": is too short to be a .safetensors file");
  CHECK(opening("1234567") == ": is too short to be a .safetensors file");
  CHECK_THAT(opening(file_of("{}", "", 1000)), ContainsSubstring("it states a header of 1000 bytes and has 10 in all"));
  CHECK_THAT(opening(std::string(8, '\xff')), ContainsSubstring("is cut short or not a .safetensors file"));
  CHECK_THAT(opening(file_of("[]")), EndsWith("its header is no JSON object"));
  CHECK_THAT(opening(file_of("{\"a\"")), StartsWith(": is not a .safetensors file: its header:1:"));
  CHECK_THAT(opening(file_of(std::string(100'000, '['))), StartsWith(": is not a .safetensors file: "));
}

TEST_CASE("a header that lies about its tensors is refused", "[safetensors]") {
  const auto tensor = [](const std::string& type, const std::string& shape, const std::string& offsets) {
    return opening(
        file_of(R"({"a":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}",
                std::string(16, '\0')));
  };

  CHECK(tensor("F64", "[2]", "[0,16]") == "no error");
  CHECK_THAT(tensor("F64", "[2]", "[0,24]"), ContainsSubstring("tensor a: its data lie outside the file"));
  CHECK_THAT(tensor("F64", "[2]", "[16,0]"), ContainsSubstring("tensor a: its data lie outside the file"));
  CHECK_THAT(tensor("F64", "[2]", "[8,18446744073709551615]"), ContainsSubstring("its data lie outside the file"));
  CHECK_THAT(tensor("F64", "[3]", "[0,16]"), EndsWith("tensor a: its data are not as long as its shape says"));
  CHECK_THAT(tensor("F64", "[4294967295,4294967295]", "[0,16]"), EndsWith("tensor a has an impossible shape"));
  CHECK_THAT(tensor("F64", "[18446744073709551615]", "[0,16]"), EndsWith("tensor a: impossible shape"));
  CHECK_THAT(tensor("F64", "[-2]", "[0,16]"), EndsWith("lengths and offsets must be whole numbers from 0"));
  CHECK_THAT(tensor("F64", "[2.0]", "[0,16]"), EndsWith("lengths and offsets must be whole numbers from 0"));
  CHECK_THAT(tensor("F64", "2", "[0,16]"), EndsWith("dtype, shape and two data_offsets are needed"));
  CHECK_THAT(tensor("F64", "[2]", "[0]"), EndsWith("dtype, shape and two data_offsets are needed"));
  CHECK_THAT(opening(file_of(R"({"a":1})")), EndsWith("tensor a: an object was expected in the header"));
}

TEST_CASE("a header with any byte changed is read or refused", "[safetensors]") {
  const test::TemporaryFolder folder;
  const std::string whole =
      file_of(R"({"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}})", std::string(16, '\0'));

  int refused = 0;
  for (std::size_t place = 0; place < whole.size() - 16; ++place) {
    for (const char byte : {'\0', '\xff', '9', '"', '{'}) {
      std::string changed = whole;
      changed[place] = byte;
      if (opening(changed) != "no error") ++refused;
    }
  }
  CHECK(refused > 100);
}

TEST_CASE("weights of PyTorch become a weight file, and back to the same numbers", "[safetensors]") {
  const test::TemporaryFolder folder;
  write_tensors(folder.path() / "w.safetensors", {{"dale", "abs"}, {"dt", "10"}, {"region_name", "a,b"}});

  mrnn::convert_weights(folder.path() / "w.safetensors", folder.path() / "w.h5");
  mrnn::convert_weights(folder.path() / "w.h5", folder.path() / "back.safetensors");

  const Hdf5Reader weights(folder.path() / "w.h5");
  CHECK(weights.read_doubles("network/W_rec") == Numbers{0, -0.25, 0.5, -0.75});
  CHECK(weights.read_doubles("network/free/W_rec") == Numbers{0, 0.25, 0.5, 0.75});
  CHECK(weights.read_doubles("network/structure/mask_rec") == Numbers{0, 1, 1, 1});
  CHECK(weights.read_doubles("network/structure/sign_rec") == Numbers{1, -1, 1, -1});
  CHECK(weights.read_doubles("network/b_out") == Numbers{0.1});
  CHECK(weights.read_texts("network/structure/region_name") == std::vector<std::string>{"a", "b"});
  CHECK(weights.text_attribute("network", "dale") == "abs");
  CHECK(weights.number_attribute("network", "dt") == 10.0);
  const SafetensorsReader back(folder.path() / "back.safetensors");
  CHECK(all_of(back, "W_rec") == Numbers{0, 0.25, 0.5, 0.75});
  CHECK(all_of(back, "W_rec_mask") == Numbers{0, 1, 1, 1});
  CHECK(all_of(back, "W_rec_sign_matrix") == Numbers{1, -1, 1, -1});
  CHECK(back.metadata().at("dale") == "abs");
  CHECK(back.metadata().at("region_name") == "a,b");
}

TEST_CASE("weights whose meaning the file does not give are not converted", "[safetensors]") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "w.safetensors";
  const auto converted = [&] { mrnn::convert_weights(file, folder.path() / "w.h5"); };

  write_tensors(file, {}, {0, 0.25, -0.5, 0.75});
  CHECK_THAT(mistake(converted), ContainsSubstring("rnn.W_rec has negative values, and the file does not say whether"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "w.h5"));
  write_tensors(file, {{"dale", "abs"}}, {0, 0.25, -0.5, 0.75});
  converted();
  CHECK(Hdf5Reader(folder.path() / "w.h5").read_doubles("network/W_rec") == Numbers{0, -0.25, 0.5, -0.75});
  write_tensors(file, {{"dale", "sometimes"}});
  CHECK_THAT(mistake(converted), EndsWith("dale is \"sometimes\"; accepted: none, clamp, abs, project"));
}

TEST_CASE("effective weights without free ones convert by their signs", "[safetensors]") {
  const test::TemporaryFolder folder;
  {
    mrnn::Hdf5Writer writer(folder.path() / "w.h5");
    writer.write("/network/W_rec", {2, 2}, Numbers{0, -0.25, 0.5, 0});
    writer.attribute("/network", "dale", "clamp");
    writer.finish();
  }

  mrnn::convert_weights(folder.path() / "w.h5", folder.path() / "w.safetensors");

  const SafetensorsReader reader(folder.path() / "w.safetensors");
  CHECK(all_of(reader, "W_rec") == Numbers{0, 0.25, 0.5, 0});
  CHECK(all_of(reader, "W_rec_sign_matrix") == Numbers{0, -1, 1, 0});
  CHECK_FALSE(reader.has("W_rec_mask"));
}

TEST_CASE("weights of a network without inputs and outputs come back from tensors", "[safetensors]") {
  mrnn::NetworkSpec spec;
  spec.regions = {{"a", 3}};
  spec.connections = {{"a", "a"}};
  const mrnn::Network network = mrnn::build_network(spec, 0);
  const mrnn::Parameters parameters = mrnn::initial_parameters(network, 0),
                         other = mrnn::initial_parameters(network, 1);
  const test::TemporaryFolder folder;
  const auto first = folder.path() / "w.h5", tensors = folder.path() / "w.safetensors",
             back = folder.path() / "back.h5";
  mrnn::save_weights(first, network, parameters);

  mrnn::convert_weights(first, tensors);
  mrnn::convert_weights(tensors, back);

  CHECK(SafetensorsReader(tensors).metadata().at("input_name").empty());
  CHECK(mrnn::load_weights(tensors, network, other).parameters.recurrent == parameters.recurrent);
  CHECK(mrnn::load_weights(back, network, other).parameters.recurrent == parameters.recurrent);
}

TEST_CASE("weights are told by their endings", "[safetensors]") {
  CHECK(mrnn::are_weights("a.h5", "b.safetensors"));
  CHECK(mrnn::are_weights("a.safetensors", "b.hdf5"));
  CHECK_FALSE(mrnn::are_weights("a.h5", "b.hdf5"));
  CHECK_FALSE(mrnn::are_weights("a.json", "b.toml"));
}

TEST_CASE("what are no weights of a network is not converted, in either direction", "[safetensors][bad]") {
  constexpr double not_a_number = -std::numeric_limits<double>::quiet_NaN();
  const test::TemporaryFolder folder;
  const auto problem = [&](const std::vector<Index>& shape, const Numbers& weights, const Numbers& bias) {
    {
      mrnn::Hdf5Writer writer(folder.path() / "w.h5");
      writer.write("/network/W_rec", shape, weights);
      writer.write("/network/bias", {std::ssize(bias)}, bias);
      writer.finish();
      SafetensorsWriter tensors(folder.path() / "v.safetensors",
                                {{"W_rec", Element::float64, shape}, {"bias", Element::float64, {std::ssize(bias)}}},
                                {});
      tensors.append(Element::float64, weights);
      tensors.append(Element::float64, bias);
      tensors.finish();
    }
    const std::string in = (folder.path() / "w.h5").string(), back = (folder.path() / "v.safetensors").string();
    const auto without = [](const std::string& text, const std::string& file) { return text.substr(file.size() + 2); };
    const std::string words = without(mistake([&] { mrnn::convert_weights(in, folder.path() / "w.safetensors"); }), in);
    CHECK(without(mistake([&] { mrnn::convert_weights(back, folder.path() / "v.h5"); }), back) == words);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
    return words;
  };

  CHECK(problem({3, 4}, Numbers(12, 0.5), {0, 0, 0}) ==
        "W_rec has shape (3, 4); as many rows as columns, one or more, are needed");
  CHECK(problem({0, 0}, {}, {}) == "W_rec has shape (0, 0); as many rows as columns, one or more, are needed");
  CHECK(problem({2, 2}, {0, 1, not_a_number, 1}, {0, 0}) == "W_rec[1, 0] = nan: a finite number is needed");
  CHECK(problem({2, 2}, {0, 1, 1, 1}, {0, not_a_number}) == "bias[1] = nan: a finite number is needed");
  CHECK(problem({2, 2}, {0, 1, 1, 1}, {0, 0, 0}) == "bias has shape (3); the network needs (2)");
}

TEST_CASE("a conversion that is interrupted leaves nothing", "[safetensors]") {
  struct Stopped final : mrnn::Progress {
    bool interrupted() const override { return true; }
  };
  const test::TemporaryFolder folder;
  write_tensors(folder.path() / "w.safetensors", {{"dale", "abs"}});
  mrnn::convert_weights(folder.path() / "w.safetensors", folder.path() / "v.h5");

  CHECK_THROWS_AS(mrnn::convert_weights(folder.path() / "v.h5", folder.path() / "v.safetensors", Stopped()),
                  mrnn::Interrupted);
  CHECK_THROWS_WITH(mrnn::convert_weights(folder.path() / "w.safetensors", folder.path() / "w.h5", Stopped()),
                    "interrupted; nothing was written");

  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
}

TEST_CASE("only weights are converted to weights", "[safetensors]") {
  CHECK(mistake([] { mrnn::convert_weights("a.h5", "b.txt"); }) ==
        "cannot convert a.h5 to b.txt; weights are converted from .h5 to .safetensors or back");
}
