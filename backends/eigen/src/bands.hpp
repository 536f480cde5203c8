#pragma once

#include <cstdint>
#include <vector>

#include "kernels.hpp"
#include "mrnn/network.hpp"

namespace mrnn::eigen {

/// A block as the backend sees it: `from` counts rows of the state of a slice, where the input channels
/// follow the units. `value` says which matrix of weights it is.
struct Rectangle {
  UnitRange to;
  Source from;
  std::size_t value = 0;
  bool transposed = false;  ///< its rows are the columns of that matrix
};

/// Rows that share all their sources: one product. Bands tile the rows from the first to the last, those
/// without sources included, and each is small enough that its result stays in the cache of a core.
struct Band {
  UnitRange rows;
  std::vector<Source> sources;  ///< ascending, neighbours merged
  Index depth = 0;              ///< sum of their sizes
  std::vector<Index> columns;   ///< row of the state that each column of its weights reads [depth]

  /// Column at which row `row` of the state is read.
  Index column_of(Index row) const;
};

/// Which elements of a band's weights exist, where so few do that the others are left out.
struct BandPattern {
  bool sparse = false;
  std::vector<Element> elements;  ///< column by column; none where all are computed
  /// Elements of which something is computed.
  Index count(const Band& band) const noexcept { return sparse ? std::ssize(elements) : band.rows.size * band.depth; }
};

/// Elements of the weights of bands, those that exist where there is a pattern.
/// @param patterns  of the bands, or empty
Index elements_of(const std::vector<Band>& bands, const std::vector<BandPattern>& patterns);

/// @param patterns  of the rectangles, M o S [to x from]
/// @param density   share of elements from which on all are computed
BandPattern pattern_of(const Band& band, const std::vector<Rectangle>& rectangles,
                       const std::vector<const PatternMatrix*>& patterns, double density);

/// Recurrent and input blocks of a network, numbered in this order.
std::vector<Rectangle> drive_rectangles(const Network& network);
std::vector<Rectangle> readout_rectangles(const Network& network);
/// Recurrent and readout blocks transposed, numbered in this order: rows are units, and they read what comes back,
/// where the output channels follow the units.
std::vector<Rectangle> adjoint_rectangles(const Network& network);

/// @param split  rows above which a band is cut, unless the library computes it
template <class Scalar>
std::vector<Band> make_bands(const std::vector<Rectangle>& rectangles, Index rows, Index split);

/// Bands [first, last): part `member` of `members` of all, equal in work as far as whole bands allow.
struct BandShare {
  std::size_t first = 0, last = 0;
};
BandShare share_of(const std::vector<Band>& bands, Index member, Index members);

/// The part of `range` from which [first, last) of `within` remains; size 0 where they do not meet.
UnitRange meet(UnitRange range, UnitRange within);

}  // namespace mrnn::eigen
