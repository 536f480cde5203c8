#include "report/report_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <kainjow/mustache.hpp>
#include <map>
#include <utility>

#include "figures/figure_files.hpp"
#include "figures/figure_text.hpp"
#include "mrnn/names.hpp"
#include "report/report_template.hpp"
#include "report/report_words.hpp"

namespace mrnn {
namespace {

namespace fs = std::filesystem;
namespace mustache = kainjow::mustache;
using Data = mustache::data;

std::string sign_class(const std::string& sign) {
  if (sign == "excitatory") return "exc";
  return sign == "inhibitory" ? "inh" : "plain";
}

Data words(const std::vector<std::string>& texts) {
  Data list(Data::type::list);
  for (const std::string& text : texts) list.push_back(Data(clean_text(text)));
  return list;
}

/// Text of the content, without what is not UTF-8; line ends are kept only in the configuration.
Data text(const std::string& words) {
  return Data(clean_text(words));
}

std::string lines(const std::string& text) {
  std::string result;
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    result += clean_text(std::string_view(text).substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return result + clean_text(std::string_view(text).substr(begin));
}

std::string base64(const std::string& bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  result.reserve(bytes.size() / 3 * 4 + 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t k) {
      return i + k < bytes.size() ? static_cast<unsigned>(static_cast<unsigned char>(bytes[i + k])) : 0U;
    };
    const unsigned three = byte(0) << 16U | byte(1) << 8U | byte(2);
    for (unsigned k = 0; k < 4; ++k) {
      result += i + k > bytes.size() ? '=' : digits[three >> (18U - 6U * k) & 63U];
    }
  }
  return result;
}

/// Width of an SVG in pixels, as it says first of all.
std::string width_of(const std::string& svg) {
  constexpr std::string_view key = "width=\"";
  const std::size_t begin = svg.find(key);
  if (begin == std::string::npos) return "600";
  const std::string digits = svg.substr(begin + key.size(), 5);
  return digits.substr(0, digits.find_first_not_of("0123456789"));
}

/// A figure by name, with its picture as part of the page: so that identifiers within one never meet another's.
Data figure_data(const std::string& name, int number, const std::map<std::string, const Figure*>& figures,
                 const fs::path& folder) {
  const std::string stem = file_stem(name);
  Data data;
  data["number"] = std::to_string(number);
  data["stem"] = stem;
  data["folder"] = folder.filename().string();
  const auto known = figures.find(name);
  const std::string caption = known == figures.end() ? "" : clean_text(known->second->caption);
  const std::string title = known == figures.end() ? "" : clean_text(known->second->title);
  data["caption"] = caption;
  data["heading"] = title.empty() ? clean_text(name) : title;
  data["animation"] = known != figures.end() && known->second->frame_seconds > 0.0;
  data["alternative"] = !title.empty() ? title : !caption.empty() ? caption : clean_text(name);
  std::ifstream file(folder / (stem + ".svg"), std::ios::binary);
  const std::string picture{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  data["image"] = picture.empty() ? Data(false) : Data("data:image/svg+xml;base64," + base64(picture));
  data["wide"] = width_of(picture);
  std::error_code ignored;
  data["pdf"] = fs::exists(folder / (stem + ".pdf"), ignored);
  data["png"] = fs::exists(folder / (stem + ".png"), ignored);
  return data;
}

void add_regions(const ReportContent& content, Data& page) {
  Data regions(Data::type::list);
  for (const ReportRegion& region : content.regions) {
    Data row;
    row["name"] = text(region.name);
    row["parent"] = text(region.parent);
    row["units"] = grouped(region.units);
    row["cell_types"] = text(region.cell_types);
    row["sign"] = text(region.sign);
    row["sign_class"] = sign_class(region.sign);
    row["activation"] = text(region.activation);
    row["tau"] = words_of(region.tau);
    row["base_firing"] = words_of(region.base_firing);
    regions.push_back(row);
  }
  page["regions"] = std::move(regions);
  page["has_parents"] =
      std::ranges::any_of(content.regions, [](const ReportRegion& region) { return !region.parent.empty(); });
}

void add_connections(const ReportContent& content, Data& page) {
  constexpr std::size_t most_shown = 40;  // a longer table is folded
  Data connections(Data::type::list);
  for (const ReportConnection& connection : content.connections) {
    Data row;
    row["from"] = text(connection.from);
    row["to"] = text(connection.to);
    row["sign"] = text(connection.sign);
    row["sign_class"] = sign_class(connection.sign);
    row["weights"] = grouped(connection.weights);
    row["density"] = fmt::format("{:.3g}", connection.density);
    connections.push_back(row);
  }
  page["connections"] = std::move(connections);
  page["has_connections"] = !content.connections.empty();
  page["connections_open"] = content.connections.size() <= most_shown;
  page["connection_count"] = counted(std::ssize(content.connections), "connection");
}

void add_outputs(const ReportContent& content, Data& page) {
  Data outputs(Data::type::list);
  for (const ReportOutput& output : content.output_table) {
    Data row;
    row["name"] = text(output.name);
    row["units"] = grouped(output.units);
    row["from"] = text(output.from);
    row["activation"] = text(output.activation);
    row["readout"] = text(output.readout);
    outputs.push_back(row);
  }
  page["outputs"] = std::move(outputs);
  page["has_outputs"] = !content.output_table.empty();
}

std::string activity_words(const RegionActivity& activity) {
  const std::string mean = short_number(activity.mean);
  return activity.silent > 0 ? fmt::format("{}, {} silent", mean, activity.silent) : mean;
}

void add_activity(const ReportContent& content, Data& page) {
  std::vector<std::string> columns, regions;
  for (const ReportSimulation& simulation : content.simulations) {
    if (simulation.activity.empty()) continue;
    columns.push_back(simulation.name);
    for (const RegionActivity& activity : simulation.activity) {
      if (std::ranges::find(regions, activity.region) == regions.end()) regions.push_back(activity.region);
    }
  }
  Data rows(Data::type::list);
  for (const std::string& region : regions) {
    Data means(Data::type::list);
    for (const ReportSimulation& simulation : content.simulations) {
      if (simulation.activity.empty()) continue;
      const auto found = std::ranges::find(simulation.activity, region, &RegionActivity::region);
      means.push_back(Data(found == simulation.activity.end() ? "" : activity_words(*found)));
    }
    Data row;
    row["region"] = text(region);
    row["means"] = std::move(means);
    rows.push_back(row);
  }
  page["activity_columns"] = words(columns);
  page["activity_rows"] = std::move(rows);
  page["has_activity"] = !columns.empty();
}

void add_simulations(const ReportContent& content, Data& page) {
  Data simulations(Data::type::list);
  for (const ReportSimulation& simulation : content.simulations) {
    Data row;
    row["name"] = text(simulation.name);
    row["trials"] = grouped(simulation.trials);
    row["steps"] = grouped(simulation.steps);
    row["duration"] = short_number(static_cast<double>(simulation.steps) * content.dt);
    row["noise"] = simulation.noise ? "on" : "off";
    row["manipulations"] = text(list_words(simulation.manipulations));
    row["performance"] = text(simulation.performance);
    simulations.push_back(row);
  }
  page["has_performance"] =
      !std::ranges::all_of(content.simulations, &std::string::empty, &ReportSimulation::performance);
  page["simulations"] = std::move(simulations);
  page["has_simulations"] = !content.simulations.empty();
}

void add_arrays(const ReportContent& content, Data& page) {
  Data arrays(Data::type::list);
  for (const ReportArray& array : content.arrays) {
    std::vector<std::string> shape;
    for (const Index size : array.shape) shape.push_back(std::to_string(size));
    Data row;
    row["path"] = text(array.path);
    row["shape"] = shape.empty() ? "scalar" : join(shape, " \u00D7 ");
    row["units"] = text(array.units == "1" ? "" : array.units);
    row["description"] = text(array.description);
    arrays.push_back(row);
  }
  page["arrays"] = std::move(arrays);
  page["has_arrays"] = !content.arrays.empty();
}

std::string python_of(const ReportContent& content) {
  std::string code = "import h5py\nwith h5py.File(\"results.h5\") as results:\n    results.visit(print)  # all names\n";
  code += "    weights = results[\"network/W_rec\"][:]  # (to, from)\n";
  for (const ReportArray& array : content.arrays) {
    if (!array.path.ends_with("/h")) continue;
    return code + fmt::format("    h = results[\"{}\"][:]  # (trial, time, unit)\n", clean_text(array.path.substr(1)));
  }
  return code;
}

void add_words(const ReportContent& content, Data& page) {
  page["title"] = content.title.empty() ? Data("mrnn run") : text(content.title);
  page["version"] = text(content.version);
  page["command"] = content.command.empty() ? Data(false) : text(content.command);
  page["config"] = lines(content.config);
  page["overrides"] = words(content.overrides);
  page["has_overrides"] = !content.overrides.empty();
  page["warnings"] = words(content.warnings);
  page["python"] = python_of(content);
  page["summary_network"] =
      fmt::format("A network of {} in {} with {}, {} and {}; {} dynamics in steps of {:g} ms, {}.",
                  counted(content.units, "unit"), counted(std::ssize(content.regions), "region"),
                  counted(content.weights, "weight"), counted(content.inputs, "input channel"),
                  counted(content.outputs, "output channel"), clean_text(content.dynamics), content.dt,
                  content.dale == "none" ? "weights of either sign" : "Dale's law by " + clean_text(content.dale));
  std::vector<std::string> simulations;
  for (const ReportSimulation& simulation : content.simulations) {
    simulations.push_back(fmt::format("{} ({} of {})", clean_text(simulation.name), counted(simulation.trials, "trial"),
                                      counted(simulation.steps, "step")));
  }
  page["summary_simulations"] = simulations.empty() ? "" : "Simulated: " + join(simulations) + ".";
  const std::string device = content.device.empty() ? "" : " (" + clean_text(content.device) + ")";
  const std::string threads = content.threads > 0 ? ", " + counted(content.threads, "thread") : "";
  const std::string ranks = content.ranks > 1 ? ", trained by " + counted(content.ranks, "rank") : "";
  const std::string products = content.products == "ieee" ? "" : " with " + clean_text(content.products) + " products";
  page["summary_run"] = fmt::format("Run by the {} backend{} in {}{}{}{}, seed {}; it took {}.",
                                    clean_text(content.backend), device, clean_text(content.precision), products,
                                    threads, ranks, content.seed, duration_in_words(content.seconds));
  page["conditions"] =
      "With the same versions, backend, precision, products and seed the results are the same bit for bit on the same "
      "type of machine, for any number of threads" +
      std::string(content.ranks > 1 ? " and as many ranks." : ".");
}

/// What must be the same for the same results.
void add_versions(const ReportContent& content, Data& page) {
  Data versions(Data::type::list);
  const auto add = [&versions](const char* name, const std::string& value) {
    if (value.empty()) return;
    Data row;
    row["name"] = name;
    row["value"] = text(value);
    versions.push_back(row);
  };
  add("mrnn", content.version);
  add("plugins", join(content.plugins));
  add("backend", content.backend + (content.device.empty() ? "" : " (" + content.device + ")"));
  add("precision", content.precision);
  add("products", content.products);
  add("seed", std::to_string(content.seed));
  add("run", content.created);
  page["versions"] = std::move(versions);
}

}  // namespace

std::string report_page(const ReportContent& content, const std::vector<Figure>& figures,
                        const fs::path& figures_folder) {
  std::map<std::string, const Figure*> by_name;
  for (const Figure& figure : figures) by_name.emplace(figure.name, &figure);
  int number = 0;
  const auto pictures = [&](const std::vector<std::string>& names) {
    Data list(Data::type::list);
    for (const std::string& name : names) list.push_back(figure_data(name, ++number, by_name, figures_folder));
    return list;
  };
  Data page;
  add_words(content, page);
  add_versions(content, page);
  add_regions(content, page);
  add_connections(content, page);
  add_outputs(content, page);
  add_simulations(content, page);
  add_activity(content, page);
  add_arrays(content, page);
  if (!content.network_figure.empty()) page["network_figures"] = pictures({content.network_figure});
  if (content.training) {
    Data facts(Data::type::list);
    for (const ReportFact& fact : content.training->facts) {
      Data row;
      row["name"] = text(fact.name);
      row["value"] = text(fact.value);
      facts.push_back(row);
    }
    page["training_facts"] = std::move(facts);
    page["training_figures"] = pictures(content.training->figures);
  }
  page["has_training"] = content.training.has_value();
  Data analyses(Data::type::list), failures(Data::type::list);
  for (const ReportAnalysis& analysis : content.analyses) {
    Data section;
    section["name"] = text(analysis.name);
    section["plugin"] = text(analysis.plugin);
    section["of"] = analysis.simulations.empty() ? Data(false) : text(join(analysis.simulations));
    section["failure"] = analysis.failure.empty() ? Data(false) : text(analysis.failure);
    section["summary"] = words(analysis.summary);
    section["has_summary"] = !analysis.summary.empty();
    section["figures"] = pictures(analysis.figures);
    if (!analysis.failure.empty()) failures.push_back(section);
    analyses.push_back(section);
  }
  page["analyses"] = std::move(analyses);
  page["failures"] = std::move(failures);
  page["figure"] = mustache::partial([] { return std::string(report_figure_template); });
  mustache::mustache form(report_template);
  return form.render(page);
}

}  // namespace mrnn
