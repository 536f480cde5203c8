// The program that compares speeds with other frameworks', run with engines that only pretend (speed_comparison.py).

#include "catch.hpp"
#include "program.hpp"

TEST_CASE("the comparison of speeds runs, resumes and reports its cases", "[compare]") {
  if (std::string(MRNN_PYTHON).empty()) {
    WARN("skipped: no python3 with h5py here");
    return;
  }

  const test::Outcome run = test::run(MRNN_PYTHON, {"-B", MRNN_SOURCE_DIR "/tests/integration/speed_comparison.py",
                                                    MRNN_SOURCE_DIR "/tests/benchmarks/compare"});

  CAPTURE(run.out, run.err);
  CHECK(run.status == 0);
}
