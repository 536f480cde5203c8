#include "report.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>
#include <vector>

namespace exchange {

namespace {

constexpr char separator = '\x1f';

std::string exact(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string shown(const Figure& figure) {
  if (figure.unit.empty()) return "";
  char text[40];
  std::snprintf(text, sizeof text, figure.value >= 1000.0 ? "%.0f" : "%.4g", figure.value);
  return text;
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

}  // namespace

void Report::about(const std::string& text) {
  send('A', text);
}

void Report::begin(std::size_t index, const std::string& name) {
  section_ = name;
  send('S', std::to_string(index));
}

void Report::row(Row row) {
  row.section = section_;
  send('R', packed(row));
}

void Report::measured(const std::string& what, const std::string& setting, const Sample& first, const std::string& unit,
                      const Figure& second, const std::string& note) {
  const double spread = first.median > 0.0 ? 100.0 * (first.highest - first.lowest) / first.median : 0.0;
  row({"", what, setting, {first.median, unit}, second, spread, note});
}

void Report::skipped(const std::string& what, const std::string& setting, const std::string& why) {
  row({"", what, setting, {}, {}, 0.0, "skipped: " + why});
}

void Report::send(char kind, const std::string& text) {
  std::string line = kind + text;
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  line += '\n';
  for (std::size_t sent = 0; sent < line.size();) {
    const ssize_t bytes = write(descriptor_, line.data() + sent, line.size() - sent);
    if (bytes <= 0) throw std::runtime_error("writing to the pipe of the supervisor failed");
    sent += static_cast<std::size_t>(bytes);
  }
}

std::string packed(const Row& row) {
  std::string text;
  for (const std::string& field : {row.section, row.what, row.setting, exact(row.first.value), row.first.unit,
                                   exact(row.second.value), row.second.unit, exact(row.spread), row.note}) {
    text += field + separator;
  }
  return text;
}

Row unpacked(const std::string& text) {
  std::vector<std::string> fields(1);
  for (const char c : text) {
    if (c == separator) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  fields.resize(9);
  const auto number = [&](std::size_t place) { return std::strtod(fields[place].c_str(), nullptr); };
  return {fields[0], fields[1], fields[2], {number(3), fields[4]}, {number(5), fields[6]}, number(7), fields[8]};
}

Table::Table(const std::string& csv_file) {
  if (csv_file.empty()) return;
  csv_.open(csv_file);
  csv_ << "section,measure,setting,value,unit,second,second_unit,spread_percent,note\n" << std::flush;
  if (!csv_) throw std::runtime_error("cannot write \"" + csv_file + "\"");
}

void Table::about(const std::string& text) {
  // A worker that takes over from one that failed says the same again.
  if (begun_) return;
  std::printf("%s\n\n", text.c_str());
  std::printf("| %-18s | %-34s | %-34s | %8s | %-14s | %8s | %-20s | %8s | note |\n", "section", "measure", "setting",
              "value", "unit", "second", "unit", "spread %");
  std::printf("|---|---|---|---:|---|---:|---|---:|---|\n");
  std::fflush(stdout);
  begun_ = true;
}

void Table::add(const Row& row) {
  if (!begun_) about("no device was described");
  const std::string spread = shown({row.spread, row.spread > 0.0 ? "%" : ""});
  std::printf("| %-18s | %-34s | %-34s | %8s | %-14s | %8s | %-20s | %8s | %s |\n", row.section.c_str(),
              row.what.c_str(), row.setting.c_str(), shown(row.first).c_str(), row.first.unit.c_str(),
              shown(row.second).c_str(), row.second.unit.c_str(), spread.c_str(), row.note.c_str());
  std::fflush(stdout);
  if (!csv_.is_open()) return;
  csv_ << quoted(row.section) << ',' << quoted(row.what) << ',' << quoted(row.setting) << ','
       << (row.first.unit.empty() ? "" : exact(row.first.value)) << ',' << quoted(row.first.unit) << ','
       << (row.second.unit.empty() ? "" : exact(row.second.value)) << ',' << quoted(row.second.unit) << ','
       << exact(row.spread) << ',' << quoted(row.note) << '\n'
       << std::flush;
}

}  // namespace exchange
