// All inner loops of an instruction set, included after the others.

template <class Scalar>
constexpr Kernels<Scalar> table{instruction_set,
                                tile_rows,
                                4 * vector_bytes / static_cast<int>(sizeof(Scalar)),
                                multiply<Scalar>,
                                multiply_sparse<Scalar>,
                                update<Scalar>,
                                update_adjoint<Scalar>,
                                add_outer_product<Scalar>,
                                add_sparse_outer_product<Scalar>};
