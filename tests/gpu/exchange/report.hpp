// One line of the table, and its two ways: from the worker process through a pipe, from there to the screen and a file.

#pragma once

#include <cstddef>
#include <fstream>
#include <string>

namespace exchange {

/// The middle, the smallest and the largest of repeated measurements.
struct Sample {
  double median = 0.0;
  double lowest = 0.0;
  double highest = 0.0;
};

/// A measured number and its unit; no unit means that there is none to show.
struct Figure {
  double value = 0.0;
  std::string unit;
};

/// One line of the table.
struct Row {
  std::string section;
  std::string what;
  std::string setting;
  Figure first;
  Figure second;
  double spread = 0.0;  ///< (highest - lowest) / median of `first`, in percent; 0 when measured once
  std::string note;
};

/// The worker's end of the pipe. Every line is written at once, so that a worker that dies leaves all it measured.
class Report {
 public:
  explicit Report(int descriptor) : descriptor_(descriptor) {}

  /// What the numbers were measured on.
  void about(const std::string& text);
  /// A section begins; `index` is its place in the list of sections.
  void begin(std::size_t index, const std::string& name);
  void row(Row row);
  void measured(const std::string& what, const std::string& setting, const Sample& first, const std::string& unit,
                const Figure& second = {}, const std::string& note = {});
  /// A line without numbers that says why there are none.
  void skipped(const std::string& what, const std::string& setting, const std::string& why);

 private:
  void send(char kind, const std::string& text);

  int descriptor_;
  std::string section_;
};

/// A row as it travels: fields between unit separators.
std::string packed(const Row& row);
Row unpacked(const std::string& text);

/// The table as it grows: Markdown on the standard output, and comma-separated values in a file if one is named.
class Table {
 public:
  /// Throws when the file cannot be written; an empty name means no file.
  explicit Table(const std::string& csv_file);

  void about(const std::string& text);
  void add(const Row& row);

 private:
  bool begun_ = false;
  std::ofstream csv_;
};

}  // namespace exchange
