#pragma once

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <string>

/// How an engine of the comparisons is talked to: it reads commands from stdin and answers each with one line.
///
///     open FOLDER  the case of a folder (cases.py): `done`
///     gate FILE    without noise, to a file of doubles: loss, h of the last step [trials x N], dW_rec [N x N], dW_inp
///                  [N x I]: `done`
///     train N      N training steps: seconds a step
///     forward N    N forward passes of the loaded trials, outputs y of all steps recorded: seconds a pass
///     memory       bytes at the peak, less what was resident before `open`
///     describe     the device, as JSON
namespace benchmark {

inline std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// Bytes at the peak beyond `before`. Of this program alone: getrusage() counts what started it as well.
inline std::size_t peak_since(std::size_t before) {
  std::ifstream file("/proc/self/status");
  std::string word;
  std::size_t peak = 0;
  while (file >> word && word != "VmHWM:") {
  }
  file >> peak;  // KiB
  return peak * 1024 > before ? peak * 1024 - before : 0;
}

/// Seconds of work(), divided by `count`.
template <class Work>
double seconds_each(int count, Work&& work) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count() / count;
}

/// Answers one command that needs a case.
template <class Engine>
void answer(Engine& engine, const std::string& command) {
  if (command == "memory") {
    std::cout << engine.memory() << std::endl;
  } else if (command == "describe") {
    std::cout << "{\"device\": \"" << engine.device() << "\"}" << std::endl;
  } else if (command == "gate") {
    std::string file;
    std::cin >> file;
    engine.gate(file);
    std::cout << "done" << std::endl;
  } else {
    int count = 1;
    std::cin >> count;
    if (command == "train") {
      std::cout << seconds_each(count, [&] {
        for (int k = 0; k < count; ++k) engine.train();
      }) << std::endl;
    } else {
      engine.load_if_needed();
      std::cout << seconds_each(count, [&] { engine.forward(count); }) << std::endl;
    }
  }
}

/// Answers commands until there are no more. @param make  an engine of the case in a folder
template <class Make>
void serve(const Make& make) {
  decltype(make(std::string())) engine;
  std::cout.precision(9);
  std::cout << "ready" << std::endl;
  std::string command;
  while (std::cin >> command) {
    if (command == "open") {
      std::string folder;
      std::cin >> folder;
      engine = nullptr;  // its memory goes before the next one's comes
      engine = make(folder);
      std::cout << "done" << std::endl;
    } else if (engine) {
      answer(*engine, command);
    } else {
      std::cout << "failed: " << command << " needs a case; open one" << std::endl;
    }
  }
}

/// Writes what `gate` wants: numbers row by row.
class GateFile {
 public:
  explicit GateFile(const std::string& file) : out_(file, std::ios::binary) {}

  /// @param matrix  of an Eigen type, rows and columns as the gate has them
  template <class Matrix>
  void write(const Matrix& matrix) {
    for (long row = 0; row < matrix.rows(); ++row) {
      for (long column = 0; column < matrix.cols(); ++column) {
        const auto value = static_cast<double>(matrix(row, column));
        out_.write(reinterpret_cast<const char*>(&value), sizeof value);
      }
    }
  }

 private:
  std::ofstream out_;
};

}  // namespace benchmark
