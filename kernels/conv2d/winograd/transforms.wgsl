// Winograd's minimal filtering F(4×4, 3×3): 36 products for 16 outputs of a 3×3 kernel, where the sums as written take
// 144. Along one axis, with interpolation points 0, 1, −1, 2, −½ and ∞ (which round less than the usual ±2):
//     out = Aᵀ ((G g) ⊙ (Bᵀ d))
// for 6 inputs d, 3 taps g and 4 outputs; in two dimensions rows first, then columns. After A. Lavin and S. Gray, "Fast
// Algorithms for Convolutional Neural Networks" (2016). The gradients are the adjoints of these three maps.

// Bᵀ d
fn inputAxis(d: array<vec4f, 6>) -> array<vec4f, 6> {
  let odd = d[1] - d[3];
  let even = d[4] - d[2];
  return array<vec4f, 6>(
    d[0] + 1.5 * odd - d[2] + even,
    even - d[1] - 1.5 * d[2] - 0.5 * d[3],
    even + d[1] + 1.5 * d[2] - 2.5 * d[3],
    even - 0.5 * odd,
    even + 2.0 * odd,
    d[5] + 1.5 * (d[2] - d[4]) + d[1] - 2.0 * d[3]);
}

// Aᵀ m
fn outputAxis(m: array<vec4f, 6>) -> array<vec4f, 4> {
  let sum = m[1] + m[2];
  let difference = m[1] - m[2];
  return array<vec4f, 4>(
    m[0] + sum + m[3] + m[4],
    difference + 2.0 * m[3] - 0.5 * m[4],
    sum + 4.0 * m[3] + 0.25 * m[4],
    difference + 8.0 * m[3] - 0.125 * m[4] + m[5]);
}

// A y, the adjoint of outputAxis.
fn gradientAxis(y: array<vec4f, 4>) -> array<vec4f, 6> {
  let even = y[0] + y[2];
  let odd = y[1] + y[3];
  return array<vec4f, 6>(
    y[0],
    even + odd,
    even - odd,
    y[0] + 2.0 * y[1] + 4.0 * y[2] + 8.0 * y[3],
    y[0] - 0.5 * y[1] + 0.25 * y[2] - 0.125 * y[3],
    y[3]);
}

// G g
fn filterAxis(g: array<vec4f, 3>) -> array<vec4f, 6> {
  let ends = g[0] + g[2];
  return array<vec4f, 6>(
    g[0],
    (ends + g[1]) * (-1.0 / 3.0),
    (ends - g[1]) * (1.0 / 3.0),
    (g[0] + 2.0 * g[1] + 4.0 * g[2]) * (1.0 / 15.0),
    (8.0 * g[1] - 16.0 * g[0] - 4.0 * g[2]) * (1.0 / 15.0),
    g[2]);
}

// Gᵀ u, the adjoint of filterAxis.
fn filterGradientAxis(u: array<vec4f, 6>) -> array<vec4f, 3> {
  let difference = (u[2] - u[1]) * (1.0 / 3.0);
  let sum = (u[1] + u[2]) * (1.0 / 3.0);
  return array<vec4f, 3>(
    u[0] + difference + (u[3] - 16.0 * u[4]) * (1.0 / 15.0),
    (2.0 * u[3] + 8.0 * u[4]) * (1.0 / 15.0) - sum,
    difference + 4.0 * (u[3] - u[4]) * (1.0 / 15.0) + u[5]);
}
