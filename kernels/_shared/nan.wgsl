// Comparisons and max() may hide NaN (they do on Mesa's software adapter): only its bits tell.
fn isNan(value: f32) -> bool { return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u; }

// max(value, 0) that lets NaN pass, so that the loss shows it.
fn rectified(value: f32) -> f32 { return select(max(value, 0.0), value, isNan(value)); }
