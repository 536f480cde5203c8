// The mrnn program: reads the command line, runs one command, turns errors into one message and an exit status.

#include <malloc.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "commands.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"
#include "mrnn/runtime.hpp"
#include "run/shell_word.hpp"

namespace {

constexpr int bad_command_line = 2;
constexpr int bad_file = 3;
constexpr int failed = 4;

void add_plugin_path(CLI::App& command, Arguments& arguments) {
  command.add_option("--plugin-path", arguments.plugin_path, "Folder with plugins, searched first (may be repeated)")
      ->type_name("DIR");
}

void add_config(CLI::App& command, Arguments& arguments) {
  command.add_option("CONFIG", arguments.config, "Configuration file (TOML)")->required();
  command
      .add_option("--set", arguments.overrides, "Override a key: --set simulation.control.trials=5 (may be repeated)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command.add_option("--backend", arguments.backend, "Backend to run on, over backend.name")->type_name("NAME");
  command
      .add_option("--threads", arguments.threads,
                  "Threads, over backend.threads; 0: all cores that the process may use")
      ->check(CLI::Range(0, 4096));
  add_plugin_path(command, arguments);
}

void add_commands(CLI::App& app, Arguments& arguments) {
  CLI::App* run = app.add_subcommand("run", "Run an experiment: train, simulate, analyse, draw, report");
  add_config(*run, arguments);
  run->add_option("--output", arguments.output, "Run folder, over experiment.output")->type_name("DIR");
  auto* resume = run->add_flag("--resume", arguments.resume, "Go on with a training from its checkpoint");
  run->add_flag("--overwrite", arguments.overwrite, "Start an unfinished run afresh")->excludes(resume);
  run->add_flag("--mpi", arguments.mpi, "Train with the other processes that mpirun or srun has started");
  run->add_flag("--quiet", arguments.quiet, "Print nothing but warnings and errors");

  CLI::App* check = app.add_subcommand("check", "Read a configuration and print its network and training; run nothing");
  add_config(*check, arguments);

  CLI::App* list = app.add_subcommand("list", "List backends, tasks, manipulations and analyses");
  list->add_option("KIND", arguments.kind, "backends, tasks, manipulations or analyses; default: all");
  add_plugin_path(*list, arguments);

  CLI::App* convert = app.add_subcommand("convert", "mRNNTorch JSON to TOML; weights .h5 to .safetensors and back");
  convert->add_option("IN", arguments.in, "File to read (.json, .h5, .safetensors)")->required();
  convert->add_option("OUT", arguments.out, "File to write (.toml, .safetensors, .h5)")->required();

  CLI::App* report = app.add_subcommand("report", "Draw the figures and write the report of a run again");
  report->add_option("DIR", arguments.folder, "Run folder")->required();
}

/// CLI11 would say only that a command is required.
void check_command_name(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    commands.push_back(command->get_name());
  }
  if (std::find(commands.begin(), commands.end(), argv[1]) != commands.end()) return;
  throw mrnn::ConfigError("", "", mrnn::unknown_name("command", argv[1], commands));
}

/// What a command did not expect, in the order given, with the option that each may have been meant to be.
std::string unexpected_words(const CLI::App& app) {
  const std::vector<CLI::App*> commands = app.get_subcommands();
  const CLI::App& command = commands.empty() ? app : *commands.front();
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  const std::vector<std::string> words = command.remaining();
  if (words.empty()) {
    return "not expected before the command: " + mrnn::join(app.remaining(), " ") + "; options come after it";
  }
  std::string text = "not expected: " + mrnn::join(words, " ");
  for (const std::string& word : words) {
    const std::string near = mrnn::nearest(word.substr(0, word.find('=')), known);
    if (word.starts_with('-') && !near.empty()) text += ". Did you mean \"" + near + "\"?";
  }
  return text;
}

int dispatch(const CLI::App& app, const Arguments& arguments) {
  if (app.got_subcommand("run")) return run_command(arguments);
  if (app.got_subcommand("check")) return check_command(arguments);
  if (app.got_subcommand("list")) return list_command(arguments);
  if (app.got_subcommand("convert")) return convert_command(arguments);
  return report_command(arguments);
}

int report_error(const std::string& text, int status) {
  std::fflush(stdout);
  std::fprintf(stderr, "mrnn: %s\n", text.c_str());
  return status;
}

/// Standard output could not be written. That its reader has seen enough and left (`mrnn list | head`) is no error.
int report_output_error(int number) {
  if (number == EPIPE) return 0;
  return report_error("standard output cannot be written: " + std::generic_category().message(number), bad_file);
}

/// The version, and what the inner loops of this build use of this processor.
std::string version_words() {
  const std::string note = mrnn::eigen::build_note();
  return mrnn::version() + "\ninner loops: " + mrnn::eigen::instruction_set() + (note.empty() ? "" : "\n" + note);
}

int parse_and_run(int argc, char** argv) {
  Arguments arguments;
  arguments.command = "mrnn";
  for (int k = 1; k < argc; ++k) arguments.command += " " + mrnn::shell_word(argv[k]);
  CLI::App app("Multi-regional recurrent neural networks: build, perturb, analyse", "mrnn");
  app.set_version_flag("--version", version_words());
  app.require_subcommand(1);
  add_commands(app, arguments);
  check_command_name(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    const bool unexpected = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    const std::string text = unexpected ? unexpected_words(app) : error.what();
    return report_error(text + "\nmrnn --help lists the commands, mrnn COMMAND --help their options", bad_command_line);
  }
  return dispatch(app, arguments);
}

/// Memory that is given back is soon asked for again, page by page: batches, states, buffers of files. glibc keeps
/// pieces of up to 32 MiB, its most, and hands back what is beyond 256 MiB.
void keep_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  keep_memory();
  // A file-size limit then shows as a failed write, which is reported, instead of a signal that kills.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const int status = parse_and_run(argc, argv);
    errno = 0;
    return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 ? status : report_output_error(errno);
  } catch (const mrnn::Error& error) {
    return report_error(error.what(), error.exit_status());
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) != 0) return report_output_error(error.code().value());
    return report_error(error.what(), failed);
  } catch (const std::bad_alloc&) {
    return report_error("out of memory; fewer trials, fewer steps or a smaller record need less", failed);
  } catch (const std::exception& error) {
    const std::string text = error.what();
    return report_error(text.empty() ? "something failed without saying why" : text, failed);
  } catch (...) {
    return report_error("something that is not an exception was thrown, by a plugin perhaps", failed);
  }
}
