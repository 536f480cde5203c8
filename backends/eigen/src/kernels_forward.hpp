// The inner loops of forward() that work element by element, included after kernels_products.hpp; the same rules hold.

/// Equations of one unit and trial: x_t and h_t from the drive, with amplitude * eta added to x.
template <Dynamics dynamics, class Phi, class Scalar>
inline int step(Scalar alpha, Scalar drive, Scalar amplitude, Scalar eta, Scalar& x, Scalar before, Scalar& after) {
  if constexpr (dynamics == Dynamics::rate) {
    x = fused(amplitude, eta, drive);
    after = fused(alpha, Phi::of(x), (Scalar(1) - alpha) * before);
    return static_cast<int>(!(x - x == Scalar(0))) | static_cast<int>(!(after - after == Scalar(0)));
  } else {
    x = fused(alpha, drive, fused(Scalar(1) - alpha, x, amplitude * eta));
    after = Phi::of(x);
    return static_cast<int>(!(x - x == Scalar(0)));
  }
}

/// Rows one after the other, vectors over the trials of a row.
template <Dynamics dynamics, class Phi, bool noisy, class Scalar>
bool update_rows(const Update<Scalar>& u) {
  int lost = 0;
  for (Index row = 0; row < u.rows; ++row) {
    const Index unit = u.first + row;
    const Scalar alpha = u.alpha[unit], bias = u.bias[unit], amplitude = noisy ? u.amplitude[unit] : Scalar(0);
    const Scalar* __restrict drive = u.drive + row * u.width;
    const Scalar* __restrict noise = noisy ? u.noise + unit * u.width : nullptr;
    const Scalar* __restrict before = u.h_before + unit * u.width;
    Scalar* __restrict x = u.x + unit * u.width;
    Scalar* __restrict after = u.h_after + unit * u.width;
    for (Index k = 0; k < u.width; ++k) {
      const Scalar eta = noisy ? noise[k] : Scalar(0);
      lost |= step<dynamics, Phi>(alpha, drive[k] + bias, amplitude, eta, x[k], before[k], after[k]);
    }
  }
  return lost == 0;
}

/// Width 1: vectors over the units.
template <Dynamics dynamics, class Phi, bool noisy, class Scalar>
bool update_column(const Update<Scalar>& u) {
  const Scalar* __restrict alpha = u.alpha + u.first;
  const Scalar* __restrict bias = u.bias + u.first;
  const Scalar* __restrict amplitude = noisy ? u.amplitude + u.first : nullptr;
  const Scalar* __restrict noise = noisy ? u.noise + u.first : nullptr;
  const Scalar* __restrict before = u.h_before + u.first;
  Scalar* __restrict x = u.x + u.first;
  Scalar* __restrict after = u.h_after + u.first;
  const Scalar* __restrict drive = u.drive;
  const Index rows = u.rows;
  int lost = 0;
  MRNN_INDEPENDENT_LOOP
  for (Index k = 0; k < rows; ++k) {
    const Scalar factor = noisy ? amplitude[k] : Scalar(0);
    const Scalar eta = noisy ? noise[k] : Scalar(0);
    lost |= step<dynamics, Phi>(alpha[k], drive[k] + bias[k], factor, eta, x[k], before[k], after[k]);
  }
  return lost == 0;
}

template <Dynamics dynamics, class Phi, class Scalar>
bool update_with(const Update<Scalar>& u) {
  if (u.width == 1) {
    return u.noise == nullptr ? update_column<dynamics, Phi, false>(u) : update_column<dynamics, Phi, true>(u);
  }
  return u.noise == nullptr ? update_rows<dynamics, Phi, false>(u) : update_rows<dynamics, Phi, true>(u);
}

template <Dynamics dynamics, class Scalar>
bool update_dynamics(const Update<Scalar>& u) {
  switch (u.activation) {
    case Activation::relu:
      return update_with<dynamics, Relu>(u);
    case Activation::tanh:
      return update_with<dynamics, Tanh>(u);
    case Activation::sigmoid:
      return update_with<dynamics, Sigmoid>(u);
    case Activation::softplus:
      return update_with<dynamics, Softplus>(u);
    case Activation::linear:
      return update_with<dynamics, Linear>(u);
    case Activation::retanh:
      return update_with<dynamics, Retanh>(u);
  }
  return false;
}

/// Elman dynamics are leaky dynamics with alpha = 1.
template <class Scalar>
bool update(const Update<Scalar>& u) {
  return u.dynamics == Dynamics::rate ? update_dynamics<Dynamics::rate>(u) : update_dynamics<Dynamics::leaky>(u);
}
