#pragma once

#include <cstddef>
#include <cstdint>

/// What host code and kernels tell each other: plain values and pointers, so that device code includes nothing else.
/// Pointers are to device memory. Unless it says otherwise, a matrix is stored column by column.
namespace mrnn::gpu {

using Size = std::int64_t;

// In the order of network_spec.hpp.
enum class Dynamics : std::uint8_t { leaky, elman, rate };
enum class Activation : std::uint8_t { relu, tanh, sigmoid, softplus, linear, retanh };
enum class Dale : std::uint8_t { none, clamp, abs, project };
enum class OutputActivation : std::uint8_t { linear, sigmoid, softmax };
// In the order of session.hpp.
enum class Products : std::uint8_t { ieee, bf16x3, tf32 };

/// The leading half of a float: 8 bits of it, in the range of float.
struct Bf16 {
  std::uint16_t bits = 0;
};

/// Rows of a tile of weights, columns of the chunks it is made of, and lanes that are padded together.
constexpr int tile_rows = 32, chunk_columns = 16, lane_tile = 8;
constexpr int chunk_size = tile_rows * chunk_columns;
/// Threads of every block.
constexpr int block_threads = 256, warp_threads = 32, block_warps = block_threads / warp_threads;

/// A sparse matrix as tiles of rows, each a list of chunks [tile_rows x chunk_columns] that exist, row by row within a
/// column, one chunk after the other.
struct Tiles {
  std::int32_t row_tiles = 0;
  const std::int32_t* start = nullptr;   ///< first chunk of each tile of rows [row_tiles]
  const std::int32_t* end = nullptr;     ///< of its chunks that units are the columns of: those come first [row_tiles]
  const std::int32_t* column = nullptr;  ///< first column of each chunk
};

/// Where the chunks of tiles lie.
struct TileMap {
  const std::int32_t* chunk = nullptr;  ///< of a tile of rows and a chunk of columns, or -1 [row tiles x column chunks]
  std::int32_t column_chunks = 0;
};

/// Columns of a matrix as the persistent kernels share them out: where four neighbouring columns begin that hold
/// weights in the rows of a warp, for each of the threads that share the columns of a row, or -1.
struct QuadTable {
  const std::int32_t* column = nullptr;  ///< [warps of the cluster x quads x sharers]
  std::int32_t quads = 0;                ///< of each thread
};

/// Rows and columns of a matrix as the kernels on tensor cores share them out. A warp has 16 rows, and some of the
/// tiles [16 x 16] that hold weights in them.
struct FragmentTable {
  /// Of a warp that has rows. Those of a block come first; warps with the same rows are neighbours, and each ends the
  /// steps of some of their results.
  struct Warp {
    std::int32_t row = 0;                        ///< the first
    std::int32_t part = 0, parts = 0;            ///< which of how many warps with these rows; none: no rows
    std::int32_t first_result = 0, results = 0;  ///< of the four that each thread has a sum of
  };
  const Warp* warp = nullptr;            ///< [warps of the cluster]
  const std::int32_t* column = nullptr;  ///< first of each tile, or -1 [warps of the cluster x tiles]
  std::int32_t tiles = 0;                ///< of each warp
  std::int32_t results = 0;              ///< of each warp at most
};

/// Tiles of weights [rows of a block x 16] that exist, as blocks multiply them on tensor cores; and where their weights
/// go.
struct TensorTiles {
  std::int32_t block_rows = 0, row_blocks = 0, rows = 0, tiles = 0;
  std::int32_t most = 0;                 ///< tiles of a block of rows
  const std::int32_t* start = nullptr;   ///< first tile of each block of rows [row_blocks + 1]
  const std::int32_t* row = nullptr;     ///< first of each tile
  const std::int32_t* column = nullptr;  ///< first of each tile of a block of rows [row_blocks x most]
  void* image = nullptr;                 ///< [16 rows of each tile x threads of a warp] FragmentOfWeights
};

/// An intervention in force. Offsets are into the arrays of the schedule.
struct Acting {
  enum class Kind : std::int32_t { drive, clamp, noise };
  Kind kind = Kind::drive;
  std::int32_t first_step = 0;
  Size units = 0;      ///< drive: strengths, among the numbers; else: flags, one per unit
  Size lanes = 0;      ///< flags, one per lane
  Size course = 0;     ///< drive: its time course, among the numbers
  double value = 0.0;  ///< clamp: of h; noise: sigma^2
};

/// Which interventions act when. Steps between which none begins or ends are an interval.
struct Schedule {
  const std::int32_t* interval = nullptr;  ///< of each step; null: no interventions at all
  const std::int32_t* start = nullptr;     ///< first of `acting` of each interval [intervals + 1]
  const Acting* acting = nullptr;
  const double* numbers = nullptr;
  const std::uint8_t* flags = nullptr;
  const std::int32_t* variant = nullptr;  ///< weights in force [lanes / lane_tile x intervals]; null: the first
  std::int32_t lane_tiles = 0;
  bool adds_noise = false;  ///< somewhere
};

/// Per unit, padded to tiles with zeros.
template <class Scalar>
struct Units {
  std::int32_t count = 0;   ///< N
  std::int32_t padded = 0;  ///< to a multiple of tile_rows
  const std::uint8_t* activation = nullptr;
  const Scalar* alpha = nullptr;
  const Scalar* bias = nullptr;
  const Scalar* noise = nullptr;       ///< factor of eta in x with the network's own noise
  const Scalar* noise_gain = nullptr;  ///< the same for sigma = 1
  const Scalar* variance = nullptr;    ///< sigma_rec^2
  const Scalar* added_gain = nullptr;  ///< factor of s in x
};

/// Trials side by side in lanes. Lanes without a trial of their own repeat another.
template <class Scalar>
struct Batch {
  std::int32_t trials = 0, lanes = 0, steps = 0;
  const std::int32_t* trial = nullptr;    ///< of each lane
  const std::int32_t* lane = nullptr;     ///< of each trial
  const std::uint8_t* own = nullptr;      ///< whether the lane has a trial of its own
  const std::uint64_t* ids = nullptr;     ///< of each lane, for the noise
  const Scalar* inputs = nullptr;         ///< u [I x trials] per step
  const Scalar* stimulus = nullptr;       ///< s [N x trials] per step, or null
  const Scalar* targets = nullptr;        ///< [K x trials] per step, or null
  const Scalar* mask = nullptr;           ///< [K x trials] per step, or null: ones
  const double* initial_state = nullptr;  ///< [N x trials], or null
};

/// States at consecutive slots. Slot s is what step first + s starts from: h beneath which lie the inputs, and x.
template <class Scalar>
struct Trajectory {
  Scalar* state = nullptr;  ///< [rows x lanes] per slot: units, then input channels, both padded
  Scalar* x = nullptr;      ///< [padded units x lanes] per slot
  std::int32_t rows = 0;
  Size x_stride = 0;                    ///< from slot to slot; 0: only the latest is kept
  const std::int32_t* first = nullptr;  ///< step of slot 0
};

/// What comes back, at the same slots: slot s pairs delta_s and dL/dz_{s-1} with the state of the slot.
template <class Scalar>
struct Adjoint {
  Scalar* delta = nullptr;    ///< [rows x lanes] per slot: units, then output channels, both padded; from slot -1
  Scalar* carried = nullptr;  ///< dL/dx_s, or dL/dh_s for rate dynamics [padded units x lanes] per slot; from slot -1
  std::int32_t rows = 0;
  Size carried_stride = 0;  ///< from slot to slot; 0: only the latest is kept
};

/// What a step of a network needs.
template <class Scalar>
struct Model {
  Units<Scalar> units;
  Batch<Scalar> batch;
  Schedule schedule;
  Dynamics dynamics = Dynamics::leaky;
  std::uint64_t seed = 0;
  bool noise = false;        ///< the network's own
  bool plain = false;        ///< ReLU units of leaky or Elman dynamics, without interventions
  std::int32_t inputs = 0;   ///< I
  std::int32_t outputs = 0;  ///< K
  Scalar input_noise = 0;    ///< factor of eta in v
  Tiles drive_tiles, adjoint_tiles;
  TileMap drive_map, adjoint_map;
  QuadTable drive_quads, adjoint_quads;  ///< of the units alone
  FragmentTable drive_fragments, adjoint_fragments;
  TensorTiles drive_tensor, adjoint_tensor;
  const Scalar* drive_weights = nullptr;    ///< images of the variants, one after the other
  const Scalar* adjoint_weights = nullptr;  ///< likewise
  Size drive_size = 0, adjoint_size = 0;    ///< of one image
  const Scalar* dense_drive = nullptr;      ///< W [padded units x padded units], or null
  const Scalar* dense_adjoint = nullptr;    ///< its transpose, or null
  const Bf16* drive_parts = nullptr;    ///< W as hi, hi and lo, side by side [padded units x 3 padded units], or null
  const Bf16* adjoint_parts = nullptr;  ///< likewise its transpose
};

/// What the penalties on rates and the identity readouts add to what comes back.
template <class Scalar>
struct RatePenalties {
  Scalar l1 = 0, l2 = 0;                           ///< factors of sign(h) and of h in dL/dh
  const Scalar* rate = nullptr;                    ///< what rate_target adds to dL/dh per unit, or null
  const std::int32_t* identity_start = nullptr;    ///< first identity channel of each unit [N + 1], or null
  const std::int32_t* identity_channel = nullptr;  ///< output channels
};

/// An output as its losses see it.
struct Output {
  std::int32_t start = 0, size = 0;  ///< its channels
  OutputActivation activation = OutputActivation::linear;
  bool identity = false;
  bool entropy = false;                 ///< cross-entropy; otherwise mean squared error
  double factor = 0.0;                  ///< by which its sum becomes its part of the loss; 0: it has no part
  const std::int32_t* units = nullptr;  ///< identity: the units it reads [size]
};

}  // namespace mrnn::gpu
