//! Integer matrix-vector products for inference.
