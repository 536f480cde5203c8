#pragma once

#include "analysis_run.hpp"

namespace test::currents {

/// a: one unit, b: two. a -> b with weights 2 and -3, b -> a with 5 and -7, cue -> a with 11; bias 13 of a.
Subject by_hand(mrnn::Dynamics dynamics = mrnn::Dynamics::elman);

/// Two trials of three steps with activity given by hand: h = (unit + 1) (step + 1), twice that in the second trial.
Subject with_activity();

/// A network with signs, cell types, absent connections and inputs, and trials with a stimulus and every intervention.
Subject with_everything(mrnn::Dynamics dynamics, mrnn::Dale dale = mrnn::Dale::none);

}  // namespace test::currents
