#pragma once

#include "analysis_run.hpp"

namespace test {

/// A chain cue -> a -> b -> output of one linear unit each, elman dynamics, all weights 1: b at step t is the cue at
/// step t - 1. Region c gets a constant bias of 1 and is connected to nothing. Two trials of four steps; the cue is 1
/// throughout (condition "high"), or 0.5 ("low").
Subject chain();

}  // namespace test
