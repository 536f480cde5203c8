// Networks described in mRNNTorch's JSON, in its earlier dialect (cell types within regions, signs on
// connections) and its later one (signs and parents on regions). The two differ in which keys they use, never
// in what a key means, so one reader takes both. docs/mrnntorch.md has the table of keys.

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "config/json_table.hpp"
#include "files/text_file.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"
#include "mrnn/network_config.hpp"

namespace mrnn {
namespace {

/// Regions say pos or neg, connections exc or inhib; null is no sign of its own.
std::optional<Sign> read_sign(JsonTable& table, const std::string& excitatory, const std::string& inhibitory) {
  if (!table.has("sign")) return std::nullopt;
  const std::string sign = table.text("sign");
  if (sign == excitatory) return Sign::excitatory;
  if (sign == inhibitory) return Sign::inhibitory;
  const std::vector<std::string> accepted = {excitatory, inhibitory};
  std::string problem = fmt::format("is \"{}\"; accepted: {}", sign, join(accepted));
  if (const std::string near = nearest(sign, accepted); !near.empty()) {
    problem += fmt::format(". Did you mean \"{}\"?", near);
  }
  table.fail("sign", problem);
}

Region read_region(JsonTable& table, std::size_t index) {
  Region region;
  region.name = table.text("name", fmt::format("region_{}", index));
  region.units = table.count("num_units");
  for (const auto& [name, fraction] : table.named_numbers("cell_types")) {
    if (!(fraction > 0.0 && fraction <= 1.0)) {
      table.fail("cell_types." + name, fmt::format("is {}; a number above 0 and up to 1 is accepted", fraction));
    }
    region.cell_types.push_back({name, fraction, std::nullopt});
  }
  region.sign = read_sign(table, "pos", "neg").value_or(Sign::excitatory);
  region.base_firing = table.number("base_firing", 0.0);
  region.initial_state = table.number("init", 0.0);
  region.learnable_bias = table.flag("learnable_bias", false);
  region.parent = table.text("parent_region", "");
  table.ignore("device");
  table.finish();
  return region;
}

InputRegion read_input(JsonTable& table, std::size_t index) {
  InputRegion input;
  input.name = table.text("name", fmt::format("input_{}", index));
  input.units = table.count("num_units");
  input.sign = read_sign(table, "pos", "neg").value_or(Sign::excitatory);
  table.ignore("device");
  table.finish();
  return input;
}

/// `striatum`, or `striatum.d1` where a cell type is given.
std::string selector(JsonTable& table, std::string_view region_key, std::string_view cell_type_key) {
  const std::string region = table.text(region_key);
  const std::string cell_type = table.text(cell_type_key, "");
  return cell_type.empty() ? region : region + "." + cell_type;
}

/// @param source_key  what this kind of connection calls the region it comes from
Connection read_connection(JsonTable& table, std::string_view source_key) {
  Connection connection;
  connection.from = selector(table, source_key, "src_region_cell_type");
  connection.to = selector(table, "dst_region", "dst_region_cell_type");
  connection.sign = read_sign(table, "exc", "inhib");
  connection.sparsity = table.within("sparsity", 0.0, 1.0, 0.0);
  if (table.flag("zero_connection", false)) {
    table.fail("zero_connection", "is true; a connection without weights is described by leaving it out");
  }
  table.finish();
  return connection;
}

enum class SourceKind : std::uint8_t { region, input };

/// Each list has connections from parts of one kind: those of the other are other weights.
void check_source(const JsonTable& table, std::string_view key, const std::string& from, SourceKind wanted,
                  const NetworkSpec& spec) {
  const std::string source = from.substr(0, from.find('.'));
  const bool is_input = std::ranges::find(spec.inputs, source, &InputRegion::name) != spec.inputs.end();
  const bool is_region = std::ranges::any_of(
      spec.regions, [&](const Region& region) { return region.name == source || region.parent == source; });
  if (wanted == SourceKind::input ? is_input || !is_region : is_region || !is_input) return;
  table.fail(key, fmt::format("is \"{}\", {}", source,
                              is_input ? "an input; its connections belong into input_connections"
                                       : "a recurrent region; its connections belong into recurrent_connections"));
}

Connection read_recurrent_connection(JsonTable& table, const NetworkSpec& spec) {
  Connection connection = read_connection(table, "src_region");
  check_source(table, "src_region", connection.from, SourceKind::region, spec);
  return connection;
}

/// Inputs are named by `input` in the earlier dialect, by `src_region` in the later one.
Connection read_input_connection(JsonTable& table, const NetworkSpec& spec) {
  const bool earlier = table.has("input");
  if (earlier && table.has("src_region")) {
    table.fail("input", "and src_region are both there; the input is named once");
  }
  const char* key = earlier ? "input" : "src_region";
  Connection connection = read_connection(table, key);
  check_source(table, key, connection.from, SourceKind::input, spec);
  return connection;
}

}  // namespace

NetworkSource import_mrnntorch(const std::filesystem::path& file) {
  const std::string origin = file.string();
  const nlohmann::ordered_json document = parse_json(read_text_file(file), origin);
  JsonTable root(document, origin, "");
  NetworkSource source;
  NetworkSpec& spec = source.spec;
  source.where["network"] = origin;
  for (JsonTable& table : root.list("recurrent_regions")) {
    source.where[fmt::format("region[{}]", spec.regions.size())] = table.where();
    spec.regions.push_back(read_region(table, spec.regions.size()));
  }
  for (JsonTable& table : root.list("input_regions")) {
    source.where[fmt::format("input[{}]", spec.inputs.size())] = table.where();
    spec.inputs.push_back(read_input(table, spec.inputs.size()));
  }
  for (JsonTable& table : root.list("recurrent_connections")) {
    source.where[fmt::format("connection[{}]", spec.connections.size())] = table.where();
    spec.connections.push_back(read_recurrent_connection(table, spec));
  }
  for (JsonTable& table : root.list("input_connections")) {
    source.where[fmt::format("connection[{}]", spec.connections.size())] = table.where();
    spec.connections.push_back(read_input_connection(table, spec));
  }
  root.finish();
  return source;
}

}  // namespace mrnn
