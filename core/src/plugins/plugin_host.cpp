#include "plugins/plugin_host.hpp"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "mrnn/error.hpp"

namespace mrnn {
namespace {

constexpr unsigned char native_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr const char* descriptor_name = "mrnn_plugin_descriptor";

/// The loader maps a file that ends too early without complaint, and the process then dies on the first
/// touch of a missing page; so the segments are checked against the size of the file beforehand.
void check_complete(const std::filesystem::path& file) {
  std::error_code problem;
  const std::uintmax_t size = std::filesystem::file_size(file, problem);
  std::ifstream stream(file, std::ios::binary);
  if (problem || !stream) throw PluginError("the file cannot be read");

  ElfW(Ehdr) header{};
  stream.read(reinterpret_cast<char*>(&header), sizeof header);
  const bool is_elf = stream.gcount() >= SELFMAG && std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0;
  if (!is_elf) throw PluginError(size == 0 ? "the file is empty" : "it is not a shared library");

  const std::string cut_short = "the file is cut short: it has only " + std::to_string(size) + " bytes";
  if (!stream) throw PluginError(cut_short);
  const bool native = header.e_ident[EI_CLASS] == native_class && header.e_phentsize == sizeof(ElfW(Phdr));
  if (!native) return;  // for another machine: the loader says so
  std::vector<ElfW(Phdr)> segments(header.e_phnum);
  stream.seekg(static_cast<std::streamoff>(header.e_phoff));
  stream.read(reinterpret_cast<char*>(segments.data()),
              static_cast<std::streamsize>(segments.size() * sizeof(ElfW(Phdr))));
  if (!stream) throw PluginError(cut_short);
  const bool complete = std::ranges::all_of(segments, [size](const ElfW(Phdr) & segment) {
    return segment.p_type != PT_LOAD || (segment.p_filesz <= size && segment.p_offset <= size - segment.p_filesz);
  });
  if (!complete) throw PluginError(cut_short);
}

boost::dll::shared_library open_library(const std::filesystem::path& file) {
  using boost::dll::load_mode::type;
  // Eager, so that an unresolved symbol is an error here and not the end of the process at its first call;
  // local, so that plugins do not see each other; no delete, so that factories and vtables stay valid.
  const auto mode = static_cast<type>(boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local |
                                      static_cast<type>(RTLD_NODELETE));
  try {
    return boost::dll::shared_library(file, mode);
  } catch (const std::exception& error) {
    throw PluginError(loader_words(error.what(), file));
  }
}

}  // namespace

std::string loader_words(std::string_view text, const std::filesystem::path& file) {
  constexpr std::string_view opening = "system message: ";
  if (const auto start = text.find(opening); start != text.npos) text.remove_prefix(start + opening.size());
  if (const auto end = text.rfind("): "); end != text.npos) text = text.substr(0, end);
  const std::string own_name = file.string() + ": ";
  if (text.starts_with(own_name)) text.remove_prefix(own_name.size());
  return std::string(text);
}

const mrnn_plugin& open_plugin(const std::filesystem::path& file) {
  std::error_code problem;
  const std::filesystem::file_type type = std::filesystem::status(file, problem).type();
  if (type == std::filesystem::file_type::not_found) throw PluginError("there is no such file");
  if (problem) throw PluginError("it cannot be looked up: " + problem.message());
  if (type != std::filesystem::file_type::regular) throw PluginError("it is not a file");
  check_complete(file);

  const boost::dll::shared_library library = open_library(file);
  if (!library.has(descriptor_name)) {
    throw PluginError(std::string("it is not an mrnn plugin: it does not export ") + descriptor_name);
  }
  // The tag is the first member in every version of the descriptor; nothing else is touched before it fits.
  const auto& plugin = library.get<const mrnn_plugin>(descriptor_name);
  const std::string_view tag = plugin.abi == nullptr ? "none" : plugin.abi;
  if (tag != MRNN_ABI_TAG) {
    throw PluginError("it was built differently from this program (plugin: " + std::string(tag) +
                      "; program: " MRNN_ABI_TAG "); rebuild it with mrnn_add_plugin() against this installation");
  }
  if (plugin.name == nullptr || plugin.version == nullptr || plugin.attach == nullptr) {
    throw PluginError(
        "its descriptor lacks a name, a version or an attach function; end its source with "
        "MRNN_PLUGIN(name, version, attach)");
  }
  return plugin;
}

}  // namespace mrnn
