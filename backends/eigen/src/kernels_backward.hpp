// The inner loops of backward() that work element by element, included after kernels_forward.hpp; the same rules hold.

/// leaky: D_t = phi'(x_t) back + (1 - alpha) D_{t+1}, delta = alpha D_t, where phi' is a function of h.
/// rate: G_t = back + (1 - alpha) G_{t+1}, delta = alpha phi'(x_t) G_t.
template <Dynamics dynamics, class Phi, bool summed, class Scalar>
void update_adjoint_rows(const AdjointUpdate<Scalar>& u) {
  for (Index unit = u.first; unit < u.first + u.rows; ++unit) {
    const Scalar alpha = u.alpha[unit];
    const Scalar* __restrict back = u.back + unit * u.width;
    const Scalar* __restrict h = u.h + unit * u.width;
    const Scalar* __restrict x = dynamics == Dynamics::rate ? u.x + unit * u.width : nullptr;
    Scalar* __restrict carried = u.carried + unit * u.width;
    Scalar* __restrict delta = u.delta + unit * u.width;
    Scalar* __restrict sum = summed ? u.delta_sum + unit * u.width : nullptr;
    for (Index k = 0; k < u.width; ++k) {
      if constexpr (dynamics == Dynamics::rate) {
        carried[k] = fused(Scalar(1) - alpha, carried[k], back[k]);
        delta[k] = alpha * Phi::slope(Phi::of(x[k])) * carried[k];
      } else {
        carried[k] = fused(Scalar(1) - alpha, carried[k], Phi::slope(h[k]) * back[k]);
        delta[k] = alpha * carried[k];
      }
      if constexpr (summed) sum[k] += delta[k];
    }
  }
}

template <Dynamics dynamics, class Phi, class Scalar>
void update_adjoint_with(const AdjointUpdate<Scalar>& u) {
  return u.delta_sum == nullptr ? update_adjoint_rows<dynamics, Phi, false>(u)
                                : update_adjoint_rows<dynamics, Phi, true>(u);
}

template <Dynamics dynamics, class Scalar>
void update_adjoint_dynamics(const AdjointUpdate<Scalar>& u) {
  switch (u.activation) {
    case Activation::relu:
      return update_adjoint_with<dynamics, Relu>(u);
    case Activation::tanh:
      return update_adjoint_with<dynamics, Tanh>(u);
    case Activation::sigmoid:
      return update_adjoint_with<dynamics, Sigmoid>(u);
    case Activation::softplus:
      return update_adjoint_with<dynamics, Softplus>(u);
    case Activation::linear:
      return update_adjoint_with<dynamics, Linear>(u);
    case Activation::retanh:
      return update_adjoint_with<dynamics, Retanh>(u);
  }
}

template <class Scalar>
void update_adjoint(const AdjointUpdate<Scalar>& u) {
  if (u.dynamics == Dynamics::rate) {
    update_adjoint_dynamics<Dynamics::rate>(u);
  } else {
    update_adjoint_dynamics<Dynamics::leaky>(u);
  }
}
