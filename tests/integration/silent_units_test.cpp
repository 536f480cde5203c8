// Regions whose units never fire are named: of a network, or after a lesion, not where a manipulation holds them.

#include "catch.hpp"
#include "mrnn/hdf5.hpp"
#include "program.hpp"

namespace {

// Regions without noise: `driven` has activity, `inhibited` only before inhibition comes, `apart` has no input at all,
// and of `mixed` two units have.
constexpr const char* experiment = R"([experiment]
name = "silent"
output = "run"

[network]
activation = "relu"
dale = "clamp"

[[region]]
name = "driven"
units = 5
base_firing = 0.5

[[region]]
name = "inhibited"
units = 4
base_firing = 0.01

[[region]]
name = "apart"
units = 3

[[region]]
name = "mixed"
units = 5
cell_types = [{ name = "reached", fraction = 0.4 }, { name = "not_reached", fraction = 0.6 }]

[[connection]]
from = "driven"
to = "mixed.reached"
init = { distribution = "constant", value = 1.0 }

[[connection]]
from = "driven"
to = "inhibited"
sign = "inhibitory"
init = { distribution = "constant", value = 1.0 }

[task]
plugin = "pulses"
duration = 400.0

[[manipulation]]
name = "hold"
plugin = "silence"
regions = ["inhibited"]

[[simulation]]
name = "control"

[[simulation]]
name = "held"
manipulations = ["hold"]

[[simulation]]
name = "outputs"
record = ["x"]
)";

}  // namespace

TEST_CASE("units that are silent throughout are told of, region by region", "[program][silent_units]") {
  const test::TemporaryFolder folder;
  folder.write("silent.toml", experiment);
  const test::Outcome outcome = test::mrnn({"run", "silent.toml"}, {.folder = folder.path()});
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);

  const mrnn::Hdf5Reader results(folder.path() / "run" / "results.h5");
  const std::vector<double> h = results.read_doubles("simulations/control/h");
  const auto ever = [&](std::size_t unit) {
    bool active = false;
    for (std::size_t k = unit; k < h.size(); k += 17) active = active || h[k] != 0.0;
    return active;
  };
  REQUIRE(ever(0));
  REQUIRE(ever(5));  // before inhibition comes
  CHECK_THAT(outcome.out, StartsWith("control: silent throughout: all 3 units of apart, 3 of 5 of mixed\n") &&
                              ContainsSubstring("\nheld: silent throughout: all 3 units of apart, 3 of 5 of mixed\n") &&
                              !ContainsSubstring("outputs: silent"));
  CHECK_THAT(test::text_of(folder.path() / "run" / "report.html"),
             ContainsSubstring("<tr><td>apart</td><td class=\"number\">0, 3 silent</td>"));
}
