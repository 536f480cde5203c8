#include "files/results_training.hpp"

#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

/// Calls `visit(name, column)` for every column but the parts of the loss.
template <class History, class Visit>
void visit_columns(History& history, const Visit& visit) {
  visit("iteration", history.iteration);
  visit("loss", history.loss);
  visit("gradient_norm", history.gradient_norm);
  visit("performance", history.performance);
  visit("rate", history.rate);
  visit("stage", history.stage);
  visit("validation_iteration", history.validation_iteration);
  visit("validation_loss", history.validation_loss);
  visit("validation_performance", history.validation_performance);
}

template <class Value>
void read_column(const Hdf5Reader& reader, const std::string& name, std::vector<Value>& column) {
  column.clear();
  for (const double value : reader.read_doubles(name)) column.push_back(static_cast<Value>(value));
}

void check_length(const Hdf5Reader& reader, const std::string& name, std::size_t length, std::size_t expected) {
  if (length == expected) return;
  throw FileError(reader.file(),
                  name + " has " + std::to_string(length) + " values; " + std::to_string(expected) + " are needed");
}

}  // namespace

void write_history(Hdf5Writer& writer, const std::string& group, const TrainingHistory& history) {
  writer.group(group);
  visit_columns(history, [&](const std::string& name, const auto& column) {
    writer.write(group + "/" + name, {std::ssize(column)}, column);
  });
  std::vector<std::string> terms;
  for (const auto& [name, values] : history.terms) {
    terms.push_back(name);
    writer.write(group + "/" + name, {std::ssize(values)}, values);
  }
  writer.write_texts(group + "/terms", terms);
}

TrainingHistory read_history(const Hdf5Reader& reader, const std::string& group) {
  TrainingHistory history;
  visit_columns(history,
                [&](const std::string& name, auto& column) { read_column(reader, group + "/" + name, column); });
  for (std::string& name : reader.read_texts(group + "/terms")) {
    std::vector<double> values;
    read_column(reader, group + "/" + name, values);
    history.terms.emplace_back(std::move(name), std::move(values));
  }
  const std::size_t logged = history.iteration.size();
  const std::size_t validated = history.validation_iteration.size();
  visit_columns(history, [&](const std::string& name, const auto& column) {
    const bool validation = name.starts_with("validation_");
    check_length(reader, group + "/" + name, column.size(), validation ? validated : logged);
  });
  for (const auto& [name, values] : history.terms) check_length(reader, group + "/" + name, values.size(), logged);
  return history;
}

}  // namespace mrnn
