#include "bands.hpp"

#include <algorithm>

#include "library_product.hpp"

namespace mrnn::eigen {
namespace {

std::vector<Source> sources_of(const std::vector<Rectangle>& rectangles, UnitRange rows) {
  std::vector<Source> sources;
  for (const Rectangle& rectangle : rectangles) {
    if (meet(rectangle.to, rows).size > 0) sources.push_back(rectangle.from);
  }
  std::ranges::sort(sources, {}, &Source::start);
  std::vector<Source> merged;
  for (const Source& source : sources) {
    if (!merged.empty() && merged.back().start + merged.back().size == source.start) {
      merged.back().size += source.size;
    } else {
      merged.push_back(source);
    }
  }
  return merged;
}

bool same(const std::vector<Source>& first, const std::vector<Source>& second) {
  return std::ranges::equal(first, second,
                            [](const Source& a, const Source& b) { return a.start == b.start && a.size == b.size; });
}

}  // namespace

UnitRange meet(UnitRange range, UnitRange within) {
  const Index first = std::max(range.start, within.start);
  return {first, std::max<Index>(0, std::min(range.end(), within.end()) - first)};
}

BandShare share_of(const std::vector<Band>& bands, Index member, Index members) {
  if (members == 1) return {0, bands.size()};
  const auto work = [](const Band& band) { return band.rows.size * (band.depth + 1); };
  Index total = 0;
  for (const Band& band : bands) total += work(band);
  BandShare share;
  Index before = 0;
  for (const Band& band : bands) {
    const Index middle = before + work(band) / 2, owner = middle * members / total;
    share.first += owner < member ? 1 : 0;
    share.last += owner <= member ? 1 : 0;
    before += work(band);
  }
  return share;
}

std::vector<Rectangle> drive_rectangles(const Network& network) {
  std::vector<Rectangle> rectangles;
  for (const Block& block : network.recurrent_blocks()) {
    rectangles.push_back({block.to, {block.from.start, block.from.size}, rectangles.size()});
  }
  for (const Block& block : network.input_blocks()) {
    rectangles.push_back({block.to, {network.units() + block.from.start, block.from.size}, rectangles.size()});
  }
  return rectangles;
}

std::vector<Rectangle> readout_rectangles(const Network& network) {
  std::vector<Rectangle> rectangles;
  for (const Block& block : network.readout_blocks()) {
    rectangles.push_back({block.to, {block.from.start, block.from.size}, rectangles.size()});
  }
  return rectangles;
}

std::vector<Rectangle> adjoint_rectangles(const Network& network) {
  std::vector<Rectangle> rectangles;
  for (const Block& block : network.recurrent_blocks()) {
    rectangles.push_back({block.from, {block.to.start, block.to.size}, rectangles.size(), true});
  }
  for (const Block& block : network.readout_blocks()) {
    rectangles.push_back({block.from, {network.units() + block.to.start, block.to.size}, rectangles.size(), true});
  }
  return rectangles;
}

Index Band::column_of(Index row) const {
  Index column = 0;
  for (const Source& source : sources) {
    if (row >= source.start && row < source.start + source.size) return column + row - source.start;
    column += source.size;
  }
  return column;
}

Index elements_of(const std::vector<Band>& bands, const std::vector<BandPattern>& patterns) {
  Index size = 0;
  for (std::size_t k = 0; k < bands.size(); ++k) {
    size += patterns.empty() ? bands[k].rows.size * bands[k].depth : patterns[k].count(bands[k]);
  }
  return size;
}

BandPattern pattern_of(const Band& band, const std::vector<Rectangle>& rectangles,
                       const std::vector<const PatternMatrix*>& patterns, double density) {
  PatternMatrix whole = PatternMatrix::Zero(band.rows.size, band.depth);
  for (const Rectangle& rectangle : rectangles) {
    const UnitRange rows = meet(rectangle.to, band.rows);
    if (rows.size == 0) continue;
    whole.block(rows.start - band.rows.start, band.column_of(rectangle.from.start), rows.size, rectangle.from.size) =
        patterns[rectangle.value]->middleRows(rows.start - rectangle.to.start, rows.size);
  }
  const auto present = static_cast<double>((whole.array() != 0).count());
  if (present >= density * static_cast<double>(whole.size())) return {};
  BandPattern pattern{true, {}};
  for (Index column = 0; column < whole.cols(); ++column) {
    const Index source = band.columns[static_cast<std::size_t>(column)];
    for (Index row = 0; row < whole.rows(); ++row) {
      if (whole(row, column) == 0) continue;
      pattern.elements.push_back({static_cast<std::int32_t>(row), static_cast<std::int32_t>(source)});
    }
  }
  return pattern;
}

template <class Scalar>
std::vector<Band> make_bands(const std::vector<Rectangle>& rectangles, Index rows, Index split) {
  std::vector<Index> edges = {0, rows};
  for (const Rectangle& rectangle : rectangles) {
    edges.push_back(rectangle.to.start);
    edges.push_back(rectangle.to.end());
  }
  std::ranges::sort(edges);
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());

  std::vector<Band> whole;
  for (std::size_t k = 0; k + 1 < edges.size(); ++k) {
    const UnitRange range = {edges[k], edges[k + 1] - edges[k]};
    std::vector<Source> sources = sources_of(rectangles, range);
    if (!whole.empty() && same(whole.back().sources, sources)) {
      whole.back().rows.size += range.size;
      continue;
    }
    Band band{range, std::move(sources), 0, {}};
    for (const Source& source : band.sources) {
      for (Index k = 0; k < source.size; ++k) band.columns.push_back(source.start + k);
    }
    band.depth = std::ssize(band.columns);
    whole.push_back(std::move(band));
  }

  std::vector<Band> bands;
  for (const Band& band : whole) {
    Index height = split;
    if (library_takes(band.rows.size, band.depth, Scalar())) {
      // As many as it still takes, for the members of a team.
      Index parts = 1;
      while (library_takes(band.rows.size / (parts + 1), band.depth, Scalar())) ++parts;
      height = (band.rows.size + parts - 1) / parts;
    }
    for (Index start = band.rows.start; start < band.rows.end(); start += height) {
      bands.push_back({{start, std::min(height, band.rows.end() - start)}, band.sources, band.depth, band.columns});
    }
  }
  return bands;
}

template std::vector<Band> make_bands<float>(const std::vector<Rectangle>&, Index, Index);
template std::vector<Band> make_bands<double>(const std::vector<Rectangle>&, Index, Index);

}  // namespace mrnn::eigen
