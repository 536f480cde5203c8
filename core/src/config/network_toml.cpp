// Writes a network description as TOML: only what differs from the defaults, in the order of the description.

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <type_traits>

#include "config/spec_names.hpp"
#include "mrnn/network_config.hpp"

namespace mrnn {
namespace {

/// A TOML basic string.
std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// The shortest text that reads back to the same bits, always a floating-point number to TOML: an integer
/// would lose the sign of -0.0.
std::string written(double number) {
  std::string text = fmt::format("{}", number);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}
std::string written(bool value) {
  return value ? "true" : "false";
}
std::string written(Index value) {
  return fmt::format("{}", value);
}
std::string written(const std::string& text) {
  return toml_string(text);
}
template <class Enum>
requires std::is_enum_v<Enum> std::string written(Enum value) {
  return toml_string(name_of(value));
}

template <class Value>
bool same(const Value& a, const Value& b) {
  return a == b;
}
bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

class Writer {
 public:
  void header(std::string_view text) { text_ += (text_.empty() ? "" : "\n") + std::string(text) + "\n"; }
  void raw(std::string_view key, const std::string& value) { text_ += fmt::format("{} = {}\n", key, value); }
  template <class Value>
  void always(std::string_view key, const Value& value) {
    raw(key, written(value));
  }
  template <class Value>
  void differing(std::string_view key, const Value& value, const Value& usual) {
    if (!same(value, usual)) raw(key, written(value));
  }
  template <class Value>
  void present(std::string_view key, const std::optional<Value>& value) {
    if (value) raw(key, written(*value));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// `{ name = "d1", fraction = 0.5 }, ...` between brackets.
std::string cell_types(const std::vector<CellType>& types) {
  std::string text = "[";
  for (const CellType& type : types) {
    text += text.size() == 1 ? "" : ",";
    text += fmt::format(" {{ name = {}, fraction = {}", toml_string(type.name), written(type.fraction));
    if (type.sign) text += fmt::format(", sign = {}", written(*type.sign));
    text += " }";
  }
  return text + " ]";
}

std::string initialiser(const Initialiser& init) {
  std::string text = fmt::format("{{ distribution = {}", written(init.distribution));
  for (const auto& [key, value] : parameters_of(init.distribution)) {
    text += fmt::format(", {} = {}", key, written(init.*value));
  }
  return text + " }";
}

void write_network(Writer& out, const NetworkSpec& spec) {
  const NetworkSpec usual;
  Writer table;
  table.differing("dynamics", spec.dynamics, usual.dynamics);
  table.differing("activation", spec.activation, usual.activation);
  table.differing("dt", spec.dt, usual.dt);
  table.differing("tau", spec.tau, usual.tau);
  table.differing("noise.recurrent", spec.noise_recurrent, usual.noise_recurrent);
  table.differing("noise.input", spec.noise_input, usual.noise_input);
  table.differing("dale", spec.dale, usual.dale);
  table.present("dale_input", spec.dale_input);
  if (spec.bounds) table.raw("bounds", fmt::format("[{}, {}]", written((*spec.bounds)[0]), written((*spec.bounds)[1])));
  table.present("spectral_radius", spec.spectral_radius);
  const std::string text = table.take();
  if (!text.empty()) out.header("[network]\n" + text.substr(0, text.size() - 1));
}

void write_region(Writer& out, const Region& region) {
  const Region usual;
  out.header("[[region]]");
  out.always("name", region.name);
  out.always("units", region.units);
  if (!region.cell_types.empty()) out.raw("cell_types", cell_types(region.cell_types));
  out.differing("sign", region.sign, usual.sign);
  out.present("activation", region.activation);
  out.present("noise", region.noise);
  out.present("tau", region.tau);
  out.differing("base_firing", region.base_firing, usual.base_firing);
  out.differing("initial_state", region.initial_state, usual.initial_state);
  out.differing("learnable_bias", region.learnable_bias, usual.learnable_bias);
  out.differing("learnable_initial_state", region.learnable_initial_state, usual.learnable_initial_state);
  out.differing("learnable_tau", region.learnable_tau, usual.learnable_tau);
  out.differing("parent", region.parent, usual.parent);
}

void write_connection(Writer& out, const Connection& connection) {
  const Connection usual;
  out.header("[[connection]]");
  out.always("from", connection.from);
  out.always("to", connection.to);
  out.present("sign", connection.sign);
  out.differing("sparsity", connection.sparsity, usual.sparsity);
  out.differing("autapses", connection.autapses, usual.autapses);
  out.differing("trainable", connection.trainable, usual.trainable);
  if (connection.init) out.raw("init", initialiser(*connection.init));
}

void write_output(Writer& out, const Output& output) {
  const Output usual;
  out.header("[[output]]");
  out.always("name", output.name);
  out.always("units", output.units);
  std::string from;
  for (const std::string& selector : output.from) from += (from.empty() ? "" : ", ") + toml_string(selector);
  if (!from.empty()) out.raw("from", "[" + from + "]");
  out.differing("activation", output.activation, usual.activation);
  out.present("sign", output.sign);
  out.differing("readout", output.readout, usual.readout);
  out.differing("trainable", output.trainable, usual.trainable);
}

}  // namespace

std::string to_toml(const NetworkSpec& spec) {
  Writer out;
  write_network(out, spec);
  for (const Region& region : spec.regions) write_region(out, region);
  for (const InputRegion& input : spec.inputs) {
    out.header("[[input]]");
    out.always("name", input.name);
    out.always("units", input.units);
    out.differing("sign", input.sign, InputRegion{}.sign);
  }
  for (const Connection& connection : spec.connections) write_connection(out, connection);
  for (const Output& output : spec.outputs) write_output(out, output);
  return out.take();
}

}  // namespace mrnn
