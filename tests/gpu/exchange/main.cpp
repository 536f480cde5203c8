// Measures, on one GPU, what decides the designs of persistent kernels for recurrent networks: the latency of barriers
// and exchanges between blocks, peak rates, the products of cuBLAS and the costs of launches. Prints a Markdown table.

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "sections.hpp"
#include "supervisor.hpp"

namespace {

using namespace exchange;

struct Options {
  std::string csv_file;  ///< the table again, as comma-separated values; empty for none
  std::string section;   ///< the only section to measure; empty for all
};

/// The sections in the order of their worth, so that what is cut off is what matters least.
const std::vector<Section>& all_sections() {
  static const std::vector<Section> sections{
      {"residency", 10, measure_residency},
      {"cluster barriers", 10, measure_cluster_barriers},
      {"cluster stores", 10, measure_cluster_stores},
      {"cluster st.async", 10, measure_cluster_counted_stores},
      {"cluster copies", 10, measure_cluster_copies},
      {"grid barriers", 15, measure_grid_barriers},
      {"global exchange", 10, measure_exchange_behind_barrier},
      {"tagged exchange", 15, measure_tagged_exchange},
      {"rates", 10, measure_rates},
      {"products", 40, measure_products},
      {"launches", 10, measure_launches},
      {"programmatic", 10, measure_programmatic_launches},
  };
  return sections;
}

Options read_options(int count, char** words) {
  Options options;
  for (int place = 1; place < count; place += 2) {
    const std::string word = words[place];
    if (word != "--csv" && word != "--section") {
      throw std::runtime_error("unknown option \"" + word + "\"; accepted are --csv FILE and --section NAME");
    }
    if (place + 1 == count) throw std::runtime_error(word + " needs a value");
    (word == "--csv" ? options.csv_file : options.section) = words[place + 1];
  }
  return options;
}

std::vector<Section> chosen_sections(const std::string& name) {
  if (name.empty()) return all_sections();
  std::string names;
  for (const Section& section : all_sections()) {
    if (section.name == name) return {section};
    names += " \"" + section.name + "\"";
  }
  throw std::runtime_error("no section called \"" + name + "\"; available:" + names);
}

}  // namespace

int main(int count, char** words) {
  try {
    const Options options = read_options(count, words);
    const std::vector<Section> sections = chosen_sections(options.section);
    Table table(options.csv_file);
    return supervise(sections, table);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "exchange: %s\n", problem.what());
    return 2;
  }
}
