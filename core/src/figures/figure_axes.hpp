#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mrnn/export.hpp"
#include "mrnn/figure.hpp"

namespace mrnn {

/// Can a value be drawn? Not NaN, not infinite, and not so large that differences overflow.
MRNN_EXPORT bool drawable(double value) noexcept;

/// From where to where an axis goes.
struct AxisRange {
  double low = 0.0, high = 1.0;
  double span() const noexcept { return high - low; }
};

/// Ticks at round numbers within a range, with what stands beside them.
struct Ticks {
  double step = 0.0;
  std::vector<double> at;
  std::vector<std::string> labels;
};

/// The range each axis of a panel shows: as asked for, else fitted to the data with a little room.
struct PanelRanges {
  AxisRange x, y;
  bool empty = true;  ///< nothing drawable in the panel
};
MRNN_EXPORT PanelRanges fit_ranges(const Panel& panel);

/// The scale of colours in force in a panel, the heat map's or that of series with values; none: nothing is coloured
/// by value.
MRNN_EXPORT std::optional<ColourScale> colour_scale(const Panel& panel);
/// Range of those colours.
MRNN_EXPORT AxisRange colour_range(const Panel& panel, const ColourScale& scale);

/// Smallest distance between different values, at least a millionth of their span; 0 where all are the same.
double smallest_spacing(std::vector<double> values);
/// Width of the bars of a series, in units of x.
MRNN_EXPORT double bar_width(const Series& series, const Panel& panel);

/// At most `most` ticks; two or more from three on.
MRNN_EXPORT Ticks make_ticks(AxisRange range, int most);

/// At most `most` ticks on a logarithmic axis, in powers of ten or round numbers between them.
/// @param range  exponents of ten; so are the places of the ticks
MRNN_EXPORT Ticks make_log_ticks(AxisRange range, int most);

/// The names of an axis within a range, but those that would cover an earlier one.
/// @param pixels  length of the axis
/// @param room    pixels each name needs along the axis
MRNN_EXPORT Ticks named_ticks(const std::vector<AxisName>& names, AxisRange range, double pixels,
                              const std::vector<double>& room);

/// Ticks at all multiples of `step` within a range.
MRNN_EXPORT Ticks ticks_every(double step, AxisRange range);

}  // namespace mrnn
