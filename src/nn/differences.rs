//! Gradients against finite differences, for the tests of layers.

/// How far a number is moved to each side.
const STEP: f32 = 1e-2;

/// Some numbers of a case, to move.
pub(super) type Field<C> = fn(&mut C) -> &mut Vec<f32>;

/// Checks the gradients of some fields; `tolerance` is relative where a gradient is larger than one.
pub(super) fn check<C>(
    case: &mut C,
    loss: impl Fn(&C) -> f64,
    fields: &[(Field<C>, &Vec<f32>)],
    tolerance: f64,
) {
    for (n, (field, gradient)) in fields.iter().enumerate() {
        for at in 0..gradient.len() {
            let kept = field(case)[at];
            field(case)[at] = kept + STEP;
            let up = loss(case);
            field(case)[at] = kept - STEP;
            let down = loss(case);
            field(case)[at] = kept;
            let (found, want) = (f64::from(gradient[at]), (up - down) / f64::from(2.0 * STEP));
            assert!(
                (found - want).abs() < tolerance * want.abs().max(1.0),
                "field {n}, {at}: {found} for {want}"
            );
        }
    }
}
